"""One line per figure: what it took, beside what, the ratio, the goal, and how noisy the machine was."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def told(title: str, *, ours: Sequence[float], other: Sequence[float], beside: str, goal: float | None) -> float:
    """Print medians in milliseconds, their ratio and the goal; the noise is the spread of what we are beside.

    :param goal: the highest ratio that is wanted; ``None``: the ratio is told, and nothing is asked of it
    """
    mine, theirs = statistics.median(ours), statistics.median(other)
    ratio, noise = mine / theirs, (max(other) - min(other)) / theirs
    asked = f"      goal at most {_text(goal)}: {'met' if ratio <= goal else 'not met'}" if goal is not None else ""
    print(f"{title}")
    print(f"  ours    {mine * 1000:9.0f} ms")
    print(f"  beside  {theirs * 1000:9.0f} ms   {beside} (noise {noise:.0%})")
    print(f"  ratio   {_text(ratio):>9}{asked}", flush=True)
    return ratio


def _text(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / ratio:.0f}"
