"""From 'this App, in that Environment, at this commit, with that Freight' to files: closures, keys, cache, renders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitpromote.engine.late import Late
from gitpromote.engine.render_failures import Failed, one_error
from gitpromote.errors import GitpromoteError
from gitpromote.model.canonical import canonical
from gitpromote.model.freight import Freight
from gitpromote.model.render import Closure, Rendered, RendererTool, RenderSpec
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment
from gitpromote.model.tree import FOLDER, Entry, tree_id
from gitpromote.ports import KeptRender, RenderCache, Rendering, Reporter, Repository
from gitpromote.render.freight_edits import EditData, edits_for
from gitpromote.render.key import SEMANTICS, render_key
from gitpromote.render.listing import Listing
from gitpromote.render.memo import Memo, MemoEntry, MemoView, spec_text
from gitpromote.render.spec import Functions, asked_versions, spec_of


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
    """What a render gave, by ids.

    :ivar inputs: the digest of all that it read
    :ivar tree: the id of the tree of its files; ``shown`` of those without sensitive values
    """

    ask: Ask
    key: str
    inputs: str
    closure: Closure
    kept: KeptRender
    tree: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A render with all that it depends on. Equal keys, equal output."""

    ask: Ask
    closure: Closure
    inputs: str
    edits: tuple[EditData, ...]
    key: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What a render reads, and what the last plan learnt of its output: nothing, or all that needs no file of it."""

    closure: Closure
    inputs: str
    learnt: Mapping[str, Any]


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
        self._reads: dict[tuple[str, str, str], _Read] = {}
        self._surroundings: dict[Any, str] = {}
        self._kept: dict[str, KeptRender] = {}
        self._used: dict[str, RendererTool] = {}
        self._blobs: dict[str, bytes] = {}
        self._keep = keep
        self._sensitive_paths = tuple(sensitive_paths)
        self.count = 0  # renders that really ran

    # -- what is asked of it

    def inputs_digest(self, asks: Sequence[Ask]) -> str:
        """One digest over all that these renders read, whatever the edits."""
        lines = sorted(f"{ask.name} {read.inputs}" for ask, read in zip(asks, self._read(asks), strict=True))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]

    def render(self, asks: Sequence[Ask]) -> list[RenderedApp]:
        """All of them, in the order asked. The files of those that are known already come when they are looked at.

        :raises GitpromoteError: of the first that failed, naming all that did
        """
        pairs = list(zip(asks, self._read(asks), strict=True))
        known = [self._known(ask, read) for ask, read in pairs]
        others = [self._wanted(*pair) for pair, found in zip(pairs, known, strict=True) if found is None]
        done = iter(self._done(others))
        self._remember()
        return [found or next(done) for found in known]

    def complete(self, rendered: Sequence[RenderedApp]) -> list[RenderedApp]:
        """The same renders with their files at hand: what the cache has lost is rendered again, side by side."""
        late = [one.ask for one in rendered if isinstance(one.kept.files, Late)]
        done = iter(self._done([self._wanted(ask, read) for ask, read in zip(late, self._read(late), strict=True)]))
        self._remember()
        return [next(done) if isinstance(one.kept.files, Late) else one for one in rendered]

    def files_read(self, ask: Ask) -> Mapping[str, Entry]:
        """Every file that a render reads, by path."""
        from gitpromote.render.reads import closure_files

        return closure_files(self._read([ask])[0].closure, self._listing(ask))

    def source_bytes(self, ask: Ask, paths: Iterable[str]) -> dict[str, bytes]:
        """Files as the render would read them, before its edits."""
        entries = self.files_read(ask)
        wanted = {path: entries[path].oid for path in paths if path in entries and path not in ask.overlay}
        blobs = ask.repository.blobs(set(wanted.values()))
        found = {path: blobs[oid] for path, oid in wanted.items()}
        return found | {path: data for path, data in ask.overlay.items() if path in entries}

    def edits(self, ask: Ask) -> tuple[EditData, ...]:
        """What the Freight changes in the sources of a render."""
        return self._edits(ask, self._read([ask])[0].closure)

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

    def _read(self, asks: Sequence[Ask]) -> list[_Read]:
        """What they read: known in this run, from the last one if nothing has changed, or sought anew."""
        if self._memo is None:
            self._memo = self._cache.memo(self._memo_name)
        views: dict[tuple[str, str], MemoView] = {}
        unknown: dict[tuple[str, str, str], Ask] = {}
        keys = []
        for ask in asks:
            key = (ask.repository.key, ask.commit, spec_text(ask.spec))
            keys.append(key)
            if key not in self._reads and key not in unknown:
                entry = self._remembered(ask, key, views)
                if entry is None:
                    unknown[key] = ask
                else:
                    inputs = entry.result.get("inputs") or _inputs(entry.closure)
                    self._reads[key] = _Read(entry.closure, inputs, entry.result)
        if unknown:
            self._seek(unknown)
        return [self._reads[key] for key in keys]

    def _remembered(
        self, ask: Ask, key: tuple[str, str, str], views: dict[tuple[str, str], MemoView]
    ) -> MemoEntry | None:
        """The memo's entry, if it holds in the commit: by the commit itself, or by everything that it looked at."""
        assert self._memo is not None
        entry = self._memo.entry(ask.name, key[2])
        if entry is None or ask.commit in entry.result.get("commits", ()):
            return entry
        if key[:2] not in views:
            views[key[:2]] = self._memo.against(self._listing(ask))
        if views[key[:2]].get(ask.name, key[2]) is None:
            return None
        # The newest commit and the one that the Freight is from are asked for by turns.
        commits = [ask.commit, *entry.result.get("commits", ())][:2]
        self._learnt[ask.name] = MemoEntry(entry.spec, entry.closure, {**entry.result, "commits": commits})
        return self._learnt[ask.name]

    def _seek(self, unknown: Mapping[tuple[str, str, str], Ask]) -> None:
        from gitpromote.engine.fresh import closures_of

        failures: list[Failed] = []
        found = closures_of(list(unknown.values()), self._listing)
        for (key, ask), closure in zip(unknown.items(), found, strict=True):
            if isinstance(closure, GitpromoteError):
                failures.append(Failed(ask.name, ask.commit, closure))
            else:
                self._reads[key] = _Read(closure, _inputs(closure), {})
                self._learnt[ask.name] = MemoEntry(key[2], closure, {"commits": [ask.commit]})
        if failures:
            raise one_error(failures)

    def _known(self, ask: Ask, read: _Read) -> RenderedApp | None:
        """A render as the last plan left it: with the same inputs in the same surroundings it is the same."""
        learnt = read.learnt
        if "key" not in learnt or ask.overlay or ask.edits is not None:
            return None
        if learnt["around"] != self._around(ask, read.closure):
            return None
        kept = KeptRender(
            files=Late(lambda: self._done([self._wanted(ask, read)])[0].kept.files),
            sensitive=tuple(learnt.get("sensitive", ())),
            secrets=tuple(learnt.get("secrets", ())),
            warnings=tuple(learnt.get("warnings", ())),
            random={path: tuple(map(tuple, places)) for path, places in learnt.get("random", ())},
        )
        return RenderedApp(
            ask=ask,
            key=learnt["key"],
            inputs=read.inputs,
            closure=read.closure,
            kept=kept,
            tree=learnt["tree"],
            shown=learnt.get("shown", learnt["tree"]),
        )

    def _around(self, ask: Ask, closure: Closure) -> str:
        """A digest of all that a render's key is made of beside its spec and inputs. Most renders share it."""
        versions = asked_versions(ask.spec)
        app = ask.app
        edits = tuple([canonical(edit.to_data()) for edit in app.edits])
        freight = tuple([one.id for one in ask.freight])
        said = (app.pin, app.name, app.files, ask.object_format)
        place = (closure.tools, tuple(versions.items()), freight, edits, said)
        known = self._surroundings.get(place)
        if known is None:
            tools = self._tools(ask, closure)
            artifacts = [one.model_dump(mode="json") for item in ask.freight for one in (*item.images, *item.charts)]
            programs = [[tool.name, tool.version, tool.sha256] for tool in tools]
            parts = [SEMANTICS, programs, artifacts, [edit.decode() for edit in edits], said, self._sensitive_paths]
            whole = canonical(parts)
            known = self._surroundings[place] = hashlib.sha256(whole).hexdigest()
        return known

    def _wanted(self, ask: Ask, read: _Read) -> Wanted:
        closure = read.closure
        edits = self._edits(ask, closure)
        overlay = sorted((path, hashlib.sha256(data).hexdigest()) for path, data in ask.overlay.items())
        key = render_key(
            ask.spec,
            closure,
            tools=self._tools(ask, closure),
            edits=[list(edits), overlay, self._sensitive_paths],
            app=ask.app.name,
            files=ask.app.files,
            object_format=ask.object_format,
        )
        return Wanted(ask=ask, closure=closure, inputs=read.inputs, edits=edits, key=key)

    def _tools(self, ask: Ask, closure: Closure) -> tuple[RendererTool, ...]:
        tools = self._rendering.tools(closure.tools, versions=asked_versions(ask.spec))
        self._used |= {tool.name: tool for tool in tools}
        return tools

    def _done(self, wanted: Sequence[Wanted]) -> list[RenderedApp]:
        """These renders with their files, of this run, from the cache, or run now."""
        for one in wanted:
            # Where inputs and output are to be left, everything is rendered, known or not.
            known = None if self._keep or one.key in self._kept else self._cache.get(one.key)
            if known is not None:
                self._kept[one.key] = known
        missing = {one.key: one for one in wanted if one.key not in self._kept}
        if missing:
            self._kept |= self._run(list(missing.values()))
        return [self._learn(one, self._kept[one.key]) for one in wanted]

    def _learn(self, one: Wanted, kept: KeptRender) -> RenderedApp:
        ask = one.ask
        visible = {path: entry for path, entry in kept.files.items() if path not in kept.sensitive}
        tree = tree_id(kept.files, object_format=ask.object_format)
        shown = tree_id(visible, object_format=ask.object_format) if kept.sensitive else tree
        found = RenderedApp(
            ask=ask, key=one.key, inputs=one.inputs, closure=one.closure, kept=kept, tree=tree, shown=shown
        )
        if not ask.overlay and ask.edits is None:
            self._note(found)
        return found

    def _note(self, found: RenderedApp) -> None:
        """Keep what the next plan needs to know of a render, unless the last one told the same."""
        ask, text = found.ask, spec_text(found.ask.spec)
        before = self._reads[ask.repository.key, ask.commit, text].learnt
        now = _learnt(found, self._around(ask, found.closure))
        if now.items() <= before.items():
            return
        commits = before.get("commits") or [ask.commit]
        self._learnt[ask.name] = MemoEntry(text, found.closure, {**now, "commits": commits})

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

        jobs = jobs_of(missing, self._listing, lambda one: self._tools(one.ask, one.closure), keep=self._keep)
        self._reporter.event("rendering", total=len(jobs))
        found = self._rendering.render(jobs, on_done=lambda label: self._reporter.event("rendered", label=label))
        self.count += len(jobs)
        kept: dict[str, KeptRender] = {}
        failures: list[Failed] = []
        for one, result in zip(missing, found, strict=True):
            if isinstance(result, GitpromoteError):
                failures.append(Failed(one.ask.name, one.ask.commit, result))
            elif isinstance(result, Rendered):
                kept[one.key], contents = kept_of(result, sensitive_paths=self._sensitive_paths)
                self._blobs.update(contents)
                self._cache.put(one.key, kept[one.key], contents)
            else:
                raise result
        if failures:
            raise one_error(failures)
        return kept

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


def _learnt(found: RenderedApp, around: str) -> dict[str, Any]:
    """What a memo holds of a render: plain data, what is empty left out."""
    kept = found.kept
    random = [[path, list(map(list, places))] for path, places in kept.random.items()]
    others = {
        "sensitive": list(kept.sensitive),
        "secrets": list(kept.secrets),
        "warnings": list(kept.warnings),
        "random": random,
        "shown": found.shown if found.shown != found.tree else "",
    }
    told = {name: value for name, value in others.items() if value}
    return {"around": around, "key": found.key, "inputs": found.inputs, "tree": found.tree, **told}
