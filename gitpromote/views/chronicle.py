"""The ledger's Records for people, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitpromote.model.freight import alias_of
from gitpromote.model.record import Record
from gitpromote.model.words import clean, short_commit, shorten
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.text import column_widths
from gitpromote.views.time import instant

_HEADINGS = ("WHEN", "ENVIRONMENT", "WHAT", "FREIGHT", "COMMIT", "WHO", "WHY")
_STYLES = {
    "written": "change",
    "verified": "good",
    "failed": "bad",
    "rolled-back": "wait",
    "held": "wait",
    "rejected": "bad",
    "foreign-commit": "bad",
}


def history_view(records: Iterable[Record], *, now: int, width: int | None = None) -> list[Line]:
    """One row per Record. ``records`` come newest first."""
    every = list(records)
    if not every:
        return [line("No Record yet: nothing was applied.")]
    rows = [[Span(word, "faint") for word in _HEADINGS], *(_row(record, now) for record in every)]
    if width is not None and _room(rows) > width:
        rows = [_narrower(row) for row in rows]
    if not any(row[-1].text for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    return table(rows, indent=0, width=width)


def _room(rows: Iterable[Sequence[Span]]) -> int:
    """How wide a screen must be for all but the last column, which may stand below."""
    widths = column_widths([[span.text for span in row[:-1]] for row in rows])
    return sum(widths) + 2 * (len(widths) - 1)


def _narrower(row: Sequence[Span]) -> list[Span]:
    """The same in fewer characters: what nobody has proven goes without saying so, as the heading tells."""
    when, environment, what, freight, commit, who, why = row
    if environment.text == "ENVIRONMENT":
        environment, who = environment._replace(text="ENV"), who._replace(text="WHO CLAIMS IT")
    return [when, environment, what, freight, commit, who._replace(text=who.text.removesuffix(" (claimed)")), why]


def _row(record: Record, now: int) -> list[Span]:
    return [
        Span(instant(record.at, now=now)),
        Span(record.environment or "-", "strong"),
        Span(record.kind + _note(record), _STYLES.get(record.kind, "")),
        Span(_freight_text(record)),
        Span(short_commit(record.commit) if record.commit else "-"),
        Span(_actor_text(record)),
        Span(_reason_text(record)),
    ]


def _note(record: Record) -> str:
    apps = record.data.get("apps")
    alone = f" ({clean(', '.join(str(one) for one in apps))} alone)" if isinstance(apps, list | tuple) and apps else ""
    return " (inherited)" if record.data.get("inherited") else alone


def _freight_text(record: Record) -> str:
    """The Freight that came somewhere, or that something was said of."""
    said_of = record.data.get("freight")
    every = [*record.freight.values()] or ([said_of] if isinstance(said_of, str) else [])
    return ", ".join(alias_of(one) if _is_id(one) else clean(one) for one in every) or "-"


def _is_id(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text)


def _actor_text(record: Record) -> str:
    proof = clean(record.actor.proven_by) if record.actor.proven_by else "claimed"
    return f"{clean(record.actor.claimed).partition(' <')[0]} ({shorten(proof, 24)})"


def _reason_text(record: Record) -> str:
    reason, ticket = record.data.get("reason"), record.data.get("ticket")
    labels = record.data.get("labels") if record.kind == "freight-labelled" else None
    if isinstance(labels, Mapping):
        return clean(", ".join(f"{key}={value}" for key, value in sorted(labels.items())))
    gate = f"{clean(str(record.data.get('gate')))}: " if record.kind == "overridden" else ""
    return f'{gate}"{clean(str(reason))}"{f" ({clean(str(ticket))})" if ticket else ""}' if reason else ""
