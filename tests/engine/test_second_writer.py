"""Two pipelines on one path: neither plan nor adoption takes what another one wrote; a renamed one goes on."""

from __future__ import annotations

import pytest

from gitpromote import Environment
from gitpromote.errors import ConfigurationError

FILE = "apps-deployment-shop.yaml"


def refusal(site) -> str:
    url, ledger = site.home.path, "refs/heads/gitpromote/ledger"
    return (
        "Two pipelines write here  [path-shared]\n"
        f"test: env/test was last written by the pipeline shop ({site.home.head('env/test')[:7]})\n"
        "Give store a path of its own, or retire the environment in shop.\n"
        'If shop is called store from now on, write Warehouse(…, name="shop") where that was its '
        "name too, which Freight is known by, and take its ledger along:\n"
        f"  git fetch {url} {ledger}/shop && git push {url} FETCH_HEAD:{ledger}/store :{ledger}/shop"
    )


@pytest.mark.parametrize("act", [lambda project: project.plan(), lambda project: project.adopt("test", reason="x")])
def test_what_another_pipeline_wrote_is_neither_planned_over_nor_adopted(promoted, act):
    before = promoted.home.refs()
    with pytest.raises(ConfigurationError) as caught:
        act(promoted.project(promoted.pipeline(name="store")))
    assert str(caught.value) == refusal(promoted)
    assert caught.value.exit_code == 11
    assert promoted.home.refs() == before


def test_who_has_a_history_of_its_own_is_not_told_how_one_is_renamed(promoted):
    store = promoted.project(promoted.pipeline(name="store"))
    promoted.home.commit({FILE: promoted.deployment("uat", replicas=2)}, branch="env/uat", message="by hand")
    store.adopt("uat", reason="a person wrote it last")
    with pytest.raises(ConfigurationError) as caught:
        store.adopt("test", reason="x")
    assert caught.value.hint == "Give store a path of its own, or retire the environment in shop."


def test_a_pipeline_that_takes_its_ledger_along_goes_on_under_another_name(promoted, tmp_path):
    work = tmp_path / "work"
    promoted.home.git("clone", "-q", str(promoted.home.path), str(work))
    command = refusal(promoted).splitlines()[-1].strip()
    for words in command.split(" && "):
        promoted.home.git("-C", str(work), *words.split()[1:])
    store = promoted.pipeline(name="store")
    assert promoted.decisions(promoted.plan(store)) == {
        "test": "ready",
        "uat": "waiting upstream",
        "prod": "waiting upstream",
    }
    promoted.promote(store)
    assert promoted.home.files("env/prod") == {FILE: promoted.deployment("prod", version="1.1.0")}
    assert promoted.project(store).verify().ok
    back = promoted.project(store).rollback("prod", reason="x")
    assert promoted.told(promoted.apply(back, project=promoted.project(store))) == {"prod": "written"}
    assert promoted.project(store).verify().ok
    with pytest.raises(ConfigurationError):
        promoted.plan()


def test_what_was_recorded_under_the_old_name_stays_ours_where_a_branch_is_put_back(promoted, tmp_path):
    promoted.promote()
    promoted.home.git("update-ref", "refs/heads/gitpromote/ledger/store", "refs/heads/gitpromote/ledger/shop")
    before = promoted.home.git("rev-parse", "env/test~1")
    promoted.home.move("env/test", before)
    plan = promoted.plan(promoted.pipeline(Environment("test"), name="store"))
    assert promoted.decisions(plan) == {"test": "blocked foreign"}
