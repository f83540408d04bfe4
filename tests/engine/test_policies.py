"""Policies in a plan: what would be written is judged, where it would be written, with the place to mend."""

from __future__ import annotations

import pytest

from gitpromote import Environment, InPlace, Match, Pack, PythonPolicy, Rego, Rule
from gitpromote.engine import others
from gitpromote.errors import ConfigurationError, RemoteFailed
from gitpromote.model.finding import Finding
from gitpromote.policy.judged import Judged

TWO = Rule("replicas", "object.spec.replicas >= 2", kinds="Deployment", message="runs alone", hint="run two")


def policies(plan, environment):
    """What the policies of an Environment say: id to status and message."""
    found = plan.data.environment(environment).outcomes
    return {one.id: f"{one.status}: {one.message}" for one in found if one.kind == "policy"}


def outcome(plan, environment, name):
    return next(one for one in plan.data.environment(environment).outcomes if one.id == name)


def test_a_rule_that_does_not_hold_blocks_and_names_the_line_in_the_sources(site):
    plan = site.project(site.pipeline(policies=[TWO])).plan()
    assert site.decisions(plan)["test"] == "blocked replicas"
    found = outcome(plan, "test", "replicas")
    assert (found.status, found.level, found.reads) == ("fail", "hard", "fixed")
    assert found.message == "runs alone"
    assert found.expression == "object.spec.replicas >= 2"
    assert found.operands == {"judged": 1, "causes": 1, "objects": 1}
    [finding] = found.findings
    assert (finding.file, finding.line, finding.app) == ("deploy/test/deployment.yaml", 7, "shop")
    assert (str(finding.object), finding.path, finding.hint) == (
        "apps/Deployment test/shop",
        ("spec", "replicas"),
        "run two",
    )


def test_what_holds_is_told_too(site):
    plan = site.project(site.pipeline(policies=[Rule("kinds", "object.kind != 'Pod'")])).plan()
    assert policies(plan, "prod") == {"kinds": "pass: holds for 1"}
    assert site.decisions(plan)["test"] == "ready"


def test_an_advisory_policy_only_tells_and_a_soft_one_stops(site):
    rules = [TWO.changed({"level": "advisory"}), TWO.changed({"level": "soft", "name": "soft"})]
    plan = site.project(site.pipeline(policies=rules)).plan()
    assert policies(plan, "test") == {"replicas": "warn: runs alone", "soft": "fail: runs alone"}
    assert site.decisions(plan)["test"] == "blocked soft"


def test_a_blocked_environment_is_not_written(site):
    project = site.project(site.pipeline(policies=[TWO]))
    result = project.apply(project.plan(), confirmed=True)
    assert result.exit_code == 13
    assert site.home.head("env/test") is None


def test_only_the_environments_that_match_are_judged_and_what_matched_is_told(site):
    rule = TWO.changed({"match": Match(production=True, labels={"tier": "g*"})})
    environments = (Environment("test"), Environment("prod", labels={"tier": "gold"}))
    plan = site.project(site.pipeline(*environments, policies=[rule])).plan()
    assert policies(plan, "test") == {}
    assert outcome(plan, "prod", "replicas").operands["matched"] == {"labels": {"tier": "gold"}, "production": True}


def test_an_environment_adds_its_own(site):
    one = Environment("test", policies=[Rule("own", "object.metadata.name == 'shop'")])
    plan = site.project(site.pipeline(one, Environment("prod"), policies=[TWO])).plan()
    assert policies(plan, "test") == {"replicas": "fail: runs alone", "own": "pass: holds for 1"}
    assert policies(plan, "prod") == {"replicas": "fail: runs alone"}


def test_what_does_not_change_is_not_judged(promoted):
    promoted.promote()
    plan = promoted.project(promoted.pipeline(policies=[TWO])).plan()
    assert set(promoted.decisions(plan).values()) == {"noop"}
    assert all(policies(plan, name) == {} for name in ("test", "uat", "prod"))
    assert "policies" not in plan.data.facts


