"""A setter comment is known again where it stands, after other things in its file have changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.model.artifact import ImageArtifact
from gitpromote.render.setter_places import Marked, gone_spots, marked

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
