"""What an organisation asks for: read from its own repository, judged beside the pipeline's own, looser for nobody."""

from __future__ import annotations

import pytest

from gitpromote import CEL, App, Environment, Image, InPlace, Kustomize, Plain, Rego, RiskRule, Rule, Warehouse, Window
from gitpromote.errors import Blocked, ConfigurationError, PlanStale
from gitpromote.model.finding import Finding
from gitpromote.policy.judged import Judged
from gitpromote.project.running import Runner
from gitpromote.views.lines import plain
from gitpromote.views.policies import policy_table

from .conftest import NOW, sources

VARIABLE = "GITPROMOTE_ORG_POLICIES"
REPLICAS = """\
policies:
  - name: replicas
    rule: object.spec.replicas >= 2
    kinds: Deployment
    message: runs alone
"""
HOLDS = REPLICAS.replace(">= 2", ">= 1")
# NOW is Thu 20 Nov 2025, 00:54Z.
HOURS = """\
gates:
  - {kind: window, name: hours, hours: "Mon-Thu 09:00-16:00", tz: Europe/Berlin}
"""


class Organisation:
    """Somebody who has a say in all pipelines."""

    def __init__(self, site, monkeypatch):
        self.origin = site.other("policies.git")
        self.monkeypatch = monkeypatch
        self.named(str(self.origin.path))

    def named(self, where):
        """CI names it so; ``None``: it does not."""
        if where is None:
            self.monkeypatch.delenv(VARIABLE, raising=False)
        else:
            self.monkeypatch.setenv(VARIABLE, where)

    def asks(self, text, files=None, *, branch="main"):
        """Its file, and files beside it."""
        return self.origin.commit({"organisation.yaml": text, **(files or {})}, branch=branch)


@pytest.fixture
def organisation(site, monkeypatch):
    return Organisation(site, monkeypatch)


class Failed:
    """Who is told of rounds that fail."""

    def __init__(self):
        self.codes = []

    def ended(self, done, *, again):
        raise AssertionError(done)

    def failed(self, error, *, again):
        self.codes.append(error.code)


def told(outcomes):
    """The organisation's verdicts: id to level, status and message."""
    return {one.id: f"{one.level} {one.status}: {one.message}" for one in outcomes if one.id.startswith("org/")}


def said(plan, environment):
    return told(plan.data.environment(environment).outcomes)


def outcome(plan, environment, name):
    return next(one for one in plan.data.environment(environment).outcomes if one.id == name)


def warnings(plan):
    return list(plan.file.observations.warnings)


def one_environment(site, **members):
    return site.pipeline(Environment("test", production=False), **members)


# -- where it is


def test_a_policy_of_the_organisation_blocks_and_the_plan_names_its_version(site, organisation):
    commit = organisation.asks(REPLICAS)
    plan = site.project().plan()
    assert said(plan, "test") == {"org/replicas": "hard fail: runs alone"}
    assert site.decisions(plan)["test"] == "blocked org/replicas"
    facts = plan.data.facts["organisation"]
    assert (facts["commit"], facts["path"], facts["branch"]) == (commit, "", "main")
    assert list(facts["files"]) == ["organisation.yaml"]
    assert site.apply(plan, project=site.project()).exit_code == 13


def test_a_plan_is_verified_by_what_counted_then(site, organisation):
    organisation.asks(REPLICAS)
    project = site.project()
    plan = project.plan()
    organisation.asks("gates: []\n")
    assert project.plan_verify(plan) == []
    organisation.named(None)
    assert site.project().plan_verify(plan) == []


def test_a_folder_and_a_branch_can_be_named(site, organisation):
    organisation.origin.commit({"shared/organisation.yaml": REPLICAS}, branch="release/1")
    organisation.named(f"{organisation.origin.path}//shared@release/1")
    plan = site.plan(one_environment(site))
    assert said(plan, "test") == {"org/replicas": "hard fail: runs alone"}
    assert (plan.data.facts["organisation"]["path"], plan.data.facts["organisation"]["branch"]) == (
        "shared",
        "release/1",
    )


def test_a_checkout_means_what_it_was_cloned_from_and_its_files_do_not_count(site, organisation, tmp_path):
    organisation.asks(REPLICAS)
    work = tmp_path / "checkout"
    organisation.origin.git("clone", "-q", str(organisation.origin.path), str(work))
    (work / "organisation.yaml").write_text("policies: []\n")
    organisation.named(str(work))
    assert said(site.plan(one_environment(site)), "test") == {"org/replicas": "hard fail: runs alone"}


