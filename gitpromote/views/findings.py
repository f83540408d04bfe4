"""What policies found: the cause, the first object that has it with its file and line, and how many others do."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.model.change import path_text
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import clean, count

#: How many causes are listed.
LISTED = 10


def finding_lines(outcomes: Iterable[Outcome], *, indent: int, full: bool = False) -> list[Line]:
    """The causes of some verdicts that say the same, each told once.

    :param full: all of them, with every object
    """
    told: dict[tuple[str, ...], list[Line]] = {}
    for outcome in outcomes:
        alone = len(outcome.findings) == 1
        for finding in outcome.findings:
            lines = _lines(finding, indent, full=full, cause="" if alone else finding.message)
            told.setdefault(tuple("".join(span.text for span in each) for each in lines), lines)
    shown = list(told.values()) if full else list(told.values())[:LISTED]
    rest = len(told) - len(shown)
    more = [line(" " * indent, f"{count(rest, 'more cause')}   (--full lists them)")] if rest else []
    return [*(each for lines in shown for each in lines), *more]


def place_text(finding: Finding) -> str:
    """``apps/Deployment shop/web   spec.replicas   deploy/web.yaml:7   + 11 more with the same cause``."""
    others = f"+ {len(finding.also):,} more with the same cause" if finding.also else ""
    path = path_text(finding.path) if finding.path else ""
    named = str(finding.object) if finding.object is not None else ""
    words = [named, path, _file(finding), others, f"excepted: {finding.excepted}" if finding.excepted else ""]
    return "   ".join(clean(word) for word in words if word)


def _lines(finding: Finding, indent: int, *, full: bool, cause: str) -> list[Line]:
    first = " " * indent
    inner = first + "  " * bool(cause)
    place = place_text(finding)
    also = [str(one) for one in finding.also] if full else []
    return [
        *([line(first, clean(cause))] if cause else []),
        *([line(inner, Span(place))] if place else []),
        *(line(inner, "  ", Span(clean(one), "faint")) for one in also),
        *([line(inner, Span(clean(finding.hint), "faint"))] if finding.hint else []),
    ]


def _file(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file
