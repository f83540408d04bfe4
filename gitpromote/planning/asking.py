"""Whose gates are to be judged, and of what: light enough for those who have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitpromote.model.change import ObjectChange
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Occasion
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey

__all__ = ["Asking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whose gates are judged, and of what.

    :ivar entering: Warehouse to the Freight that would enter
    :ivar changes: what would change in the manifests
    :ivar change_digest: of what would be done
    :ivar idle: whether nothing would be done here, so that no gate has anything to keep back
    """

    journey: Journey
    resolved: ResolvedEnvironment
    observed: EnvironmentObservation
    occasion: Occasion
    entering: Mapping[str, Freight] = field(default_factory=dict)
    changes: Sequence[ObjectChange] = ()
    change_digest: str = ""
    idle: bool = False
