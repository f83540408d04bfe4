"""Which Freight is found: images and commits that fit together, paths over the whole range, trains, hands, locks."""

from __future__ import annotations

import json

import pytest

from gitpromote import App, Directory, Environment, Git, Kustomize, Plain, Warehouse, same_commit
from gitpromote import Image as Images
from gitpromote.errors import Blocked, ConfigurationError, GitpromoteError, RemoteFailed, UsageError

IMAGE = "ghcr.io/acme/shop"
SIDE = "ghcr.io/acme/side"
REVISION = "org.opencontainers.image.revision"
ALL = ("test", "uat", "prod")
FIRST = 1763596440  # the time of the first commit of a site


def alone(*subscriptions, **members):
    """A Warehouse as a Pipeline has it that has no other."""
    return (Warehouse(*subscriptions, **members),)


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def kustomized(site, *, images: str = "d.yaml", **members):
    """Kustomize sources of one environment, and a pipeline whose Warehouse is given."""
    site.home.commit(
        {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": site.deployment("x")}, message="first"
    )
    return pipeline_of(site, **members)


def pipeline_of(site, *subscriptions, **members):
    warehouse = Warehouse(*subscriptions, **members)
    return site.pipeline(Environment("test"), apps=[App("shop", Kustomize("base"))], warehouse=warehouse)


def freight_of(plan, env="test", warehouse="shop"):
    return plan.data.freight[plan[env].freight[warehouse].id].freight()


def tags(plan, **words):
    return [one.tag for one in freight_of(plan, **words).images]


def discovery(plan, warehouse="shop"):
    return plan.data.facts["discovery"][warehouse]


@pytest.fixture
def shop(bare):
    """Kustomize sources, an image subscription, and two versions in the registry."""
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", f"{IMAGE}:1.1.0@{digest(2)}", created=FIRST)
    bare.shelf.put(f"{IMAGE}:2.0.0-rc.1@{digest(3)}")
    pipeline = kustomized(bare)
    return bare, pipeline.changed({"warehouse": alone(Images(IMAGE, "^1"))})


# -- images


def test_the_newest_image_is_found_with_its_digest(shop):
    site, pipeline = shop
    plan = site.promote(pipeline)
    assert [str(one) for one in freight_of(plan).images] == [f"{IMAGE}:1.1.0@{digest(2)}"]
    assert f"image: {IMAGE}:1.1.0@{digest(2)}" in site.home.show("env/test:apps-deployment-shop.yaml")


def test_a_plan_says_what_was_found_and_is_made_again_without_a_registry(shop):
    site, pipeline = shop
    plan = site.promote(pipeline)
    image, commit = discovery(plan)["subscriptions"]
    taken = {"taken": "1.1.0", "digest": digest(2), "created": FIRST}
    assert image == {"kind": "image", "address": IMAGE, "strategy": "semver"} | taken
    assert (commit["kind"], commit["address"], commit["digest"]) == ("commit", "home", site.home.head("main"))
    site.shelf.asked.clear()
    assert site.project(pipeline, cache="cold").plan_verify(plan) == []
    assert site.shelf.asked == []


def test_only_the_newest_image_is_asked_for(shop):
    site, pipeline = shop
    site.project(pipeline).plan()
    assert site.shelf.asked == [f"tags {IMAGE}", f"image {IMAGE}:1.1.0"]


def test_how_far_behind_it_is_costs_no_more_than_the_plan_beside_it(shop):
    site, pipeline = shop
    site.promote(pipeline)
    site.shelf.put(f"{IMAGE}:1.2.0@{digest(4)}")
    site.shelf.asked.clear()
    status = site.project(pipeline).status(lag=True)
    assert status["test"].lag["shop"].newest.images[0].tag == "1.2.0"
    assert site.shelf.asked == [f"tags {IMAGE}", f"image {IMAGE}:1.2.0"]


def test_a_newer_image_is_the_next_freight(shop):
    site, pipeline = shop
    site.promote(pipeline)
    assert site.decisions(site.project(pipeline).plan()) == {"test": "noop"}
    site.shelf.put(f"{IMAGE}:1.2.0@{digest(4)}")
    plan = site.promote(pipeline)
    assert tags(plan) == ["1.2.0"]
    assert site.records("freight-created") == [("freight-created", None)] * 2


def test_newer_candidates_that_were_passed_over_are_told(shop):
    site, pipeline = shop
    plan = site.project(pipeline).plan()
    [newer] = discovery(plan)["newer"]
    assert newer["name"] == "2.0.0-rc.1"
    from gitpromote.views.lines import plain
    from gitpromote.views.terminal import plan_view

    assert f"         newer, rejected: 2.0.0-rc.1 {newer['reason']}\n" in plain(plan_view(plan.data))


def test_what_moves_is_not_told_as_newer_and_rejected(shop):
    """The constraint was narrowed while it was under way."""
    from gitpromote.views.lines import plain
    from gitpromote.views.terminal import plan_view

    site, pipeline = shop
    both = pipeline.changed({"environments": (Environment("test"), Environment("prod"))})
    site.promote(both, env="test")
    narrowed = both.changed({"warehouse": alone(Images(IMAGE, "~1.0"))})
    plan = site.project(narrowed).plan(env="prod")
    assert tags(plan, env="prod") == ["1.1.0"]
    assert "1.1.0" in [one["name"] for one in discovery(plan)["newer"]]
    shown = plain(plan_view(plan.data))
    assert "rejected: 1.1.0" not in shown and "; 1.1.0" not in shown


def test_an_image_that_is_gone_does_not_bring_an_older_one_back(shop):
    site, pipeline = shop
    site.promote(pipeline, images=[f"{IMAGE}:1.0.0@{digest(1)}"])
    site.promote(pipeline, images=[f"{IMAGE}:1.1.0@{digest(2)}"])
    del site.shelf.images[IMAGE]["1.1.0"]
    plan = site.project(pipeline).plan()
    assert (tags(plan), site.decisions(plan)) == (["1.1.0"], {"test": "noop"})


def test_a_tag_that_is_followed_is_marked_and_read_afresh(bare):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE, "latest", strategy="digest"))})
    bare.shelf.put(f"{IMAGE}:latest@{digest(1)}")
    plan = bare.promote(pipeline)
    assert discovery(plan)["subscriptions"][0]["mutable"] is True
    bare.shelf.put(f"{IMAGE}:latest@{digest(2)}")
    assert freight_of(bare.project(pipeline).plan()).images[0].digest == digest(2)
    assert f"tags {IMAGE}" not in bare.shelf.asked


