"""What ``helm template`` reads."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gitpromote.errors import GitpromoteError, NotSupported
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
        "A render has no network. Fetch it once and commit what comes:\n"
        "  helm dependency build charts/shop"
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


def test_a_chart_from_elsewhere_is_a_thing_of_later_versions() -> None:
    with pytest.raises(NotSupported) as caught:
        closure(CHART, HelmSpec(chart="oci://ghcr.io/acme/charts/shop", release="shop"))
    assert caught.value.exit_code == 11
    assert str(caught.value) == (
        "Charts are read from the source repository only  [not-supported]\n"
        "Helm('oci://ghcr.io/acme/charts/shop')\n"
        "Copy the chart into the repository and name its folder:\n"
        "  helm pull oci://ghcr.io/acme/charts/shop --untar --untardir charts"
    )
