"""What stands where edits were made is read as edits that put just that there again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.render.edits_found import edits_found, known_places_hold, left_by, lost_places
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
        ("set-image", b"image: {tag: {a: 1}}\n", "f.yaml: image.tag"),
        ("set-image", b"image: {tag: }\n", "f.yaml: image.tag"),
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


@pytest.mark.parametrize("text", ["1.40", "20240101", "0755", "0x1F", "1e3", "true", "yes", "1_000", "-0", "+1.0"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_value_that_is_no_text_is_found_and_restored_as_it_was_written(text, quote):
    files = {"f.yaml": f"image: {{tag: {quote}x{quote}}}  # here\n".encode()}
    by_hand = {"f.yaml": f"image: {{tag: {text}}}  # here\n".encode()}
    found = edits_found(by_hand, [edit("set-image", ("1.0.0", None))])
    assert found == (({"kind": "set-value", "file": "f.yaml", "path": "image.tag", "plain": text},), ())
    assert apply_edits(by_hand, found.edits) == {}
    after = files | apply_edits(files, [edit("set-image", ("2.0.0", DIGEST))])
    assert apply_edits(after, found.edits) == by_hand


def test_a_text_that_is_no_value_is_not_written():
    made = {"kind": "set-value", "file": "f.yaml", "path": "image.tag", "plain": ""}
    for text in (".inf", "x: y", "1 # b"):
        with pytest.raises(SourceInvalid, match="edit-unsafe"):
            apply_edits({"f.yaml": SOURCES["set-image"]}, [{**made, "plain": text}])


def test_a_file_that_is_gone_has_lost_its_values():
    assert edits_found({}, [edit("set-image", ("1.0.0", None))]) == ((), ("f.yaml: image.tag",))


def flux(file, *repositories):
    return {
        "kind": "flux-setters",
        "file": file,
        "images": [{"repository": one, "tag": "2.0.0", "digest": None} for one in repositories],
    }


MARKED = SOURCES["flux-setters"]
OTHER = "ghcr.io/acme/cart"


def test_of_images_without_a_setter_nothing_is_told():
    files = {"f.yaml": MARKED, "g.yaml": b"a: 1\n"}
    found = edits_found(files, [flux("f.yaml", REPO, OTHER), flux("g.yaml", REPO)])
    images = [{"repository": REPO, "tag": "x", "digest": None}]
    assert found == (({"kind": "flux-setters", "file": "f.yaml", "images": images},), ())


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (MARKED, ()),
        (MARKED.replace(b":x", b":y"), ()),
        (MARKED.replace(b"shop:x", b"shop"), ()),
        (MARKED.replace(b"acme", b"fork"), (f"f.yaml: {REPO}",)),
        (b"image: ghcr.io/acme/shop:x\n", (f"f.yaml: {REPO}",)),
        (None, (f"f.yaml: {REPO}",)),
    ],
)
def test_a_setter_that_was_there_and_is_not_is_lost(now, lost):
    after = {} if now is None else {"f.yaml": now}
    edits = [flux("f.yaml", REPO, OTHER), flux("g.yaml", REPO)]
    assert lost_places({"f.yaml": MARKED, "g.yaml": b"a: 1\n"}, after, edits) == lost
    assert lost_places({}, after, edits) == ()  # what was there is not known


def test_a_setter_goes_by_the_policy_that_another_file_declares():
    """Its value says nothing of its image."""
    tag = b'tag: x # {"$imagepolicy": "a:b:tag"}\n'
    group = "apiVersion: image.toolkit.fluxcd.io/v1\n"
    policy = (
        f"{group}kind: ImagePolicy\nmetadata: {{name: b, namespace: a}}\nspec: {{imageRepositoryRef: {{name: r}}}}\n"
        f"---\n{group}kind: ImageRepository\nmetadata: {{name: r, namespace: a}}\nspec: {{image: {REPO}}}\n"
    ).encode()
    before, edits = {"f.yaml": tag, "p.yaml": policy}, [flux("f.yaml", REPO)]
    assert edits_found(before, edits).edits[0]["images"] == [{"repository": REPO, "tag": "x", "digest": None}]
    assert lost_places(before, {**before, "f.yaml": b"tag: x\n"}, edits) == (f"f.yaml: {REPO}",)


def test_one_of_several_setters_is_told_by_its_path_and_all_of_them_by_their_image():
    one = MARKED.replace(b"other: 1\n", b"")
    two = one + one.replace(b"image:", b"init:")
    assert lost_places({"f.yaml": two}, {"f.yaml": MARKED}, [flux("f.yaml", REPO)]) == (f"f.yaml: init ({REPO})",)
    assert lost_places({"f.yaml": two}, {"f.yaml": b"a: 1\n"}, [flux("f.yaml", REPO)]) == (f"f.yaml: {REPO}",)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(SOURCES)), comes=VERSIONS)
def test_what_an_edit_changed_is_left_unless_it_is_made_again(kind, comes):
    then = {"f.yaml": SOURCES[kind]}
    after = then | apply_edits(then, [edit(kind, comes)])
    place = "f.yaml: image.tag" if kind == "set-image" else f"f.yaml: {REPO}"
    left = (place,) if after != then else ()
    assert left_by([edit(kind, comes)], besides=[], then=then, after=after) == left
    assert left_by([edit(kind, comes)], besides=[edit(kind, ("9", None))], then=then, after=after) == ()
    assert left_by([edit(kind, comes)], besides=[], then={}, after=after) == (place,)
    assert left_by([edit(kind, comes)], besides=[], then={}, after={}) == ()


# -- comments that were added


def test_places_that_were_there_hold_whatever_was_added():
    mark = '# {"$imagepolicy": "a:b"}'
    image = {"repository": "ghcr.io/acme/shop", "tag": "1", "digest": None}
    edits = [{"kind": "flux-setters", "file": "f.yaml", "images": [image]}]

    def text(**tags):
        return {"f.yaml": "".join(f"{key}: ghcr.io/acme/shop:{tag} {mark}\n" for key, tag in tags.items()).encode()}

    assert known_places_hold(text(a=0), text(a=1, b=2), edits)
    assert not known_places_hold(text(a=0), text(a=2, b=1), edits)
    assert not known_places_hold({}, text(a=1), [{"kind": "set-value", "file": "f.yaml", "path": "a", "value": "x"}])
