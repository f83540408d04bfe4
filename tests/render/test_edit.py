"""Source edits: the version changes, and not one other byte."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.render.edit import get_value, set_image, set_value
from gitpromote.render.parse import parse_yaml
from gitpromote.render.yaml_quote import as_string, double_quoted, single_quoted

VALUES = """\
# values of the shop
image:            # where it comes from
  repository: "ghcr.io/acme/shop"
  tag: 1.10       # keep in step
  'quoted': 'x'
  empty:
  none: ~         # nothing
containers:
- name: web
  image: nginx:1.25

  # the database
- {name: db, image: 'postgres:15'}
a.b: [1, {c.d: old}]
on: 1
"""
DIGEST = f"sha256:{'7f1c' * 16}"


def edited(text: str, path: str, value: Any, *, create: bool = False) -> str:
    return set_value(text.encode(), path, value, file="values.yaml", create=create).decode()


def replaced(old: str, new: str, text: str = VALUES) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


CHANGES = {
    ("image.tag", "1.11"): ("tag: 1.10 ", 'tag: "1.11" '),
    ("image.tag", "1.10"): ("tag: 1.10 ", 'tag: "1.10" '),
    ("image.tag", "v1.11"): ("tag: 1.10 ", "tag: v1.11 "),
    ("image.tag", "1.11.0"): ("tag: 1.10 ", "tag: 1.11.0 "),
    ("image.tag", 5): ("tag: 1.10 ", "tag: 5 "),
    ("image.tag", True): ("tag: 1.10 ", "tag: true "),
    ("image.tag", "a\nb"): ("tag: 1.10 ", 'tag: "a\\nb" '),
    ("image.repository", "ghcr.io/acme/other"): ('"ghcr.io/acme/shop"', '"ghcr.io/acme/other"'),
    ("image.quoted", "it's"): ("'quoted': 'x'", "'quoted': 'it''s'"),
    ("image.quoted", "a\x07"): ("'quoted': 'x'", "'quoted': \"a\\x07\""),
    ("image.empty", "x"): ("empty:\n", "empty: x\n"),
    ("image.none", "x"): ("none: ~ ", "none: x "),
    ("containers[name=web].image", "nginx:1.26"): ("nginx:1.25", "nginx:1.26"),
    ("containers[0].image", "nginx:1.26"): ("nginx:1.25", "nginx:1.26"),
    ("containers[name=db].image", "postgres:16"): ("'postgres:15'", "'postgres:16'"),
    ('["a.b"][1]["c.d"]', "new, {x}"): ("c.d: old", 'c.d: "new, {x}"'),
    ("a\\.b[0]", "0755"): ("[1, ", '["0755", '),
    ("on", "off"): ("on: 1", 'on: "off"'),
}


@pytest.mark.parametrize(("asked", "change"), CHANGES.items(), ids=lambda item: repr(item))
def test_only_the_value_is_spliced(asked: tuple[str, Any], change: tuple[str, str]) -> None:
    assert edited(VALUES, *asked) == replaced(*change)
    assert get_value(edited(VALUES, *asked).encode(), asked[0], file="values.yaml") == asked[1]


def test_a_value_that_is_there_already_changes_nothing() -> None:
    data = VALUES.encode()
    assert set_value(data, "containers[name=web].image", "nginx:1.25", file="values.yaml") is data
    assert set_value(data, "on", 1, file="values.yaml") is data
    assert set_value(data, "on", True, file="values.yaml") is not data


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    text = "\ufeff" + VALUES.replace("\n", "\r\n")
    assert edited(text, "image.tag", "v2") == text.replace("1.10", "v2")
    assert edited(text, "image.digest", "x", create=True) == text.replace(
        "# nothing\r\n", "# nothing\r\n  digest: x\r\n"
    )


VERSIONS = "1e3 1.10 0755 1_000 0o17 yes 12:30 2024-01-02 ~ null 0x1F .5 = <<"


@pytest.mark.parametrize("value", VERSIONS.split())
def test_a_version_stays_a_string(value: str) -> None:
    assert edited("tag: v1\n", "tag", value) == f'tag: "{value}"\n'
    assert edited("tag: 'v1'\n", "tag", value) == f"tag: '{value}'\n"


def refusal(text: str, path: str, value: Any = "new", *, create: bool = False) -> str:
    with pytest.raises(SourceInvalid) as caught:
        edited(text, path, value, create=create)
    return f"{caught.value.code}: {caught.value.detail}"


ANCHORS = "base: &b {tag: 1}\ntop: &t x\nuse: *t\nprod:\n  <<: *b\n  image: y\nlist: [*b]\n"
REFUSED = {
    (VALUES, "imag.tag"): (
        "edit-path-missing: values.yaml:2: imag.tag: the document has no key 'imag'; did you mean 'image'?"
    ),
    (VALUES, "image.tga"): "edit-path-missing: values.yaml:3: image.tga: image has no key 'tga'; did you mean 'tag'?",
    (VALUES, "image.tag.x"): "edit-path-missing: values.yaml:4: image.tag.x: image.tag is a plain value",
    (VALUES, "image.empty.x"): "edit-path-missing: values.yaml:6: image.empty.x: image.empty is empty",
    (VALUES, "image[0]"): "edit-path-missing: values.yaml:3: image[0]: image is no list",
    (VALUES, "containers[2]"): "edit-path-missing: values.yaml:9: containers[2]: containers has 2 elements",
    (VALUES, "containers[name=wbe].image"): (
        "edit-path-missing: values.yaml:9: containers[name=wbe].image:"
        " containers has no element with name=wbe; did you mean 'web'?"
    ),
    (VALUES, "image"): "edit-not-scalar: values.yaml:3: image is a mapping",
    ("", "a"): "edit-path-missing: values.yaml: a: the file is empty",
    ("- {name: a, v: 1}\n- {name: a, v: 2}\n", "[name=a].v"): (
        "edit-path-ambiguous: values.yaml:1, values.yaml:2: [name=a] is there several times"
    ),
    ("a: 1\n---\nb: 1\n---\na: 2\n", "a"): (
        "edit-path-ambiguous: values.yaml:1, values.yaml:5: a is in more than one document"
    ),
    (ANCHORS, "use"): "edit-alias: values.yaml:3: use is the alias *t",
    (ANCHORS, "top"): "edit-alias: values.yaml:2: top is also used by *t on line 3",
    (ANCHORS, "base.tag"): "edit-alias: values.yaml:1: base.tag is also used by *b on line 5",
    (ANCHORS, "list[0].tag"): "edit-alias: values.yaml:7: list[0] is the alias *b",
    (ANCHORS, "prod.tag"): "edit-merge-key: values.yaml:5: prod.tag comes from a merge key (<<)",
    ("a: 1\na: 2\nb: 3\n", "b"): ("yaml-duplicate-key: values.yaml:2:1: document 1: 'a' is here for the second time"),
    ("tag: {{ .Values.tag }}\n", "tag"): (
        "edit-template: it holds {{ }} and is no YAML: values.yaml:1:7: document 1:"
        " a key is a mapping; an unquoted {{ ... }} looks like that"
    ),
    ("tag: '{{ .Values.tag }}'\n", "tag"): "edit-template: values.yaml:1: tag: '{{ .Values.tag }}'",
    ("tag: |\n  x\n", "tag"): "edit-block-scalar: values.yaml:1: tag is a block of text (|)",
    ("a: {x: 1, <<: {x: 2}}\n", "a.x"): (
        "edit-unsafe: values.yaml: setting a.x would change other values too, or not this one"
    ),
    ("a: !!int 1\n", "a"): (
        "edit-unsafe: the file could not be read afterwards: values.yaml:1:4: document 1: cannot read 'new' as !!int"
    ),
    ("a: 'x\n", "a"): (
        "yaml-invalid: values.yaml:2:1: document 1:"
        " while scanning a quoted scalar that begins on line 1, found unexpected end of stream"
    ),
}


@pytest.mark.parametrize(("asked", "words"), REFUSED.items(), ids=lambda item: repr(item)[-30:])
def test_an_edit_that_is_not_what_it_seems_is_refused(asked: tuple[str, str], words: str) -> None:
    assert refusal(*asked) == words


def test_an_anchor_that_nobody_uses_and_a_tag_stay_where_they_are() -> None:
    assert edited("tag: &t 1.0 # c\n", "tag", "2.0") == 'tag: &t "2.0" # c\n'
    assert edited("tag: !!str 1.0 # c\n", "tag", "2.0") == 'tag: !!str "2.0" # c\n'
    assert edited("tag: &t !!str\n", "tag", "x") == "tag: &t !!str x\n"


def test_in_several_documents_the_one_with_the_path_is_edited() -> None:
    assert edited("a: 1\n---\nb: {c: 2}\n", "b.c", "3") == 'a: 1\n---\nb: {c: "3"}\n'


CREATED = {
    ("a:\n  b: 1 # c\n\n# end\n", "a.c"): "a:\n  b: 1 # c\n  c: new\n\n# end\n",
    ("a:\n  b: 1", "a.c"): "a:\n  b: 1\n  c: new",
    ("a:\n  b: |\n    x\n\nz: 1\n", "a.c"): "a:\n  b: |\n    x\n\n  c: new\nz: 1\n",
    ("a:\n  b:\n  - x\n  - y: 1\n", "a.c.d"): "a:\n  b:\n  - x\n  - y: 1\n  c:\n    d: new\n",
    ("a: {b: 1}\n", "a.c.d"): "a: {b: 1, c: {d: new}}\n",
    ("a: {}\n", "a.c"): "a: {c: new}\n",
    ("a:\n", "a.c"): "a: {c: new}\n",
    ("a: ~ # c\n", "a.c.d"): "a: {c: {d: new}} # c\n",
    ("", "a.c"): "a:\n  c: new\n",
    ("# c", "a"): "# c\na: new",
    ("---\n", "a"): "---\na: new\n",
    ("- x: 1\n", "[0].z"): "- x: 1\n  z: new\n",
    ('{"a": {"b": 1}}\n', "a.c.d"): '{"a": {"b": 1, "c": {"d": "new"}}}\n',
}


@pytest.mark.parametrize(("asked", "text"), CREATED.items(), ids=lambda item: repr(item)[:30])
def test_a_key_that_is_not_there_is_added_if_asked(asked: tuple[str, str], text: str) -> None:
    assert edited(*asked, "new", create=True) == text
    assert refusal(*asked).startswith("edit-path-missing")


def test_elements_of_lists_are_never_added() -> None:
    assert refusal("a: [1]\n", "a[1]", create=True).startswith("edit-path-missing")
    assert refusal("a: []\n", "a[name=x].b", create=True).startswith("edit-path-missing")
    assert refusal("a: 1\n", "a.b", create=True).startswith("edit-path-missing")


def test_json_stays_json() -> None:
    text = '{\n\t"image": {"tag": 1, "name": "x", "none": null}\n}\n'
    assert edited(text, "image.tag", "v2") == text.replace("1", '"v2"')
    assert edited(text, "image.name", 'é"') == text.replace('"x"', '"é\\""')
    assert edited(text, "image.none", True) == text.replace("null", "true")


WHOLE = f"image: ghcr.io/acme/shop:1.9@{DIGEST} # c\n"
IMAGES: dict[tuple[str, str], str] = {
    ("tag: '1.9'\n", "tag"): "tag: '1.10'\n",
    ("tag: '1.9'\n", "digest"): f"tag: '{DIGEST}'\n",
    ("tag: '1.9'\n", "tag@digest"): f"tag: '1.10@{DIGEST}'\n",
    ("tag: '1.9'\n", "repository"): "tag: 'ghcr.io/acme/shop'\n",
    ("tag: GHCR.io/acme/shop:1.9@sha256:00\n", "tag"): "tag: GHCR.io/acme/shop:1.10\n",
    ("tag: ghcr.io/acme/shop\n", "digest"): f"tag: ghcr.io/acme/shop@{DIGEST}\n",
    ("tag: ghcr.io/acme/shop:1.9\n", "tag@digest"): f"tag: ghcr.io/acme/shop:1.10@{DIGEST}\n",
    ("tag: ghcr.io/acme/other:1.9\n", "tag"): 'tag: "1.10"\n',
}


@pytest.mark.parametrize(("asked", "text"), IMAGES.items(), ids=repr)
def test_a_part_of_an_image_is_written_and_a_whole_image_keeps_its_name(asked: tuple[str, Any], text: str) -> None:
    before, part = asked
    image: dict[str, Any] = {"repository": "ghcr.io/acme/shop", "tag": "1.10", "digest": DIGEST}
    assert set_image(before.encode(), "tag", **image, part=part, file="values.yaml").decode() == text


def test_a_part_that_the_image_lacks_is_not_written() -> None:
    for part, tag, digest, lacks in (("digest", "1.10", None, "digest"), ("tag@digest", None, DIGEST, "tag")):
        with pytest.raises(SourceInvalid) as caught:
            set_image(b"tag: x\n", "tag", repository="a/b", tag=tag, digest=digest, part=part, file="values.yaml")  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.detail) == ("image-unpinned", f"values.yaml: the image has no {lacks}")
    assert set_image(b"tag: x\n", "tag", repository="a/b", tag="2", digest=None, part="tag@digest", file="v.yaml") == (
        b'tag: "2"\n'
    )


class Written:
    """A random document with comments, odd indents and quotes, and where its scalars are."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.paths: list[tuple[str | int, ...]] = []
        self.lines: list[str] = []
        self.mapping((), 0, 3)

    def scalar(self) -> str:
        text = "".join(self.chance.choices("ab1.:-#'\"é{ ", k=self.chance.randint(0, 6)))
        style: Callable[[str], str] = self.chance.choice([as_string, single_quoted, double_quoted])
        return self.chance.choice([style(text), style(text), "12", "1.50", "yes", "~", "0755"])

    def flow(self, path: tuple[str | int, ...]) -> str:
        items = []
        for index in range(self.chance.randint(1, 3)):
            self.paths.append((*path, index))
            items.append(self.scalar())
        return f"[{', '.join(items)}]"

    def comment(self) -> str:
        return self.chance.choice(["", "", "  # it's {x}: 'y'", " #"])

    def mapping(self, path: tuple[str | int, ...], indent: int, depth: int) -> None:
        for index in range(self.chance.randint(1, 3)):
            key = f"k{index}"
            head = " " * indent + self.chance.choice([key, f"'{key}'", f'"{key}"']) + ":"
            if self.chance.random() < 0.3:
                self.lines.append(self.chance.choice(["", "# a: b", " " * indent + "# - c"]))
            kind = self.chance.choice(["scalar", "scalar", "flow", "mapping", "list"] if depth else ["scalar"])
            if kind == "mapping":
                self.lines.append(head + self.comment())
                self.mapping((*path, key), indent + self.chance.randint(1, 4), depth - 1)
            elif kind == "list":
                self.lines.append(head + self.comment())
                inner = indent + self.chance.randint(0, 2)
                for item in range(2):
                    self.paths.append((*path, key, item))
                    self.lines.append(f"{' ' * inner}- {self.scalar()}{self.comment()}")
            else:
                text = self.flow((*path, key)) if kind == "flow" else self.scalar()
                if kind == "scalar":
                    self.paths.append((*path, key))
                self.lines.append(f"{head} {text}{self.comment()}")


