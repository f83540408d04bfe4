"""Values of manifests on one line."""

from __future__ import annotations

import pytest

from gitpromote.views.values import block_lines, replacement_text, text_lines, value_text

OLD = "sha256:" + "7f1c" * 16
NEW = "sha256:" + "b20e" * 16


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("20", '"20"'),
        (20, "20"),
        (True, "true"),
        (None, "null"),
        ({"number": "0.5"}, "0.5"),
        ("(sensitive ①)", "(sensitive ①)"),
        ("(re-encrypted)", "(re-encrypted)"),
        ({"name": "X", "value": "30s"}, '{name: "X", value: "30s"}'),
        (["a", {"b c": 1}], '["a", {"b c": 1}]'),
        ("x" * 200, '"' + "x" * 98 + "…"),
        ("a\u202eb", r'"a\u202eb"'),
    ],
)
def test_a_value_is_written_as_yaml_would(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("ghcr.io/a/b:1", "ghcr.io/a/b:2", "ghcr.io/a/b:1 -> 2"),
        (f"ghcr.io/a/b:1@{OLD}", f"ghcr.io/a/b:2@{NEW}", "ghcr.io/a/b:1 -> 2  (sha256:7f1c… -> sha256:b20e…)"),
        (f"ghcr.io/a/b:1@{OLD}", f"ghcr.io/a/b:1@{NEW}", "ghcr.io/a/b:1  (sha256:7f1c… -> sha256:b20e…)"),
        ("ghcr.io/a/b:1", f"ghcr.io/a/b:2@{NEW}", "ghcr.io/a/b:1 -> 2  (no digest -> sha256:b20e…)"),
        ("host:5000/a", "host:5000/a:2", "host:5000/a -> 2"),
        ("ghcr.io/a/b:1", "docker.io/a/b:1", "ghcr.io/a/b:1 -> docker.io/a/b:1"),
        ("not an image", "neither this", '"not an image" -> "neither this"'),
    ],
)
def test_two_images_of_one_repository_name_it_once(before: str, after: str, text: str) -> None:
    assert replacement_text(before, after, image=True) == text


def test_texts_are_compared_by_line() -> None:
    before = "\n".join(f"line {number}" for number in range(10))
    after = before.replace("line 5", "line five")
    assert text_lines(before, after) == [(" ", "line 4"), ("-", "line 5"), ("+", "line five"), (" ", "line 6")]
    assert text_lines("a\n" * 5000, "b") is None


def test_a_whole_object_is_shown_in_blocks() -> None:
    value = {"kind": "ConfigMap", "data": {"app.conf": "a\nb\n", "list": [1, {"x": [], "y": "z"}], "empty": {}}}
    assert "\n".join(block_lines(value)) == (
        'kind: "ConfigMap"\n'
        "data:\n"
        "  app.conf: |\n"
        "    a\n"
        "    b\n"
        "  list:\n"
        "    - 1\n"
        "    - x: []\n"
        '      y: "z"\n'
        "  empty: {}"
    )
