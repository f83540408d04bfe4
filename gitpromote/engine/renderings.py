"""From 'this App, in that Environment, at this commit, with that Freight' to files: closures, keys, cache, renders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitpromote.errors import GitpromoteError, RenderFailed
from gitpromote.model.freight import Freight
from gitpromote.model.render import Closure, Rendered, RendererTool, RenderSpec
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment
from gitpromote.model.tree import FOLDER, Entry
from gitpromote.ports import KeptRender, RenderCache, Rendering, Reporter, Repository
from gitpromote.render.freight_edits import EditData, edits_for
from gitpromote.render.key import render_key
from gitpromote.render.listing import Listing
from gitpromote.render.memo import Memo, MemoEntry, spec_text
from gitpromote.render.spec import Functions, asked_versions, spec_of

_MOST_TOLD = 5  # failures, or environments with the same one


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One render that is wanted.

    :ivar name: ``prod/shop``
    :ivar overlay: path to bytes of files that are not as in the commit
    :ivar edits: given edits, in place of those that follow from the Freight
    """

    name: str
    environment: str
    app: ResolvedApp
    spec: RenderSpec
    repository: Repository
    commit: str
    freight: tuple[Freight, ...] = ()
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    edits: tuple[EditData, ...] | None = None
    object_format: str = "sha1"

    @classmethod
    def of(
        cls,
        resolved: ResolvedEnvironment,
        app: ResolvedApp,
        *,
        repository: Repository,
        commit: str,
        freight: tuple[Freight, ...] = (),
        functions: Functions | None = None,
        **others: Any,
    ) -> Ask:
        """What an App of an Environment asks for."""
        return cls(
            name=f"{resolved.name}/{app.name}",
            environment=resolved.name,
            app=app,
            spec=spec_of(app, environment=resolved.name, functions=functions),
            repository=repository,
            commit=commit,
            freight=freight,
            **others,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedApp:
    """What a render gave, by ids. ``inputs`` is the digest of all that it read."""

    ask: Ask
    key: str
    inputs: str
    edits: tuple[EditData, ...]
    closure: Closure
    kept: KeptRender


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A render with all that it depends on. Equal keys, equal output."""

    ask: Ask
    closure: Closure
    edits: tuple[EditData, ...]
    key: str


class Renderings:
    """The renders of one run: each distinct one happens once, unchanged ones not at all.

    :param memo: the name under which the next run finds what this one learnt
    """

    def __init__(
        self,
        rendering: Rendering,
        cache: RenderCache,
        *,
        memo: str,
        reporter: Reporter,
        keep: str = "",
        sensitive_paths: Sequence[str] = (),
    ) -> None:
        self._rendering = rendering
        self._cache = cache
        self._reporter = reporter
        self._memo_name = memo
        self._memo: Memo | None = None
        self._learnt: dict[str, MemoEntry] = {}
        self._listings: dict[tuple[str, str], Listing] = {}
        self._closures: dict[tuple[str, str, str], Closure] = {}
        self._used: dict[str, RendererTool] = {}
        self._blobs: dict[str, bytes] = {}
        self._keep = keep
        self._sensitive_paths = tuple(sensitive_paths)
        self.count = 0  # renders that really ran

    # -- what is asked of it

    def inputs_digest(self, asks: Sequence[Ask]) -> str:
        """One digest over all that these renders read, whatever the edits."""
        closures = self._close(asks)
        lines = sorted(f"{ask.name} {_inputs(closure)}" for ask, closure in zip(asks, closures, strict=True))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]

    def render(self, asks: Sequence[Ask]) -> list[RenderedApp]:
        """All of them, in the order asked.

        :raises GitpromoteError: of the first that failed, naming all that did
        """
        resolved = self._resolve(asks)
        kept = {one.key: self._cache.get(one.key) for one in resolved}
        missing = {one.key: one for one in resolved if kept[one.key] is None}
        if missing:
            kept |= self._run(list(missing.values()))
        self._remember()
        return [_rendered(one, kept[one.key]) for one in resolved]

    def files_read(self, ask: Ask) -> Mapping[str, Entry]:
        """Every file that a render reads, by path."""
        from gitpromote.render.reads import closure_files

        return closure_files(self._close([ask])[0], self._listing(ask))

    def source_bytes(self, ask: Ask, paths: Iterable[str]) -> dict[str, bytes]:
        """Files as the render would read them, before its edits."""
        entries = self.files_read(ask)
        wanted = {path: entries[path].oid for path in paths if path in entries and path not in ask.overlay}
        blobs = ask.repository.blobs(set(wanted.values()))
        found = {path: blobs[oid] for path, oid in wanted.items()}
        return found | {path: data for path, data in ask.overlay.items() if path in entries}

    def edits(self, ask: Ask) -> tuple[EditData, ...]:
        """What the Freight changes in the sources of a render."""
        return self._edits(ask, self._close([ask])[0])

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of rendered files; what no render gave is left out."""
        wanted = set(oids)
        missing = wanted - self._blobs.keys()
        if missing:
            self._blobs.update(self._cache.blobs(missing))
        return {oid: self._blobs[oid] for oid in wanted if oid in self._blobs}

    def used_tools(self) -> list[RendererTool]:
        """The tools whose output this run has used, by name."""
        return [self._used[name] for name in sorted(self._used)]

    def tool(self, name: str) -> RendererTool:
        """A tool as it would be used."""
        return self._rendering.tools([name], versions={})[0]

    # -- how

    def _listing(self, ask: Ask) -> Listing:
        place = (ask.repository.key, ask.commit)
        if place not in self._listings:
            self._listings[place] = Listing(ask.repository.listing(ask.commit))
        return self._listings[place]

    def _close(self, asks: Sequence[Ask]) -> list[Closure]:
        """The closures: from this run, from the last one if nothing has changed, or sought anew."""
        if self._memo is None:
            self._memo = self._cache.memo(self._memo_name)
        views: dict[tuple[str, str], Any] = {}
        unknown: dict[tuple[str, str, str], Ask] = {}
        places = []
        for ask in asks:
            place = (ask.repository.key, ask.commit)
            text = spec_text(ask.spec)
            key = (*place, text)
            places.append(key)
            if key in self._closures or key in unknown:
                continue
            listing = self._listing(ask)
            if place not in views:
                views[place] = self._memo.against(listing)
            entry = views[place].get(ask.name, text)
            if entry is not None:
                self._closures[key] = entry.closure
            else:
                unknown[key] = ask
        if unknown:
            self._seek(unknown)
        return [self._closures[key] for key in places]

    def _seek(self, unknown: Mapping[tuple[str, str, str], Ask]) -> None:
        from gitpromote.engine.fresh import closures_of

        failures: list[tuple[Ask, GitpromoteError]] = []
        found = closures_of(list(unknown.values()), self._listing)
        for (key, ask), closure in zip(unknown.items(), found, strict=True):
            if isinstance(closure, GitpromoteError):
                failures.append((ask, closure))
            else:
                self._closures[key] = closure
                self._learnt[ask.name] = MemoEntry(spec_text(ask.spec), closure)
        if failures:
            raise _all_of(failures)

    def _resolve(self, asks: Sequence[Ask]) -> list[Wanted]:
        resolved = []
        for ask, closure in zip(asks, self._close(asks), strict=True):
            edits = self._edits(ask, closure)
            tools = self._rendering.tools(closure.tools, versions=asked_versions(ask.spec))
            self._used |= {tool.name: tool for tool in tools}
            overlay = sorted((path, hashlib.sha256(data).hexdigest()) for path, data in ask.overlay.items())
            key = render_key(
                ask.spec,
                closure,
                tools=tools,
                edits=[list(edits), overlay, self._sensitive_paths],
                app=ask.app.name,
                files=ask.app.files,
                object_format=ask.object_format,
            )
            resolved.append(Wanted(ask=ask, closure=closure, edits=edits, key=key))
        return resolved

    def _edits(self, ask: Ask, closure: Closure) -> tuple[EditData, ...]:
        if ask.edits is not None:
            return ask.edits
        if not ask.freight and not ask.app.edits:
            return ()
        files = [path for path, mode, _ in closure.reads if mode != FOLDER]
        if len(files) < len(closure.reads):
            from gitpromote.render.reads import closure_files

            files = list(closure_files(closure, self._listing(ask)))
        return edits_for(ask.spec, ask.app.edits, ask.freight, pin=ask.app.pin, files=files)

    def _run(self, missing: Sequence[Wanted]) -> dict[str, KeptRender]:
        from gitpromote.engine.fresh import jobs_of, kept_of

        jobs = jobs_of(missing, self._listing, self._tools, keep=self._keep)
        self._reporter.event("rendering", total=len(jobs))
        found = self._rendering.render(jobs, on_done=lambda label: self._reporter.event("rendered", label=label))
        self.count += len(jobs)
        kept: dict[str, KeptRender] = {}
        failures: list[tuple[Ask, GitpromoteError]] = []
        for one, result in zip(missing, found, strict=True):
            if isinstance(result, GitpromoteError):
                failures.append((one.ask, result))
            elif isinstance(result, Rendered):
                kept[one.key], contents = kept_of(result, sensitive_paths=self._sensitive_paths)
                self._blobs.update(contents)
                self._cache.put(one.key, kept[one.key], contents)
            else:
                raise result
        if failures:
            raise _all_of(failures)
        return kept

    def _tools(self, one: Wanted) -> tuple[RendererTool, ...]:
        return self._rendering.tools(one.closure.tools, versions=asked_versions(one.ask.spec))

    def _remember(self) -> None:
        if self._learnt and self._memo is not None:
            self._memo = self._memo.updated(self._learnt)
            self._cache.keep_memo(self._memo_name, self._memo)
            self._learnt = {}


def _inputs(closure: Closure) -> str:
    hashed = hashlib.sha256()
    for read in closure.reads:
        hashed.update("\0".join(read).encode("utf-8", "surrogateescape") + b"\n")
    return "sha256:" + hashed.hexdigest()


def _rendered(one: Wanted, kept: KeptRender | None) -> RenderedApp:
    assert kept is not None
    return RenderedApp(
        ask=one.ask, key=one.key, inputs=_inputs(one.closure), edits=one.edits, closure=one.closure, kept=kept
    )


def _all_of(failures: Sequence[tuple[Ask, GitpromoteError]]) -> GitpromoteError:
    """One error for all that failed: the first one's kind, everyone's words, the same words once."""
    first = failures[0][1]
    told: dict[tuple[str, str], list[Ask]] = {}
    for ask, error in failures:
        told.setdefault((error.summary, error.detail), []).append(ask)
    if len(told) == 1:
        detail = _with_place(first.detail, [ask for ask, _ in failures])
        return type(first)(first.summary, code=first.code, detail=detail, hint=first.hint)
    lines = [f"{summary}\n{_with_place(detail, asks)}" for (summary, detail), asks in told.items()]
    left = [f"… and {len(lines) - _MOST_TOLD} more"] if len(lines) > _MOST_TOLD else []
    kind = type(first) if len({type(error) for _, error in failures}) == 1 else RenderFailed
    detail = "\n".join([*lines[:_MOST_TOLD], *left])
    return kind(f"{len(failures)} renders failed.", code=first.code, detail=detail, hint=first.hint)


def _with_place(detail: str, asks: Sequence[Ask]) -> str:
    """What is wrong, and in what it was to be read; a renderer's own words begin with that."""
    if detail.startswith(f"{asks[0].name}: "):
        return detail
    names = ", ".join(ask.name for ask in asks[:_MOST_TOLD]) + (" …" if len(asks) > _MOST_TOLD else "")
    commits = ", ".join(dict.fromkeys(ask.commit[:7] for ask in asks))
    return f"{detail}\nread for {names} at {commits}"