def with_value(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = with_value(data[path[0]], path[1:], value)
    return copy


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.text(st.sampled_from("ab1.:-#'\"é\n@"), max_size=8), st.booleans())
def test_whatever_the_document_only_the_target_changes(chance: random.Random, value: str, windows: bool) -> None:
    written = Written(chance)
    path = chance.choice(written.paths)
    text = "\n".join(written.lines) + chance.choice(["", "\n", "\n\n# end"])
    assume("{{" not in text)
    before = (chance.choice(["", "\ufeff", "# head\n---\n"]) + text).replace("\n", "\r\n" if windows else "\n")
    after = set_value(before.encode(), path, value, file="values.yaml").decode()

    (old,), (new,) = parse_yaml(before.encode(), file="b"), parse_yaml(after.encode(), file="a")
    assert json.dumps(new, sort_keys=True) == json.dumps(with_value(old, path, value), sort_keys=True)
    old_lines, new_lines = before.split("\n"), after.split("\n")
    assert len(old_lines) == len(new_lines)
    changed = [pair for pair in zip(old_lines, new_lines, strict=True) if pair[0] != pair[1]]
    assert len(changed) <= 1
    for was, now in changed:
        tail = next(end for end in ("  # it's {x}: 'y'", " #", "") if was.rstrip("\r").endswith(end))
        assert now.rstrip("\r").endswith(tail)
        assert was.endswith("\r") == now.endswith("\r")
        assert was.partition(":")[0] == now.partition(":")[0] or was.lstrip().startswith("-")


def test_a_placeholder_of_git_lfs_is_told_as_such_and_not_as_a_file_without_the_path() -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"
    for edit in (
        lambda: edited(pointer, "image.tag", "1.11"),
        lambda: edited(pointer, "image.tag", "1.11", create=True),
        lambda: get_value(pointer.encode(), "image.tag", file="values.yaml"),
    ):
        with pytest.raises(SourceInvalid) as caught:
            edit()
        assert (caught.value.code, caught.value.detail) == ("source-lfs", "values.yaml")
