"""Paths into YAML files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import ConfigurationError
from gitpromote.render.edit_path import Path, Selector, Step, format_path, parse_path

PATHS: dict[str, tuple[Step, ...]] = {
    "image.tag": ("image", "tag"),
    ".image.tag": ("image", "tag"),
    "a-b/c_d": ("a-b/c_d",),
    "list[0][12].x": ("list", 0, 12, "x"),
    "spec.containers[name=web].image": ("spec", "containers", Selector("name", "web"), "image"),
    'containers[name="we]b"].image': ("containers", Selector("name", "we]b"), "image"),
    "c[name='it\\'s']": ("c", Selector("name", "it's")),
    'a["x.y"].b': ("a", "x.y", "b"),
    "a['x.y']b": (),
    'a.["x.y"]': ("a", "x.y"),
    "global\\.image.tag": ("global.image", "tag"),
    '["a\\"b"]': ('a"b',),
    "containers.0.image": ("containers", "0", "image"),
    "é.ü": ("é", "ü"),
}


@pytest.mark.parametrize(("text", "steps"), [item for item in PATHS.items() if item[1]])
def test_a_path_is_read_as_steps(text: str, steps: tuple[Step, ...]) -> None:
    assert parse_path(text) == steps
    assert parse_path(steps) == steps


@pytest.mark.parametrize(
    ("text", "column"),
    [("", 0), (".", 1), ("a..b", 2), ("a.", 2), ("a[", 1), ("a[x]", 1), ("a]", 1), ("a['x.y']b", 8), ("a[=x]", 1)],
)
def test_what_is_no_path_is_shown_where_it_breaks(text: str, column: int) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_path(text)
    assert str(caught.value) == (
        "This is not a path in a YAML file  [path-invalid]\n"
        f"{text}\n{' ' * column}^\n"
        'Write keys with dots, list elements in brackets: spec.containers[name=web].image, a["x.y"], list[0]'
    )


KEYS = st.text(st.sampled_from("ab-./[]=\"'\\ é0"), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(KEYS, st.integers(0, 99)), min_size=1, max_size=4))
def test_a_path_that_is_written_is_the_path_that_is_read(steps: list[Step]) -> None:
    path: Path = tuple(steps)
    assert parse_path(format_path(path)) == path
