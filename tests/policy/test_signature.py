"""Signatures: which commits and images lack one, and what that means."""

from __future__ import annotations

from typing import Any

import pytest

from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.gate_evidence import CommitSignature, ImageSignature
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy import signature
from gitpromote.policy.gate_context import GateContext

NOW = 1763640000


def context(value: dict[str, Any] | None, error: str = "") -> GateContext:
    evidence = Evidence(
        gate="g", subject=Subject(environment="prod"), at=NOW, source="git", value=value or {}, error=error
    )
    return GateContext(
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="branch")),
        occasion="promote",
        as_of=NOW,
        state=EnvironmentState(name="prod"),
        evidence=evidence if value is not None or error else None,
    )


def commits(unsigned: list[tuple[str, str]], count: int) -> dict[str, Any]:
    return {
        "commits": count,
        "unsigned": [{"commit": oid, "why": why} for oid, why in unsigned],
        "signers": "allowed_signers",
    }


NONE = "has no signature"


@pytest.mark.parametrize(
    ("value", "status", "message"),
    [
        (commits([], 0), "pass", "brings no commit"),
        (commits([], 1), "pass", "1 commit signed"),
        (commits([], 7), "pass", "7 commits signed"),
        (
            commits([("a" * 40, NONE)], 7),
            "fail",
            "1 of 7 commits not signed by one of allowed_signers: aaaaaaa has no signature",
        ),
        (
            commits([(sign * 40, NONE) for sign in "abcde"], 5),
            "fail",
            (
                "5 of 5 commits not signed by one of allowed_signers: aaaaaaa has no signature; "
                "bbbbbbb has no signature; ccccccc has no signature; and 2 more"
            ),
        ),
    ],
)
def test_commits_are_signed_or_the_change_fails(value, status, message):
    outcome = signature.judge_commits(CommitSignature(), context(value))
    assert (outcome.status, outcome.message, outcome.reads) == (status, message, "fixed")
    assert outcome.threshold == "each is signed by one of allowed_signers"
    assert outcome.remedy == ""


REWRITE = 'git rebase --rebase-merges --exec "git commit --amend --no-edit -S"'
CREATE = "gitpromote freight create shop --commit main"
HELD = {"branch": "main", "gone": False, "pipeline": "shop"}


@pytest.mark.parametrize(
    ("again", "gone", "remedy"),
    [
        (
            {"oldest": "a" * 40, "root": False, **HELD},
            "",
            f"{REWRITE} {'a' * 40}~1 && git push --force-with-lease && {CREATE}",
        ),
        (
            {"oldest": "a" * 40, "root": True, **HELD},
            "",
            f"{REWRITE} --root && git push --force-with-lease && {CREATE}",
        ),
        # Of another repository nobody makes Freight by its commit.
        ({"oldest": "a" * 40, "root": True, "gone": False}, "", f"{REWRITE} --root && git push --force-with-lease"),
        ({**HELD, "gone": True}, "; the Freight's commit is no longer on main", CREATE),
        (
            {"oldest": "b" * 40, "root": True, **HELD, "gone": True},
            "; the Freight's commit is no longer on main",
            f"{REWRITE} --root && git push --force-with-lease && {CREATE}",
        ),
        (
            {"branch": "main", "gone": True, "taken": "kind-bream-1e21"},
            "; the Freight's commit is no longer on main: kind-bream-1e21 has the one that is there now",
            "",
        ),
    ],
)
def test_what_helps_is_new_commits_on_the_branch_and_freight_of_them(again, gone, remedy):
    outcome = signature.judge_commits(CommitSignature(), context({**commits([("a" * 40, NONE)], 1), "again": again}))
    one = "1 of 1 commit not signed by one of allowed_signers: aaaaaaa has no signature"
    assert (outcome.message, outcome.remedy) == (one + gone, remedy)


def images(unsigned: list[tuple[str, str]], count: int) -> dict[str, Any]:
    return {"images": count, "unsigned": [{"image": name, "why": why} for name, why in unsigned], "key": "cosign.pub"}


IMAGE = "ghcr.io/acme/shop:1.4.2@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("value", "status", "message"),
    [
        (images([], 0), "pass", "brings no image"),
        (images([], 2), "pass", "2 images signed by cosign.pub"),
        (images([(IMAGE, NONE)], 2), "pending", f"1 of 2 images not signed by cosign.pub: {IMAGE}: has no signature"),
    ],
)
def test_images_are_signed_or_waited_for(value, status, message):
    outcome = signature.judge_images(ImageSignature(key="cosign.pub"), context(value))
    assert (outcome.status, outcome.message, outcome.reads) == (status, message, "live")
    assert outcome.remedy == (f"cosign sign --key … {IMAGE}" if status == "pending" else "")


def test_signatures_by_an_identity_are_told_to_be_for_later():
    gate = ImageSignature(identity="ci@acme.example", issuer="https://accounts.example")
    outcome = signature.judge_images(gate, context(images([], 1)))
    assert (outcome.status, outcome.message) == (
        "error",
        "signatures by an identity need sigstore: not supported by this version; give key=",
    )


@pytest.mark.parametrize("judge", [signature.judge_commits, signature.judge_images])
def test_what_could_not_be_told_is_an_error(judge):
    gate = CommitSignature() if judge is signature.judge_commits else ImageSignature(key="k")
    assert judge(gate, context(None)).status == "error"
    told = judge(gate, context(None, error="A file that a gate needs is missing: k on main"))
    assert (told.status, told.message) == ("error", "A file that a gate needs is missing: k on main")
