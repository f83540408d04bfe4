"""Applying a plan: one run for the whole journey, narrowed, stopped, refused; and the exit codes of mixed ends."""

from __future__ import annotations

import signal
import subprocess

import pytest

from gitpromote import Branch, Environment
from gitpromote.adapters.repository import GitRepository
from gitpromote.errors import Declined, NotSupported, PlanInvalid, UsageError
from gitpromote.model.plan import InheritStep, PullRequestStep, VerifyStep
from gitpromote.model.result import EnvironmentResult, combined_exit_code
from gitpromote.planning.digests import change_digest
from gitpromote.project import Plan
from tests.programs import needed

FILE = "apps-deployment-shop.yaml"


def test_one_run_takes_the_freight_from_test_to_production(site):
    plan = site.project().plan()
    assert site.decisions(plan) == {"test": "ready", "uat": "waiting upstream", "prod": "waiting upstream"}
    result = site.apply(plan)
    assert site.told(result) == {"test": "written", "uat": "written", "prod": "written"}
    assert (result.pipeline, result.plan, result.exit_code) == ("shop", plan.digest, 0)
    for env in ("test", "uat", "prod"):
        assert site.home.files(f"env/{env}") == {FILE: site.deployment(env)}
        found = plan[env]
        commit = site.home.head(f"env/{env}")
        freight = found.freight["shop"].id
        assert site.home.git("log", "-1", "--format=%an <%ae> %ct%n%B", commit) == (
            f"gitpromote <gitpromote@localhost> {site.clock.now()}\n"
            f"promote({env}): {plan.data.freight[freight].alias}\n\n"
            f"Gitpromote-Plan: {plan.digest}\n"
            f"Gitpromote-Change: {found.change_digest}\n"
            "Gitpromote-Pipeline: shop\n"
            f"Gitpromote-Environment: {env}\n"
            f"Gitpromote-Freight: {freight}\n"
            f"Gitpromote-From: {site.home.head('main')}\n"
        )
    assert site.records() == [
        *(("freight-created", None), ("planned", None)),
        *(("written", "test"), ("verified", "test"), ("written", "uat"), ("verified", "uat")),
        *(("written", "prod"), ("verified", "prod")),
    ]


def test_a_second_plan_changes_nothing_and_its_apply_writes_nothing(promoted):
    promoted.promote()
    plan = promoted.project().plan()
    assert promoted.decisions(plan) == {"test": "noop", "uat": "noop", "prod": "noop"}
    before = promoted.home.refs()
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "noop", "uat": "noop", "prod": "noop"}
    assert promoted.home.refs() == before


def test_only_the_environments_that_are_named_run(promoted):
    plan = promoted.project().plan()
    assert promoted.told(promoted.apply(plan, env="test")) == {"test": "written"}
    assert promoted.told(promoted.apply(plan, env=["prod"])) == {"prod": "waiting 3"}
    assert promoted.told(promoted.apply(plan, env=["prod", "uat"])) == {"uat": "written", "prod": "written"}


def test_an_environment_that_the_plan_does_not_have_is_refused(promoted):
    plan = promoted.project().plan(env="test")
    with pytest.raises(UsageError) as caught:
        promoted.apply(plan, env=["test", "prod"])
    assert str(caught.value) == ("The plan has no such environment  [environment-unplanned]\nprod; planned: test")


def test_what_is_not_supported_yet_waits_and_asked_for_by_name_is_refused(promoted):
    pipeline = promoted.pipeline(Environment("test"), Environment("prod", delivery="pull_request"))
    project = promoted.project(pipeline)
    plan = project.plan()
    result = promoted.apply(plan, project=project)
    assert promoted.told(result) == {"test": "written", "prod": "waiting 3"}
    assert result.environments[1].message == "delivery: pull requests are not supported by this version"
    with pytest.raises(NotSupported) as caught:
        promoted.apply(plan, project=project, env="prod")
    assert str(caught.value) == (
        "The plan has a step that this version does not carry out  [not-supported]\n"
        "prod: await-merge, pull-request not supported by this version of gitpromote\n"
        "Apply the other environments with --env, or upgrade."
    )
    assert caught.value.exit_code == 11


def doctored(plan, env, **members):
    """A plan with something else in an environment, its digests made anew."""
    changed = []
    for one in plan.data.environments:
        if one.name == env:
            one = one.model_copy(update=members)
            digest = change_digest(plan.data.pipeline.name, one.model_dump(mode="json", by_alias=True))
            one = one.model_copy(update={"change_digest": digest})
        changed.append(one)
    return Plan(plan.data.model_copy(update={"environments": tuple(changed)}))


