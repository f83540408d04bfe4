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
    look = fresh_look(world, plan, planned, seen, records, head, digest=digest)
    generation = plan.basis.ledger.generations.get(planned.name, 0)
    judgement = staleness.judge(planned, look, plan=digest, generation=generation, now=world.clock.now())
    if judgement.verdict == "rerender":
        judgement = rerendered(world, plan, planned, seen, head, judgement)
    if judgement.verdict == "reanchor" and head in mine.get((target.repository, target.ref), frozenset()):
        judgement = Judgement(verdict="go")
    ours = None
    if judgement.verdict in ("stale", "reanchor", "go") and look.result_holds and planned.writes and head:
        ours = ours_at(world, planned, head, look.planned_head)
    if not ours and judgement.verdict in ("go", "reanchor"):
        _refuse_disguised(world, plan, planned, seen, head, digest=digest)
    outcomes = outcomes_now(world, plan, planned, seen, answered, head)
    if planned.edits and head and not ours and judgement.verdict in ("go", "reanchor"):
        outcomes = _with_shared_edits(world, planned, outcomes, head)
    return Fresh(
        planned=planned,
        head=head,
        judgement=Judgement(verdict="go") if ours else judgement,
        outcomes=outcomes,
        ours=ours,
        judged=JudgedBy(
            at=answered.as_of,
            after=answered.after,
            subject=subject_of(observed_again(plan, planned)),
            evidence=answered.answers.get(planned.name, {}),
        ),
    )


def _with_shared_edits(
    world: World, planned: EnvironmentPlan, outcomes: tuple[Outcome, ...], head: str
) -> tuple[Outcome, ...]:
    """With what others read of the edited sources by now: a plan says who did when it was made."""
    from gitpromote.engine.shared_edits import shared_edits
    from gitpromote.engine.source_readers import Branch

    branch = Branch(planned.target.repository, planned.target.ref, head)
    found = shared_edits(world, branch, {planned.name: planned.edits}).get(planned.name, ())
    told = {outcome.id for outcome in found}
    return (*(outcome for outcome in outcomes if outcome.id not in told), *found)


def _refuse_disguised(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None, *, digest: str
) -> None:
    """What goes back or away has to be that; and where somebody else has a say, all is done as its Freight leads to."""
    name = digest.removeprefix("sha256:")[:12]
    if world.governing is not None:
        from gitpromote.engine.freight_facts import refuse_forged_freight

        refuse_forged_freight(world, plan, seen.ledger, name=name)
    # Reading sources takes what few plans load; nobody but who writes the pipeline is dodged by other edits.
    if plan.kind != "promote" or (world.governing is not None and planned.target.kind == "in-place"):
        from gitpromote.engine.disguised import refuse_disguised

        refuse_disguised(world, plan, planned, seen, head, name=name)


def last_record(world: World, head: str | None) -> str | None:
    """The id of the Record that a commit of the ledger holds.

    :raises VerificationFailed: it holds none (``ledger-damaged``)
    """
    if head is None:
        return None
    [parent] = world.home.commits([head])[head].parents[:1] or (None,)
    return world.ledger.records(head, since=parent)[-1].id