def test_a_rollback_is_judged_at_the_recorded_tree(promoted):
    promoted.promote()
    pipeline = promoted.pipeline(policies=[TWO, Rule("no-rollback", "occasion != 'rollback'", on="plan")])
    plan = promoted.project(pipeline).rollback("prod", reason="5xx")
    assert promoted.decisions(plan) == {"prod": "blocked replicas, no-rollback"}
    [finding] = outcome(plan, "prod", "replicas").findings
    assert (finding.file, finding.line) == ("apps-deployment-shop.yaml", 7)
    assert plan.explain("prod").remedies["replicas"] == "mend what apps-deployment-shop.yaml:7 is rendered from"


def test_what_is_retired_is_judged_by_its_deletes_alone(promoted):
    rules = [TWO, Rule("keep", "!('delete' in change.actions)", on="change", message="is deleted")]
    plan = promoted.project(promoted.pipeline(policies=rules)).retire(env="test", reason="gone")
    assert policies(plan, "test") == {
        "replicas": "pass: nothing here that it judges",
        "keep": "fail: is deleted",
    }


def test_what_is_not_there_is_mended_where_it_would_stand(site):
    rule = Rule("paused", "has(object.spec.paused)", kinds="Deployment", message="says nothing")
    plan = site.project(site.pipeline(policies=[rule])).plan()
    [finding] = outcome(plan, "test", "paused").findings
    assert (finding.file, finding.line, finding.path) == ("deploy/test/deployment.yaml", 6, ("spec", "paused"))


KEPT = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: test}\nspec: {serviceName: db}\n"


def test_what_is_deleted_is_mended_where_it_was_left_out(site):
    kept = {"deploy/test/db.yaml": KEPT}
    site.home.commit(kept)
    site.promote(site.pipeline(Environment("test")))
    site.home.commit({"deploy/test/db.yaml": None})
    project = site.project(site.pipeline(Environment("test"), policies=[Pack("deletes")]))
    plan = project.plan()
    [finding] = outcome(plan, "test", "deletes").findings
    assert (str(finding.object), finding.file, finding.line) == ("apps/StatefulSet test/db", "deploy/test", 0)
    assert plan.explain("test").remedies == {"deletes": "mend deploy/test"}


def test_what_an_app_takes_with_it_has_no_place_to_mend(site):
    from gitpromote import App, Branch, Plain

    site.home.commit({"db/db.yaml": KEPT, "more/set.yaml": KEPT.replace("db", "more")})
    apps = [App("shop", Plain("deploy/$env")), App("more", Plain("more")), App("db", Plain("db"))]
    site.promote(site.pipeline(Environment("test"), apps=apps, target=Branch("env/$env")))
    plan = site.plan(site.pipeline(Environment("test"), apps=apps[:2], policies=[Pack("deletes")]))
    [finding] = outcome(plan, "test", "deletes").findings
    assert (finding.file, finding.line) == ("", 0)
    assert plan.explain("test").remedies == {}


def test_a_change_is_judged_by_its_fields(promoted):
    rule = Rule("tag", "change.fields.all(f, !f.path.endsWith('.image') || f.after.endsWith(':1.0.0'))", on="change")
    plan = promoted.project(promoted.pipeline(policies=[rule])).plan()
    assert policies(plan, "test")["tag"].startswith("fail: does not hold: ")


def test_sources_in_place_are_judged_by_what_they_would_render_to(site):
    from gitpromote import App, Image, Kustomize, Warehouse

    site.home.commit(
        {
            "app/test/kustomization.yaml": (
                "resources: [deployment.yaml]\nimages: [{name: ghcr.io/acme/shop, newTag: 1.0.0}]\n"
            ),
            "app/test/deployment.yaml": site.deployment("test"),
        }
    )
    site.shelf.put("ghcr.io/acme/shop:1.1.0@sha256:" + "a" * 64)
    pipeline = site.pipeline(
        Environment("test"),
        apps=[App("shop", Kustomize("app/$env"))],
        target=InPlace("main"),
        warehouse=Warehouse(subscriptions=[Image("ghcr.io/acme/shop")]),
        policies=[TWO],
    )
    plan = site.project(pipeline).plan()
    [finding] = outcome(plan, "test", "replicas").findings
    assert (finding.file, finding.line) == ("app/test/deployment.yaml", 7)


