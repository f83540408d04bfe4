"""Going back to what was recorded: nothing is rendered, it is held afterwards, and it does not go on downstream."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Directory, Environment, Git, Helm, InPlace, Plain, SetValue, Warehouse
from gitpromote import Image as Images
from gitpromote.errors import Blocked, UsageError
from gitpromote.views.lines import plain
from gitpromote.views.markdown import plan_markdown
from gitpromote.views.standing import status_view
from gitpromote.views.terminal import plan_view

FILE = "apps-deployment-shop.yaml"


@pytest.fixture
def twice(promoted):
    """1.0.0 was everywhere, then 1.1.0."""
    promoted.promote()
    return promoted


def test_a_rollback_restores_the_recorded_tree_without_rendering(twice):
    twice.home.commit({f"deploy/{env}/deployment.yaml": None for env in ("test", "uat", "prod")}, message="gone")
    project = twice.project(cache="cold")
    plan = project.rollback("prod", reason="5xx, INC-2211")
    assert (plan.data.kind, plan.data.request.reason) == ("rollback", "5xx, INC-2211")
    assert twice.decisions(plan) == {"prod": "ready"}
    assert plan.file.observations.timings == {"renders": 0}
    assert plan["prod"].outcomes == ()
    result = twice.apply(plan)
    assert twice.told(result) == {"prod": "written"}
    assert twice.home.files("env/prod") == {FILE: twice.deployment("prod")}
    tree = twice.home.git("rev-parse", "env/prod^{tree}")
    assert tree == twice.home.git("rev-parse", "env/prod~2^{tree}") == plan["prod"].result_tree
    alias = plan.data.freight[plan["prod"].freight["shop"].id].alias
    assert twice.home.log("env/prod")[0] == f"rollback(prod): {alias}"
    assert twice.records()[-3:] == [("rolled-back", "prod"), ("held", "prod"), ("verified", "prod")]
    assert twice.project().verify().ok
    assert twice.told(twice.apply(plan)) == {"prod": "already"}


def test_what_was_rolled_back_is_held_until_it_is_released(twice):
    twice.apply(twice.project().rollback("test", reason="5xx"))
    plan = twice.project().plan(env="test")
    assert twice.decisions(plan) == {"test": "held held"}
    result = twice.apply(plan)
    assert twice.told(result) == {"test": "held 13"}
    assert result.environments[0].hint == (
        "Lift the hold, then make a new plan:\n"
        "  gitpromote release shop test\n"
        f"  gitpromote plan shop --env test --since {plan.short_id}"
    )
    assert twice.home.files("env/test") == {FILE: twice.deployment("test")}
    twice.project().release("test")
    result = twice.apply(plan)
    [released] = result.environments
    assert (released.status, released.exit_code, released.code) == ("stale", 4, "plan-overtaken")
    assert released.message == "held when it was planned, and released since"
    assert released.hint == f"Make a new plan:\n  gitpromote plan shop --env test --since {plan.short_id}"
    assert twice.decisions(twice.project().plan(env="test")) == {"test": "ready"}


def test_freight_that_was_rolled_back_is_told_wherever_it_may_come_again(twice):
    left = twice.project().rollback("test", reason="5xx").data
    twice.apply(twice.project().rollback("test", reason="5xx"))
    [bad] = [one.alias for key, one in left.freight.items() if key != left.environments[0].freight["shop"].id]
    twice.project().release("test")
    told = (
        f'{bad} was rolled back from here 00:54Z by Ada <ada@acme.example>: "5xx". '
        f"To keep it out: gitpromote freight reject shop {bad} --reason …"
    )
    plan = twice.project().plan(env="test")
    [outcome] = [one for one in plan["test"].outcomes if one.id == "rolled-back"]
    assert (outcome.status, outcome.level, outcome.message) == ("warn", "advisory", told)
    status = plain(status_view(twice.project().status().data))
    assert f"    test: {told}   [rolled-back]" in status
    assert [freight.alias for freight, _ in twice.project().rolled_back("test")] == [bad]
    assert twice.project().verify().ok
    twice.apply(plan)  # meant: nothing is said any more
    assert twice.project().rolled_back("test") == []


@pytest.mark.parametrize("stays", [True, False])
def test_a_renamed_environment_goes_back_as_long_as_it_is_written_to_the_same_place(site, stays):
    site.home.commit(site.sources("stage", "live"))
    place = {"target": Branch("deploy/stage")} if stays else {}
    before = site.pipeline(Environment("test"), Environment("stage", **place))
    after = site.pipeline(Environment("test"), Environment("live", moved="stage", **place))
    site.promote(before)
    site.home.commit(site.sources("test", "stage", "live", version="1.1.0"))
    site.promote(before)
    if stays:
        plan = site.project(after).rollback("live", reason="5xx")
        assert site.told(site.apply(plan, project=site.project(after))) == {"live": "written"}
        assert site.project(after).verify().ok
        assert site.project(after).left_behind() == []
        return
    site.promote(after)
    assert site.project(after).left_behind() == [
        "env/stage still holds what stage wrote there; live is written elsewhere now. Delete it by hand"
    ]
    with pytest.raises(Blocked) as caught:
        site.project(after).rollback("live", reason="5xx")
    assert caught.value.detail == (
        "live has never held other verified content since it is no longer written to env/stage: "
        "what was there is not for this place."
    )


def test_freight_that_is_rejected_comes_no_more_and_needs_no_word(twice):
    bad = twice.project().plan().data.environments[0].freight["shop"].id
    alias = twice.project().plan().data.freight[bad].alias
    twice.apply(twice.project().rollback("test", reason="5xx"))
    twice.project().freight.reject(alias, reason="5xx")
    twice.project().release("test")
    assert twice.project().rolled_back("test") == []
    assert [one.id for one in twice.project().plan(env="test")["test"].outcomes if one.id == "rolled-back"] == []


def test_freight_that_was_left_does_not_go_on_downstream(promoted):
    promoted.promote(env="test")
    promoted.apply(promoted.project().rollback("test", reason="5xx"))
    plan = promoted.project().plan()
    assert promoted.decisions(plan)["uat"] in ("noop", "waiting upstream")
    assert promoted.told(promoted.apply(plan))["uat"] in ("noop", "waiting 3")
    assert promoted.home.files("env/uat") == {FILE: promoted.deployment("uat")}
    promoted.project().release("test")
    promoted.promote()
    assert promoted.home.files("env/prod") == {FILE: promoted.deployment("prod", version="1.1.0")}


def test_a_second_rollback_goes_further_back_and_not_to_what_was_left(twice):
    twice.home.commit(twice.sources("test", "uat", "prod", version="1.2.0"))
    twice.promote()
    left = []
    for version in ("1.1.0", "1.0.0"):
        plan = twice.project().rollback("test", reason="5xx")
        left.append(_left(plan))
        twice.clock.sleep(60)
        twice.apply(plan)
        assert twice.home.files("env/test") == {FILE: twice.deployment("test", version=version)}
        twice.project().release("test")
    with pytest.raises(Blocked) as caught:
        twice.project().rollback("test", reason="5xx")
    assert str(caught.value) == (
        "There is nothing to go back to  [rollback-nothing]\n"
        "test has never held other verified content but what was rolled back from here: "
        f"{', '.join(sorted(left))}.\n"
        "What was rolled back comes again by a promotion:\n"
        f"  gitpromote plan shop --env test --freight {left[1]}\n"
        "Its history:\n  gitpromote history --env test"
    )
    assert caught.value.exit_code == 13


def test_a_rollback_may_name_its_freight(twice):
    first = twice.project().history.kind("freight-created")[-1].freight["shop"]
    twice.home.commit(twice.sources("test", "uat", "prod", version="1.2.0"))
    twice.promote()
    plan = twice.project().rollback("test", reason="5xx", to=first[:12])
    assert plan["test"].freight["shop"].id == first
    alias = plan.data.freight[first].alias
    assert twice.project().rollback("test", reason="5xx", to=alias)["test"].freight["shop"].id == first


def test_a_rollback_to_freight_that_was_never_there_is_refused(twice):
    aliases = [one.data["freight"]["alias"] for one in twice.project().history.kind("freight-created")]
    with pytest.raises(UsageError) as caught:
        twice.project().rollback("test", reason="5xx", to="grumpy-cat-0000")
    assert str(caught.value) == (
        "There is no such Freight to go back to  [rollback-unknown]\n"
        f"'grumpy-cat-0000' was never verified in test; verified: {', '.join(sorted(aliases))}"
    )


def test_what_was_rolled_back_or_runs_there_is_told_as_such_where_it_is_named(twice):
    plan = twice.project().rollback("test", reason="5xx")
    left, [back] = _left(plan), [one.alias for one in plan.data.freight.values() if one.alias != _left(plan)]
    twice.apply(plan)
    with pytest.raises(UsageError) as caught:
        twice.project().rollback("test", reason="again", to=left)
    assert str(caught.value) == (
        "There is no such Freight to go back to  [rollback-unknown]\n"
        f"'{left}' was rolled back from test 20 Nov 2025 00:54Z by Ada <ada@acme.example>: \"5xx\"; verified: {back}\n"
        "What was rolled back comes again by a promotion:\n"
        "  gitpromote release shop test\n"
        f"  gitpromote plan shop --env test --freight {left}"
    )
    twice.project().release("test")
    again = twice.project().plan(env="test", freight=left)
    assert twice.told(twice.apply(again)) == {"test": "written"}
    with pytest.raises(UsageError) as caught:
        twice.project().rollback("test", reason="again", to=left)
    assert caught.value.detail == f"'{left}' is what runs in test; verified: {', '.join(sorted([back, left]))}"


@pytest.mark.parametrize("kind", ["changed", "deleted"])
def test_a_rollback_tells_whose_work_it_undoes(twice, kind):
    ours = str(twice.home.head("env/test"))
    if kind == "changed":
        theirs = twice.home.commit({FILE: twice.deployment("test", replicas=9)}, branch="env/test", message="nine")
        told = f'undoes content that is not ours: {theirs[:7]} "nine" (tom@acme.example, claimed)'
    else:
        twice.home.move("env/test", None)
        told = f"makes again what was deleted: {ours[:7]}"
    plan = twice.project().rollback("test", reason="5xx")
    assert [(one.id, one.status, one.message) for one in plan["test"].outcomes] == [("foreign", "warn", told)]
    assert told in plain(plan_view(plan.data))
    assert twice.project().plan_verify(plan) == []
    assert twice.told(twice.apply(plan)) == {"test": "written"}
    assert twice.home.files("env/test") == {FILE: twice.deployment("test")}


def test_the_same_change_may_come_again_after_a_rollback(twice):
    """Records are told apart by the generation of the environment."""
    twice.apply(twice.project().rollback("test", reason="5xx"))
    twice.project().release("test")
    plan = twice.project().plan(env="test")
    assert twice.told(twice.apply(plan)) == {"test": "written"}
    ids = [one.id for one in twice.project().history]
    assert len(set(ids)) == len(ids)
    assert twice.project().verify().ok


def test_a_folder_is_rolled_back_alone(site):
    pipeline = site.pipeline(target=Directory("builds/$env"))
    site.promote(pipeline)
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    site.promote(pipeline)
    before = site.home.files("main")
    plan = site.project(pipeline).rollback("prod", reason="5xx")
    site.apply(plan, project=site.project(pipeline))
    assert site.home.files("main") == before | {f"builds/prod/{FILE}": site.deployment("prod")}


def test_kept_paths_stay_as_they_are_in_a_rollback(twice):
    twice.home.commit({"CODEOWNERS": "new\n"}, branch="env/prod")
    twice.apply(twice.project().rollback("prod", reason="5xx"))
    assert twice.home.files("env/prod") == {FILE: twice.deployment("prod"), "CODEOWNERS": "new\n"}


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {}}}\nstringData: {{password: {}}}\n"


def test_a_sensitive_file_comes_back_from_the_commit_that_held_it(site):
    apps = [App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True)]
    pipeline = site.pipeline(Environment("test"), apps=apps, target=Branch("env/$env"))
    for word in ("first-hunter2", "second-hunter3"):
        site.home.commit({"deploy/test/s.yaml": SECRET.format("test", word)})
        site.promote(pipeline)
    plan = site.project(pipeline).rollback("test", reason="leaked")
    assert b"hunter" not in plan.to_bytes()
    assert site.told(site.apply(plan, project=site.project(pipeline, cache="cold"))) == {"test": "written"}
    assert "first-hunter2" in site.home.show("env/test:secret-s.yaml")
    assert site.project(pipeline).verify().ok


def test_production_wants_consent_for_a_rollback_too(twice):
    plan = twice.project().rollback("prod", reason="5xx")
    project = twice.project()
    with pytest.raises(Exception, match="production-unapproved"):
        project.apply(plan, auto_approve=True)
    assert twice.told(project.apply(plan, expect_digest=plan.digest)) == {"prod": "written"}


# -- retire


def test_an_environment_that_is_retired_leaves_an_empty_target(twice):
    plan = twice.project().retire(env="uat", reason="no longer used")
    assert (plan.data.kind, twice.decisions(plan)) == ("retire", {"uat": "ready"})
    assert {change.actions for change in plan["uat"].changes} == {("delete",)}
    twice.home.commit({"CODEOWNERS": "x\n"}, branch="env/uat")
    assert twice.told(twice.apply(plan)) == {"uat": "written"}
    assert twice.home.files("env/uat") == {"CODEOWNERS": "x\n"}
    record = twice.project().history[0]
    assert (record.kind, record.environment, record.data["reason"]) == ("retired", "uat", "no longer used")
    assert twice.project().verify().ok
    assert twice.told(twice.apply(plan)) == {"uat": "already"}
    assert twice.project().status()["uat"].runs == {}


def test_an_app_that_is_retired_leaves_the_others_alone(site):
    names = ("test", "uat", "prod")
    site.home.commit({f"more/{env}/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" for env in names})
    apps = [App("shop", Plain("deploy/$env")), App("more", Plain("more/$env"))]
    pipeline = site.pipeline(apps=apps)
    site.promote(pipeline)
    project = site.project(pipeline)
    plan = project.retire(app="more", reason="merged into shop")
    assert site.decisions(plan) == {"test": "ready", "uat": "ready", "prod": "ready"}
    assert site.told(site.apply(plan, project=project)) == {"test": "written", "uat": "written", "prod": "written"}
    assert list(site.home.files("env/test")) == [f"shop/{FILE}"]
    assert project.status()["test"].runs != {}
    assert project.verify().ok
    left = site.pipeline(apps=[App("shop", Plain("deploy/$env"))], target=Branch("env/$env", path="shop"))
    assert site.decisions(site.project(left).plan()) == {"test": "noop", "uat": "noop", "prod": "noop"}


def _foreign(plan):
    return [
        (one.name, one.decision, *[(each.status, each.message) for each in one.outcomes if each.id == "foreign"])
        for one in plan
    ]


@pytest.mark.parametrize("rewritten", [False, True])
def test_a_retirement_tells_whose_work_it_deletes(twice, rewritten):
    ours = str(twice.home.head("env/uat"))
    if rewritten:
        twice.home.move("env/uat", None)
    theirs = twice.home.commit({"hand.yaml": twice.deployment("uat")}, branch="env/uat", message="mine")
    told = f'deletes content that is not ours: {theirs[:7]} "mine" (tom@acme.example, claimed)'
    told += f"; its branch was rewritten and no longer contains {ours[:7]} of ours" * rewritten
    plan = twice.project().retire(env="uat", reason="no longer used")
    assert _foreign(plan) == [("uat", "ready", ("warn", told))]
    assert told in " ".join(plain(plan_view(plan.data)).split())
    assert told in plan_markdown(plan.data, digest=plan.digest)
    assert twice.project().plan_verify(plan) == []
    assert twice.told(twice.apply(plan)) == {"uat": "written"}
    assert "hand.yaml" not in twice.home.files("env/uat")


def test_a_retirement_of_what_nobody_else_touched_or_is_deleted_already_tells_of_nobody(twice):
    assert _foreign(twice.project().retire(env="uat", reason="x")) == [("uat", "ready")]
    twice.home.move("env/uat", None)
    assert _foreign(twice.project().retire(env="uat", reason="x")) == [("uat", "noop")]


def test_what_somebody_put_where_an_environment_was_retired_is_deleted_in_so_many_words(twice):
    twice.apply(twice.project().retire(env="uat", reason="no longer used"))
    twice.home.commit({"hand.yaml": twice.deployment("uat")}, branch="env/uat", message="mine")
    plan = twice.project().retire(env="uat", reason="again")
    found = [(one.id, one.status, one.message) for one in plan["uat"].outcomes]
    assert found == [("adoption", "warn", "no record yet: this plan deletes what the target holds (1 file)")]


@pytest.fixture
def two_apps(site):
    site.home.commit({"more/test/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"})
    apps = [App("shop", Plain("deploy/$env")), App("more", Plain("more/$env"))]
    pipeline = site.pipeline(Environment("test"), apps=apps)
    site.promote(pipeline)
    return site, site.project(pipeline)


def test_an_app_that_is_retired_tells_whose_work_in_its_folder_it_deletes(two_apps):
    site, project = two_apps
    theirs = site.home.commit({"more/hand.yaml": site.deployment("test")}, branch="env/test", message="mine")
    told = f'deletes content that is not ours: {theirs[:7]} "mine" (tom@acme.example, claimed)'
    assert _foreign(project.retire(app="more", reason="x")) == [("test", "ready", ("warn", told))]


def test_an_app_that_is_retired_does_not_make_ours_what_is_not_beside_it(two_apps):
    site, project = two_apps
    theirs = site.home.commit({"shop/hand.yaml": site.deployment("test")}, branch="env/test", message="mine")
    told = f'holds content that is not ours: {theirs[:7]} "mine" (tom@acme.example, claimed)'
    plan = project.retire(app="more", reason="x")
    assert _foreign(plan) == [("test", "blocked", ("fail", told))]
    assert "gitpromote adopt shop test" in plain(plan_view(plan.data))
    assert "gitpromote rollback" not in plain(plan_view(plan.data))  # there is nothing to go back to
    project.adopt("test", reason="ours")
    assert _foreign(project.retire(app="more", reason="x")) == [("test", "ready")]


def test_what_is_unknown_cannot_be_retired(twice):
    with pytest.raises(UsageError) as caught:
        twice.project().retire(app="pay", reason="x")
    assert str(caught.value) == "There is no such App  [app-unknown]\n'pay' is in no environment."


def replicas_of(plan):
    [change] = plan.data.environment("test").changes
    return [(one.before, one.after) for one in change.fields]


def test_a_hold_of_an_earlier_rollback_is_no_reason_to_stay_with_what_is_bad(site):
    pipeline = site.pipeline(Environment("test"))
    for replicas in (1, 2, 3):
        site.home.commit({"deploy/test/deployment.yaml": site.deployment("test", replicas=replicas)})
        site.promote(pipeline)
    project = site.project(pipeline)
    for expected in ((3, 2), (2, 1)):
        plan = project.rollback("test", reason="5xx")
        assert replicas_of(plan) == [expected]
        assert project.apply(plan, confirmed=True).exit_code == 0
        assert project.plan().data.environment("test").decision == "held"


def test_going_back_passes_over_freight_that_changed_nothing(site):
    pipeline = site.pipeline(Environment("test"), warehouse=Warehouse(Git(include=["deploy/", "notes/"])))
    for replicas in (1, 2):
        site.home.commit({"deploy/test/deployment.yaml": site.deployment("test", replicas=replicas)})
        site.promote(pipeline)
    site.home.commit({"notes/today.txt": "nothing\n"})
    site.promote(pipeline)
    plan = site.project(pipeline).rollback("test", reason="5xx")
    assert replicas_of(plan) == [(2, 1)]


def _then(plan):
    """What a rollback says of what follows."""
    text = plain(plan_view(plan.data, width=120))
    return [one.strip() for one in text[text.index("  Then: ") :].splitlines()[:3] if one.strip()]


def test_a_rollback_says_truly_where_what_it_leaves_goes_and_where_it_stays(promoted):
    promoted.promote(env="test")
    project = promoted.project()
    plan = project.rollback("test", reason="5xx")
    left = _left(plan)
    [back] = [one.alias for one in plan.data.freight.values() if one.alias != left]
    assert _then(plan)[0] == f"Then: test is held on {back}; {left} will not go on to uat, prod"
    assert project.plan_verify(plan) == []
    promoted.promote()
    plan = project.rollback("test", reason="5xx")
    assert _then(plan)[:2] == [
        f"Then: test is held on {back}",
        f"{left} stays in uat, prod, where it has arrived already: roll that back as well",
    ]
    plan = project.rollback("prod", reason="5xx")
    assert _then(plan)[0] == f"Then: prod is held on {back}"


def test_what_somebody_approved_further_on_may_still_go_there_after_a_rollback(promoted):
    promoted.promote(env="test")
    project = promoted.project()
    left = _left(project.rollback("test", reason="5xx"))
    project.freight.approve(left, env="prod")
    told = _then(project.rollback("test", reason="5xx"))
    assert told[0].endswith(f"; {left} will not go on to uat")
    assert told[1] == f"{left} may still go on to prod; to stop it: gitpromote freight reject shop {left} --reason …"


def _left(plan):
    """The alias of what is rolled away."""
    [planned] = plan.data.environments
    [alias] = [one.alias for key, one in plan.data.freight.items() if key != planned.freight["shop"].id]
    return alias


def _renamed_pipeline(site):
    """Renamed, with its ledger taken along as the error says."""
    before, after = site.pipeline(), site.pipeline(name="store")
    site.promote(before)
    site.home.move("gitpromote/ledger/store", site.home.head("gitpromote/ledger/shop"))
    site.home.move("gitpromote/ledger/shop", None)
    return after, "store"


def _renamed_warehouse(site):
    site.promote(site.pipeline(warehouse=Warehouse(Git(), name="old")))
    return site.pipeline(warehouse=Warehouse(Git(), name="new")), "new"


@pytest.mark.parametrize("rename", [_renamed_pipeline, _renamed_warehouse])
def test_what_is_rolled_back_goes_on_nowhere_although_its_warehouse_was_renamed(site, rename):
    pipeline, warehouse = rename(site)
    [held] = site.project(pipeline).status().data.environments[0].runs.values()
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    plan = site.plan(pipeline, env="test")
    left = plan.data.freight[plan["test"].freight[warehouse].id].alias
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written"}
    project = site.project(pipeline)
    status = {one.name: one for one in project.status().data.environments}
    assert [one.alias for one in status["test"].runs.values()] == [left]
    back = project.rollback("test", reason="5xx")
    assert f"  Then: test is held on {held.alias}; {left} will not go on to uat, prod" in plain(plan_view(back.data))
    assert site.told(site.apply(back, project=project)) == {"test": "written"}
    assert site.home.files("env/test") == {FILE: site.deployment("test")}
    _goes_nowhere(site, pipeline, left=left, held=held.alias)


def _goes_nowhere(site, pipeline, *, left, held):
    """By status, explain, plan, apply, release and verify."""
    project = site.project(pipeline)
    status = {one.name: one for one in project.status().data.environments}
    assert {name: [one.alias for one in each.runs.values()] for name, each in status.items()} == {
        name: [held] for name in ("test", "uat", "prod")
    }
    plan = project.plan()
    assert site.decisions(plan) == {"test": "held held", "uat": "waiting upstream", "prod": "waiting upstream"}
    assert "  pending  upstream  test: not verified yet\n" in plain(plan.explain("uat").lines())
    assert site.told(site.apply(plan, project=project)) == {"test": "held 13", "uat": "waiting 3", "prod": "waiting 3"}
    assert site.home.files("env/uat") == {FILE: site.deployment("uat")}
    assert site.project(pipeline, cache="another").verify().ok
    project = site.project(pipeline)
    project.release("test")
    assert [freight.alias for freight, _ in project.rolled_back("test")] == [left]
    again = site.plan(pipeline)
    assert [one.id for one in again["test"].outcomes if one.id == "rolled-back"] == ["rolled-back"]
    assert site.decisions(again) == {"test": "ready", "uat": "waiting upstream", "prod": "waiting upstream"}


@pytest.mark.parametrize("rename", [_renamed_pipeline, _renamed_warehouse])
def test_what_changes_nothing_after_a_rename_goes_the_whole_way_and_back_beyond_it(site, rename):
    first = site.pipeline() if rename is _renamed_pipeline else site.pipeline(warehouse=Warehouse(Git(), name="old"))
    site.promote(first)
    site.home.commit(site.sources("test", "uat", "prod", version="1.1.0"))
    pipeline, warehouse = rename(site)
    site.promote(pipeline)
    status = site.project(pipeline).status().data.environments
    assert [list(one.runs) for one in status] == [[warehouse]] * 3
    plan = site.project(pipeline).rollback("prod", reason="5xx")
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"prod": "written"}
    assert site.home.files("env/prod") == {FILE: site.deployment("prod")}
    assert site.project(pipeline).verify().ok


def test_a_warehouse_that_moved_alone_goes_back_alone(site):
    image = "ghcr.io/acme/shop"
    warehouses = [Warehouse(Images(image), name="app"), Warehouse(Git(include=["deploy/"]), name="config")]
    pipeline = site.pipeline(Environment("test"), Environment("prod"), warehouse=warehouses)
    site.promote(pipeline, images=[f"{image}:1.0.0"])
    site.promote(pipeline, images=[f"{image}:1.1.0"])
    site.home.commit(site.sources("test", "prod", replicas=3))
    site.promote(pipeline, env="test")
    project = site.project(pipeline)
    runs = {one.name: one.runs for one in project.status().data.environments}
    assert runs["test"]["app"] == runs["prod"]["app"]
    plan = project.rollback("test", reason="5xx")
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}
    now = {one.name: one for one in site.project(pipeline).status().data.environments}
    assert (now["test"].runs, now["prod"].runs) == (runs["prod"], runs["prod"])
    assert site.project(pipeline).verify().ok


def test_in_place_a_renamed_warehouse_takes_the_place_of_the_old_one(bare):
    image = "ghcr.io/acme/shop"
    values = "image:\n  tag: 1.0.0\n"
    chart = {
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "chart/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
        'data: {tag: "{{ .Values.image.tag }}"}\n',
    }
    bare.home.commit(chart | {f"envs/{env}.yaml": values for env in ("test", "prod")})

    def pipeline(name):
        edits = [SetValue("envs/$env.yaml", "image.tag", image=image)]
        return bare.pipeline(
            *(Environment("test"), Environment("prod")),
            apps=[App("shop", Helm("chart", values=["envs/$env.yaml"]), edits=edits)],
            target=InPlace("main"),
            warehouse=Warehouse(Images(image), name=name),
        )

    bare.promote(pipeline("old"), images=[f"{image}:1.1.0"])
    new = pipeline("new")
    bare.promote(new, images=[f"{image}:1.2.0"], env="test")
    project = bare.project(new)
    assert bare.told(bare.apply(project.rollback("test", reason="5xx"), project=project)) == {"test": "written"}
    assert bare.home.files("main")["envs/test.yaml"] == "image:\n  tag: 1.1.0\n"
    runs = [{name: one.images[0].tag for name, one in each.runs.items()} for each in project.status().data.environments]
    assert runs == [{"old": "1.1.0"}] * 2
    plan = bare.plan(new, images=[f"{image}:1.2.0"])
    assert bare.decisions(plan) == {"test": "held held", "prod": "waiting upstream"}
    assert bare.project(new).verify().ok


def test_what_was_rejected_comes_no_more_although_its_warehouse_was_renamed(site):
    def named(name):
        return site.pipeline(Environment("test"), Environment("prod"), warehouse=Warehouse(Git(), name=name))

    site.home.commit(site.sources("test", "prod"))
    site.promote(named("old"))
    site.home.commit(site.sources("test", "prod", version="1.1.0"))
    plan = site.plan(named("old"), env="test")
    site.apply(plan, project=site.project(named("old")))
    [bad] = [plan.data.freight[one.id].alias for one in plan["test"].freight.values()]
    site.project(named("old")).freight.reject(bad, reason="cve")
    again = site.project(named("new")).plan()
    assert "ready" not in {one.decision for one in again.data.environments}
    site.apply(again, project=site.project(named("new")))
    assert site.home.files("env/prod") == {FILE: site.deployment("prod")}