def test_nothing_found_says_why(shop):
    site, pipeline = shop
    site.shelf.images[IMAGE] = {name: one for name, one in site.shelf.images[IMAGE].items() if name > "2"}
    plan = site.project(pipeline).plan()
    text = plan["test"].reason
    assert text.startswith(f"the only tag of {IMAGE} does not count: wanted is one that is in ^1: 2.0.0-rc.1 ")


def test_a_registry_that_fails_fails_the_plan_and_says_what_goes_on_without_it(shop, monkeypatch):
    site, pipeline = shop
    known = freight_of(site.promote(pipeline))

    def down(repository):
        raise RemoteFailed("A registry fails", code="registry-failed", detail=f"{repository}: 503", hint="Try later.")

    monkeypatch.setattr(site.shelf, "tags", down)
    with pytest.raises(RemoteFailed) as caught:
        site.project(pipeline).plan()
    assert str(caught.value) == (
        f"A registry fails  [registry-failed]\n{IMAGE}: 503\nTry later.\n"
        f"What is known already goes on without it:\n  gitpromote plan shop --freight {known.alias}"
    )
    assert caught.value.exit_code == 1
    for words in ({"freight": known.alias}, {"images": [f"{IMAGE}:1.1.0@{digest(2)}"]}):
        assert site.decisions(site.project(pipeline).plan(**words)) == {"test": "noop"}


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (same_commit(), "same_commit() needs the image's label that says which commit it was built from."),
        (
            "images[0].tag != ''",
            "Warehouse shop says what fits together, and judges that by what the registry knows.",
        ),
    ],
    ids=["same_commit", "expression"],
)
def test_a_registry_that_fails_for_a_named_image_says_why_it_is_asked(bare, monkeypatch, where, why):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE), Git(), name="shop", where=where)})

    def down(*_, **__):
        raise RemoteFailed("A registry fails", code="registry-failed", detail=f"{IMAGE}: 503", hint="Try later.")

    monkeypatch.setattr(bare.shelf, "image", down)
    named = f"{IMAGE}:1.0.0@{digest(1)}"
    with pytest.raises(RemoteFailed) as caught:
        bare.project(pipeline).plan(images=[named])
    assert str(caught.value) == (
        f"A registry fails  [registry-failed]\n{IMAGE}: 503\nTry later.\n{why}\n"
        f"Name the commit too, and nobody is asked:\n  gitpromote plan shop --image {named} --commit HEAD"
    )
    assert (caught.value.exit_code, caught.value.more) == (1, ("--commit", "HEAD"))
    plan = bare.project(pipeline).plan(images=[named], commit="main")
    assert tags(plan) == ["1.0.0"]


def test_what_its_image_says_is_the_provenance(bare):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE))})
    labels = {REVISION: "77ab", "org.opencontainers.image.source": "https://git.example/acme/shop"}
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", labels=labels)
    freight = freight_of(bare.project(pipeline).plan())
    assert freight.provenance == {"commit": "77ab", "source": "https://git.example/acme/shop"}
    assert freight.type == "mixed"


