"""Approvals: so many distinct people who may, and who neither asked for this very change nor wrote any of it.

What was asked holds one entry per approval that the ledger has: whose it is, what it is of, and what the file of
signers, the file of groups and the sources say of that person. Whether it counts is judged here, each for one reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gitpromote.model.gate_plain import Approvals
from gitpromote.model.moments import ago
from gitpromote.model.outcome import Outcome
from gitpromote.policy.answers import answer_of, verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["PLAN", "judge"]

#: What stands for the plan in the remedy: it is somebody else's, and has no name while it is judged.
PLAN = "PLAN"

_MOST_TOLD = 5
_NEVER = 1 << 60


class _Refused(NamedTuple):
    """An approval that does not count."""

    identity: str
    why: str


def judge(gate: Approvals, context: GateContext) -> Outcome:
    """How many have approved, of how many. What was asked: ``given``, ``authors``, ``signers``, ``at``.

    ``nobody`` says why it is not known who may: then no approval counts.
    """
    threshold = _threshold(gate)
    common: dict[str, Any] = {
        "threshold": threshold,
        "remedy": f"gitpromote approve {PLAN} --env {context.environment.name}",
    }
    answer = answer_of(gate, context, threshold=threshold)  # no approval helps where it cannot be told
    if isinstance(answer, Outcome):
        return answer
    value = answer.value
    if nobody := str(value.get("nobody", "")):
        text = f"{_told(gate, value, ())}; {nobody[:1].lower()}{nobody[1:]}"
        return verdict(gate, "pending", text, operands=_operands(gate, value, (), ()), threshold=threshold)
    counted, refused = _judged(value.get("given", ()), context)
    have = len(counted)
    operands = _operands(gate, value, counted, refused)
    told = _told(gate, value, sorted(str(one["identity"]) for one in counted)) + _claimed(counted)
    if have >= gate.count:
        return verdict(gate, "pass", told, operands=operands, until=_until(gate, counted), threshold=threshold)
    why = "; ".join(_against(gate, value, refused))
    return verdict(gate, "pending", f"{told}; {why}" if why else told, operands=operands, **common)


def _threshold(gate: Approvals) -> str:
    return f"{gate.count}{_of(gate)}, none of them who asked for it or wrote any of it"


def _of(gate: Approvals) -> str:
    return f" from {' or '.join(gate.of)}" if gate.of else ""


# -- which count


def _judged(given: Iterable[Mapping[str, Any]], context: GateContext) -> tuple[list[Mapping[str, Any]], list[_Refused]]:
    """One approval for each person who counts, the one that holds longest; and why others do not."""
    counted: list[Mapping[str, Any]] = []
    refused: dict[str, _Refused] = {}
    here, elsewhere = _of_this_change(given, context.change_digest)
    for one in (*sorted(here, key=_longest_first), *sorted(elsewhere, key=_longest_first)):
        why = _against_it(one, context) or _again(one, counted)
        if not why:
            counted.append(one)
        else:
            refused.setdefault(str(one["identity"]), _Refused(str(one["identity"]), why))
    known = {str(one["identity"]).casefold() for one in counted}
    return counted, sorted(one for one in refused.values() if one.identity.casefold() not in known)


def _of_this_change(
    given: Iterable[Mapping[str, Any]], digest: str
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    every = list(given)
    here = [one for one in every if digest and one.get("change") == digest]
    return here, [one for one in every if one not in here]


def _longest_first(one: Mapping[str, Any]) -> tuple[int, int, str, str]:
    """In an order that depends on what they say alone."""
    return (-_ends(one), int(one.get("at", 0)), str(one["identity"]), str(one.get("record", "")))


def _ends(one: Mapping[str, Any]) -> int:
    expires = one.get("expires")
    return _NEVER if expires is None else int(expires)


def _against_it(one: Mapping[str, Any], context: GateContext) -> str:
    """Why an approval does not count, or an empty string. Who may not approve at all is not sent to do it again."""
    if not _is_here(one, context):
        return _excluded(one) or "for another change"
    if one.get("unsound") or not one.get("key"):
        return str(one.get("unsound") or "its signature is not sound")
    if why := _excluded(one) or str(one.get("asked") or ""):
        return why
    expires = one.get("expires")
    if expires is not None and (one.get("over") or context.as_of >= int(expires)):
        return f"expired {ago(int(expires), now=max(context.as_of, int(expires)))}"
    return ""


def _excluded(one: Mapping[str, Any]) -> str:
    """Why somebody may not approve this change, whatever they sign."""
    if one.get("not_of"):
        return str(one["not_of"])
    return f"wrote {str(one['wrote'])[:7]}" if one.get("wrote") else ""


def _is_here(one: Mapping[str, Any], context: GateContext) -> bool:
    return bool(context.change_digest) and one.get("change") == context.change_digest


def _again(one: Mapping[str, Any], counted: Sequence[Mapping[str, Any]]) -> str:
    """Whether this person counts already, under this name or another: by a name or by a key that both have."""
    names = _names(one)
    for other in counted:
        if names & _names(other) or one.get("key") == other.get("key"):
            return f"is the same person as {other['identity']}"
    return ""


def _names(one: Mapping[str, Any]) -> set[str]:
    return {str(name).casefold() for name in (one["identity"], *one.get("names", ()))}


def _until(gate: Approvals, counted: Sequence[Mapping[str, Any]]) -> int | None:
    """When the first of those ends without which it is too few."""
    last = _ends(counted[gate.count - 1])
    return None if last == _NEVER else last


# -- what is told


def _told(gate: Approvals, value: Mapping[str, Any], names: Sequence[str]) -> str:
    by = f": {', '.join(names)}" if names else ""
    proof = "" if value.get("signers") else " (names are claimed: the pipeline has no signers=)"
    return f"{len(names)} of {gate.count}{_of(gate)}{by}{proof}"


def _claimed(counted: Iterable[Mapping[str, Any]]) -> str:
    """Who asked for it under a name that proves nothing."""
    names = sorted({str(name) for one in counted for name in one.get("claimed", ())})
    told = ", ".join(f"{name} (claimed)" for name in names)
    return f"; asked for by {told}, whom no file of signers knows" if names else ""


def _against(gate: Approvals, value: Mapping[str, Any], refused: Sequence[_Refused]) -> list[str]:
    """Approvals that do not count, and who need not try: authors who could otherwise approve."""
    asked = {one.identity.casefold() for one in refused}
    found = [f"{one.identity} does not count: {one.why}" for one in refused]
    found += [
        f"{one['identity']} may not: wrote {str(one['commit'])[:7]}"
        for one in value.get("authors", ())
        if str(one["identity"]).casefold() not in asked
    ]
    left = len(found) - _MOST_TOLD
    return [*found[:_MOST_TOLD], *([f"and {left} more"] if left > 0 else [])]


def _operands(
    gate: Approvals, value: Mapping[str, Any], counted: Sequence[Mapping[str, Any]], refused: Sequence[_Refused]
) -> dict[str, Any]:
    return {
        "have": len(counted),
        "need": gate.count,
        **({"of": list(gate.of)} if gate.of else {}),
        "by": sorted(one["identity"] for one in counted),
        **({"refused": [{"identity": one.identity, "why": one.why} for one in refused]} if refused else {}),
        "signers": value.get("signers"),
    }
