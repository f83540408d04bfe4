"""Environments in which a plan has nothing to do: whether that is still so, by the rules of staleness."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.engine.look import Look
from gitpromote.engine.target_now import fresh_look, holds_as_seen
from gitpromote.engine.world import World
from gitpromote.history.moved import names_of
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Record
from gitpromote.planning import staleness
from gitpromote.planning.staleness import Judgement


def no_longer(
    world: World, plan: Plan, digest: str, planned: EnvironmentPlan, seen: Look, records: Sequence[Record]
) -> Judgement | None:
    """Why something may have to be done there by now; ``None`` as long as what the plan wants is there.

    As what was applied already is fine while its result is there, so is this: whoever brought it, and whatever else
    has moved.

    :param records: since the plan's basis, oldest first
    """
    target = planned.target
    head = seen.head(target.repository, target.ref) if target.ref else None
    basis = plan.basis.repositories.get(target.repository)
    planned_head = basis.refs.get(target.ref) if basis and target.ref else None
    names = names_of(world.pipeline, planned.name)
    if head == planned_head and not any(record.environment in names for record in records):
        return None
    if _is_there(planned, seen) and (head == planned_head or holds_as_seen(world, planned, head, since=planned_head)):
        return None
    look = fresh_look(world, plan, planned, seen, records, head, digest=digest)
    generation = plan.basis.ledger.generations.get(planned.name, 0)
    judgement = staleness.judge(planned, look, plan=digest, generation=generation, now=world.clock.now())
    if judgement.verdict == "rerender":  # an edit is no longer made: whatever it renders to, there is something to do
        return staleness.another_target(judgement.differences)
    return judgement if judgement.verdict == "stale" else None


def _is_there(planned: EnvironmentPlan, seen: Look) -> bool:
    """Whether the Freight that was to stay is what is there."""
    there = seen.ledger.environment(planned.name).freight.values()
    return not planned.target.ref or all(one.moving or one.id in there for one in planned.freight.values())
