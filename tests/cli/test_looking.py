"""Looking at a pipeline with a point of control, namespaces of its own, or a registry that is down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FAN = """from gitpromote import App, Branch, Environment, Image, Pipeline, Plain, Warehouse

fan = Pipeline(
    "fan",
    apps=[App("web", Plain("web/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("dev"),
        Environment("gate", after="dev", apps=[]),
        Environment("prod", after="gate"),
    ],
)
"""
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: ENV}\ndata: {a: 'VALUE'}\n"


def write(env: str, name: str, value: str) -> None:
    folder = Path("web") / env
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(
        OBJECT.replace("NAME", name).replace("ENV", env).replace("VALUE", value), encoding="utf-8"
    )


@pytest.fixture
def fan(empty):
    """Each environment has a namespace of its own; prod has another value, and each has something alone."""
    Path("pipeline.py").write_text(FAN)
    for env, value, alone in (("dev", "1", "debug"), ("prod", "2", "tls")):
        write(env, "web", value)
        write(env, "same", "0")
        write(env, alone, "0")
    empty.commit("first")
    return empty


def test_a_point_of_control_renders_nothing_and_the_others_do(run, fan) -> None:
    ended = run("render", "--env", "dev,gate")
    assert (ended.code, ended.err) == (0, "! gate: a point of control, which holds nothing\n")
    assert ended.out.count("# dev: ") == 3
    assert "gate" not in ended.out
    assert json.loads(run("render", "--env", "dev,gate", "--json").out).keys() == {"dev"}


def test_a_point_of_control_alone_is_told_to_have_nothing(run, fan) -> None:
    ended = run("render", "--env", "gate")
    assert (ended.code, ended.out) == (64, "")
    assert ended.err == (
        "Error: There is nothing to render  [render-nothing]\n\n"
        "  gate: a point of control, which holds nothing\n\n"
        "Name an environment that has apps.\n"
    )


def test_a_render_of_everything_says_nothing_of_points_of_control(run, fan, tmp_path: Path) -> None:
    ended = run("render", "--out", str(tmp_path / "rendered"))
    assert (ended.code, ended.err) == (0, "")
    assert sorted(one.name for one in (tmp_path / "rendered").iterdir()) == ["dev", "prod"]


def test_where_no_freight_is_there_is_nothing_to_render_either(run, fan) -> None:
    Path("pipeline.py").write_text(
        FAN.replace("Image, ", "Git, ").replace(
            "    apps=[", '    warehouse=Warehouse(Git(), policy="manual"),\n    apps=['
        )
    )
    fan.commit("by hand")
    ended = run("render", "--env", "gate,prod")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: Nothing can be rendered  [render-unavailable]\n\n"
        "  gate: a point of control, which holds nothing\n"
        "  prod: its Warehouse makes Freight by hand alone: gitpromote freight assemble\n"
    )


def test_objects_in_namespaces_of_their_own_are_compared(run, fan) -> None:
    alias = json.loads(run("plan", "--json").out)["plan"]["freight"].popitem()[1]["alias"]
    there = f"nothing there yet, next: {alias}"
    ended = run("diff", "dev", "prod")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        f"dev ({there}) -> prod ({there})\n"
        "namespace dev -> prod\n\n"
        "  # v1/ConfigMap prod/web differs   (config)\n"
        '  ~ data.a: "1" -> "2"\n'
        "      # (3 unchanged fields hidden)\n"
        "  + # v1/ConfigMap prod/tls only in prod\n"
        "  - # v1/ConfigMap prod/debug only in dev\n\n"
        "1 object only in dev, 1 different, 1 only in prod.\n"
    )


def test_what_is_compared_with_a_point_of_control_is_told_to_be_on_one_side(run, fan) -> None:
    ended = run("diff", "dev", "gate")
    assert ended.code == 0
    head, *_, last = ended.out.splitlines()
    assert head.endswith(" -> gate (a point of control, which holds nothing)")
    assert last == "3 objects only in dev, 0 different, 0 only in gate."
    assert run("diff", "gate", "gate").out.endswith("\nNo difference.\n")


def test_an_explanation_copes_with_a_registry_that_is_down(run, fan) -> None:
    assert run("apply", "-auto-approve", "--env", "dev").code == 0
    text = FAN.replace("    apps=[", '    warehouse=Warehouse(Image("localhost:1/acme/web")),\n    apps=[')
    Path("pipeline.py").write_text(text)
    fan.commit("images")
    trouble = "Warehouse fan: A remote cannot be reached: read the tags of localhost:1/acme/web [remote-unreachable]"
    for env in ("dev", "gate", "prod"):
        ended = run("explain", env)
        assert (ended.code, ended.err) == (0, f"! {trouble}\n")
        assert ended.out.startswith(f"{env} · ")
    data = run("explain", "prod", "--json")
    assert (data.code, json.loads(data.out)["troubles"]) == (0, [trouble])


def test_an_explanation_without_trouble_says_nothing_of_it(run, fan) -> None:
    ended = run("explain", "prod", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert "troubles" not in json.loads(ended.out)


def test_an_explanation_of_what_does_not_render_still_fails(run, fan) -> None:
    Path("web/dev/web.yaml").write_text("{{ broken\n")
    fan.commit("broken")
    ended = run("explain", "dev")
    assert ended.code == 1
    assert "web/dev/web.yaml" in ended.err


@pytest.mark.parametrize("verb", [["plan"], ["plan", "--record"], ["retire", "--env", "dev", "--reason", "x"]])
def test_a_plan_is_not_saved_in_a_folder_that_nobody_has_made(run, fan, tmp_path: Path, verb: list[str]) -> None:
    before, refs = sorted(tmp_path.iterdir()), fan.refs()
    ended = run(*verb, f"-out={tmp_path}/no dir/x.json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: A file cannot be written  [output-failed]\n\n"
        f"{tmp_path}/no dir/x.json: there is no folder {tmp_path}/no dir\n\n"
        "Nothing was changed. Name another place with --out, or make the folder:\n"
        f"  mkdir -p '{tmp_path}/no dir'\n"
    )
    assert {*tmp_path.iterdir()} - {*before} <= {tmp_path / "cache"} and fan.refs() == refs


@pytest.mark.parametrize("verb", [["plan"], ["plan", "--record"], ["retire", "--env", "dev", "--reason", "x"]])
@pytest.mark.parametrize(
    ("out", "told"),
    [
        (
            "pipeline.py",
            (
                "pipeline.py: there is such a file, and it is no plan\n\n"
                "Nothing was changed. Name another file with --out; only a plan is replaced by a plan.\n"
            ),
        ),
        (
            "-",
            (
                "-: a plan is saved in a file\n\n"
                "Nothing was changed. Name one with --out; to have it printed:\n  gitpromote plan --json\n"
            ),
        ),
    ],
)
def test_a_plan_is_not_saved_over_something_else_nor_into_a_dash(run, fan, verb, out, told) -> None:
    before, refs = Path("pipeline.py").read_bytes(), fan.refs()
    ended = run(*verb, f"-out={out}")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"Error: A file cannot be written  [output-failed]\n\n{told}"
    assert Path("pipeline.py").read_bytes() == before and not Path("-").exists() and fan.refs() == refs


@pytest.mark.parametrize("rest", ["1.0", "9.7"])
def test_a_plan_is_saved_over_a_plan_or_an_empty_file(run, fan, tmp_path: Path, rest: str) -> None:
    place = tmp_path / "x.json"
    for held in (b"", b'{"digest":"sha256:' + b"0" * 64 + b'","format":"gitpromote.plan/' + rest.encode() + b'",'):
        place.write_bytes(held)
        assert run("plan", f"-out={place}").code == 0
        assert run("show", str(place)).code == 0
    assert run("plan", f"-out={place}").code == 0


def test_the_usual_folder_of_plans_is_made(run, fan) -> None:
    assert run("plan", "-out=plans/first.json").code == 0
    assert Path("plans/first.json").is_file()


def test_in_a_pipe_the_summary_is_one_line_whatever_columns_says(run, fan) -> None:
    ended = run("plan", env={"COLUMNS": "60"})
    [summary] = [each for each in ended.out.splitlines() if each.startswith("Plan: ")]
    assert summary.endswith(" failed.")


def test_a_doctor_of_several_pipelines_checks_all_of_them(run, fan) -> None:
    other = FAN.split("\n\n", 1)[1].replace('fan = Pipeline(\n    "fan"', 'dirs = Pipeline(\n    "dirs"')
    Path("pipeline.py").write_text(FAN + other.replace("env/$env", "dirs/$env"))
    ended = run("doctor", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["ok"]) == (0, True)
    assert [one["name"] for one in found["findings"]] == [
        "git",
        "cache",
        "home",
        "organisation",
        "credentials",
        "identity",
        "functions",
        "fan: ledger",
        "dirs: ledger",
    ]
    assert len(json.loads(run("doctor", "dirs", "--json").out)["findings"]) == 8
