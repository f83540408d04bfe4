"""Refuse, then in rounds: look, judge, push what may go, read back; until nothing more may go."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.engine.attempt import ApplyOptions, Attempt
from gitpromote.engine.calling import Called
from gitpromote.engine.executable import refuse_unsupported
from gitpromote.engine.going import Going
from gitpromote.engine.governed import govern_apply
from gitpromote.engine.interrupt import Interruption, interruptible
from gitpromote.engine.landing import Landing
from gitpromote.engine.look import Look, look
from gitpromote.engine.permission import check_digest
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, PlanStale, UsageError
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.record import Record
from gitpromote.model.result import ApplyResult


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
    attempt = Attempt(world, file, document, options, selected)
    with interruptible() as interruption:
        return _Run(attempt).until_done(interruption)


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


class _Run:
    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._going = Going(attempt)
        self._landing = Landing(attempt)

    def until_done(self, interruption: Interruption) -> ApplyResult:
        try:
            return self._in_rounds(interruption)
        except GitpromoteError as error:
            results = self._attempt.results
            if not results.has_landed:
                raise
            results.cut_short(error)
            return self._result()

    def _in_rounds(self, interruption: Interruption) -> ApplyResult:
        results, waiting, landing = self._attempt.results, self._attempt.waiting, self._landing
        while True:
            landing.tell_of_refused()
            # Where all has landed, what is left is to prove it: the ledger has nothing to add.
            done = bool(landing.unproven) and not results.open()
            seen = self._look(ledger=not done)
            as_written = landing.read_back(seen)
            if done:
                return self._result()
            if not as_written:
                continue  # what the ledger says has changed by it
            records = self._records(seen)
            if not landing.still_as_written(seen, records):
                continue
            going = self._going.permitted(self._going.ready(seen, records, mine=landing.mine), seen)
            if results.stops():
                return self._result()
            if interruption.asked:
                # Where everything has landed already there was nothing left to interrupt.
                return self._result(interrupted=bool(going) or waiting.has_sense(results))
            if going:
                landing.push(going, seen, records)
            elif waiting.has_sense(results):
                waiting.pause(results, interruption)
            else:
                return self._result()

    def _look(self, *, ledger: bool) -> Look:
        govern_apply(self._attempt.world, self._attempt.file.plan)
        resolved = [self._attempt.world.pipeline.resolved(planned.name) for planned in self._attempt.selected]
        return look(self._attempt.world, resolved, sources=False, ledger=ledger)

    def _records(self, seen: Look) -> Sequence[Record]:
        world, basis, head = self._attempt.world, self._attempt.file.plan.basis.ledger.head, seen.ledger.head
        if basis is not None and basis != head and (head is None or not world.home.is_ancestor(basis, head)):
            raise PlanStale(
                "The ledger is not the one that the plan saw",
                code="ledger-rewritten",
                detail=f"{world.ledger.ref} no longer contains {basis[:12]}: it was rewritten or deleted.",
                hint="Find out who did that before anything is applied:\n  gitpromote verify",
            )
        return world.ledger.records(head, since=basis)

    def _result(self, *, interrupted: bool = False) -> ApplyResult:
        file = self._attempt.file
        return self._attempt.results.combined(
            pipeline=file.plan.pipeline.name, plan=file.digest, interrupted=interrupted
        )
