"""Charts that do not lie in the sources: fetched from real registries and chart repositories, rendered, and kept."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from charts import helm, indexed, packed, pushed, static_files
from odd_server import Said, serving
from pushing import MANIFEST, Pusher
from real_registry import BASIC, htpasswd_auth, running

from gitpromote import (
    App,
    Branch,
    Chart,
    Environment,
    Git,
    Helm,
    InPlace,
    Kustomize,
    Plain,
    Rule,
    SetValue,
    Warehouse,
)
from gitpromote.adapters.registries.registry import HttpRegistry
from gitpromote.errors import GitpromoteError
from gitpromote.planning.planfile import blob_bytes

CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}, namespace: {{{{ .Release.Namespace }}}}}}
data: {{made: "{made}", size: "{{{{ .Values.size }}}}", chart: "{{{{ .Chart.Version }}}}"}}
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    with running(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def corner(request):
    """A part of the registry's names that one test has for itself."""
    return "".join(sign if sign.isalnum() else "-" for sign in request.node.name)[:60].strip("-").lower()


@pytest.fixture
def site(bare):
    """A site that asks real registries, with a values file for each environment."""
    bare.shelf = None
    bare.home.commit({f"envs/{env}.yaml": f"size: {env}-1\n" for env in ("test", "prod")})
    return bare


def made(folder, version, *, name="shop", about="", **said):
    """An archive of a chart that gives one ConfigMap."""
    source = folder / "source" / name
    shutil.rmtree(source, ignore_errors=True)
    (source / "templates").mkdir(parents=True)
    (source / "templates/cm.yaml").write_text(TEMPLATE.format(name=name, made=said.get("made", version)))
    (source / "values.yaml").write_text("size: small\n")
    if not about:
        return packed(folder, name, version)
    (source / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{about}")
    helm("package", str(source), "--destination", str(folder / "archives"), home=folder)
    return folder / "archives" / f"{name}-{version}.tgz"


def push(real, corner, folder, version, **said):
    """Push a version; its digest."""
    return pushed(made(folder, version, **said), real.host, corner, home=folder)


def pipeline_of(site, chart, subscription, *environments, **members):
    given = {
        "apps": [App("shop", Helm(chart, values=["envs/$env.yaml"], namespace="$env"))],
        "target": Branch("env/$env"),
        "warehouse": Warehouse(subscription, Git()),
        **members,
    }
    return site.pipeline(*(environments or (Environment("test"), Environment("prod"))), **given)


def fields(plan, name):
    """Path to (before, after) of what changes in the one object of an environment."""
    [change] = plan[name].changes
    return {".".join(map(str, field.path)): (field.before, field.after) for field in change.fields}


def oci(site, real, corner, *environments, name="shop", **members):
    address = f"oci://{real.host}/{corner}/{name}"
    return pipeline_of(site, address, Chart(address, "^1"), *environments, **members)


def archives_asked(real, folder):
    """How often an archive that a test made was asked for."""
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "archives").glob("*.tgz")]
    return sum(one.startswith("GET ") and one.endswith(tuple(digests)) for one in real.asked())


def patient(site, cache="cache"):
    """Let nobody wait in earnest for a registry that is not there."""
    site.shelf = HttpRegistry.open(site.root / cache, clock=site.clock)


def failing(call, *words, **others):
    """The error of a call, as people read it, behind its exit code."""
    with pytest.raises(GitpromoteError) as caught:
        call(*words, **others)
    return f"{caught.value.exit_code} {caught.value}"


# -- what is rendered


