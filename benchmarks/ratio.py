"""One line per figure: what it took, beside what, the ratio, the goal, and how noisy the machine was."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def told(title: str, *, ours: Sequence[float], other: Sequence[float], beside: str, goal: float) -> float:
    """Print medians in milliseconds, their ratio and the goal; the noise is the spread of what we are beside.

    :param goal: the highest ratio that is wanted
    """
    mine, theirs = statistics.median(ours), statistics.median(other)
    ratio, noise = mine / theirs, (max(other) - min(other)) / theirs
    asked = f"{goal:.2f}" if goal >= 0.1 else f"1/{1 / goal:.0f}"
    got = f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / ratio:.0f}"
    print(f"{title}")
    print(f"  ours    {mine * 1000:9.0f} ms")
    print(f"  beside  {theirs * 1000:9.0f} ms   {beside} (noise {noise:.0%})")
    print(f"  ratio   {got:>9}      goal at most {asked}: {'met' if ratio <= goal else 'not met'}", flush=True)
    return ratio