# -- packs


def test_a_pack_finds_and_blocks(site):
    plan = site.project(site.pipeline(policies=[Pack("images", leave_out=["latest"])])).plan()
    [found] = [one for one in plan.data.environment("test").outcomes if one.id == "images"]
    assert found.status == "fail"
    assert found.findings[0].file == "deploy/test/deployment.yaml"


# -- others


class Programs:
    """Somebody outside who says what a test has for him."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def judge(self, policy, scene, texts):
        self.asked.append((policy.name, scene.environment.name, dict(texts)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


REGO = "package main\ndeny[msg] { msg := 'no' }\n"


@pytest.fixture
def with_rego(site):
    site.home.commit({"policy/a.rego": REGO, "policy/notes.txt": "no policy"})
    return site


def project_with(site, programs, *given):
    project = site.project(site.pipeline(policies=list(given)))
    project._world.policy_programs = programs
    return project


def test_files_come_from_the_default_branch_and_the_plan_names_their_version(with_rego):
    programs = Programs(Judged(warnings=(Finding(rule="main/warn", message="careful"),)))
    plan = project_with(with_rego, programs, Rego("policy")).plan()
    assert programs.asked[0] == ("policy", "test", {"policy/a.rego": REGO})
    assert policies(plan, "test") == {"policy": "warn: careful"}
    facts = plan.data.facts["policies"]
    assert facts["commit"] == with_rego.home.head("main")
    assert facts["files"] == {"policy/a.rego": "sha256:" + __import__("hashlib").sha256(REGO.encode()).hexdigest()}
    assert facts["answers"]["test"]["policy"]["warnings"][0]["message"] == "careful"


def test_a_plan_is_verified_by_what_was_answered_then(with_rego):
    programs = Programs(Judged(findings=(Finding(rule="r", message="no"),)), Judged())
    project = project_with(with_rego, programs, Rego("policy"))
    plan = project.plan()
    asked = len(programs.asked)
    with_rego.home.commit({"policy/a.rego": None}, message="away")
    assert project.plan_verify(plan) == []
    assert len(programs.asked) == asked


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            Rego("nowhere"),
            "cannot be judged: there is no nowhere at {head}, the head of the home repository's default branch",
        ),
        (
            Rego("policy/notes.txt"),
            "cannot be judged: policy/notes.txt holds no file of its kind (.rego, .yaml, .yml, .json)",
        ),
        (Rego("policy/bad.rego"), "cannot be judged: policy/bad.rego is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_had_blocks(with_rego, policy, message):
    with_rego.home.commit({"policy/bad.rego": b"\xff\xfe"})
    plan = project_with(with_rego, Programs(Judged()), policy).plan()
    found = outcome(plan, "test", policy.name)
    assert found.status == "error"
    assert found.message == message.format(head=with_rego.home.head("main")[:7])


def test_a_program_that_fails_blocks_and_is_told(with_rego):
    error = ConfigurationError("The program is not there", code="program-missing", detail="opa: not found")
    plan = project_with(with_rego, Programs(error), Rego("policy")).plan()
    assert policies(plan, "test") == {"policy": "error: cannot be judged: The program is not there; opa: not found"}


def test_who_asks_nobody_passes_nothing(site):
    project = site.project(site.pipeline(policies=[PythonPolicy("rules:two")]))
    project._world.policy_programs = None
    plan = project.plan()
    assert policies(plan, "test") == {"two": "error: cannot be judged: there is nobody here who could ask it"}


# -- what other Environments hold


def test_an_environment_is_compared_with_what_others_hold_although_they_are_not_planned(promoted):
    files = {"deploy/prod/deployment.yaml": promoted.deployment("prod", version="1.1.0") + "      hostNetwork: true\n"}
    promoted.home.commit(files, message="host network")
    environments = (Environment("test"), Environment("prod"))
    promoted.promote(promoted.pipeline(*environments), env="test")
    project = promoted.project(promoted.pipeline(*environments, policies=[Pack("parity")]))
    plan = project.plan(env="prod")
    found = outcome(plan, "prod", "parity")
    assert found.status == "fail"
    assert {(one.rule, one.file) for one in found.findings} == {("parity/fields", "deploy/prod/deployment.yaml")}
    assert plan.data.facts["policies"] == {"others": {"test": promoted.home.head("env/test")}}
    promoted.home.move("env/test", promoted.home.head("env/prod"))
    assert project.plan_verify(plan) == []


def test_where_others_cannot_be_read_who_compares_with_them_blocks(promoted, monkeypatch):
    def unreadable(*_, **__):
        raise RemoteFailed("It cannot be read", code="remote-failed", detail="gone")

    monkeypatch.setattr(others, "read_content", unreadable)
    pipeline = promoted.pipeline(Environment("test"), Environment("prod"), policies=[Pack("parity"), TWO])
    promoted.promote(promoted.pipeline(Environment("test"), Environment("prod")), env="test")
    plan = promoted.project(pipeline).plan(env="prod")
    assert policies(plan, "prod") == {
        "parity": "error: cannot be judged: test cannot be read: gone",
        "replicas": "fail: runs alone",
    }


def test_two_environments_may_call_different_files_by_one_name(with_rego):
    with_rego.home.commit({"strict/policy.rego": "package main\n"})
    environments = (
        Environment("test", policies=[Rego("policy", name="opa")]),
        Environment("prod", policies=[Rego("strict", name="opa")]),
    )
    programs = Programs(Judged())
    project = with_rego.project(with_rego.pipeline(*environments))
    project._world.policy_programs = programs
    project.plan()
    assert [(name, env, [*texts]) for name, env, texts in programs.asked] == [
        ("opa", "test", ["policy/a.rego"]),
        ("opa", "prod", ["strict/policy.rego"]),
    ]


def test_secrets_that_a_policy_looks_at_reach_no_plan(site):
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: test}\nstringData: {password: hunter2hunter2}\n"
    )
    site.home.commit({"deploy/test/secret.yaml": secret})
    from gitpromote import App, Plain

    rules = [
        Rule("text", "object.stringData.password", kinds="Secret"),
        Rule("key", "object.stringData[object.stringData.password] == ''", kinds="Secret"),
        Rule("change", "change.fields.all(f, f.after == '')", on="change", kinds="Secret"),
    ]
    apps = [App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True)]
    plan = site.project(site.pipeline(apps=apps, policies=rules)).plan()
    assert {policies(plan, "test")[name].partition(":")[0] for name in ("text", "key", "change")} <= {"error", "fail"}
    text = plan.to_bytes().decode()
    assert [text[max(at - 80, 0) : at + 40] for at in range(len(text)) if text.startswith("hunter2", at)] == []


def test_what_somebody_outside_prints_is_masked_where_it_is_a_secret(site):
    from gitpromote import App, Plain

    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: test}\nstringData: {password: hunter2hunter2}\n"
    )
    site.home.commit({"deploy/test/secret.yaml": secret, "policy/a.rego": REGO})
    one = Finding(rule="r", message="password hunter2hunter2 is weak", hint="not hunter2hunter2")
    project = site.project(
        site.pipeline(apps=[App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True)], policies=[Rego("policy")])
    )
    project._world.policy_programs = Programs(Judged(findings=(one,), operands={"saw": ["hunter2hunter2"]}))
    plan = project.plan()
    assert policies(plan, "test")["policy"] == "fail: password (sensitive) is weak"
    text = plan.to_bytes().decode()
    assert [text[max(at - 80, 0) : at + 40] for at in range(len(text)) if text.startswith("hunter2", at)] == []
