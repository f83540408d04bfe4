"""Freight by the words that people have for it: its id, the beginning of that, its alias, or a name they gave it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitpromote.errors import Blocked, UsageError
from gitpromote.model.freight import Freight
from gitpromote.model.state import FreightState, LedgerState

__all__ = ["among", "is_known", "is_rejected", "known_freight", "refuse_rejected", "refuse_unknown"]

#: How many digits of an id are enough to try.
_ENOUGH = 4
_SHOWN = 5


def among(freight: Iterable[Freight], words: str | None, ledger: LedgerState) -> Freight | None:
    """The Freight of these words; ``None``: none of them.

    :raises UsageError: they mean more than one
    """
    if words is None:
        return None
    found = [one for one in freight if _is_called(one, ledger.freight.get(one.id), words)]
    if len(found) > 1:
        raise UsageError(
            "This name means more than one Freight",
            code="freight-ambiguous",
            detail="\n".join(f"  {one.id[:12]} {one.alias}" for one in found),
            hint="Write more digits of the id.",
        )
    return found[0] if found else None


def is_known(ledger: LedgerState, words: str) -> bool:
    """Whether the ledger has Freight of these words."""
    return among((state.freight for state in ledger.freight.values()), words, ledger) is not None


def known_freight(ledger: LedgerState, words: str) -> FreightState:
    """The Freight of these words in the ledger, rejected ones too.

    :raises UsageError: there is none, or more than one
    """
    newest = [state.freight for state in sorted(ledger.freight.values(), key=lambda state: -state.sequence)]
    found = among(newest, words, ledger)
    if found is None:
        raise _unknown(words, newest)
    return ledger.freight[found.id]


def refuse_unknown(words: str | None, ledger: LedgerState, offered: Sequence[Sequence[Freight]]) -> None:
    """Words that mean none of the candidates of any Warehouse.

    :raises UsageError: they mean none, or more than one
    :raises Blocked: they mean Freight that was rejected
    """
    if words is not None and not any(among(freight, words, ledger) for freight in offered):
        if is_known(ledger, words):
            refuse_rejected(ledger, known_freight(ledger, words).freight)
        raise _unknown(words, [one for freight in offered for one in freight[:_SHOWN]])


def is_rejected(state: LedgerState, freight: Freight) -> bool:
    """Whether somebody rejected it."""
    known = state.freight.get(freight.id)
    return known is not None and bool(known.rejected)


def refuse_rejected(state: LedgerState, freight: Freight) -> None:
    """Freight that was rejected goes nowhere.

    :raises Blocked: it was
    """
    known = state.freight.get(freight.id)
    if known is not None and known.rejected:
        raise Blocked(
            "The Freight was rejected",
            code="freight-rejected",
            detail=f"{freight.alias}: {known.rejection}",
            hint="Rejected Freight enters nothing any more; make another one.",
        )


def _is_called(freight: Freight, state: FreightState | None, words: str) -> bool:
    names = (freight.alias, *(state.aliases if state else ()))
    return words in names or (len(words) >= _ENOUGH and freight.id.startswith(words))


def _unknown(words: str, newest: Sequence[Freight]) -> UsageError:
    known = ", ".join(f"{one.alias} ({one.id[:12]})" for one in newest[:_SHOWN]) or "none"
    return UsageError(
        "There is no such Freight",
        code="freight-unknown",
        detail=f"{words!r}; the newest known: {known}",
        hint="Name its id or its alias; this lists them:\n  gitpromote freight list",
    )