@pytest.mark.parametrize(
    ("where", "detail"),
    [
        ("", "GITPROMOTE_ORG_POLICIES is set, and empty."),
        ("{origin}@nowhere", "{origin} has no branch nowhere."),
        ("{origin}//nowhere", "{origin} has no nowhere/organisation.yaml on main ({head})."),
        ("{origin}//../x", ('GITPROMOTE_ORG_POLICIES: the folder "../x" leaves the repository or goes back in it: '
                           "write it from the repository's root, without ...")),
        ("{root}/missing/policies", "GITPROMOTE_ORG_POLICIES: there is no {root}/missing/policies."),
    ],
)  # fmt: skip
def test_what_is_named_and_cannot_be_read_refuses_the_plan(site, organisation, where, detail):
    organisation.asks(REPLICAS)
    names = {"origin": organisation.origin.path, "root": site.root, "head": organisation.origin.head("main")[:7]}
    organisation.named(where.format(**names))
    with pytest.raises(ConfigurationError) as raised:
        site.project().plan()
    assert (raised.value.code, raised.value.exit_code) == ("organisation-unreadable", 11)
    assert raised.value.detail == detail.format(**names)
    assert (
        raised.value.hint == "GITPROMOTE_ORG_POLICIES says where it is: a repository, //folder and @branch behind it."
    )


def test_a_server_that_does_not_answer_refuses_the_plan_and_run_tries_again(site, organisation):
    organisation.named(f"file://{site.root}/missing.git")
    with pytest.raises(ConfigurationError) as raised:
        site.project().plan()
    assert (raised.value.code, raised.value.exit_code) == ("organisation-unreachable", 11)
    failed = Failed()
    site.project().run(Runner(rounds=1, listener=failed))
    assert failed.codes == ["organisation-unreachable"]


def test_what_is_wrong_in_it_is_told_with_file_and_line(site, organisation):
    organisation.asks(
        "policies:\n"
        "  - {name: a, rule: object.spec.replica_s >= }\n"
        "  - {name: b, pack: imagse}\n"
        "gates:\n"
        "  - {kind: cel, name: c, expression: environment.nmae == 'x'}\n"
    )
    with pytest.raises(ConfigurationError) as raised:
        site.project().plan()
    problems = [f"{one.path}:{one.line} {one.code}" for one in raised.value.problems]
    assert problems == [
        "organisation.yaml:2 expression-invalid",
        "organisation.yaml:3 unknown-pack",
        "organisation.yaml:5 expression-invalid",
    ]


def test_the_teams_own_repository_counts_and_is_told(site, organisation):
    head = site.home.commit({"organisation.yaml": HOLDS})
    organisation.named(str(site.home.path))
    plan = site.plan(one_environment(site))
    assert said(plan, "test") == {"org/replicas": "hard pass: holds for 1"}
    [warning] = warnings(plan)
    assert warning.startswith("the organisation's policies (")
    assert warning.endswith(f" main {head[:7]}) stand in the team's own repository: it can change them")


# -- beside the pipeline's own


def test_a_pipeline_can_neither_take_its_name_nor_override_what_is_hard(site, organisation):
    organisation.asks(REPLICAS)
    own = Rule("replicas", "object.spec.replicas >= 1", kinds="Deployment")
    project = site.project(one_environment(site, policies=[own]))
    plan = project.plan()
    assert said(plan, "test") == {"org/replicas": "hard fail: runs alone"}
    assert outcome(plan, "test", "replicas").status == "pass"
    with pytest.raises(ConfigurationError, match="name-invalid"):
        Rule("org/replicas", "true")
    with pytest.raises(Blocked) as caught:
        project.override("test", "org/replicas", reason="now", plan=plan)
    assert str(caught.value) == (
        "What is hard cannot be overridden  [override-hard]\n"
        "test: org/replicas is hard, and says fail: runs alone\n"
        "The organisation's owners alone may make it soft, in organisation.yaml: level: soft, "
        "or excuse what it finds by a file in exceptions/."
    )


def test_a_hard_gate_of_the_organisation_is_made_soft_by_its_owners_alone(site, organisation):
    organisation.asks(HOURS)
    project = site.project(one_environment(site))
    with pytest.raises(Blocked) as caught:
        project.override("test", "org/hours", reason="now", plan=project.plan())
    assert caught.value.hint == ("The organisation's owners alone may make it soft, in organisation.yaml: level: soft.")


def test_what_is_soft_may_be_overridden(site, organisation):
    organisation.asks(REPLICAS + "    level: soft\n")
    project = site.project(one_environment(site))
    plan = project.plan()
    project.override("test", "org/replicas", reason="now", plan=plan)
    again = project.plan()
    assert outcome(again, "test", "org/replicas").overridden.reason == "now"
    assert project.apply(again, confirmed=True).exit_code == 0


SOFT_HOURS = "signers: signers\n" + HOURS.replace("name: hours", "name: hours, level: soft")


def test_what_the_organisation_made_soft_its_own_signers_alone_override(site, organisation, keys):
    """The pipeline names no signers, and says nothing of whose word counts for the organisation."""
    organisation.asks(SOFT_HOURS, {"signers": key_line(keys, "cleo")})
    pipeline = site.pipeline(Environment("test", production=True))
    project = site.project(pipeline, who="Cleo <cleo@acme.example>", cache="cleo")
    with pytest.raises(ConfigurationError) as caught:
        project.override("test", "org/hours", reason="now", plan=project.plan(), key=str(keys["dora"]))
    assert (caught.value.code, caught.value.detail) == (
        "signer-unknown",
        "cleo@acme.example with this key is not in the organisation's signers.",
    )
    project.override("test", "org/hours", reason="now", plan=project.plan(), key=str(keys["cleo"]))
    assert outcome(project.plan(), "test", "org/hours").overridden.by == "cleo@acme.example"
    assert project.apply(project.plan(), confirmed=True).exit_code == 0
    assert [one.message for one in project.verify().findings if not one.ok] == []


