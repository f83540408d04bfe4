"""The same definition, basis, facts and time give the same bytes: on any machine, in any locale, from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitpromote import App, Environment, Helm, Kustomize, Plain

ALL = ("test", "uat", "prod")
PLAN = """\
import sys
from gitpromote import App, Branch, Environment, Kustomize, Pipeline, Plain
from gitpromote.ports import SilentReporter
from gitpromote.project import Project
from gitpromote.project.wiring import Place, build_world

home, cache, out = sys.argv[1:]
pipeline = Pipeline(
    "shop",
    apps=[App("shop", Plain("deploy/$env")), App("conf", Kustomize("conf/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("test"), Environment("uat", labels={"b": "1", "a": "2"}), Environment("prod")],
    identity="Größe <groesse@acme.example>",
)
tell = SilentReporter()
place = Place(home_url=home)
world = build_world(pipeline, place, cache_dir=cache, reporter=tell)
project = Project(pipeline, place, world, source=None, reporter=tell)
plan = project.plan(as_of=1763600099)
open(out, "wb").write(plan.to_bytes())
"""


def sources(site):
    """Two Apps: something to order, something with signs of other alphabets."""
    files = site.sources(*ALL, version="1.9.0")
    for env in ALL:
        files[f"conf/{env}/kustomization.yaml"] = "resources: [c.yaml]\nnamePrefix: a-\n"
        files[f"conf/{env}/c.yaml"] = (
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {env}}}\n"
            "data: {zebra: Größe, apple: '☃', float: '0.10', İ: i}\n"
        )
    return files


def test_plans_are_the_same_bytes_wherever_they_are_made(site, tmp_path):
    site.home.commit(sources(site), message="Größe ☃", author="Åsa <asa@acme.example>")
    script = tmp_path / "plan.py"
    script.write_text(PLAN)
    folder = tmp_path / "somewhere else"
    folder.mkdir()
    worlds = {
        "plain": ({"PYTHONHASHSEED": "0"}, tmp_path, "c1"),
        "seed, time zone, warm cache": ({"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati"}, folder, "c1"),
        "locale, cold cache": ({"PYTHONHASHSEED": "12345", "LC_ALL": "tr_TR.UTF-8", "TZ": "UTC+12"}, folder, "c2"),
        "C locale": ({"LC_ALL": "C", "LANG": "de_DE.ISO-8859-1"}, "/", "c3"),
    }
    processes = {}
    for at, (name, (env, cwd, cache)) in enumerate(worlds.items()):
        out = tmp_path / f"{at}.json"
        command = [sys.executable, str(script), str(site.home.path), str(tmp_path / cache), str(out)]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **env}
        processes[name] = (subprocess.Popen(command, cwd=cwd, env=environ, stderr=subprocess.PIPE), out)
        if cache == "c1":
            processes[name][0].wait()
    plans = {}
    for name, (process, out) in processes.items():
        _, words = process.communicate()
        assert process.returncode == 0, words.decode()
        plans[name] = json.loads(out.read_bytes())
    texts = {name: json.dumps(plan["plan"], sort_keys=True) for name, plan in plans.items()}
    assert len(set(texts.values())) == 1
    assert len({plan["digest"] for plan in plans.values()}) == 1
    assert [plan["observations"]["timings"]["renders"] for plan in plans.values()] == [6, 0, 6, 6]
    assert plans["plain"]["plan"]["as_of"] == 1763600099 // 60 * 60


@pytest.mark.parametrize("kind", ["plain", "kustomize", "helm"])
def test_a_plan_is_found_again_from_what_it_knew(promoted, kind):
    promoted.home.commit(
        {
            **{f"over/{env}/kustomization.yaml": "resources: [../base]\n" for env in ALL},
            "over/base/kustomization.yaml": "resources: [d.yaml]\n",
            "over/base/d.yaml": promoted.deployment("x"),
            "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
            "chart/templates/d.yaml": promoted.deployment("x"),
        }
    )
    renderer = {"plain": Plain("deploy/$env"), "kustomize": Kustomize("over/$env"), "helm": Helm("chart")}[kind]
    pipeline = promoted.pipeline(apps=[App("shop", renderer)])
    plan = promoted.project(pipeline).plan()
    assert promoted.project(pipeline, cache="cold").plan_verify(plan) == []
    promoted.apply(plan, project=promoted.project(pipeline))
    promoted.home.commit(promoted.sources(*ALL, version="9.9.9"))
    promoted.project(pipeline).hold("prod", reason="x")
    assert promoted.project(pipeline).plan_verify(plan) == []


@pytest.mark.parametrize("asked", [{"env": "uat"}, {"to": "uat"}, {"commit": "main~1"}, {"as_of": 1700000000}])
def test_a_plan_that_was_narrowed_is_found_again(promoted, asked):
    plan = promoted.project().plan(**asked)
    assert promoted.project().plan_verify(plan) == []


def test_plans_of_other_kinds_are_found_again(promoted):
    promoted.promote()
    project = promoted.project()
    for plan in (project.rollback("test", reason="5xx"), project.retire(env="uat", reason="old")):
        assert promoted.project(cache="cold").plan_verify(plan) == []


def test_a_plan_whose_targets_are_gone_is_found_again(promoted):
    plan = promoted.project().plan()
    promoted.apply(plan)
    promoted.home.move("env/test", None)
    assert promoted.project().plan_verify(plan) == []


def test_what_differs_is_explained(promoted):
    plan = promoted.project().plan()
    other = promoted.project(
        promoted.pipeline(Environment("test", production=True), Environment("uat"), Environment("prod"))
    )
    found = other.plan_verify(plan)
    assert found == ["environments.test.production: false -> true"]


def test_the_time_alone_may_be_changed(promoted):
    plan = promoted.project().plan()
    later = plan.at(plan.data.as_of + 3600)
    assert later.data.as_of == plan.data.as_of + 3600
    assert later["test"].expires_at == plan["test"].expires_at + 3600
    assert [one.change_digest for one in later.data.environments] == [
        one.change_digest for one in plan.data.environments
    ]
    assert plan.at(plan.data.as_of).digest == plan.digest


def test_a_second_plan_of_unchanged_sources_renders_nothing(promoted):
    promoted.promote()
    assert promoted.project().plan().file.observations.timings == {"renders": 0}
    assert promoted.project(cache="cold").plan().file.observations.timings == {"renders": 3}
    promoted.home.commit(promoted.sources("uat", version="5.0.0"))
    assert promoted.project().plan().file.observations.timings == {"renders": 1}
