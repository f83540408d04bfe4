"""Patterns of layout: what of the sources is read, and where the result stands."""

from __future__ import annotations

import pytest
import yaml
from charts import packed, pushed
from pattern_repository import CONFIG, DEPLOYMENT, git, layered, overlays, service

ALL = ("test", "uat", "prod")


def three(status: str) -> dict[str, str]:
    return dict.fromkeys(ALL, status)


def said(version: str, value: str = "1") -> dict[str, str]:
    """What a rendered target of ``shop`` says."""
    return {"configmap-shop-settings.yaml": value, "apps-deployment-shop.yaml": f"shop:{version}"}


@pytest.fixture
def shop(repository, images):
    """Puts a pattern in place, with ``deploy/base`` and an overlay for each environment, and version 1.4.0."""
    images.push("shop", "1.4.0")

    def placed(pattern: str):
        repository.use(pattern, layered("deploy", f"{images.at}/shop", *ALL), images_at=images.at)
        return repository

    return placed


def test_a_new_image_is_written_into_the_sources_and_a_commit_moves_nothing(shop, images):
    repository = shop("image_updater.py")
    before = repository.holds("main")
    assert repository.run() == {"test": "written", "uat": "written"}
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}
    digest = images.push("shop", "1.5.0")
    images.push("shop", "2.0.0")
    repository.push({"deploy/base/config.yaml": CONFIG.format(name="shop-settings", value="2")})
    assert repository.promote() == three("written")
    after = repository.holds("main")
    changed = {path: text for path, text in after.items() if before.get(path) != text}
    assert sorted(changed) == [
        "deploy/base/config.yaml",
        *(f"deploy/overlays/{name}/kustomization.yaml" for name in sorted(ALL)),
    ]
    wanted = {"resources": ["../../base"]}
    wanted["images"] = [{"name": f"{images.at}/shop", "newTag": "1.5.0", "digest": digest}]
    assert [yaml.safe_load(after[f"deploy/overlays/{name}/kustomization.yaml"]) for name in ALL] == [wanted] * 3
    repository.push({"README.md": "Shop.\n"})
    assert repository.decisions() == three("noop")
    assert repository.branches() == ["main"]


def test_a_commit_moves_and_no_image_does(repository):
    repository.use("config_updater.py", layered("deploy", "ghcr.io/acme/shop:1.4.0@sha256:" + "0" * 64, *ALL))
    assert repository.promote() == three("written")
    repository.push({"README.md": "Shop.\n"})
    assert repository.decisions() == three("noop")
    repository.push({"deploy/base/config.yaml": CONFIG.format(name="shop-settings", value="2")})
    assert repository.run() == {"test": "written", "uat": "written"}
    assert [repository.says(f"env/{name}") for name in ALL] == [said("1.4.0", "2"), said("1.4.0", "2"), said("1.4.0")]
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}
    assert repository.says("env/prod") == said("1.4.0", "2")


def test_image_and_configuration_travel_together(shop, images):
    repository = shop("common_case.py")
    assert repository.promote() == three("written")
    images.push("shop", "1.5.0")
    repository.push({"deploy/base/config.yaml": CONFIG.format(name="shop-settings", value="2")})
    assert repository.run() == {"test": "written", "uat": "written"}
    assert [repository.says(f"env/{name}") for name in ALL] == [said("1.5.0", "2"), said("1.5.0", "2"), said("1.4.0")]
    assert repository.log("env/test") == ["promote(test)"] * 2
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}
    assert repository.says("env/prod") == said("1.5.0", "2")


CHART = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "charts/shop/values.yaml": "image: {repository: none, tag: none}\nv: chart\n",
    "charts/shop/templates/all.yaml": DEPLOYMENT.format(
        name="shop", image="{{ .Values.image.repository }}:{{ .Values.image.tag }}"
    )
    + "---\n"
    + CONFIG.format(name="{{ .Release.Name }}-settings", value="{{ .Values.v }} of {{ .Release.Namespace }}"),
}


def test_values_of_one_environment_and_of_all_are_rendered_with_the_version(repository, images):
    images.push("shop", "1.4.0")
    common = f"image: {{repository: {images.at}/shop}}\nv: common\n"
    own = {f"envs/{name}/values.yaml": "image:\n  tag: none  # written at promotion\n" for name in ALL}
    repository.use("helm_layout.py", {**CHART, **own, "envs/common.yaml": common}, images_at=images.at)
    assert repository.promote() == three("written")
    images.push("shop", "1.5.0")
    repository.push({"envs/uat/values.yaml": "image:\n  tag: none\nv: own\n"})
    assert repository.promote() == three("written")
    assert {name: repository.says(f"env/{name}") for name in ALL} == {
        name: {
            "configmap-shop-settings.yaml": f"{'own' if name == 'uat' else 'common'} of shop-{name}",
            "apps-deployment-shop.yaml": "shop:1.5.0",
        }
        for name in ALL
    }
    assert "none" in repository.holds("main")["envs/test/values.yaml"]


