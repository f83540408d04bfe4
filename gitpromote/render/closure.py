"""Which source paths a render reads.

Pure and step by step: a closure is a generator that yields the paths whose bytes it needs next.
:func:`resolve_closures` drives many of them in lockstep and asks for the bytes of all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from gitpromote.errors import GitpromoteError, SourceInvalid
from gitpromote.model.render import (
    GENERATED,
    ChainSpec,
    Closure,
    HelmSpec,
    KustomizeSpec,
    PlainSpec,
    PythonSpec,
    RenderSpec,
)
from gitpromote.model.tree import SUBMODULE
from gitpromote.render.closure_helm import helm_reads
from gitpromote.render.closure_kustomize import KustomizeWalk
from gitpromote.render.knowledge import Knowledge
from gitpromote.render.listing import Listing
from gitpromote.render.pointers import refuse_submodule
from gitpromote.render.reads import Asking, Place, Reads, joined, missing

#: Object ids in, their bytes out.
ReadBlobs = Callable[[frozenset[str]], Mapping[str, bytes]]


def closure(spec: RenderSpec, listing: Listing, knowledge: Knowledge | None = None) -> Asking[Closure]:
    """What one render reads: yields paths, is sent a mapping from path to bytes, returns the :class:`Closure`.

    :raises SourceInvalid: a path is missing, leads outside, is a submodule or a placeholder, or is no YAML
    """
    reads = Reads(listing)
    needs = _Needs(reads, knowledge or Knowledge())
    yield from needs.of(spec)
    if needs.unbounded:
        _refuse_any_submodule(listing)
    return reads.closure(whole_tree=needs.unbounded, tools=tuple(sorted(needs.tools, reverse=True)))


class _Needs:
    """Collects over the links of a chain."""

    def __init__(self, reads: Reads, knowledge: Knowledge) -> None:
        self.reads = reads
        self.knowledge = knowledge
        self.tools: set[str] = set()
        self.unbounded = ""

    def of(self, spec: RenderSpec, *, generated: bool = False) -> Asking[None]:
        match spec:
            case PlainSpec():
                yield from self._whole(spec.path, is_strict=True)
            case KustomizeSpec():
                yield from self._kustomize(spec, generated=generated)
            case HelmSpec():
                self.tools.add("helm")
                yield from helm_reads(self.reads, self.knowledge, spec)
            case PythonSpec():
                yield from self._python(spec)
            case ChainSpec():
                yield from self.of(spec.first, generated=generated)
                yield from self.of(spec.second, generated=True)

    def _kustomize(self, spec: KustomizeSpec, *, generated: bool) -> Asking[None]:
        self.tools.add("kustomize")
        folder = joined("", spec.path)
        made = joined(folder, GENERATED)
        if generated and made in self.reads.listing.entries:
            _refuse_taken(made)
        walk = KustomizeWalk(self.reads, self.knowledge, generated=[made] if generated else [])
        yield from walk.run(folder, place=Place())
        self.unbounded = self.unbounded or walk.unbounded
        if walk.charts:
            self.tools.add("helm")

    def _python(self, spec: PythonSpec) -> Asking[None]:
        self.tools.add("python")
        if spec.reads is None:
            self.unbounded = f"{spec.function} does not say what it reads"
            return
        for path in spec.reads:
            yield from self._whole(path)

    def _whole(self, path: str, *, is_strict: bool = False) -> Asking[None]:
        found = yield from self.reads.find(joined("", path), place=Place())
        if found is None:
            missing(path, place=Place(), listing=self.reads.listing)
        if found.is_folder:
            yield from self.reads.folder(found, place=Place(), is_strict=is_strict)
        else:
            self.reads.file(found)


def _refuse_any_submodule(listing: Listing) -> None:
    for path, entry in listing.below(""):
        if entry.mode == SUBMODULE:
            refuse_submodule(path)


def _refuse_taken(path: str) -> NoReturn:
    raise SourceInvalid(
        "The name of the first renderer's output is taken",
        code="generated-name-taken",
        detail=path,
        hint=f"In a chain of renderers {GENERATED} is put there for the kustomization. Give the file another name.",
    )


def resolve_closures(
    asked: Sequence[tuple[RenderSpec, Listing]], read: ReadBlobs, *, knowledge: Knowledge | None = None
) -> list[Closure | GitpromoteError]:
    """Find many closures in lockstep, in the order asked; what cannot be found is an error in its place.

    :param read: called once per round with all object ids that any of them needs and none had before
    """
    knowledge = knowledge or Knowledge()
    running = [_Running(spec, listing, knowledge) for spec, listing in asked]
    blobs: dict[str, bytes] = {}
    active = running
    while active := [one for one in active if one.result is None]:
        wanted = frozenset(oid for one in active for oid in one.wanted.values()) - blobs.keys()
        if wanted:
            blobs.update(read(wanted))
        for one in active:
            one.step(blobs)
    return [one.result for one in running if one.result is not None]


class _Running:
    """One closure on its way."""

    __slots__ = ("_steps", "listing", "result", "wanted")

    def __init__(self, spec: RenderSpec, listing: Listing, knowledge: Knowledge) -> None:
        self.listing = listing
        self.result: Closure | GitpromoteError | None = None
        self.wanted: dict[str, str] = {}
        self._steps: Any = closure(spec, listing, knowledge)
        self._advance(None)

    def step(self, blobs: Mapping[str, bytes]) -> None:
        self._advance({path: blobs[oid] for path, oid in self.wanted.items()})

    def _advance(self, sent: Mapping[str, bytes] | None) -> None:
        try:
            self.wanted = {path: self.listing[path].oid for path in self._steps.send(sent)}
        except StopIteration as end:
            self.result = end.value
        except GitpromoteError as error:
            self.result = error
