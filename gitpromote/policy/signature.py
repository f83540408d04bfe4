"""Signatures of commits and of images: which ones lack one that counts.

A commit is what it is: one that nobody signed fails. An image may yet be signed: that one is waited for.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.model.gate_evidence import CommitSignature, ImageSignature
from gitpromote.model.outcome import Outcome
from gitpromote.policy.answers import answer_of, unanswered, verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["KEYLESS", "judge_commits", "judge_images"]

#: Why signatures by an identity are not judged.
KEYLESS = "signatures by an identity need sigstore: not supported by this version; give key="
_MOST_TOLD = 3
_PUSH = "git push --force-with-lease"
_PIN = 'write @sha256:… behind it; where a Warehouse brings it, App(…, pin="tag@digest") does that'


def judge_commits(gate: CommitSignature, context: GateContext) -> Outcome:
    """Whether every commit is signed by somebody who may. What was asked: ``commits``, ``unsigned``, ``signers``."""
    answer = answer_of(gate, context)
    if isinstance(answer, Outcome):
        return answer
    value = answer.value
    bad: Sequence[Mapping[str, Any]] = value.get("unsigned", ())
    count, signers = int(value.get("commits", 0)), str(value.get("signers", ""))
    common: dict[str, Any] = {"reads": "fixed", "threshold": f"each is signed by one of {signers}"}
    if not count:
        return verdict(gate, "pass", "brings no commit", operands=value, **common)
    if not bad:
        return verdict(gate, "pass", f"{_counted(count, 'commit')} signed", operands=value, **common)
    told = "; ".join(f"{str(one['commit'])[:7]} {one['why']}" for one in bad[:_MOST_TOLD])
    lacking = int(value.get("lacking", len(bad)))
    text = f"{lacking} of {_counted(count, 'commit')} not signed by one of {signers}: {told}{_more(lacking)}"
    again: Mapping[str, Any] = value.get("again", {})
    return verdict(gate, "fail", text + _gone(again), operands=value, remedy=_signed_again(again), **common)


def _gone(again: Mapping[str, Any]) -> str:
    """What became of the branch since."""
    if not again.get("gone"):
        return ""
    taken = f": {again['taken']} has the one that is there now" if again.get("taken") else ""
    return f"; the Freight's commit is no longer on {again.get('branch')}{taken}"


def _signed_again(again: Mapping[str, Any]) -> str:
    """The commands, one after the other: new commits, on the branch, and Freight of them.

    What they hold is what the old ones held, so that nobody would find them to be new.
    """
    steps = []
    if oldest := again.get("oldest"):
        start = "--root" if again.get("root") else f"{oldest}~1"
        steps = [f'git rebase --rebase-merges --exec "git commit --amend --no-edit -S" {start}', _PUSH]
    if pipeline := again.get("pipeline"):
        steps.append(shlex.join(["gitpromote", "freight", "create", pipeline, "--commit", again["branch"]]))
    return " && ".join(steps)


def judge_images(gate: ImageSignature, context: GateContext) -> Outcome:
    """Whether every image has a signature by the key.

    What was asked: ``images``, ``unsigned``, ``key``; and what no digest names, ``unpinned``.
    """
    if gate.key is None:
        return unanswered(gate, KEYLESS, asked=None)
    common: dict[str, Any] = {"threshold": f"each is signed by {gate.key}"}
    answer = answer_of(gate, context, **common)
    if isinstance(answer, Outcome):
        return answer
    bad: Sequence[Mapping[str, Any]] = answer.value.get("unsigned", ())
    count, operands = int(answer.value.get("images", 0)), {"asked": answer.at, **answer.value}
    if unpinned := answer.value.get("unpinned"):
        return verdict(gate, "error", _unpinned(unpinned, answer.value), operands=operands, **common)
    if not count:
        return verdict(gate, "pass", "brings no image", operands=operands, **common)
    if not bad:
        return verdict(gate, "pass", f"{_counted(count, 'image')} signed by {gate.key}", operands=operands, **common)
    told = "; ".join(f"{one['image']}: {one['why']}" for one in bad[:_MOST_TOLD])
    lacking = int(answer.value.get("lacking", len(bad)))
    text = f"{lacking} of {_counted(count, 'image')} not signed by {gate.key}: {told}{_more(lacking)}"
    remedy = f"cosign sign --key … {shlex.quote(str(bad[0]['image']))}"
    return verdict(gate, "pending", text, operands=operands, remedy=remedy, **common)


def _unpinned(unpinned: Sequence[Mapping[str, Any]], value: Mapping[str, Any]) -> str:
    """What no digest names cannot be judged: tomorrow it may be another image."""
    told = "; ".join(f"{one['image']} of {one['object']} {one['why']}" for one in unpinned[:_MOST_TOLD])
    count = int(value.get("lacking_digest", len(unpinned)))
    return f"{_counted(count, 'image')} cannot be judged: {told}{_more(count)}; {_PIN}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _more(count: int) -> str:
    return f"; and {count - _MOST_TOLD} more" if count > _MOST_TOLD else ""
