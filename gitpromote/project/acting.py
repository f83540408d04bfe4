"""What a Project does: apply, approve, override, and the verbs that write one Record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, overload

from gitpromote.project import documents
from gitpromote.project.plan import Plan
from gitpromote.project.planning import Planning
from gitpromote.project.selection import Names, selection

# What each method alone needs is imported by it: an apply is over before all of that could be loaded.
if TYPE_CHECKING:
    from gitpromote.engine.looping import Listener
    from gitpromote.model.freight import Freight
    from gitpromote.model.record import Record
    from gitpromote.model.result import ApplyResult
    from gitpromote.model.round import Ran, Round
    from gitpromote.model.state import RolledBack
    from gitpromote.project.running import Runner


class Acting(Planning):
    """What a Project writes: to targets exactly what a plan says, to the ledger what people say."""

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
        from gitpromote.engine.apply import apply
        from gitpromote.engine.attempt import ApplyOptions

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
        projects: Mapping[str, Callable[[], Acting]],
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

        def turn(again: Callable[[], Acting]) -> Round:
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
        """Take a lock away, also of an Environment that is gone; somebody else's only with ``force``."""
        from gitpromote.engine import verbs

        return verbs.unlock(self._at_rest() or self._world, env, force=force)
