"""A Pipeline with its surroundings, as every view of a Project needs it: its world, its moment, its names."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitpromote import __version__
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.model.canonical import digest
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.model.pipeline import DEFINITION_DOMAIN, Pipeline
from gitpromote.model.plan import Engine, PipelineSource, PlannedPipeline, PlanObservations
from gitpromote.model.plan import Plan as PlanData
from gitpromote.ports import PolicyPrograms, Reporter
from gitpromote.project import loading
from gitpromote.project.plan import Plan
from gitpromote.project.selection import Names, selection
from gitpromote.project.wiring import Place, build_world

# What each method alone needs is imported by it: a plan without changes is over before all of that could be loaded.
if TYPE_CHECKING:
    from gitpromote.engine import plans
    from gitpromote.model.discovered import FreightLock
    from gitpromote.model.record import Record


class Opened:
    """A Pipeline, its home repository, its cache."""

    def __init__(
        self,
        pipeline: Pipeline,
        place: Place,
        world: World,
        *,
        source: PipelineSource | None,
        reporter: Reporter,
        cache_dir: str | Path | None = None,
        departed: bool = False,
        others: Sequence[Pipeline] = (),
    ) -> None:
        self.definition = pipeline
        self._cache_dir = cache_dir
        self._place = place
        self._wired = world
        self._departed = departed
        self._others = others
        self._source = source
        self._reporter = reporter

    @property
    def name(self) -> str:
        """The Pipeline's name."""
        return self.definition.name

    @property
    def is_one_of_several(self) -> bool:
        """Whether its pipeline file defines others, so that it has to be named."""
        return bool(self._others)

    @property
    def pipeline(self) -> Pipeline:
        """The Pipeline; of an ephemeral one what it stands for now, for which the home repository is asked once."""
        return self._world.pipeline

    @property
    def folder(self) -> Path:
        """The checkout that the pipeline file is in; the working directory where there is none."""
        return self._place.work.toplevel if self._place.work else Path.cwd()

    @property
    def policy_programs(self) -> PolicyPrograms | None:
        """Who judges what is judged outside of this process."""
        return self._wired.policy_programs

    @property
    def _world(self) -> World:
        if isinstance(self._wired.pipeline, EphemeralPipeline):
            from gitpromote.project.previewing import standing_for

            self._wired.pipeline = standing_for(self._wired, self._wired.pipeline)
            self._wired.previews = True
        return self._wired

    @property
    def _resting(self) -> str | None:
        """Why the Pipeline has no Environment at this moment: an ephemeral one of which nothing is alive."""
        if not isinstance(self._wired.pipeline, EphemeralPipeline):
            return None
        try:
            self.pipeline  # noqa: B018 (asks the home repository)
        except ConfigurationError as error:
            if error.code != "previews-none":
                raise
            return f"nothing is alive that {self.name} could stand for:\n{error.detail}\n{error.hint}"
        return None

    def _at_rest(self) -> World | None:
        """What there is to tell from where the Pipeline has no Environment at this moment; ``None`` where it has."""
        return self._wired if self._resting is not None else None

    @property
    def _alive(self) -> Pipeline | None:
        """The Pipeline as it is now; ``None`` where an ephemeral one stands for nothing."""
        return None if self._resting is not None else self.pipeline

    def _every_record(self) -> Sequence[Record]:
        """The whole ledger, oldest first."""
        world = self._wired
        return world.ledger.records(world.home.fetch([world.ledger.ref]).get(world.ledger.ref))

    def _locked(self, lock: str | Path | FreightLock | None, *named: object) -> FreightLock | None:
        if lock is None:
            return None
        from gitpromote.project.freights import opened_lock

        if any(named):
            raise UsageError(
                "A freight lock says which Freight it is",
                code="lock-and-freight",
                detail="Freight or an artifact was named as well.",
                hint="Leave one of them out.",
            )
        return opened_lock(self._world, lock)

    def _here(self, revision: str) -> str:
        """``HEAD`` and what counts from it mean the checkout's; everything else is the remote's."""
        work = self._place.work
        if revision.partition("~")[0].partition("^")[0] != "HEAD" or work is None:
            return revision
        return work.commit_of(revision) or revision

    def _environments(self, to: Names, env: Names) -> tuple[str, ...] | None:
        upto, exactly = selection(to), selection(env)
        for name in (*(upto or ()), *(exactly or ())):
            self._world.known(name)
        if upto is None:
            return exactly
        wanted = {*self.pipeline.up_to(upto), *(exactly or ())}
        return tuple(name for name in self.pipeline.order() if name in wanted)

    def _world_of(self, plan: Plan) -> World:
        """What a plan is carried out with: its own definition, whatever the pipeline file says by now."""
        if plan.data.pipeline.definition_digest == self._wired.pipeline.definition_digest:
            return self._wired
        found = loading.in_plan(plan)
        return build_world(found.pipeline, found.place, cache_dir=self._cache_dir, reporter=self._reporter)

    def _minute(self, as_of: int | None = None) -> int:
        return (self._wired.clock.now() if as_of is None else as_of) // 60 * 60

    def _maker(self, pipeline: Pipeline | None = None) -> plans.Maker:
        from gitpromote.engine import plans

        data = (pipeline or self.pipeline).to_data()
        described = PlannedPipeline(
            name=self.name,
            definition=data,
            definition_digest=digest(data, domain=DEFINITION_DOMAIN),
            source=self._source,
        )
        return plans.Maker(engine=Engine(version=__version__), described=described)

    def _made(self, data: PlanData, *, warnings: tuple[str, ...] = ()) -> Plan:
        tools = {tool.name: tool.sha256 for tool in self._wired.renderings.used_tools()}
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._wired.clock.now()))
        observations = PlanObservations(
            created_at=created,
            created_by=self._wired.actor,
            tools=tools,
            timings={"renders": self._wired.renderings.count},
            warnings=warnings,
        )
        return Plan(data, observations)

    def _record(self, plan: Plan) -> None:
        from gitpromote.engine.append import record_plan

        record_plan(self._world, plan.data, plan.digest, plan.to_bytes())

    def __repr__(self) -> str:
        return f"<Project {self.name}>"
