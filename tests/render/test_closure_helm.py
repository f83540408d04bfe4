"""What ``helm template`` reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pytest

from gitpromote.errors import GitpromoteError
from gitpromote.model.render import Closure, HelmSpec
from gitpromote.model.tree import FILE, Entry, blob_id
from gitpromote.render.closure import resolve_closures
from gitpromote.render.listing import Listing


def closure(files: Mapping[str, str], spec: HelmSpec) -> Closure:
    blobs = {blob_id(text.encode()): text.encode() for text in files.values()}
    listing = Listing.of({path: Entry(FILE, blob_id(text.encode())) for path, text in files.items()})
    found = resolve_closures([(spec, listing)], lambda oids: {oid: blobs[oid] for oid in oids})[0]
    if isinstance(found, GitpromoteError):
        raise found
    return found


def paths(files: Mapping[str, str], spec: HelmSpec) -> list[str]:
    return [path for path, _, _ in closure(files, spec).reads]


SHOP = HelmSpec(chart="charts/shop", release="shop")
CHART = {"charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n", "charts/shop/templates/a.yaml": "a"}


def with_dependency(name: str = "common", repository: str = "") -> dict[str, str]:
    lines = f"dependencies:\n- name: {name}\n  version: 1.0.0\n  repository: {repository}\n"
    return CHART | {"charts/shop/Chart.yaml": CHART["charts/shop/Chart.yaml"] + lines}


def test_a_chart_is_read_whole_and_its_values_files_with_it() -> None:
    files = CHART | {"envs/common.yaml": "a: 1", "envs/prod.yaml": "a: 2", "envs/test.yaml": "a: 3"}
    spec = HelmSpec(chart="charts/shop", release="shop", values=("envs/common.yaml", "./envs/prod.yaml"))
    found = closure(files, spec)
    assert [path for path, _, _ in found.reads] == ["charts/shop", "envs/common.yaml", "envs/prod.yaml"]
    assert (found.tools, found.copies) == (("helm",), ())


def test_values_inside_the_chart_need_no_line_of_their_own() -> None:
    spec = HelmSpec(chart="charts/shop", release="shop", values=("charts/shop/values-prod.yaml",))
    assert paths(CHART | {"charts/shop/values-prod.yaml": "a: 1"}, spec) == ["charts/shop"]


def test_a_packed_chart_is_one_file() -> None:
    assert paths({"shop-1.0.0.tgz": "x"}, HelmSpec(chart="shop-1.0.0.tgz", release="shop")) == ["shop-1.0.0.tgz"]


@pytest.mark.parametrize(
    "vendored",
    ["charts/common/Chart.yaml", "charts/common-1.0.0.tgz", "charts/common-v2.1.0.tgz", "charts/library/Chart.yaml"],
)
def test_a_dependency_that_is_vendored_is_part_of_the_chart(vendored: str) -> None:
    files = with_dependency(repository="https://charts.example") | {f"charts/shop/{vendored}": "name: common"}
    assert paths(files, SHOP) == ["charts/shop"]


def test_a_dependency_that_is_not_vendored_is_refused_with_the_command_that_helps() -> None:
    with pytest.raises(GitpromoteError) as caught:
        closure(with_dependency(repository="https://charts.example"), SHOP)
    assert str(caught.value) == (
        "A chart's dependency is not in the repository  [chart-dependency-missing]\n"
        "charts/shop/Chart.yaml:5: refers to common from https://charts.example, which is not in charts/shop/charts\n"
        "There is no charts/shop/Chart.lock to fetch it by. Commit that, or what comes into charts/ as well:\n"
        "  helm dependency update charts/shop"
    )


def test_dependencies_of_an_old_chart_stand_in_its_requirements() -> None:
    files = CHART | {"charts/shop/requirements.yaml": "dependencies:\n- {name: common, repository: '@acme'}\n"}
    with pytest.raises(GitpromoteError) as caught:
        closure(files, SHOP)
    assert caught.value.detail.startswith("charts/shop/requirements.yaml:2: refers to common from @acme, ")


def test_a_local_dependency_is_read_and_copied_to_where_helm_looks_and_so_are_its_own() -> None:
    files = with_dependency(repository="file://../common") | {
        "charts/common/Chart.yaml": "name: common\ndependencies:\n- {name: base, repository: file://../base}\n",
        "charts/base/Chart.yaml": "name: base\n",
    }
    found = closure(files, SHOP)
    assert [path for path, _, _ in found.reads] == ["charts/base", "charts/common", "charts/shop"]
    assert found.copies == (
        ("charts/common", "charts/shop/charts/common"),
        ("charts/base", "charts/shop/charts/common/charts/base"),
    )


def test_local_dependencies_in_a_circle_end() -> None:
    files = with_dependency(repository="file://../common") | {
        "charts/common/Chart.yaml": "name: common\ndependencies:\n- {name: shop, repository: file://../shop}\n"
    }
    assert paths(files, SHOP) == ["charts/common", "charts/shop"]


def test_a_local_dependency_that_is_not_there_is_named_with_its_line() -> None:
    with pytest.raises(GitpromoteError) as caught:
        closure(with_dependency(repository="file://../comon"), SHOP)
    assert str(caught.value).startswith(
        "A source path does not exist at this commit  [source-missing]\n"
        "charts/shop/Chart.yaml:7: refers to charts/comon"
    )


MEND = "Commit and push it, or mend the path where it is named."


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (HelmSpec(chart="charts/shp", release="shop"), "charts/shp\nDid you mean charts/shop?"),
        (HelmSpec(chart="charts/shop", release="shop", values=("no.yaml",)), f"no.yaml\n{MEND}"),
        (HelmSpec(chart="charts", release="shop"), f"charts/Chart.yaml\n{MEND}"),
    ],
)
def test_what_is_missing_is_named(spec: HelmSpec, named: str) -> None:
    with pytest.raises(GitpromoteError) as caught:
        closure(CHART, spec)
    assert str(caught.value) == f"A source path does not exist at this commit  [source-missing]\n{named}"


def test_a_chart_from_elsewhere_reads_its_values_and_the_files_that_say_its_version() -> None:
    spec = HelmSpec(
        chart="oci://ghcr.io/acme/charts/shop", release="shop", values=("envs/prod.yaml",), stated=("argo/prod.yaml",)
    )
    found = closure(CHART | {"envs/prod.yaml": "a: 1", "argo/prod.yaml": "v: 1.0.0"}, spec)
    assert [path for path, _, _ in found.reads] == ["argo/prod.yaml", "envs/prod.yaml"]
    assert (found.tools, found.charts) == (("helm",), ())


# -- what a lock pins

REPOSITORY = "https://charts.example"


def digest_of(*values: list[dict[str, str]]) -> str:
    text = json.dumps(list(values), separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def locked(
    repository: str = REPOSITORY,
    version: str = "1.0.4",
    *,
    declared: str = REPOSITORY,
    name: str = "common",
    digest: str = "",
) -> dict[str, str]:
    """A chart with a dependency, and a lock as helm writes it."""
    asked = [{"name": "common", "version": "1.0.0", "repository": repository}]
    entry = [{"name": name, "version": version, "repository": repository}]
    lock = {"dependencies": entry, "digest": digest or digest_of(asked, entry), "generated": "2026-01-01"}
    return with_dependency(repository=json.dumps(declared)) | {"charts/shop/Chart.lock": json.dumps(lock)}


@pytest.mark.parametrize(
    ("repository", "declared", "address"),
    [
        (REPOSITORY, REPOSITORY, "https://charts.example/common"),
        (f"{REPOSITORY}/", f"{REPOSITORY}/", "https://charts.example/common"),
        ("oci://ghcr.io/acme/charts", "oci://ghcr.io/acme/charts", "oci://ghcr.io/acme/charts/common"),
        # What a name means on somebody's machine is in the lock.
        (REPOSITORY, "@acme", "https://charts.example/common"),
        (REPOSITORY, "alias:acme", "https://charts.example/common"),
    ],
)
def test_a_dependency_that_the_lock_pins_is_to_be_fetched(repository: str, declared: str, address: str) -> None:
    found = closure(locked(repository, declared=declared), SHOP)
    assert found.charts == ((address, "1.0.4", "charts/shop/charts/common-1.0.4.tgz"),)
    assert [path for path, _, _ in found.reads] == ["charts/shop"]


def test_a_dependency_that_is_vendored_is_not_fetched_whatever_the_lock_says() -> None:
    assert closure(locked(digest="sha256:other") | {"charts/shop/charts/common-1.0.0.tgz": "x"}, SHOP).charts == ()


def test_a_dependency_of_a_chart_beside_is_pinned_by_the_lock_of_that() -> None:
    inner = {path.replace("charts/shop", "charts/base"): text for path, text in locked().items()}
    found = closure(with_dependency("base", repository="file://../base") | inner, SHOP)
    assert found.copies == (("charts/base", "charts/shop/charts/base"),)
    assert found.charts == (
        ("https://charts.example/common", "1.0.4", "charts/shop/charts/base/charts/common-1.0.4.tgz"),
    )


OTHER = (
    "from https://charts.example, which is not in charts/shop/charts, and charts/shop/Chart.lock was made for other "
    "dependencies\nMake the lock anew, and commit it:"
)
ELSEWHERE = (
    "which is not in charts/shop/charts\nA render cannot fetch it from there. Fetch it once, and commit what comes:"
)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (locked(digest="sha256:0"), OTHER),
        (locked() | {"charts/shop/Chart.lock": "[]"}, OTHER),
        (locked() | {"charts/shop/Chart.lock": ""}, OTHER),
        (locked() | {"charts/shop/Chart.lock": "dependencies: [{name: common, version: 1.0.4}]"}, OTHER),
        (locked(declared="https://elsewhere.example"), OTHER.replace("charts.example", "elsewhere.example")),
        (locked(name="other"), f"from https://charts.example, {ELSEWHERE}"),
        (locked(version="1.0/../../x"), f"from https://charts.example, {ELSEWHERE}"),
        (locked("s3://bucket", declared="s3://bucket"), f"from s3://bucket, {ELSEWHERE}"),
        (locked("@acme", declared="@acme"), f"from @acme, {ELSEWHERE}"),
        (with_dependency(repository="s3://bucket"), f"from s3://bucket, {ELSEWHERE}"),
    ],
)
def test_a_dependency_that_nothing_pins_is_refused(files: dict[str, str], told: str) -> None:
    with pytest.raises(GitpromoteError) as caught:
        closure(files, SHOP)
    assert str(caught.value) == (
        "A chart's dependency is not in the repository  [chart-dependency-missing]\n"
        f"charts/shop/Chart.yaml:5: refers to common {told}\n"
        "  helm dependency update charts/shop"
    )
