"""What policies found, in a terminal, in an explanation and in a pull request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome
from gitpromote.views.environments import notes
from gitpromote.views.explaining import explanation
from gitpromote.views.lines import plain
from gitpromote.views.markdown import plan_markdown

DIGEST = "sha256:" + "9c41" * 16
IMAGE = "apps/Deployment pay/api   spec.template.spec.containers[web].image"


def thing(name: str) -> ObjectId:
    return ObjectId(group="apps", kind="Deployment", namespace="pay", name=name)


def finding(name: str = "api", **members: Any) -> Finding:
    defaults = {
        "rule": "images/latest",
        "message": "the image nginx:latest may be another one tomorrow",
        "object": thing(name),
        "path": ("spec", "template", "spec", "containers", {"name": "web"}, "image"),
        "file": "charts/pay/templates/web.yaml",
        "line": 23,
    }
    return Finding(**{**defaults, **members})


def outcome(*findings: Finding, **members: Any) -> Outcome:
    defaults = {
        "id": "images",
        "kind": "policy",
        "status": "fail",
        "message": findings[0].message,
        "findings": findings,
    }
    return Outcome(**{**defaults, **members})


@pytest.fixture
def blocked(make: SimpleNamespace) -> Any:
    """One cause in twelve objects of two environments, and three causes in a third."""
    folded = finding(also=tuple(thing(f"w{at}") for at in range(11)), hint="name a digest")
    several = [
        finding(hint="name a digest"),
        finding(message="comes from docker.io", line=0, excepted="ops until 2026-01-01"),
        finding(message="no NetworkPolicy", object=None, path=(), file="", line=0),
    ]
    reason = {"decision": "blocked", "reason": "images"}
    return make.plan(
        make.environment("test", outcomes=(outcome(folded),), **reason),
        make.environment("uat", outcomes=(outcome(folded),), **reason),
        make.environment("prod-eu", outcomes=(outcome(*several, message="3 causes in 1 object, first: …"),), **reason),
    )


TOLD = f"""\
  ! test, uat: the image nginx:latest may be another one tomorrow   [images]
  ! prod-eu: 3 causes in 1 object, first: …   [images]
      the image nginx:latest may be another one tomorrow
        {IMAGE}   charts/pay/templates/web.yaml:23   + 11 more with the same cause   + the same in uat, prod-eu
        name a digest
      comes from docker.io
        {IMAGE}   charts/pay/templates/web.yaml   excepted: ops until 2026-01-01
      no NetworkPolicy
"""


def test_a_cause_is_told_once_for_all_environments_that_have_it(blocked: Any) -> None:
    assert plain(notes(blocked)) == TOLD


def test_everything_is_told_where_it_is_asked_for(blocked: Any) -> None:
    text = plain(explanation(blocked, blocked.environments[0], full=True))
    assert text.startswith(
        "test · jolly-snipe-e14a · blocked: images\n"
        "  fail  images  the image nginx:latest may be another one tomorrow\n"
        f"                {IMAGE}   charts/pay/templates/web.yaml:23   + 11 more with the same cause\n"
    )
    assert "".join(f"                  apps/Deployment pay/w{at}\n" for at in range(11)) in text
    assert "                name a digest\n                mend charts/pay/templates/web.yaml:23\n" in text
    folded = plain(explanation(blocked, blocked.environments[0]))
    assert "+ 11 more with the same cause" in folded and "pay/w0" not in folded


def test_ten_causes_are_listed_and_the_rest_is_counted(make: SimpleNamespace) -> None:
    many = [finding(message=f"cause {at}") for at in range(13)]
    plan = make.plan(make.environment("test", outcomes=(outcome(*many, message="13 causes"),)))
    assert plain(notes(plan)).count("cause ") == 10
    assert plain(notes(plan)).endswith("      3 more causes   (--full lists them)\n")
    assert plain(notes(plan, full=True)).count("cause ") == 13
    assert "`images`: 3 more causes\n" in plan_markdown(plan, digest=DIGEST)


def test_a_pull_request_names_cause_and_place_in_code(blocked: Any) -> None:
    text = plan_markdown(blocked, digest=DIGEST)
    assert (
        "- `test, uat` `images`: `the image nginx:latest may be another one tomorrow` at `apps/Deployment pay/api "
        "spec.template.spec.containers[web].image charts/pay/templates/web.yaml:23 + 11 more with the same cause`\n"
    ) in text
    assert "- `prod-eu` `images`: `no NetworkPolicy`\n" in text


def test_nothing_of_a_finding_reaches_a_terminal_as_it_is(make: SimpleNamespace) -> None:
    evil = finding(message="\x1b[31mred\u202e", file="\x1b]0;x\x07a.yaml", hint="\x9b2J", excepted="\x1b[1mme")
    plan = make.plan(make.environment("test", outcomes=(outcome(evil, evil.model_copy(update={"line": 1})),)))
    for text in (plain(notes(plan)), plain(explanation(plan, plan.environments[0])), plan_markdown(plan, digest="x")):
        assert not any(sign in text for sign in "\x1b\x9b\u202e\x07")


def test_what_stops_nothing_has_another_mark_and_says_so(make: SimpleNamespace) -> None:
    blocks = Outcome(id="small", status="fail", message="plan.adds is 1")
    tells = Outcome(id="told", level="advisory", status="fail", message="plan.adds is 1")
    warns = outcome(finding(), id="few", level="advisory", status="warn", message="runs alone")
    passed = Outcome(id="rego", kind="policy", status="warn", message="old")
    plan = make.plan(make.environment("test", outcomes=(tells, warns, passed, blocks)))
    assert plain(notes(plan)) == (
        "  ! test: plan.adds is 1   [small]\n"
        "  · test: plan.adds is 1   [told]   (advisory: stops nothing)\n"
        "  · test: runs alone   [few]   (advisory: stops nothing)\n"
        f"      {IMAGE}   charts/pay/templates/web.yaml:23\n"
        "    test: old   [rego]\n"
    )


def test_what_is_excused_is_told_with_who_did_until_when(make: SimpleNamespace) -> None:
    excused = outcome(
        finding(message="runs alone", excepted="pay until 2025-12-24: moves in spring"),
        id="org/replicas",
        status="pass",
        message="1 cause is excused",
    )
    plan = make.plan(*(make.environment(name, outcomes=(excused,)) for name in ("uat", "prod-eu")))
    assert plain(notes(plan)) == (
        "    uat, prod-eu: runs alone; excused by pay until 2025-12-24: moves in spring   [org/replicas]\n"
    )


def test_a_cause_that_differs_by_namespace_and_file_alone_is_told_once(make: SimpleNamespace) -> None:
    def here(name: str) -> Any:
        where = ObjectId(group="apps", kind="Deployment", namespace=name, name="api")
        return make.environment(name, outcomes=(outcome(finding(object=where, file=f"deploy/{name}/api.yaml")),))

    plan = make.plan(*map(here, ("test", "uat", "prod")))
    assert plain(notes(plan)) == (
        "  ! test, uat, prod: the image nginx:latest may be another one tomorrow   [images]\n"
        "      apps/Deployment test/api   spec.template.spec.containers[web].image   deploy/test/api.yaml:23"
        "   + the same in uat, prod\n"
    )
    assert plain(notes(plan, full=True)).count("deploy/") == 3
