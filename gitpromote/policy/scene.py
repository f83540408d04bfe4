"""What a policy looks at: what one Environment's target would hold, what it holds, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gitpromote.model.change import ObjectChange
from gitpromote.model.finding import Finding
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Occasion
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.resolved import ResolvedEnvironment

__all__ = ["Check", "Scene"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One Environment at the moment of a plan.

    Manifests hold values of Secrets as they are: no message may repeat one. ``changes`` are masked.

    :ivar objects: what the target would hold
    :ivar before: what it holds now
    :ivar freight: Warehouse to what would be there
    :ivar others: what other Environments would hold, by name, where a policy compares with them
    """

    pipeline: str
    environment: ResolvedEnvironment
    occasion: Occasion
    objects: ManifestSet
    before: ManifestSet
    changes: tuple[ObjectChange, ...] = ()
    freight: Mapping[str, Freight] = field(default_factory=dict)
    others: Mapping[str, ManifestSet] = field(default_factory=dict)


Check: TypeAlias = Callable[[Scene, Mapping[str, Any]], Iterable[Finding]]
"""A Scene and the settings of who asks -> what is wrong, one Finding per object; :mod:`.findings` folds them."""