@pytest.mark.parametrize("production", [True, False])
def test_an_unsigned_override_does_not_open_what_an_organisation_with_signers_asks(
    site, organisation, keys, production
):
    organisation.asks(SOFT_HOURS.replace("signers: signers\n", ""))
    pipeline = site.pipeline(Environment("test", production=production))
    project = site.project(pipeline)
    plan = project.plan()
    project.override("test", "org/hours", reason="now", plan=plan)
    assert outcome(project.plan(), "test", "org/hours").overridden is not None
    organisation.asks(SOFT_HOURS, {"signers": key_line(keys, "cleo")})
    assert outcome(project.plan(), "test", "org/hours").overridden is None
    assert site.told(project.apply(plan, confirmed=True)) == {"test": "waiting 3"}


def test_a_window_of_the_pipeline_does_not_open_that_of_the_organisation_nor_the_other_way_round(site, organisation):
    organisation.asks(HOURS + '  - {kind: window, name: always, hours: "Mon-Sun 00:00-24:00"}\n')
    always = Window("Mon-Sun 00:00-24:00", name="always")
    never = Window("Sun 00:00-00:01", name="never")
    plan = site.plan(site.pipeline(Environment("test", gates=[always])))
    assert {one.id: one.status for one in plan.data.environment("test").outcomes if one.kind == "gate"} == {
        "always": "pass",
        "org/hours": "pending",
        "org/always": "pass",
    }
    assert plan.data.environment("test").opens.earliest == NOW - 54 * 60 + 8 * 3600
    other = site.plan(site.pipeline(Environment("test", gates=[never])))
    assert outcome(other, "test", "never").status == "pending"


def test_it_is_asked_of_those_whom_it_is_about_and_what_matched_is_told(site, organisation):
    organisation.asks(
        HOURS.replace("}", ", match: {production: true, pipelines: [pay-*, shop]}}").replace("gates", "gates")
        + REPLICAS
        + "    match: {pipelines: other}\n"
    )
    plan = site.plan()
    assert [list(said(plan, name)) for name in ("test", "uat", "prod")] == [[], [], ["org/hours"]]
    found = outcome(plan, "prod", "org/hours")
    assert found.operands["matched"] == {"pipelines": "shop", "production": True}


def test_a_boundary_names_what_lies_beyond_it(site, organisation):
    organisation.asks(
        "boundaries:\n"
        "  - {name: files, paths: builds/*, kinds: [ConfigMap, /Service]}\n"
        "  - {name: names, environments: [t*, uat], repositories: '*/home.git'}\n"
    )
    plan = site.plan()
    files = outcome(plan, "test", "org/files")
    assert [one.message for one in files.findings] == [
        "the path apps-deployment-shop.yaml is beyond the boundary: builds/*",
        "the kind apps/Deployment is beyond the boundary: ConfigMap, /Service",
    ]
    assert (files.status, files.level, files.threshold) == (
        "fail",
        "hard",
        "paths: builds/*; kinds: ConfigMap, /Service",
    )
    assert files.message == "the path apps-deployment-shop.yaml is beyond the boundary: builds/*, and 1 more"
    assert said(plan, "prod")["org/names"].startswith("hard fail: the environment prod is beyond the boundary: t*, uat")


# -- ramps and exemptions


RAMP = REPLICAS + "    ramp: {audit: 2025-11-01, warn: 2025-11-20, enforce: 2025-12-01}\n"


def test_a_ramp_warns_says_when_it_fails_and_then_fails(site, organisation):
    organisation.asks(RAMP)
    project = site.project(one_environment(site))
    plan = project.plan()
    found = outcome(plan, "test", "org/replicas")
    assert (found.level, found.status, found.message) == ("advisory", "warn", "runs alone; fails from 2025-12-01")
    assert found.until == found.operands["ramp"]["enforced"] == 1764547200
    assert warnings(plan) == ["from 2025-12-01 org/replicas is enforced: it would block test (1 cause)"]
    assert site.decisions(plan) == {"test": "ready"}
    site.clock.time = 1764547200
    assert said(project.plan(), "test") == {"org/replicas": "hard fail: runs alone"}


def test_before_the_first_day_nothing_is_judged_and_an_audit_is_only_counted(site, organisation):
    organisation.asks(RAMP)
    project = site.project(one_environment(site))
    assert said(project.plan(as_of=NOW - 30 * 86400), "test") == {}
    audit = outcome(project.plan(as_of=NOW - 5 * 86400), "test", "org/replicas")
    assert audit.is_audited and (audit.level, audit.status) == ("advisory", "warn")


