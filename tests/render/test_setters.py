"""Flux's setter comments."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.model.artifact import ImageArtifact
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec
from gitpromote.render.edit import apply_flux_setters
from gitpromote.render.freight_edits import apply_edits, setter_notes, takes_setters
from gitpromote.render.setter_policies import declared_policies
from gitpromote.render.setters import unclear_places

DIGEST = f"sha256:{'7f1c' * 16}"
SHOP = ImageArtifact(repository="ghcr.io/acme/shop", tag="1.10", digest=DIGEST)
REDIS = ImageArtifact(repository="redis", tag="7.2.0")


def edited(text: str, *images: ImageArtifact, policies: dict[str, str] | None = None, pin: str = "tag@digest") -> str:
    return apply_flux_setters(
        text.encode(),
        images=images or (SHOP,),
        file="release.yaml",
        policies=policies,
        pin=pin,  # type: ignore[arg-type]
    ).decode()


def unclear(text: str, policies: dict[str, str] | None = None) -> list[str]:
    found = unclear_places(text.encode(), images=[SHOP], file="release.yaml", policies=policies)
    return [f"{one.where} {one.policy}" for one in found]


def test_a_whole_image_takes_tag_and_digest() -> None:
    text = 'image: ghcr.io/acme/shop:1.9 # {"$imagepolicy": "flux-system:shop"}\n'
    assert edited(text) == text.replace("1.9", f"1.10@{DIGEST}")
    assert edited(text, pin="tag") == text.replace("1.9", "1.10")
    assert edited(text, pin="digest") == text.replace(":1.9", f"@{DIGEST}")
    assert edited(text.replace("ghcr.io", '"GHCR.io').replace("1.9", '1.9"')) == (
        f'image: "GHCR.io/acme/shop:1.10@{DIGEST}" # {{"$imagepolicy": "flux-system:shop"}}\n'
    )


def test_parts_take_parts() -> None:
    text = """\
images:
- name: shop
  newName: ghcr.io/acme/shop # {"$imagepolicy": "flux-system:shop:name"}
  newTag: 1.9                # {"$imagepolicy": "flux-system:shop:tag"}
---
values:
  image:
    repository: ghcr.io/acme/shop
    tag: 1.9   # {"$imagepolicy": "flux-system:shop:tag"}
    digest: x  # {"$imagepolicy":"flux-system:shop:digest"}
