"""What policies found: the cause, the first object that has it with its file and line, and how many others do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gitpromote.model.change import path_text
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome
from gitpromote.model.words import clean, count, listed
from gitpromote.views.lines import Line, Span, line

#: How many causes are listed.
LISTED = 10


def finding_lines(
    outcomes: Iterable[Outcome], *, indent: int, full: bool = False, names: Sequence[str] = ()
) -> list[Line]:
    """The causes of some verdicts of one policy, each told once.

    :param full: all of them, with every object
    :param names: the Environment of each verdict: where the same cause is in several, they are named behind it
    """
    every = list(outcomes)
    alone = len({one.message for one in every}) == 1 and all(len(one.findings) == 1 for one in every)
    told: dict[tuple[object, ...], _Cause] = {}
    for number, outcome in enumerate(every):
        here = names[number] if names and not full else ""
        seen = Counter[tuple[object, ...]]()
        for finding in outcome.findings:
            key = _same(finding) if here else (finding.model_dump_json(),)
            seen[key] += 1
            told.setdefault((*key, seen[key]), _Cause(finding, [])).environments.append(here)
    causes = list(told.values())
    shown = causes if full else causes[:LISTED]
    lines = [each for one in shown for each in _lines(one, indent, full=full, with_cause=not alone)]
    rest = len(causes) - len(shown)
    return [*lines, *([line(" " * indent, f"{count(rest, 'more cause')}   (--full lists them)")] if rest else [])]


class _Cause(NamedTuple):
    """A finding, and the Environments that have it or one like it; empty words where that is not asked."""

    finding: Finding
    environments: list[str]


def _same(finding: Finding) -> tuple[object, ...]:
    """What findings have in common that come to the same in several Environments: all but namespace and file."""
    of = finding.object
    what = (of.group, of.kind, of.name) if of is not None else ()
    return (finding.rule, finding.message, finding.hint, finding.excepted, what, path_text(finding.path or ()))


def place_text(finding: Finding) -> str:
    """``apps/Deployment shop/web   spec.replicas   deploy/web.yaml:7   + 11 more with the same cause``."""
    others = f"+ {len(finding.also):,} more with the same cause" if finding.also else ""
    path = path_text(finding.path) if finding.path else ""
    named = str(finding.object) if finding.object is not None else ""
    words = [named, path, _file(finding), others, f"excepted: {finding.excepted}" if finding.excepted else ""]
    return "   ".join(clean(word) for word in words if word)


def _lines(cause: _Cause, indent: int, *, full: bool, with_cause: bool) -> list[Line]:
    finding, others = cause.finding, list(dict.fromkeys(cause.environments))[1:]
    first = " " * indent
    inner = first + "  " * with_cause
    place = place_text(finding) + (f"   + the same in {clean(listed(others))}" if others else "")
    also = [str(one) for one in finding.also] if full else []
    return [
        *([line(first, clean(finding.message))] if with_cause else []),
        *([line(inner, Span(place))] if place else []),
        *(line(inner, "  ", Span(clean(one), "faint")) for one in also),
        *([line(inner, Span(clean(finding.hint), "faint"))] if finding.hint else []),
    ]


def _file(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file
