"""Every case of staleness, reached by a repository in which somebody really did that."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Directory, Environment, Helm, InPlace, Plain, SetValue, Warehouse
from gitpromote import Image as Images
from gitpromote.engine.append import append, event
from gitpromote.errors import PlanStale

FILE = "apps-deployment-shop.yaml"
WAITS = ("waiting", 3, "upstream")


def again_after(plan, asked=""):
    """The command that shows what is new since, of the same request."""
    return f"Make a new plan:\n  gitpromote plan shop{asked} --since {plan.short_id}"


def one(result, name="test"):
    """Everything that a result says to people, but for the commit ids that it made up."""
    found = next(each for each in result.environments if each.name == name)
    return (found.status, found.exit_code, found.code, found.message, found.detail, found.hint)


# -- S1, S8


def test_a_head_that_has_not_moved_is_written_as_planned(promoted):
    plan = promoted.project().plan()
    result = promoted.apply(plan)
    commit = promoted.home.head("env/test")
    assert one(result) == ("written", 0, "", f"written {commit[:7]} -> env/test, tree as planned", "", "")
    assert promoted.told(result) == {"test": "written", "uat": "written", "prod": "written"}


def test_what_this_plan_has_written_is_not_written_twice(promoted):
    plan = promoted.project().plan()
    promoted.apply(plan)
    before = promoted.home.refs()
    result = promoted.apply(plan, project=promoted.project(who="Bo <bo@acme.example>"))
    commit = before["refs/heads/env/test"]
    text = f"already applied by Ada <ada@acme.example> at 20 Nov 2025 00:54Z, commit {commit[:7]}"
    assert one(result) == ("already", 0, "", text, "", "")
    assert result.environments[0].commit == commit and result.environments[0].at == promoted.clock.now()
    assert promoted.home.refs() == before
    assert result.exit_code == 0


def test_the_same_change_in_another_plan_is_told_as_already_applied(promoted):
    early = promoted.project().plan()
    promoted.clock.time += 120
    late = promoted.project().plan()
    assert early.digest != late.digest
    changes = [[env.change_digest for env in plan.data.environments] for plan in (early, late)]
    assert changes[0] == changes[1]
    promoted.apply(early)
    assert promoted.told(promoted.apply(late)) == {"test": "already", "uat": "already", "prod": "already"}


def test_what_was_written_and_then_undone_by_somebody_is_neither_already_applied_nor_written_again(promoted):
    plan = promoted.project().plan()
    before = promoted.home.head("env/test")
    promoted.apply(plan)
    promoted.home.move("env/test", before)
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "failed 10", "uat": "already", "prod": "already"}
    assert promoted.home.head("env/test") == before


# -- S2


def test_an_unrelated_commit_is_built_upon(promoted):
    plan = promoted.project().plan(env="test")
    old = promoted.home.head("env/test")
    new = promoted.home.commit({"CODEOWNERS": "* @ops\n", ".github/x/y.yaml": "a: 1\n"}, branch="env/test")
    result = promoted.apply(plan)
    commit = promoted.home.head("env/test")
    text = f"written {commit[:7]} -> env/test, tree as planned; re-anchored {old[:4]}..{new[:4]}, 1 unrelated commit"
    assert one(result) == ("written", 0, "", text, "", "")
    assert promoted.home.git("rev-parse", f"{commit}^") == new
    assert promoted.home.files("env/test") == {
        "CODEOWNERS": "* @ops\n",
        ".github/x/y.yaml": "a: 1\n",
        FILE: promoted.deployment("test", version="1.1.0"),
    }
    written = promoted.project().history.kind("written")[0]
    assert written.data["reanchored"] == f"re-anchored {old[:4]}..{new[:4]}, 1 unrelated commit"
    assert promoted.project().verify().ok


def test_a_folder_is_written_beside_what_others_write_to_its_branch(site):
    project = site.project(site.pipeline(target=Directory("builds/$env")))
    plan = project.plan()
    site.home.commit({"README": "hello\n", "builds/other/x.yaml": "a: 1\n"}, message="read me")
    result = site.apply(plan, project=project)
    assert site.told(result) == {"test": "written", "uat": "written", "prod": "written"}
    assert "re-anchored" in result.environments[0].message
    assert "re-anchored" not in result.environments[1].message  # our own commit is no news
    files = site.home.files("main")
    assert files["README"] == "hello\n" and files["builds/other/x.yaml"] == "a: 1\n"
    assert [files[f"builds/{env}/{FILE}"] for env in ("test", "uat", "prod")] == [
        site.deployment(env) for env in ("test", "uat", "prod")
    ]


def test_a_kept_path_that_somebody_changed_is_kept_and_makes_nothing_stale(site):
    pipeline = site.pipeline(target=Branch("env/$env", keep=["OWNERS", "notes/"]))
    site.promote(pipeline)
    site.home.commit({"OWNERS": "a\n", "notes/one": "1\n"}, branch="env/test")
    site.home.commit(site.sources("test", "uat", "prod", replicas=2))
    plan = site.project(pipeline).plan(env="test")
    assert site.decisions(plan) == {"test": "ready"}
    site.home.commit({"OWNERS": "b\n", "notes/one": None, "notes/two": "2\n"}, branch="env/test")
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "written"}
    files = site.home.files("env/test")
    assert (files["OWNERS"], files["notes/two"], "notes/one" in files) == ("b\n", "2\n", False)
    assert site.decisions(site.project(pipeline).plan(env="test")) == {"test": "noop"}


# -- S3


def test_a_moved_target_is_stale_and_says_what_and_who(promoted):
    plan = promoted.project().plan()
    text = promoted.deployment("test", replicas=3)
    commit = promoted.home.commit({FILE: text, "extra.yaml": "a: 1\n"}, branch="env/test", message="three by hand")
    before = promoted.home.refs()
    result = promoted.apply(plan)
    ids = [promoted.home.git("rev-parse", f"{name}:{FILE}")[:7] for name in (f"{commit}^", commit)]
    extra = promoted.home.git("rev-parse", f"{commit}:extra.yaml")[:7]
    by = f'   {commit[:7]} "three by hand" (tom@acme.example)'
    detail = f"{FILE}  planned {ids[0]}, now {ids[1]}{by}\nextra.yaml  planned absent, now {extra}{by}"
    assert one(result) == (
        "stale",
        4,
        "plan-stale",
        "the target is no longer what was reviewed",
        detail,
        again_after(plan),
    )
    assert one(result, "uat")[:3] == WAITS
    assert result.exit_code == 4
    assert promoted.home.refs() == before


def test_a_file_that_appeared_is_seen(site):
    plan = site.project().plan(env="test")
    site.home.commit({FILE: site.deployment("test")}, branch="env/test", message="by hand", parent=None)
    result = site.apply(plan)
    oid = site.home.git("rev-parse", f"env/test:{FILE}")[:7]
    assert one(result)[4].startswith(f"{FILE}  planned absent, now {oid}   ")


def test_an_empty_branch_that_appeared_is_built_upon(site):
    plan = site.project().plan(env="test")
    start = site.home.commit({}, branch="env/test", message="start", parent=None)
    result = site.apply(plan)
    assert site.told(result) == {"test": "written"}
    assert site.home.git("rev-parse", "env/test^") == start


def test_a_target_branch_that_was_deleted_is_stale(promoted):
    plan = promoted.project().plan()
    promoted.home.move("env/test", None)
    result = promoted.apply(plan)
    assert one(result)[:4] == ("stale", 4, "plan-stale", "the target is no longer what was reviewed")
    assert one(result)[4].endswith(", now absent")
    assert promoted.home.head("env/test") is None


@pytest.mark.parametrize("cache", ["cache", "cold"])
def test_a_target_branch_that_was_forced_is_stale_even_if_the_old_commit_is_gone(promoted, cache):
    plan = promoted.project().plan()
    files = {FILE: promoted.deployment("test", replicas=3)}
    promoted.home.commit(files, branch="env/test", message="anew", parent=None)
    promoted.home.git("gc", "-q", "--prune=now")
    result = promoted.apply(plan, project=promoted.project(cache=cache))
    assert one(result)[:4] == ("stale", 4, "plan-stale", "the target is no longer what was reviewed")
    assert '"anew" (tom@acme.example)' in one(result)[4]


def test_a_forced_branch_with_the_same_content_is_built_upon(promoted):
    plan = promoted.project().plan(env="test")
    files = promoted.home.files("env/test")
    start = promoted.home.commit(files, branch="env/test", message="history dropped", parent=None)
    result = promoted.apply(plan)
    assert promoted.told(result) == {"test": "written"}
    assert promoted.home.git("rev-parse", "env/test^") == start


def test_a_stale_environment_does_not_spoil_the_others(site):
    pipeline = site.pipeline(*(Environment(name, after=[]) for name in ("test", "uat", "prod")))
    plan = site.project(pipeline).plan()
    site.home.commit({"x.yaml": "a: 1\n"}, branch="env/uat", parent=None)
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "written", "uat": "stale 4", "prod": "written"}
    assert result.exit_code == 6
    again = site.apply(plan, project=site.project(pipeline))
    assert site.told(again) == {"test": "already", "uat": "stale 4", "prod": "already"}
    assert again.exit_code == 4


# -- S4, S10


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        ("hold", "held since by Bo <bo@acme.example>"),
        ("release", "released since by Bo <bo@acme.example>"),
        ("adopt", "adopted since by Bo <bo@acme.example>"),
    ],
)
def test_a_verb_of_somebody_else_makes_the_plan_stale(promoted, verb, text):
    plan = promoted.project().plan()
    other = promoted.project(who="Bo <bo@acme.example>")
    if verb == "adopt":
        promoted.home.commit({FILE: promoted.deployment("test", replicas=9)}, branch="env/test")
        other.adopt("test", reason="needed")
    else:
        other.hold("test", reason="freeze")
    if verb == "release":
        other.release("test")
    assert one(promoted.apply(plan)) == ("stale", 4, "plan-overtaken", text, "", again_after(plan))


def test_another_plan_that_was_applied_there_makes_it_stale(promoted):
    plan = promoted.project().plan()
    promoted.home.commit(promoted.sources("test", "uat", "prod", version="1.2.0"))
    other = promoted.project(who="Bo <bo@acme.example>").plan()
    promoted.apply(other, project=promoted.project(who="Bo <bo@acme.example>"))
    mine, theirs = (each.data.freight[each["test"].freight["shop"].id].alias for each in (plan, other))
    text = f"{mine} was superseded by {theirs} since"
    assert one(promoted.apply(plan)) == ("stale", 4, "plan-superseded", text, "", again_after(plan))


def test_freight_that_was_rejected_since_is_stale(promoted):
    project = promoted.project()
    plan = project.plan(record=True)
    freight = plan["test"].freight["shop"].id
    data = {"freight": freight, "reason": "CVE-2025-1"}
    append(project._world, lambda _: [event(project._world, "rejected", data=data)])
    text = "the Freight was rejected: CVE-2025-1"
    assert one(promoted.apply(plan)) == ("stale", 4, "plan-superseded", text, "", again_after(plan))


def test_freight_that_lost_its_verification_upstream_waits_again(promoted):
    pipeline = promoted.pipeline(Environment("test"), Environment("uat"))
    promoted.promote(pipeline)
    promoted.home.commit(promoted.sources("test", "uat", version="1.3.0"))
    plan = promoted.project(pipeline).plan()
    promoted.apply(plan, project=promoted.project(pipeline), env="test")
    promoted.apply(promoted.project(pipeline).rollback("test", reason="5xx"), project=promoted.project(pipeline))
    result = promoted.apply(plan, project=promoted.project(pipeline), env="uat")
    assert one(result, "uat") == ("waiting", 3, "upstream", "upstream: test: not verified yet", "", "")


# -- S6


def test_an_expired_plan_is_stale_to_the_second(promoted):
    plan = promoted.project().plan()
    assert plan["test"].expires_at == plan.data.as_of + 7 * 24 * 3600
    promoted.clock.time = plan["test"].expires_at
    assert one(promoted.apply(plan)) == ("stale", 4, "plan-expired", "the plan has expired", "", again_after(plan))
    promoted.clock.time = plan["test"].expires_at - 1
    assert promoted.told(promoted.apply(plan))["test"] == "written"


# -- the order


def test_already_applied_comes_before_held_since_and_expired(promoted):
    plan = promoted.project().plan()
    promoted.apply(plan)
    promoted.project().hold("test", reason="freeze")
    promoted.clock.time += 8 * 24 * 3600
    assert promoted.told(promoted.apply(plan)) == {"test": "already", "uat": "already", "prod": "already"}


def test_a_record_of_somebody_comes_before_a_moved_target(promoted):
    plan = promoted.project().plan()
    promoted.home.commit({"extra.yaml": "a: 1\n"}, branch="env/test")
    promoted.project().hold("test", reason="freeze")
    assert one(promoted.apply(plan))[2] == "plan-overtaken"


def test_staleness_comes_before_gates(promoted):
    plan = promoted.project().plan()
    promoted.home.commit({"extra.yaml": "a: 1\n"}, branch="env/prod")
    result = promoted.apply(plan, env="prod")
    assert promoted.told(result) == {"prod": "stale 4"}


# -- the ledger itself


@pytest.mark.parametrize("how", ["deleted", "rewritten"])
def test_a_ledger_that_was_rewritten_stops_everything(promoted, how):
    plan = promoted.project().plan()
    ledger = "gitpromote/ledger/shop"
    head = promoted.home.head(ledger)
    promoted.home.move(ledger, None if how == "deleted" else promoted.home.git("rev-parse", f"{ledger}~2"))
    promoted.home.git("gc", "-q", "--prune=now")
    for cache in ("cache", "cold"):
        with pytest.raises(PlanStale) as caught:
            promoted.apply(plan, project=promoted.project(cache=cache))
        assert str(caught.value) == (
            "The ledger is not the one that the plan saw  [ledger-rewritten]\n"
            f"refs/heads/{ledger} no longer contains {head[:12]}: it was rewritten or deleted.\n"
            "Find out who did that before anything is applied:\n  gitpromote verify"
        )
        assert caught.value.exit_code == 4


# -- S2b: sources that are edited in place

VALUES = "# test\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0  # ours\n"
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "replicas: 1\nimage: {repository: x, tag: x}\n",
    "chart/templates/d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: web, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}]
""",
    "envs/test.yaml": VALUES,
    "notes.txt": "nothing\n",
}