def test_the_image_of_another_registry_is_named_by_hand_and_the_other_is_found(bare):
    bare.home.commit(
        {
            "base/kustomization.yaml": "resources: [d.yaml]\n",
            "base/d.yaml": bare.deployment("x") + f"        - name: side\n          image: {SIDE}:0.0.0\n",
        }
    )
    pipeline = pipeline_of(bare, Images(IMAGE), Images(SIDE))
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", f"{SIDE}:5.0.0@{digest(5)}")
    plan = bare.project(pipeline).plan(images=[f"{SIDE}:6.0.0@{digest(6)}"])
    assert [str(one) for one in freight_of(plan).images] == [f"{IMAGE}:1.0.0@{digest(1)}", f"{SIDE}:6.0.0@{digest(6)}"]
    assert not any(SIDE in one for one in bare.shelf.asked)


# -- what fits together


def test_a_commit_waits_for_its_image(bare):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE), Git(), where=same_commit())})
    first = bare.home.head("main")
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", labels={REVISION: first})
    bare.promote(pipeline)
    second = bare.home.commit({"base/d.yaml": bare.deployment("x", replicas=2)}, message="two")
    plan = bare.project(pipeline).plan()
    assert (tags(plan), bare.decisions(plan)) == (["1.0.0"], {"test": "noop"})
    assert discovery(plan)["newer"] == [{"name": second[:7], "reason": "has no image yet", "waits": True}]
    from gitpromote.views.lines import plain
    from gitpromote.views.terminal import plan_view

    assert f"shop   newer, waiting: {second[:7]} has no image yet\n" in plain(plan_view(plan.data))
    bare.shelf.put(f"{IMAGE}:1.1.0@{digest(2)}", labels={REVISION: second})
    plan = bare.promote(pipeline)
    assert (tags(plan), freight_of(plan).subject) == (["1.1.0"], "two")


@pytest.mark.parametrize(
    ("images", "newer"),
    [
        (Images(IMAGE, strategy="newest-build"), []),
        (Images(IMAGE), ["3.0.0 was built from TWO, which is older than THREE"]),
    ],
)
def test_an_image_that_was_built_late_of_a_commit_that_is_past_is_no_news(bare, images, newer):
    """By its time or its name it is the newest, its commit is not: that is no reason to be told for ever."""
    pipeline = kustomized(bare).changed({"warehouse": alone(images, Git(), where=same_commit())})
    first, two, three = (
        bare.home.commit({"base/d.yaml": bare.deployment("x", replicas=number)}, message=str(number))
        for number in (1, 2, 3)
    )
    bare.shelf.put(f"{IMAGE}:2.0.0@{digest(3)}", labels={REVISION: three}, created=FIRST)
    bare.shelf.put(f"{IMAGE}:3.0.0@{digest(2)}", labels={REVISION: two}, created=FIRST + 60)
    plan = bare.project(pipeline).plan()
    told = [f"{one['name']} {one['reason']}" for one in discovery(plan)["newer"]]
    assert (tags(plan), told) == (["2.0.0"], [f"3.0.0 fits only older ones: {two[:7]}"])
    bare.promote(pipeline)
    plan = bare.project(pipeline).plan()
    assert bare.decisions(plan) == {"test": "noop"}
    told = [f"{one['name']} {one['reason']}" for one in discovery(plan).get("newer", [])]
    assert told == [one.replace("TWO", two[:7]).replace("THREE", three[:7]) for one in newer]
    [warehouse] = bare.project(pipeline).freight.discover().warehouses
    [rejected] = warehouse.subscriptions[0].rejected
    assert f"{rejected.name} {rejected.reason}" == f"3.0.0 was built from {two[:7]}, which is older than {three[:7]}"
    other = bare.home.commit({"x": "1"}, branch="other", parent=first)
    bare.shelf.put(f"{IMAGE}:4.0.0@{digest(4)}", labels={REVISION: other}, created=FIRST + 90)
    newest, *_ = discovery(bare.project(pipeline).plan())["newer"]
    assert newest["reason"] == f"was built from {other[:7]}, not from a commit of home"


def test_an_image_goes_with_the_commit_that_it_was_built_from_however_old(bare):
    """Thirty commits later its commit is still among those that are looked at."""
    pipeline = kustomized(bare).changed(
        {"warehouse": alone(Images(IMAGE), Git(include=["base/"]), where=same_commit())}
    )
    first = bare.home.head("main")
    for number in range(30):
        bare.home.commit({"src/x": str(number)})
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", labels={REVISION: first})
    assert freight_of(bare.promote(pipeline)).commit_of(bare.project()._world.home.canonical) == first
    last = bare.home.commit({"src/x": "code alone"})
    bare.shelf.put(f"{IMAGE}:1.1.0@{digest(2)}", labels={REVISION: last})
    plan = bare.promote(pipeline)
    assert (tags(plan), [one.commit for one in plan["test"].sources]) == (["1.1.0"], [last])


