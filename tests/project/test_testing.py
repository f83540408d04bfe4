"""Unit tests beside policies: every kind of policy and gate that facts can test, and what goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.model.unit_report import RuleSeen, UnitOutcome
from gitpromote.project.testing import run_unit_tests
from gitpromote.views.lines import plain
from gitpromote.views.unit_tests import junit, unit_view

VAP = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
    - {expression: object.spec.replicas <= 5, message: too many}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec: {policyName: replicas, validationActions: [Deny]}
"""
REGO = """\
package main
import rego.v1

deny contains msg if {
  input.kind == "Deployment"
  input.spec.replicas > 5
  msg := "too many"
}
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: "nginx:1.27"}}]}}
"""


def no_pipeline(name):
    raise AssertionError("no pipeline is needed")


def ran(folder: Path, text: str, *, name: str = "a_test.yaml"):
    (folder / name).write_text(text)
    return run_unit_tests([folder], load=no_pipeline)


def told(report):
    return [(one.name, one.status, one.messages) for one in report.tests]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "few.yaml").write_text(WEB.format(replicas=3))
    (tmp_path / "many.yaml").write_text(WEB.format(replicas=6))
    return tmp_path


@pytest.mark.parametrize("kind", ["AdmissionPolicies", "Rego"])
def test_policies_in_files_are_read_from_beside_the_tests(folder, kind):
    path = {"AdmissionPolicies": "vap.yaml", "Rego": "rules"}[kind]
    (folder / "vap.yaml").write_text(VAP)
    (folder / "rules").mkdir()
    (folder / "rules" / "replicas.rego").write_text(REGO)
    report = ran(
        folder,
        f"""\
policies: [{{{kind}: {{path: {path}, name: size}}}}]
tests:
  - {{name: few, objects: few.yaml, expect: pass}}
  - {{name: many, objects: many.yaml, expect: {{size: {{status: fail, message: too many}}}}}}
  - {{name: both, objects: [few.yaml], before: [many.yaml], expect: {{size: pass}}}}
""",
    )
    assert told(report) == [("few", "pass", ()), ("many", "pass", ()), ("both", "pass", ())]
    assert report.rules == (RuleSeen(rule="size", held=2, failed=1),)


def test_a_policy_whose_file_is_not_there_is_an_error_that_may_be_expected(folder):
    report = ran(
        folder,
        "policies: [{AdmissionPolicies: gone.yaml}]\ntests: [{name: gone, objects: few.yaml, expect: {gone: error}}]\n",
    )
    assert told(report) == [("gone", "pass", ())]


def test_functions_are_judged_in_a_python_of_their_own_only_with_their_pipeline(folder):
    report = ran(
        folder, "policies: [{PythonPolicy: 'rules:check'}]\ntests: [{name: x, objects: few.yaml, expect: pass}]\n"
    )
    [(_, status, [message])] = told(report)
    assert status == "fail"
    assert message.startswith("check: expected pass, and it says error: cannot be judged: ")


def test_changes_and_freight_are_there_to_be_judged(folder):
    report = ran(
        folder,
        """\
policies:
  - Rule: {name: shrink, expression: oldObject == null || object.spec.replicas * 2 >= oldObject.spec.replicas}
  - Rule: {name: keep, expression: "!('delete' in change.actions)", on: change}
  - Rule: {name: small, expression: "plan.deletes == 0 && freight.labels.reviewed == true", "on": plan}
tests:
  - name: gone
    before: many.yaml
    freight: {images: ["ghcr.io/acme/web:1.0"], labels: {reviewed: "true"}}
    expect: {keep: fail, small: fail}
  - name: grows
    before: few.yaml
    objects: many.yaml
    freight: {images: ["ghcr.io/acme/web:1.0"], labels: {reviewed: "true"}}
    expect: pass
  - name: nothing is known of the freight
    objects: many.yaml
    expect: {small: error}
""",
    )
    assert told(report) == [
        ("gone", "pass", ()),
        ("grows", "pass", ()),
        ("nothing is known of the freight", "pass", ()),
    ]


