"""Plans that somebody made by hand, every digest in them right: what apply believes of them, and what it does not."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Image, InPlace, Kustomize, Warehouse
from gitpromote.errors import PlanInvalid
from gitpromote.model.plan import Plan as PlanData
from gitpromote.model.tree import Entry, blob_id, tree_id
from gitpromote.planning.digests import change_digest
from gitpromote.project.plan import Plan

from .conftest import deployment, sources
from .test_in_place import IMAGE, regions  # noqa: F401  # a fixture
from .test_organisation import CALM_HOURS, REPLICAS, Organisation, organisation  # noqa: F401  # a fixture

ASKS = 'gates:\n  - {kind: cel, name: never, expression: "1 == 2"}\n'
DELETES = 'gates:\n  - {kind: cel, name: keeps, expression: "plan.deletes == 0"}\n'
AUTHOR = "gates:\n  - {kind: cel, name: author, expression: \"freight.provenance.author != 'Ada'\"}\n"
LABELLED = "gates:\n  - {kind: cel, name: checked, expression: \"freight.labels['checked'] == 'yes'\"}\n"
PARITY = "policies:\n  - {name: same, pack: parity}\n"
BOUNDS = "boundaries:\n  - {kinds: [apps/Deployment]}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg, namespace: test}\n"


def forged(plan, change):
    """A plan with something else in it, and its digests made anew."""
    data = plan.data.model_dump(mode="json", by_alias=True)
    change(data)
    for one in data["environments"]:
        one["change_digest"] = change_digest(data["pipeline"]["name"], one)
    return Plan(PlanData.model_validate(data))


def of(data, env="test"):
    return next(one for one in data["environments"] if one["name"] == env)


def ready(data, env="test", **members):
    """Without any verdict, as if it might go."""
    of(data, env).update(outcomes=[], decision="ready", reason="", **members)


def blob(data, text):
    oid = blob_id(text.encode())
    data["blobs"][oid] = {"text": text, "base64": None}
    return oid


def writing(data, files, *, env="test", mode="100644"):
    """Files beside those that a first plan writes, so that the whole tree follows from its writes."""
    one = of(data, env)
    for path, text in files.items():
        new = {**one["writes"][0], "path": path, "mode": mode, "before": None, "after": blob(data, text)}
        one["writes"] = sorted([*one["writes"], {**new, "action": "create"}], key=lambda write: write["path"])
    one["result_tree"] = tree_id({write["path"]: Entry(write["mode"], write["after"]) for write in one["writes"]})


def one_environment(site, **members):
    return site.pipeline(Environment("test", production=False), **members)


def refused(site, plan, *, project=None):
    """Why it is: nothing is written."""
    before = site.home.refs()
    with pytest.raises(PlanInvalid) as caught:
        site.apply(plan, project=project or site.project())
    assert (caught.value.code, caught.value.exit_code) == ("plan-unsound", 5)
    assert site.home.refs() == before
    return "\n".join(caught.value.detail.splitlines()[1:])


def blocked(site, plan, *, project=None):
    """By what: nothing is written."""
    before = site.home.refs()
    [ended] = site.apply(plan, project=project or site.project()).environments
    assert ended.status in ("blocked", "waiting")
    assert site.home.refs() == before
    return f"{ended.message}\n{ended.detail}"


def shrinking(site):
    """A plan that deletes a file of what was promoted."""
    pipeline = one_environment(site)
    site.home.commit({"deploy/test/config.yaml": CONFIG})
    site.promote(pipeline)
    site.home.commit({"deploy/test/config.yaml": None})
    return site.project(pipeline)


# -- what changes


@pytest.mark.parametrize(
    ("asked", "name"),
    [(DELETES, "org/keeps"), (CALM_HOURS.replace("plan.risk == 'high'", "plan.deletes > 0"), "org/hours")],
)
def test_what_changes_is_worked_out_from_the_files_and_not_read(site, organisation, asked, name):  # noqa: F811
    organisation.asks("gates: []\n")
    project = shrinking(site)
    plan = project.plan()
    organisation.asks(asked)
    assert name in blocked(site, forged(plan, lambda data: of(data).update(changes=[])), project=project)


def test_a_change_that_an_organisation_asks_about_is_worked_out_for_whom_it_asks_too(site, organisation):  # noqa: F811
    organisation.asks("gates: []\n")
    project = shrinking(site)
    plan = project.plan()
    organisation.asks("gates:\n  - {kind: http, url: 'https://x.invalid', name: http, when: \"plan.deletes > 0\"}\n")
    told = blocked(site, forged(plan, lambda data: of(data).update(changes=[])), project=project)
    assert "org/http" in told and "nobody" not in told


# -- of which kind it is


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("adopt", "its kind is adopt, and there are no plans of that kind"),
        ("hotfix", "its kind is hotfix, and there are no plans of that kind"),
        (
            "rollback",
            "test: the ledger has no Record that this Freight was there, verified, as the plan says it was",
        ),
        (
            "retire",
            """\