def test_a_rule_that_never_holds_says_so(bare):
    rule = 'image.tag == commit.tag && image.version == "9.9.9"'
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE), Git(), where=rule)})
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}")
    plan = bare.project(pipeline).plan()
    assert plan["test"].reason == (
        'the only image does not fit: 1.0.0 does not satisfy image.version == "9.9.9": image.version is "1.0.0"'
    )


def test_what_is_named_by_hand_is_judged_by_the_rule_unless_all_of_it_is(bare):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE), Git(), where=same_commit())})
    first = bare.home.head("main")
    second = bare.home.commit({"base/d.yaml": bare.deployment("x", replicas=2)}, message="two")
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", labels={REVISION: first})
    bare.shelf.put(f"{IMAGE}:1.1.0@{digest(2)}", labels={REVISION: second})
    plan = bare.project(pipeline).plan(images=[f"{IMAGE}:1.0.0@{digest(1)}"])
    assert [one.commit for one in plan["test"].sources] == [first]
    bare.shelf.asked.clear()
    plan = bare.project(pipeline).plan(images=[f"{IMAGE}:1.0.0@{digest(1)}"], commit=second)
    assert ([one.commit for one in plan["test"].sources], bare.shelf.asked) == ([second], [])


# -- Git


def git_only(site, git):
    return site.pipeline(Environment("test"), warehouse=Warehouse(git), apps=[App("shop", Plain("deploy/$env"))])


def sources_of(plan):
    return plan["test"].sources[0].commit


def test_paths_are_judged_over_the_whole_range(site):
    """A change that lies under many commits of others is not missed; what was changed back is no news."""
    pipeline = git_only(site, Git(include=["glob:deploy/**"], exclude=["deploy/README"], limit=2))
    site.promote(pipeline)
    first = site.home.head("main")
    site.home.commit({"deploy/README": "words", "docs/x": "1"})
    assert sources_of(site.project(pipeline).plan()) == first
    mine = site.home.commit(site.sources("test", version="1.1.0"), message="mine")
    for number in range(5):
        site.home.commit({"docs/x": str(number)})
    plan = site.project(pipeline).plan()
    assert (sources_of(plan), freight_of(plan).subject) == (mine, "mine")
    site.home.commit(site.sources("test"), message="back")
    plan = site.project(pipeline).plan()
    assert (sources_of(plan), site.decisions(plan)) == (first, {"test": "noop"})


def test_a_deleted_and_a_renamed_path_count(site):
    pipeline = git_only(site, Git(include=["deploy/", "regex:^x"]))
    site.home.commit({"x": "1"})
    site.promote(pipeline)
    renamed = site.home.commit({"x": None, "y": "1"}, message="renamed")
    assert sources_of(site.project(pipeline).plan()) == renamed


def test_a_change_that_came_by_a_merge_counts(site):
    pipeline = git_only(site, Git(include=["glob:deploy/**"]))
    site.promote(pipeline)
    base = site.home.head("main")
    site.home.commit({"docs/x": "1"})
    side = site.home.commit(site.sources("test", version="3.0.0"), branch="side", parent=base, message="side")
    main, tree = site.home.head("main"), site.home.git("rev-parse", f"{side}^{{tree}}")
    merge = site.home.git(
        "-c", "user.name=T", "-c", "user.email=t@x", "commit-tree", tree, "-p", main, "-p", side, "-m", "merge"
    )
    site.home.move("main", merge)
    plan = site.project(pipeline).plan()
    assert sources_of(plan) in (merge, side)
    assert "3.0.0" in plan.data.blobs[plan["test"].writes[0].after].text


def test_a_commit_that_its_filter_leaves_out_is_none(site):
    first = site.home.head("main")
    site.home.commit(site.sources("test", version="2.0.0"), author="Bot[1] <bot@acme.example>")
    for where in ('commit.author != "Bot[1]"', 'commit.email != "bot@acme.example"', 'commit.committer != "Bot[1]"'):
        assert sources_of(site.project(git_only(site, Git(where=where))).plan()) == first


@pytest.mark.parametrize(
    ("git", "rules"),
    [
        (Git(include=["deploy/nope", "x"]), "include=['deploy/nope', 'x']"),
        (Git(include=["deploy/"], exclude=["deploy/"]), "include=['deploy/'] and exclude=['deploy/']"),
        (Git(exclude=["regex:."]), "exclude=['regex:.']"),
    ],
)
def test_paths_by_which_nothing_counts_are_told(site, git, rules):
    plan = site.project(git_only(site, git)).plan()
    assert site.decisions(plan) == {"test": f"unavailable the home repository has no file that counts by {rules}"}