def test_gates_are_judged_by_the_facts_of_a_test(folder):
    report = ran(
        folder,
        """\
gates:
  - Window: {hours: "Mon-Thu 09:00-16:00", tz: Europe/Berlin, name: hours}
  - Freeze: {start: "2026-12-20", until: "2027-01-03", name: holidays}
  - ChangeBudget: {count: 2, per: 7d, name: budget}
  - CEL: {name: calm, expression: "changewindow.isAllowed('hours') && metrics.errors < 0.01 && !schedule.isWeekend"}
  - CEL: {name: majors, expression: "change.semver != 'major'", applies_to: [promote, hotfix]}
  - Soak: 24h
  - Prometheus: {url: "http://prometheus", query: up, name: up, below: 2}
tests:
  - name: on a Tuesday
    at: 2026-12-01T10:00:00Z
    promoted: ["2026-11-29", "2026-11-20"]
    facts: {metrics: {errors: {value: 0.001}}, change: {semver: minor}}
    expect: {hours: pass, holidays: pass, budget: pass, calm: pass, majors: pass, soak: error, up: error}
  - name: over Christmas, after too much
    at: 2026-12-24T09:00
    tz: Europe/Berlin
    promoted: ["2026-12-23", "2026-12-22", "2026-12-21"]
    facts: {metrics: {errors: {value: 1}}, change: {semver: major}}
    expect: {hours: pass, holidays: pending, budget: pending, calm: pending, majors: fail}
  - name: as a hotfix
    occasion: hotfix
    at: Sat 12:00
    facts: {change: {semver: patch}}
    expect: {hours: skip, majors: pass}
  - name: without a time
    facts: {change: {semver: major}}
    expect: {hours: {status: error, message: "the test does not say at which time: write at:"}, majors: fail}
""",
    )
    assert [one.messages for one in report.tests] == [(), (), (), ()]
    assert {one.rule for one in report.rules if one.covered} == {"holidays", "budget", "calm", "majors"}


def test_environments_are_known_by_what_a_test_tells_of_them(folder):
    report = ran(
        folder,
        """\
gates: [{CEL: {name: reviewed, expression: "bundle.pr['staging'].isApproved"}}]
tests:
  - {name: approved, facts: {bundle: {pr: {staging: {isApproved: true}}}}, expect: {reviewed: pass}}
  - {name: not yet, facts: {bundle: {pr: {staging: {isApproved: false}}}}, expect: {reviewed: pending}}
  - {name: of another one, facts: {bundle: {pr: {uat: {isApproved: true}}}}, expect: {reviewed: error}}
""",
    )
    assert [(status, messages) for _, status, messages in told(report)] == [("pass", ())] * 3


