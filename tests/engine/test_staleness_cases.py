"""Every case of staleness, reached by a repository in which somebody really did that."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Directory, Environment, InPlace, Plain
from gitpromote.errors import PlanStale

DEPLOYED = "apps-deployment-shop.yaml"


def show(result):
    for one in result.environments:
        print("---", one.name, one.status, one.exit_code, one.code, "|", one.message, "|", one.detail, "|", one.hint)
    print(result.exit_code)


def test_S1(site):
    plan = site.project().plan()
    show(site.apply(plan))
    show(site.apply(plan))

def test_S2(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan(env="test")
    site.home.commit({"CODEOWNERS": "* @ops\n"}, branch="env/test", message="owners")
    show(site.apply(plan))
    print(site.home.files("env/test").keys(), site.home.log("env/test"))

def test_S2dir(site):
    p = site.pipeline(target=Directory("builds/$env"))
    project = site.project(p)
    plan = project.plan()
    site.home.commit({"README": "x\n"}, message="readme")
    show(site.apply(plan, project=project))
    show(site.apply(plan, project=project))
    print(site.home.files("main").keys(), site.home.log("main"))
    print(site.decisions(project.plan()))

def test_S3(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.home.commit({DEPLOYED: site.deployment("test", replicas=3), "extra.yaml": "a: 1\n"}, branch="env/test", message="three by hand")
    show(site.apply(plan))

def test_S3_deleted(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.home.move("env/test", None)
    show(site.apply(plan))

def test_S3_forced(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.home.commit({DEPLOYED: site.deployment("test", replicas=3)}, branch="env/test", message="anew", parent=None)
    show(site.apply(plan))

def test_S3_forced_cold(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.home.commit({DEPLOYED: site.deployment("test", replicas=3)}, branch="env/test", message="anew", parent=None)
    site.home.git("gc", "-q", "--prune=now")
    show(site.apply(plan, project=site.project(cache="cold")))

def test_S4(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.project(who="Bo <bo@acme.example>").hold("test", reason="freeze")
    show(site.apply(plan))
    site.project(who="Bo <bo@acme.example>").release("test", reason="freeze")
    show(site.apply(plan))

def test_S4b(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.home.commit(site.sources("test", "uat", "prod", version="1.2.0"))
    site.clock.time += 60
    site.apply(project=site.project(who="Bo <bo@acme.example>"))
    show(site.apply(plan))

def test_S6(site):
    plan = site.project().plan()
    site.clock.time += 7*24*3600
    show(site.apply(plan))

def test_ledger(site):
    site.promote()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.project().plan()
    site.home.move("gitpromote/ledger/shop", None)
    with pytest.raises(PlanStale) as caught:
        site.apply(plan)
    print(caught.value)
