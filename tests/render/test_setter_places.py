"""A setter comment is known again where it stands, after other things in its file have changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.model.artifact import ImageArtifact
from gitpromote.render.setter_places import Marked, changed_spots, gone_spots, marked, places_changed

SHOP, CART = "ghcr.io/acme/shop", "ghcr.io/acme/cart"
IMAGES = [ImageArtifact(repository=one, tag="9") for one in (SHOP, CART)]
MARK = ' # {"$imagepolicy": "a:b"}'
OBJECT = "kind: Pod\nmetadata: {{name: {}}}\nspec:\n  containers:\n"


def container(name, image=SHOP, mark=MARK):
    return f"  - name: {name}\n    image: {image}:1{mark}\n"


def pod(*containers, name="p"):
    return OBJECT.format(name) + "".join(containers)


def read(text):
    return marked(text.encode(), images=IMAGES, file="f.yaml")


def gone(before, now):
    return [(spot.image, spot.document, spot.text) for spot in gone_spots(read(before), read(now))]


A, B = container("a"), container("b")
WHERE = "spec.containers[name={}].image"


def test_places_go_by_the_names_of_objects_and_containers():
    found = read(pod(A, B) + "---\n" + pod(A, name="q") + f"---\nx:\n- {SHOP}:1{MARK}\n")
    assert [(spot.document, spot.text) for spot in found.spots] == [
        ("Pod/None/p", WHERE.format("a")),
        ("Pod/None/p", WHERE.format("b")),
        ("Pod/None/q", WHERE.format("a")),
        (2, "x[0]"),
    ]
    assert read(pod(A, A)).spots[1].text == "spec.containers[1].image"
    assert read("a: 1\n") == Marked()


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (pod(A, B), []),
        (pod(B, A), []),
        (pod(container("c", CART), A, B), []),
        (pod(A, container("c")), []),  # renamed
        (pod(A, B, name="q"), []),
        ("---\n" + pod(container("x", CART), name="other") + "---\n" + pod(A, B), []),
        (pod(A), ["b"]),
        (pod(A, container("b", mark="")), ["b"]),
        (pod(A, container("b", CART)), ["b"]),
        (pod(A, container("b", "evil.io/other")), ["b"]),
        (pod(A, container("b", mark=""), container("c")), ["b"]),  # still there, and followed by nobody
        (pod(container("a", mark=""), container("b", mark="")), ["a", "b"]),
        ("", ["a", "b"]),
    ],
)
def test_a_comment_is_gone_unless_it_has_only_moved(now, lost):
    assert gone(pod(A, B), now) == [(SHOP, "", WHERE.format(name)) for name in lost]


def other(name, image=SHOP, version="2", mark=MARK):
    return container(name, image, mark).replace(":1", f":{version}")


@pytest.mark.parametrize(
    ("now", "is_changed"),
    [
        (pod(A, B), False),
        (pod(A, B, other("c")), False),  # added
        (pod(A, B, other("c"), container("d")), False),
        (pod(A, B) + "---\n" + pod(other("a"), name="q"), False),
        (pod(A, other("b")), True),
        (pod(A, other("b"), container("c")), True),
        (pod(A, other("c")), True),  # renamed, and changed
        (pod(A, container("c"), other("d")), False),
        (pod(other("a"), B, name="q"), True),
        (pod(A, other("b", mark="")), False),  # gone: that is another matter
    ],
)
def test_a_comment_that_was_added_changes_nothing_that_was_there(now, is_changed):
    images = [ImageArtifact(repository=SHOP, tag="1")]
    changed = changed_spots(now.encode(), images=images, file="f.yaml")
    assert places_changed(read(pod(A, B)), read(now), changed) is is_changed


def test_the_comments_with_other_values_are_told():
    images = [ImageArtifact(repository=SHOP, tag="1")]
    found = changed_spots(pod(A, other("b"), other("c", CART)).encode(), images=images, file="f.yaml")
    assert [(spot.image, spot.text) for spot in found] == [(SHOP, WHERE.format("b"))]
    assert changed_spots(b"a: 1\n", images=images, file="f.yaml") == ()


def test_what_goes_by_its_number_may_have_moved():
    before = f"x:\n- {SHOP}:1{MARK}\n"
    assert gone(before, f"x:\n- y\n- {SHOP}:1{MARK}\n") == []
    assert gone(before, f"x:\n- {SHOP}:1\n") == [(SHOP, "", "x[0]")]


def test_a_file_that_cannot_be_read_is_refused():
    with pytest.raises(SourceInvalid):
        read(f"a: [{MARK}\n")


NAMES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)


@settings(max_examples=80, deadline=None)
@given(before=NAMES, now=NAMES, plain=NAMES)
def test_as_many_are_gone_as_there_are_fewer_or_as_lost_their_comment(before, now, plain):
    now = [name for name in now if name not in plain]
    text = pod(*[container(name) for name in now], *[container(name, mark="") for name in plain])
    found = gone(pod(*map(container, before)), text)
    stripped = [name for name in before if name in plain]
    assert len(found) >= max(len(before) - len(now), len(stripped))
    assert {WHERE.format(name) for name in stripped} <= {text for *_, text in found}
    assert {text for *_, text in found}.isdisjoint(WHERE.format(name) for name in now)
    assert gone(text, text) == []