def test_objects_are_written_into_the_test_as_yaml_or_as_text(folder):
    report = ran(
        folder,
        """\
policies: [{Rule: {name: kinds, expression: object.kind != 'Pod'}}]
tests:
  - name: text
    objects: |
      apiVersion: v1
      kind: Pod
      metadata: {name: a}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: b}
    expect:
      kinds:
        findings: [{object: Pod a, count: 2, line: 1}]
  - name: mixed
    objects: [{apiVersion: v1, kind: Service, metadata: {name: c}}, few.yaml]
    expect: pass
  - name: broken
    objects: "kind: [\\n"
    expect: pass
  - name: what is found and not expected is told
    objects: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]
    expect: {kinds: {status: fail, findings: []}}
""",
    )
    assert [one.status for one in report.tests] == ["pass", "pass", "error", "fail"]
    assert report.tests[3].messages == (
        (
            "kinds: was found, and not expected: message 'does not hold: \"object.kind != \\'Pod\\'\"', "
            "object Pod a, path kind, rule kinds"
        ),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds 0 documents, and one is meant"),
        ("[]", "the file is not a mapping, but a list"),
        ("tests: []", "it names nothing to test"),
        ("policies: [{Pack: images}]", "it has no tests"),
        ("policies: [{Soak: 24h}]\ntests: []", "policies[1]: there is no Soak"),
        ("policies: [{Rule: {name: x}}]\ntests: []", 'Rule("x"): expression is missing'),
        ("policies: [{Pack: images}, {Pack: images}]\ntests: [{name: a, expect: pass}]", 'are called "images"'),
        ("policies: [images]\ntests: []", "policies[1] is not one policy or gate by its name"),
        ("pipeline: 3\ntests: []", "pipeline takes true or a name"),
        ("pipeline: true\ntests: [{name: a, expect: {x: [1]}}]", '"a": expect "x" is not a mapping'),
        ("pipeline: true\ntests: [{name: a}]", '"a" expects nothing'),
        ("pipeline: true\ntests: [{name: a, at: 5, expect: pass}]", '"a": at takes text'),
        ("pipeline: true\ntests: [{name: a, occasion: party, expect: pass}]", '"a": occasion is "party"'),
        (
            "pipeline: true\ntests: [{name: a, objects: [1], expect: pass}]",
            "takes objects, YAML text or paths of files",
        ),
        ("pipeline: true\ntests: [{name: a, environment: {labels: {a: 1}}, expect: pass}]", "labels takes texts"),
        ("pipeline: true\ntests: [{name: a, freight: {}, expect: pass}]", '"a": freight holds nothing'),
        ("pipeline: true\npipeline: true\ntests: []", "pipeline"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(folder, text, problem):
    with pytest.raises(ConfigurationError) as caught:
        ran(folder, text)
    assert problem in caught.value.detail
    assert "a_test.yaml" in caught.value.detail


def test_folders_are_searched_and_hidden_ones_are_not(folder):
    for path in ("b/c_test.yml", ".git/d_test.yaml", "node_modules/e_test.yaml", "b/not-a-test.yaml"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("gates: [{CEL: [x, 'true']}]\ntests: [{name: t, expect: pass}]\n")
    report = run_unit_tests([folder], load=no_pipeline)
    assert [Path(one.file).name for one in report.tests] == ["c_test.yml"]
    with pytest.raises(UsageError) as caught:
        run_unit_tests([folder / "gone"], load=no_pipeline)
    assert caught.value.code == "policy-tests-missing"


def test_nothing_of_a_test_reaches_a_terminal_or_xml_as_it_is(folder):
    report = ran(folder, "gates: [{CEL: [x, 'true']}]\ntests: [{name: \"a\\e[31m<b>\\0\", expect: fail}]\n")
    assert report.tests == (
        UnitOutcome(
            file=str(folder / "a_test.yaml"),
            name="a\x1b[31m<b>\0",
            status="fail",
            messages=("x: expected fail, and it says pass: it is true",),
        ),
    )
    assert "\x1b" not in plain(unit_view(report)) and "\x1b" not in junit(report)
    assert "a\ufffd[31m&lt;b&gt;\ufffd" in junit(report)


def test_the_example_of_the_documentation_runs_and_says_what_it_says_there(folder, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")
    example = re.search(r"```yaml\n# policies/replicas_test.yaml\n(.*?)```", text, re.DOTALL)
    told = re.search(r"\$ gitpromote policy test\n(.*?)```", text, re.DOTALL)
    for path, content in (
        ("policies/replicas_test.yaml", example[1]),
        ("policies/vap.yaml", VAP),
        ("deploy/test/web.yaml", WEB.format(replicas=1)),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    monkeypatch.chdir(folder)
    assert plain(unit_view(run_unit_tests(["policies"], load=no_pipeline))) == told[1]


def problems(folder, text):
    with pytest.raises(ConfigurationError) as caught:
        ran(folder, text)
    return [str(one).removeprefix(f"{folder}/") for one in caught.value.problems]


def test_expressions_that_do_not_compile_are_errors_of_the_file(folder):
    text = """\
gates:
  - CEL: [late, "schedule.hour == "]
  - CEL: [far, "upstream.uat.soakMinutes >= 'a'"]
  - Window: {hours: "Mon-Fri 09:00-16:00", name: hours, when: "plan.add == 1"}
policies:
  - Rule: {name: replicas, expression: "object.spec.replicas >"}
tests:
  - {name: x, expect: {late: error, replicas: error}}
"""
    assert problems(folder, text) == [
        (
            'a_test.yaml: policies[1]: Rule: expression, column 23 of "object.spec.replicas >": '
            "it ends where a value should stand  [expression-invalid]"
        ),
        (
            'a_test.yaml: gates[1]: CEL: expression, column 17 of "schedule.hour ==": '
            "it ends where a value should stand  [expression-invalid]"
        ),
        (
            "a_test.yaml: gates[2]: CEL: expression, column 26 of \"upstream.uat.soakMinutes >= 'a'\": "
            ">= does not go with a whole number and text  [expression-invalid]"
        ),
        (
            'a_test.yaml: gates[3]: Window: when, column 6 of "plan.add == 1": plan has no field add'
            "  [expression-invalid]  (did you mean adds?)"
        ),
    ]


def test_names_that_no_test_tells_anything_of_are_no_errors_of_the_file(folder):
    text = """\
gates:
  - CEL: [soaked, "upstream['uat'].soakMinutes >= 1 && metrics.errors < 1 && changewindow.isAllowed('late hours')"]
tests:
  - {name: x, at: Sat 12:00, expect: {soaked: error}}
"""
    assert told(ran(folder, text)) == [("x", "pass", ())]


def test_a_definition_is_named_once(folder):
    assert problems(folder, "gates: [{CEL: {name: true, expression: 1 == 1}}]\ntests: [{name: x, expect: pass}]\n") == [
        "a_test.yaml: gates[1]: CEL: name takes text, not True  [wrong-type]"
    ]


def test_the_moment_decides_what_the_schedule_is(folder):
    text = """\
gates: [{CEL: [late, schedule.hour == 3]}]
tests: [{name: x, at: Sat 12:00, facts: {schedule: {hour: 3}}, expect: {late: pass}}]
"""
    assert problems(folder, text) == [
        (
            'a_test.yaml: "x": facts has schedule, which the moment of the test decides'
            "  [policy-test-invalid]  (write at: and tz:)"
        )
    ]


def test_how_changes_arrive_may_be_told_of_an_environment(folder):
    text = """\
gates: [{CEL: [reviewed, environment.approval == 'pr-review']}]
environment: {name: prod, approval: pr-review}
tests:
  - {name: by pull request, expect: pass}
  - {name: there too, environment: uat, expect: pass}
  - {name: at once, environment: {approval: auto}, expect: {reviewed: fail}}
"""
    assert [(name, status) for name, status, _ in told(ran(folder, text))] == [
        ("by pull request", "pass"),
        ("there too", "pass"),
        ("at once", "pass"),
    ]
    assert problems(folder, text.replace("approval: auto", "approval: none")) == [
        ('a_test.yaml: "at once": environment: approval is "none"  [policy-test-invalid]  (there are auto, pr-review)')
    ]
