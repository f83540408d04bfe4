"""An Environment that its Pipeline has no more: since when, by whom, and what is left of it."""

from __future__ import annotations

from gitpromote.model.report import GoneEnvironment
from gitpromote.model.words import clean
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.time import instant

__all__ = ["gone_lines"]


def gone_lines(gone: GoneEnvironment, *, now: int) -> list[Line]:
    """``pr-1 · retired Sat 21 Nov 20:00Z by Lea: "closed"``, why it is gone, and where to read on."""
    lines = [line(Span(f"{gone.name} · {_fate(gone, now)}", "strong"))]
    why = f": {clean(gone.why)}" if gone.why else ""
    lines.append(line(f"  {gone.pipeline} has no such environment any more{why}"))
    if gone.target:
        lines.append(line(f"  What it wrote still stands in {clean(gone.target)}:"))
        lines.append(line("  ", Span(f"gitpromote retire {gone.pipeline} --gone --reason …", "command")))
    lines.append(line("  ", Span(f"gitpromote history {gone.pipeline} --env {gone.name}", "command")))
    return lines


def _fate(gone: GoneEnvironment, now: int) -> str:
    if gone.retired_at is None:
        return f"gone; its last Record is of {instant(gone.last_at, now=now)}"
    reason = f': "{clean(gone.reason)}"' if gone.reason else ""
    return f"retired {instant(gone.retired_at, now=now)} by {clean(gone.retired_by).partition(' <')[0]}{reason}"