SIMULATED = """\
Now is 20 Nov 2025 00:54Z; then is 1 Dec 2025 00:00Z.

  ENVIRONMENT  NOW    THEN                   WHY
  test         ready  blocked: org/replicas  org/replicas: runs alone

Then: 0 ready, 0 waiting, 1 blocked; 1 other than now.
What is recorded is taken to stay as it is, and nothing is written.
"""


@pytest.mark.parametrize(
    "ramp",
    [
        "{audit: 2025-11-01, enforce: 2025-12-01}",
        "{audit: 2025-11-25, warn: 2025-11-28, enforce: 2025-12-01}",
        "{audit: 2025-12-01, enforce: 2025-12-01}",
    ],
)
def test_what_an_organisation_begins_to_enforce_is_simulated_whether_or_not_it_is_judged_yet(site, organisation, ramp):
    organisation.asks(REPLICAS + f"    ramp: {ramp}\n")
    project = site.project(one_environment(site))
    found = project.simulate("2025-12-01")
    assert plain(found.lines()) == SIMULATED
    assert project.simulate("2025-11-30").blocked == ()
    assert project.plan_verify(found.now) == []
    turns = [(one.at, one.decision, one.reason) for one in project.forecast("2026-01-01")]
    assert turns == [(NOW, "ready", ""), (1764547200, "blocked", "org/replicas")]


def test_another_policy_that_blocks_then_is_not_the_same_as_now(site, organisation):
    organisation.asks(RAMP)
    project = site.project(one_environment(site, policies=[Rule("no", "false")]))
    then, now = project.simulate("2025-12-01"), project.simulate("2025-11-30")
    assert plain(then.lines()).splitlines()[-2] == "Then: 0 ready, 0 waiting, 1 blocked; 1 other than now."
    assert plain(now.lines()).splitlines()[-2] == "Then: 0 ready, 0 waiting, 1 blocked; the same as now."
    [freight] = now.now.data.freight
    named = plain(project.simulate("2025-11-30", freight=freight).lines()).splitlines()[-2]
    assert named == "Then: 0 ready, 0 waiting, 1 blocked; the same as now with this Freight."


def test_a_plan_that_was_not_judged_by_what_begins_later_cannot_tell(site, organisation):
    organisation.asks(REPLICAS + "    ramp: {audit: 2025-11-25, warn: 2025-11-28, enforce: 2025-12-01}\n")
    plan = site.plan(one_environment(site))
    assert said(plan, "test") == {}
    assert said(plan.at("2025-11-30"), "test") == {}
    assert said(plan.at("2025-12-01"), "test") == {
        "org/replicas": "hard error: it began after the plan, which was not judged by it: simulate it afresh"
    }
    assert plan.at("2025-12-01")["test"].decision == "blocked"


EXEMPTION = """\
rule: replicas
object: Deployment */shop
pipeline: sh*
owner: pay
reason: moves in spring
expires: 2025-12-24
"""


OVER = "from 2025-12-24 org/replicas is excused no more: it would block test (1 cause)"


def test_an_exemption_excuses_until_it_is_over(site, organisation):
    organisation.asks(REPLICAS, {"exceptions/shop.yaml": EXEMPTION})
    plan = site.plan(one_environment(site))
    found = outcome(plan, "test", "org/replicas")
    assert found.status == "pass"
    assert found.findings[0].excepted == "pay until 2025-12-24: moves in spring"
    assert found.until == 1766534400
    assert warnings(plan) == [OVER]


VOID = ": it does not count"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            EXEMPTION.replace("2025-12-24", "2025-11-20"),
            "exceptions/shop.yaml:1: an exemption from replicas does not count: it expired on 2025-11-20",
        ),
        (
            EXEMPTION.replace("owner: pay\n", ""),
            "exceptions/shop.yaml:1: an exemption from replicas does not count: it has no owner",
        ),
        (
            EXEMPTION.replace("rule: replicas", "rule: replica"),
            "exceptions/shop.yaml:1: an exemption from replica does not count: there is no policy replica",
        ),
        (
            EXEMPTION.replace("expires", "expire"),
            "exceptions/shop.yaml:1: Exemption: no keyword expire  [unknown-keyword]  (did you mean expires?)" + VOID,
        ),
    ],
    ids=["expired", "no owner", "no policy", "unknown member"],
)
def test_an_exemption_that_does_not_count_is_told(site, organisation, text, warning):
    organisation.asks(REPLICAS, {"exceptions/shop.yaml": text})
    plan = site.plan(one_environment(site))
    assert outcome(plan, "test", "org/replicas").status == "fail"
    assert warnings(plan) == [warning]


