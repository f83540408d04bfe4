"""What docs/journey.md shows does what it says, example by example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gitpromote
from gitpromote import Image, Warehouse

DOCUMENT = Path(__file__).parents[2] / "docs" / "journey.md"
HOUR = 3600
IMAGE = "ghcr.io/acme/shop"


def shown(heading: str) -> list[dict[str, Any]]:
    """What the examples of a section define."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = []
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        names = {name: getattr(gitpromote, name) for name in gitpromote.__all__}
        exec(block, names)
        found.append({name: names[name] for name in ("environments", "warehouse") if name in names})
    return found


def section(site, heading: str, number: int = 0, **members: Any):
    """A site with sources for each environment of an example, and its Pipeline."""
    environments = shown(heading)[number]["environments"]
    site.home.commit(site.sources(*(one.name for one in environments if one.apps != ())))
    return site.pipeline(*environments, **members)


def commit(site, pipeline, replicas: int) -> str:
    names = [name for name in pipeline.order() if pipeline.resolved(name).apps]
    return site.home.commit(site.sources(*names, replicas=replicas), message=str(replicas))


def test_every_example_is_tried() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    tried = set(re.findall(r'(?:section\(site, |shown\()"([^"]+)"', Path(__file__).read_text(encoding="utf-8")))
    parts = text.split("\n## ")[1:]
    assert {part.partition("\n")[0] for part in parts if "```python" in part} == tried


def test_prod_waits_for_both_of_those_before_it(site):
    pipeline = section(site, "Order")
    site.promote(pipeline, env=["test", "uat"])
    assert site.decisions(site.project(pipeline).plan()) == {
        "test": "noop",
        "uat": "noop",
        "load": "ready",
        "prod": "waiting upstream",
    }


def test_run_carries_out_what_says_auto(site):
    pipeline = section(site, "Who carries it out")
    ran = site.project(pipeline).run_once()
    assert [(turn.name, turn.status) for turn in ran.turns] == [
        ("test", "written"),
        ("uat", "written"),
        ("prod", "left"),
    ]
    both = section(site, "Who carries it out", 1)
    assert [name for name in both.order() if both.is_production(name)] == ["prod-eu", "prod-us"]


def test_a_point_goes_by_itself_or_waits_for_a_person(site):
    pipeline = section(site, "Control-flow points")

    def wrote() -> set[str]:
        return {turn.name for turn in site.project(pipeline).run_once().turns if turn.wrote}

    assert wrote() == {"test"}
    site.clock.time += HOUR
    assert wrote() == {"released"}
    site.promote(pipeline, env="accepted")
    assert wrote() == {"uat"}


def test_select_says_which_goes_next(site):
    pipeline = section(site, "Which Freight: `select`")
    site.promote(pipeline)
    for replicas in (2, 3):
        commit(site, pipeline, replicas)
        site.promote(pipeline, env="test")

    def replicas(name: str) -> str:
        return re.findall(r"replicas: (\d)", site.home.show(f"env/{name}:apps-deployment-shop.yaml"))[0]

    site.promote(pipeline, env="uat")
    site.promote(pipeline, env="demo")
    assert [replicas(name) for name in ("test", "uat", "demo", "prod")] == ["3", "2", "2", "1"]
    site.promote(pipeline, env="uat")
    project = site.project(pipeline)
    project.apply(project.rollback("uat", reason="slow"), confirmed=True)
    assert replicas("uat") == "2"
    site.promote(pipeline, env="demo")
    assert replicas("demo") == "2"


def test_a_wave_has_a_budget(site):
    pipeline = section(site, "Waves")
    assert pipeline.upstream("us-1") == ("eu-1", "eu-2")
    site.promote(pipeline, env="test")
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {
        "test": "noop",
        "eu-1": "ready",
        "eu-2": "waiting wave",
        "us-1": "waiting upstream, wave",
    }
    told = {one.id: one.message for one in plan["eu-2"].outcomes}["wave"]
    assert told == "wave 1: 1 at a time, others go first; 0 failed, 0 may"


def test_a_train_waits_for_its_time(bare):
    first, second = shown("Release trains: `cut` and `quiet`")
    assert first["warehouse"] == Warehouse(Image(IMAGE, "^1.4"), cut="Wed 10:00")
    bare.home.commit(bare.sources("test"))
    bare.shelf.put(f"{IMAGE}:1.4.0@sha256:{'1' * 64}", created=bare.clock.now() - 60)
    pipeline = bare.pipeline(gitpromote.Environment("test"), warehouse=second["warehouse"])
    assert bare.decisions(bare.project(pipeline).plan())["test"].startswith("unavailable")
    bare.clock.time += 1800
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "ready"}


def test_a_request_stops_or_leaves_out(site):
    pipeline = section(site, "How far it goes: `target` and `skip`")
    site.promote(pipeline)
    stopped = site.project(pipeline).freight.create(commit=commit(site, pipeline, 2), target="uat")[0].freight
    plan = site.project(pipeline).plan(freight=stopped.alias)
    assert site.decisions(plan)["prod"] == "unavailable not meant for prod: it was asked to stop at uat"
    urgent = (
        site.project(pipeline)
        .freight.create(commit=commit(site, pipeline, 3), labels={"urgent": "true"}, skip=["uat"])[0]
        .freight
    )
    site.promote(pipeline, freight=urgent.alias)
    held = {name: site.home.show(f"env/{name}:apps-deployment-shop.yaml") for name in ("test", "uat", "prod")}
    assert ["replicas: 3" in text for text in held.values()] == [True, False, True]


def test_a_hotfix_is_debt(site):
    pipeline = section(site, "Past those before it: hotfixes and debt")
    site.promote(pipeline)
    fix = site.home.commit(site.sources("uat", replicas=9), branch="fix", parent=site.home.head("main"))
    project = site.project(pipeline)
    [freight] = project.freight.named(commit=fix)
    project.freight.hotfix(freight, "uat", reason="5xx, INC-2211", expires=4 * HOUR)
    site.promote(pipeline, env="uat", freight=freight.alias)
    commit(site, pipeline, 2)
    [debt] = [one.message for one in site.project(pipeline).plan()["uat"].outcomes if one.id == "debt"]
    by = 'hotfix by Ada <ada@acme.example>: "5xx, INC-2211"'
    assert debt == f"undoes {freight.alias}, {by}, until 04:54Z; debt until trunk contains it"


def test_another_name_goes_on(site):
    site.promote(site.pipeline(gitpromote.Environment("test"), gitpromote.Environment("uat")))
    renamed = section(site, "Another name: `moved`")
    project = site.project(renamed)
    assert project.plan().warnings == ()
    [dev, _] = project.status().data.environments
    assert (dev.name, dev.verified_at) == ("dev", site.clock.now())