def test_a_published_chart_is_promoted_by_its_version_and_our_values_by_commits(repository, images, tmp_path):
    def publish(version):
        source = tmp_path / "source/shop"
        (source / "templates").mkdir(parents=True, exist_ok=True)
        (source / "templates/all.yaml").write_text(
            CONFIG.format(name="shop", value=f"{{{{ .Values.v }}}} in {version}")
        )
        host, _, corner = images.at.partition("/")
        pushed(packed(tmp_path, "shop", version), host, f"{corner}/charts", home=tmp_path)

    publish("1.4.0")
    values = {f"envs/{name}.yaml": f"v: {name}\n" for name in ALL}
    repository.use("published_chart.py", {"envs/common.yaml": "v: all\n", **values}, images_at=images.at)
    assert repository.promote() == three("written")
    publish("1.5.0")
    assert repository.run() == {"test": "written", "uat": "written"}
    repository.push({"envs/uat.yaml": "v: new\n"})
    assert repository.run() == {"test": "inherited", "uat": "written"}
    said = [repository.says(f"env/{name}")["configmap-shop.yaml"] for name in ALL]
    assert said == ["test in 1.5.0", "new in 1.5.0", "prod in 1.4.0"]
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}


def test_an_overlay_moves_its_environment_and_the_base_all_of_them(repository, images):
    images.push("shop", "1.4.0")
    files = {**service("base", f"{images.at}/shop"), **overlays("overlays", *ALL)}
    repository.use("kustomize_layout.py", files, images_at=images.at)
    assert repository.promote() == three("written")
    patch = "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: shop-settings}, data: {v: own}}'}]\n"
    repository.push({"overlays/uat/kustomization.yaml": f"resources: [../../base]\n{patch}"})
    assert repository.promote() == {"test": "inherited", "uat": "written", "prod": "inherited"}
    repository.push({"base/config.yaml": CONFIG.format(name="shop-settings", value="2")})
    assert repository.promote() == {"test": "written", "uat": "inherited", "prod": "written"}
    assert [repository.says(f"env/{name}")["configmap-shop-settings.yaml"] for name in ALL] == ["2", "own", "2"]
    assert [repository.log(f"env/{name}") for name in ALL] == [[f"promote({name})"] * 2 for name in ALL]


def test_each_branch_of_sources_takes_the_version_and_nothing_else(repository, images):
    images.push("shop", "1.4.0")
    repository.use("stage_branches.py", {"README.md": "Shop.\n"}, images_at=images.at)
    for name in ALL:
        repository.push(service("deploy", f"{images.at}/shop", value=name), to=f"env/{name}")
    assert repository.promote() == three("written")
    before = {name: repository.holds(f"env/{name}") for name in ALL}
    digest = images.push("shop", "1.5.0")
    assert repository.run() == {"test": "written", "uat": "written"}
    for name in ALL:
        changed = {path: text for path, text in repository.holds(f"env/{name}").items() if before[name][path] != text}
        assert list(changed) == ([] if name == "prod" else ["deploy/kustomization.yaml"])
        assert (f"newTag: 1.5.0\n  digest: {digest}" in "".join(changed.values())) is (name != "prod")
        assert f"v: '{name}'" in before[name]["deploy/config.yaml"]
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}


def test_what_is_written_beside_the_sources_is_no_news(shop, images):
    repository = shop("write_back.py")
    assert repository.promote() == three("written")
    assert repository.decisions() == three("noop")
    assert repository.run() == {}
    images.push("shop", "1.5.0")
    assert repository.promote() == three("written")
    repository.push({"deploy/base/config.yaml": CONFIG.format(name="shop-settings", value="2")})
    assert repository.promote() == three("written")
    assert repository.decisions() == three("noop")
    built = {path: text for path, text in repository.says("main").items() if path.startswith("builds/")}
    assert built == {f"builds/shop/{name}/{path}": text for name in ALL for path, text in said("1.5.0", "2").items()}
    ours = [f"promote({name})" for name in reversed(ALL)]
    assert repository.log("main") == [*ours, "change", *ours, *ours, "change"]


def test_sources_are_read_in_one_repository_and_written_to_another(repository, other, images):
    sources, deployed = other("shop"), other("shop-deploy")
    images.push("shop", "1.4.0")
    sources.push(layered("deploy", f"{images.at}/shop", *ALL))
    repository.use("separate_repository.py", images_at=images.at)
    assert repository.promote() == three("written")
    heads = git("for-each-ref", cwd=sources.path)
    images.push("shop", "1.5.0")
    assert repository.run() == {"test": "written", "uat": "written"}
    assert [deployed.says(f"env/{name}") for name in ALL] == [said("1.5.0"), said("1.5.0"), said("1.4.0")]
    assert (sources.branches(), repository.branches(), deployed.branches()) == (
        ["main"],
        ["main"],
        ["env/prod", "env/test", "env/uat"],
    )
    assert git("for-each-ref", cwd=sources.path) == heads


def test_a_rendered_branch_is_pruned_keeps_what_the_forge_reads_and_stops_at_foreign_files(shop, images):
    repository = shop("rendered_configs.py")
    assert repository.promote() == three("written")
    repository.push({"CODEOWNERS": "* @acme/shop\n"}, to="env/prod")
    images.push("shop", "1.5.0")
    repository.push({"deploy/base/kustomization.yaml": "resources: [deployment.yaml]\n"})
    assert repository.promote() == three("written")
    deployment = {"apps-deployment-shop.yaml": "shop:1.5.0"}
    assert repository.says("env/prod") == {"CODEOWNERS": "* @acme/shop", **deployment}
    repository.push({"hand.yaml": CONFIG.format(name="hand", value="1")}, to="env/prod")
    images.push("shop", "1.6.0")
    assert repository.promote() == {"test": "written", "uat": "written", "prod": "blocked"}
    assert repository.says("env/uat") == {"apps-deployment-shop.yaml": "shop:1.6.0"}
    assert repository.decisions()["prod"] == "blocked foreign"
