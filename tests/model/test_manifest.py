"""Manifests and sets of them."""

from __future__ import annotations

import pytest

from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef, split_api_version

DEPLOYMENT = ObjectRef("apps", "Deployment", "shop", "checkout")
CONFIG = ObjectRef("", "ConfigMap", "shop", "settings")
NODE = ObjectRef("", "Node", "", "n1")


def manifest(ref: ObjectRef, *, line: int = 1, app: str = "", version: str = "v1") -> Manifest:
    return Manifest(ref, version, {"kind": ref.kind}, f"kind: {ref.kind}\n", "out.yaml", line, app)


def test_a_ref_reads_like_kubectl() -> None:
    assert [str(ref) for ref in (DEPLOYMENT, CONFIG, NODE)] == [
        "apps/Deployment shop/checkout",
        "ConfigMap shop/settings",
        "Node n1",
    ]


def test_a_title_says_the_version_where_there_is_no_group() -> None:
    assert manifest(DEPLOYMENT).title == "apps/Deployment shop/checkout"
    assert manifest(CONFIG).title == "v1/ConfigMap shop/settings"
    assert NODE.title("v1") == "v1/Node n1"


@pytest.mark.parametrize(
    ("text", "parts"), [("v1", ("", "v1")), ("apps/v1", ("apps", "v1")), ("a.b.c/v1beta1", ("a.b.c", "v1beta1"))]
)
def test_an_api_version_is_a_group_and_a_version(text: str, parts: tuple[str, str]) -> None:
    assert split_api_version(text) == parts


@pytest.mark.parametrize("text", ["", "apps/", "/v1", "a/b/c", "/"])
def test_what_is_no_api_version_is_told(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        split_api_version(text)
    assert str(caught.value) == f"apiVersion {text!r} is neither VERSION nor GROUP/VERSION"


def test_a_set_keeps_the_order_and_finds_by_ref() -> None:
    one, two = manifest(DEPLOYMENT), manifest(CONFIG, line=9)
    found = ManifestSet.from_iterable([one, two])
    assert list(found) == [DEPLOYMENT, CONFIG]
    assert (found[CONFIG], found.get(NODE), DEPLOYMENT in found, NODE in found, len(found)) == (
        two,
        None,
        True,
        False,
        2,
    )
    assert repr(found) == "ManifestSet(apps/Deployment shop/checkout, ConfigMap shop/settings)"


def test_sets_are_equal_by_what_they_hold() -> None:
    one, two = manifest(DEPLOYMENT), manifest(CONFIG)
    assert ManifestSet.from_iterable([one, two]) == ManifestSet.from_iterable([two, one])
    assert ManifestSet.from_iterable([one]) != ManifestSet.from_iterable([manifest(DEPLOYMENT, line=2)])
    assert ManifestSet() == ManifestSet.from_iterable([])
    assert {one, manifest(DEPLOYMENT)} == {one}


def test_an_object_that_is_there_twice_names_both_places() -> None:
    with pytest.raises(SourceInvalid) as caught:
        ManifestSet.from_iterable([manifest(CONFIG, line=3), manifest(NODE), manifest(CONFIG, line=8, version="v2")])
    assert str(caught.value) == (
        "An object is rendered twice  [duplicate-object]\n"
        "v2/ConfigMap shop/settings: out.yaml:3 and out.yaml:8\n"
        "One object has one manifest: remove one, or give it another name or namespace."
    )
    with pytest.raises(SourceInvalid) as caught:
        ManifestSet.from_iterable([manifest(NODE, app="a"), manifest(NODE, app="b", line=2)])
    assert caught.value.detail == "v1/Node n1: out.yaml:1 and out.yaml:2 (apps a and b)"


def test_a_manifest_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        manifest(NODE).text = ""  # type: ignore[misc]