def test_a_chart_of_a_registry_is_rendered_in_the_version_that_the_freight_holds(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    pipeline = oci(site, real, corner)
    site.promote(pipeline)
    assert site.home.files("env/test") == {
        "configmap-shop.yaml": (
            "# Source: shop/templates/cm.yaml\napiVersion: v1\nkind: ConfigMap\n"
            'metadata: {name: shop, namespace: test}\ndata: {made: "1.0.0", size: "test-1", chart: "1.0.0"}\n'
        )
    }
    push(real, corner, tmp_path, "1.1.0+build.5", made="anew")
    assert fields(site.promote(pipeline), "test") == {
        "data.chart": ("1.0.0", "1.1.0+build.5"),
        "data.made": ("1.0.0", "anew"),
    }
    site.home.commit({"envs/test.yaml": "size: test-2\n"})
    assert fields(site.promote(pipeline), "test") == {"data.size": ("test-1", "test-2")}


def test_the_archive_is_asked_for_once_and_a_second_plan_renders_nothing(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    pipeline = oci(site, real, corner)
    first = site.project(pipeline)
    plan = first.plan()
    assert first._wired.renderings.count == 2
    assert archives_asked(real, tmp_path) == 1
    second = site.project(pipeline)
    assert second.plan().digest == plan.digest
    assert second._wired.renderings.count == 0
    shutil.rmtree(site.root / "cache/renders")
    third = site.project(pipeline)
    assert third.plan().digest == plan.digest
    assert third._wired.renderings.count == 2
    assert archives_asked(real, tmp_path) == 1


def test_where_it_was_fetched_once_no_network_is_needed_to_verify_and_apply(site, corner, tmp_path):
    with running(tmp_path / "registry") as registry:
        push(registry, corner, tmp_path, "1.0.0")
        pipeline = oci(site, registry, corner)
        plan = site.project(pipeline).plan()
    shutil.rmtree(site.root / "cache/renders")
    assert site.project(pipeline).plan_verify(plan) == []
    site.home.commit({"envs/other.yaml": "size: 0\n"})
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written", "prod": "written"}
    patient(site, cache="cold")
    told = failing(site.project(pipeline, cache="cold").plan_verify, plan)
    assert told.startswith("1 A remote cannot be reached  [remote-unreachable]\n")


def test_a_rollback_and_a_diff_ask_nobody(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    pipeline = oci(site, real, corner)
    site.promote(pipeline)
    push(real, corner, tmp_path, "1.1.0")
    site.promote(pipeline)
    assert archives_asked(real, tmp_path) == 2
    plan = site.project(pipeline).rollback("test", reason="slow")
    assert fields(plan, "test") == {"data.chart": ("1.1.0", "1.0.0"), "data.made": ("1.1.0", "1.0.0")}
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written"}
    assert archives_asked(real, tmp_path) == 2


def test_a_version_is_named_by_hand(site, real, corner, tmp_path):
    old = push(real, corner, tmp_path, "1.0.0")
    push(real, corner, tmp_path, "1.1.0")
    pipeline = oci(site, real, corner)
    address = f"oci://{real.host}/{corner}/shop"
    for named in (f"{address}:1.0.0", f"{address}:1.0.0@{old}"):
        plan = site.project(pipeline).plan(charts=[named])
        assert plan.data.freight[plan["test"].freight["shop"].id].freight().charts[0].digest == old
        assert plan["test"].writes[0].after is not None
        assert b'chart: "1.0.0"' in blob_bytes(plan.data.blobs[plan["test"].writes[0].after])
    # Without a scheme it is the same repository: what is fetched is what the definition names.
    assert site.project(pipeline).plan(charts=[f"{real.host}/{corner}/shop:1.0.0@{old}"])["test"].changes


def test_one_pipeline_renders_the_chart_of_each_app(site, real, corner, tmp_path):
    for name in ("shop", "cart"):
        push(real, corner, tmp_path, "1.0.0", name=name)
    addresses = [f"oci://{real.host}/{corner}/{name}" for name in ("shop", "cart")]
    apps = [App(name, Helm(f"oci://{real.host}/{corner}/$app", values=["envs/$env.yaml"])) for name in ("shop", "cart")]
    warehouse = Warehouse(*(Chart(address) for address in addresses), Git())
    pipeline = pipeline_of(site, "", Chart(addresses[0]), Environment("test"), apps=apps, warehouse=warehouse)
    site.promote(pipeline)
    assert sorted(site.home.files("env/test")) == ["cart/configmap-cart.yaml", "shop/configmap-shop.yaml"]


def test_a_kustomization_goes_on_from_what_a_fetched_chart_gives(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    site.home.commit({"k/kustomization.yaml": "namePrefix: our-\n"})
    address = f"oci://{real.host}/{corner}/shop"
    apps = [App("shop", Helm(address) | Kustomize("k"))]
    site.promote(pipeline_of(site, address, Chart(address), Environment("test"), apps=apps))
    assert list(site.home.files("env/test")) == ["configmap-our-shop.yaml"]


def test_a_chart_repository_is_asked_with_its_login_and_another_host_is_not(site, tmp_path):
    """A relative URL, then an absolute one on another server, as helm repo index writes them."""
    files = indexed(made(tmp_path, "1.0.0").parents[1])
    asked = []

    def answer(question):
        asked.append(question.headers.get("authorization", ""))
        if question.headers.get("authorization") != BASIC:
            return Said(401, headers={"www-authenticate": 'Basic realm="charts"'})
        return Said(body=(files / question.path.removeprefix("/stable/")).read_bytes())

    with serving(answer) as closed, static_files(files) as (elsewhere, fetched):
        (tmp_path / ".docker").mkdir()
        login = {"auths": {closed.host: {"auth": BASIC.removeprefix("Basic ")}}}
        (tmp_path / ".docker/config.json").write_text(json.dumps(login))
        repository = f"{closed.url}/stable"
        pipeline = pipeline_of(site, f"{repository}/shop", Chart(repository, "^1", name="shop"), Environment("test"))
        site.promote(pipeline)
        assert [one.path for one in closed.asked][-1] == "/stable/shop-1.0.0.tgz"
        made(tmp_path, "1.1.0")
        indexed(tmp_path, "--url", elsewhere)
        plan = site.promote(pipeline)
        assert fields(plan, "test") == {"data.chart": ("1.0.0", "1.1.0"), "data.made": ("1.0.0", "1.1.0")}
        assert fetched == [("/shop-1.1.0.tgz", 200)]


def test_a_closed_registry_is_asked_with_the_login_that_docker_keeps(site, corner, tmp_path):
    with running(tmp_path / "closed", auth=htpasswd_auth(tmp_path / "closed")) as registry:
        archive = made(tmp_path, "1.0.0")
        by_hand(registry, corner, archive.read_bytes(), "1.0.0", authorization=BASIC)
        pipeline = oci(site, registry, corner, Environment("test"))
        told = failing(site.project(pipeline).plan)
        assert told.startswith("12 A registry denies access  [registry-access-denied]\n")
        (tmp_path / ".docker").mkdir()
        login = {"auths": {registry.host: {"auth": BASIC.removeprefix("Basic ")}}}
        (tmp_path / ".docker/config.json").write_text(json.dumps(login))
        assert site.project(pipeline).plan()["test"].changes


def by_hand(registry, corner, archive, version, *, name="shop", authorization="", layer=CHART_LAYER):
    """Push bytes as the archive of a chart, whatever they are; the digest of the manifest."""
    with Pusher(registry.url, f"{corner}/{name}", authorization=authorization) as pusher:
        config = json.dumps({"name": name, "version": version}).encode()
        entries = [
            {"mediaType": kind, "digest": pusher.blob(data), "size": len(data)}
            for kind, data in ((CHART_CONFIG, config), (layer, archive))
        ]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": entries[0], "layers": entries[1:]}
        return pusher.manifest(version, manifest)


# -- sources that are edited in place


ARGO = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {env}}}
spec:
  source:
    chart: shop
    targetRevision: {version}   # ours
"""


def in_place(site, real, corner):
    address = f"oci://{real.host}/{corner}/shop"
    edits = [SetValue("argo/$env.yaml", "spec.source.targetRevision", chart=address)]
    apps = [App("shop", Helm(address, values=["envs/$env.yaml"]), edits=edits)]
    return pipeline_of(
        site,
        address,
        Chart(address, "^1"),
        apps=apps,
        target=InPlace("main"),
        warehouse=Warehouse(Chart(address, "^1")),
    )


def test_in_place_the_diff_is_what_the_agent_will_render_of_both_versions(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    push(real, corner, tmp_path, "1.1.0")
    site.home.commit({f"argo/{env}.yaml": ARGO.format(env=env, version="1.0.0") for env in ("test", "prod")})
    pipeline = in_place(site, real, corner)
    plan = site.project(pipeline).plan()
    assert fields(plan, "prod") == {"data.chart": ("1.0.0", "1.1.0"), "data.made": ("1.0.0", "1.1.0")}
    assert [write.path for write in plan["prod"].writes] == ["argo/prod.yaml"]
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written", "prod": "written"}
    assert site.home.files("main")["argo/prod.yaml"] == ARGO.format(env="prod", version="1.1.0")
    assert site.decisions(site.project(pipeline).plan()) == {"test": "noop", "prod": "noop"}
    back = site.project(pipeline).plan(charts=[f"oci://{real.host}/{corner}/shop:1.0.0"])
    assert fields(back, "test") == {"data.chart": ("1.1.0", "1.0.0"), "data.made": ("1.1.0", "1.0.0")}
    assert archives_asked(real, tmp_path) == 2


def test_in_place_what_the_sources_say_must_be_a_version(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    site.home.commit({f"argo/{env}.yaml": ARGO.format(env=env, version="1.*") for env in ("test", "prod")})
    assert failing(site.project(in_place(site, real, corner)).plan) == (
        "1 The sources do not say which version of a chart is taken  [chart-version-unstated]\n"
        "test/shop: argo/test.yaml has '1.*' at spec.source.targetRevision\n"
        "Write the version that runs there now, such as 1.4.2. What changes cannot be told otherwise."
    )


# -- what goes wrong


def test_freight_that_was_made_before_anybody_asked_for_the_chart_keeps_back_nothing_newer(
    site, real, corner, tmp_path
):
    push(real, corner, tmp_path, "1.0.0")
    site.home.commit({"plain/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
    before = site.pipeline(
        Environment("test"), Environment("prod"), apps=[App("shop", Plain("plain"))], warehouse=Warehouse(Git())
    )
    old = next(iter(site.promote(before).data.freight.values()))
    pipeline = oci(site, real, corner)
    assert site.decisions(site.project(pipeline).plan()) == {"test": "ready", "prod": "waiting upstream"}
    assert failing(site.project(pipeline).plan, freight=old.alias) == (
        "1 The Freight does not hold the chart that is rendered  [chart-unheld]\n"
        f"test/shop: Helm('oci://{real.host}/{corner}/shop')\n"
        "It was made before its Warehouse subscribed to the chart. Newer Freight holds it."
    )
    assert site.decisions(site.project(pipeline).plan(env="prod")) == {"prod": "waiting upstream"}


def test_a_version_that_is_gone_is_told(site, real, corner, tmp_path):
    digest = push(real, corner, tmp_path, "1.0.0")
    pipeline = oci(site, real, corner, Environment("test"))
    named = f"oci://{real.host}/{corner}/shop:1.0.0@{digest}"
    with Pusher(real.url, f"{corner}/shop") as pusher:
        pusher.remove(digest)
    assert failing(site.project(pipeline).plan, charts=[named]) == (
        "1 A version of a chart is not there  [registry-chart-version-not-found]\n"
        f"oci://{real.host}/{corner}/shop:1.0.0\n"
        f"  {real.host}: 404 Not Found (MANIFEST_UNKNOWN)\n"
        f"read for test/shop at {site.home.head('main')[:7]}\n"
        "It may not have been pushed yet, or was removed."
    )
    now = push(real, corner, tmp_path, "1.0.0", made="again")
    told = failing(site.project(pipeline, cache="cold").plan, charts=[named])
    assert told == (
        "1 A version of a chart is another one than it was  [registry-chart-changed]\n"
        f"oci://{real.host}/{corner}/shop:1.0.0\n"
        f"  known as {digest}\n"
        f"  now      {now}\n"
        f"read for test/shop at {site.home.head('main')[:7]}\n"
        "Somebody published it again. Publish what it is now as a new version, and promote that."
    )


def test_an_archive_that_is_another_chart_is_not_rendered(site, real, corner, tmp_path):
    archive = made(tmp_path, "2.0.0", name="cart").read_bytes()
    by_hand(real, corner, archive, "1.0.0")
    assert failing(site.project(oci(site, real, corner, Environment("test"))).plan) == (
        "1 What was fetched is not the chart that was asked for  [chart-archive-invalid]\n"
        f"oci://{real.host}/{corner}/shop:1.0.0 holds the chart 'cart' of version '2.0.0'\n"
        f"read for test/shop at {site.home.head('main')[:7]}\n"
        "Tell who publishes it: helm package and helm push make what helm, and gitpromote, can use."
    )


def test_a_chart_without_an_archive_is_told(site, real, corner, tmp_path):
    by_hand(real, corner, b"x", "1.0.0", layer="application/octet-stream")
    told = failing(site.project(oci(site, real, corner, Environment("test"))).plan)
    assert told.splitlines()[:3] == [
        "1 A registry answers with something else  [registry-answer-invalid]",
        f"fetch oci://{real.host}/{corner}/shop:1.0.0",
        f"  {real.host}: the answer is a chart without an archive",
    ]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("type: library\n", "Error: library charts are not installable"),
        (
            'kubeVersion: ">=1.99.0"\n',
            "Error: chart requires kubeVersion: >=1.99.0 which is incompatible with Kubernetes v1.34.0",
        ),
    ],
)
def test_what_helm_itself_refuses_is_told_in_its_words(site, real, corner, tmp_path, about, words):
    push(real, corner, tmp_path, "1.0.0", about=about)
    told = failing(site.project(oci(site, real, corner, Environment("test"))).plan)
    path = f".gitpromote-charts/{real.host}/{corner}/shop-1.0.0.tgz"
    assert told.splitlines()[0] == "1 A renderer failed  [render-failed]"
    assert told.splitlines()[1].startswith(f"test/shop: helm template shop {path} ")
    assert told.splitlines()[2] == f"  {words}"


def test_where_a_registry_is_down_only_what_needs_it_stays_back(site, corner, tmp_path):
    with running(tmp_path / "registry") as registry:
        digest = push(registry, corner, tmp_path, "1.0.0")
        address = f"oci://{registry.host}/{corner}/shop"
    site.home.commit({"plain/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
    patient(site)
    pipeline = pipeline_of(
        site,
        address,
        Chart(address),
        Environment("test", auto=True, apps=["shop"]),
        Environment("other", auto=True, apps=["plain"], after=[], production=False),
        apps=[App("shop", Helm(address)), App("plain", Plain("plain"))],
    )
    named = f"{address}:1.0.0@{digest}"
    told = failing(site.project(pipeline).plan, charts=[named])
    assert told.startswith("1 A remote cannot be reached  [remote-unreachable]\n" + f"fetch {address}:1.0.0\n")
    # As `run` asks: what is known of the Freight is enough for whoever does not need the archive.
    site.project(pipeline).freight.create(charts=[named], unpinned=True)
    ran = site.project(pipeline).run_once()
    found = {turn.name: (turn.status, turn.result.code if turn.result else "") for turn in ran.turns if turn.status}
    assert found["test"] == ("failed", "remote-unreachable")
    assert found["other"][0] == "written"


def test_a_finding_in_a_fetched_chart_is_placed_in_what_is_written(site, real, corner, tmp_path):
    push(real, corner, tmp_path, "1.0.0")
    rule = Rule("no-maps", "object.kind != 'ConfigMap'", message="no ConfigMap")
    plan = site.project(oci(site, real, corner, Environment("test"), policies=[rule])).plan()
    [outcome] = [one for one in plan["test"].outcomes if one.findings]
    assert [(one.file, one.line) for one in outcome.findings] == [("configmap-shop.yaml", 3)]
