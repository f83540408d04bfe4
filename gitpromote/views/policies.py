"""Gates and policies as tables: what judges where, and which packs there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitpromote.model.policy_row import PolicyRow
from gitpromote.model.words import clean, count, listed
from gitpromote.views.lines import Line, Span, line, table

__all__ = ["pack_lines", "pack_table", "policy_table"]

_EVERY = 5  # how many occasions there are


def policy_table(pipeline: str, rows: Sequence[PolicyRow], *, every: Sequence[str], width: int | None) -> list[Line]:
    """What judges in a Pipeline: gates, then policies.

    :param every: the names of all Environments
    """
    if not rows:
        return [line(f"{clean(pipeline)} has no gate and no policy.")]
    head = [line(Span(clean(pipeline), "strong"), f"  {_counts(rows)}")]
    for what, title in (("gate", "GATE"), ("policy", "POLICY")):
        cells = [_cells(row, every) for row in rows if row.what == what]
        words = (title, "KIND", "LEVEL", "JUDGES", "FROM", "ENVIRONMENTS")
        head += [(), *table([[Span(word, "faint") for word in words], *cells], width=width)] if cells else []
    return head


def _cells(row: PolicyRow, every: Sequence[str]) -> list[Span]:
    return [
        Span(clean(row.name), "strong"),
        Span(row.kind),
        Span(row.level, "wait" if row.level != "hard" else ""),
        Span("all" if len(row.applies_to) == _EVERY else ", ".join(row.applies_to)),
        Span(row.source),
        Span(_environments(row, every)),
    ]


def _counts(rows: Sequence[PolicyRow]) -> str:
    gates = sum(row.what == "gate" for row in rows)
    return f"{count(gates, 'gate')}, {count(len(rows) - gates, 'policy', 'policies')}"


def _environments(row: PolicyRow, every: Sequence[str]) -> str:
    if not row.environments:
        return "(fits no environment here)" if row.source == "organisation" else "none that match"
    return "all" if len(row.environments) == len(every) > 1 else listed(row.environments)


def pack_table(packs: Iterable[Mapping[str, Any]], *, used: Iterable[str] = (), width: int | None) -> list[Line]:
    """One row per pack in the box.

    :param used: those that a Pipeline has
    """
    here = set(used)
    rows = [
        [
            Span("*" if pack["name"] in here else " ", "good"),
            Span(pack["name"], "strong"),
            Span(count(len(pack["rules"]), "rule")),
            Span(pack["help"]),
        ]
        for pack in packs
    ]
    return [line(Span("Packs in the box", "strong"), "  (* used here)" if here else ""), *table(rows, width=width)]


def pack_lines(packs: Iterable[Mapping[str, Any]], *, width: int | None) -> list[Line]:
    """Every pack with its rules and settings."""
    return [each for pack in packs for each in (*_pack(pack, width), ())]


def _pack(pack: Mapping[str, Any], width: int | None) -> list[Line]:
    rules = [[Span(name), Span(text)] for name, text in pack["rules"].items()]
    settings = [
        [Span(name), Span(f"{told['help']} (takes {told['takes']}; default {_shown(told['default'])})")]
        for name, told in pack["settings"].items()
    ]
    return [
        line(Span(pack["name"], "strong"), f"  {pack['help']}"),
        *table(rules, width=width, indent=4),
        *([line("  ", Span("settings", "faint"))] if settings else []),
        *table(settings, width=width, indent=4),
    ]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
