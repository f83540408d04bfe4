"""Environments that a Pipeline has no more: what its ledger still knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.world import World
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.record import Record
from gitpromote.model.report import GoneEnvironment
from gitpromote.model.state import Content

__all__ = ["gone", "gone_names"]


def gone_names(current: Pipeline | None, records: Sequence[Record]) -> tuple[str, ...]:
    """The Environments of Records that the Pipeline has no more, sorted; what was renamed is still there.

    :param current: the Pipeline as it is now; ``None`` where it stands for nothing
    """
    here = {name for one in current.environments for name in (one.name, *one.moved)} if current is not None else set()
    return tuple(sorted({one.environment for one in records if one.environment} - here))


def gone(world: World, name: str, records: Sequence[Record], *, left_out: Mapping[str, str]) -> GoneEnvironment | None:
    """What is known of one that is gone; ``None`` where the ledger has never heard of it.

    :param records: all of the ledger, oldest first
    :param left_out: Environments that an ephemeral Pipeline does not stand for, with the reason
    """
    mine = [one for one in records if one.environment == name]
    if not mine:
        return None
    state = world.ledger.read(world.home.fetch([world.ledger.ref]).get(world.ledger.ref)).environment(name)
    last = next((one for one in reversed(mine) if one.kind == "retired"), None) if state.retired else None
    return GoneEnvironment(
        name=name,
        pipeline=world.pipeline.name,
        why=left_out.get(name, ""),
        retired_at=last.at if last is not None else None,
        retired_by=last.actor.claimed if last is not None else "",
        reason=str(last.data.get("reason", "")) if last is not None else "",
        last_at=mine[-1].at,
        target=_place(state.content) if state.content is not None else "",
    )


def _place(content: Content) -> str:
    branch = (content.ref or "").removeprefix("refs/heads/")
    return branch + (f":{content.path}" if content.path else "")
