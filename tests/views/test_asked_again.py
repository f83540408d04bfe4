"""A command that makes a new plan asks for what this one was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Plan, Request
from gitpromote.views.environments import ways_out
from gitpromote.views.remedies import remedies

IMAGE = f"ghcr.io/acme/pay:3.8.0@sha256:{'b20e' * 16}"
FOREIGN = Outcome(id="foreign", kind="policy", status="fail", message="no", operands={"named": "b7d2210" + "0" * 33})
PEOPLE = Outcome(id="people", status="pending", message="0 of 1", remedy="gitpromote approve PLAN --env prod-eu")


def plan_with(make: SimpleNamespace, outcome: Outcome, **members: Any) -> Plan:
    return make.plan(make.environment("prod-eu", decision="blocked", outcomes=(outcome,)), **members)


def undoing(plan: Plan) -> list[str]:
    texts = ["".join(span.text for span in each).strip() for each in ways_out(plan, plan.environments[0])]
    return [text.removesuffix("   # undo it") for text in texts if text.endswith("# undo it")]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(), ""),
        (Request(images=(IMAGE,), freight=IMAGE), f" --image {IMAGE}"),
        (Request(commit="HEAD~1", environments=("prod-eu",)), " --commit 'HEAD~1' --env prod-eu"),
        (Request(charts=("oci://x/y:1.0.0",), unpinned=True), " --chart oci://x/y:1.0.0 --unpinned"),
        (Request(freight="calm-heron-90ab", apps=("api",)), " --freight calm-heron-90ab --app api"),
        (Request(replace={"test": "1" * 40}), f" --replace test@{'1' * 40}"),
    ],
)
def test_what_undoes_foreign_content_and_what_is_approved_repeat_it(
    make: SimpleNamespace, request_: Request, words: str
) -> None:
    plan = plan_with(make, FOREIGN, request=request_)
    assert undoing(plan) == [f"gitpromote plan pay{words} --replace prod-eu@b7d221000000"]
    plan = plan_with(make, PEOPLE, request=request_)
    approving = f"gitpromote plan pay{words} --record, then gitpromote approve ID --env prod-eu"
    assert remedies(plan, plan.environments[0]) == {"people": approving}


def test_a_promotion_that_undoes_something_is_not_asked_for_as_a_rollback_is(make: SimpleNamespace) -> None:
    plan = plan_with(make, FOREIGN, kind="rollback", request=Request(environments=("prod-eu",), reason="bad"))
    assert undoing(plan) == ["gitpromote plan pay --replace prod-eu@b7d221000000"]
