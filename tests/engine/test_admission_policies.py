"""Admission policies from the home repository, judged where something would be written."""

from __future__ import annotations

from gitpromote import AdmissionPolicies
from tests.policy.admission import BINDING, policy

TWO = policy(
    "object.spec.replicas >= 2",
    matchConstraints=(
        "{resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}"
    ),
)


def judged(plan, environment):
    return next(one for one in plan.data.environment(environment).outcomes if one.id == "vap")


def test_policies_of_a_folder_judge_what_would_be_written(site):
    site.home.commit(
        {"policies/vap/policy.yaml": TWO, "policies/vap/binding.yaml": BINDING, "policies/vap/a.txt": "no"}
    )
    plan = site.project(site.pipeline(policies=[AdmissionPolicies("policies/vap")])).plan()
    assert site.decisions(plan)["test"] == "blocked vap"
    found = judged(plan, "test")
    assert (found.status, found.message) == ("fail", 'failed expression: "object.spec.replicas >= 2"')
    [finding] = found.findings
    assert (finding.rule, finding.file, finding.line) == ("vap/p", "deploy/test/deployment.yaml", 7)
    assert sorted(plan.data.facts["policies"]["files"]) == ["policies/vap/binding.yaml", "policies/vap/policy.yaml"]


def test_a_file_that_cannot_be_read_is_an_error_and_never_passes(site):
    site.home.commit({"policies/vap.yaml": "a: [\n"})
    plan = site.project(site.pipeline(policies=[AdmissionPolicies("policies/vap.yaml")])).plan()
    found = judged(plan, "test")
    assert (found.status, site.decisions(plan)["test"]) == ("error", "blocked vap")
    assert found.message.startswith("cannot be judged: A YAML document cannot be read; policies/vap.yaml:2:1: ")


def test_json_is_read_as_well(site):
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}'
    site.home.commit({"policies/vap.json": text})
    plan = site.project(site.pipeline(policies=[AdmissionPolicies("policies/vap.json")])).plan()
    assert judged(plan, "test").message == (
        "cannot be judged: ConfigMap a: a policy file of an unknown kind: v1 ConfigMap is nobody's parameter"
    )