"""
    changed = text.replace("newTag: 1.9 ", f'newTag: "1.10@{DIGEST}" ')
    changed = changed.replace("    tag: 1.9 ", '    tag: "1.10" ').replace("digest: x", f"digest: {DIGEST}")
    assert edited(text) == changed
    assert edited(changed) == changed


def test_a_policy_is_known_by_what_stands_beside_it_or_by_name() -> None:
    text = 'image:\n  repository: redis\n  tag: "7.0" # {"$imagepolicy": "flux-system:cache:tag"}\n'
    assert edited(text, SHOP, REDIS) == text.replace("7.0", "7.2.0")
    bare = 'cacheTag: "7.0" # {"$imagepolicy": "flux-system:cache:tag"}\n'
    assert edited(bare, SHOP, REDIS) == bare
    assert edited(bare, SHOP, REDIS, policies={"flux-system:cache": "docker.io/library/redis"}) == (
        bare.replace("7.0", "7.2.0")
    )


def test_a_policy_of_another_image_is_left_alone() -> None:
    text = 'image: ghcr.io/acme/other:1.9 # {"$imagepolicy": "flux-system:other"}\n'
    assert edited(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "image: ghcr.io/acme/shop:1.9\n",
        'image: ghcr.io/acme/shop:1.9 # not {"$imagepolicy": "flux-system:shop"}\n',
        'image: "ghcr.io/acme/shop:1.9 # {\\"$imagepolicy\\": \\"flux-system:shop\\"}"\n',
        'image: ghcr.io/acme/shop:1.9\n# {"$imagepolicy": "flux-system:shop"}\n',
        'script: |\n  ghcr.io/acme/shop:1.9 # {"$imagepolicy": "flux-system:shop"}\n',
    ],
)
def test_what_only_looks_like_a_setter_is_none(text: str) -> None:
    assert edited(text) == text


def test_line_ends_stay() -> None:
    text = '\ufeffa: 1\r\nimage: ghcr.io/acme/shop:1.9 # {"$imagepolicy": "f:shop"} \r\nb: 2\r\n'
    assert edited(text, pin="tag") == text.replace("1.9", "1.10")


COMMENT = '# {"$imagepolicy": "f:shop"}'
REFUSED = {
    f"image: {{{{ .x }}}}:1 {COMMENT}\n": "edit-template",
    f"image: 'ghcr.io/acme/shop:{{{{ .x }}}}' {COMMENT}\n": "edit-template",
    f"image: &i ghcr.io/acme/shop:1 {COMMENT}\nother: *i\n": "edit-unsafe",
    f"image: 1 {COMMENT}\nimage: 2\n": "yaml-duplicate-key",
}


@pytest.mark.parametrize(("text", "code"), REFUSED.items())
def test_a_setter_that_cannot_be_set_safely_is_refused(text: str, code: str) -> None:
    with pytest.raises(SourceInvalid) as caught:
        edited(text, policies={"f:shop": SHOP.repository})
    assert caught.value.code == code


def test_a_policy_for_an_image_without_a_tag_or_digest_says_so() -> None:
    with pytest.raises(SourceInvalid) as caught:
        edited('tag: 1 # {"$imagepolicy": "f:cache:digest"}\n', REDIS, policies={"f:cache": "redis"})
    assert (caught.value.code, caught.value.detail) == ("image-unpinned", "release.yaml:1: the image has no digest")


# -- whose image a mark is

MIXED = """\
values:
  image:
    repository: ghcr.io/acme/shop
    tag: "1.9" # {"$imagepolicy": "flux-system:shop:tag"}
    sidecarTag: "2.0" # {"$imagepolicy": "flux-system:side:tag"}
  proxy: ghcr.io/acme/side:2.0 # {"$imagepolicy": "flux-system:side"}
