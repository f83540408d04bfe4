"""What stands where edits were made is read as edits that put just that there again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.render.edits_found import edits_found
from gitpromote.render.freight_edits import apply_edits

REPO = "ghcr.io/acme/shop"
DIGEST = "sha256:" + "a" * 64
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True)
VERSIONS = st.tuples(TAGS, st.sampled_from([None, DIGEST, "sha256:" + "b" * 64]))
SOURCES = {
    "set-image": b"# ours\nimage:\n  tag: x   # here\nother: 1\n",
    "kustomize-image": b"images:\n- name: ghcr.io/acme/shop   # one\n  newTag: x\n",
    "flux-setters": b'image: ghcr.io/acme/shop:x # {"$imagepolicy": "a:b"}\nother: 1\n',
}


def edit(kind, version):
    tag, digest = version
    image = {"repository": REPO, "tag": tag, "digest": digest}
    match kind:
        case "set-image":
            return {"kind": kind, "file": "f.yaml", "path": "image.tag", "part": "tag@digest", **image}
        case "kustomize-image":
            return {"kind": kind, "file": "f.yaml", "pin": "tag@digest" if digest else "tag", **image}
    return {"kind": kind, "file": "f.yaml", "images": [image]}


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(SOURCES)), there=VERSIONS, comes=VERSIONS)
def test_what_was_found_is_there_again_after_any_other_edit_of_its_place(kind, there, comes):
    files = {"f.yaml": SOURCES[kind]}
    files |= apply_edits(files, [edit(kind, there)])
    found = edits_found(files, [edit(kind, comes)])
    assert found.lost == ()
    assert apply_edits(files, found.edits) == {}
    after = files | apply_edits(files, [edit(kind, comes)])
    restored = after | apply_edits(after, found.edits)
    again = edits_found(restored, [edit(kind, comes)])
    assert again == found


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        ("set-image", b"other: 1\n", "f.yaml: image.tag"),
        ("set-image", b"image: {tag: [1]}\n", "f.yaml: image.tag"),
        ("set-image", b"image: {tag: 1.5}\n", "f.yaml: image.tag"),
        ("set-image", b"image: {tag: \n", "f.yaml: image.tag"),
        ("kustomize-image", b"resources: []\n", f"f.yaml: {REPO}"),
        ("kustomize-image", b"images: [{name: ghcr.io/acme/shop, newName: x}]\n", f"f.yaml: {REPO}"),
        (
            "kustomize-image",
            b"images: [{name: ghcr.io/acme/shop, newTag: a}, {name: x, newName: ghcr.io/acme/shop, newTag: b}]\n",
            f"f.yaml: {REPO}",
        ),
        (
            "flux-setters",
            b'a: ghcr.io/acme/shop:1 # {"$imagepolicy": "a:b"}\nb: ghcr.io/acme/shop:2 # {"$imagepolicy": "a:b"}\n',
            "f.yaml",
        ),
    ],
)
def test_what_no_edit_can_tell_is_lost_and_its_place_is_named(kind, text, place):
    assert edits_found({"f.yaml": text}, [edit(kind, ("1.0.0", None))]) == ((), (place,))


def test_a_file_that_is_gone_has_lost_its_values():
    assert edits_found({}, [edit("set-image", ("1.0.0", None))]) == ((), ("f.yaml: image.tag",))
