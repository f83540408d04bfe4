"""What a Project tells: status, history, renders, differences, and what this machine lacks."""

from __future__ import annotations

import pytest

from gitpromote.errors import UsageError


@pytest.fixture
def promoted(desk):
    """1 is everywhere; the sources have 2."""
    project = desk.project()
    plan = project.plan()
    assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
    desk.push(desk.sources("2"), message="second")
    return desk


def test_status_says_what_runs_and_what_is_next(promoted):
    project = promoted.project()
    status = project.status()
    test, prod = status["test"], status["prod"]
    assert [one.name for one in status] == ["test", "prod"]
    assert (test.decision, test.production, prod.decision, prod.production) == ("ready", False, "waiting", True)
    assert test.runs["shop"].subject == "first" and test.next["shop"].subject == "second"
    assert test.commit == promoted.refs()["refs/heads/env/test"]
    assert (test.held, test.locked_by, test.drift, test.generation) == (None, None, False, 1)
    assert test.verified_at == test.since
    assert repr(status) == f"<Status shop (test: {test.runs['shop'].alias}, prod: {prod.runs['shop'].alias})>"
    with pytest.raises(UsageError, match="environment-unknown"):
        status["live"]


def test_status_tells_what_it_knows_where_something_cannot_be_rendered(promoted):
    promoted.push({"deploy/test/c.yaml": "{{ broken\n"}, message="broken")
    status = promoted.project().status()
    assert status["test"].runs["shop"].subject == "first"
    assert status["test"].decision == "unavailable"
    assert " cannot be rendered: " in status["test"].reason
    assert [text.partition(":")[0] for text in status.data.troubles] == ["test"]


def test_a_status_before_the_first_promotion_is_empty(desk):
    status = desk.project().status()
    assert (status.data.ledger, status["test"].runs, status["test"].since, status["test"].decision) == (
        *(None, {}, None),
        "ready",
    )


def test_drift_is_told(promoted):
    promoted.git("fetch", "-q", "origin", "env/test")
    promoted.git("switch", "-q", "--detach", "FETCH_HEAD")
    (promoted.work / "configmap-c.yaml").write_text(promoted.sources("9")["deploy/test/c.yaml"])
    promoted.git("commit", "-q", "-a", "-m", "nine")
    promoted.git("push", "-q", "origin", "HEAD:env/test")
    promoted.git("switch", "-q", "main")
    status = promoted.project().status()
    assert (status["test"].drift, status["test"].decision, status["prod"].drift) == (True, "blocked", False)


def test_history_is_newest_first_and_can_be_narrowed(promoted):
    project = promoted.project()
    history = project.history
    assert [one.kind for one in history] == [
        *("verified", "written", "verified", "written", "planned", "freight-created"),
    ]
    assert len(history) == 6 and repr(history) == "<History of 6 Records>"
    assert [one.environment for one in history.kind("written")] == ["prod", "test"]
    assert {one.kind for one in history.env("test")} == {"written", "verified"}
    assert len(history.since(history[0].at + 1)) == 0
    assert history[:2].to_records() == [one.to_data() for one in list(history)[:2]]
    assert [one.environment for one in project.records("test")] == ["test", "test"]
    assert len(project.records(limit=1)) == 1
    with pytest.raises(UsageError, match="environment-unknown"):
        project.records("live")
    assert {one.actor.claimed for one in history} == {"Ada <ada@acme.example>"}


def test_renders_are_what_the_targets_would_hold(promoted):
    project = promoted.project()
    wanted = {
        env: {"configmap-c.yaml": promoted.sources("2")[f"deploy/{env}/c.yaml"].encode()} for env in ("test", "prod")
    }
    assert project.render() == wanted
    assert project.render("test") == {"test": wanted["test"]}
    assert project.render("test", commit="main~1")["test"]["configmap-c.yaml"].endswith(b"{v: '1'}\n")
    with pytest.raises(UsageError, match="environment-unknown"):
        project.render("live")


def test_differences_are_between_environments_revisions_and_freight(promoted):
    project = promoted.project()
    [(label, changes)] = project.diff("test", "prod").items()
    assert (label, changes) == ("test -> prod", ())
    assert project.diff("test", "prod").namespaces == {"test": "prod"}
    found = project.diff("main~1", "main")
    assert {name: [field.after for one in changes for field in one.fields] for name, changes in found.items()} == {
        "test": ["2"],
        "prod": ["2"],
    }
    freight = project.history.kind("freight-created")[0].data["freight"]
    assert project.diff(freight["alias"], "main").keys() == {"test", "prod"}
    assert project.diff(freight["id"][:8], freight["alias"]) == {"test": (), "prod": ()}


def test_who_acts_is_what_git_says(promoted, only_our_settings):
    only_our_settings.write_text("[user]\n\tname = Bo\n\temail = bo@acme.example\n")
    assert promoted.project().hold("test", reason="x").actor.claimed == "Bo <bo@acme.example>"


def test_without_a_name_in_git_it_is_the_user_of_the_machine(promoted, only_our_settings, monkeypatch):
    only_our_settings.write_text("")
    for name, value in (("USER", "ci"), ("GITHUB_ACTOR", "octo")):
        monkeypatch.setenv(name, value)
        claimed = promoted.project()._world.actor
        assert claimed.startswith(f"{value} <{value}@")


def test_doctor_looks_at_git_the_repositories_and_who_one_is(desk):
    found = {one.name: (one.ok, one.message) for one in desk.project().doctor()}
    assert found["home"] == (True, f"{desk.remote}  1 branch, default main")
    assert found["identity"] == (True, "Ada <ada@acme.example>")
    assert found["git"][0] is True
    desk.git("remote", "set-url", "origin", str(desk.root / "gone.git"))
    broken = {one.name: one for one in desk.project().doctor()}
    assert (broken["home"].ok, bool(broken["home"].hint)) == (False, True)


def test_explain_is_a_fresh_judgement(promoted):
    project = promoted.project()
    assert project.explain("prod").reason == "upstream"
    project.apply(project.plan(env="test"))
    assert (project.explain("prod").decision, project.explain("prod").reason) == ("ready", "")