test: its Freight is not what the ledger says that is there
test: 'apps-deployment-shop.yaml' would be written""",
        ),
    ],
)
def test_a_promotion_that_calls_itself_something_else_is_refused(site, organisation, kind, told, asks):  # noqa: F811
    organisation.named(None)
    site.promote(one_environment(site))
    site.home.commit(sources("test", version="1.1.0"))
    if asks:
        organisation.asks(ASKS)
        organisation.named(str(organisation.origin.path))
    project = site.project(one_environment(site))
    plan = project.plan()

    def change(data):
        data["kind"] = kind
        ready(data)

    assert refused(site, forged(plan, change), project=project) == told


def gone_back(site):
    pipeline = one_environment(site)
    site.promote(pipeline)
    site.home.commit(sources("test", version="1.1.0"))
    site.promote(pipeline)
    project = site.project(pipeline)
    return project, project.rollback("test", reason="5xx")


def test_a_rollback_goes_back_to_what_was_there_and_to_nothing_else(site):
    project, plan = gone_back(site)

    def other(data):
        [write] = of(data)["writes"]
        write["after"] = blob(data, deployment("test", version="6.6.6"))
        of(data)["result_tree"] = tree_id({write["path"]: Entry("100644", write["after"])})

    assert refused(site, forged(plan, other), project=project) == (
        "test: 'apps-deployment-shop.yaml' would hold something else"
    )
    assert (
        refused(
            site,
            forged(plan, lambda data: of(data).update(writes=[], steps=[{"kind": "inherit", "id": "1"}])),
            project=project,
        )
        == "test: 'apps-deployment-shop.yaml' stays as it is"
    )
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}


def test_a_rollback_of_sources_makes_the_edits_that_a_record_has(site):
    project = edited(site)
    site.promote(project.pipeline)
    site.shelf.put("ghcr.io/acme/shop:1.2.0@sha256:" + "b" * 64)
    site.promote(project.pipeline)
    plan = project.rollback("test", reason="5xx")

    def other(data):
        of(data)["edits"][0]["tag"] = "6.6.6"

    assert refused(site, forged(plan, other), project=project).startswith(
        "test: the ledger has no Record that this Freight was there"
    )
    assert refused(site, forged(plan, scaled), project=project) == (
        "test: 'app/test/kustomization.yaml' would hold something else"
    )
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}


def test_a_deletion_deletes_all_of_it(site):
    pipeline = one_environment(site)
    site.home.commit({"deploy/test/config.yaml": CONFIG})
    site.promote(pipeline)
    project = site.project(pipeline)
    plan = project.retire(env="test", reason="over")

    def less(data):
        one = of(data)
        kept = one["writes"].pop()
        one["result_tree"] = tree_id({kept["path"]: Entry("100644", kept["before"])})

    assert refused(site, forged(plan, less), project=project) == "test: 'configmap-cfg.yaml' stays as it is"

    def of_an_app(data):
        data["request"]["apps"] = ["pay"]

    assert refused(site, forged(plan, of_an_app), project=project) == "test: there is no App pay"
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}


# -- files


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("kustomization.yaml", "is no manifest: an agent would take it for a source and render it"),
        ("kustomization.yml", "is no manifest: an agent would take it for a source and render it"),
        ("x/Kustomization", "is no manifest: an agent would take it for a source and render it"),
        ("Chart.yaml", "is no manifest: an agent would take it for a source and render it"),
        ("a.json", "is nothing that is rendered: such files end in .yaml"),
        ("a.yml", "is nothing that is rendered: such files end in .yaml"),
        ("a.jsonnet", "is nothing that is rendered: such files end in .yaml"),
        (".sourceignore", "is nothing that is rendered: such files end in .yaml"),
    ],
)
def test_what_is_never_rendered_is_not_written(site, path, told):
    plan = forged(site.project(one_environment(site)).plan(), lambda data: writing(data, {path: CONFIG}))
    assert refused(site, plan, project=site.project(one_environment(site))) == f"test: {path!r} {told}"


def test_a_link_is_never_rendered(site):
    project = site.project(one_environment(site))
    plan = forged(project.plan(), lambda data: writing(data, {"a.yaml": "../x.yaml"}, mode="120000"))
    assert refused(site, plan, project=project) == (
        "test: 'a.yaml' would be written with the mode 120000, which no rendered file has"
    )


UNREADABLE = deployment("test") + "---\n"


@pytest.mark.parametrize("asked", [REPLICAS.replace(">= 2", ">= 1"), BOUNDS, ASKS.replace("1 == 2", "1 == 1")])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (UNREADABLE + "foo: [\n", "a.yaml:"),
        (UNREADABLE + "foo: 1\n", "document 2: apiVersion is missing"),
        ("{{ if true }}\n" + deployment("test") + "{{ end }}\n", "a.yaml:1"),
    ],
)
def test_what_nobody_can_read_is_not_written_where_somebody_judges(site, organisation, asked, text, told):  # noqa: F811
    organisation.asks(asked)
    project = site.project(one_environment(site))
    plan = forged(project.plan(), lambda data: writing(data, {"a.yaml": text}))
    message = blocked(site, plan, project=project)
    assert "unreadable: cannot be read as manifests, so that nobody can judge it: a.yaml" in message
    assert told in message


# -- sources that are edited in place


def edited(site):
    kustomization = "resources: [deployment.yaml]\nimages: [{name: ghcr.io/acme/shop, newTag: 1.0.0}]\n"
    files = {"kustomization.yaml": kustomization, "deployment.yaml": site.deployment("test", replicas=2)}
    site.home.commit({f"app/test/{name}": text for name, text in files.items()})
    site.shelf.put("ghcr.io/acme/shop:1.1.0@sha256:" + "a" * 64)
    pipeline = one_environment(
        site,
        apps=[App("shop", Kustomize("app/$env"))],
        target=InPlace("main"),
        warehouse=Warehouse(subscriptions=[Image("ghcr.io/acme/shop")]),
    )
    return site.project(pipeline)


def scaled(data):
    """The same edits, and one more that nobody asked for."""
    [write] = of(data)["writes"]
    write["after"] = blob(data, data["blobs"][write["after"]]["text"] + "replicas: [{name: web, count: 1}]\n")


def test_edits_that_the_freight_does_not_make_are_not_written_where_somebody_judges(site, organisation):  # noqa: F811
    organisation.asks(REPLICAS)
    project = edited(site)
    plan = project.plan()
    assert refused(site, forged(plan, scaled), project=project) == (
        "test: 'app/test/kustomization.yaml' would hold something else"
    )

    def set_otherwise(data):
        of(data)["edits"][0]["tag"] = "6.6.6"

    assert refused(site, forged(plan, set_otherwise), project=project).startswith(
        "test: its edits are not those that its Freight leads to\n"
    )
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}


def test_environments_that_edit_one_file_one_after_the_other_are_no_forgery(regions, monkeypatch):  # noqa: F811
    site, pipeline = regions
    Organisation(site, monkeypatch).asks(ASKS.replace("1 == 2", "1 == 1"))
    plan = site.plan(pipeline, images=[f"{IMAGE}:1.1.0"])
    project = site.project(pipeline)
    assert site.told(site.apply(plan, project=project, env="eu")) == {"eu": "written"}
    assert site.told(site.apply(plan, project=project)) == {"eu": "already", "us": "written"}


# -- Freight


def test_who_wrote_freight_git_says(site, organisation):  # noqa: F811
    organisation.asks(AUTHOR)
    project = site.project(one_environment(site))
    plan = project.plan()
    [freight] = plan.data.freight.values()
    project = site.project(one_environment(site))

    def by_tom(data):
        ready(data)
        for one in data["freight"].values():
            one["author"] = "Tom"

    assert refused(site, forged(plan, by_tom), project=project) == (
        f"{freight.alias}: its author is Tom, and Git says {freight.author}"
    )
    organisation.asks(ASKS.replace("1 == 2", "1 == 1"))
    site.promote(one_environment(site))
    site.home.commit(sources("test", version="1.1.0"))
    told = refused(site, forged(project.plan(), by_tom), project=project)
    assert f"{freight.alias}: its author is Tom, and the ledger says {freight.author}" in told.splitlines()


def test_nobody_approves_what_is_not_so_and_the_ledger_does_not_take_it_over(site, keys):
    project = site.project(one_environment(site))
    plan = project.plan()
    [freight] = plan.data.freight.values()

    def by_tom(data):
        data["freight"][next(iter(data["freight"]))]["author"] = "Tom"

    before = site.home.refs()
    with pytest.raises(PlanInvalid) as caught:
        project.approve(forged(plan, by_tom), "test", key=str(keys["cleo"]))
    assert caught.value.detail.endswith(f"\n{freight.alias}: its author is Tom, and Git says {freight.author}")
    assert site.home.refs() == before


def test_what_nobody_said_of_freight_does_not_count(site, organisation):  # noqa: F811
    organisation.asks(LABELLED)
    project = site.project(one_environment(site))
    plan = project.plan()
    [freight] = plan.data.freight.values()

    def said(data):
        ready(data)
        for one in data["freight"].values():
            one.update(labels={"checked": "yes"}, provenance={"ci-run": "https://ci.example/1"})

    assert refused(site, forged(plan, said), project=project) == (
        f"{freight.alias}: it has the labels checked, and nobody gave it any\n"
        f"{freight.alias}: its provenance has ci-run, which nobody recorded"
    )


def test_labels_are_those_that_the_ledger_has(site, organisation):  # noqa: F811
    organisation.named(None)
    pipeline = site.pipeline(Environment("test", production=False), Environment("uat", after=[], production=False))
    site.apply(site.project(pipeline).plan(env="test"), project=site.project(pipeline))
    project = site.project(pipeline)
    plan = project.plan(env="uat")
    organisation.named(str(organisation.origin.path))
    organisation.asks(LABELLED)

    def said(data):
        for one in data["freight"].values():
            one["labels"] = {"checked": "yes"}

    assert "org/checked" in blocked(site, forged(plan, said), project=site.project(pipeline))


# -- verdicts


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "policy", "status": "pass"},
        {"kind": "gate", "status": "fail", "level": "advisory"},
        {"kind": "policy", "status": "fail", "level": "advisory"},
        {"kind": "gate", "status": "pass", "level": "advisory"},
    ],
)
def test_how_binding_a_verdict_is_and_who_gave_it_is_not_for_the_plan_to_say(site, organisation, told):  # noqa: F811
    organisation.asks(ASKS)
    project = site.project(one_environment(site))
    plan = project.plan()

    def said(data):
        ready(data)
        of(data)["outcomes"] = [{"id": "org/never", "level": "hard", "message": "", "operands": {}, **told}]

    assert "org/never" in blocked(site, forged(plan, said), project=project)


def test_a_verdict_on_what_comes_before_that_a_plan_leaves_out_is_given_all_the_same(promoted):
    promoted.home.commit(sources("test", "uat", "prod", version="1.1.0"))
    plan = forged(promoted.project().plan(env="uat"), lambda data: ready(data, "uat"))
    assert blocked(promoted, plan).startswith("upstream: test: not verified yet")


def test_a_policy_that_compares_is_judged_whatever_the_plan_says_of_it(site, organisation):  # noqa: F811
    organisation.asks(PARITY)
    pipeline = site.pipeline(Environment("test", production=False), Environment("prod", production=True))
    files = {"deploy/prod/deployment.yaml": site.deployment("prod") + "      hostNetwork: true\n"}
    site.home.commit(files, message="host network")
    project = site.project(pipeline)
    plan = project.plan()
    verdict = next((one for one in plan.data.environment("prod").outcomes if one.id == "org/same"), None)
    assert verdict is not None and verdict.status == "fail"

    def said(data):
        data["environments"] = [of(data, "prod")]
        told = {**verdict.model_dump(mode="json", by_alias=True), "status": "pass", "findings": []}
        ready(data, "prod")
        of(data, "prod")["outcomes"] = [told]
        data["summary"] = {}

    site.apply(plan, project=project, env="test")
    assert "org/same" in blocked(site, forged(plan, said), project=project)


def test_a_hold_counts_whatever_the_plan_decided(promoted):
    promoted.home.commit(sources("test", version="1.1.0"))
    promoted.project().hold("test", reason="an audit")
    plan = promoted.project().plan(env="test")
    assert promoted.decisions(plan) == {"test": "held held"}
    plan = forged(plan, lambda data: of(data).update(decision="ready", reason=""))
    before = promoted.home.refs()
    [ended] = promoted.apply(plan).environments
    assert (ended.status, ended.code) == ("stale", "plan-overtaken")
    assert ended.message.endswith(': "an audit"')
    assert promoted.home.refs() == before


# -- what it was made of


def test_files_that_their_freight_does_not_render_to_are_not_written_where_somebody_judges(site, organisation):  # noqa: F811
    organisation.asks(AUTHOR)
    project = site.project(one_environment(site))
    site.home.commit(author="Tom <tom@acme.example>")
    plan = project.plan()
    theirs = forged(plan, lambda data: writing(data, {"configmap-cfg.yaml": CONFIG}))
    before = site.home.refs()
    [ended] = site.apply(theirs, project=project).environments
    assert (ended.status, ended.exit_code, ended.code) == ("failed", 5, "plan-not-reproduced")
    assert ended.detail == "test: planned again, configmap-cfg.yaml would be written otherwise."
    assert site.home.refs() == before
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}


@pytest.mark.parametrize("hidden", [True, False])
def test_a_plan_that_shows_another_diff_than_it_writes_is_not_carried_out(site, organisation, hidden):  # noqa: F811
    organisation.asks(DELETES)
    paths = {"sensitive_paths": ["apps/Deployment:spec.replicas"]} if hidden else {}
    project = site.project(one_environment(site, **paths))
    site.promote(one_environment(site, **paths))
    site.home.commit(sources("test", replicas=3))
    plan = project.plan()
    shown = forged(plan, lambda data: of(data).update(changes=[]))
    [ended] = site.apply(shown, project=project).environments
    assert (ended.status, ended.code) == ("failed", "plan-not-reproduced")
    assert ended.detail == "test: planned again, it is not the change that is shown."
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}


def test_where_nobody_judges_nothing_is_rendered_again(site):
    project = site.project(one_environment(site))
    theirs = forged(project.plan(), lambda data: writing(data, {"configmap-cfg.yaml": CONFIG}))
    assert site.told(site.apply(theirs, project=project)) == {"test": "written"}