def in_place(site):
    edit = SetValue("envs/$env.yaml", "image.tag", image="ghcr.io/acme/shop")
    return site.pipeline(
        Environment("test"),
        apps=[App("shop", Helm("chart", values=["envs/$env.yaml"]), edits=[edit])],
        target=InPlace("main"),
        warehouse=Warehouse(Images("ghcr.io/acme/shop")),
    )


def test_sources_are_built_upon_where_nothing_that_the_render_reads_has_changed(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare)
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    bare.home.commit({"notes.txt": "something\n"})
    result = bare.apply(plan, project=bare.project(pipeline))
    assert one(result)[0] == "written" and one(result)[3].endswith(", 1 unrelated commit")
    assert bare.home.show("main:envs/test.yaml") == VALUES.replace("tag: 1.0.0", "tag: 1.1.0")
    assert bare.home.show("main:notes.txt") == "something\n"


def test_sources_that_changed_are_rendered_again_and_the_same_change_goes_on(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare)
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    bare.home.commit({"chart/values.yaml": "replicas: 1  # one\nimage: {repository: x, tag: x}\n"})
    result = bare.apply(plan, project=bare.project(pipeline))
    assert one(result)[0] == "written" and one(result)[3].endswith("; rendered again: the same change")
    assert bare.project(pipeline).verify().ok


