"""What a Project tells: what stands, what was, what would be rendered, and whether all of it is sound."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gitpromote.errors import AccessDenied, RemoteFailed
from gitpromote.history.moved import moves_of, names_of
from gitpromote.project.planning import Planning
from gitpromote.project.selection import Names, selection

# What each method alone needs is imported by it: a look is over before all of that could be loaded.
if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitpromote.model.lock import EnvironmentLock
    from gitpromote.model.policy_row import PolicyRow
    from gitpromote.model.record import Record
    from gitpromote.model.report import GoneEnvironment, VerifyReport
    from gitpromote.model.state import Approval
    from gitpromote.project.comparing import Differences, Rendered
    from gitpromote.project.doctor import Finding
    from gitpromote.project.explaining import Explanation
    from gitpromote.project.facades import Status
    from gitpromote.project.history import History
    from gitpromote.project.plan import Plan


class Telling(Planning):
    """What there is to know of a Project. Nothing here writes anything."""

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

    def policies(self) -> tuple[PolicyRow, ...]:
        """Its gates and policies: of which kind, how binding, what they judge, and in which Environments."""
        from gitpromote.engine.governed import govern
        from gitpromote.project.policies import listed

        govern(self._world, as_of=self._minute())
        governing = self._world.governing
        return listed(self.pipeline, asked=governing.now.rules if governing is not None else None)

    def approvals(self) -> dict[str, tuple[Approval, ...]]:
        """Environment to the approvals that the ledger holds and that were not spent yet, expired ones too."""
        world = self._wired
        head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
        state = world.ledger.read(head)
        return {name: one.approvals for name, one in state.environments.items() if one.approvals}

    def lock_of(self, env: str) -> EnvironmentLock | None:
        """Who keeps others from applying to an Environment, if anybody does now."""
        from gitpromote.engine.locked import lock_of

        self._world.known(env)
        return lock_of(self._world, env)

    def explain(self, env: str) -> Explanation:
        """Why an Environment may go, or waits, or is blocked: freshly judged, see :meth:`judged`."""
        return self.judged(env)[0].explain(env)

    def judged(self, env: str) -> tuple[Plan, tuple[str, ...]]:
        """A plan of all that leads to an Environment, and what kept it from being a whole one, in words.

        A registry or a remote that is down keeps nobody from what the ledger knows.

        :raises GitpromoteError: what would come there does not render
        """
        from gitpromote.project.standing import troubles

        plan = self.plan(to=env, regardless=True)
        failed = self._world.failures.environments.get(env)
        if failed is not None and not isinstance(failed, RemoteFailed | AccessDenied):
            raise failed
        return plan, tuple(troubles(self._world))

    def render(self, env: Names = None, **freight: Any) -> Rendered:
        """Environment to path to bytes: what each target would hold. Secrets are in it as they are.

        ``.left_out`` of the result names the Environments for which there is nothing to render, and why.
        """
        from gitpromote.engine.asked import Asked
        from gitpromote.project import comparing

        asked = Asked(environments=self._environments(None, env), **_as_tuples(freight))
        return comparing.render(self._world, asked)

    def diff(self, before: str, after: str) -> Differences:
        """Semantic changes between two Environments, revisions or Freight, by label.

        Environments are compared as they are now; where nothing has come yet, as their next Freight makes them.
        ``.freight`` of the result names the Freight of both, ``.sides`` says whether it runs there or comes next;
        the same objects in another namespace are compared, ``.namespaces`` says which stands for which.
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


def _as_tuples(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in members.items()}