def test_a_step_that_this_version_does_not_carry_out_is_not_replaced_by_a_push(promoted):
    """Steps are what is executed, whatever else a plan says."""
    pipeline = promoted.pipeline(Environment("test", delivery="pull_request"), Environment("uat"))
    project = promoted.project(pipeline)
    plan = doctored(project.plan(), "test", outcomes=(), decision="ready", reason="")
    assert [step.kind for step in plan["test"].steps] == ["push", "pull-request", "await-merge", "verify"]
    before = promoted.home.refs()
    result = promoted.apply(plan, project=project)
    assert promoted.told(result) == {"test": "failed 11", "uat": "waiting 3"}
    assert (result.exit_code, result.environments[0].code) == (11, "not-supported")
    assert promoted.home.refs() == before


@pytest.mark.parametrize("steps", [(), (InheritStep(id="1"),), (PullRequestStep(id="1"), VerifyStep(id="2"))])
def test_writes_that_no_step_pushes_are_no_valid_plan(promoted, steps):
    plan = doctored(promoted.project().plan(), "test", steps=steps)
    before = promoted.home.refs()
    with pytest.raises(PlanInvalid) as caught:
        promoted.apply(plan)
    assert (caught.value.exit_code, caught.value.code) == (5, "plan-unsound")
    told = ", ".join(step.kind for step in steps) or "none"
    assert caught.value.detail.endswith(f"\ntest: its steps are {told}; what it changes takes push, verify")
    assert promoted.home.refs() == before


def test_fail_fast_writes_nothing_once_one_has_failed(site):
    pipeline = site.pipeline(*(Environment(name, after=[]) for name in ("test", "uat", "prod")))
    plan = site.project(pipeline).plan()
    site.home.commit({"x.yaml": "a: 1\n"}, branch="env/uat", parent=None)
    before = site.home.refs()
    result = site.apply(plan, project=site.project(pipeline), fail_fast=True)
    assert site.told(result) == {"test": "not-started", "uat": "stale 4", "prod": "not-started"}
    assert result.exit_code == 4
    assert site.home.refs() == before


def test_another_digest_than_expected_is_refused(promoted):
    plan = promoted.project().plan()
    before = promoted.home.refs()
    for wrong in ("sha256:" + "0" * 64, plan.short_id, plan.digest[:-1]):
        with pytest.raises(PlanInvalid) as caught:
            promoted.apply(plan, expect_digest=wrong)
        assert str(caught.value) == (
            f"This is not the plan that was expected  [plan-unexpected]\nexpected {wrong}\nfound    {plan.digest}"
        )
    assert promoted.home.refs() == before


def test_a_plan_of_another_pipeline_is_refused(promoted):
    plan = promoted.project(promoted.pipeline(name="pay", target=Branch("pay/$env"))).plan()
    with pytest.raises(PlanInvalid) as caught:
        promoted.project().apply(plan, confirmed=True)
    assert str(caught.value) == (
        "This plan is of another pipeline  [plan-other-pipeline]\nIt is of pay, not of shop.\n"
        "Apply it as it is; it needs no pipeline file."
    )


def test_a_plan_is_carried_out_with_its_own_definition(promoted):
    plan = promoted.project().plan()
    changed = promoted.pipeline(Environment("test", delivery="pull_request"), Environment("live"))
    result = promoted.apply(plan, project=promoted.project(changed), expect_digest=plan.digest)
    assert promoted.told(result) == {"test": "stale 4", "uat": "stale 4", "prod": "stale 4"}  # the clock there is real
    assert {one.code for one in result.environments} == {"plan-expired"}


# -- production


def test_production_wants_more_than_a_flag(promoted):
    plan = promoted.project().plan()
    project = promoted.project()
    result = project.apply(plan, auto_approve=True)
    assert promoted.told(result) == {"test": "written", "uat": "written", "prod": "waiting 3"}
    text = "no yes at the prompt, no expected digest, no approval in the ledger."
    assert (result.environments[2].code, result.environments[2].message) == ("production-unapproved", text)
    before = promoted.home.refs()
    with pytest.raises(Declined) as caught:
        project.apply(plan, auto_approve=True)
    assert str(caught.value) == (
        "Production is not changed without somebody's consent  [production-unapproved]\n"
        f"prod: {text}\nOne of them is needed:\n"
        f"  gitpromote apply {plan.digest} --expect-digest {plan.digest}\n"
        f"  gitpromote approve {plan.digest} --env prod"
    )
    assert caught.value.exit_code == 8
    assert promoted.home.refs() == before


