"""An apply that is killed at any boundary, and applied again, ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gitpromote import App, Branch, Directory, Environment, Helm, InPlace, SetValue, Warehouse
from gitpromote import Image as Images
from gitpromote.adapters.repository import GitRepository
from gitpromote.errors import UsageError
from gitpromote.project import Plan

CALLS = ("fetch", "write", "push")


class Killed(BaseException):
    """Not an Exception: nothing may catch it and go on."""


@contextmanager
def killed_after(count: int) -> Iterator[list[str]]:
    """Die after so many calls, which is before the next one; the calls so far are told."""
    calls: list[str] = []
    whole = {name: getattr(GitRepository, name) for name in CALLS}

    def dying(name):
        def call(self, *args, **words):
            found = whole[name](self, *args, **words)
            calls.append(f"{name} {self.key}")
            if len(calls) == count:
                raise Killed
            return found

        return call

    for name in CALLS:
        setattr(GitRepository, name, dying(name))
    try:
        yield calls
    finally:
        for name in CALLS:
            setattr(GitRepository, name, whole[name])


def end_state(site, *origins):
    """What the world holds: trees that agents see, Records in their order, and the ledger's state."""
    state = {path: text for path, text in site.home.files("gitpromote/ledger/shop").items() if "plans/" not in path}
    return [origin.trees() for origin in (site.home, *origins)], site.records(), state


def kill_everywhere(site, pipeline_of, origins_of=lambda _: (), *, after=CALLS, **asked):
    """Kill at each boundary in turn, resume; every end must be that of the run that nobody disturbed.

    :param after: only after calls of these names
    """
    restore = site.saved()
    project = site.project(pipeline_of(site))
    plan = project.plan(**asked)
    data = plan.to_bytes()
    with killed_after(0) as calls:
        project.apply(plan, confirmed=True)
    wanted = end_state(site, *origins_of(site))
    assert site.project(pipeline_of(site)).verify().ok
    resumed = []
    boundaries = [at for at, call in enumerate(calls, 1) if call.startswith(after)]
    for boundary in boundaries:
        site = restore()
        pipeline = pipeline_of(site)
        with killed_after(boundary), pytest.raises(Killed):
            site.project(pipeline).apply(Plan.from_bytes(data, name="x"), confirmed=True)
        try:  # on another machine, by the digest alone; where the plan had not reached the ledger, by the file
            cold = site.project(pipeline, cache=f"cold{boundary}")
            result = cold.apply(plan.digest, confirmed=True)
            resumed.append("ledger")
        except UsageError as error:
            assert error.code == "plan-unknown"
            result = site.project(pipeline).apply(Plan.from_bytes(data, name="x"), confirmed=True)
            resumed.append("file")
        where = f"after {calls[:boundary]}"
        assert result.exit_code == 0, (where, result)
        assert end_state(site, *origins_of(site)) == wanted, where
    return calls, resumed


def test_a_cascade_that_is_killed_anywhere_goes_on_to_the_same_end(site):
    envs = (Environment("test"), Environment("prod"))
    calls, resumed = kill_everywhere(site, lambda site: site.pipeline(*envs))
    assert calls == [
        *("fetch home", "write home", "write home", "push home"),  # test and its Records
        *("fetch home", "write home", "write home", "push home"),  # prod
        "fetch home",
    ]
    assert resumed == ["file"] * 3 + ["ledger"] * 6


def test_a_target_in_another_repository_that_is_killed_anywhere_goes_on_to_the_same_end(site):
    site.other("other.git")

    def pipeline(site):
        target = Branch("env/$env", repo=str(site.root / "other.git"))
        return site.pipeline(Environment("test", after=[]), Environment("prod", after=[]), target=target)

    calls, resumed = kill_everywhere(site, pipeline, lambda site: [site.other("other.git")], after=("push",))
    other = str(site.root / "other.git")
    assert calls == [
        *("fetch home", f"fetch {other}"),
        f"write {other}",  # both environments' commits at once
        *("fetch home", "write home", "push home"),  # the plan, so that its digest is enough from here on
        "write home",
        *(f"push {other}", "push home"),  # between the two: a target without its Record
        *("fetch home", f"fetch {other}"),
    ]
    assert resumed == ["ledger"] * 3


def test_what_an_earlier_run_of_the_plan_put_on_the_branch_is_nothing_unrelated(site):
    pipeline = site.pipeline(Environment("test"), Environment("prod"), target=Directory("b/$env", branch="live"))
    for version in ("1.0.0", "1.1.0"):  # a new branch, and one that goes on
        site.home.commit(site.sources("test", "prod", version=version))
        plan = site.project(pipeline).plan()
        with killed_after(4), pytest.raises(Killed):
            site.apply(plan, project=site.project(pipeline))
        ended = site.apply(plan, project=site.project(pipeline))
        assert [one.status for one in ended.environments] == ["already", "written"]
        assert ended.environments[1].message == f"written {site.home.head('live')[:7]} -> live, tree as planned"
    assert "reanchored" not in site.home.git("log", "gitpromote/ledger/shop")


def test_without_atomic_pushes_a_run_that_is_killed_anywhere_goes_on_to_the_same_end(site):
    site.home.git("config", "receive.advertiseAtomic", "false")
    envs = (Environment("test", after=[]), Environment("prod", after=[]))
    calls, resumed = kill_everywhere(site, lambda site: site.pipeline(*envs), after=("push",))
    assert calls == [
        *("fetch home", "write home", "write home", "push home"),  # nothing was moved
        *("fetch home", "write home", "push home"),  # the plan
        *("write home", "push home"),  # targets, then the ledger
        "fetch home",
    ]
    assert resumed == ["file"] + ["ledger"] * 2


def test_folders_on_one_branch_of_another_repository_find_each_its_own_commit_again(site):
    site.other("other.git").commit({"README": "x\n"})

    def pipeline(site):
        target = Directory("builds/$env", repo=str(site.root / "other.git"))
        return site.pipeline(Environment("test", after=[]), Environment("prod", after=[]), target=target)

    kill_everywhere(site, pipeline, lambda site: [site.other("other.git")], after=("push",))


def test_values_of_one_file_in_another_repository_find_each_its_own_commit_again(site):
    chart = {
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "chart/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\n"
        "data: {it: {{ index .Values .Values.env }}}\n",
    }
    site.other("other.git").commit({**chart, "values.yaml": "{test: x, prod: x}\n"})

    def pipeline(site):
        repo = str(site.root / "other.git")
        edits = [SetValue("values.yaml", "$env", value="here")]
        renderer = Helm("chart", values=["values.yaml"], set={"env": "$env"})
        return site.pipeline(
            *(Environment("test", after=[]), Environment("prod", after=[])),
            apps=[App("shop", renderer, edits=edits, repo=repo)],
            target=InPlace("main", repo=repo),
            warehouse=Warehouse(Images("ghcr.io/acme/shop")),
        )

    origins = lambda site: [site.other("other.git")]  # noqa: E731
    kill_everywhere(site, pipeline, origins, after=("push",), images=[f"ghcr.io/acme/shop:1.0.0@sha256:{'1' * 64}"])
    assert site.other("other.git").show("main:values.yaml") == "{test: here, prod: here}\n"
