"""Where setter comments say nothing of a Freight, it does not count as arrived: nothing of it would be written."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Environment, FluxSetters, InPlace, Kustomize, Plain, SetValue, Warehouse
from gitpromote import Chart as Charts
from gitpromote import Image as Images
from gitpromote.engine import in_place
from gitpromote.engine.unplaced import with_unplaced
from gitpromote.errors import Blocked, SourceInvalid, UsageError
from gitpromote.model.artifact import ChartArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.state import EnvironmentState

from .test_in_place import CONFIG, IMAGE, MARK, POD, config, marked, pod, versions

COMMENT = f"image: {IMAGE}:… # {MARK}"
PLAIN = pod("web").replace(f" # {MARK}", "")
CART = "ghcr.io/acme/cart"
CART_MARK = '# {"$imagepolicy": "flux-system:cart"}'
PLAIN_CART = f"  - name: cart\n    image: {CART}:1.0.0\n"
MARKED_CART = PLAIN_CART.replace(":1.0.0", f":1.0.0 {CART_MARK}")


def two(site, *warehouses, apps=None):
    apps = apps or [App("shop", Plain("k/$env"), edits=[FluxSetters()])]
    return site.pipeline(
        *(Environment("test"), Environment("prod")),
        apps=apps,
        target=InPlace("main"),
        warehouse=list(warehouses) or [Warehouse(Images(IMAGE), name="shop")],
    )


def told(plan, name, *ids):
    wanted = ids or ("setters-missing", "setters-some")
    return [(one.id, one.level, one.status, one.message) for one in plan[name].outcomes if one.id in wanted]


def missing(alias, image=IMAGE):
    name = image.rpartition("/")[2]
    comment = f'image: {image}:… # {{"$imagepolicy": "flux-system:{name}"}}'
    message = (
        f"nothing in its sources says where {image} is to be written, so that {alias} would not get there. "
        f"Write a setter comment behind its value, and push that: {comment}"
    )
    return ("setters-missing", "hard", "fail", message)


def alias_of(plan, name="test", warehouse="shop"):
    return plan.data.freight[plan[name].freight[warehouse].id].alias


def test_freight_without_any_place_is_blocked_and_opens_nothing(bare):
    bare.home.commit({"k/test/web.yaml": PLAIN, "k/prod/web.yaml": pod("web")})
    pipeline = two(bare)
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.1.0"])
    assert bare.decisions(plan) == {"test": "blocked setters-missing", "prod": "waiting upstream"}
    assert told(plan, "test") == [missing(alias_of(plan))]
    assert told(plan, "prod") == []
    head = bare.home.head("main")
    result = bare.apply(plan, project=bare.project(pipeline))
    assert bare.told(result) == {"test": "blocked 13", "prod": "waiting 3"}
    assert bare.home.head("main") == head
    assert [one.kind for one in bare.project(pipeline).history if one.kind in ("written", "verified")] == []
    bare.home.commit({"k/test/web.yaml": pod("web")}, message="comment")
    bare.promote(pipeline, images=[f"{IMAGE}:1.1.0"])
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.1.0")


@pytest.mark.parametrize(
    "text",
    [
        pod("web", image="ghcr.io/fork/shop"),
        f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  tag: 1.1.0 # {MARK[:-2]}:tag"}}\n',
        f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  image: {IMAGE} # {MARK[:-2]}:name"}}\n',
    ],
    ids=["another image", "nothing says which", "its name alone"],
)
def test_a_comment_that_takes_no_version_of_it_is_no_place(bare, text):
    bare.home.commit({"k/test/web.yaml": text, "k/prod/web.yaml": pod("web")})
    assert bare.decisions(bare.plan(two(bare), images=[f"{IMAGE}:1.1.0"]))["test"] == "blocked setters-missing"


def test_what_somebody_wrote_by_hand_has_no_place_either(bare):
    bare.home.commit({"k/test/web.yaml": PLAIN.replace("1.0.0", "1.1.0"), "k/prod/web.yaml": pod("web")})
    assert bare.decisions(bare.plan(two(bare), images=[f"{IMAGE}:1.1.0"]))["test"] == "blocked setters-missing"


def test_of_several_images_those_without_a_place_are_told(bare):
    bare.home.commit({"k/web.yaml": pod("web")})
    plan = bare.plan(marked(bare), images=versions("1.1.0"))
    message = "nothing in its sources says where ghcr.io/acme/none is to be written: it stays as it is there"
    assert told(plan, "test") == [("setters-some", "advisory", "warn", message)]
    assert bare.told(bare.apply(plan, project=bare.project(marked(bare)))) == {"test": "written"}
    assert told(bare.project(marked(bare)).plan(), "test") == []


def test_each_freight_needs_a_place_of_its_own(bare):
    bare.home.commit({f"k/{env}/web.yaml": pod("web") for env in ("test", "prod")})
    pipeline = two(bare, Warehouse(Images(IMAGE), name="shop"), Warehouse(Images("ghcr.io/acme/cart"), name="cart"))
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.1.0", "ghcr.io/acme/cart:2.0.0"])
    assert told(plan, "test") == [missing(alias_of(plan, warehouse="cart"), image="ghcr.io/acme/cart")]


def test_a_chart_has_its_place_by_an_edit(bare):
    chart = "oci://ghcr.io/acme/charts/shop"
    freight = Freight.of("shop", [ChartArtifact(repository=chart, version="1.1.0")])
    made = {"kind": "flux-setters", "file": "k/test/c.yaml", "images": []}
    observed = EnvironmentObservation(name="test", freight={"shop": freight}, edits=(made,))

    def found(*edits):
        app = App("shop", Plain("k/$env"), edits=[FluxSetters(), *edits])
        pipeline = two(bare, Warehouse(Charts(chart), name="shop"), apps=[app])
        state = EnvironmentState(name="test")
        return with_unplaced(pipeline.resolved("test"), observed, state, {"k/test/c.yaml": CONFIG.encode()}).blocking

    [outcome] = found()
    assert (outcome.id, outcome.status) == ("setters-missing", "fail")
    assert outcome.message == (
        f"nothing in its sources says where {chart} is to be written, so that {freight.alias} would not get there. "
        f'Give the App an edit of it: SetValue("…", "…", chart="{chart}").'
    )
    assert found(SetValue("k/$env/c.yaml", "data.api", chart=chart)) == ()


@pytest.mark.parametrize("kind", ["kustomization", "value", "manifests"])
def test_other_edits_are_places_too_and_manifests_are_not_edited(bare, kind):
    path = "spec.containers[name=w].image"
    files = {f"k/{env}/web.yaml": PLAIN for env in ("test", "prod")}
    files |= {f"k/{env}/kustomization.yaml": "resources: [web.yaml]\n" for env in ("test", "prod")}
    bare.home.commit(files)
    edits = [FluxSetters(), *([SetValue("k/$env/web.yaml", path, image=IMAGE)] if kind == "value" else [])]
    app = App("shop", Kustomize("k/$env") if kind != "value" else Plain("k/$env/web.yaml"), edits=edits)
    pipeline = two(bare, apps=[app])
    if kind == "manifests":
        members = {"target": Branch("env/$env"), "warehouse": Warehouse(Images(IMAGE), name="shop")}
        pipeline = bare.pipeline(Environment("test"), apps=[app], **members)
    assert told(bare.plan(pipeline, images=[f"{IMAGE}:1.1.0"]), "test") == []


# -- places that were there


def promoted(site, *files):
    """Two Freights went through both environments."""
    site.home.commit({f"k/{env}/{name}": text for env in ("test", "prod") for name, text in (files or FILES)})
    pipeline = two(site)
    for version in ("1.1.0", "1.2.0"):
        site.promote(pipeline, images=[f"{IMAGE}:{version}"])
    return pipeline


FILES = (("web.yaml", pod("web")),)
BOTH = POD.format(name="web", image=f"{IMAGE}:1.0.0", mark=MARK)
BOTH += f"  initContainers:\n  - name: i\n    image: {IMAGE}:1.0.0 # {MARK}\n"


def without_comment(site, path="k/test/web.yaml", *, times=1):
    text = site.home.show(f"main:{path}").replace(f" # {MARK}", "", times)
    return site.home.commit({path: text}, message="gone")


def test_comments_that_are_gone_are_undone_by_nothing(bare):
    pipeline = promoted(bare)
    commit = without_comment(bare)
    project = bare.project(pipeline)
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.3.0"])
    assert bare.decisions(plan) == {"test": "blocked foreign", "prod": "waiting upstream"}
    [foreign] = told(plan, "test", "foreign")
    assert foreign[-1] == (
        f'holds content that is not ours: {commit[:7]} "gone" (tom@acme.example, claimed); what was written has no '
        f"place any more at k/test/web.yaml: {IMAGE}, and cannot be put back"
    )
    operands = next(one.operands for one in plan["test"].outcomes if one.id == "foreign")
    assert (operands["back"], operands["named"], operands["gone"]) == (False, None, False)
    assert project.can_roll_back("test", "prod") == ("prod",)
    with pytest.raises(UsageError) as caught:
        project.plan(replace={"test": commit})
    assert str(caught.value) == (
        "There is no such foreign content to replace  [replace-unmatched]\n"
        f"test@{commit}: what was written has no place any more at k/test/web.yaml: {IMAGE}\n"
        "Look at it first:\n  gitpromote explain test"
    )


def test_what_was_adopted_without_comments_takes_no_other_freight(bare):
    pipeline = promoted(bare)
    without_comment(bare)
    bare.project(pipeline).adopt("test", reason="meant")
    assert bare.decisions(bare.project(pipeline).plan())["test"] == "noop"
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.3.0"])
    assert bare.decisions(plan) == {"test": "blocked setters-missing", "prod": "waiting upstream"}
    assert bare.told(bare.apply(plan, project=bare.project(pipeline)))["test"] == "blocked 13"
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.2.0")
    text = bare.home.show("main:k/test/web.yaml").replace(f"{IMAGE}:1.2.0", f"{IMAGE}:1.2.0 # {MARK}")
    bare.home.commit({"k/test/web.yaml": text}, message="back")
    bare.promote(pipeline, images=[f"{IMAGE}:1.3.0"])
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.3.0")


@pytest.mark.parametrize("how", ["comment", "image"])
def test_one_of_two_comments_that_is_gone_is_foreign_and_nothing_goes_back_half(bare, how):
    pipeline = promoted(bare, ("web.yaml", BOTH))
    if how == "comment":
        without_comment(bare)
    else:
        text = bare.home.show("main:k/test/web.yaml").replace(f"{IMAGE}:1.2.0", "evil.io/other:6", 1)
        bare.home.commit({"k/test/web.yaml": text}, message="gone")
    project = bare.project(pipeline)
    assert bare.decisions(project.plan())["test"] == "blocked foreign"
    assert [one.drift for one in project.status().data.environments] == [True, False]
    head = bare.home.head("main")
    with pytest.raises(Blocked) as caught:
        project.rollback("test", reason="5xx")
    assert caught.value.code == "rollback-unrecorded"
    where = f"k/test/web.yaml: spec.containers[name=w].image ({IMAGE})"
    assert f"has no place any more at {where}. Nothing was written." in caught.value.detail
    assert bare.home.head("main") == head
    sides = project.diff("test", "prod").sides
    assert [side.endswith(", and holds foreign content") for side in sides] == [True, False]
    project.adopt("test", reason="meant")
    assert bare.decisions(bare.project(pipeline).plan())["test"] == "noop"
    bare.promote(pipeline, images=[f"{IMAGE}:1.3.0"])
    found = bare.home.show("main:k/test/web.yaml")
    assert (found.count("1.3.0"), found.count("evil.io/other:6")) == (1, int(how == "image"))


def test_a_container_that_was_renamed_keeps_its_place(bare):
    pipeline = promoted(bare, ("web.yaml", BOTH))
    text = bare.home.show("main:k/test/web.yaml").replace("name: i\n", "name: first\n")
    added = f"  - name: more\n    image: {IMAGE}:1.2.0 # {MARK}\n"
    bare.home.commit({"k/test/web.yaml": text.replace("  initC", f"{added}  initC")}, message="renamed")
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop", "prod": "noop"}
    plan = bare.project(pipeline).rollback("test", reason="5xx")
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written"}
    assert bare.home.show("main:k/test/web.yaml").count("1.1.0") == 3


@pytest.mark.parametrize("left", ["other", None])
def test_a_source_that_was_deleted_keeps_nobody_else_back(bare, left):
    pipeline = promoted(bare, ("web.yaml", pod("web")), ("c.yaml", CONFIG))
    gone = {"k/test/web.yaml": None, **({"k/test/c.yaml": None} if left is None else {})}
    commit = bare.home.commit(gone, message="deleted")
    project = bare.project(pipeline)
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.3.0"])
    why = "foreign" if left else "foreign, source-missing"
    assert bare.decisions(plan) == {"test": f"blocked {why}", "prod": "waiting upstream"}
    [foreign] = told(plan, "test", "foreign")
    assert foreign[-1].startswith(f'holds content that is not ours: {commit[:7]} "deleted"')
    assert project.can_roll_back("test") == ()
    if left:
        project.adopt("test", reason="meant")
        return
    error = "A source path does not exist at this commit"
    assert told(plan, "test", "source-missing") == [
        (
            "source-missing",
            "hard",
            "error",
            f"its sources cannot be rendered any more. {error}: k/test read for test/shop at {commit[:7]}",
        )
    ]
    assert next(one for one in plan["test"].outcomes if one.id == "foreign").operands["gone"] is True
    with pytest.raises(SourceInvalid, match="source-missing"):
        project.adopt("test", reason="meant")


def test_a_file_that_a_value_is_written_into_and_that_was_deleted_keeps_nobody_else_back(bare):
    bare.home.commit({"k/c.yaml": CONFIG, "k/d.yaml": CONFIG.replace("c,", "d,")})
    bare.promote(config(bare, "api"), images=[f"{IMAGE}:1.1.0"])
    bare.home.commit({"k/c.yaml": None}, message="deleted")
    assert bare.decisions(bare.project(config(bare, "api")).plan()) == {"test": "blocked foreign, edit-unread-file"}


def test_an_arrival_that_was_recorded_without_a_place_is_nothing_to_go_back_to(bare, monkeypatch):
    """As earlier versions recorded it."""
    bare.home.commit({f"k/{env}/web.yaml": PLAIN for env in ("test", "prod")})
    pipeline = two(bare)
    with monkeypatch.context() as patched:
        patched.setattr(in_place, "with_unplaced", lambda _, observed, *__: observed)
        for version in ("1.1.0", "1.2.0"):
            bare.promote(pipeline, images=[f"{IMAGE}:{version}"])
    project = bare.project(pipeline)
    assert bare.decisions(project.plan()) == {"test": "noop", "prod": "noop"}
    assert project.can_roll_back("test") == ()
    with pytest.raises(Blocked, match="its Record tells none of the values that were there"):
        project.rollback("test", reason="5xx")


# -- places that were added


def some(site):
    """Two images, of which one has no comment; one Freight went through."""
    site.home.commit({f"k/{env}/web.yaml": pod("web") + PLAIN_CART for env in ("test", "prod")})
    pipeline = two(site, Warehouse(Images(IMAGE), Images(CART), name="shop"))
    plan = site.plan(pipeline, images=[f"{IMAGE}:1.1.0", f"{CART}:1.1.0"])
    assert [one[0] for one in told(plan, "test")] == ["setters-some"]
    site.apply(plan, project=site.project(pipeline))
    return pipeline, plan


def with_mark(site, version="1.0.0"):
    text = site.home.show("main:k/test/web.yaml")
    return site.home.commit({"k/test/web.yaml": text.replace(f"{CART}:1.0.0", f"{CART}:{version} {CART_MARK}")})


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "0.9.0"])
def test_a_comment_that_is_added_is_written_and_never_foreign(bare, version):
    pipeline, plan = some(bare)
    with_mark(bare, version)
    project = bare.project(pipeline)
    assert bare.told(bare.apply(plan, project=project)) == {"test": "already", "prod": "already"}
    assert [one.drift for one in project.status().data.environments] == [False, False]
    assert project.diff("test", "prod").sides[0].endswith("foreign content") is False
    with pytest.raises(UsageError, match="nothing-to-adopt"):
        project.adopt("test", reason="meant")
    same = bare.project(pipeline).plan()
    assert bare.decisions(same) == {"test": "noop" if version == "1.1.0" else "ready", "prod": "noop"}
    assert bare.told(bare.apply(same, project=bare.project(pipeline)))["test"] in ("written", "noop")
    text = pod("web", "1.1.0") + PLAIN_CART.replace(f"{CART}:1.0.0", f"{CART}:1.1.0 {CART_MARK}")
    assert bare.home.show("main:k/test/web.yaml") == text
    assert bare.project(pipeline).verify().ok
    bare.promote(pipeline, images=[f"{IMAGE}:1.2.0", f"{CART}:1.2.0"])
    assert bare.home.show("main:k/test/web.yaml") == text.replace("1.1.0", "1.2.0")


def test_newer_freight_takes_an_added_comment_along_and_a_rollback_goes_back_with_it(bare):
    pipeline, _ = some(bare)
    with_mark(bare)
    bare.promote(pipeline, images=[f"{IMAGE}:1.2.0", f"{CART}:1.2.0"])
    assert bare.home.show("main:k/test/web.yaml").count(":1.2.0") == 2
    plan = bare.project(pipeline).rollback("test", reason="5xx")
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written"}
    assert bare.home.show("main:k/test/web.yaml").count(":1.1.0") == 2


def test_an_added_comment_hides_no_value_that_was_changed(bare):
    pipeline, _ = some(bare)
    with_mark(bare)
    text = bare.home.show("main:k/test/web.yaml").replace(f"{IMAGE}:1.1.0", f"{IMAGE}:6.6.6")
    bare.home.commit({"k/test/web.yaml": text}, message="hot")
    assert bare.decisions(bare.project(pipeline).plan())["test"] == "blocked foreign"


def test_another_container_of_an_image_that_was_written_is_written_too(bare):
    pipeline = promoted(bare)
    more = f"  - name: more\n    image: {IMAGE}:1.0.0 # {MARK}\n"
    bare.home.commit({"k/test/web.yaml": bare.home.show("main:k/test/web.yaml") + more}, message="more")
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "ready", "prod": "noop"}
    bare.promote(pipeline, images=[f"{IMAGE}:1.3.0"])
    assert bare.home.show("main:k/test/web.yaml") == pod("web", "1.3.0") + more.replace("1.0.0", "1.3.0")


# -- between plan and apply


def test_a_comment_that_goes_before_an_arrival_is_recorded_makes_it_stale(bare):
    """The value is there already; nothing would be written."""
    files = {f"k/{env}/web.yaml": pod("web", "1.1.0") for env in ("test", "prod")}
    bare.home.commit(files)
    plan = bare.plan(two(bare), images=[f"{IMAGE}:1.1.0"])
    assert bare.decisions(plan)["test"] == "noop"
    without_comment(bare)
    result = bare.apply(plan, project=bare.project(two(bare)), env="test")
    assert [(one.name, one.status, one.exit_code) for one in result.environments if one.name == "test"] == [
        ("test", "stale", 4)
    ]


def test_what_was_applied_is_there_no_more_without_its_comment(bare):
    bare.home.commit({f"k/{env}/web.yaml": BOTH for env in ("test", "prod")})
    plan = bare.plan(two(bare), images=[f"{IMAGE}:1.1.0"])
    bare.apply(plan, project=bare.project(two(bare)))
    assert bare.told(bare.apply(plan, project=bare.project(two(bare)))) == {"test": "already", "prod": "already"}
    without_comment(bare)
    assert bare.told(bare.apply(plan, project=bare.project(two(bare))))["test"] != "already"


# -- what is told of adopted places


def debts(plan):
    return [one[-1] for one in told(plan, "test", "debt")]


def test_adopted_places_without_another_value_are_no_debt(bare):
    pipeline = promoted(bare)
    text = bare.home.show("main:k/test/web.yaml")
    bare.home.commit({"k/test/web.yaml": None, "k/test/other.yaml": text}, message="moved")
    bare.project(pipeline).adopt("test", reason="moved")
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.3.0"])
    assert (bare.decisions(plan)["test"], debts(plan)) == ("ready", [])


def test_an_adopted_value_that_would_be_another_one_is_debt(bare):
    pipeline = promoted(bare)
    text = bare.home.show("main:k/test/web.yaml")
    bare.home.commit({"k/test/web.yaml": text.replace("1.2.0", "1.2.9")}, message="hot")
    bare.project(pipeline).adopt("test", reason="INC-1")
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.3.0"])
    assert debts(plan) == ['undoes what Ada <ada@acme.example> adopted: "INC-1"; it stays if the sources contain it']


# -- several Warehouses


def three(site, *, test=PLAIN_CART, prod=PLAIN_CART):
    """Freight of two Warehouses, of which one may have no place."""
    site.home.commit({"k/test/web.yaml": pod("web") + test, "k/prod/web.yaml": pod("web") + prod})
    return two(
        site,
        Warehouse(Images(IMAGE), name="shop", policy="manual"),
        Warehouse(Images(CART), name="cart", policy="manual"),
    )


def created(site, pipeline, *references):
    site.shelf.put(*references)
    for one in references:
        site.project(pipeline).freight.create(images=[one])


def test_freight_without_a_place_stays_out_and_the_others_go_on(bare):
    pipeline = three(bare)
    created(bare, pipeline, f"{IMAGE}:1.1.0", f"{CART}:2.0.0")
    project = bare.project(pipeline)
    plan = project.plan()
    assert bare.decisions(plan) == {"test": "ready", "prod": "waiting upstream"}
    alias = next(one.freight.alias for one in project.freight.list() if one.freight.warehouse == "cart")
    assert plan.warnings == (
        f"test goes on without {alias}: {missing(alias, image=CART)[-1]}",
        f"prod goes on without {alias}: it stays out of test",
    )
    assert {one.name: list(one.freight) for one in plan.data.environments} == {"test": ["shop"], "prod": ["shop"]}
    assert [image["repository"] for edit in plan["test"].edits for image in edit["images"]] == [IMAGE]
    assert bare.told(bare.apply(plan, project=bare.project(pipeline))) == {"test": "written", "prod": "written"}
    assert [list(one.freight) for one in bare.project(pipeline).history if one.kind == "written"] == [["shop"]] * 2
    alone = bare.project(pipeline).plan()  # nothing else comes now
    assert bare.decisions(alone)["test"] == "blocked setters-missing"
    created(bare, pipeline, f"{IMAGE}:1.2.0")
    bare.promote(pipeline)
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.2.0") + PLAIN_CART
    for env in ("test", "prod"):
        bare.home.commit({f"k/{env}/web.yaml": pod("web", "1.2.0") + MARKED_CART}, message="comment")
    bare.promote(pipeline)
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.2.0") + MARKED_CART.replace("1.0.0", "2.0.0")
    assert bare.project(pipeline).verify().ok


def test_what_was_asked_for_is_never_left_out(bare):
    pipeline = three(bare)
    created(bare, pipeline, f"{IMAGE}:1.1.0")
    assert bare.decisions(bare.plan(pipeline, images=[f"{CART}:2.0.0"]))["test"] == "blocked setters-missing"


def test_freight_that_stays_out_of_what_is_before_keeps_nobody_waiting_behind(bare):
    pipeline = three(bare, prod=MARKED_CART)
    created(bare, pipeline, f"{IMAGE}:1.1.0", f"{CART}:2.0.0")
    bare.promote(pipeline)
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.1.0") + MARKED_CART
    created(bare, pipeline, f"{IMAGE}:1.2.0")
    bare.promote(pipeline, env="test")
    bare.promote(pipeline, env="prod")
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.2.0") + MARKED_CART


def test_what_is_there_stays_where_newer_freight_has_no_place(bare):
    pipeline = three(bare, test=MARKED_CART, prod=MARKED_CART)
    created(bare, pipeline, f"{IMAGE}:1.1.0", f"{CART}:2.0.0")
    bare.promote(pipeline)
    text = bare.home.show("main:k/test/web.yaml").replace(f" {CART_MARK}", "")
    bare.home.commit({"k/test/web.yaml": text}, message="gone")
    bare.project(pipeline).adopt("test", reason="meant")
    created(bare, pipeline, f"{IMAGE}:1.2.0", f"{CART}:3.0.0")
    before = bare.project(pipeline).status().data.environments[0].runs
    bare.promote(pipeline)
    assert bare.home.show("main:k/test/web.yaml") == text.replace("1.1.0", "1.2.0")
    after = bare.project(pipeline).status().data.environments[0].runs
    assert after.keys() == before.keys()
    assert after["cart"] == before["cart"]
    assert after["shop"] != before["shop"]


def test_what_blocks_is_named_once_and_told_for_all_environments_together(bare):
    pipeline = three(bare)
    bare.home.commit({f"k/{env}/web.yaml": PLAIN + PLAIN_CART for env in ("test", "prod")})
    plan = bare.plan(pipeline, images=[f"{IMAGE}:1.1.0", f"{CART}:2.0.0"], env="test")
    assert bare.decisions(plan) == {"test": "blocked setters-missing"}
    [ended] = bare.apply(plan, project=bare.project(pipeline)).environments
    assert (ended.message, ended.detail.count("setters-missing: ")) == ("setters-missing", 2)


def test_a_warehouse_without_freight_is_not_missed_where_no_edit_takes_a_value_of_it(bare):
    pipeline = three(bare, test=MARKED_CART, prod=MARKED_CART)
    created(bare, pipeline, f"{IMAGE}:1.1.0")
    bare.promote(pipeline)
    assert bare.home.show("main:k/prod/web.yaml") == pod("web", "1.1.0") + MARKED_CART
    app = App(
        "shop", Plain("k/$env"), edits=[SetValue("k/$env/web.yaml", "spec.containers[name=cart].image", image=CART)]
    )
    houses = [Warehouse(Images(one), name=name, policy="manual") for name, one in (("shop", IMAGE), ("cart", CART))]
    missed = bare.project(two(bare, *houses, apps=[app])).plan()
    assert {one.name: one.decision for one in missed.data.environments} == dict.fromkeys(
        ("test", "prod"), "unavailable"
    )


def test_freight_of_which_an_edit_takes_a_value_is_not_left_out(bare):
    bare.home.commit({f"k/{env}/web.yaml": pod("web") + PLAIN_CART for env in ("test", "prod")})
    value = SetValue("k/$env/web.yaml", "spec.containers[name=cart].image", image=CART, part="repository")
    app = App("shop", Plain("k/$env"), edits=[FluxSetters(), value])
    houses = [Warehouse(Images(one), name=name, policy="manual") for name, one in (("shop", IMAGE), ("cart", CART))]
    pipeline = two(bare, *houses, apps=[app])
    created(bare, pipeline, f"{IMAGE}:1.1.0", f"{CART}:2.0.0")
    assert bare.decisions(bare.project(pipeline).plan())["test"] == "blocked setters-missing"