"""


def test_a_value_of_another_policy_beside_the_image_is_left_alone() -> None:
    assert edited(MIXED) == MIXED.replace('"1.9"', f'"1.10@{DIGEST}"')
    assert unclear(MIXED) == []  # proxy says what side is


def test_a_value_that_names_another_image_is_not_the_policys() -> None:
    text = 'proxy: ghcr.io/acme/side:2.0 # {"$imagepolicy": "flux-system:shop"}\n'
    both = 'image: ghcr.io/acme/shop:1.9 # {"$imagepolicy": "flux-system:shop"}\n' + text
    assert edited(text) == text
    assert edited(both) == both.replace("1.9", f"1.10@{DIGEST}")
    assert edited(text, policies={"flux-system:shop": "ghcr.io/acme/shop"}) == text
    assert unclear(text, policies={"flux-system:shop": "ghcr.io/acme/shop"}) == ["release.yaml:1 flux-system:shop"]


OWN = {
    "a: {repository: ghcr.io/acme/shop, tag: 1 %s\n}\n": True,
    "a: {repository: ghcr.io/acme/shop, newTag: 1 %s\n}\n": False,
    "a: {repository: acme/shop, registry: ghcr.io, tag: 1 %s\n}\n": True,
    "a: {repository: acme/shop, registry: quay.io, tag: 1 %s\n}\n": False,
    "a: {repository: acme/shop, tag: 1 %s\n}\n": False,
    "a: {image: ghcr.io/acme/shop, tag: 1 %s\n}\n": True,
    "a: {image: ghcr.io/acme/shop, imageTag: 1 %s\n}\n": True,
    "a: {image: ghcr.io/acme/shop, image_tag: 1 %s\n}\n": True,
    "a: {sideRepository: ghcr.io/acme/shop, repository: redis, sideTag: 1 %s\n}\n": True,
    "a: {sideRepository: redis, repository: ghcr.io/acme/shop, sideTag: 1 %s\n}\n": False,
    "a: {sideImage: ghcr.io/acme/shop, sideTag: 1 %s\n}\n": True,
    "a: {name: ghcr.io/acme/shop, newTag: 1 %s\n}\n": True,
    "a: {name: shop, newName: ghcr.io/acme/shop, newTag: 1 %s\n}\n": True,
    "a: {name: ghcr.io/acme/shop, newName: quay.io/shop, newTag: 1 %s\n}\n": False,
    "a: {name: web, repository: ghcr.io/acme/shop, tag: 1 %s\n}\n": True,
    "a: {name: web, tag: 1 %s\n}\n": False,
    "a: {name: ghcr.io/acme/shop, tag: 1 %s\n}\n": True,
    "a: {repository: ghcr.io/acme/shop, other: 1 %s\n}\n": False,
    "a: [1 %s\n]\n": False,
}


@pytest.mark.parametrize(("text", "ours"), OWN.items())
def test_a_repository_speaks_for_the_keys_that_go_with_it(text: str, ours: bool) -> None:
    text %= '# {"$imagepolicy": "f:p:tag"}'
    assert (edited(text, pin="tag") != text) is ours


def test_other_marks_of_a_policy_tell_unless_they_disagree() -> None:
    shop = 'image: ghcr.io/acme/shop:1.9 # {"$imagepolicy": "f:p"}\n'
    bare = 'version: "1.9" # {"$imagepolicy": "f:p:tag"}\n'
    other = 'proxy: redis:1.9 # {"$imagepolicy": "f:p"}\n'
    assert edited(shop + bare, pin="tag") == (shop + bare).replace("1.9", "1.10")
    assert edited(shop + other + bare, pin="tag") == shop.replace("1.9", "1.10") + other + bare
    assert unclear(shop + other + bare) == ["release.yaml:3 f:p"]
    assert edited(bare) == bare
    assert unclear(bare) == ["release.yaml:1 f:p"]


NAMES = st.sampled_from(["ghcr.io/acme/shop", "GHCR.io/acme/shop", "ghcr.io/acme/side", "redis", "quay.io/acme/shop"])
KEYS = st.sampled_from(["image", "repository", "name", "newName", "sideImage", "proxy"])
POLICIES = st.sampled_from(["f:shop", "f:side"])


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.tuples(KEYS, NAMES, POLICIES, st.sampled_from(["", ":name"])), max_size=5),
    tags=st.lists(st.tuples(st.sampled_from(["tag", "newTag", "sideTag"]), POLICIES), max_size=3),
    policies=st.dictionaries(POLICIES, NAMES),
)
def test_a_value_that_names_an_image_that_is_not_in_the_freight_never_changes(values, tags, policies) -> None:
    lines = {
        key: f'{key}: {name}{"" if part else ":1"} # {{"$imagepolicy": "{policy}{part}"}}'
        for key, name, policy, part in values
    }
    lines |= {key: f'{key}: "1" # {{"$imagepolicy": "{policy}:tag"}}' for key, policy in tags}
    text = "".join(f"{line}\n" for line in lines.values())
    after = edited(text, policies=policies).splitlines()
    for old, new in zip(text.splitlines(), after, strict=True):
        if "acme/side" in old or "redis" in old or "quay.io" in old:
            assert new == old


# -- what Flux's own objects say

POLICY = """\
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImagePolicy
metadata: {name: shop, namespace: flux-system}
spec: {imageRepositoryRef: {name: pod}}
"""
REPOSITORY = """\
apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImageRepository
metadata: {name: pod, namespace: flux-system}
spec: {image: ghcr.io/acme/shop}
"""


def test_an_image_policy_in_the_sources_says_its_image() -> None:
    read = {"policy.yaml": POLICY.encode(), "repository.yaml": REPOSITORY.encode(), "a.yaml": b"{{ x }}"}
    assert declared_policies(read) == {"flux-system:shop": "ghcr.io/acme/shop"}
    together = {"all.yaml": f"{POLICY}---\n{REPOSITORY}---\n{POLICY.replace('flux-system', 'other')}".encode()}
    assert declared_policies(together) == {"flux-system:shop": "ghcr.io/acme/shop"}
    elsewhere = POLICY.replace("{name: pod}", "{name: pod, namespace: images}")
    assert declared_policies({"a": f"{elsewhere}---\n{REPOSITORY}".encode()}) == {}
    unplaced = f"{POLICY}---\n{REPOSITORY}".replace(", namespace: flux-system", "").encode()
    assert declared_policies({"a": unplaced}) == {":shop": "ghcr.io/acme/shop"}
    two = f"{POLICY}---\n{REPOSITORY}---\n{REPOSITORY.replace('acme/shop', 'acme/other')}".encode()
    assert declared_policies({"a": two}) == {}
    assert declared_policies({"a": f"{POLICY}x: {{{{ .y }}}}\n".encode()}) == {}


@pytest.mark.parametrize("declared", ["flux-system:shop", ":shop"])
def test_what_a_policy_declares_decides_where_nothing_else_is_said(declared: str) -> None:
    text = 'version: "1.9" # {"$imagepolicy": "flux-system:shop:tag"}\n'
    assert edited(text, policies={declared: SHOP.repository}, pin="tag") == text.replace("1.9", "1.10")
    assert edited(text, policies={declared: "ghcr.io/acme/other"}) == text
    assert unclear(text, policies={declared: "ghcr.io/acme/other"}) == []


def test_edits_find_the_policies_among_what_is_read() -> None:
    values = 'version: "1.9" # {"$imagepolicy": "flux-system:shop:tag"}\n'
    edit = {"kind": "flux-setters", "file": "v.yaml", "images": [SHOP.model_dump(exclude={"kind"})]}
    flux = {"flux.yaml": f"{POLICY}---\n{REPOSITORY}".encode()}
    assert apply_edits({"v.yaml": values.encode(), **flux}, [edit]) == {
        "v.yaml": values.replace("1.9", f"1.10@{DIGEST}").encode()
    }
    assert apply_edits({"v.yaml": values.encode()}, [edit]) == {}
    assert setter_notes({"v.yaml": values.encode(), **flux}, [edit]) == ()
    [note] = setter_notes({"v.yaml": values.encode()}, [edit])
    assert note.partition(" stays ")[0] == "v.yaml:1: flux-system:shop"
    assert (
        note.partition(": neither ")[2]
        == "its value, nor what stands beside it, nor an ImagePolicy says which image it is of"
    )


def test_a_values_file_of_somebody_else_in_the_charts_folder_takes_no_setters() -> None:
    spec = HelmSpec(chart="./chart/", release="shop", values=("chart/values-test.yaml",))
    taken = [
        "chart/values.yaml",
        "chart/values-test.yaml",
        "chart/templates/d.yaml",
        "chart/charts/a/values.yaml",
        "x.yaml",
    ]
    others = ["chart/values-prod.yaml", "chart/ci/test.yaml"]
    assert [path for path in [*taken, *others] if takes_setters(spec, path)] == taken
    chained = ChainSpec(first=spec, second=KustomizeSpec(path="overlay"))
    assert [path for path in [*taken, *others] if takes_setters(chained, path)] == taken
    root = HelmSpec(chart=".", release="shop", values=("test.yaml",))
    assert [path for path in ("test.yaml", "prod.yaml", "values.yaml") if takes_setters(root, path)] == [
        "test.yaml",
        "values.yaml",
    ]
