"""How far each environment is behind the newest Freight that there is, and what keeps it back."""

from __future__ import annotations

from gitpromote.model.freight_words import versions
from gitpromote.model.report import EnvironmentStatus, Lag, StatusReport
from gitpromote.model.words import clean, count
from gitpromote.views.discovery import rejected_texts, waiting_texts
from gitpromote.views.environments import LISTED
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.standing import rejected_lines
from gitpromote.views.time import ago, instant

_HEADINGS = ("ENVIRONMENT", "RUNS", "NEWEST", "BEHIND", "SINCE", "KEPT BACK BY")


def lag_view(report: StatusReport, *, full: bool = False, width: int | None = None) -> list[Line]:
    """A row for every environment and Warehouse that is behind; the others are counted.

    Once for each Warehouse: why nothing newer was found.
    """
    late = [(status, name, lag) for status in report.environments for name, lag in status.lag.items()]
    several = len({name for status in report.environments for name in (*status.runs, *status.lag)}) > 1
    shown = late if full or len(late) <= LISTED else late[:LISTED]
    rows = [_row(status, name if several else "", lag, report.as_of) for status, name, lag in shown]
    lines: list[Line] = [line(Span(report.pipeline, "strong"), f"   {instant(report.as_of)}"), ()]
    if rows:
        lines += table([[Span(word, "faint") for word in _HEADINGS], *rows], width=width)
    if len(late) > len(shown):
        text = f"{count(len(late) - len(shown), 'more environment')} behind   (--full lists them)"
        lines.append(line("  ", Span(text, "faint")))
    lines += rejected_lines(report.environments)
    newer = [*rejected_texts(report.passed_over), *waiting_texts(report.newer)]
    return [*lines, *_others(report), *(line("  ", Span(text, "wait")) for text in newer)]


def _others(report: StatusReport) -> list[Line]:
    """Those that are not behind; and those of which a plan that failed says nothing."""
    troubled = [one for one in report.environments if one.decision is None and one.reason]
    if troubled:
        told = f": how far that is behind is not known, no plan can be made: {clean(troubled[0].reason)}"
        return [line("  ", Span(f"! {report.pipeline}", "bad"), told)]
    fresh = [one for one in report.environments if not one.lag and not one.rejected]
    if not fresh:
        return []
    verb = "runs" if len(fresh) == 1 else "run"
    return [line("  ", Span(f"{count(len(fresh), 'environment')} {verb} the newest there is", "faint"))]


def _row(status: EnvironmentStatus, warehouse: str, lag: Lag, now: int) -> list[Span]:
    """The cells.

    :param warehouse: its name, where there are several
    """
    newest = versions([lag.newest]) if lag.newest is not None else "-"
    kept = ", ".join(map(clean, lag.kept_by))
    why = clean(lag.why)
    return [
        Span(status.name, "strong"),
        Span(versions([lag.runs]) if lag.runs is not None else "-"),
        Span(f"{warehouse}: {newest}" if warehouse and lag.newest is not None else newest),
        Span(str(lag.behind) if lag.behind is not None else "-"),
        Span(ago(lag.since, now=now) if lag.since is not None else "-"),
        Span(f"{kept}: {why}" if kept and why else kept or why, "wait" if kept else "good"),
    ]
