"""What an earlier run of a plan wrote: it may have been killed before it could look at that again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitpromote.engine.look import Look
from gitpromote.engine.read_back import After, after_landing
from gitpromote.engine.world import World
from gitpromote.model.plan import EnvironmentPlan, PlanFile
from gitpromote.model.record import CONTENT_KINDS, GENERATION_KINDS, Record, planned_record_id

#: What a plan writes, or takes away.
_WRITES = CONTENT_KINDS | {"retired"}
_CHANGING = GENERATION_KINDS | {"retired"}


def changed_since(
    world: World, file: PlanFile, environments: Iterable[EnvironmentPlan], records: Sequence[Record], seen: Look
) -> Iterator[tuple[Record, After]]:
    """The environments that this plan wrote and whose target holds something else now.

    What somebody has promoted there since is no change of that kind: it is judged as every promotion since the plan.
    A target that was put back to what the plan saw is one: a second write would have the Record of the first. Whoever
    wants it again plans again. No Record is there before what it speaks of has landed, so that an apply that was
    killed goes on.

    :param records: since the plan's basis, oldest first
    :return: the Record of the write, and what the target holds
    """
    for planned in environments:
        here = [one for one in records if one.environment == planned.name and one.kind in _CHANGING]
        if any(one.plan != file.digest or one.kind == "foreign-commit" for one in here):
            continue
        head = seen.head(planned.target.repository, planned.target.ref)
        for record in here:
            if record.commit not in (None, head) and record.id in _ids(file, planned):
                after = after_landing(world, planned, str(record.commit), head)
                if after.differs:
                    yield record, after


def _ids(file: PlanFile, planned: EnvironmentPlan) -> set[str]:
    generation = file.plan.basis.ledger.generations.get(planned.name, 0)
    steps = [step.id for step in planned.steps if step.kind == "push"]
    return {planned_record_id(planned.change_digest, generation, step, kind) for step in steps for kind in _WRITES}