def test_a_change_under_many_that_are_left_out_is_not_missed(site):
    """The filter leaves out more commits than are looked at; what it lets through before the last Freight is past."""
    pipeline = git_only(site, Git(where='!commit.author.startsWith("Bot")', limit=3))
    site.promote(pipeline)
    mine = site.home.commit(site.sources("test", version="2.0.0"), message="mine")
    for number in range(8):
        site.home.commit({"x": str(number)}, author="Bot <bot@acme.example>")
    assert sources_of(site.promote(pipeline)) == mine
    stricter = git_only(site, Git(where='commit.subject == "first"'))
    plan = site.project(stricter).plan()
    assert (sources_of(plan), site.decisions(plan)) == (mine, {"test": "noop"})


COUNTS = Git(include=["deploy/"], where="!commit.subject.startsWith('chore')")


def test_what_a_left_out_commit_changed_comes_with_the_next_one_that_counts(site):
    """That one changes nothing that the paths include."""
    pipeline = git_only(site, COUNTS)
    site.promote(pipeline)
    site.home.commit(site.sources("test", version="2.0.0"), message="chore: bump")
    assert site.decisions(site.project(pipeline).plan()) == {"test": "noop"}
    [warehouse] = site.project(pipeline).freight.discover().warehouses
    [told] = warehouse.subscriptions[0].rejected
    assert told.reason == "is left out by its filter: commit.subject is 'chore: bump'"
    feat = site.home.commit({"README": "x"}, message="feat: readme")
    assert sources_of(site.promote(pipeline)) == feat
    assert "ghcr.io/acme/shop:2.0.0" in site.home.show("env/test:apps-deployment-shop.yaml")
    site.home.commit({"README": "y"}, message="feat: more of it")
    assert site.decisions(site.project(pipeline).plan()) == {"test": "noop"}


def test_an_image_of_an_older_commit_does_not_bring_it_back_unless_somebody_names_it(bare):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE), Git(), where=same_commit())})
    first = bare.home.head("main")
    second = bare.home.commit({"base/d.yaml": bare.deployment("x", replicas=2)}, message="two")
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", labels={REVISION: second})
    bare.promote(pipeline)
    bare.shelf.put(f"{IMAGE}:1.1.0@{digest(2)}", labels={REVISION: first})
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop"}
    plan = bare.project(pipeline).plan(images=[f"{IMAGE}:1.1.0@{digest(2)}"])
    assert (tags(plan), sources_of(plan)) == (["1.1.0"], first)


@pytest.mark.parametrize(
    ("git", "tag"),
    [
        (Git(strategy="semver", constraint="^1"), "v1.10.0"),
        (Git(strategy="lexical", allow=["^v1"]), "v1.9.0"),
        (Git(strategy="newest-tag"), "v2.0.0"),
        (Git(strategy="newest-tag", ignore=["^v2"]), "v1.9.0"),
    ],
)
def test_tags_are_followed(site, git, tag):
    """An annotated tag is the commit that it leads to."""
    made = {}
    for at, name in enumerate(["v1.10.0", "v1.9.0", "v2.0.0"]):
        made[name] = site.home.commit({"x": name}, at=FIRST + at * 60)
        annotated = ["-a", "-m", "words"] if at else []
        site.home.git("-c", "user.name=T", "-c", "user.email=t@x", "tag", *annotated, name, made[name])
    site.home.commit({"x": "not tagged"})
    assert sources_of(site.project(git_only(site, git)).plan()) == made[tag]


def test_a_commit_that_is_no_trigger_travels_along(bare):
    pipeline = kustomized(bare).changed({"warehouse": alone(Images(IMAGE), Git(trigger=False))})
    bare.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}")
    bare.promote(pipeline)
    second = bare.home.commit({"base/d.yaml": bare.deployment("x", replicas=2)}, message="two")
    assert bare.decisions(bare.project(pipeline).plan()) == {"test": "noop"}
    bare.shelf.put(f"{IMAGE}:1.1.0@{digest(2)}")
    assert sources_of(bare.promote(pipeline)) == second


def test_its_own_output_is_no_news(site):
    """Sources and output on one branch: what was written there makes no Freight, by any way of looking."""
    for git in (Git(), Git(exclude=["docs/"]), Git(where='commit.subject != ""')):
        pipeline = site.pipeline(
            Environment("test"), target=Directory("builds/$env", branch="main"), warehouse=Warehouse(git)
        )
        site.promote(pipeline)
        assert site.decisions(site.project(pipeline).plan()) == {"test": "noop"}