def test_who_needs_no_consent_is_told_to_go_alone(site):
    """Nothing is begun where production may not go; the others need not wait for it."""
    pipeline = site.pipeline(Environment("test", production=False), Environment("prod", after=[]))
    plan = site.project(pipeline).plan(record=True)
    before = site.home.refs()
    with pytest.raises(Declined) as caught:
        site.project(pipeline).apply(plan, auto_approve=True)
    assert caught.value.hint.splitlines()[-2:] == [
        "Without it go the others:",
        f"  gitpromote apply {plan.digest} --env test",
    ]
    assert site.home.refs() == before


@pytest.mark.parametrize("consent", ["confirmed", "digest", "approval"])
def test_production_opens_to_a_yes_to_the_digest_and_to_an_approval(promoted, consent, tmp_path):
    project = promoted.project()
    plan = project.plan()
    if consent == "approval":
        key = tmp_path / "key"
        subprocess.run([needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        promoted.project(who="Cleo <cleo@acme.example>").approve(plan, "prod", key=str(key))
    given = {"confirmed": {"confirmed": True}, "digest": {"expect_digest": plan.digest}}.get(consent, {})
    assert promoted.told(project.apply(plan, **given)) == {"test": "written", "uat": "written", "prod": "written"}


def test_what_is_production_is_said_by_the_pipeline(promoted):
    first, last = Environment("test", production=True), Environment("prod", production=False)
    pipeline = promoted.pipeline(first, Environment("uat"), last)
    project = promoted.project(pipeline)
    plan = project.plan()
    with pytest.raises(Declined):
        project.apply(plan, auto_approve=True)
    result = project.apply(plan, expect_digest=plan.digest)
    assert promoted.told(result) == {"test": "written", "uat": "written", "prod": "written"}


def test_consent_that_is_missing_after_something_was_recorded_lets_production_wait(promoted):
    """The first wave changes no file: it is recorded all the same."""
    promoted.promote()
    promoted.home.commit(promoted.sources("prod", version="2.0.0"), message="prod alone")
    project = promoted.project()
    plan = project.plan()
    assert promoted.decisions(plan)["test"] == "noop"
    result = project.apply(plan, auto_approve=True)
    assert promoted.told(result) == {"test": "inherited", "uat": "inherited", "prod": "waiting 3"}


# -- interruption


def test_the_first_signal_finishes_the_step_and_starts_nothing_new(promoted, monkeypatch):
    plan = promoted.project().plan()
    whole = GitRepository.push

    def push(self, changes, **words):
        signal.raise_signal(signal.SIGINT)
        return whole(self, changes, **words)

    monkeypatch.setattr(GitRepository, "push", push)
    before = signal.getsignal(signal.SIGINT)
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "written", "uat": "not-started", "prod": "waiting 3"}
    assert (result.interrupted, result.exit_code) == (True, 130)
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    assert promoted.told(promoted.apply(plan)) == {"test": "already", "uat": "written", "prod": "written"}


def test_the_second_signal_stops_at_once(promoted, monkeypatch):
    plan = promoted.project().plan()

    def push(self, changes, **words):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(GitRepository, "push", push)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        promoted.apply(plan)
    assert signal.getsignal(signal.SIGINT) is before


# -- exit codes


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ("", 0),
        ("written already noop inherited", 0),
        ("written waiting:3", 0),
        ("waiting:3", 0),
        ("written stale:4", 6),
        ("written failed:1", 6),
        ("inherited failed:7", 6),
        ("already stale:4", 4),
        ("noop failed:7 stale:4", 7),
        ("failed:1 stale:4", 4),
        ("failed:1 blocked:13", 1),
        ("written blocked:13", 13),
        ("written blocked:13 stale:4", 6),
        ("written failed:10 stale:4", 10),
        ("written failed:9 failed:1", 9),
        ("failed:12 failed:10", 12),
        ("failed:5 failed:12", 5),
        ("failed:70 failed:5", 70),
        ("unavailable held:13", 13),
        ("failed:11 blocked:13", 11),
    ],
)
def test_the_codes_of_many_ends_come_to_one(ends, code):
    pairs = [end.partition(":") for end in ends.split()]
    results = tuple(
        EnvironmentResult(name=f"e{at}", status=status, exit_code=int(number or 0))
        for at, (status, _, number) in enumerate(pairs)
    )
    assert combined_exit_code(results) == code
    assert combined_exit_code(tuple(reversed(results))) == code
    assert combined_exit_code(results, interrupted=True) == 130
