"""What was checked, and whether it holds: ``verify`` and ``doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gitpromote.model.report import VerifyReport
from gitpromote.model.words import clean, count
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.text import clean_lines


class Finding(Protocol):
    """One thing that ``doctor`` looked at."""

    @property
    def name(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def message(self) -> str: ...
    @property
    def hint(self) -> str: ...


def verify_view(report: VerifyReport, *, width: int | None = None) -> list[Line]:
    """What does not hold first, then the count of what does."""
    bad = [finding for finding in report.findings if not finding.ok]
    good = [finding for finding in report.findings if finding.ok]
    rows = [_row(finding.ok, finding.subject, finding.message) for finding in (*bad, *good)]
    held = f"{count(len(good), 'check')} of {len(report.findings):,} hold{'s' * (len(good) == 1)}"
    verdict = "everything holds" if report.ok else f"{count(len(bad), 'check')} failed"
    return [*table(rows, indent=0, width=width), line(Span(report.pipeline, "strong"), f": {held}; {verdict}.")]


def doctor_view(findings: Iterable[Finding], *, width: int | None = None) -> list[Line]:
    """One row per check; below the table, what helps."""
    every = list(findings)
    rows = [_row(finding.ok, finding.name, finding.message) for finding in every]
    lines = table(rows, indent=0, width=width)
    for finding in every:
        if not finding.ok and finding.hint:
            lines += [(), line(Span(clean(finding.name), "strong"))]
            lines += [line("  ", text) for text in clean_lines(finding.hint).split("\n")]
    return lines


def _row(ok: bool, name: str, message: str) -> list[Span]:
    return [Span("ok" if ok else "FAILED", "good" if ok else "bad"), Span(clean(name)), Span(clean(message))]
