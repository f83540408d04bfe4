"""What an organisation asks for, judged: its policies under its own names, by their ramps, with its exemptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gitpromote.model.exemption import Exemption
from gitpromote.model.finding import Finding
from gitpromote.model.gate import Gate
from gitpromote.model.moments import utc
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.policy_base import Policy
from gitpromote.model.ramp import start_of
from gitpromote.model.standing import Standing, StandingPolicy
from gitpromote.policy.evaluate import Excuse, evaluate
from gitpromote.policy.forecast import FROM
from gitpromote.policy.judged import Material
from gitpromote.policy.scene import Scene

__all__ = ["in_force", "joined", "judge_standing", "stricter", "version_of"]

_LEVELS = ("advisory", "soft", "hard")
_ORDER: tuple[Status, ...] = ("skip", "pass", "warn", "pending", "error", "fail")


def in_force(exemptions: Iterable[Exemption], at: int) -> tuple[Exemption, ...]:
    """Those that count at a moment."""
    return tuple(one for one in exemptions if not one.void(at))


def judge_standing(
    one: StandingPolicy, scene: Scene, material: Material, *, exemptions: Sequence[Exemption] = ()
) -> tuple[Outcome, ...]:
    """What a policy of the organisation concludes: as binding as its ramp lets it be.

    :param exemptions: those that count now
    """
    outcomes = evaluate([one.policy], scene, material, excuse=_excuse(one, scene, exemptions))
    ends = {each.told: start_of(str(each.expires)) for each in exemptions}
    return tuple(_excused_until(_ramped(_named(each, one), one), ends) for each in outcomes)


def _excuse(one: StandingPolicy, scene: Scene, exemptions: Sequence[Exemption]) -> Excuse:
    here = {"pipeline": scene.pipeline, "environment": scene.environment.name}

    def excuse(_: Policy, finding: Finding) -> str:
        # Of several the one that lasts longest.
        found = [each for each in exemptions if each.covers(one.name, finding, **here)]
        return max(found, key=lambda each: (each.expires or "", each.told)).told if found else ""

    return excuse


def _named(outcome: Outcome, one: StandingPolicy) -> Outcome:
    return outcome.model_copy(update={"id": one.id + outcome.id.removeprefix(one.policy.name)})


def _ramped(outcome: Outcome, one: StandingPolicy) -> Outcome:
    """Advisory until it is enforced; what would fail then says from when on."""
    if one.phase == "enforce":
        return outcome
    told: dict[str, Any] = {"level": "advisory", "operands": {**outcome.operands, "ramp": _ramp_data(one)}}
    if outcome.status in ("fail", "error") and outcome.level != "advisory":
        told["status"] = "warn" if outcome.status == "fail" else "error"
        if one.enforced_at is not None:
            told["message"] = outcome.message + FROM.format(utc(one.enforced_at))
            told["until"] = one.enforced_at
    return outcome.model_copy(update=told)


def _ramp_data(one: StandingPolicy) -> dict[str, Any]:
    later = {"enforced": one.enforced_at, "level": one.policy.level} if one.enforced_at is not None else {}
    return {"phase": one.phase, **later}


def _excused_until(outcome: Outcome, ends: dict[str, int]) -> Outcome:
    """What passes by an exemption passes until that is over."""
    moments = [ends[one.excepted] for one in outcome.findings if one.excepted in ends]
    if not moments or outcome.status not in ("pass", "warn"):
        return outcome
    known = [outcome.until] if outcome.until is not None else []
    return outcome.model_copy(update={"until": min([*moments, *known])})


# -- then and now


def version_of(commit: str) -> str:
    """How a version of the organisation's policies is called in names: seven digits."""
    return commit[:7]


def joined(then: Standing, now: Standing, *, version: str) -> Standing:
    """What is asked by what a plan was judged by, and by what counts now.

    A gate that is another one now is judged both ways. Policies and boundaries are judged as they are now: what they
    said then stands in the plan.

    :param version: of what counts now
    """
    known = {gate.name: gate for gate in then.gates}
    added = [_renamed(gate, version) if gate.name in known else gate for gate in now.gates if gate not in then.gates]
    fresh = {gate.name: now.matched[gate.name.partition("@")[0]] for gate in added}
    matched = {**then.matched, **now.matched, **fresh}
    return replace(now, gates=(*then.gates, *added), matched=matched)


def _renamed(gate: Gate, version: str) -> Gate:
    return gate.changed({"name": f"{gate.name}@{version}"})


def stricter(then: Iterable[Outcome], now: Iterable[Outcome], *, version: str) -> tuple[Outcome, ...]:
    """Verdicts of a plan and fresh ones, so that nothing is looser than either of them.

    Of two by the same name the stricter one counts; where each is stricter in its way, both do.

    :param version: of what the fresh ones were judged by
    """
    fresh = {one.id: one for one in now}
    found: list[Outcome] = []
    for one in then:
        found += _both(one, fresh.pop(one.id), version) if one.id in fresh else [one]
    return (*found, *fresh.values())


def _both(then: Outcome, now: Outcome, version: str) -> Iterator[Outcome]:
    if _at_least(then, now):
        yield then
    elif _at_least(now, then):
        yield now
    else:
        yield then
        yield now.model_copy(update={"id": f"{now.id}@{version}"})


def _at_least(one: Outcome, other: Outcome) -> bool:
    """Whether whoever obeys one obeys the other: as bad, and as binding."""
    bad = _ORDER.index(one.status) >= _ORDER.index(other.status)
    return bad and _LEVELS.index(one.level) >= _LEVELS.index(other.level)