def test_sources_that_changed_are_rendered_again_and_another_change_is_stale(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare)
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    template = CHART["chart/templates/d.yaml"].replace("web", "www")
    commit = bare.home.commit({"chart/templates/d.yaml": template}, message="www")
    result = bare.apply(plan, project=bare.project(pipeline))
    status, code, kind, message, detail, hint = one(result)
    assert (status, code, kind, message, hint) == (
        *("stale", 4, "plan-stale", "what it renders is no longer what was reviewed"),
        again_after(plan, " --image ghcr.io/acme/shop:1.1.0"),
    )
    first, *rendered = detail.splitlines()
    assert first.endswith(f'   {commit[:7]} "www" (tom@acme.example)')
    assert rendered[0] == "rendered again, 1 object differs from what was reviewed:"
    assert rendered[1].startswith('  ~ apps/Deployment shop/shop  spec.template.spec.containers[web]: - {name: "web", ')
    assert bare.home.head("main") == commit


def test_an_edited_file_that_somebody_changed_is_stale(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare)
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    commit = bare.home.commit({"envs/test.yaml": VALUES + "replicas: 2\n"}, message="two")
    result = bare.apply(plan, project=bare.project(pipeline))
    assert one(result)[:4] == ("stale", 4, "plan-stale", "the target is no longer what was reviewed")
    assert one(result)[4].startswith("envs/test.yaml  planned ")
    assert one(result)[4].endswith(f'   {commit[:7]} "two" (tom@acme.example)')


