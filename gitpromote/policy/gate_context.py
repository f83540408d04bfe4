"""What a gate is judged by: one Environment, the Freight that would enter, and what is known at that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gitpromote.model.evidence import Evidence
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Occasion
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState

__all__ = ["GateContext", "Judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateContext:
    """The facts of one judgement; nothing else is read. Times are epoch seconds.

    :ivar freight: Warehouse to what would enter
    :ivar previous: Warehouse to what is there now
    :ivar arrived: since when what would enter is verified in all Environments before this one that it needs; ``None``
        where it is not, or where there is none
    :ivar state: what the ledger says of the Environment
    :ivar evidence: what was answered when this gate asked; ``None`` where nobody was asked
    :ivar variables: makes the variables of expressions, which few gates need
    """

    environment: ResolvedEnvironment
    occasion: Occasion
    as_of: int
    freight: Mapping[str, Freight] = field(default_factory=dict)
    previous: Mapping[str, Freight] = field(default_factory=dict)
    arrived: int | None = None
    state: EnvironmentState
    evidence: Evidence | None = None
    variables: Callable[[], Mapping[str, Any]] = dict


Judge: TypeAlias = Callable[[Any, GateContext], Outcome]
"""A gate of its own kind and the facts -> its Outcome. Never raises: what cannot be told is ``error``."""
