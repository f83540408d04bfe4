"""The renders of one run: each distinct one happens once, and those of the last plan not again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gitpromote.engine.ask import Ask, RenderedApp, Wanted
from gitpromote.engine.late import Late
from gitpromote.engine.memory import Memory, Read
from gitpromote.engine.render_failures import Failed, for_all, one_error
from gitpromote.errors import GitpromoteError
from gitpromote.model.canonical import canonical
from gitpromote.model.render import ChartPin, Closure, Rendered, RendererTool, remote_chart
from gitpromote.model.tree import FOLDER, Entry, tree_id
from gitpromote.ports import KeptRender, Registry, RenderCache, Rendering, Reporter
from gitpromote.render.freight_edits import EditData, edits_for
from gitpromote.render.key import SEMANTICS, render_key
from gitpromote.render.spec import asked_versions


class Renderings:
    """The renders of one run: each distinct one happens once, unchanged ones not at all.

    :param registry: opens the registries that charts are fetched from, when the first one is
    :param memo: the name under which the next run finds what this one learnt
    """

    def __init__(
        self,
        rendering: Rendering,
        cache: RenderCache,
        *,
        registry: Callable[[], Registry],
        memo: str,
        reporter: Reporter,
        keep: str = "",
        sensitive_paths: Sequence[str] = (),
    ) -> None:
        self._rendering = rendering
        self._cache = cache
        self._registry = registry
        self._memory = Memory(cache, name=memo)
        self._reporter = reporter
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
        lines = sorted(f"{ask.name} {read.inputs}" for ask, read in zip(asks, self._memory.reads(asks), strict=True))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]

    def render(self, asks: Sequence[Ask]) -> list[RenderedApp]:
        """All of them, in the order asked. The files of those that are known already come when they are looked at.

        :raises GitpromoteError: of the first that failed, naming all that did
        """
        pairs = list(zip(asks, self._memory.reads(asks), strict=True))
        known = [self._known(ask, read) for ask, read in pairs]
        others = [self._wanted(*pair) for pair, found in zip(pairs, known, strict=True) if found is None]
        done = iter(self._done(others))
        self._memory.keep()
        return [found or next(done) for found in known]

    def complete(self, rendered: Sequence[RenderedApp]) -> list[RenderedApp]:
        """The same renders with their files at hand: what the cache has lost is rendered again, side by side."""
        late = [one.ask for one in rendered if isinstance(one.kept.files, Late)]
        done = iter(
            self._done([self._wanted(ask, read) for ask, read in zip(late, self._memory.reads(late), strict=True)])
        )
        self._memory.keep()
        return [next(done) if isinstance(one.kept.files, Late) else one for one in rendered]

    def closures(self, asks: Sequence[Ask]) -> list[Closure]:
        """What each of these renders looks at.

        :raises GitpromoteError: of what cannot be found out, naming all
        """
        return [read.closure for read in self._memory.reads(asks)]

    def files_read(self, ask: Ask) -> Mapping[str, Entry]:
        """Every file that a render reads, by path."""
        from gitpromote.render.reads import closure_files

        return closure_files(self._memory.reads([ask])[0].closure, self._memory.listing(ask))

    def source_bytes(self, ask: Ask, paths: Iterable[str]) -> dict[str, bytes]:
        """Files as the render would read them, before its edits."""
        entries = self.files_read(ask)
        wanted = {path: entries[path].oid for path in paths if path in entries and path not in ask.overlay}
        blobs = ask.repository.blobs(set(wanted.values()))
        found = {path: blobs[oid] for path, oid in wanted.items()}
        return found | {path: data for path, data in ask.overlay.items() if path in entries}

    def edits(self, ask: Ask) -> tuple[EditData, ...]:
        """What the Freight changes in the sources of a render."""
        return self._edits(ask, self._memory.reads([ask])[0].closure)

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of rendered files; what no render gave is left out."""
        wanted = set(oids)
        missing = wanted - self._blobs.keys()
        if missing:
            self._blobs.update(self._cache.blobs(missing))
        return {oid: self._blobs[oid] for oid in wanted if oid in self._blobs}

    def lend(self, blobs: Mapping[str, bytes]) -> None:
        """Bytes of files that some render gave once, here or elsewhere, by their ids."""
        self._blobs.update(blobs)

    def used_tools(self) -> list[RendererTool]:
        """The tools whose output this run has used, by name."""
        return [self._used[name] for name in sorted(self._used)]

    def tool(self, name: str) -> RendererTool:
        """A tool as it would be used."""
        return self._rendering.tools([name], versions={})[0]

    # -- how

    def _known(self, ask: Ask, read: Read) -> RenderedApp | None:
        """A render as the last plan left it: with the same inputs in the same surroundings it is the same."""
        learnt = read.learnt
        if "key" not in learnt or ask.overlay or ask.edits is not None or self._keep:
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
        chart = (ask.chart.address, ask.chart.version, ask.chart.digest) if ask.chart is not None else ()
        said = (app.pin, app.name, app.files, ask.object_format, *chart)
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

    def _wanted(self, ask: Ask, read: Read) -> Wanted:
        closure = read.closure
        edits = self._edits(ask, closure)
        overlay = sorted((path, hashlib.sha256(data).hexdigest()) for path, data in ask.overlay.items())
        charts = self._charts(ask, closure)
        key = render_key(
            ask.spec,
            closure,
            tools=self._tools(ask, closure),
            edits=[list(edits), overlay, self._sensitive_paths],
            charts=charts.values(),
            app=ask.app.name,
            files=ask.app.files,
            object_format=ask.object_format,
        )
        return Wanted(ask=ask, closure=closure, inputs=read.inputs, edits=edits, key=key, charts=charts)

    def _charts(self, ask: Ask, closure: Closure) -> Mapping[str, ChartPin]:
        if not closure.charts and remote_chart(ask.spec) is None:
            return {}
        from gitpromote.render.remote_charts import charts_of  # most charts lie in the sources

        return charts_of(ask.name, ask.spec, closure, ask.chart)

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
        missing: dict[str, list[Wanted]] = {}
        for one in wanted:
            if one.key not in self._kept:
                missing.setdefault(one.key, []).append(one)
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
            self._memory.note(found, self._around(ask, one.closure))
        return found

    def _edits(self, ask: Ask, closure: Closure) -> tuple[EditData, ...]:
        if ask.edits is not None:
            return ask.edits
        if not ask.freight and not ask.app.edits:
            return ()
        files = [path for path, mode, _ in closure.reads if mode != FOLDER]
        if len(files) < len(closure.reads):
            from gitpromote.render.reads import closure_files

            files = list(closure_files(closure, self._memory.listing(ask)))
        return edits_for(ask.spec, ask.app.edits, ask.freight, pin=ask.app.pin, files=files)

    def _run(self, alike: Sequence[Sequence[Wanted]]) -> dict[str, KeptRender]:
        """Run the first of those that are the same render each."""
        from gitpromote.engine.fresh import jobs_of, kept_of, notes_of

        missing = [same[0] for same in alike]
        failures: list[Failed] = []
        archives: Mapping[ChartPin, bytes] = {}
        if any(one.charts for one in missing):
            from gitpromote.engine.fetching import fetched

            archives, missing, failures = fetched(missing, self._registry(), self._reporter)
        jobs = jobs_of(
            missing,
            self._memory.listing,
            lambda one: self._tools(one.ask, one.closure),
            archives=archives,
            keep=self._keep,
        )
        self._reporter.event("rendering", total=len(jobs))
        found = self._rendering.render(jobs, on_done=lambda label: self._reporter.event("rendered", label=label))
        self.count += len(jobs)
        kept: dict[str, KeptRender] = {}
        for one, job, result in zip(missing, jobs, found, strict=True):
            if isinstance(result, GitpromoteError):
                failures.append(Failed(one.ask.name, one.ask.commit, result))
            elif isinstance(result, Rendered):
                notes = notes_of(job, one.edits)
                kept[one.key], contents = kept_of(result, sensitive_paths=self._sensitive_paths, notes=notes)
                self._blobs.update(contents)
                self._cache.put(one.key, kept[one.key], contents)
            else:
                raise result
        if failures:
            raise one_error(for_all(failures, [[(one.ask.name, one.ask.commit) for one in same] for same in alike]))
        return kept