def test_an_exemption_with_a_mistake_is_told_and_takes_nothing_from_those_beside_it(site, organisation):
    lines = EXEMPTION.splitlines()
    good = "- " + "\n  ".join(lines) + "\n"
    several = good.replace("owner: pay", "owner: [pay]") + "- 5\n" + good
    organisation.asks(REPLICAS, {"exceptions/shop.yaml": several})
    plan = site.plan(one_environment(site))
    found = outcome(plan, "test", "org/replicas")
    assert (found.status, found.findings[0].excepted) == ("pass", "pay until 2025-12-24: moves in spring")
    assert warnings(plan) == [
        "exceptions/shop.yaml:1: Exemption: owner takes text, not a list  [wrong-type]" + VOID,
        "exceptions/shop.yaml:7: item[1] is the number 5, not a mapping  [organisation-invalid]" + VOID,
        OVER,
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("just a text\n", [":1: an exemption is text, not a mapping  [organisation-invalid]"]),
        (
            "5: x\n",
            [
                ":1: Exemption: rule is missing  [missing-argument]  (it takes text)",
                ":1: Exemption: no keyword 5  [unknown-keyword]",
            ],
        ),
        ("rule: [\n", [":2:1: document 1: while parsing a flow node, did not find expected node content"]),
        ("", [":1: Exemption: rule is missing  [missing-argument]  (it takes text)"]),
        (
            "rule: replicas\n---\nrule: replicas\n",
            [":1: holds more than one document  [organisation-invalid]  (keep one, without ---)"],
        ),
    ],
)
def test_a_file_of_exemptions_that_is_none_is_told(site, organisation, text, told):
    organisation.asks(REPLICAS, {"exceptions/shop.yaml": text})
    plan = site.plan(one_environment(site))
    assert outcome(plan, "test", "org/replicas").status == "fail"
    assert warnings(plan) == [f"exceptions/shop.yaml{each}{VOID}" for each in told]


# -- carried out


def test_what_was_added_since_the_plan_is_judged_on_what_would_be_written(site, organisation):
    organisation.asks(HOLDS)
    project = site.project(one_environment(site))
    plan = project.plan()
    organisation.asks(REPLICAS + "boundaries:\n  - {kinds: ConfigMap}\n" + HOURS)
    result = project.apply(plan, confirmed=True)
    assert site.told(result) == {"test": "blocked 13"}
    [ended] = result.environments
    assert "org/replicas" in ended.message and "org/boundary" in ended.message
    assert site.home.head("env/test") is None


def test_what_was_taken_away_since_the_plan_still_counts(site, organisation):
    organisation.asks(REPLICAS)
    project = site.project(one_environment(site))
    plan = project.plan()
    organisation.asks("policies: []\n")
    assert site.told(project.apply(plan, confirmed=True)) == {"test": "blocked 13"}
    assert site.told(site.apply(project=project)) == {"test": "written"}


def test_a_gate_that_was_taken_away_since_is_waited_for_and_one_that_changed_counts_twice(site, organisation):
    organisation.asks(HOURS)
    project = site.project(one_environment(site))
    plan = project.plan()
    site.clock.time = NOW - 54 * 60 + 8 * 3600
    commit = organisation.asks(HOURS.replace("09:00-16:00", "12:00-16:00"))
    result = project.apply(plan, confirmed=True)
    assert site.told(result) == {"test": "waiting 3"}
    assert f"org/hours@{commit[:7]}" in result.environments[0].message
    organisation.asks("gates: []\n")
    assert site.told(project.apply(plan, confirmed=True)) == {"test": "written"}
    assert project.verify().ok


def test_the_organisation_cannot_be_skipped_when_a_plan_is_carried_out(site, organisation):
    organisation.asks(HOLDS)
    plan = site.plan(one_environment(site))
    organisation.named(None)
    with pytest.raises(ConfigurationError) as raised:
        site.project(one_environment(site)).apply(plan, confirmed=True)
    assert (raised.value.code, raised.value.exit_code) == ("organisation-unset", 11)
    facts = plan.data.facts["organisation"]
    assert raised.value.detail == (
        f"The plan was judged by {facts['url']}@main ({facts['commit'][:7]}), and GITPROMOTE_ORG_POLICIES is not set."
    )
    other = site.other("other.git")
    other.commit({"organisation.yaml": "policies: []\n"})
    organisation.named(str(other.path))
    with pytest.raises(ConfigurationError, match="organisation-other"):
        site.project(one_environment(site)).apply(plan, confirmed=True)
    organisation.named(str(organisation.origin.path))
    organisation.origin.commit({"organisation.yaml": "policies: []\n"}, parent=None)
    with pytest.raises(PlanStale, match="organisation-rewritten"):
        site.project(one_environment(site)).apply(plan, confirmed=True)
    assert site.home.head("env/test") is None


def test_a_plan_from_before_is_carried_out_under_what_counts_now(site, organisation):
    organisation.named(None)
    plan = site.plan(one_environment(site))
    organisation.asks(REPLICAS)
    organisation.named(str(organisation.origin.path))
    assert site.told(site.project(one_environment(site)).apply(plan, confirmed=True)) == {"test": "blocked 13"}