# -- policies and trains


def test_a_manual_warehouse_makes_freight_by_hand_alone(shop):
    site, pipeline = shop
    pipeline = pipeline.changed({"warehouse": alone(Images(IMAGE, "^1"), policy="manual")})
    project = site.project(pipeline)
    plan = project.plan()
    text = "its Warehouse makes Freight by hand alone: gitpromote freight assemble"
    assert (site.decisions(plan), site.shelf.asked) == ({"test": f"unavailable {text}"}, [])
    [told] = project.freight.discover().warehouses
    assert (told.status, told.reason, told.freight.images[0].tag) == ("manual", text, "1.1.0")
    [made] = project.freight.assemble(labels={"train": "47"})
    assert (made.new, made.freight.labels) == (True, {"train": "47"})
    assert site.decisions(site.project(pipeline).plan()) == {"test": "ready"}
    site.shelf.put(f"{IMAGE}:1.2.0@{digest(4)}")
    assert tags(site.project(pipeline).plan()) == ["1.1.0"]
    assert [one.new for one in project.freight.assemble()] == [True]
    assert [one.new for one in project.freight.assemble()] == [False]


def test_what_arrives_waits_until_it_is_quiet(shop):
    site, pipeline = shop
    pipeline = pipeline.changed({"warehouse": alone(Images(IMAGE, "^1"), quiet="30m")})
    site.promote(pipeline)
    now = site.clock.now()
    site.shelf.put(f"{IMAGE}:1.2.0@{digest(4)}", created=now - 600)
    plan = site.project(pipeline).plan()
    assert (site.decisions(plan), tags(plan)) == ({"test": "noop"}, ["1.1.0"])
    assert discovery(plan)["next"] == now + 1200
    site.clock.time += 1200
    assert tags(site.project(pipeline).plan()) == ["1.2.0"]


def test_a_train_takes_what_had_arrived_and_leaves_the_rest(shop):
    """It is Thursday; the train leaves on Wednesdays at 10:00."""
    site, pipeline = shop
    pipeline = pipeline.changed({"warehouse": alone(Images(IMAGE, "^1"), Git(), cut="Wed 10:00")})
    wednesday = 1763546400
    site.clock.time = wednesday - 3 * 86400
    site.home.move("main", None)
    kustomized_again(site, at=wednesday - 9 * 86400)
    site.shelf.images[IMAGE].clear()
    site.shelf.put(f"{IMAGE}:1.0.0@{digest(1)}", created=wednesday - 8 * 86400)
    site.promote(pipeline)
    site.shelf.put(f"{IMAGE}:1.1.0@{digest(2)}", created=wednesday - 86400)
    site.shelf.put(f"{IMAGE}:1.2.0@{digest(3)}", created=wednesday + 60)
    site.clock.time = wednesday - 3600
    plan = site.project(pipeline).plan()
    assert (tags(plan), discovery(plan)["reason"]) == (["1.0.0"], "the next cut is 10:00Z")
    site.clock.time = wednesday + 86400
    late = {"name": "1.2.0", "reason": "came after the last cut; the next cut is Wed 26 Nov 10:00Z", "waits": True}
    [told] = site.project(pipeline).freight.discover().warehouses
    assert [one.model_dump() for one in told.newer] == [late]
    plan = site.promote(pipeline)
    assert (tags(plan), discovery(plan)["newer"]) == (["1.1.0"], [late])
    plan = site.project(pipeline).plan()
    assert (tags(plan), discovery(plan)["next"]) == (["1.1.0"], wednesday + 7 * 86400)
    site.clock.time = wednesday + 7 * 86400
    assert tags(site.project(pipeline).plan()) == ["1.2.0"]
    assert [one.freight.images[0].tag for one in site.project(pipeline).freight.assemble()] == ["1.2.0"]


def kustomized_again(site, *, at):
    files = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": site.deployment("x")}
    site.home.commit(files, at=at)


# -- locks


NO_LOCK = "It is not whole JSON, or no freight lock: truncated, or another file."


def test_a_lock_makes_the_same_plan_again(shop, tmp_path):
    site, pipeline = shop
    project = site.project(pipeline)
    file = tmp_path / "shop.lock"
    project.freight.discover(lock=file)
    plan = project.plan()
    site.shelf.put(f"{IMAGE}:1.2.0@{digest(4)}")
    site.home.commit({"base/d.yaml": site.deployment("x", replicas=7)})
    site.shelf.asked.clear()
    again = site.project(pipeline, cache="cold").plan(lock=file, as_of=plan.data.as_of)
    assert (tags(again), site.shelf.asked) == (["1.1.0"], [])
    assert freight_of(again) == freight_of(plan)
    assert again["test"].change_digest == plan["test"].change_digest
    assert again.data.facts == plan.data.facts
    site.home.commit({"base/d.yaml": site.deployment("x", replicas=8)})
    assert site.project(pipeline).plan(lock=file, as_of=plan.data.as_of).digest == again.digest
    assert site.project(pipeline).plan_verify(again) == []
    assert project.freight.lock(as_of=plan.data.as_of).warehouses["shop"].freight.images[0].tag == "1.2.0"