def test_an_edited_file_that_somebody_changed_elsewhere_afterwards_is_still_applied(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare)
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    bare.apply(plan, project=bare.project(pipeline))
    bare.home.commit({"envs/test.yaml": VALUES.replace("1.0.0", "1.1.0") + "replicas: 2\n"}, message="two")
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "already"}


def test_a_plain_source_may_be_edited_in_place_too(bare):
    path = "spec.template.spec.containers[0].image"
    edit = SetValue("deploy/$env/deployment.yaml", path, value="ghcr.io/acme/shop:2.0.0")
    pipeline = bare.pipeline(
        Environment("test"),
        apps=[App("shop", Plain("deploy/$env"), edits=[edit])],
        target=InPlace("main"),
        warehouse=Warehouse(Images("ghcr.io/acme/shop")),
    )
    bare.home.commit(bare.sources("test"))
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:2.0.0"])
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written"}
    assert bare.home.files("main") == bare.sources("test", version="2.0.0")


def test_sources_that_render_to_something_else_than_was_reviewed_are_stale_and_say_what_differs(bare):
    bare.home.commit(CHART)
    pipeline = in_place(bare)
    plan = bare.plan(pipeline, images=["ghcr.io/acme/shop:1.1.0"])
    bare.home.commit({"chart/values.yaml": "replicas: 4\nimage: {repository: x, tag: x}\n"}, message="more")
    head = bare.home.head("main")
    result = bare.apply(plan, project=bare.project(pipeline))
    status, exit_code, code, message, detail, _ = one(result)
    assert (status, exit_code, code) == ("stale", 4, "plan-stale")
    assert message == "what it renders is no longer what was reviewed"
    assert detail.splitlines()[1:] == [
        "rendered again, 1 object differs from what was reviewed:",
        "  ~ apps/Deployment shop/shop  spec.replicas: 1 -> 4",
    ]
    assert bare.home.head("main") == head