def test_sources_that_are_edited_in_place_are_judged_by_what_they_render_to(site, organisation):
    organisation.asks("policies: []\n")
    kustomization = "resources: [deployment.yaml]\nimages: [{name: ghcr.io/acme/shop, newTag: 1.0.0}]\n"
    files = {"kustomization.yaml": kustomization, "deployment.yaml": site.deployment("test")}
    site.home.commit({f"app/test/{name}": text for name, text in files.items()})
    site.shelf.put("ghcr.io/acme/shop:1.1.0@sha256:" + "a" * 64)
    pipeline = site.pipeline(
        Environment("test", production=False),
        apps=[App("shop", Kustomize("app/$env"))],
        target=InPlace("main"),
        warehouse=Warehouse(subscriptions=[Image("ghcr.io/acme/shop")]),
    )
    project = site.project(pipeline)
    plan = project.plan()
    assert site.decisions(plan) == {"test": "ready"}
    organisation.asks(REPLICAS + "boundaries:\n  - {paths: app/prod/*}\n")
    [ended] = project.apply(plan, confirmed=True).environments
    assert (ended.status, "org/replicas" in ended.message, "org/boundary" in ended.message) == ("blocked", True, True)


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: test}\nstringData: {word: hunter2}\n"


def test_files_with_secrets_are_judged_too_and_no_value_is_told(site, organisation):
    organisation.asks("policies: []\n")
    site.home.commit({"deploy/test/secret.yaml": SECRET})
    project = site.project(
        one_environment(site, apps=[App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True)])
    )
    plan = project.plan()
    organisation.asks("policies:\n  - {name: none, rule: \"object.kind != 'Secret'\", message: a Secret}\n")
    [ended] = project.apply(plan, confirmed=True).environments
    assert (ended.status, "org/none" in ended.message) == ("blocked", True)
    assert "hunter2" not in repr(ended)


def test_a_pipelines_risk_rules_lower_nothing_where_the_organisation_asks_by_risk(promoted, monkeypatch):
    lowered = promoted.pipeline(risks=[RiskRule("calm", "true", risk="low", lower=True)])
    raised = [RiskRule("high", "true", risk="high"), RiskRule("calm", "true", risk="low", lower=True)]
    organisation = Organisation(promoted, monkeypatch)
    organisation.asks("gates:\n  - {kind: cel, name: calm, expression: \"plan.risk == 'low'\"}\n")
    own = promoted.pipeline(Environment("test", gates=[CEL("calm", "plan.risk == 'low'")]), risks=raised)
    found = {one.risk for one in promoted.plan(own).data.environment("test").changes}
    assert found == {"high"}
    assert promoted.plan(lowered).data.environment("test").changes == (
        promoted.plan(promoted.pipeline()).data.environment("test").changes
    )


LOWERED = [RiskRule("high", "true", risk="low", lower=True)]
CALM = "gates:\n  - {kind: cel, name: calm, expression: \"plan.risk != 'high'\"}\n"
CALM_HOURS = """\
gates:
  - {kind: window, name: hours, hours: "Mon-Thu 09:00-16:00", tz: Europe/Berlin, when: "plan.risk == 'high'"}
"""


def stopping(promoted):
    """A change of high risk, from 3 replicas to none, that the pipeline calls low."""
    pipeline = promoted.pipeline(Environment("test", production=False), risks=LOWERED)
    promoted.home.commit(sources("test", replicas=3))
    promoted.promote(pipeline)
    promoted.home.commit(sources("test", replicas=0))
    return pipeline


@pytest.mark.parametrize(("asked", "name"), [(CALM, "org/calm"), (CALM_HOURS, "org/hours")])
def test_a_plan_from_before_is_not_carried_out_by_a_risk_that_the_pipeline_lowered(promoted, monkeypatch, asked, name):
    monkeypatch.delenv(VARIABLE, raising=False)
    pipeline = stopping(promoted)
    plan = promoted.plan(pipeline)
    assert {one.risk for one in plan.data.environment("test").changes} == {"low"}
    Organisation(promoted, monkeypatch).asks(asked)
    head = promoted.home.head("env/test")
    [ended] = promoted.project(pipeline).apply(plan, confirmed=True).environments
    assert (ended.status in ("blocked", "waiting"), name in ended.message) == (True, True)
    assert promoted.home.head("env/test") == head


def test_a_gate_by_risk_that_is_added_after_the_plan_does_not_see_what_the_pipeline_lowered(promoted, monkeypatch):
    organisation = Organisation(promoted, monkeypatch)
    organisation.asks("gates: []\n")
    pipeline = stopping(promoted)
    plan = promoted.plan(pipeline)
    assert {one.risk for one in plan.data.environment("test").changes} == {"low"}
    organisation.asks(CALM)
    [ended] = promoted.project(pipeline).apply(plan, confirmed=True).environments
    assert (ended.status, "org/calm" in ended.message) == ("blocked", True)


@pytest.mark.parametrize(
    "gate",
    [
        Window("Mon 03:00-03:01", name="own", when="plan.risk != 'high'"),
        CEL("own", "plan.risk == 'high'"),
    ],
    ids=["window", "expression"],
)
def test_a_gate_of_the_organisation_opens_none_of_the_pipelines_own(promoted, monkeypatch, gate):
    stopping(promoted)
    pipeline = promoted.pipeline(Environment("test", production=False, gates=[gate]), risks=LOWERED)
    shut = outcome(promoted.plan(pipeline), "test", "own").status
    assert shut in ("pending", "fail")
    Organisation(promoted, monkeypatch).asks(CALM.replace("!= 'high'", "in ['low', 'medium', 'high']"))
    plan = promoted.plan(pipeline)
    assert outcome(plan, "test", "org/calm").status == "pass"
    assert outcome(plan, "test", "own").status == shut
    assert {one.risk for one in plan.data.environment("test").changes} == {"high"}
    [ended] = promoted.project(pipeline).apply(plan, confirmed=True).environments
    assert ended.status in ("blocked", "waiting")


