"""Rego, functions and programs in a plan: run once, told like any other policy, and not asked again to verify."""

from __future__ import annotations

import json
import stat
import sys

import pytest

from gitpromote import ExecPolicy, PythonPolicy, Rego
from gitpromote.adapters.policy_programs import LocalPrograms

RULES = """
package main
import rego.v1
deny contains msg if {
  input.kind == "Deployment"
  input.spec.replicas < 2
  msg := sprintf("%s runs alone in %s", [input.metadata.name, data.gitpromote.environment.name])
}
"""


def told(plan, environment="test"):
    found = plan.data.environment(environment).outcomes
    return [(one.id, one.status, one.message) for one in found if one.kind == "policy" and one.id != "unpinned"]


def test_rego_is_read_from_the_home_repository_and_judges_what_would_be_written(site):
    pytest.importorskip("regopy")
    site.home.commit({"policies/rules.rego": RULES}, message="rules")
    plan = site.project(site.pipeline(policies=[Rego("policies")])).plan()
    assert told(plan) == [("policies", "fail", "shop runs alone in test")]
    [finding] = plan.data.environment("test").outcomes[-1].findings
    assert (finding.file, str(finding.object)) == ("deploy/test/deployment.yaml", "apps/Deployment test/shop")


def test_a_program_is_asked_once_and_its_answer_stands_in_the_plan(site, tmp_path):
    script, log = tmp_path / "check.sh", tmp_path / "asked"
    script.write_text(
        f'#!/bin/sh\necho x >> {log}\necho \'{{"findings": [{{"message": "no", "level": "warning"}}]}}\'\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    project = site.project(site.pipeline(policies=[ExecPolicy("ours", [str(script)])]))
    plan = project.plan()
    assert told(plan) == [("ours", "warn", "no")]
    asked = log.read_text()
    assert project.plan_verify(plan) == []
    assert log.read_text() == asked


def test_a_program_that_crashes_blocks(site):
    crash = ExecPolicy("crash", [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"])
    plan = site.project(site.pipeline(policies=[crash])).plan()
    assert told(plan) == [("crash", "error", "cannot be judged: A policy failed; crash: ended by signal 11")]
    assert site.decisions(plan)["test"] == "blocked crash"


def test_a_function_is_found_beside_the_pipeline_file(site, tmp_path):
    (tmp_path / "rules.py").write_text("def check(scene):\n    return [f\"{len(scene['objects'])} objects\"]\n")
    project = site.project(site.pipeline(policies=[PythonPolicy("rules:check")]))
    project._world.policy_programs = LocalPrograms(
        folder=tmp_path, functions={"rules:check": (str(tmp_path / "rules.py"), "")}
    )
    assert told(project.plan())[0][1] == "fail"


def places(site, tmp_path, finding, *, sarif=False):
    """Where a plan says that a program's only Finding is."""
    said = {"findings": [{"message": "m", **finding}]}
    if sarif:
        place = {"artifactLocation": {"uri": finding["file"]}, "region": {"startLine": finding["line"]}}
        result = {"level": "error", "message": {"text": "m"}, "locations": [{"physicalLocation": place}]}
        said = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [result]}]}
    (tmp_path / "said.json").write_text(json.dumps(said))
    policy = ExecPolicy("ours", ["cat", str(tmp_path / "said.json")], output="sarif" if sarif else "json")
    outcome = site.project(site.pipeline(policies=[policy])).plan().data.environment("prod").outcomes[-1]
    [one] = outcome.findings
    return f"{one.object or '-'} {one.file}:{one.line}"


SHOP = {"kind": "Deployment", "name": "shop"}
OWN = "0001-deployment-prod-shop.yaml"
FILE = "deploy/prod/deployment.yaml"


@pytest.mark.parametrize("sarif", [False, True])
def test_a_line_that_a_program_names_is_the_line_that_a_plan_tells(site, tmp_path, sarif):
    site.home.commit({FILE: "# above\n---\n" + site.deployment("prod")})
    assert places(site, tmp_path, {"file": FILE, "line": 5}, sarif=sarif) == f"- {FILE}:5"
    assert places(site, tmp_path, {"file": OWN, "line": 5}, sarif=sarif) == f"apps/Deployment prod/shop {FILE}:7"


def test_a_line_of_an_object_is_told_where_it_stands_in_the_sources(site, tmp_path):
    site.home.commit({FILE: "# above\n---\n" + site.deployment("prod")})
    assert places(site, tmp_path, {"object": SHOP, "line": 7}) == f"apps/Deployment prod/shop {FILE}:9"
    assert places(site, tmp_path, {"object": SHOP, "line": 700}) == f"apps/Deployment prod/shop {FILE}:3"
    assert places(site, tmp_path, {"object": SHOP}) == f"apps/Deployment prod/shop {FILE}:3"
