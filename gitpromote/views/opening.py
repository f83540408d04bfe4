"""When a waiting Environment may go, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.model.plan import EnvironmentPlan
from gitpromote.views.text import clean, listed
from gitpromote.views.time import duration, instant

#: How the message of a gate begins that this version knows and does not evaluate.
_UNJUDGED = "not judged by this version"


def opening(environment: EnvironmentPlan, *, now: int) -> str:
    """``now``, an instant, the conditions joined by ``then``, or nothing where no time would help."""
    if environment.decision == "ready":
        return "now"
    if environment.decision == "noop":
        return "recorded on apply" if environment.steps else ""
    if environment.decision == "held":
        return "when released"
    opens = environment.opens
    if opens is None:
        return ""
    if opens.earliest is not None:
        return instant(opens.earliest, now=now)
    return _sentence(_words(environment, opens.conditions))


def _words(environment: EnvironmentPlan, conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each condition; gates that nobody judges yet together at the end, since no time helps there."""
    said = {each.id: each.message for each in environment.outcomes if each.status == "pending"}
    unjudged = [str(each["gate"]) for each in conditions if said.get(each.get("gate", ""), "").startswith(_UNJUDGED)]
    words = []
    for condition in conditions:
        gate = condition.get("gate")
        if gate not in unjudged:
            words.append(clean(said.get(gate, "")) if gate in said else condition_text(condition))
    if unjudged:
        words.append(f"needs {listed(map(clean, unjudged))}, which this version cannot judge")
    return words


def condition_text(condition: Mapping[str, Any]) -> str:
    """One condition. What this version has no word for is shown as its name and value."""
    for key, joiner in (("verified", " and "), ("any_verified", " or ")):
        if key in condition:
            return _verified(condition[key], int(condition.get("plus") or 0), joiner)
    if "at" in condition and isinstance(condition["at"], int):
        return instant(condition["at"])
    for key in ("window", "text"):
        if key in condition:
            return clean(str(condition[key]))
    if "gate" in condition:
        return f"gate {clean(str(condition['gate']))}"
    return ", ".join(f"{clean(str(key))} {clean(str(value))}" for key, value in sorted(condition.items()))


def _verified(names: str | Sequence[str], plus: int, joiner: str) -> str:
    every = [names] if isinstance(names, str) else list(names)
    words = joiner.join(every)
    if plus:
        return f"{words} verified + {duration(plus)}"
    return f"when {words} {'verify' if len(every) > 1 and joiner == ' and ' else 'verifies'}"


def _sentence(words: Sequence[str]) -> str:
    if len(words) > 1 and words[0].startswith("when ") and words[0].endswith((" verifies", " verify")):
        words = [words[0].removeprefix("when ").rpartition(" ")[0] + " verified", *words[1:]]
    return ", then ".join(words)
