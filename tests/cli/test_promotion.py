"""A promotion by the command line, on real repositories: whole outputs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.cli.approval import pruned_in_production
from tests.programs import needed


def digest_of(path: str | Path) -> str:
    """The digest in a plan's file."""
    return str(json.loads(Path(path).read_bytes())["digest"])


def apply_all(run: Any) -> None:
    """Bring every environment to what is committed."""
    assert run("plan", "-out=first.json").code == 0
    assert run("apply", "first.json", "--expect-digest", digest_of("first.json")).code == 0


def test_a_first_plan_shows_everything_and_pushes_nothing(run, notes, normal, snapshot) -> None:
    before = notes.refs()
    ended = run("plan")
    assert (ended.code, ended.err) == (0, "")
    assert normal(ended.out) == snapshot
    assert notes.refs() == before
    assert len(list(Path("plans").glob("notes-*.plan.json"))) == 1


def test_a_change_is_planned_shown_applied_and_remembered(run, notes, normal, snapshot) -> None:
    apply_all(run)
    notes.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.replace("environments/uat/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.replace("environments/prod/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    (notes.clone / "environments/prod/service.yaml").unlink()
    notes.commit("notes 1.1.0")
    said = [
        run("plan", "-out=plan.json").out,
        run("show", "plan.json").out,
        run("apply", "plan.json", "--env", "test,uat").out,
        run("explain", "prod").out,
        run("status").out,
        run("apply", "plan.json", answers="yes\nprod\n").out,
        run("history").out,
        run("plan").out,
        run("verify").out,
    ]
    assert [normal(each) for each in said] == snapshot


def test_a_plan_of_nothing_saves_nothing(run, notes) -> None:
    apply_all(run)
    ended = run("plan", "--detailed-exitcode")
    assert ended.code == 0
    assert "No changes. Every environment holds what its Freight makes.\n" in ended.out
    assert "Saved" not in ended.out
    assert not Path("plans").exists()


def test_detailed_exitcode_says_2_where_there_are_changes(run, notes) -> None:
    assert run("plan", "-detailed-exitcode").code == 2


def test_json_is_the_plan_file_and_can_be_applied(run, notes) -> None:
    ended = run("plan", "--json")
    Path("plan.json").write_text(ended.out)
    assert not Path("plans").exists()
    assert json.loads(ended.out)["format"] == "gitpromote.plan/1.0"
    assert run("show", "plan.json", "--json").out == ended.out
    result = run("apply", "plan.json", "--json", "--expect-digest", digest_of("plan.json"))
    assert result.code == 0
    assert [each["status"] for each in json.loads(result.out)["environments"]] == ["written"] * 3
    assert json.loads(result.out)["exit_code"] == 0


def test_show_needs_no_pipeline_file(run, notes, tmp_path: Path, monkeypatch) -> None:
    run("plan", f"-out={tmp_path}/plan.json")
    monkeypatch.chdir(tmp_path / "cache")
    assert run("show", str(tmp_path / "plan.json")).code == 0
    assert run("show", str(tmp_path / "plan.json"), "--format", "markdown").out.startswith("### Plan `sha256:")
    assert run("graph", str(tmp_path / "plan.json")).out == (
        "test  takes Freight directly; ready\n"
        "uat   after test; waiting: upstream\n"
        "prod  after uat; production; waiting: upstream\n"
    )


def test_apply_without_a_file_plans_shows_and_asks(run, notes) -> None:
    ended = run("apply", answers="yes\n")
    assert ended.code == 0
    assert ended.out.index("Plan: ") < ended.out.index("Only 'yes' will be accepted to approve: ")
    assert ended.out.endswith("Applied: 3 done, 0 failed, 0 waiting, 0 not started.\n")


def test_any_other_answer_declines(run, notes) -> None:
    before = notes.refs()
    for answers in ("y\n", "no\n", "\n", ""):
        ended = run("apply", answers=answers)
        assert ended.code == 8
        assert ended.err == "Error: Not approved  [declined]\n\nNothing was written.\n"
    assert notes.refs() == before


def test_without_a_terminal_nobody_is_asked(run, notes) -> None:
    ended = run("apply")
    assert ended.code == 8
    assert ended.err.startswith(
        "Error: Somebody has to approve this, and there is no terminal to ask on  [approval-needed]\n"
    )
    assert run("apply", answers="yes\n", env={"CI": "true"}).code == 8


def test_auto_approve_alone_does_not_open_production(run, notes, normal, snapshot) -> None:
    ended = run("apply", "-auto-approve")
    assert {name: "written" for name in notes.refs() if "/env/" in name} == {
        "refs/heads/env/test": "written",
        "refs/heads/env/uat": "written",
    }
    assert (ended.code, normal(ended.out)) == (0, snapshot)
    again = run("apply", "-auto-approve")
    assert again.code == 8
    assert again.err.startswith(
        "Error: Production is not changed without somebody's consent  [production-unapproved]\n"
    )


def test_auto_approve_is_enough_where_there_is_no_production(run, notes) -> None:
    ended = run("apply", "-auto-approve", "--env", "test,uat")
    assert ended.code == 0
    assert "refs/heads/env/prod" not in notes.refs()


def test_another_digest_than_expected_is_refused(run, notes) -> None:
    run("plan", "-out=plan.json")
    before = notes.refs()
    ended = run("apply", "plan.json", "--expect-digest", "sha256:" + "0" * 64)
    assert ended.code == 5
    assert notes.refs() == before


def test_a_saved_plan_cannot_be_shaped(run, notes) -> None:
    run("plan", "-out=plan.json")
    ended = run("apply", "plan.json", "--to", "uat", "--image", "ghcr.io/acme/notes:2")
    assert ended.code == 64
    assert ended.err == (
        "Error: A saved plan is applied as it is  [plan-shaping]\n"
        "\n"
        "It cannot be shaped any more by --image ghcr.io/acme/notes:2 --to uat. "
        "--env may narrow which of its environments run.\n"
        "\n"
        "  gitpromote plan notes --image ghcr.io/acme/notes:2 --to uat\n"
    )


def test_a_selector_that_matches_nothing_is_an_error(run, notes) -> None:
    for words in (
        ("plan", "--env", "prd"),
        ("plan", "--to", "prd"),
        ("history", "--env", "test,prd"),
        ("explain", "prd"),
    ):
        ended = run(*words)
        assert ended.code == 64
        assert ended.err == (
            'Error: There is no such environment  [environment-unknown]\n\n"prd"\n\nDid you mean "prod"?\n'
        )


def test_a_pattern_selects_environments(run, notes) -> None:
    data = json.loads(run("plan", "--env", "*t", "--json").out)
    assert [each["name"] for each in data["plan"]["environments"]] == ["test", "uat"]


def test_a_plan_of_the_ledger_is_applied_by_its_digest(run, notes) -> None:
    run("plan", "--record", "-out=plan.json")
    digest = digest_of("plan.json")
    Path("plan.json").unlink()
    short = digest.removeprefix("sha256:")[:12]
    assert run("show", short).code == 0
    ended = run("apply", short)
    assert ended.code == 8
    assert f"gitpromote apply {digest}" in ended.err
    assert run("apply", short, "--env", "test", answers="yes\n").code == 0
    other = run("apply", short, "--expect-digest", "sha256:" + "0" * 64)
    assert (other.code, other.err.splitlines()[0]) == (
        *(5, "Error: This is not the plan that was expected  [plan-unexpected]"),
    )
    # The whole digest is named: nothing is left to ask.
    assert run("apply", short, "--env", "uat", "--expect-digest", digest).code == 0
    assert run("apply", digest, "--expect-digest", digest).code == 0


def test_an_apply_that_is_interrupted_before_its_first_step_says_how_to_go_on(run, notes, monkeypatch) -> None:
    run("plan", "-out=plan.json")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gitpromote.project.project_of", interrupted)
    ended = run("apply", "plan.json", "--env", "test")
    assert (ended.code, ended.err) == (
        130,
        (
            "Error: Interrupted  [interrupted]\n\nNothing more was started. Go on with:\n"
            "  gitpromote apply plan.json --env test\n"
        ),
    )


def test_what_somebody_else_wrote_is_shown_with_the_ways_out(run, notes, normal, snapshot) -> None:
    apply_all(run)
    text = (notes.clone / "environments/prod/deployment.yaml").read_text().replace("replicas: 3", "replicas: 6")
    notes.write_elsewhere("env/prod", "apps-deployment-notes-notes.yaml", text)
    notes.replace("environments/prod/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("prod 1.1.0")
    ended = run("plan")
    assert (ended.code, normal(ended.out)) == (0, snapshot)
    assert run("plan", "--fail-on", "blocked").code == 13
    assert run("adopt", "prod", "--reason", "INC-2211").code == 0
    assert ", 0 blocked;" in run("plan").out


def test_a_rollback_is_shown_asked_for_and_holds(run, notes, normal, snapshot) -> None:
    apply_all(run)
    for env in ("test", "uat", "prod"):
        notes.replace(f"environments/{env}/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    assert run("apply", answers="yes\n").code == 0
    ended = run("rollback", "prod", "--reason", "5xx, INC-2211", answers="yes\n")
    assert (ended.code, normal(ended.out)) == (0, snapshot)
    assert "held" in run("status").out
    released = run("release", "prod")
    told = normal(released.out)
    assert (released.code, re.sub(r"here .* by [^:]*:", "here THEN by SOMEBODY:", told)) == (
        0,
        (
            "Released prod  record ID-1\n  gitpromote plan notes\n"
            '! FREIGHT-1 was rolled back from here THEN by SOMEBODY: "5xx, INC-2211"; it may come again now. '
            "To keep it out:\n"
            "  gitpromote freight reject notes FREIGHT-1 --reason …\n"
        ),
    )


def test_a_hold_is_told_with_its_end_also_where_nothing_had_to_be_written(run, notes) -> None:
    """The branch was put back by hand before."""
    for version in ("1.1.0", "1.2.0"):
        apply_all(run)
        before = notes.refs()["refs/heads/env/test"]
        now = {"1.1.0": "1.0.0", "1.2.0": "1.1.0"}[version]
        for env in ("test", "uat", "prod"):
            notes.replace(f"environments/{env}/deployment.yaml", f"notes:{now}", f"notes:{version}")
        notes.commit(version)
    apply_all(run)
    subprocess.run(["git", "update-ref", "refs/heads/env/test", before], cwd=notes.remote, check=True)
    ended = run("rollback", "test", "--reason", "5xx", "-auto-approve")
    assert (ended.code, ended.out.split("\n\n")[-1].splitlines()[1:]) == (
        0,
        [
            "test  recorded: nothing to write; the Freight's arrival was recorded",
            "Applied: 1 done, 0 failed, 0 waiting, 0 not started.",
            "Lift the hold with:",
            "  gitpromote release notes test",
        ],
    )
    assert run("release", "notes", "test").code == 0


def test_a_hold_of_older_freight_is_told_with_its_end(run, notes) -> None:
    apply_all(run)
    older = json.loads(Path("first.json").read_text())["plan"]["freight"].popitem()[1]["alias"]
    for env in ("test", "uat", "prod"):
        notes.replace(f"environments/{env}/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    apply_all(run)
    ended = run("apply", "--freight", older, "--env", "test", "-auto-approve")
    assert ended.out.endswith("Lift the hold with:\n  gitpromote release notes test\n")


def test_whoever_does_not_wait_for_the_step_that_runs_is_told_how_to_go_on(run, notes, monkeypatch) -> None:
    def twice(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    run("plan", "-out=plan.json")
    digest = digest_of("plan.json")
    apply_all(run)
    notes.replace("environments/prod/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    assert run("apply", answers="yes\n").code == 0
    monkeypatch.setattr("gitpromote.project.project.Project.apply", twice)
    ended = run("rollback", "prod", "--reason", "5xx", answers="yes\n")
    assert (ended.code, ended.err) == (
        130,
        (
            "Error: Interrupted  [interrupted]\n\nNothing more was started. Go on with:\n"
            "  gitpromote rollback prod --reason 5xx\n"
        ),
    )
    ended = run("apply", "plan.json", "--expect-digest", digest, "--env", "test")
    assert (ended.code, ended.out, ended.err) == (
        130,
        "",
        (
            "Error: Interrupted  [interrupted]\n\nNothing more was started. Go on with:\n"
            f"  gitpromote apply plan.json --env test --expect-digest {digest}\n"
        ),
    )


def test_an_unattended_rollback_of_production_says_how_its_plan_is_saved(run, notes, tmp_path: Path) -> None:
    apply_all(run)
    for env in ("test", "uat", "prod"):
        notes.replace(f"environments/{env}/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    assert run("apply", answers="yes\n").code == 0
    commands = (
        "ave the plan, have it reviewed, and apply that very plan:\n"
        "  gitpromote rollback notes prod --reason '5xx, INC-2211' -out=plan.json\n"
        "  gitpromote apply plan.json --expect-digest sha256:…\n"
    )
    ended = run("rollback", "notes", "prod", "--reason", "5xx, INC-2211", "-auto-approve")
    assert (ended.code, ended.err.endswith(f"\n\nS{commands}")) == (8, True)
    ended = run("rollback", "notes", "prod", "--reason", "5xx, INC-2211")
    assert (ended.code, ended.err.endswith(f"\n\nRun it on a terminal, or s{commands}")) == (8, True)
    assert run("rollback", "notes", "prod", "--reason", "5xx, INC-2211", "-out=plan.json").code == 0
    digest = json.loads(Path("plan.json").read_text())["digest"]
    assert run("apply", "plan.json", "--expect-digest", digest).code == 0


def test_an_unattended_retirement_of_production_says_how_its_plan_is_saved(run, notes) -> None:
    apply_all(run)
    ended = run("retire", "--env", "prod", "--reason", "gone", "-auto-approve")
    assert ended.code == 8
    assert "  gitpromote retire --env prod --reason gone -out=plan.json\n" in ended.err
    assert "gitpromote plan" not in ended.err


def test_a_lock_keeps_others_out_until_it_is_taken_away(run, notes, normal) -> None:
    locked = run("lock", "test", "--reason", "migration", "--ttl", "2h")
    assert (locked.code, normal(locked.out)) == (
        0,
        (
            'Locked test for 2h: "migration"  record ID-1\nOthers are kept out; your own applies go on. '
            "Take the lock away with:\n  gitpromote unlock notes test\n"
        ),
    )
    assert run("unlock", "test").code == 0


def test_the_lock_of_an_environment_that_is_gone_is_taken_away(run, notes) -> None:
    apply_all(run)
    run("lock", "uat", "--reason", "migration")
    notes.replace("pipeline.py", 'Environment("uat")', 'Environment("qa")')
    notes.commit("another one")
    subprocess.run(["git", "config", "user.email", "bo@acme.example"], cwd=notes.clone, check=True)
    refused = run("retire", "--gone", "--reason", "closed", "-auto-approve")
    assert refused.code == 7 and "gitpromote unlock uat --force" in refused.err + refused.out
    assert run("unlock", "uat").code == 7
    ended = run("unlock", "uat", "--force")
    assert (ended.code, ended.err) == (0, "")
    again = run("unlock", "uat", "--force")
    assert (again.code, again.err) == (64, "Error: The environment is not locked  [not-locked]\n\nuat\n")
    assert run("unlock", "live").err == (
        'Error: There is no such environment  [environment-unknown]\n\n"live"\n\nThere are: test, qa, prod.\n'
    )
    assert run("retire", "--gone", "--reason", "closed", "-auto-approve").code == 0


def test_a_lock_is_explained_with_what_takes_it_away(run, notes) -> None:
    run("lock", "test", "--reason", "migration", "--ttl", "2h")
    mine = run("explain", "test").out.splitlines()
    said = [each for each in mine if each.startswith("  locked  by ")]
    assert re.fullmatch(r'  locked  by .+ since .+Z until .+Z: "migration"', said[0])
    assert mine[mine.index(said[0]) + 1] == "      gitpromote unlock notes test"
    subprocess.run(["git", "config", "user.email", "bo@acme.example"], cwd=notes.clone, check=True)
    theirs = run("explain", "test").out
    assert f"{said[0]}\n      gitpromote unlock notes test --force   # ask first\n" in theirs
    told = json.loads(run("explain", "test", "--json").out)["lock"]
    assert (told["reason"], told["until"] - told["at"], told["mine"]) == ("migration", 7200, False)
    assert "locked" not in run("explain", "uat").out


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (("--app", "notes"), "There is nothing to retire: nothing of notes is in any environment.\n"),
        (("--env", "uat"), "There is nothing to retire: nothing is left in uat.\n"),
    ],
)
def test_what_is_not_there_is_not_retired_and_nothing_is_saved(run, notes, what, told) -> None:
    before = notes.refs()
    for out in ((), ("-out=retire.json",)):
        ended = run("retire", *what, "--reason", "closed", *out, "-auto-approve")
        assert (ended.code, ended.out, ended.err) == (0, told, "")
    assert json.loads(run("retire", *what, "--reason", "closed", "--json").out) == {"environments": []}
    assert notes.refs() == before
    assert not Path("retire.json").exists()


def test_an_app_that_is_retired_and_still_in_the_file_is_told_to_come_back(run, notes) -> None:
    apply_all(run)
    ended = run("retire", "--app", "notes", "--reason", "closed", "-out=retire.json")
    assert "! notes is still in pipeline.py: the next plan brings it back unless it is removed there.\n" in ended.out


def test_what_has_left_the_pipeline_file_is_not_retired_by_its_name(run, notes) -> None:
    apply_all(run)
    notes.replace("pipeline.py", 'Environment("uat")', 'Environment("qa")')
    notes.commit("another one")
    ended = run("retire", "--env", "uat", "--reason", "closed")
    assert (ended.code, ended.out, ended.err) == (
        64,
        "",
        (
            "Error: The pipeline has no such environment any more  [environment-gone]\n\n"
            "uat: what it wrote still stands in env/uat\n\n"
            "What environments left behind that are gone, this prunes:\n"
            "  gitpromote retire notes --gone --reason …\n"
        ),
    )
    assert run("retire", "--gone", "--reason", "closed", "-auto-approve").code == 0
    again = run("retire", "--env", "uat", "--reason", "closed")
    assert (again.code, again.err) == (
        64,
        "Error: The pipeline has no such environment any more  [environment-gone]\n\nuat: nothing of it is left\n",
    )
    app = run("retire", "--app", "note", "--reason", "closed")
    assert (app.code, app.err) == (
        64,
        (
            "Error: There is no such App  [app-unknown]\n\n'note'; notes has notes\n\ndid you mean notes?\n"
            "What an App left behind that the pipeline has no more, the next plan deletes:\n  gitpromote plan notes\n"
        ),
    )


def test_what_somebody_deleted_by_hand_does_not_stand_there_any_more(run, notes) -> None:
    apply_all(run)
    notes.replace("pipeline.py", 'Environment("uat")', 'Environment("qa")')
    notes.commit("another one")
    there = "  What it wrote still stands in env/uat:\n  gitpromote retire notes --gone --reason …\n"
    assert there in run("explain", "uat").out
    subprocess.run(["git", "update-ref", "-d", "refs/heads/env/uat"], cwd=notes.remote, check=True)
    assert "stands" not in run("explain", "uat").out
    assert run("retire", "--gone", "--reason", "closed").out == "Nothing is left over.\n"


def test_a_rejection_names_every_environment_that_runs_it_and_what_comes_by_itself(run, notes, normal) -> None:
    notes.replace("pipeline.py", 'Environment("test")', 'Environment("test", auto=True)')
    notes.commit("auto")
    apply_all(run)
    [known] = json.loads(run("freight", "list", "--json").out)
    alias = known["freight"]["alias"]
    ended = run("freight", "reject", alias, "--reason", "CVE-1")
    first, *rest = ended.out.splitlines()
    assert re.fullmatch(rf'Rejected {alias}: "CVE-1"   record [0-9a-f]{{12}}', first)
    assert rest == [
        (
            "It still runs in test, uat, prod; test takes the newest that may come instead by itself. "
            "There is nothing to go back to in test, uat, prod: other Freight has to come."
        ),
    ]
    assert f"-            rejected  {alias}  " in run("history", "--limit", "1").out
    listed = run("freight", "list").out
    assert "rejected by Lea Demo <lea@acme.example> (CVE-1)" in listed


def test_events_of_a_run_are_a_stream(run, notes, tmp_path: Path) -> None:
    run("plan", "-out=plan.json")
    events = tmp_path / "events"
    run("apply", "plan.json", "--env", "test", "--json-into", str(events))
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert lines[-1]["kind"] == "summary"
    assert lines[-1]["exit_code"] == 0
    assert "environment" in [line["kind"] for line in lines]


def test_rendered_manifests_are_printed_or_written(run, notes, tmp_path: Path) -> None:
    ended = run("render", "--env", "test")
    assert ended.code == 0
    assert ended.out.count("# test: ") == 2
    assert "replicas: 1" in ended.out
    out = run("render", "--out", str(tmp_path / "out"))
    assert out.code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["prod", "test", "uat"]
    assert run("render", "--out", str(tmp_path / "out")).code == 64


def test_two_environments_are_compared(run, notes, normal, snapshot) -> None:
    ended = run("diff", "test", "prod", "--detailed-exitcode")
    assert (ended.code, normal(ended.out)) == (2, snapshot)


def test_two_environments_are_compared_as_they_run(run, notes, normal) -> None:
    assert run("apply", "-auto-approve", "--env", "test", "--env", "uat").code == 0
    assert run("rollback", "uat", "--reason", "trying").code != 0  # there is nothing before
    first = normal(run("diff", "test", "uat").out).splitlines()[0]
    assert first == "test (runs FREIGHT-1) -> uat (runs FREIGHT-1)"
    first = normal(run("diff", "uat", "prod").out).splitlines()[0]
    assert first == "uat (runs FREIGHT-1) -> prod (nothing there yet, next: FREIGHT-1)"


def test_validate_needs_no_cache(run, notes) -> None:
    Path("file").touch()
    ended = run("validate", "--cache-dir", "file/cache")
    assert (ended.code, ended.out, ended.err) == (0, "notes  valid: 3 environments, 1 app\n", "")
    assert run("plan", "--cache-dir", "file/cache").code == 1


def test_a_pipeline_file_with_two_pipelines_wants_a_name(run, notes) -> None:
    text = Path("pipeline.py").read_text()
    other = text.replace('notes = Pipeline(\n    "notes"', 'memos = Pipeline(\n    "memos"').replace(
        "env/$env", "memos/$env"
    )
    Path("pipeline.py").write_text(text + other.split("Plain\n", 1)[1])
    ended = run("plan")
    assert ended.code == 64
    assert "[pipeline-ambiguous]" in ended.err
    assert run("plan", "memos").code == 0
    assert run("explain", "memos", "prod").out.startswith("prod · ")
    assert run("plan", "--pipeline", "pipeline.py:notes").code == 0
    assert run("plan", "memos", "--pipeline", "pipeline.py:notes").code == 64
    assert run("validate").out == ("notes  valid: 3 environments, 1 app\nmemos  valid: 3 environments, 1 app\n")


def test_every_mistake_in_a_pipeline_file_is_told_at_once(run, notes) -> None:
    Path("pipeline.py").write_text(
        "from gitpromote import App, Branch, Environment, Pipeline, Plain\n"
        'notes = Pipeline("Notes", apps=[App("notes", Plain("environments/$evn"))], target=Branch("env/$env"),\n'
        '    environments=[Environment("test", after="uta"), Environment("uat")])\n'
    )
    ended = run("validate", "--json")
    assert ended.code == 11
    problems = json.loads(ended.out)["error"]["problems"]
    assert len(problems) >= 3
    assert all(problem["path"].endswith("pipeline.py") and problem["line"] for problem in problems)


def test_a_plan_is_made_again_from_what_it_knew(run, notes) -> None:
    run("plan", "-out=plan.json")
    notes.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("later")
    ended = run("plan", "--verify", "plan.json")
    assert (ended.code, ended.out) == (0, f"Planned again, the same bytes: {digest_of('plan.json')}\n")
    assert json.loads(run("plan", "--verify", "plan.json", "--json").out)["reproduced"] is True
    ended = run("plan", "--verify", "plan.json", "--env", "test", "-detailed-exitcode")
    assert (ended.code, ended.err) == (
        64,
        (
            "Error: These options do not go together  [usage]\n\n"
            "--env, --detailed-exitcode: --verify plans again what that plan knew, all of it\n\n"
            "  gitpromote plan --verify plan.json\n"
        ),
    )


def test_whoever_prunes_production_is_told_of_objects_and_of_files() -> None:
    def planned(name: str, production: bool, **members: Any) -> Any:
        given = {"changes": (), "writes": (), **members}
        return SimpleNamespace(name=name, production=production, **given)

    gone, stays = SimpleNamespace(action="delete"), SimpleNamespace(action="update")
    change = SimpleNamespace(actions=("delete",))
    environments = [
        planned("test", False, writes=(gone,), changes=(change,)),
        planned("eu", True, writes=(gone, gone, stays), changes=(change,)),
        planned("us", True, writes=(gone,)),
        planned("asia", True, writes=(stays,)),
    ]
    assert pruned_in_production(environments) == [("eu", "1 object and 2 files"), ("us", "1 file")]


def test_only_what_is_new_since_a_review_is_shown(run, notes) -> None:
    apply_all(run)
    for env in ("test", "uat", "prod"):
        notes.replace(f"environments/{env}/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    run("plan", "-out=reviewed.json")
    notes.replace("environments/prod/deployment.yaml", "replicas: 3", "replicas: 5")
    notes.commit("more")
    ended = run("plan", "--since", "reviewed.json")
    assert ended.code == 0
    assert "  ~ spec.replicas: 3 -> 5\n" in ended.out


def test_a_tampered_plan_is_refused_by_every_verb(run, notes) -> None:
    run("plan", "-out=plan.json")
    data = Path("plan.json").read_bytes()
    Path("plan.json").write_bytes(
        data.replace(b'"replicas: 1', b'"replicas: 9').replace(b'"production":false', b'"production":true', 1)
    )
    before = notes.refs()
    for words in (("show",), ("apply", "--expect-digest", digest_of("plan.json")), ("approve", "--env", "prod")):
        ended = run(words[0], "plan.json", *words[1:])
        assert ended.code == 5
        assert ended.out == ""
        assert ended.err.startswith("Error: This plan file cannot be used  [plan-digest]\n")
    assert notes.refs() == before


def test_a_plan_file_that_is_not_there_is_told(run, notes) -> None:
    ended = run("apply", "plans/nothing.plan.json")
    assert ended.code == 64
    assert ended.err == (
        "Error: There is no such plan file  [plan-missing]\n"
        "\n"
        "plans/nothing.plan.json\n"
        "\n"
        "Name the file that plan has saved, or a plan of the ledger by its digest.\n"
    )


def test_a_digest_that_nobody_knows_is_told(run, notes) -> None:
    ended = run("apply", "sha256:" + "12" * 32)
    assert ended.code == 64
    assert ended.err.startswith("Error: There is no such plan  [plan-unknown]\n")


def test_status_has_exit_codes_of_its_own(run, notes) -> None:
    apply_all(run)
    assert run("status", "--detailed-exitcode").code == 0
    notes.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    assert run("status", "--detailed-exitcode").code == 2
    assert run("status").code == 0
    report = json.loads(run("status", "--json").out)
    assert [each["name"] for each in report["environments"]] == ["test", "uat", "prod"]


def test_status_tells_of_sources_in_a_target_and_of_plans_that_cannot_be_made(run, notes) -> None:
    apply_all(run)
    notes.replace("environments/test/deployment.yaml", "notes:1.0.0", "notes:1.1.0")
    notes.commit("1.1.0")
    push = ["git", "push", "-q", "--force", "origin", "main:env/test"]
    subprocess.run(push, cwd=notes.clone, check=True, capture_output=True)
    ended = run("status", "--detailed-exitcode")
    assert ended.code == 13
    assert "! test: its target holds something else than the last Record says   [foreign]" in ended.out
    assert "blocked: foreign" in ended.out
    assert run("plan").code == 0
    notes.replace("environments/test/deployment.yaml", "kind: Deployment", "kind: [")
    notes.commit("broken")
    ended = run("status", "--detailed-exitcode")
    assert ended.code == 1
    assert re.search(r"\n  ! test: .* \[yaml-invalid\]\n", ended.out)
    notes.remote.rename(notes.remote.with_name("away"))
    for words in ((), ("--lag",)):
        assert run("status", *words).code == 1


def test_history_is_limited_and_selected(run, notes) -> None:
    apply_all(run)
    everything = json.loads(run("history", "--json").out)
    assert [each["kind"] for each in everything[:2]] == ["verified", "written"]
    assert json.loads(run("history", "--json", "--limit", "3").out) == everything[:3]
    assert {each["environment"] for each in json.loads(run("history", "--json", "--env", "uat").out)} == {"uat"}


def test_an_environment_is_held_and_let_go(run, notes, normal) -> None:
    apply_all(run)
    held = run("hold", "prod", "--reason", "INC-2211")
    assert (held.code, normal(held.out)) == (
        0,
        'Held prod: "INC-2211"  record ID-1\nLift the hold with:\n  gitpromote release notes prod\n',
    )
    assert "held by Lea Demo" in run("status").out
    record = json.loads(run("release", "prod", "--json").out)
    assert (record["kind"], record["environment"]) == ("released", "prod")


def test_commands_that_are_suggested_name_the_pipeline_file_where_it_was_named(run, notes) -> None:
    Path("pipeline.py").rename("promotion.py")
    apply = ("apply", "--pipeline", "promotion.py", "--env", "test", "-auto-approve")
    assert run(*apply).code == 0
    held = run("hold", "test", "--reason", "x", "--pipeline", "promotion.py")
    assert held.out.endswith("  gitpromote release notes test --pipeline promotion.py\n")


def test_retiring_an_environment_shows_asks_and_prunes(run, notes) -> None:
    apply_all(run)
    assert run("retire", "--reason", "x").code == 64
    planned = run("retire", "--env", "prod", "--reason", "closed", "-out=retire.json")
    assert planned.code == 0
    assert "v1/Service notes/notes will be DELETED" in planned.out
    assert planned.out.endswith(
        "! prod is still in pipeline.py: the next plan brings it back unless it is removed there.\n"
        "Saved retire.json\n  gitpromote apply retire.json\n"
    )
    assert run("retire", "--env", "prod", "--reason", "closed", answers="yes\nno\n").code == 8
    assert run("retire", "--env", "prod", "--reason", "closed", answers="yes\nprod\n").code == 0


def test_the_doctor_finds_what_is_here(run, notes) -> None:
    ended = run("doctor", "--json")
    findings = json.loads(ended.out)["findings"]
    assert ended.code == 0
    assert "git" in [each["name"] for each in findings]
    assert run("doctor").out.startswith("ok  git ")


@pytest.mark.parametrize("form", ["text", "mermaid", "json", "svg"])
def test_the_pipeline_is_drawn_in_every_form(run, notes, form: str, tmp_path: Path) -> None:
    ended = run("graph", "--format", form)
    assert (ended.code, ended.err) == (0, "")
    assert "prod" in ended.out
    assert run("graph", "--format", form, "--out", str(tmp_path / "drawn")).code == 0
    assert (tmp_path / "drawn").read_text() == ended.out


def test_without_a_pipeline_file_the_way_on_is_told(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("plan")
    assert ended.code == 11
    assert "gitpromote init" in ended.err


def test_a_plan_that_cannot_be_saved_is_told(run, notes) -> None:
    ended = run("plan", "-out=pipeline.py/plan.json")
    assert ended.code == 1
    assert ended.err.startswith("Error: A file cannot be written  [output-failed]\n")


def test_a_gate_that_opened_since_the_plan_still_leads_to_the_question(run, notes, monkeypatch) -> None:
    run("plan", "-out=plan.json")
    monkeypatch.setattr("gitpromote.cli.apply.in_reach", lambda *_, **__: [])
    run("apply", "plan.json", "--env", "test,uat")
    before = notes.refs()
    assert run("apply", "plan.json").code == 8
    assert run("apply", "plan.json", answers="no\n").code == 8
    assert notes.refs() == before
    ended = run("apply", "plan.json", answers="yes\n")
    assert ended.code == 0
    assert "refs/heads/env/prod" in notes.refs()


def test_a_saved_plan_is_known_by_its_short_id_before_the_ledger_has_it(run, notes) -> None:
    run("plan")
    [file] = Path("plans").iterdir()
    short = file.name.removeprefix("notes-").removesuffix(".plan.json")
    for words in (("plan", "notes", "--since", short), ("show", str(file), "--since", short)):
        ended = run(*words)
        assert ended.code == 0, ended.err
        assert "  The same change as reviewed in test, uat, prod: not shown again.\n" in ended.out
        assert "will be created" not in ended.out
    assert run("show", short).code == 0
    file.write_bytes(file.read_bytes().replace(b"notes", b"n0tes", 1))
    assert run("show", short).code == 5


def test_a_branch_in_the_way_is_told_below_the_plan(run, notes) -> None:
    notes.commit("more")
    subprocess.run(["git", "push", "-q", "origin", "main:gitpromote"], cwd=notes.clone, check=True)
    ended = run("plan")
    assert ended.code == 0
    [told] = [line for line in ended.out.splitlines() if line.startswith("! ")]
    assert told.startswith("! apply cannot make gitpromote/ledger/notes: Git cannot have that beside gitpromote; ")


def test_approve_asks_for_an_environment_by_name(run, notes) -> None:
    run("plan", "-out=my plan.json")
    ended = run("approve", "my plan.json")
    assert ended.code == 64
    assert ended.err.splitlines()[2:] == [
        "The plan changes test, uat, prod.",
        "",
        "  gitpromote approve 'my plan.json' --env prod",
    ]


def test_the_stream_tells_each_environments_end_once(run, notes, tmp_path: Path) -> None:
    run("plan", "-out=plan.json")
    for number, words in enumerate((("-auto-approve",), ("--expect-digest", digest_of("plan.json")))):
        run("apply", "plan.json", *words, "--json-into", str(tmp_path / str(number)))
    streams = [[json.loads(line) for line in (tmp_path / str(number)).read_text().splitlines()] for number in range(2)]
    assert [{line["name"]: line["status"] for line in lines if line["kind"] == "environment"} for lines in streams] == [
        {"test": "written", "uat": "written", "prod": "waiting"},
        {"test": "already", "uat": "already", "prod": "written"},
    ]
    assert [sum(line["kind"] == "environment" for line in lines) for lines in streams] == [3, 3]


ANY_KEY = (
    "! No allowed signers are configured: an approval signed with any key counts. "
    "Commit a file of them and name it: Pipeline(…, signers=…)\n"
)


@pytest.fixture
def key(tmp_path: Path) -> str:
    """A key that nobody vouches for."""
    file = tmp_path / "key"
    subprocess.run([needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    return str(file)


def test_where_any_key_counts_approving_and_applying_say_so(run, notes, key: str) -> None:
    run("plan", "-out=plan.json")
    approved = run("approve", "plan.json", "--env", "prod", "--key", key)
    assert (approved.code, approved.err) == (0, ANY_KEY)
    applied = run("apply", "plan.json", "-auto-approve")
    assert (applied.code, applied.err) == (0, ANY_KEY)


def test_with_a_digest_no_signature_is_spoken_of(run, notes) -> None:
    run("plan", "-out=plan.json")
    digest = json.loads(Path("plan.json").read_text())["digest"]
    assert run("apply", "plan.json", "--expect-digest", digest).err == ""


def test_an_approval_for_no_time_is_refused(run, notes, key: str) -> None:
    run("plan", "-out=plan.json")
    ended = run("approve", "plan.json", "--env", "prod", "--key", key, "--expires", "0s")
    assert (ended.code, ended.out) == (64, "")
    assert "[approval-over]" in ended.err


def test_a_branch_in_the_place_of_the_ledger_is_named(run, notes) -> None:
    run("plan", "-out=plan.json")
    subprocess.run(["git", "push", "-q", "origin", "HEAD:refs/heads/gitpromote"], cwd=notes.clone, check=True)
    digest = json.loads(Path("plan.json").read_text())["digest"]
    for words in (["apply", "plan.json", "--expect-digest", digest], ["hold", "test", "--reason", "x"]):
        ended = run(*words)
        assert ended.code == 11, ended.err
        assert ended.err.startswith("Error: Another ref has the name that the ledger needs  [ref-name-taken]\n")
        assert 'Pipeline(…, refs="refs/gitpromote")' in ended.err
    found = run("doctor", "--json")
    assert found.code == 11
    assert [each["name"] for each in json.loads(found.out)["findings"] if not each["ok"]] == ["ledger"]


def test_the_doctor_looks_at_cache_and_credentials(run, notes) -> None:
    found = {each["name"]: each["message"] for each in json.loads(run("doctor", "--json").out)["findings"]}
    assert "  writable, " in found["cache"]
    assert found["cache"].endswith(" MB free")
    read = "home can be read; whether it may be pushed to is not tried, the first apply shows it"
    assert found["credentials"] == read
    assert found["ledger"] == "refs/heads/gitpromote/ledger/notes  is made by the first apply"


def test_a_plan_takes_how_long_to_wait_for_locks_as_terraform_does(run, notes) -> None:
    assert run("plan", "-lock-timeout=3s", "-out=plan.json").code == 0
    ended = run("plan", "-lock-timeout=soon")
    assert (ended.code, ended.err.splitlines()[0]) == (64, "Error: This is no duration  [bad-duration]")
