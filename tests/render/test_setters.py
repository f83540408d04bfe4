"""Flux's setter comments."""

from __future__ import annotations

import pytest

from gitpromote.errors import SourceInvalid
from gitpromote.model.artifact import ImageArtifact
from gitpromote.render.edit import apply_flux_setters

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
