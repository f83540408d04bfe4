"""What is said beside a plan, and is not part of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gitpromote.model.words import clean
from gitpromote.views.lines import Line, Span, line

if TYPE_CHECKING:
    from gitpromote.project import Plan


def warning_lines(plan: Plan) -> list[Line]:
    """The plan's warnings, each with a mark; lines below the first keep their indent."""
    return notice_lines(plan.warnings)


def notice_lines(notices: Iterable[str]) -> list[Line]:
    """Each with a mark; lines below the first keep their indent."""
    return [each for text in notices for each in _warning(text)]


def _warning(text: str) -> list[Line]:
    first, *more = text.split("\n")
    indented = ((" " * (len(each) - len(each.lstrip())), clean(each)) for each in more)
    return [line(Span("! ", "bad"), clean(first)), *(line(indent, words) for indent, words in indented)]
