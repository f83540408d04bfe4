"""Refuse, then in rounds: look, judge, push what may go, read back; until nothing more may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gitpromote.engine import transition
from gitpromote.engine.append import PATIENCE, ledger_refused, pause, record_plan
from gitpromote.engine.assess import Fresh, assess, last_record
from gitpromote.engine.calling import Called
from gitpromote.engine.executable import not_supported, refuse_unsupported, unsupported
from gitpromote.engine.governed import govern_apply
from gitpromote.engine.interrupt import Interruption, interruptible
from gitpromote.engine.journeys import journey_of
from gitpromote.engine.judged_again import Answered
from gitpromote.engine.locked import held_by_others
from gitpromote.engine.look import Look, look
from gitpromote.engine.not_landed import NotLanded, tell_of_refused
from gitpromote.engine.nothing_to_do import no_longer
from gitpromote.engine.outcome_of import (
    already_result,
    blocked_result,
    failed_result,
    settled_result,
    shut_result,
    unsure_result,
    waiting_result,
)
from gitpromote.engine.permission import check_digest, unapproved, unpermitted
from gitpromote.engine.pins import Pins
from gitpromote.engine.records import apps_alone
from gitpromote.engine.results import Results
from gitpromote.engine.stacking import unfounded
from gitpromote.engine.waiting import Waiting, never
from gitpromote.engine.world import World
from gitpromote.errors import Contention, GitpromoteError, PlanStale, UsageError
from gitpromote.model.outcome import worst_of
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.record import Record
from gitpromote.model.result import ApplyResult, EnvironmentResult
from gitpromote.model.words import count
from gitpromote.planning.waves import WAVE, crowded
from gitpromote.ports import PushAnswer

_REFUSED_HINTS = {
    "branch-checked-out": "Somebody works on it there: switch to another branch, or push to a bare repository.",
    "ref-conflict": "Git cannot have both: rename that branch, or give the pipeline another target.",
}


class ApplyOptions(NamedTuple):
    """How a plan is applied.

    :ivar environments: of the planned ones, run only these
    :ivar wait: wait for what is pending
    :ivar expect_digest: the full digest that the plan must have
    :ivar confirmed: a person has said yes to the shown plan
    :ivar lock_timeout: seconds to wait for locks and lost races; 0: a minute for lost races, and none for locks
    :ivar fail_fast: stop at the first failure
    :ivar called: the file or digest by which others find the plan, for hints; empty where they cannot
    """

    environments: tuple[str, ...] | None = None
    wait: bool = False
    expect_digest: str | None = None
    confirmed: bool = False
    lock_timeout: float = 0.0
    fail_fast: bool = False
    called: str = ""


def apply(world: World, file: PlanFile, document: bytes, options: ApplyOptions) -> ApplyResult:
    """Carry out exactly this plan, as far as it may go now.

    Applying the same plan again continues where it stopped. What one environment's staleness, failure or waiting means
    for the others is told in the result.

    :param document: the plan file's bytes, for the ledger
    :raises GitpromoteError: nothing was written: the plan as a whole may not be applied
    """
    check_digest(Called.of(file, options.called), options.expect_digest)
    selected = _selected(file.plan, options)
    refuse_unsupported(selected if options.environments is not None else ())
    run = _Run(world, file, document, options, selected)
    with interruptible() as interruption:
        return run.until_done(interruption)


def _selected(plan: Plan, options: ApplyOptions) -> list[EnvironmentPlan]:
    if options.environments is None:
        return list(plan.environments)
    known = {planned.name for planned in plan.environments}
    unknown = [name for name in options.environments if name not in known]
    if unknown:
        raise UsageError(
            "The plan has no such environment",
            code="environment-unplanned",
            detail=f"{', '.join(unknown)}; planned: {', '.join(planned.name for planned in plan.environments)}",
        )
    return [planned for planned in plan.environments if planned.name in options.environments]


@dataclass(slots=True, eq=False)
class _Run:
    world: World
    file: PlanFile
    document: bytes
    options: ApplyOptions
    selected: list[EnvironmentPlan]
    mine: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    tips: dict[tuple[str, str], str] = field(default_factory=dict)
    recorded: bool = False
    singly: bool = False
    landed: dict[str, tuple[Fresh, str | None]] = field(default_factory=dict)
    lost: int = 0
    disproved: Mapping[str, GitpromoteError] | None = None
    present: frozenset[str] = frozenset()
    refused: list[NotLanded] = field(default_factory=list)
    results: Results = field(init=False)
    pins: Pins = field(init=False)
    waiting: Waiting = field(init=False)

    def __post_init__(self) -> None:
        self.results = Results(self.selected, reporter=self.world.reporter, fail_fast=self.options.fail_fast)
        self.pins = Pins(self.world, self.file.plan)
        self.waiting = Waiting(self.world.clock, gates=self.options.wait, locks=self.options.lock_timeout)

    @property
    def called(self) -> Called:
        """What the plan is called; once something is written, the ledger has it."""
        return Called.of(self.file, self.options.called or (self.file.digest if self.recorded else ""))

    def until_done(self, interruption: Interruption) -> ApplyResult:
        try:
            return self._in_rounds(interruption)
        except GitpromoteError as error:
            if not self.results.has_landed:
                raise
            self.results.cut_short(error)
            return self._result()

    def _in_rounds(self, interruption: Interruption) -> ApplyResult:
        while True:
            self._tell_of_refused()
            # Where all has landed, what is left is to prove it: the ledger has nothing to add.
            done = bool(self.landed) and not self.results.open()
            seen = self._look(ledger=not done)
            as_written = self._read_back(seen)
            if done:
                return self._result()
            if not as_written:
                continue  # what the ledger says has changed by it
            records = self._records(seen)
            if not self._still_as_written(seen, records):
                continue
            self.present = frozenset(record.id for record in records)
            ready = self._judge(seen, records)
            going = self._permitted(ready, seen)
            if self.results.stops():
                return self._result()
            if interruption.asked:
                # Where everything has landed already there was nothing left to interrupt.
                return self._result(interrupted=bool(going) or self.waiting.has_sense(self.results))
            if not going:
                if not self.waiting.has_sense(self.results):
                    return self._result()
                self.waiting.pause(self.results, interruption)
                continue
            self._push(going[:1] if self.singly else going, seen)

    # -- looking

    def _look(self, *, ledger: bool) -> Look:
        govern_apply(self.world, self.file.plan)
        resolved = [self.world.pipeline.resolved(planned.name) for planned in self.selected]
        return look(self.world, resolved, sources=False, ledger=ledger)

    def _records(self, seen: Look) -> Sequence[Record]:
        basis = self.file.plan.basis.ledger.head
        head = seen.ledger.head
        if basis is not None and basis != head and (head is None or not self.world.home.is_ancestor(basis, head)):
            raise PlanStale(
                "The ledger is not the one that the plan saw",
                code="ledger-rewritten",
                detail=f"{self.world.ledger.ref} no longer contains {basis[:12]}: it was rewritten or deleted.",
                hint="Find out who did that before anything is applied:\n  gitpromote verify",
            )
        return self.world.ledger.records(seen.ledger.head, since=basis)

    def _judge(self, seen: Look, records: Sequence[Record]) -> list[Fresh]:
        """Settle what can be settled; return what may go now."""
        mine = {place: frozenset(oids) for place, oids in self.mine.items()}
        ready: list[Fresh] = []
        self.pins.forget()
        locked = held_by_others(self.world, seen)
        answered = self._answered(seen, records)
        for planned in self.results.open():
            self.results.pop(planned.name, None)
            if planned.decision in ("unavailable", "held") or not planned.steps:
                self.results[planned.name] = self._without_steps(planned, seen, records)
                continue
            fresh = assess(
                self.world, self.file.plan, self.file.digest, planned, seen, records, mine=mine, answered=answered
            )
            result = self._verdict(fresh, locked.get(planned.name))
            if result is not None:
                self.results[planned.name] = result
            else:
                ready.append(fresh)
        return self._in_turn(self._proven(ready), seen)

    def _without_steps(self, planned: EnvironmentPlan, seen: Look, records: Sequence[Record]) -> EnvironmentResult:
        """The result where nothing will be written: as the plan says, unless the target is another one by now."""
        if planned.decision == "noop":
            judgement = no_longer(self.world, self.file.plan, self.file.digest, planned, seen, records)
            stale = settled_result(planned, judgement, called=self.called) if judgement is not None else None
            if stale is not None:
                return stale
        held = seen.ledger.environment(planned.name).held is not None
        return settled_result(planned, called=self.called, held=held)

    def _proven(self, ready: list[Fresh]) -> list[Fresh]:
        """Without those whose change does not follow from their Freight, where an organisation judges."""
        writing = [fresh for fresh in ready if fresh.planned.writes]
        if self.world.organisation is None or not writing:
            return ready
        if self.disproved is None:
            from gitpromote.engine.reproduced import unreproduced  # it plans again

            self.disproved = unreproduced(self.world, self.file.plan)
        for fresh in writing:
            if error := self.disproved.get(fresh.planned.name):
                self.results[fresh.planned.name] = failed_result(fresh.planned, error)
        return [fresh for fresh in ready if fresh.planned.name not in self.disproved]

    def _in_turn(self, ready: Sequence[Fresh], seen: Look) -> list[Fresh]:
        """Without those that a wave keeps back, and those that stand on what does not go."""
        crowd = crowded(journey_of(self.world, seen), [fresh.planned.name for fresh in ready if fresh.planned.writes])
        ready = self._kept_back(ready, crowd, code=WAVE)
        return self._kept_back(ready, unfounded(self.world, self.file.plan, ready), code="stacked")

    def _kept_back(self, ready: Sequence[Fresh], reasons: Mapping[str, str], *, code: str) -> list[Fresh]:
        for fresh in ready:
            if why := reasons.get(fresh.planned.name):
                self.results[fresh.planned.name] = waiting_result(fresh.planned, (), because=why, code=code)
        return [fresh for fresh in ready if fresh.planned.name not in reasons]

    def _answered(self, seen: Look, records: Sequence[Record]) -> Answered:
        """What those say now whom gates ask."""
        after = records[-1].id if records else last_record(self.world, seen.ledger.head)
        now, pipeline = self.world.clock.now(), self.world.pipeline
        asking = [one for one in self.results.open() if one.steps and one.decision not in ("unavailable", "held")]
        asking = [one for one in asking if any(gate.asks for gate in pipeline.resolved(one.name).all_gates)]
        if not asking:
            return Answered(as_of=now, after=after)
        from gitpromote.engine.evidence import answers_again  # few pipelines ask anybody

        answers = answers_again(self.world, self.file.plan, asking, seen=seen, as_of=now)
        return Answered(as_of=now, after=after, answers=answers)

    def _verdict(self, fresh: Fresh, lock: Contention | None) -> EnvironmentResult | None:
        """The result that judgement, gates and locks lead to; ``None`` where it may go."""
        settled = settled_result(fresh.planned, fresh.judgement, called=self.called)
        if settled is not None:
            return settled
        worst = worst_of(fresh.outcomes)
        hopes = self.waiting.hopes_for(fresh.planned, fresh.outcomes)
        if worst == "error" and self.options.wait and hopes:
            return unsure_result(fresh.planned, fresh.outcomes)
        if worst in ("fail", "error"):
            return blocked_result(fresh.planned, fresh.outcomes, called=self.called)
        if worst == "pending":
            shut = never(fresh.planned, fresh.outcomes) if self.options.wait else None
            if shut is not None:
                return shut_result(fresh.planned, shut, called=self.called)
            return waiting_result(fresh.planned, fresh.outcomes)
        if unsupported(fresh.planned):
            return failed_result(fresh.planned, not_supported(fresh.planned))
        if lock is not None:
            if self.waiting.is_patient:
                return waiting_result(fresh.planned, fresh.outcomes, because=lock.detail, code=lock.code)
            return failed_result(fresh.planned, lock)
        return None if fresh.ours else self._pinned(fresh)

    def _pinned(self, fresh: Fresh) -> EnvironmentResult | None:
        """The result where a tag has moved since the plan, or nobody can say; ``None`` where it may go."""
        try:
            return self.pins.moved(fresh.planned, called=self.called)
        except GitpromoteError as error:
            return failed_result(fresh.planned, error)

    def _permitted(self, ready: Sequence[Fresh], seen: Look) -> list[Fresh]:
        """Before the first write a missing consent refuses the whole; later it makes its environment wait."""
        missing = unpermitted(self.world, ready, seen, self.options)
        if missing and not self.recorded:
            there = self.file.digest in self.world.ledger.plans(seen.ledger.head)
            raise unapproved(Called.of(self.file, self.options.called or (self.file.digest if there else "")), missing)
        for fresh in missing:
            error = unapproved(self.called, [fresh])
            waiting = waiting_result(fresh.planned, fresh.outcomes, because=error.detail, code=error.code)
            self.results[fresh.planned.name] = waiting.model_copy(update={"hint": error.hint})
        return [fresh for fresh in ready if fresh not in missing]

    # -- writing

    def _push(self, batch: Sequence[Fresh], seen: Look) -> None:
        """What goes goes together; what the remote refuses by name is left out, and the rest tried again."""
        plan, digest = self.file.plan, self.file.digest
        while batch:
            prepared, failed = transition.prepare(
                self.world, plan, digest, self.document, batch, seen, present=self.present
            )
            for name, error in failed.items():
                planned = next(fresh.planned for fresh in batch if fresh.planned.name == name)
                self.results[name] = failed_result(planned, error)
            if not prepared.environments or self.results.stops():
                return
            pushed = transition.push(self.world, prepared, seen)
            if pushed.written:
                self._landed(prepared)
                return
            if pushed.ledger_words:
                self._whose_fault(prepared, pushed, seen)
                return
            if not pushed.refused:
                self._lost_race(prepared)
                return
            batch = [fresh for fresh in prepared.environments if not self._refused(fresh, pushed.refused, seen)]
            if self.results.stops() or any(self._goes_in_a_wave(fresh.planned.name) for fresh in batch):
                return  # a wave may be closed by it: all are judged again

    def _goes_in_a_wave(self, name: str) -> bool:
        return self.world.pipeline.resolved(name).wave is not None

    def _tell_of_refused(self) -> None:
        """Before anything else is judged; where the ledger does not take it, nothing more is begun."""
        refused, self.refused = self.refused, []
        if not refused:
            return
        try:
            tell_of_refused(self.world, self.file, self.document, refused)
        except GitpromoteError as error:
            self.results.cut_short(error)

    def _whose_fault(self, prepared: transition.Transition, pushed: transition.Pushed, seen: Look) -> None:
        """A server that says no to the whole names no culprit: then each goes alone, and the ledger is tried alone."""
        if not pushed.refused:
            raise ledger_refused(self.world.ledger.ref, pushed.ledger_words)
        if len(prepared.environments) > 1:
            self.singly = True
            return
        record_plan(self.world, self.file.plan, self.file.digest, self.document)
        for fresh in prepared.environments:
            self._refused(fresh, pushed.refused, seen)

    def _refused(self, fresh: Fresh, refused: Mapping[str, PushAnswer], seen: Look) -> bool:
        answer = refused.get(fresh.planned.name)
        if answer is None:
            return False
        error = GitpromoteError(
            "The remote refuses the target",
            code="push-refused",
            detail=f"{fresh.planned.target.ref.removeprefix('refs/heads/')}: {answer.words}",
            hint=_REFUSED_HINTS.get(answer.code, "Its rules or hooks must let the promoting identity push there."),
        )
        self.results[fresh.planned.name] = failed_result(fresh.planned, error)
        if self._goes_in_a_wave(fresh.planned.name):  # who else is refused leaves no trace
            generation = seen.ledger.environment(fresh.planned.name).generation
            self.refused.append(
                NotLanded(planned=fresh.planned, code=error.code, reason=answer.words, generation=generation)
            )
        return True

    def _landed(self, prepared: transition.Transition) -> None:
        self.recorded = True
        for place, (_, new) in prepared.refs.items():
            self.tips[place] = new
            self.mine.setdefault(place, set()).update({new, *prepared.commits.values()})
        for fresh in prepared.environments:
            name = fresh.planned.name
            commit = prepared.commits.get(name)
            self.landed[name] = (fresh, commit)
            self.results[name] = EnvironmentResult(
                name=name,
                status="written" if commit else "inherited",
                message=_landed_text(fresh, commit),
                ref=fresh.planned.target.ref or None,
                commit=commit,
                tree=fresh.planned.result_tree,
                at=self.world.clock.now(),
            )
        self.lost = 0

    def _lost_race(self, prepared: transition.Transition) -> None:
        """Somebody was faster: look again, after a pause, as long as patience lasts."""
        waited = self.waiting.seconds
        if waited >= (self.options.lock_timeout or PATIENCE):
            error = Contention(
                "Others were faster every time",
                code="push-contention",
                detail=f"{count(self.lost + 1, 'race')} lost in {count(waited, 'second')}",
                hint="Apply the plan again.",
            )
            for fresh in prepared.environments:
                self.results[fresh.planned.name] = failed_result(fresh.planned, error)
            return
        self.world.reporter.event("race-lost", attempt=self.lost + 1)
        self.world.clock.sleep(pause(self.lost))
        self.lost += 1

    def _read_back(self, seen: Look) -> bool:
        """What was pushed must be there now, or the same content in what somebody pushed since; whether all of it is.

        The tree of a commit of ours was proven before it was pushed: where that is the head, nothing is compared.
        """
        moved: list[tuple[EnvironmentPlan, str, str | None]] = []
        for fresh, commit in self.landed.values():
            place = (fresh.planned.target.repository, fresh.planned.target.ref)
            head = seen.head(*place) if commit else None
            if commit is not None and head not in (commit, self.tips.get(place, commit)):
                moved.append((fresh.planned, commit, head))
        landed, self.landed = self.landed, {}
        as_written = self._compared(moved) if moved else True
        self.results.tell(landed)
        return as_written

    def _still_as_written(self, seen: Look, records: Sequence[Record]) -> bool:
        """Whether what an earlier run of this plan wrote is there: it may have been killed before it looked."""
        if not any(record.plan == self.file.digest for record in records):
            return True
        from gitpromote.engine.read_back import tell  # only where a plan is applied again
        from gitpromote.engine.written_before import changed_since

        found = list(changed_since(self.world, self.file, self.results.open(), records, seen))
        self.results.update({after.planned.name: already_result(after.planned, record) for record, after in found})
        return tell(self.world, self.file, [after for _, after in found], self.results, called=self.called)

    def _compared(self, moved: Sequence[tuple[EnvironmentPlan, str, str | None]]) -> bool:
        """Whether targets whose head is no commit of ours hold what we wrote; what does not is told and recorded."""
        from gitpromote.engine.read_back import after_landing, tell  # hardly ever

        found = [after_landing(self.world, *one) for one in moved]
        return tell(self.world, self.file, found, self.results, called=self.called)

    # -- ending

    def _result(self, *, interrupted: bool = False) -> ApplyResult:
        name = self.file.plan.pipeline.name
        return self.results.combined(pipeline=name, plan=self.file.digest, interrupted=interrupted)


def _landed_text(fresh: Fresh, commit: str | None) -> str:
    if commit is None:
        return "nothing to write; the Freight's arrival was recorded"
    branch = fresh.planned.target.ref.removeprefix("refs/heads/")
    apart = f"; {', '.join(apps)} alone" if (apps := apps_alone(fresh.planned)) else ""
    text = f"written {commit[:7]} -> {branch}, tree as planned{apart}"
    return f"{text}; {fresh.judgement.message}" if fresh.judgement.verdict == "reanchor" else text
