"""One environment of a plan, looked at afresh just before its first write: may it go, and if not, why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gitpromote.engine.judged_again import Answered, observed_again, outcomes_now
from gitpromote.engine.look import Look
from gitpromote.engine.rerendered import rerendered
from gitpromote.engine.target_now import fresh_look, ours_at
from gitpromote.engine.world import World
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Record
from gitpromote.planning import staleness
from gitpromote.planning.gating import subject_of
from gitpromote.planning.staleness import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedBy:
    """What verdicts were judged by, just before a write.

    :ivar at: epoch seconds
    :ivar after: the id of the last Record that the ledger had: what it says of the journey follows from there
    :ivar subject: what they are about
    :ivar evidence: gate to what was answered when it asked
    """

    at: int
    after: str | None
    subject: Subject
    evidence: Mapping[str, Evidence] = field(default_factory=dict)


class Fresh(NamedTuple):
    """What there is to know of one environment now.

    :ivar ours: the target holds this very change, committed by this plan, although no Record says so
    :ivar judged: by what the outcomes were judged
    """

    planned: EnvironmentPlan
    head: str | None
    judgement: Judgement
    outcomes: tuple[Outcome, ...]
    ours: str | None = None
    judged: JudgedBy | None = None


def assess(
    world: World,
    plan: Plan,
    digest: str,
    planned: EnvironmentPlan,
    seen: Look,
    records: Sequence[Record],
    *,
    mine: Mapping[tuple[str, str], frozenset[str]],
    answered: Answered,
) -> Fresh:
    """Staleness in its order, then gates and policies with fresh facts.

    :param records: since the plan's basis, oldest first
    :param mine: (repository, ref) to the commits that this run has pushed there
    """
    target = planned.target
    head = seen.head(target.repository, target.ref) if target.ref else None
    look = fresh_look(world, plan, planned, seen, records, head)
    generation = plan.basis.ledger.generations.get(planned.name, 0)
    judgement = staleness.judge(planned, look, plan=digest, generation=generation, now=world.clock.now())
    if judgement.verdict == "rerender":
        judgement = rerendered(world, plan, planned, seen, head, judgement)
    if judgement.verdict == "reanchor" and head in mine.get((target.repository, target.ref), frozenset()):
        judgement = Judgement(verdict="go")
    ours = None
    if judgement.verdict in ("stale", "reanchor", "go") and look.result_holds and planned.writes and head:
        ours = ours_at(world, planned, head, look.planned_head)
    return Fresh(
        planned=planned,
        head=head,
        judgement=Judgement(verdict="go") if ours else judgement,
        outcomes=outcomes_now(world, plan, planned, seen, answered, head),
        ours=ours,
        judged=JudgedBy(
            at=answered.as_of,
            after=answered.after,
            subject=subject_of(observed_again(plan, planned)),
            evidence=answered.answers.get(planned.name, {}),
        ),
    )


def last_record(world: World, head: str | None) -> str | None:
    """The id of the Record that a commit of the ledger holds.

    :raises VerificationFailed: it holds none (``ledger-damaged``)
    """
    if head is None:
        return None
    [parent] = world.home.commits([head])[head].parents[:1] or (None,)
    return world.ledger.records(head, since=parent)[-1].id
