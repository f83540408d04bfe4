"""What a Project plans: promotions, rollbacks, retirements, and how things would stand at another moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitpromote.errors import UsageError
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.model.moments import instant
from gitpromote.model.pipeline import Pipeline
from gitpromote.project import documents
from gitpromote.project.opened import Opened
from gitpromote.project.plan import Plan
from gitpromote.project.refusals import refuse_checked_out
from gitpromote.project.selection import Names, named, selection
from gitpromote.project.wiring import rendering_anew

# What each method alone needs is imported by it: a plan without changes is over before all of that could be loaded.
if TYPE_CHECKING:
    from gitpromote.model.discovered import FreightLock
    from gitpromote.project.simulating import Forecast, Simulation


class Planning(Opened):
    """The plans of a Project. Nothing here writes to a target."""

    def check(self) -> None:
        """Whether this machine lets the Pipeline write where it says, offline.

        :raises ConfigurationError: a target branch is checked out in a local repository (``branch-checked-out``)
        """
        refuse_checked_out(self._wired.pipeline, self._place)

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
        project = type(self)(left, self._place, world, source=self._source, reporter=self._reporter)
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

    def open_plan(self, words: str | Path) -> Plan:
        """A plan by its file, or of the ledger by its digest or the beginning of it.

        :raises UsageError: nothing is called so, or more than one
        """
        path = Path(words)
        if path.is_file() or "/" in str(words) or path.suffix == ".json":
            return Plan.load(path)
        return documents.recorded_plan(self._world, str(words))

    def plan_verify(self, plan: Plan) -> list[str]:
        """Plan again from what a plan knew, and tell the first difference; empty where it is the same.

        Everything is rendered anew, so that no cache can bear witness for what it has put into the plan itself. What
        this machine keeps of its renders stays as it is.
        """
        from gitpromote.engine import plans

        # Previews come and go: what a plan of theirs was made from stands in it alone.
        world = self._world_of(plan) if isinstance(self.definition, EphemeralPipeline) else self._wired
        source = plan.data.pipeline.source
        if source is not None and (changed := world.changed_callables(source.callables)):
            return [f"pipeline.source.callables: another code now: {', '.join(changed)}"]
        made = plans.again(rendering_anew(world), plan.data)
        return documents.differences(plan, Plan(documents.as_reached_by(plan.data, made)))
