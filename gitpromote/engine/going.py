"""What of a plan may go now: each Environment is judged anew, and so is the way that the ready ones go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.assess import Fresh, assess, last_record
from gitpromote.engine.attempt import Attempt
from gitpromote.engine.calling import Called
from gitpromote.engine.executable import not_supported, unsupported
from gitpromote.engine.journeys import journey_of
from gitpromote.engine.judged_again import Answered
from gitpromote.engine.locked import held_by_others
from gitpromote.engine.look import Look
from gitpromote.engine.nothing_to_do import no_longer
from gitpromote.engine.outcome_of import (
    blocked_result,
    failed_result,
    settled_result,
    shut_result,
    unsure_result,
    waiting_result,
)
from gitpromote.engine.permission import unapproved, unpermitted
from gitpromote.engine.pins import Pins
from gitpromote.engine.stacking import unfounded
from gitpromote.engine.waiting import never
from gitpromote.errors import Contention, GitpromoteError
from gitpromote.model.outcome import worst_of
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.record import Record
from gitpromote.model.result import EnvironmentResult
from gitpromote.planning.waves import WAVE, crowded


class Going:
    """Who may go, in this attempt."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._world = attempt.world
        self._file, self._plan = attempt.file, attempt.file.plan
        self._options = attempt.options
        self._results, self._waiting = attempt.results, attempt.waiting
        self._pins = Pins(attempt.world, attempt.file.plan)
        #: Environments whose change does not follow from their Freight, once an organisation has asked for that.
        self._disproved: Mapping[str, GitpromoteError] | None = None

    def ready(
        self, seen: Look, records: Sequence[Record], *, mine: Mapping[tuple[str, str], frozenset[str]]
    ) -> list[Fresh]:
        """Settle what can be settled; return what may go now.

        :param mine: repository and ref to the commits that this attempt put there
        """
        ready: list[Fresh] = []
        self._pins.forget()
        locked = held_by_others(self._world, seen)
        answered = self._answered(seen, records)
        for planned in self._results.open():
            self._results.pop(planned.name, None)
            if planned.decision in ("unavailable", "held") or not planned.steps:
                self._results[planned.name] = self._without_steps(planned, seen, records)
                continue
            fresh = assess(
                self._world, self._plan, self._file.digest, planned, seen, records, mine=mine, answered=answered
            )
            result = self._verdict(fresh, locked.get(planned.name))
            if result is not None:
                self._results[planned.name] = result
            else:
                ready.append(fresh)
        return self._in_turn(self._proven(ready), seen)

    def _without_steps(self, planned: EnvironmentPlan, seen: Look, records: Sequence[Record]) -> EnvironmentResult:
        """The result where nothing will be written: as the plan says, unless the target is another one by now."""
        if planned.decision == "noop":
            judgement = no_longer(self._world, self._plan, self._file.digest, planned, seen, records)
            stale = settled_result(planned, judgement, called=self._attempt.called) if judgement is not None else None
            if stale is not None:
                return stale
        held = seen.ledger.environment(planned.name).held is not None
        return settled_result(planned, called=self._attempt.called, held=held)

    def _proven(self, ready: list[Fresh]) -> list[Fresh]:
        """Without those whose change does not follow from their Freight, where an organisation judges."""
        writing = [fresh for fresh in ready if fresh.planned.writes]
        if self._world.organisation is None or not writing:
            return ready
        if self._disproved is None:
            from gitpromote.engine.reproduced import unreproduced  # it plans again

            self._disproved = unreproduced(self._world, self._plan)
        for fresh in writing:
            if error := self._disproved.get(fresh.planned.name):
                self._results[fresh.planned.name] = failed_result(fresh.planned, error)
        return [fresh for fresh in ready if fresh.planned.name not in self._disproved]

    def _in_turn(self, ready: Sequence[Fresh], seen: Look) -> list[Fresh]:
        """Without those that a wave keeps back, and those that stand on what does not go."""
        crowd = crowded(journey_of(self._world, seen), [fresh.planned.name for fresh in ready if fresh.planned.writes])
        ready = self._kept_back(ready, crowd, code=WAVE)
        return self._kept_back(ready, unfounded(self._world, self._plan, ready), code="stacked")

    def _kept_back(self, ready: Sequence[Fresh], reasons: Mapping[str, str], *, code: str) -> list[Fresh]:
        for fresh in ready:
            if why := reasons.get(fresh.planned.name):
                self._results[fresh.planned.name] = waiting_result(fresh.planned, (), because=why, code=code)
        return [fresh for fresh in ready if fresh.planned.name not in reasons]

    def _answered(self, seen: Look, records: Sequence[Record]) -> Answered:
        """What those say now whom gates ask."""
        after = records[-1].id if records else last_record(self._world, seen.ledger.head)
        now, pipeline = self._world.clock.now(), self._world.pipeline
        asking = [one for one in self._results.open() if one.steps and one.decision not in ("unavailable", "held")]
        asking = [one for one in asking if any(gate.asks for gate in pipeline.resolved(one.name).all_gates)]
        if not asking:
            return Answered(as_of=now, after=after)
        from gitpromote.engine.evidence import answers_again  # few pipelines ask anybody

        answers = answers_again(self._world, self._plan, asking, seen=seen, as_of=now)
        return Answered(as_of=now, after=after, answers=answers)

    def _verdict(self, fresh: Fresh, lock: Contention | None) -> EnvironmentResult | None:
        """The result that judgement, gates and locks lead to; ``None`` where it may go."""
        settled = settled_result(fresh.planned, fresh.judgement, called=self._attempt.called)
        if settled is not None:
            return settled
        worst = worst_of(fresh.outcomes)
        hopes = self._waiting.hopes_for(fresh.planned, fresh.outcomes)
        if worst == "error" and self._options.wait and hopes:
            return unsure_result(fresh.planned, fresh.outcomes)
        if worst in ("fail", "error"):
            return blocked_result(fresh.planned, fresh.outcomes, called=self._attempt.called)
        if worst == "pending":
            shut = never(fresh.planned, fresh.outcomes) if self._options.wait else None
            if shut is not None:
                return shut_result(fresh.planned, shut, called=self._attempt.called)
            return waiting_result(fresh.planned, fresh.outcomes)
        if unsupported(fresh.planned):
            return failed_result(fresh.planned, not_supported(fresh.planned))
        if lock is not None:
            if self._waiting.is_patient:
                return waiting_result(fresh.planned, fresh.outcomes, because=lock.detail, code=lock.code)
            return failed_result(fresh.planned, lock)
        return None if fresh.ours else self._pinned(fresh)

    def _pinned(self, fresh: Fresh) -> EnvironmentResult | None:
        """The result where a tag has moved since the plan, or nobody can say; ``None`` where it may go."""
        try:
            return self._pins.moved(fresh.planned, called=self._attempt.called)
        except GitpromoteError as error:
            return failed_result(fresh.planned, error)

    def permitted(self, ready: Sequence[Fresh], seen: Look) -> list[Fresh]:
        """Before the first write a missing consent refuses the whole; later it makes its environment wait."""
        missing = unpermitted(self._world, ready, seen, self._options)
        if missing and not self._results.has_landed:
            there = self._file.digest in self._world.ledger.plans(seen.ledger.head)
            called = self._options.called or (self._file.digest if there else "")
            others = [fresh for fresh in ready if fresh not in missing]
            raise unapproved(Called.of(self._file, called), missing, others=others)
        for fresh in missing:
            error = unapproved(self._attempt.called, [fresh])
            waiting = waiting_result(fresh.planned, fresh.outcomes, because=error.detail, code=error.code)
            self._results[fresh.planned.name] = waiting.model_copy(update={"hint": error.hint})
        return [fresh for fresh in ready if fresh not in missing]
