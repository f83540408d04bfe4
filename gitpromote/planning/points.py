"""Points of control: what has passed one counts as long as those before it vouch for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState, Verified
from gitpromote.planning.requirement import Place

if TYPE_CHECKING:
    from gitpromote.planning.availability import Journey

__all__ = ["counting"]


def counting(journey: Journey, state: EnvironmentState) -> EnvironmentState:
    """What the ledger says of an Environment, as far as it counts.

    A point of control holds nothing of its own. What was rolled back before it, or changed by somebody as soon as it
    landed there, goes on through no point that it has passed; by an approval for the point it does. Where it comes
    again it has lived in the point since then, and no longer.
    """
    if not state.verified or state.name not in journey.pipeline.order():
        return state
    resolved = journey.pipeline.resolved(state.name)
    if not resolved.is_control_flow:
        return state
    found = {key: _still(journey, resolved, state, key, verified) for key, verified in state.verified.items()}
    left = {key: verified for key, verified in found.items() if verified is not None}
    return state if left == state.verified else state.model_copy(update={"verified": left})


def _still(
    journey: Journey, resolved: ResolvedEnvironment, state: EnvironmentState, freight: str, verified: Verified
) -> Verified | None:
    """What counts of a Freight that has passed; ``None``: nothing any more."""
    known = journey.known(freight)
    if known is None or freight in state.bypassed or journey.disproof(resolved.name, known) == "":
        return verified
    need = journey.requirement(resolved, known.freight)
    if need.at is None:
        return None
    begun = need.moment(lambda place: _begun(journey, place, freight)) or 0
    times = {name: getattr(verified, name) for name in ("since", "healthy")}
    later = {name: begun for name, time in times.items() if time is not None and time < begun}
    return verified.model_copy(update=later) if later else verified


def _begun(journey: Journey, place: Place, freight: str) -> int | None:
    """Since when a Freight has been verified in an Environment without having been taken away from it."""
    verified = journey.state(place.name).verified.get(freight)
    if place.at is None or verified is None:
        return place.at
    begins = [verified.stayed[0]] if verified.stayed is not None else []
    begins += [verified.since] if verified.since is not None else []
    return min(begins, default=verified.at)