@pytest.mark.parametrize(
    ("change", "code", "detail"),
    [
        (
            lambda text: text[:-9],
            "lock-invalid",
            "It is not whole JSON, or no freight lock: truncated, or another file.",
        ),
        (lambda text: "[1]", "lock-invalid", "It is not whole JSON, or no freight lock: truncated, or another file."),
        (
            lambda text: text.replace('":', '": '),
            "lock-invalid",
            "It is not in the one form that gitpromote writes: it was edited or re-indented.",
        ),
        (
            lambda text: text.replace("1.1.0", "1.1.9"),
            "lock-invalid",
            "The id of the Freight of shop is not that of its artifacts: it was edited.",
        ),
        (
            lambda text: text.replace("freight-lock/1.0", "freight-lock/2.0"),
            "lock-invalid",
            "Its format is 'gitpromote.freight-lock/2.0'; this version reads gitpromote.freight-lock/1.0.",
        ),
    ],
)
def test_a_lock_that_was_edited_is_refused(shop, tmp_path, change, code, detail):
    site, pipeline = shop
    file = tmp_path / "shop.lock"
    site.project(pipeline).freight.discover(lock=file)
    file.write_text(change(file.read_text()))
    with pytest.raises(ConfigurationError) as caught:
        site.project(pipeline).plan(lock=file)
    assert str(caught.value) == (
        f"The freight lock cannot be used  [{code}]\n{file}: {detail}\n"
        f"Discover again:\n  gitpromote freight discover shop --lock {file}"
    )


def test_a_lock_of_other_subscriptions_is_stale_and_of_another_pipeline_is_foreign(shop, tmp_path):
    site, pipeline = shop
    file = tmp_path / "shop.lock"
    site.project(pipeline).freight.discover(lock=file)
    hint = f"Discover again:\n  gitpromote freight discover {{}} --lock {file}"
    with pytest.raises(ConfigurationError) as caught:
        site.project(pipeline.changed({"warehouse": alone(Images(IMAGE, "^2"))})).plan(lock=file)
    assert str(caught.value) == (
        "The freight lock is stale  [lock-stale]\n"
        f"{file} was made when the Warehouses of shop subscribed to something else.\n{hint.format('shop')}"
    )
    with pytest.raises(ConfigurationError) as caught:
        site.project(pipeline.changed({"name": "pay"})).plan(lock=file)
    assert str(caught.value) == (
        "The freight lock is of another pipeline  [lock-foreign]\n"
        f"{file} is of shop, and the plan is of pay.\n{hint.format('pay')}"
    )
    gone = site.home.head("main")
    site.home.move("main", None)
    kustomized_again(site, at=1)
    site.home.git("reflog", "expire", "--expire=now", "--all")
    site.home.git("gc", "-q", "--prune=now")
    with pytest.raises(ConfigurationError) as caught:
        site.project(pipeline, cache="cold").plan(lock=file)
    assert (caught.value.code, caught.value.detail) == (
        "lock-stale",
        f"It names the commit {gone} of {site.home.path}, which is no longer there.",
    )


def test_a_lock_and_freight_are_one_too_many(shop, tmp_path):
    site, pipeline = shop
    with pytest.raises(UsageError) as caught:
        site.project(pipeline).plan(lock=tmp_path / "x", images=[f"{IMAGE}:1.0.0"])
    assert (caught.value.code, caught.value.exit_code) == ("lock-and-freight", 64)
    with pytest.raises(UsageError) as caught:
        site.project(pipeline).plan(lock=tmp_path / "x")
    assert str(caught.value) == (
        f"The freight lock cannot be read  [lock-unreadable]\n{tmp_path}/x: No such file or directory\n"
        f"Make one:\n  gitpromote freight discover --lock {tmp_path}/x"
    )


# -- Freight by hand, and names


def test_freight_that_is_recorded_by_hand_is_planned_like_any_other(shop):
    site, pipeline = shop
    project = site.project(pipeline)
    said = {"labels": {"team": "pay"}, "provenance": {"ci-run": "https://ci/7", "author": "Lea"}}
    [made] = project.freight.create(images=[f"{IMAGE}:1.0.0@{digest(1)}"], **said)
    assert (made.new, made.freight.labels, made.freight.provenance) == (True, said["labels"], said["provenance"])
    [again] = site.project(pipeline).freight.create(images=[f"{IMAGE}:1.0.0@{digest(1)}"])
    assert (again.new, again.freight.id) == (False, made.freight.id)
    plan = site.project(pipeline).plan(freight=made.freight.alias)
    assert freight_of(plan) == made.freight
    assert site.shelf.asked == [f"image {IMAGE}:{digest(1)}"] * 2