# -- the same request again


def stale(site, pipeline, plan):
    """The hint of an apply that comes too late."""
    site.home.commit({FILE: site.deployment("test", version="9.9.9")}, branch="env/test", message="sneaky")
    return site.apply(plan, project=site.project(pipeline)).environments[0].hint


def test_what_was_named_by_hand_is_named_again(promoted):
    pipeline = promoted.pipeline()
    commit = promoted.home.head("main")
    plan = promoted.project(pipeline).plan(commit=commit, env="test", apps="shop")
    assert stale(promoted, pipeline, plan) == again_after(plan, f" --commit {commit} --env test --app shop")


def test_freight_that_was_named_is_named_again(promoted):
    pipeline = promoted.pipeline()
    promoted.promote(pipeline, env="test")
    alias = promoted.project(pipeline).plan().data.freight.popitem()[1].alias
    promoted.home.commit({FILE: promoted.deployment("uat", version="9.9.9")}, branch="env/uat", message="sneaky")
    theirs = promoted.home.head("env/uat")
    plan = promoted.project(pipeline).plan(freight=alias, env="uat", replace={"uat": theirs})
    promoted.home.commit({FILE: promoted.deployment("uat", version="9.9.8")}, branch="env/uat", message="sneakier")
    [result] = promoted.apply(plan, project=promoted.project(pipeline)).environments
    assert result.hint == again_after(plan, f" --freight {alias} --env uat --replace uat@{theirs}")


def test_what_the_ledger_has_of_what_was_named_by_hand_is_named_by_its_alias(promoted):
    pipeline = promoted.pipeline()
    plan = promoted.project(pipeline).plan(commit=promoted.home.head("main"), env="test", record=True)
    alias = plan.data.freight[plan["test"].freight["shop"].id].alias
    assert stale(promoted, pipeline, plan) == again_after(plan, f" --freight {alias} --env test")


def test_a_rollback_and_a_deletion_are_planned_again_as_such(promoted):
    promoted.promote()
    back = promoted.project().rollback("test", reason="5xx, again")
    alias = back.data.freight[back["test"].freight["shop"].id].alias
    gone = promoted.project().retire(env="test", reason="over")
    promoted.home.commit({FILE: promoted.deployment("test", version="9.9.9")}, branch="env/test", message="sneaky")
    assert promoted.apply(back).environments[0].hint == (
        f"Make a new plan:\n  gitpromote rollback shop test --to {alias} --reason '5xx, again'"
    )
    assert promoted.apply(gone).environments[0].hint == (
        "Make a new plan:\n  gitpromote retire shop --env test --reason over"
    )
