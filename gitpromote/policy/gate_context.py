"""What a gate is judged by: one Environment, the Freight that would enter, and what is known at that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gitpromote.model.evidence import Evidence
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Occasion
from gitpromote.model.gate_time import Freeze, Window
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState

__all__ = ["GateContext", "Judge", "Variables"]

Variables: TypeAlias = Callable[[int], Sequence[Mapping[str, Any]]]
"""A moment (epoch seconds) -> what expressions may name then, once for each Freight that would enter; at least once."""


def _nothing(_: int) -> Sequence[Mapping[str, Any]]:
    return ({},)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateContext:
    """The facts of one judgement; nothing else is read. Times are epoch seconds.

    :ivar freight: Warehouse to what would enter
    :ivar previous: Warehouse to what is there now
    :ivar arrived: since when what would enter is verified in all Environments before this one that it needs; ``None``
        where it is not, or where there is none
    :ivar state: what the ledger says of the Environment
    :ivar evidence: what was answered when this gate asked about this subject; ``None`` where nobody was
    :ivar change_digest: of what would be done here; approvals bind to it
    :ivar ledger: the ledger's commit, ``None`` where there is none yet
    :ivar requested_by: who asked for what would enter, where somebody did
    :ivar windows: the windows and freezes that expressions may name; several of a name stand in other Environments
    :ivar variables: makes the variables of expressions, which few gates need; ``schedule`` is not among them
    """

    environment: ResolvedEnvironment
    occasion: Occasion
    as_of: int
    freight: Mapping[str, Freight] = field(default_factory=dict)
    previous: Mapping[str, Freight] = field(default_factory=dict)
    arrived: int | None = None
    state: EnvironmentState
    evidence: Evidence | None = None
    change_digest: str = ""
    ledger: str | None = None
    requested_by: tuple[str, ...] = ()
    windows: Mapping[str, Sequence[Window | Freeze]] = field(default_factory=dict)
    variables: Variables = _nothing


Judge: TypeAlias = Callable[[Any, GateContext], Outcome]
"""A gate of its own kind and the facts -> its Outcome. Never raises: what cannot be told is ``error``."""
