"""What ``kustomize build`` reads: from one kustomization to whatever it names, level by level."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from gitpromote.errors import SourceInvalid
from gitpromote.render.closure_helm import chart_reads
from gitpromote.render.knowledge import Knowledge
from gitpromote.render.reads import Asking, Found, Place, Reads, joined, missing
from gitpromote.render.references import KUSTOMIZATION_NAMES, ChartReference, Reference, References

# As kustomize tells repositories and URLs from paths, after it found no such path.
_REMOTE = re.compile(
    r"^[\w+.-]+://|^git::|^gh:|^git@|^github\.com[/:]|^[\w.-]+@[\w.-]+:|_git/|\.git($|[/?])|[?&](ref|version)=",
    re.IGNORECASE,
)


class _Pending(NamedTuple):
    """A file that has to be read before the walk can go on.

    :ivar folder: what its references are relative to
    :ivar is_config: it configures plugins, it is no kustomization
    :ivar configs_of: in a kustomization below ``generators`` and the like, its resources configure plugins whose paths
        are relative to this folder
    """

    file: str
    folder: str
    is_config: bool = False
    configs_of: str | None = None


class KustomizeWalk:
    """One walk. After it, ``charts`` says whether helm is needed and ``unbounded`` why its reads cannot be told."""

    def __init__(self, reads: Reads, knowledge: Knowledge, *, generated: Iterable[str] = ()) -> None:
        self.reads = reads
        self.knowledge = knowledge
        self.generated = frozenset(generated)
        self.charts = False
        self.unbounded = ""
        self._seen: set[_Pending] = set()

    def run(self, path: str, *, place: Place) -> Asking[None]:
        """Follow the kustomization in the folder ``path``."""
        found = yield from self.reads.find(path, place=place)
        if found is None:
            missing(path, place=place, listing=self.reads.listing)
        frontier = yield from self._enter(found, place, None)
        while frontier and not self.unbounded:
            frontier = yield from self._level(frontier)

    def _level(self, frontier: list[_Pending]) -> Asking[list[_Pending]]:
        blobs = yield from self.reads.bytes_of(pending.file for pending in frontier)
        following: list[_Pending] = []
        for pending in frontier:
            place = Place(pending.file, blobs[pending.file])
            oid = self.reads.listing[pending.file].oid
            for references in self.knowledge.references(oid, place, is_config=pending.is_config):
                following += yield from self._follow_all(references, pending, place)
        return [item for item in dict.fromkeys(following) if not self._was_seen(item)]

    def _was_seen(self, pending: _Pending) -> bool:
        seen = pending in self._seen
        self._seen.add(pending)
        return seen

    def _follow_all(self, references: References, pending: _Pending, place: Place) -> Asking[list[_Pending]]:
        if references.unbounded:
            self.unbounded = f"{place.file}: {references.unbounded}"
            return []
        following: list[_Pending] = []
        for reference in references.paths:
            following += yield from self._follow(reference, pending, place)
        for chart in references.charts:
            yield from self._chart(chart, pending.folder, place)
        return following

    def _follow(self, reference: Reference, pending: _Pending, place: Place) -> Asking[list[_Pending]]:
        if reference.role in ("patch", "config") and _is_inline(reference.path):
            return (yield from self._inline(reference, pending, place))
        path, said = joined(pending.folder, reference.path), place.saying(reference.path)
        if path in self.generated:
            return []
        found = yield from self.reads.find(path, place=said)
        if found is None:
            _refuse_absent(path, said, self.reads)
        configs_of = pending.folder if reference.role == "config" else pending.configs_of
        if found.is_folder and reference.role in ("resource", "folder", "config"):
            return (yield from self._enter(found, said, configs_of))
        if found.is_folder:
            yield from self.reads.folder(found, place=said)
            return []
        self.reads.file(found)
        if reference.role == "config" or (reference.role == "resource" and configs_of is not None):
            return [_Pending(found.path, configs_of or pending.folder, is_config=True)]
        return []

    def _inline(self, reference: Reference, pending: _Pending, place: Place) -> Asking[list[_Pending]]:
        following: list[_Pending] = []
        if reference.role == "config":
            for references in self.knowledge.inline(reference.path, place):
                following += yield from self._follow_all(references, pending, place)
        return following

    def _enter(self, found: Found, place: Place, configs_of: str | None) -> Asking[list[_Pending]]:
        """The kustomization of a folder. All names are looked for: kustomize refuses a folder that has two."""
        files = []
        for name in KUSTOMIZATION_NAMES:
            file = yield from self.reads.find(joined(found.path, name), place=place)
            if file is not None and not file.is_folder:
                self.reads.file(file)
                files.append(file.path)
        if not files:
            _refuse_without_kustomization(found.path, place)
        return [_Pending(files[0], found.path, configs_of=configs_of)]

    def _chart(self, chart: ChartReference, folder: str, place: Place) -> Asking[None]:
        self.charts = True
        place = place.saying(chart.name)
        for choice in chart.folders:
            found = yield from self.reads.find(joined(folder, choice), place=place)
            if found is not None and found.is_folder:
                yield from chart_reads(self.reads, self.knowledge, found, place=place, local=False)
                break
        else:
            _refuse_without_chart(chart, folder, place)
        for values in chart.values:
            yield from self._follow(Reference("file", values, "values"), _Pending(place.file, folder), place)


def _is_inline(text: str) -> bool:
    return "\n" in text or (":" in text and text.lstrip()[:1] in "{[") or bool(re.match(r"\s*[\w.-]+:(\s|$)", text))


def _refuse_absent(path: str, place: Place, reads: Reads) -> NoReturn:
    if not _REMOTE.search(place.words):
        missing(path, place=place, listing=reads.listing)
    raise SourceInvalid(
        "A kustomization refers to a remote resource",
        code="source-remote",
        detail=place.refers_to(place.words),
        hint="A render has no network, so that it is the same tomorrow."
        " Copy the resource into the repository and refer to it by its path.",
    )


def _refuse_without_kustomization(folder: str, place: Place) -> NoReturn:
    raise SourceInvalid(
        "A folder has no kustomization",
        code="source-missing",
        detail=place.refers_to(folder or "."),
        hint=f"kustomize wants one of {', '.join(KUSTOMIZATION_NAMES)} there.",
    )


def _refuse_without_chart(chart: ChartReference, folder: str, place: Place) -> NoReturn:
    wanted = joined(folder, chart.folders[0])
    raise SourceInvalid(
        "A chart of a kustomization is not in the repository",
        code="chart-dependency-missing",
        detail=place.refers_to(wanted),
        hint=f"A render has no network. Put the chart there:\n  {_pulling(chart, posixpath.dirname(wanted) or '.')}",
    )


def _pulling(chart: ChartReference, into: str) -> str:
    """The command that fetches what kustomize would; helm takes a registry as part of the chart's own address."""
    if chart.repo.startswith("oci://"):
        words = [f"{chart.repo.removesuffix('/')}/{chart.name}"]
    else:
        words = [chart.name, "--repo", chart.repo or "URL"]
    version = ["--version", chart.version] if chart.version else []
    return shlex.join(["helm", "pull", *words, *version, "--untar", "--untardir", into])
