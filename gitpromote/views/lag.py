"""How far each environment is behind the newest Freight that there is, and what keeps it back."""

from __future__ import annotations

from gitpromote.model.report import EnvironmentStatus, Lag, StatusReport
from gitpromote.views.environments import LISTED
from gitpromote.views.journey import versions
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.text import clean, count
from gitpromote.views.time import ago, instant

_HEADINGS = ("ENVIRONMENT", "RUNS", "NEWEST", "BEHIND", "SINCE", "KEPT BACK BY")


def lag_view(report: StatusReport, *, full: bool = False, width: int | None = None) -> list[Line]:
    """A row for every environment and Warehouse that is behind; the others are counted."""
    late = [(status, name, lag) for status in report.environments for name, lag in status.lag.items()]
    shown = late if full or len(late) <= LISTED else late[:LISTED]
    rows = [_row(status, name, lag, report.as_of) for status, name, lag in shown]
    lines: list[Line] = [line(Span(report.pipeline, "strong"), f"   {instant(report.as_of)}"), ()]
    if rows:
        lines += table([[Span(word, "faint") for word in _HEADINGS], *rows], width=width)
    if len(late) > len(shown):
        text = f"{count(len(late) - len(shown), 'more environment')} behind   (--full lists them)"
        lines.append(line("  ", Span(text, "faint")))
    return [*lines, *_others(report)]


def _others(report: StatusReport) -> list[Line]:
    """Those that are not behind; and those of which a plan that failed says nothing."""
    troubled = [one for one in report.environments if one.decision is None and one.reason]
    if troubled:
        return [line("  ", Span(f"! {clean(troubled[0].reason)}", "bad"))]
    fresh = [one for one in report.environments if not one.lag]
    if not fresh:
        return []
    verb = "runs" if len(fresh) == 1 else "run"
    return [line("  ", Span(f"{count(len(fresh), 'environment')} {verb} the newest there is", "faint"))]


def _row(status: EnvironmentStatus, warehouse: str, lag: Lag, now: int) -> list[Span]:
    runs = status.runs.get(warehouse)
    kept = ", ".join(map(clean, lag.kept_by))
    why = clean(lag.why)
    return [
        Span(status.name, "strong"),
        Span(versions([runs]) if runs is not None else "-"),
        Span(versions([lag.newest])),
        Span(str(lag.behind) if lag.behind is not None else "-"),
        Span(ago(lag.since, now=now) if lag.since is not None else "-"),
        Span(f"{kept}: {why}" if kept and why else kept or why, "wait" if kept else "good"),
    ]
