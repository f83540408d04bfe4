"""Two environments compared: what runs there, and only where nothing has come yet what comes next."""

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


def pushed(desk, branch, text, *, to="configmap-c.yaml"):
    """Somebody's commit on an environment's branch."""
    desk.git("fetch", "-q", "origin", branch)
    desk.git("switch", "-q", "--detach", "FETCH_HEAD")
    (desk.work / to).write_text(text)
    desk.git("add", to)
    desk.git("commit", "-q", "-m", "by hand")
    desk.git("push", "-q", "origin", f"HEAD:{branch}")
    desk.git("switch", "-q", "main")


def test_what_runs_is_compared_and_not_what_comes_next(promoted):
    project = promoted.project()
    runs = project.status()["test"].runs["shop"].alias
    found = project.diff("test", "prod")
    assert found.freight == (runs, runs)
    assert found.sides == (f"runs {runs}", f"runs {runs}")


def test_after_one_of_them_moved_each_is_compared_as_it_runs(promoted):
    project = promoted.project()
    old = project.status()["prod"].runs["shop"].alias
    project.apply(project.plan(env="test"))
    new = project.status()["test"].runs["shop"].alias
    assert old != new
    assert promoted.project().diff("test", "prod").sides == (f"runs {new}", f"runs {old}")


def test_after_a_rollback_it_is_what_was_brought_back(same_names):
    project = same_names.project()
    old = project.status()["test"].runs["shop"].alias
    same_names.push(same_names.files("2"), message="second")
    for env in ("test", "prod"):
        plan = project.plan(env=env)
        assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
    new = project.status()["prod"].runs["shop"].alias
    back = project.rollback("prod", reason="trying")
    assert project.apply(back, expect_digest=back.digest).exit_code == 0
    found = same_names.project().diff("test", "prod")
    assert found.sides == (f"runs {new}", f"runs {old}")
    [change] = found["test -> prod"]
    assert [(field.before, field.after) for field in change.fields] == [("2", "1")]


def test_an_environment_that_nothing_has_come_to_is_compared_as_its_next_freight_makes_it(desk):
    project = desk.project()
    project.apply(project.plan(env="test"))
    alias = project.status()["test"].runs["shop"].alias
    found = desk.project().diff("test", "prod")
    assert found.sides == (f"runs {alias}", f"nothing there yet, next: {alias}")
    assert found.freight == (alias, alias)


def test_what_somebody_wrote_by_hand_is_compared_and_told(same_names):
    project = same_names.project()
    alias = project.status()["test"].runs["shop"].alias
    pushed(same_names, "env/prod", same_names.files("9")["deploy/prod/c.yaml"])
    found = project.diff("test", "prod")
    assert found.sides == (f"runs {alias}", f"runs {alias}, and holds foreign content")
    [change] = found["test -> prod"]
    assert [(field.before, field.after) for field in change.fields] == [("1", "9")]


def test_broken_sources_hinder_nobody_who_compares_what_runs(same_names):
    same_names.push({"deploy/test/c.yaml": "{{ broken\n"}, message="broken")
    assert same_names.project().diff("test", "prod")["test -> prod"] == ()


def test_sensitive_values_are_told_as_different_and_not_shown(same_names):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: %s}\n"
    pushed(same_names, "env/prod", secret % "hunter22-of-prod", to="s.yaml")
    pushed(same_names, "env/test", secret % "hunter22-of-test", to="s.yaml")
    found = same_names.project().diff("test", "prod")
    [change] = found["test -> prod"]
    assert change.title == "v1/Secret s" and change.actions == ("update",)
    assert "hunter22" not in str([change, *change.fields])


@pytest.fixture
def same_names(desk):
    """Both environments render the same object; 1 is everywhere."""

    def files(value):
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{v: '{value}'}}\n"
        return {f"deploy/{env}/c.yaml": text for env in ("test", "prod")}

    desk.files = files
    desk.push(files("1"), message="first")
    project = desk.project()
    plan = project.plan()
    assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
    return desk


def test_objects_in_namespaces_of_their_own_are_the_same_objects(desk):
    def files(value):
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop-{env}}}\ndata: {{v: '{value}'}}\n"
        return {f"deploy/{env}/c.yaml": text.format(env=env, value=value[env]) for env in ("test", "prod")}

    desk.push(files({"test": "1", "prod": "2"}), message="namespaces")
    found = desk.project().diff("test", "prod")
    assert found.namespaces == {"shop-test": "shop-prod"}
    [change] = found["test -> prod"]
    assert (change.title, change.actions) == ("v1/ConfigMap shop-prod/c", ("update",))
    assert [(field.before, field.after) for field in change.fields] == [("1", "2")]
    back = desk.project().diff("prod", "test")
    assert back.namespaces == {"shop-prod": "shop-test"}
    assert desk.project().diff("main", "main").namespaces == {}


@pytest.mark.parametrize(
    ("sides", "detail", "hint"),
    [
        (("test", "prood"), "'prood' is no branch, tag or commit of {remote}", "did you mean prod?"),
        (("tset", "prod"), "'tset' is no branch, tag or commit of {remote}", "did you mean test?"),
        (("main", "prood"), "'prood' is no branch, tag or commit of {remote}", "did you mean prod?"),
        (
            ("test", "xyz"),
            "'xyz' is no branch, tag or commit of {remote}",
            "Give a full commit id, a branch or a tag of that repository.",
        ),
    ],
)
def test_the_word_that_means_nothing_is_the_one_that_is_told(promoted, sides, detail, hint):
    with pytest.raises(UsageError) as raised:
        promoted.project().diff(*sides)
    error = raised.value
    assert (error.summary, error.code, error.exit_code) == ("A revision is unknown", "revision-unknown", 64)
    assert error.detail == detail.format(remote=promoted.remote) + ", and no environment or Freight of shop"
    assert error.hint == hint


@pytest.mark.parametrize("sides", [("test", "main"), ("main", "test"), ("test", "ALIAS")])
def test_an_environment_and_a_revision_are_not_compared(promoted, sides):
    project = promoted.project()
    sides = [project.status()["prod"].runs["shop"].alias if word == "ALIAS" else word for word in sides]
    other = next(word for word in sides if word != "test")
    with pytest.raises(UsageError) as raised:
        project.diff(*sides)
    assert str(raised.value) == (
        "An environment is compared with another one alone  [usage]\n"
        f"'test' is an environment of shop, and {other!r} is a revision or Freight\n"
        "Name two environments, or two of the others."
    )


def test_a_branch_that_is_called_like_an_environment_is_a_revision_beside_another_one(promoted):
    promoted.git("push", "-q", "origin", "main~1:refs/heads/test")
    assert set(promoted.project().diff("test", "main")) == {"test", "prod"}
