"""A plan that is made again to prove it is rendered anew: what a cache has put into it, the same cache cannot prove."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Kustomize
from gitpromote.adapters.cache import DiskRenderCache
from gitpromote.model.tree import Entry, blob_id
from gitpromote.project import Plan, Project

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: test}}\ndata: {{size: {size}}}\n"


class Heard:
    """A Reporter that remembers what is said of renders."""

    def __init__(self):
        self.events = []

    def event(self, kind, **data):
        if kind.startswith("render"):
            self.events.append((kind, data))


@pytest.fixture
def site(bare):
    bare.home.commit({"k/kustomization.yaml": "resources: [cm.yaml]\n", "k/cm.yaml": CM.format(size="small")})
    return bare


def pipeline_of(site):
    return site.pipeline(Environment("test"), apps=[App("shop", Kustomize("k"))])


def renders(site):
    return site.root / "cache/renders"


def everything(site):
    """Every file of the cache of renders, to the last byte and moment."""
    files = [path for path in renders(site).rglob("*") if path.is_file()]
    return {str(path.relative_to(site.root)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def planted(site):
    """Another output in place of each render that is kept, whole and in the format of the cache; memos are gone."""
    for memo in renders(site).glob("memo-*"):
        memo.unlink()
    for file in renders(site).glob("renders/??/*"):
        cache = DiskRenderCache.open(renders(site))
        kept = cache.get(file.name)
        contents = {oid: data.replace(b"small", b"large") for oid, data in cache.blobs(_ids(kept)).items()}
        ids = {oid: blob_id(data, object_format="sha1") for oid, data in contents.items()}
        files = {path: Entry(entry.mode, ids[entry.oid]) for path, entry in kept.files.items()}
        cache.put(file.name, kept._replace(files=files), {ids[oid]: data for oid, data in contents.items()})


def _ids(kept):
    return [entry.oid for entry in kept.files.values()]


#: The difference itself, and not the digests that follow from it.
GROWN = 'environments.test.changes.0.fields.0.after.data.size: "large" -> "small"'


def test_a_plan_made_of_a_stale_render_is_found_out(site):
    honest = site.project(pipeline_of(site)).plan()
    planted(site)
    project = site.project(pipeline_of(site))
    stale = project.plan()
    before = everything(site)
    for one in (project, site.project(pipeline_of(site)), site.project(pipeline_of(site), cache="cold")):
        assert one.plan_verify(stale) == [GROWN]
    assert site.project(pipeline_of(site)).plan_verify(honest) == []
    assert everything(site) == before
    assert project.plan().digest == stale.digest  # it is not made whole by the way either


def test_what_a_second_plan_would_not_render_a_verification_does(site):
    heard = Heard()
    plan = site.project(pipeline_of(site)).plan()
    before = everything(site)
    project = site.project(pipeline_of(site), reporter=heard)
    project.plan()
    assert heard.events == []
    assert project.plan_verify(plan) == []
    assert heard.events == [("rendering", {"total": 1}), ("rendered", {"label": "test/shop"})]
    assert everything(site) == before


def test_a_verification_leaves_no_cache_of_renders_behind(site):
    plan = site.project(pipeline_of(site)).plan()
    assert site.project(pipeline_of(site), cache="another").plan_verify(plan) == []
    assert not (site.root / "another/renders").exists()


def test_another_code_of_a_function_is_another_plan_whatever_it_gives(site):
    """An apply calls such a plan stale: what verifies it must not say that it is the same."""
    text = f"def objects(source):\n    return {CM.format(size='one')!r}\n"
    (site.root / "own").mkdir()
    file = site.root / "own" / "pipeline.py"
    file.write_text(HOME.format(home=str(site.home.path)) + text)
    project = Project.load(file, cache_dir=site.root / "cache")
    plan = project.plan()
    assert project.plan_verify(plan) == []
    file.write_text(file.read_text() + "# another one\n")
    again = Project.load(file, cache_dir=site.root / "cache")
    assert again.plan_verify(plan) == ["pipeline.source.callables: another code now: pipeline:objects"]


HOME = """\
from gitpromote import App, Branch, Environment, Pipeline, PythonRenderer

shop = Pipeline(
    "shop",
    repo={home!r},
    apps=[App("shop", PythonRenderer("pipeline:objects"))],
    target=Branch("env/$env"),
    environments=[Environment("test")],
)


"""


def test_the_same_repository_may_be_reached_in_another_way(site):
    plan = site.project(pipeline_of(site)).plan()
    url = plan.data.basis.repositories["home"].url
    basis = plan.data.basis
    other = {"home": basis.repositories["home"].model_copy(update={"url": f"file://{url}"})}
    moved = Plan(plan.data.model_copy(update={"basis": basis.model_copy(update={"repositories": other})}))
    assert site.project(pipeline_of(site)).plan_verify(moved) == []
