"""The committed example: a plan file of format 1.0 that every later version must read, show and explain."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitpromote.errors import PlanInvalid
from gitpromote.project import Plan
from gitpromote.views.lines import plain
from gitpromote.views.terminal import plan_view

[EXAMPLE] = (Path(__file__).parent.parent / "plans").glob("shop-*.plan.json")


def test_it_is_named_after_its_digest_and_reads_back_byte_for_byte() -> None:
    plan = Plan.load(EXAMPLE)
    assert EXAMPLE.name == f"shop-{plan.short_id}.plan.json"
    assert plan.to_bytes() == EXAMPLE.read_bytes()
    assert Plan(plan.data, plan.file.observations).to_bytes() == EXAMPLE.read_bytes()


def test_it_says_what_would_change_where() -> None:
    plan = Plan.load(EXAMPLE)
    assert {one.name: one.decision for one in plan} == {"test": "ready", "uat": "waiting", "prod": "waiting"}
    assert [change.title for change in plan.changes("prod")] == [
        "apps/Deployment shop/api",
        "v1/ConfigMap shop/web-legacy",
        "apps/Deployment shop/web",
    ]
    shown = plain(plan_view(plan.data, digest=plan.digest))
    assert "  - # prod · v1/ConfigMap shop/web-legacy will be DELETED" in shown
    assert "Plan: 1 environment to promote, 2 waiting, 0 blocked; 0 to add, 4 to change, 1 to delete." in shown


def test_one_more_blank_and_it_is_refused(tmp_path: Path) -> None:
    edited = tmp_path / "edited.plan.json"
    edited.write_bytes(EXAMPLE.read_bytes().replace(b'"as_of":', b'"as_of": ', 1))
    with pytest.raises(PlanInvalid):
        Plan.load(edited)
