"""What stays beside what moves, where Freight of several Warehouses meets in one Environment.

Each Warehouse keeps its own pace. Freight that is only on its way, or that still has to soak or bake, does not keep
back what may come now: for that long the Environment stays at what it holds of the other Warehouse. A Warehouse that
has nothing yet is missed only where nobody else speaks for what it watches: a second entry for hotfixes is there before
the first hotfix is. Sources that are edited in place hold values of everything already, and miss what an edit
names alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.world import World
from gitpromote.model.artifact import Artifact, canonical_repository
from gitpromote.model.edits import SetValue
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.model.subscription import Chart, Git, Image, Subscription
from gitpromote.planning.availability import Journey
from gitpromote.planning.selection import staying
from gitpromote.planning.soaking import opening

__all__ = ["beside", "is_missed"]


def beside(
    world: World, journey: Journey, resolved: ResolvedEnvironment, found: Mapping[str, Freight], *, named: str | None
) -> dict[str, Freight]:
    """The Freight of an Environment, without what would only keep the rest of it waiting.

    :param found: Warehouse to what was chosen of it
    :param named: the id of the Freight that somebody asked for: that one is looked at wherever it is
    """
    here = journey.state(resolved.name)
    there = here.verified.keys() if resolved.is_control_flow else set(here.freight.values())
    moves = {name: one for name, one in found.items() if one.id not in there}
    waiting = _waiting(journey, resolved, moves)
    if len(waiting) == len(moves):
        return dict(found)
    kept = dict(found)
    for name in waiting:
        if kept[name].id == named:
            continue
        stays = staying(journey, resolved.name, name).freight
        others = {other: one for other, one in kept.items() if other != name}
        if stays is not None:
            kept[name] = stays
        elif not is_missed(world, resolved, name, others):
            kept = others
    return kept


def _waiting(journey: Journey, resolved: ResolvedEnvironment, moves: Mapping[str, Freight]) -> list[str]:
    """The Warehouses whose Freight would only wait beside that of the others: it is not available, or still soaks."""
    absent = [name for name, one in moves.items() if not journey.verdict(resolved.name, one).admitted]
    ripe = [name for name, one in moves.items() if name not in absent and _is_ripe(journey, resolved, one)]
    return [name for name in moves if name not in ripe] if ripe else absent


def _is_ripe(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> bool:
    opens = opening(journey, resolved, freight)
    return opens is not None and opens <= journey.as_of


def is_missed(world: World, resolved: ResolvedEnvironment, warehouse: str, others: Mapping[str, Freight]) -> bool:
    """Whether an Environment needs Freight of a Warehouse beside that of the others."""
    if not others:
        return True
    if resolved.is_control_flow:
        return False
    if resolved.target.kind == "in-place" and not _named_by_edits(world, resolved, warehouse):
        return False
    held = {_held(item) for one in others.values() for item in one.artifacts}
    return any(_repository_of(world, one) not in held for one in _watched(world, warehouse))


def _watched(world: World, warehouse: str) -> Sequence[Subscription]:
    [watched] = [one.subscriptions for one in world.pipeline.warehouses if one.name == warehouse]
    return watched


def _named_by_edits(world: World, resolved: ResolvedEnvironment, warehouse: str) -> bool:
    """Whether an edit takes its value from what a Warehouse watches: without that it cannot be made."""
    values = [edit for app in resolved.apps for edit in app.edits if isinstance(edit, SetValue)]
    named = {canonical_repository(one) for edit in values for one in (edit.image, edit.chart) if one is not None}
    return any(_repository_of(world, one) in named for one in _watched(world, warehouse))


def _held(artifact: Artifact) -> str:
    """Commits have their repository in its one spelling already."""
    return artifact.repository if artifact.kind == "commit" else canonical_repository(artifact.repository)


def _repository_of(world: World, subscription: Subscription) -> str:
    match subscription:
        case Image():
            return canonical_repository(subscription.repo)
        case Chart():
            return canonical_repository(subscription.address)
        case Git():
            return world.repository(subscription.repo or HOME).canonical
    raise TypeError(subscription)
