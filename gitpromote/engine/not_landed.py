"""Freight that did not land where it was written: refused by the remote, or changed as it landed. The ledger is told.

The budget of a wave counts failures by it; a refusal that no wave counts is not written. A remote that is not reached
says nothing of Freight, and who loses a race has not failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitpromote.engine.append import append, plan_records
from gitpromote.engine.world import World
from gitpromote.model.plan import EnvironmentPlan, PlanFile
from gitpromote.model.record import Actor, Record, planned_record_id
from gitpromote.model.state import LedgerState

__all__ = ["NotLanded", "failed_record", "tell_of_refused"]

_MOST = 500  # characters of what a server says


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLanded:
    """One Environment whose write failed.

    :ivar generation: the Environment's, when it was judged: what others have recorded there since is newer than this
    """

    planned: EnvironmentPlan
    code: str
    reason: str
    generation: int


def failed_record(world: World, file: PlanFile, one: NotLanded, *, commit: str | None = None) -> Record | None:
    """What the ledger is told; ``None`` where what failed was no promotion, so that no Freight has failed."""
    planned = one.planned
    if file.plan.kind != "promote":
        return None
    moving = {name: each.id for name, each in planned.freight.items() if each.moving}
    return Record(
        id=planned_record_id(planned.change_digest, one.generation, f"{planned.steps[0].id} {one.code}", "failed"),
        kind="failed",
        at=world.clock.now(),
        actor=Actor(claimed=world.actor),
        plan=file.digest,
        environment=planned.name,
        freight=moving or {name: each.id for name, each in planned.freight.items()},
        commit=commit,
        change_digest=planned.change_digest,
        data={"code": one.code, "reason": one.reason[:_MOST]},
    )


def tell_of_refused(world: World, file: PlanFile, document: bytes, refused: Sequence[NotLanded]) -> None:
    """Append what the remote refused, unless somebody has got it there since; the plan goes along if it is not there.

    However often it is tried, it is told once until it lands.

    :raises GitpromoteError: the remote refuses the ledger, or others write to it all the time
    """

    def records(state: LedgerState) -> list[Record]:
        still = [one for one in refused if state.environment(one.planned.name).generation == one.generation]
        found = (failed_record(world, file, one) for one in still)
        failed = [record for record in found if record is not None and not _is_known(state, record)]
        return [*plan_records(world, file.plan, file.digest, state), *failed] if failed else []

    if file.plan.kind == "promote":
        append(world, records, documents={file.digest: document})


def _is_known(state: LedgerState, record: Record) -> bool:
    known = state.environment(str(record.environment)).not_landed
    return known.keys() >= set(record.freight.values())
