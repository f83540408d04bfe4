"""Gates that asked somebody: what is common to their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gitpromote.model.evidence import Evidence
from gitpromote.model.gate import Gate
from gitpromote.model.outcome import Outcome, Reads, Status
from gitpromote.policy.gate_context import GateContext

__all__ = ["answer_of", "needs_upstream", "operand_text", "public", "unanswered", "verdict"]

#: How much of one value stands in a plan. Characters.
_LONGEST = 200


def verdict(
    gate: Gate,
    status: Status,
    message: str,
    *,
    operands: Mapping[str, Any] | None = None,
    reads: Reads = "live",
    opens: int | None = None,
    **others: Any,
) -> Outcome:
    """The Outcome of a gate.

    :param opens: when it will hold by the passing of time, or since when it does; epoch seconds
    """
    told = {"operands": dict(operands or {}), "reads": reads, "from": opens, **others}
    named = {"id": gate.name, "kind": "gate", "level": gate.level, "status": status, "message": message}
    return Outcome.model_validate({**named, **told})


def answer_of(gate: Gate, context: GateContext, **others: Any) -> Evidence | Outcome:
    """What was answered, or the verdict that nothing was: a missing fact never passes."""
    if context.evidence is None:
        return unanswered(gate, "nobody was asked about this change", asked=None, **others)
    if context.evidence.error:
        return unanswered(gate, context.evidence.error, asked=context.evidence.at, **others)
    return context.evidence


def unanswered(gate: Gate, why: str, *, asked: int | None, **others: Any) -> Outcome:
    """The verdict where there is no answer. ``asked`` is when, in epoch seconds."""
    return verdict(gate, "error", why, operands={"asked": asked}, **others)


def needs_upstream(context: GateContext) -> bool:
    """Whether what would enter has to have been somewhere else before."""
    return bool(context.environment.after) and any(
        one.warehouse not in context.environment.direct for one in context.freight.values()
    )


def public(url: str) -> str:
    """A URL without a user, a password, a query: what may stand in a plan."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def operand_text(value: Any) -> str:
    """A value for people and plans, on one line and cut where it is long."""
    flat = " ".join(str(value).split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
