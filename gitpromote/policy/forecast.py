"""What will fail once an organisation's rules are enforced, or its exemptions are over, told ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gitpromote.model.moments import utc
from gitpromote.model.outcome import Outcome
from gitpromote.model.standing import is_organisations

__all__ = ["FROM", "at_another_time", "forecast"]

#: What is said behind the words of what will fail.
FROM = "; fails from {:%Y-%m-%d}"
_OVER = "its exemption is over on"


def at_another_time(outcome: Outcome, at: int) -> Outcome:
    """A verdict of an organisation's policy at another moment: by then a rule is enforced, or an exemption is over."""
    return _exemption_over(_enforced(outcome, at), at)


def _enforced(outcome: Outcome, at: int) -> Outcome:
    ramp = outcome.operands.get("ramp")
    begins = ramp.get("enforced") if isinstance(ramp, dict) else None
    if ramp is None or begins is None or begins > at:
        return outcome
    told: dict[str, Any] = {"level": ramp.get("level", "hard")}
    told["operands"] = {**outcome.operands, "ramp": {"phase": "enforce"}}
    words = FROM.format(utc(begins))
    if outcome.message.endswith(words):
        told["status"] = "error" if outcome.status == "error" else "fail"
        told |= {"message": outcome.message.removesuffix(words), "until": None}
    return outcome.model_copy(update=told)


def _exemption_over(outcome: Outcome, at: int) -> Outcome:
    excepted = is_organisations(outcome.id) and any(one.excepted for one in outcome.findings)
    if not excepted or outcome.until is None or outcome.until > at or outcome.level == "advisory":
        return outcome
    message = f"{_OVER} {utc(outcome.until):%Y-%m-%d}: {outcome.findings[0].message}"
    return outcome.model_copy(update={"status": "fail", "message": message, "until": None})


def forecast(verdicts: Iterable[tuple[str, Outcome]]) -> list[str]:
    """One sentence for each policy that lets something pass now and will not from some day on, the nearest first.

    :param verdicts: Environment and verdict
    """
    found: dict[tuple[int, str, str], list[tuple[str, int]]] = {}
    for environment, outcome in verdicts:
        for at, why, causes in _coming(outcome):
            found.setdefault((at, outcome.id, why), []).append((environment, causes))
    return [_sentence(*key, told) for key, told in sorted(found.items(), key=lambda item: item[0])]


def _coming(outcome: Outcome) -> Iterator[tuple[int, str, int]]:
    """From when a verdict will block, why, and how many causes there are."""
    begins = outcome.operands.get("ramp", {}).get("enforced")
    if begins is not None and outcome.message.endswith(FROM.format(utc(begins))):
        yield begins, "is enforced", int(outcome.operands.get("causes", 1))
    if outcome.until is not None and outcome.status in ("pass", "warn"):
        over = _exemption_over(_enforced(outcome, outcome.until), outcome.until)
        if over.status == "fail" and over.message.startswith(_OVER):
            yield outcome.until, "is excused no more", sum(1 for one in outcome.findings if one.excepted)


def _sentence(at: int, identifier: str, why: str, told: list[tuple[str, int]]) -> str:
    names = ", ".join(name for name, _ in told)
    causes = max(number for _, number in told)
    number = f"{causes} cause{'s' * (causes != 1)}"
    return f"from {utc(at):%Y-%m-%d} {identifier} {why}: it would block {names} ({number})"
