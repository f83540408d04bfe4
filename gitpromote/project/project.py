"""Project: a Pipeline with its surroundings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replaced
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from gitpromote import __version__
from gitpromote.adapters.repository import GitRepository
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.history.moved import moves_of, names_of
from gitpromote.model.canonical import digest
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.model.moments import instant
from gitpromote.model.pipeline import DEFINITION_DOMAIN, Pipeline
from gitpromote.model.plan import Engine, PipelineSource, PlannedPipeline, PlanObservations
from gitpromote.model.plan import Plan as PlanData
from gitpromote.ports import PolicyPrograms, Reporter, SilentReporter
from gitpromote.project import documents, loading
from gitpromote.project.loading import Found
from gitpromote.project.plan import Plan
from gitpromote.project.refusals import refuse_checked_out
from gitpromote.project.selection import Names, named, selection
from gitpromote.project.wiring import Place, build_world

# What each method alone needs is imported by it: a plan without changes is over before all of that could be loaded.
if TYPE_CHECKING:
    from gitpromote.engine import plans
    from gitpromote.engine.looping import Listener
    from gitpromote.model.discovered import FreightLock
    from gitpromote.model.freight import Freight
    from gitpromote.model.lock import EnvironmentLock
    from gitpromote.model.policy_row import PolicyRow
    from gitpromote.model.record import Record
    from gitpromote.model.report import GoneEnvironment, VerifyReport
    from gitpromote.model.result import ApplyResult
    from gitpromote.model.round import Ran, Round
    from gitpromote.model.state import Approval, RolledBack
    from gitpromote.project.comparing import Differences
    from gitpromote.project.doctor import Finding
    from gitpromote.project.explaining import Explanation
    from gitpromote.project.facades import Status
    from gitpromote.project.freights import Freights
    from gitpromote.project.history import History
    from gitpromote.project.running import Runner
    from gitpromote.project.simulating import Forecast, Simulation


class Looked(NamedTuple):
    """One look at a repository's refs.

    :ivar head: the ref that ``HEAD`` named, where that was asked for
    """

    repository: str
    patterns: tuple[str, ...]
    refs: Mapping[str, str]
    head: str | None


class Project:
    """A Pipeline, its home repository, its cache. Get one with :meth:`load`."""

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

    # -- making one

    @classmethod
    def load(
        cls,
        file: str | Path | None = None,
        *,
        pipeline: str | None = None,
        start: str | Path | None = None,
        cache_dir: str | Path | None = None,
        reporter: Reporter | None = None,
        keep: str | None = None,
    ) -> Project:
        """The Project of a pipeline file.

        :param file: ``FILE`` or ``FILE:NAME``; default: ``pipeline.py`` or ``pipelines/*.py``, upwards from ``start``
        :param pipeline: which Pipeline, where the file has several
        :param start: default: the working directory
        :param cache_dir: default: ``GITPROMOTE_CACHE_DIR``, or ``gitpromote`` in the user's cache folder
        :param keep: a folder to leave every renderer's input and output in
        :raises ConfigurationError: with every problem of the file
        """
        read, named = loading.loaded(file, start)
        found = loading.in_file(read, pipeline or named)
        return cls._of(found, cache_dir=cache_dir, reporter=reporter, keep=keep)

    @classmethod
    def from_plan(cls, plan: Plan, *, cache_dir: str | Path | None = None, reporter: Reporter | None = None) -> Project:
        """The Project that a plan stands for: by its resolved definition alone, no pipeline file is read."""
        return cls._of(loading.in_plan(plan), cache_dir=cache_dir, reporter=reporter)

    @classmethod
    def departed(
        cls,
        name: str,
        file: str | Path | None = None,
        *,
        start: str | Path | None = None,
        cache_dir: str | Path | None = None,
        reporter: Reporter | None = None,
    ) -> Project | None:
        """A Pipeline that the file has no more and its home repository remembers, for :meth:`retire` with ``gone``.

        ``None`` where there is no ledger of that name.
        """
        found = loading.departed(loading.loaded(file, start)[0], name)
        project = cls._of(found, cache_dir=cache_dir, reporter=reporter, departed=True)
        world = project._wired
        return project if world.ledger.ref in world.home.refs([world.ledger.ref]) else None

    @classmethod
    def left_by_departed(
        cls,
        file: str | Path | None = None,
        *,
        start: str | Path | None = None,
        cache_dir: str | Path | None = None,
        reporter: Reporter | None = None,
    ) -> dict[str, tuple[str, ...]]:
        """Pipelines that the file has no more: name to the Environments whose targets still hold what they wrote."""
        from gitpromote.project.departed import came_from, unknown_ledgers

        read = loading.loaded(file, start)[0]
        first = cls._of(loading.in_file(read, next(iter(read.pipelines))), cache_dir=cache_dir, reporter=reporter)
        found: dict[str, tuple[str, ...]] = {}
        for name in unknown_ledgers(first._wired, read):
            gone = cls._of(loading.departed(read, name), cache_dir=cache_dir, reporter=reporter, departed=True)
            left = gone.remains()
            if left and came_from(gone._wired, read, left):
                found[name] = left
        return found

    @classmethod
    def _of(
        cls,
        found: Found,
        *,
        cache_dir: str | Path | None,
        reporter: Reporter | None,
        keep: str | None = None,
        departed: bool = False,
    ) -> Project:
        tell = reporter or SilentReporter()
        world = build_world(found.pipeline, found.place, cache_dir=cache_dir, reporter=tell, keep=keep)
        return cls(
            found.pipeline,
            found.place,
            world,
            source=found.source,
            reporter=tell,
            cache_dir=cache_dir,
            departed=departed,
            others=found.others,
        )

    @staticmethod
    def names(file: str | Path | None = None, *, start: str | Path | None = None) -> tuple[str, ...]:
        """The names of the Pipelines in a file, in its order."""
        return tuple(loading.loaded(file, start)[0].pipelines)

    @property
    def name(self) -> str:
        """The Pipeline's name."""
        return self.definition.name

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

    def looked(self) -> list[Looked]:
        """Every look that was taken at refs so far."""
        return [
            Looked(key, patterns, refs, repository.default_ref() if "HEAD" in patterns else None)
            for key, repository in self._world.opened.items()
            if isinstance(repository, GitRepository)
            for patterns, refs in repository.looked
        ]

    def check(self) -> None:
        """Whether this machine lets the Pipeline write where it says, offline.

        :raises ConfigurationError: a target branch is checked out in a local repository (``branch-checked-out``)
        """
        refuse_checked_out(self._wired.pipeline, self._place)

    @property
    def freight(self) -> Freights:
        """Its Freight: found, made, and spoken of."""
        from gitpromote.project.freights import Freights

        return Freights(lambda: self._world, here=self._here, resting=self._at_rest)

    # -- planning

    def plan(
        self,
        *,
        freight: str | None = None,
        images: Sequence[str] = (),
        charts: Sequence[str] = (),
        commit: str | None = None,
        unpinned: bool = False,
        to: Names = None,
        env: Names = None,
        apps: Names = None,
        as_of: int | None = None,
        replace: Mapping[str, str] | None = None,
        lock: str | Path | FreightLock | None = None,
        record: bool = False,
        regardless: bool = False,
    ) -> Plan:
        """What would change in every Environment, and whether it may. Nothing is written.

        :param freight: this Freight, by id or alias
        :param images: ``repo:tag@digest`` each: Freight by hand; ``charts`` likewise, ``commit`` a source revision. The
            registry is asked for a digest that is left out
        :param unpinned: where no registry answers, a tag without a digest will do
        :param to: these Environments and what comes before them
        :param env: exactly these
        :param as_of: epoch seconds; default: now, floored to the minute
        :param replace: Environment to the foreign commit that is to be undone there
        :param lock: what discovery found before, or its file: nothing else is looked for; see :attr:`freight`
        :param record: put the plan into the ledger, so that its digest is enough to apply it
        :param regardless: what does not render is unavailable in its Environments, and a Warehouse whose registry is
            down has nothing new: the rest is planned all the same
        """
        from gitpromote.engine import plans
        from gitpromote.engine.asked import Asked
        from gitpromote.engine.ref_names import names_in_the_way

        self.check()
        asked_for = (freight, images, charts, commit, to, env, apps, replace, lock)
        if isinstance(self._wired.pipeline, EphemeralPipeline) and not any(asked_for) and (idle := self._idle(as_of)):
            return idle
        for name in replace or ():
            self._world.known(name)
        asked = Asked(
            freight=freight,
            images=tuple(images),
            charts=tuple(charts),
            commit=None if commit is None else self._here(named(commit)),
            unpinned=unpinned,
            environments=self._environments(to, env),
            apps=selection(apps),
            replace=dict(replace or {}),
            lock=self._locked(lock, freight, images, charts, commit),
            regardless=regardless,
        )
        world = self._world
        world.notices.clear()
        world.failures.forget()
        data = plans.promotion(world, self._maker(), asked, as_of=self._minute(as_of))
        notices = dict.fromkeys(world.notices)
        made = self._made(data, warnings=(*notices, *names_in_the_way(world, data)))
        if record:
            self._record(made)
            made.called = made.digest
        return made

    def _idle(self, as_of: int | None) -> Plan | None:
        """What there is to do where nothing is alive that the Pipeline could stand for: nothing, and why."""
        from gitpromote.engine import plans

        why = self._resting
        if why is None:
            return None
        data = plans.idle(self._wired, self._maker(self._wired.pipeline), as_of=self._minute(as_of))
        return self._made(data, warnings=(why,))

    def _at_rest(self) -> World | None:
        """What there is to tell from where the Pipeline has no Environment at this moment; ``None`` where it has."""
        return self._wired if self._resting is not None else None

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

    def rollback(self, env: str, *, reason: str, to: str | None = None) -> Plan:
        """A plan that restores what the Environment held before, from the recorded tree. It is held afterwards."""
        from gitpromote.engine import plans

        self._world.known(env)
        return self._made(plans.rollback(self._world, self._maker(), env, reason=reason, to=to, as_of=self._minute()))

    def can_roll_back(self, *env: str) -> tuple[str, ...]:
        """Those of the Environments that have held other verified content, which a rollback would bring back."""
        from gitpromote.engine.look import look
        from gitpromote.engine.rollback import able_to_go_back

        for name in env:
            self._world.known(name)
        resolved = [self._world.pipeline.resolved(name) for name in env]
        able = able_to_go_back(self._world, look(self._world, resolved, sources=False), resolved)
        return tuple(name for name in env if name in able)

    def remains(self) -> tuple[str, ...]:
        """The Environments that the Pipeline has no more, or that are dead, and that still stand in their targets."""
        left = self._left_over()
        return left.order() if left is not None else ()

    def left_behind(self) -> list[str]:
        """What Environments wrote in places that they have left since, in words: nobody prunes it."""
        from gitpromote.project.previewing import alive
        from gitpromote.project.remains import left_behind

        current = None if self._departed else alive(self._wired)
        return left_behind(self._wired, current) if current is not None else []

    def _left_over(self) -> Pipeline | None:
        from gitpromote.project.previewing import alive
        from gitpromote.project.remains import remains

        current = None if self._departed else alive(self._wired)
        return remains(self._wired, current, others=self._others)

    def retire(self, *, env: str | None = None, app: str | None = None, gone: bool = False, reason: str) -> Plan:
        """A plan that deletes what an Environment, an App in all of them, or what is gone has left in the targets.

        :param gone: everything that :meth:`remains` names
        """
        from gitpromote.engine import plans

        if gone:
            return self._retire_gone(reason)
        if env is not None:
            self._world.known(env)
        carrying = [
            name
            for name in self.pipeline.order()
            if (name == env if env is not None else app in [one.name for one in self.pipeline.resolved(name).apps])
        ]
        if not carrying:
            raise UsageError("There is no such App", code="app-unknown", detail=f"{app!r} is in no environment.")
        made = plans.retirement(
            self._world,
            self._maker(),
            environments=tuple(carrying),
            app=app,
            reason=reason,
            as_of=self._minute(),
        )
        file = made.pipeline.source.path if made.pipeline.source is not None else "the pipeline"
        back = f"{app or env} is still in {file}: the next plan brings it back unless it is removed there."
        return self._made(made, warnings=(back,) if any(one.writes for one in made.environments) else ())

    def _retire_gone(self, reason: str) -> Plan:
        from gitpromote.engine import plans

        left = self._left_over()
        if left is None:
            raise UsageError(
                "Nothing is left over",
                code="retire-nothing",
                detail=f"Every environment that {self.name} has written is still part of it, or empty.",
            )
        world = replaced(self._wired, pipeline=left)
        project = Project(left, self._place, world, source=self._source, reporter=self._reporter)
        as_of = self._minute()
        made = plans.retirement(
            world,
            project._maker(),
            environments=left.order(),
            app=None,
            reason=reason,
            as_of=as_of,
            template=self.definition if isinstance(self.definition, EphemeralPipeline) else None,
        )
        return project._made(made)

    def explain(self, env: str) -> Explanation:
        """Why an Environment may go, or waits, or is blocked: freshly judged."""
        return self.plan(to=env).explain(env)

    def simulate(self, at: int | str, *, tz: str = "UTC", **asked: Any) -> Simulation:
        """What may go now, and what may go at another moment, by what is recorded now. Nothing is written.

        :param at: epoch seconds, ``"2026-11-28T15:00Z"``, or ``"Sat 15:00"`` for the next one
        :param tz: the IANA time zone of what names none
        :param asked: what :meth:`plan` takes: ``freight``, ``images``, ``to``, ``env`` and so on
        """
        from gitpromote.project.simulating import Simulation

        at = self._moment(asked.get("as_of"), at, tz)
        return Simulation(self._plan_ahead(at, asked), at)

    def forecast(self, until: int | str, *, start: int | str | None = None, tz: str = "UTC", **asked: Any) -> Forecast:
        """When decisions change from now on, or from ``start``, by what is recorded now. Nothing is written.

        :param until: see :meth:`simulate`
        """
        from gitpromote.project.simulating import Forecast

        begin = self._minute(asked.get("as_of")) if start is None else self._moment(asked.get("as_of"), start, tz)
        end = self._moment(asked.get("as_of"), until, tz)
        if end <= begin:
            raise UsageError(
                "The range is empty",
                code="bad-range",
                detail=f"It begins at {instant(begin)} and ends at {instant(end)}.",
                hint="Name the end with its date: a day of the week is the next one from now on.",
            )
        return Forecast(self._plan_ahead(end, asked), begin, end)

    def _plan_ahead(self, at: int, asked: Mapping[str, Any]) -> Plan:
        """A plan that is judged besides by what an organisation begins to ask for until a moment."""
        self._wired.ahead = at
        try:
            return self.plan(**asked)
        finally:
            self._wired.ahead = None

    def _moment(self, as_of: int | None, at: int | str, tz: str) -> int:
        from gitpromote.views.time import parse_instant

        return at if isinstance(at, int) else parse_instant(at, now=self._minute(as_of), tz=tz)

    def policies(self) -> tuple[PolicyRow, ...]:
        """Its gates and policies: of which kind, how binding, what they judge, and in which Environments."""
        from gitpromote.engine.governed import govern
        from gitpromote.project.policies import listed

        govern(self._world, as_of=self._minute())
        governing = self._world.governing
        return listed(self.pipeline, asked=governing.now.rules if governing is not None else None)

    def lock_of(self, env: str) -> EnvironmentLock | None:
        """Who keeps others from applying to an Environment, if anybody does now."""
        from gitpromote.engine.locked import lock_of

        self._world.known(env)
        return lock_of(self._world, env)

    def open_plan(self, words: str | Path) -> Plan:
        """A plan by its file, or of the ledger by its digest or the beginning of it.

        :raises UsageError: nothing is called so, or more than one
        """
        path = Path(words)
        if path.is_file() or "/" in str(words) or path.suffix == ".json":
            return Plan.load(path)
        return documents.recorded_plan(self._world, str(words))

    def plan_verify(self, plan: Plan) -> list[str]:
        """Plan again from what a plan knew; the first difference; empty where it is the same."""
        from gitpromote.engine import plans

        # Previews come and go: what a plan of theirs was made from stands in it alone.
        world = self._world_of(plan) if isinstance(self.definition, EphemeralPipeline) else self._wired
        made = plans.again(world, plan.data)
        return documents.differences(plan, Plan(made))

    # -- doing

    def apply(
        self,
        plan: Plan | str | Path,
        *,
        env: Names = None,
        wait: bool = False,
        expect_digest: str | None = None,
        confirmed: bool = False,
        auto_approve: bool = False,
        lock_timeout: float = 0.0,
        fail_fast: bool = False,
    ) -> ApplyResult:
        """Carry out exactly this plan, as far as it may go now; again to resume.

        Production needs ``confirmed=True`` (a person's yes on the shown plan), ``expect_digest=plan.digest``, or an
        approval; ``auto_approve`` alone is not enough there.

        :param lock_timeout: seconds for which locks of others are waited for and lost races are run again; with 0 locks
            are not waited for, and races are run again for a minute
        """
        from gitpromote.engine.apply import ApplyOptions, apply

        opened = plan if isinstance(plan, Plan) else self.open_plan(plan)
        documents.refuse_other_pipeline(opened, self.definition)
        world = self._world_of(opened)
        documents.refuse_unsound(opened, world.pipeline)
        options = ApplyOptions(
            environments=selection(env),
            wait=wait,
            expect_digest=expect_digest,
            confirmed=confirmed,
            lock_timeout=lock_timeout,
            fail_fast=fail_fast,
            called=opened.called,
        )
        return apply(world, opened.file, opened.to_bytes(), options)

    @overload
    def approve(self, plan: Plan, env: str, *, expires: int | None = None, key: str | None = None) -> Record: ...
    @overload
    def approve(
        self, plan: Plan, env: list[str] | tuple[str, ...], *, expires: int | None = None, key: str | None = None
    ) -> tuple[Record, ...]: ...
    def approve(
        self, plan: Plan, env: str | list[str] | tuple[str, ...], *, expires: int | None = None, key: str | None = None
    ) -> Record | tuple[Record, ...]:
        """Consent to environments' changes; an approval binds to the change, not to this very plan.

        :param env: one name, or a list of them: then each has a Record, in that order
        :param expires: seconds from now
        :param key: an SSH key's file; default: the one that git signs with
        :raises UsageError: the plan changes nothing in one of them; then nothing is approved
        """
        from gitpromote.engine.approving import approve, refuse_idle

        documents.refuse_unsound(plan, self._world_of(plan).pipeline)
        names = (env,) if isinstance(env, str) else tuple(dict.fromkeys(env))
        for name in names:
            refuse_idle(plan.data, name)
        now = self._world.clock.now()
        until = now + expires if expires is not None else None
        made = [
            approve(self._world, plan.file, plan.to_bytes(), environment=name, expires=until, key=key) for name in names
        ]
        return made[0] if isinstance(env, str) else tuple(made)

    def override(
        self,
        env: str,
        gate: str,
        *,
        reason: str,
        ticket: str = "",
        expires: int = 4 * 3600,
        plan: Plan | None = None,
        key: str | None = None,
    ) -> Record:
        """Say that a soft gate or policy shall not stop an Environment's change; it binds to that change alone.

        :param expires: seconds from now
        :param plan: the plan of the change; default: a fresh one
        :param key: an SSH key's file; default: the one that git signs with, where the Pipeline names signers
        :raises Blocked: it is hard
        :raises UsageError: it does not stand in the way, or there is none of this name
        """
        from gitpromote.engine.override import Wanted, override

        made = plan or self.plan(to=env)
        documents.refuse_unsound(made, self._world_of(made).pipeline)
        until = self._world.clock.now() + expires
        wanted = Wanted(environment=env, gate=gate, reason=reason, ticket=ticket, expires=until, key=key)
        return override(self._world, made.file, made.to_bytes(), wanted)

    def run_once(self, *, lock_timeout: float = 0.0, tell: Callable[[Round], None] = lambda _: None) -> Ran:
        """Plan, carry out what may go by itself (``Environment(auto=…)``), and again until nothing more may.

        Production goes only where the ledger holds an approval of that very change.

        :param tell: called with every round as it ends
        """
        from gitpromote.engine.running import until_settled

        return until_settled(lambda: self._round(lock_timeout), tell=tell)

    def run(self, runner: Runner | None = None, *, lock_timeout: float = 0.0) -> bool:
        """:meth:`run_once` for ever, with a wait between rounds, until somebody asks to stop.

        :param runner: how long to wait, who is told, and what wakes it
        :return: whether it was ended by a termination signal, not by Ctrl-C
        :raises ConfigurationError: the pipeline is not valid; other failures are told and tried again
        """
        from gitpromote.project.running import Runner

        chosen = runner or Runner()
        return chosen.keep_on(
            lambda: (chosen.again() if chosen.again else self)._round(lock_timeout), clock=self._wired.clock
        )

    @staticmethod
    def run_all(
        projects: Mapping[str, Callable[[], Project]],
        runner: Runner,
        *,
        listeners: Mapping[str, Listener],
        lock_timeout: float = 0.0,
    ) -> bool:
        """:meth:`run` for several Pipelines in one process, round by round. What fails in one keeps no other back.

        :param projects: a name to what makes the Project anew for every round
        :param listeners: who is told, by the same names
        :return: whether it was ended by a termination signal, not by Ctrl-C
        :raises ConfigurationError: none of them is valid
        """
        from gitpromote.engine.looping import Lane
        from gitpromote.project.wiring import WallClock

        def turn(again: Callable[[], Project]) -> Round:
            return again()._round(lock_timeout)

        lanes = [Lane(turn=partial(turn, again), listener=listeners[name]) for name, again in projects.items()]
        return runner.keep_all_on(lanes, clock=WallClock())

    def _round(self, lock_timeout: float) -> Round:
        from gitpromote.engine.running import one_round

        plan = self.plan(regardless=True)
        resting = "\n".join(plan.warnings) if not plan.data.environments else ""
        warnings = () if resting else plan.warnings
        world, document = self._world_of(plan), plan.to_bytes()
        return one_round(world, plan.file, document, lock_timeout=lock_timeout, resting=resting, warnings=warnings)

    def approvals(self) -> dict[str, tuple[Approval, ...]]:
        """Environment to the approvals that the ledger holds and that were not spent yet, expired ones too."""
        world = self._wired
        head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
        state = world.ledger.read(head)
        return {name: one.approvals for name, one in state.environments.items() if one.approvals}

    def adopt(self, env: str, *, reason: str) -> Record:
        """Keep what the target holds now, although somebody else wrote it."""
        from gitpromote.engine import verbs

        return verbs.adopt(self._world, env, reason=reason)

    def hold(self, env: str, *, reason: str) -> Record:
        """Keep the Environment's Freight until it is released."""
        from gitpromote.engine import verbs

        return verbs.hold(self._world, env, reason=reason)

    def release(self, env: str, *, reason: str = "") -> Record:
        """Lift a hold."""
        from gitpromote.engine import verbs

        return verbs.release(self._world, env, reason=reason)

    def rolled_back(self, env: str) -> list[tuple[Freight, RolledBack]]:
        """The Freight from which somebody went back in an Environment, and that may come again; the latest first."""
        from gitpromote.engine import verbs

        return verbs.rolled_back(self._world, env)

    def lock(self, env: str, *, reason: str, ttl: float = 3600) -> Record:
        """Keep others from applying to an Environment, for ``ttl`` seconds."""
        from gitpromote.engine import verbs

        return verbs.lock(self._world, env, reason=reason, ttl=int(ttl))

    def unlock(self, env: str, *, force: bool = False) -> Record:
        """Take a lock away; somebody else's only with ``force``."""
        from gitpromote.engine import verbs

        return verbs.unlock(self._world, env, force=force)

    # -- telling

    def status(self, *, lag: bool = False) -> Status:
        """What each Environment holds, and what would come next.

        :param lag: also how far each is behind the newest Freight that there is, and what keeps that back
        """
        from gitpromote.project import standing
        from gitpromote.project.facades import Status

        now, why = self._wired.clock.now(), self._resting
        if why is not None:
            return Status(standing.resting(self._wired, why, as_of=now))
        return Status(standing.status(self._world, partial(self.plan, regardless=True), as_of=now, lag=lag))

    @property
    def history(self) -> History:
        """The ledger's Records, newest first."""
        from gitpromote.project.history import History

        return History(self.records(), moved=moves_of(self.definition))

    def records(self, env: Names = None, *, limit: int | None = None) -> tuple[Record, ...]:
        """Records, newest first.

        :param env: those of these Environments, under the names that they had before, too; also of those that are gone
        """
        from gitpromote.project.gone import gone_names

        names, every = selection(env) or (), self._every_record()
        wanted = set(names)
        if names:
            world = self._at_rest() or self._world
            gone = gone_names(self._alive, every)
            for name in names:
                if name not in gone:
                    world.known(name)
            wanted = {each for name in names for each in names_of(world.pipeline, name)}
        found = [one for one in reversed(every) if not names or one.environment in wanted]
        return tuple(found[:limit])

    def environments_ever(self) -> tuple[str, ...]:
        """The names of its Environments, and of those that it has no more and the ledger remembers."""
        from gitpromote.project.gone import gone_names

        current = self._alive
        return (*(current.order() if current is not None else ()), *gone_names(current, self._every_record()))

    def gone(self, env: str) -> GoneEnvironment | None:
        """What is known of an Environment that it has no more; ``None``: it has it, or never had it."""
        from gitpromote.project.gone import gone, gone_names
        from gitpromote.project.previewing import left_out

        current = self._alive
        if current is not None and env in current.order():
            return None
        records = self._every_record()
        if env not in gone_names(current, records):
            return None

        found = gone(self._wired, env, records, left_out=left_out(self._wired, self.definition))
        # Somebody may have deleted what it wrote without us.
        stands = found is not None and found.target and env in self.remains()
        return found if found is None or stands else found.model_copy(update={"target": ""})

    def _every_record(self) -> Sequence[Record]:
        """The whole ledger, oldest first."""
        world = self._wired
        return world.ledger.records(world.home.fetch([world.ledger.ref]).get(world.ledger.ref))

    @property
    def _alive(self) -> Pipeline | None:
        """The Pipeline as it is now; ``None`` where an ephemeral one stands for nothing."""
        return None if self._resting is not None else self.pipeline

    def render(self, env: str | None = None, **freight: Any) -> dict[str, dict[str, bytes]]:
        """Environment to path to bytes: what each target would hold. Secrets are in it as they are."""
        from gitpromote.engine.asked import Asked
        from gitpromote.project import comparing

        if env is not None:
            self._world.known(env)
        return comparing.render(self._world, env, Asked(**_as_tuples(freight)))

    def diff(self, before: str, after: str) -> Differences:
        """Semantic changes between two Environments, revisions or Freight, by label.

        Environments are compared as they are now; where nothing has come yet, as their next Freight makes them.
        ``.freight`` of the result names the Freight of both, ``.sides`` says whether it runs there or comes next.
        """
        from gitpromote.project import comparing

        return comparing.diff(self._world, self._here(before), self._here(after))

    def verify(self) -> VerifyReport:
        """Recompute Records, state and trees from Git alone."""
        from gitpromote.engine.verify import verify

        return verify(self._at_rest() or self._world)

    def doctor(self) -> list[Finding]:
        """Check what a promotion needs on this machine."""
        from gitpromote.project.doctor import examine

        return examine(self._wired, self._place, cache=self._cache_dir)

    def __repr__(self) -> str:
        return f"<Project {self.name}>"

    # -- inner

    @property
    def _world(self) -> World:
        if isinstance(self._wired.pipeline, EphemeralPipeline):
            from gitpromote.project.previewing import standing_for

            self._wired.pipeline = standing_for(self._wired, self._wired.pipeline)
            self._wired.previews = True
        return self._wired

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
        return Project.from_plan(plan, cache_dir=self._cache_dir, reporter=self._reporter)._wired

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


def open_plan(path: str | Path) -> Plan:
    """A plan from its file, without any pipeline."""
    return Plan.load(path)


def project_of(plan: Plan, *, cache_dir: str | Path | None = None, reporter: Reporter | None = None) -> Project:
    """The Project that a plan stands for; see :meth:`Project.from_plan`."""
    return Project.from_plan(plan, cache_dir=cache_dir, reporter=reporter)


def _as_tuples(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in members.items()}