RELEASE = "groups: groups.yaml\nsigners: signers\ngates:\n  - {kind: approvals, count: 1, of: '@release'}\n"
PEOPLE = {"groups.yaml": '"@release": [cleo@acme.example]\n'}


def key_line(keys, name):
    return f"{name}@acme.example {' '.join(keys[name].with_suffix('.pub').read_text().split()[:2])}\n"


def test_a_group_of_the_organisation_is_its_own(site, organisation, keys):
    organisation.asks(RELEASE, {**PEOPLE, "signers": key_line(keys, "cleo")})
    plan = site.plan(one_environment(site))
    found = outcome(plan, "test", "org/approvals")
    assert (found.status, found.message) == ("pending", "0 of 1 from @release")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            RELEASE.replace("groups: groups.yaml\n", ""),
            (
                "organisation.yaml:1: OrgPolicies: the gate approvals asks for @release, and there are no groups  "
                "[groups-missing]  (write groups: groups.yaml)"
            ),
        ),
        (
            RELEASE.replace("signers: signers\n", ""),
            (
                "organisation.yaml:1: OrgPolicies: the gate approvals asks whose keys count, and there are no signers  "
                "[signers-missing]  (write signers: allowed_signers)"
            ),
        ),
        (
            "gates: [{kind: commit-signature}]\n",
            (
                "organisation.yaml:1: OrgPolicies: the gate commit-signature asks whose keys count, and there are no "
                "signers  [signers-missing]  (write signers: allowed_signers)"
            ),
        ),
    ],
)
def test_whose_keys_count_the_organisation_says_itself(site, organisation, text, told):
    organisation.asks(text, {**PEOPLE, "signers": ""})
    with pytest.raises(ConfigurationError) as caught:
        site.plan(one_environment(site))
    assert str(caught.value).splitlines()[1].strip() == told


def test_a_pipelines_signers_say_nothing_of_the_organisations_approvals(site, organisation, keys):
    """Whoever writes the pipeline names Dora's key as Cleo's; the organisation knows Cleo's own alone."""
    organisation.asks(RELEASE, {**PEOPLE, "signers": key_line(keys, "cleo")})
    forged = key_line(keys, "dora").replace("dora@", "cleo@")
    site.home.commit({"signers": forged})
    pipeline = one_environment(site, signers="signers")
    plan = site.project(pipeline).plan()
    theirs = site.project(pipeline, who="Cleo <cleo@acme.example>", cache="cleo")
    record = theirs.approve(plan, "test", key=str(keys["dora"]))
    why = "cleo@acme.example with this key is not in the organisation's signers"
    assert record.data["counts"] == {"the pipeline": "", "org/approvals": why}
    found = outcome(site.project(pipeline).plan(), "test", "org/approvals")
    assert (found.status, found.message) == (
        "pending",
        "0 of 1 from @release; cleo@acme.example does not count: signers does not have this name with this key",
    )
    record = theirs.approve(plan, "test", key=str(keys["cleo"]))
    assert record.data["counts"] == {
        "the pipeline": "cleo@acme.example with this key is not in signers",
        "org/approvals": "",
    }
    assert outcome(site.project(pipeline).plan(), "test", "org/approvals").status == "pass"


def test_an_approval_that_counts_for_nobody_is_not_made(site, organisation, keys):
    organisation.asks(RELEASE, {**PEOPLE, "signers": key_line(keys, "cleo")})
    site.home.commit({"signers": key_line(keys, "dora")})
    pipeline = one_environment(site, signers="signers")
    plan = site.project(pipeline).plan()
    theirs = site.project(pipeline, who="Cleo <cleo@acme.example>", cache="cleo")
    with pytest.raises(ConfigurationError) as caught:
        theirs.approve(plan, "test", key=str(keys["dora"]))
    assert str(caught.value) == (
        "This signature would not count  [signer-unknown]\n"
        "cleo@acme.example with this key is not in signers; "
        "cleo@acme.example with this key is not in the organisation's signers.\n"
        "Use the key that is listed there: --key FILE."
    )


# -- told


def test_what_has_to_change_is_what_the_expression_reads_and_another_moment_is_no_other_decision(site, organisation):
    organisation.asks("gates:\n  - {kind: cel, name: few, expression: plan.deletes > 0, match: {names: test}}\n")
    project = site.project(one_environment(site))
    text = str(plain(project.plan().explain("test").lines()))
    assert "has to change: plan.deletes (now 0); then plan again" in text
    then = plain(project.simulate("Sat 15:00").lines()).splitlines()[-2]
    assert then == "Then: 0 ready, 0 waiting, 1 blocked; the same as now."


