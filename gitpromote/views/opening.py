"""When a waiting Environment may go, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.words import clean, listed, shorten
from gitpromote.views.time import duration, first_minute, instant

#: How the message of a gate begins that this version knows and does not evaluate.
_UNJUDGED = "not judged by this version"
#: How it begins where time does not open it.
NEVER = "never"
#: How many characters of a reason fit into a row.
_FITS = 80


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
        return first_minute(opens.earliest, now=now)
    return _sentence(_words(environment, opens.conditions, now))


def briefly(environment: EnvironmentPlan, *, now: int) -> str:
    """The same as it fits into a row: the first of what it waits for, and that there is more."""
    whole = opening(environment, now=now)
    if len(whole) <= _FITS or environment.opens is None:
        return whole
    words = _words(environment, environment.opens.conditions, now)
    for many in range(len(words) - 1, 0, -1):
        if len(found := f"{_sentence(words[:many])}, then …") <= _FITS:
            return found
    return shortened(words[0])


def shortened(reason: str) -> str:
    """A reason as it fits into a row: where it is long its beginning, up to where the details start."""
    if len(reason) <= _FITS:
        return reason
    head = reason.partition(": ")[0].partition("; ")[0]
    return f"{head}: …" if len(head) <= _FITS else f"{reason[: _FITS - 1].rstrip()}…"


def unavailable_texts(environments: Iterable[EnvironmentPlan]) -> list[str]:
    """The whole of every reason that a row has no room for, once, with the environments that it is about."""
    told: dict[str, list[str]] = {}
    for each in environments:
        reason = clean(each.reason)
        if each.decision == "unavailable" and reason != shortened(reason):
            told.setdefault(reason, []).append(each.name)
    return [f"{listed(names)}: {reason}" for reason, names in told.items()]


def _words(environment: EnvironmentPlan, conditions: Sequence[Mapping[str, Any]], now: int) -> list[str]:
    """Each condition; gates that nobody judges yet together at the end, since no time helps there."""
    said = {each.id: _said(each) for each in environment.outcomes if each.status == "pending"}
    hours = {each.id: str(each.operands.get("window", each.id)) for each in environment.outcomes}
    unjudged = [str(each["gate"]) for each in conditions if said.get(each.get("gate", ""), "").startswith(_UNJUDGED)]
    words = []
    for condition in conditions:
        gate = condition.get("gate")
        if "window" in condition:
            words.append(clean(hours.get(str(condition["window"]), str(condition["window"]))))
        elif gate not in unjudged:
            words.append(clean(said.get(gate, "")) if gate in said else condition_text(condition, now=now))
    if unjudged:
        words.append(f"needs {listed(map(clean, unjudged))}, which this version cannot judge")
    return words


def _said(outcome: Outcome) -> str:
    """What a verdict waits for; of people only how many are there, of an expression what has to be true."""
    have, need = outcome.operands.get("have"), outcome.operands.get("need")
    if isinstance(have, int) and isinstance(need, int):
        return f"{have} of {need} {outcome.id}"
    if outcome.kind == "gate" and outcome.threshold == "true" and outcome.expression:
        return shorten(" ".join(outcome.expression.split()), _FITS)
    if outcome.kind == "gate" and outcome.threshold.startswith("each is "):
        return f"when {outcome.threshold}"
    return outcome.message


def condition_text(condition: Mapping[str, Any], *, now: int | None = None) -> str:
    """One condition. What this version has no word for is shown as its name and value."""
    if "never" in condition:
        until = condition["never"]
        far = f"until {instant(until)}, as far as was looked" if isinstance(until, int) else "in the next years"
        return f"{NEVER} {far}: {_shut(condition)}"
    for key, joiner in (("verified", " and "), ("any_verified", " or ")):
        if key in condition:
            return _verified(condition[key], int(condition.get("plus") or 0), joiner)
    if "at" in condition and isinstance(condition["at"], int):
        return first_minute(condition["at"], now=now)
    for key in ("window", "text"):
        if key in condition:
            return clean(str(condition[key]))
    if "gate" in condition:
        return f"gate {clean(str(condition['gate']))}"
    return ", ".join(f"{clean(str(key))} {clean(str(value))}" for key, value in sorted(condition.items()))


def _shut(condition: Mapping[str, Any]) -> str:
    names = [clean(str(one)) for one in condition.get("gates", ())]
    told = " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)
    return f"{told} {'are not open together' if len(names) > 1 else 'does not open'}"


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
