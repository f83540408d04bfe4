"""Freight that is older than a path the Pipeline names now: it keeps back only the Environment that needs the path.

A definition changes with a commit, and what is on its way was made of commits before it. Where the newest commit has
what is missing, the next Freight brings it; until then an Environment looks at newer Freight, if there is any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from gitpromote.engine.ask import Ask
from gitpromote.engine.asked import Asked
from gitpromote.engine.candidates import Candidates
from gitpromote.engine.chosen import chosen
from gitpromote.engine.look import Look
from gitpromote.engine.sources import commits_of, rendered_asks
from gitpromote.engine.world import World
from gitpromote.errors import SourceInvalid
from gitpromote.model.freight import Freight
from gitpromote.model.render import HelmSpec, remote_chart
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.planning.availability import Journey

__all__ = ["Instead", "OlderSources"]

_MISSING = "source-missing"


class Instead(NamedTuple):
    """The Freight that an Environment looks at in place of older Freight, or why there is none.

    :ivar error: how the older one failed
    """

    freight: Mapping[str, Freight]
    missing: str
    error: SourceInvalid


class _Lack(NamedTuple):
    freight: Freight
    what: str
    error: SourceInvalid
    newer: str  # what to type to have Freight of the newest commit


class OlderSources:
    """Finds such Freight, and what may come in its place, in one look at the world."""

    def __init__(
        self, world: World, seen: Look, journey: Journey, candidates: Mapping[str, Candidates], asked: Asked
    ) -> None:
        self.world, self.seen, self.journey, self.candidates, self.asked = world, seen, journey, candidates, asked

    @property
    def named(self) -> bool:
        """Whether somebody asked for just this Freight: nothing else comes in its place."""
        return bool(self.asked.freight or self.asked.by_hand)

    def instead(self, resolved: ResolvedEnvironment, freight: Mapping[str, Freight]) -> Instead | None:
        """What an Environment looks at in place of this; ``None`` where its sources are there, or nowhere."""
        lacks = self._lacks(resolved, freight)
        if not lacks:
            return None
        first, passed = lacks[0], {one.freight.id for one in lacks}
        while lacks and not self.named:
            freight, missing = self._chosen(resolved, passed)
            if missing or not freight or passed & {one.id for one in freight.values()}:
                break
            lacks = self._lacks(resolved, freight)
            passed |= {one.freight.id for one in lacks}
        told = f"{first.freight.alias} has no {first.what}: it is older than what the pipeline says now"
        if lacks:
            return Instead({}, "; ".join(filter(None, (told, first.newer))), _older(first))
        self.world.notices.append(f"{resolved.name}: {told}; what came after it is planned")
        return Instead(freight, "", _older(first))

    def _chosen(self, resolved: ResolvedEnvironment, passed: set[str]) -> tuple[Mapping[str, Freight], str]:
        left = {
            name: replace(one, freight=tuple(each for each in one.freight if each.id not in passed))
            for name, one in self.candidates.items()
        }
        freight, missing, _ = chosen(self.world, self.journey, left, resolved, self.asked)
        return freight, missing

    def _lacks(self, resolved: ResolvedEnvironment, freight: Mapping[str, Freight]) -> list[_Lack]:
        found: dict[str, _Lack] = {}
        for ask in rendered_asks(resolved, commits_of(freight.values()), self.world, freight.values()):
            chart = remote_chart(ask.spec)
            if chart is not None and ask.chart is None:
                for one in freight.values():
                    found.setdefault(one.id, _unheld(one, ask, chart))
                continue
            error = self._missing(ask)
            newest = self._newest(ask) if error is not None else {}
            if error is None or not any(self._missing(replace(ask, commit=oid)) is None for oid in newest):
                continue
            for one in freight.values():
                if one.commit_of(ask.repository.canonical) == ask.commit:
                    found.setdefault(one.id, _Lack(one, _what(error), error, self._newer(ask, newest)))
        return list(found.values())

    def _missing(self, ask: Ask) -> SourceInvalid | None:
        try:
            self.world.renderings.inputs_digest([ask])
        except SourceInvalid as error:
            return error if error.code == _MISSING else None
        return None

    def _newest(self, ask: Ask) -> dict[str, str]:
        """The newest commits of a source repository, with the branch of each, as far as it is known."""
        heads = self.seen.sources.get(ask.repository.key, {}).values()
        found = {oid: ref.removeprefix("refs/heads/") for ref, oid in heads}
        for one in self.candidates.values():
            commit = one.newest.commit_of(ask.repository.canonical) if one.newest is not None else None
            found |= {} if commit is None or commit in found else {commit: ""}
        return {oid: branch for oid, branch in found.items() if oid != ask.commit}

    def _newer(self, ask: Ask, newest: Mapping[str, str]) -> str:
        branch = next(iter(newest.values()), "")
        if not branch or ask.repository.key != HOME:
            return "newer Freight has it"
        return f"newer Freight has it: gitpromote plan {self.world.pipeline.name} --commit {branch}"


def _unheld(freight: Freight, ask: Ask, chart: HelmSpec) -> _Lack:
    """Freight of a time when no Warehouse subscribed to a chart."""
    from gitpromote.render.remote_charts import unheld

    return _Lack(freight, f"chart {chart.chart}", unheld(ask.name, chart.chart), "newer Freight has it")


def _older(lack: _Lack) -> SourceInvalid:
    """How rendering it fails, with what helps: nothing has to be mended."""
    if lack.error.code != _MISSING:
        return lack.error
    error, command = lack.error, lack.newer.rpartition(": ")[2]
    hint = f"It is older than the path. Newer Freight has it{f':{chr(10)}  {command}' if ': ' in lack.newer else '.'}"
    return SourceInvalid(error.summary, code=error.code, detail=error.detail, hint=hint)


def _what(error: SourceInvalid) -> str:
    """What is missing, without who refers to it."""
    path = error.detail.partition("\n")[0].rpartition(": refers to ")[2]
    return f"kustomization in {path}" if "kustomization" in error.summary else path