def test_freight_of_nothing_or_of_what_there_is_not_is_refused(shop):
    site, pipeline = shop
    freight = site.project(pipeline).freight
    with pytest.raises(UsageError) as caught:
        freight.create()
    assert str(caught.value) == (
        "Freight is made of something  [freight-of-nothing]\nNo image, chart or commit was named.\n"
        "To make it of what is there:\n  gitpromote freight assemble shop"
    )
    with pytest.raises(UsageError, match="provenance-unknown"):
        freight.create(images=[f"{IMAGE}:1.0.0"], provenance={"run": "7"})
    with pytest.raises(UsageError, match="warehouse-unknown"):
        freight.assemble(warehouse="shp")
    site.shelf.images.clear()
    with pytest.raises(Blocked) as caught:
        freight.assemble()
    assert str(caught.value) == (
        f"There is no Freight to be made  [freight-nothing]\nshop: {IMAGE} has no tags\n"
        "What was looked at, and why it does not count:\n  gitpromote freight discover shop"
    )
    assert (caught.value.exit_code, site.records()) == (13, [])


def test_a_name_is_one_freights_for_good_and_every_command_takes_it(shop):
    site, pipeline = shop
    plan = site.promote(pipeline, images=[f"{IMAGE}:1.0.0@{digest(1)}"])
    old = freight_of(plan)
    project = site.project(pipeline)
    project.freight.alias(old.alias, "spring")
    site.promote(pipeline)
    assert project.freight.show("spring").freight == old
    assert freight_of(project.plan(freight="spring", env="test")) == old
    assert tags(project.rollback("test", reason="x", to="spring")) == ["1.0.0"]
    assert project.freight.list()[1].aliases == ("spring",)
    newest = project.freight.list()[0].freight
    for name in ("spring", old.alias):
        with pytest.raises(UsageError) as caught:
            project.freight.alias(newest.alias, name)
        assert (caught.value.code, caught.value.detail) == ("alias-taken", f"{name} is {old.id[:12]} {old.alias}")
    for name in ("Spring", "cafe", "a b", "", "-x", "x" * 64):
        with pytest.raises(UsageError, match="alias-invalid"):
            project.freight.alias(newest.alias, name)
    assert project.verify().ok


def test_approving_freight_that_nobody_recorded_records_it(promoted):
    """What discovery finds may be spoken of before any plan of it was applied."""
    project = promoted.project()
    [found] = project.freight.discover().warehouses
    assert found.status == "new"
    project.freight.approve(found.freight.alias, "prod", reason="INC-7")
    assert promoted.records()[-2:] == [("freight-created", None), ("freight-approved", "prod")]
    assert promoted.decisions(promoted.project().plan(env="prod")) == {"prod": "ready"}


def test_the_journey_of_a_freight_is_told(promoted):
    project = promoted.project()
    promoted.promote(env="test")
    newest, oldest = project.freight.list()
    assert [(one.environment, one.runs, one.verified is not None) for one in newest.journey] == [
        ("test", True, True),
        ("uat", False, False),
        ("prod", False, False),
    ]
    assert [(one.way, one.admitted) for one in newest.journey] == [
        ("direct", True),
        ("upstream", True),
        ("upstream", False),
    ]
    assert [one.runs for one in oldest.journey] == [False, True, True]


def test_discovery_pushes_nothing(promoted):
    before = promoted.home.refs()
    promoted.project().freight.discover()
    promoted.project().freight.lock()
    assert promoted.home.refs() == before


def test_a_lock_is_canonical(shop, tmp_path):
    site, pipeline = shop
    file = tmp_path / "lock"
    site.project(pipeline).freight.discover(lock=file)
    document = json.loads(file.read_bytes())
    assert document["format"] == "gitpromote.freight-lock/1.0"
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert file.read_text() == f"{text}\n"


def test_unknown_words_are_told(shop):
    site, pipeline = shop
    site.promote(pipeline)
    with pytest.raises(GitpromoteError) as caught:
        site.project(pipeline).freight.show("grumpy-cat-0000")
    known = site.project(pipeline).freight.list()[0].freight
    assert str(caught.value) == (
        "There is no such Freight  [freight-unknown]\n"
        f"'grumpy-cat-0000'; the newest known: {known.alias} ({known.id[:12]})\n"
        "Name its id or its alias; this lists them:\n  gitpromote freight list"
    )