# -- another time


def test_another_moment_is_judged_by_what_the_plan_tells(site, organisation):
    organisation.asks(RAMP + HOURS)
    plan = site.plan(one_environment(site))
    assert (outcome(plan, "test", "org/hours").status, outcome(plan, "test", "org/replicas").status) == (
        "pending",
        "warn",
    )
    open_then = plan.at(NOW - 54 * 60 + 9 * 3600)
    assert site.decisions(open_then) == {"test": "ready"}
    enforced = outcome(plan.at(1764547200 + 9 * 3600), "test", "org/replicas")
    assert (enforced.level, enforced.status, enforced.message) == ("hard", "fail", "runs alone")
    organisation.named(None)
    assert outcome(plan.at(NOW + 60), "test", "org/hours").status == "pending"


def test_the_list_of_policies_has_them_with_their_phase(site, organisation):
    organisation.asks(RAMP + HOURS + "boundaries:\n  - {environments: [t*], match: {names: test}}\n")
    rows = [row for row in site.project().policies() if row.source == "organisation"]
    assert [(row.name, row.kind, row.level, row.environments) for row in rows] == [
        ("org/hours", "window", "hard", ("test", "uat", "prod")),
        ("org/replicas", "rule", "advisory", ("test", "uat", "prod")),
        ("org/boundary", "boundary", "hard", ("test",)),
    ]
    assert rows[1].definition.endswith("  # warn, enforced from 2025-12-01")


def test_the_list_of_policies_has_those_that_fit_no_environment_here(site, organisation):
    elsewhere = "match: {labels: {tier: gold}}"
    organisation.asks(
        f"gates:\n  - {{kind: window, name: hours, hours: 'Mon-Thu 09:00-16:00', {elsewhere}}}\n"
        f"policies:\n  - {{pack: images, {elsewhere}}}\n"
        "boundaries:\n  - {environments: [t*], match: {names: elsewhere}}\n"
    )
    rows = site.project().policies()
    assert [(row.name, row.kind, row.level, row.environments) for row in rows if row.source == "organisation"] == [
        ("org/hours", "window", "hard", ()),
        ("org/images", "pack", "hard", ()),
        ("org/boundary", "boundary", "hard", ()),
    ]
    assert rows[0].match["labels"] == {"tier": "gold"}
    shown = plain(policy_table("shop", rows, every=("test", "uat", "prod"), width=None))
    assert [line.split("  ")[-1] for line in shown.splitlines() if "org/" in line] == ["(fits no environment here)"] * 3


# -- programs, rollbacks, doctor


class Programs:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def judge(self, policy, scene, texts):
        self.asked.append((policy.name, scene.environment.name, sorted(texts)))
        return self.answer


def test_rego_of_the_organisation_is_read_from_its_repository(site, organisation):
    text = "policies: [{name: ours, rego: rego}]\n"
    organisation.origin.commit({"shared/rego/a.rego": "package main\n", "shared/organisation.yaml": text})
    organisation.named(f"{organisation.origin.path}//shared")
    project = site.project(one_environment(site, policies=[Rego("deploy", name="rego")]))
    programs = Programs(Judged(findings=(Finding(rule="main", message="no"),)))
    project._world.policy_programs = programs
    plan = project.plan()
    assert said(plan, "test") == {"org/ours": "hard fail: no"}
    assert ("ours", "test", ["shared/rego/a.rego"]) in programs.asked
    assert "org/ours" in plan.data.facts["policies"]["answers"]["test"]
    assert project.plan_verify(plan) == []


def test_a_rollback_is_judged_too(promoted, monkeypatch):
    promoted.promote()
    Organisation(promoted, monkeypatch).asks(REPLICAS)
    plan = promoted.project().rollback("prod", reason="5xx")
    assert said(plan, "prod") == {"org/replicas": "hard fail: runs alone"}


def test_a_kind_that_is_misspelt_is_told_by_every_plan(site, organisation):
    organisation.asks(REPLICAS.replace("kinds: Deployment", "kinds: Deploymnt"))
    [told] = warnings(site.plan(one_environment(site)))
    assert told.startswith("replicas: kinds: ") and "Deployment" in told


def test_doctor_says_what_counts(site, organisation):
    commit = organisation.asks(RAMP + HOURS + "boundaries:\n  - {environments: [t*], match: {names: test}}\n")
    [found] = [one for one in site.project().doctor() if one.name == "organisation"]
    assert found.ok
    where, *asked = found.message.split("; ")
    assert where.endswith(f" main {commit[:7]}")
    assert asked == [
        "test: org/hours, org/replicas (warn), org/boundary",
        "uat, prod: org/hours, org/replicas (warn)",
    ]
    organisation.named("")
    [found] = [one for one in site.project().doctor() if one.name == "organisation"]
    assert not found.ok
    organisation.named(None)
    [found] = [one for one in site.project().doctor() if one.name == "organisation"]
    assert (found.ok, found.message) == (True, "none: GITPROMOTE_ORG_POLICIES is not set")
