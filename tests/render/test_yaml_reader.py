"""YAML as Kubernetes reads it.

The case files hold what ``kubectl annotate --local -o json`` (sigs.k8s.io/yaml) made of each document; a float is
``{"number": "<its text>"}``. kubectl prints integers beyond 64 bits as floats.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import ConfigurationError, SourceInvalid
from gitpromote.render import yaml_text
from gitpromote.render.parse import parse_manifests, parse_yaml
from gitpromote.render.yaml_reader import Limits

FOLDER = Path(__file__).parents[1] / "cases"
FILES = ("yaml-as-kubernetes-reads-it.json", "yaml-more-as-kubernetes-reads-it.json")
CASES = [case for file in FILES for case in json.loads((FOLDER / file).read_text())]


def as_read(value: Any) -> Any:
    """What a case says, in the numbers that we use."""
    if isinstance(value, dict):
        if set(value) == {"number"}:
            return float(value["number"])
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return float(value) if type(value) is int and not -(2**63) <= value < 2**63 else value


def text_of(value: Any) -> str:
    """JSON text, in which True is not 1 and 1.0 is not 1."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_document_is_read_as_kubectl_reads_it(case: dict[str, Any]) -> None:
    if case.get("error"):
        with pytest.raises(SourceInvalid) as caught:
            parse_manifests(case["yaml"].encode(), file="case.yaml")
        assert caught.value.detail.startswith("case.yaml:")
        return
    (manifest,) = parse_manifests(case["yaml"].encode(), file="case.yaml").manifests.values()
    assert text_of(manifest.data["spec"]) == text_of(as_read(case["spec"]))


def detail(data: str | bytes, *, strict: bool = False) -> str:
    with pytest.raises(SourceInvalid) as caught:
        parse_yaml(data.encode() if isinstance(data, str) else data, file="values.yaml", strict=strict)
    return f"{caught.value.code}: {caught.value.detail}"


UNREADABLE = {
    "a: b: c\n": "yaml-invalid: values.yaml:1:5: document 1: mapping values are not allowed in this context",
    "a:\n\tb: 1\n": (
        "yaml-invalid: values.yaml:2:1: document 1:"
        " while scanning for the next token, found character that cannot start any token (a tab)"
    ),
    "a: 1\nb: 'x\nc: 1\n": (
        "yaml-invalid: values.yaml:4:1: document 1:"
        " while scanning a quoted scalar that begins on line 2, found unexpected end of stream"
    ),
    "---\na: 1\n---\nb: x\x07y\n": "yaml-invalid: values.yaml:4:5: the character U+0007 is not allowed",
    "a: 1\nb: *x\n": "yaml-invalid: values.yaml:2:4: document 1: the anchor 'x' is not known",
    "a: &x\n  b: *x\n": "yaml-invalid: values.yaml:2:6: document 1: the anchor 'x' contains itself",
    "a: .inf\n": "yaml-invalid: values.yaml:1:4: document 1: '.inf' is no number that JSON can hold",
    "a:\n- b\n- .nan\n": "yaml-invalid: values.yaml:3:3: document 1: '.nan' is no number that JSON can hold",
    "~: 1\n": "yaml-invalid: values.yaml:1:1: document 1: a key is null",
    "a: {{ .Values.tag }}\n": (
        "yaml-invalid: values.yaml:1:5: document 1: a key is a mapping; an unquoted {{ ... }} looks like that"
    ),
    "? [a]\n: 1\n": "yaml-invalid: values.yaml:1:3: document 1: a key is a list",
    "a: !!int x\n": "yaml-invalid: values.yaml:1:4: document 1: cannot read 'x' as !!int",
    "a: !!binary x\n": "yaml-invalid: values.yaml:1:4: document 1: !!binary is no valid base64",
    "<<: 1\n": "yaml-invalid: values.yaml:1:5: document 1: the merge key << wants a mapping or a list of mappings",
    "[" * 201: "yaml-too-deep: values.yaml:1:201: document 1: more than 200 levels",
    "[" * 200_000: "yaml-too-deep: values.yaml:1:201: document 1: more than 200 levels",
    "- " * 200_000: "yaml-too-deep: values.yaml:1:401: document 1: more than 200 levels",
}


@pytest.mark.parametrize(("text", "words"), UNREADABLE.items(), ids=lambda text: repr(text[:20]))
def test_what_cannot_be_read_has_a_file_a_line_a_column_a_document_and_a_reason(text: str, words: str) -> None:
    assert detail(text) == words


def test_bytes_that_are_not_utf8_have_an_offset() -> None:
    assert detail(b"a: 1\nb: caf\xe9\n") == "not-utf8: values.yaml:2: byte 0xe9 at offset 11"
    assert detail("a: 1\n".encode("utf-16")) == (
        "not-utf8: values.yaml:1: byte 0xff at offset 0; it begins like UTF-16"
    )


def test_200_levels_are_read() -> None:
    (value,) = parse_yaml(("[" * 200 + "]" * 200).encode(), file="values.yaml")
    assert json.dumps(value) == "[" * 200 + "]" * 200


def billion(link: Callable[[int], str], rounds: int = 12) -> str:
    return "".join(f"a{index}: &a{index} {link(index)}\n" for index in range(rounds))


BOMBS = {
    "lists": billion(lambda index: f"[{', '.join([f'*a{index - 1}'] * 9)}]" if index else "[x]"),
    "mappings": billion(lambda i: "{" + ", ".join(f"k{n}: *a{i - 1}" for n in range(9)) + "}" if i else "{k: x}"),
    "merged": billion(lambda i: "{<<: {" + ", ".join(f"k{n}: *a{i - 1}" for n in range(9)) + "}}" if i else "{k: x}"),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_billion_laughs_are_not_laughed(text: str) -> None:
    assert detail(text).startswith("yaml-alias-bomb: values.yaml:6:")
    assert detail(text).endswith("aliases stand for more than 100000 values")


def test_aliases_cannot_nest_deeper_than_brackets() -> None:
    words = detail(billion(lambda index: f"[*a{index - 1}]" if index else "[x]", rounds=400))
    assert words.startswith("yaml-too-deep: values.yaml:200:")
    assert words.endswith("more than 200 levels, by the alias 'a198'")


def test_what_an_alias_stands_for_is_a_value_of_its_own() -> None:
    (value,) = parse_yaml(b"a: &a {b: [1]}\nc: *a\n", file="values.yaml")
    value["a"]["b"].append(2)
    assert value["c"] == {"b": [1]}


def test_an_anchor_counts_in_its_own_document_alone() -> None:
    assert detail("a: &x 1\n---\nb: *x\n").endswith("document 2: the anchor 'x' is not known")


def test_a_repeated_key_counts_last_and_warns() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: first\n  k: last\n"
    parsed = parse_manifests(f"---\n{text}".encode(), file="render")
    (manifest,) = parsed.manifests.values()
    assert manifest.data["data"] == {"k": "last"}
    assert [str(warning) for warning in parsed.warnings] == [
        "render:7: document 2: the key 'k' appears twice; the last one counts  [yaml-duplicate-key]"
    ]


def test_a_repeated_key_is_an_error_in_what_is_edited() -> None:
    assert detail("a: 1\nb: 2\n'a': 3\n", strict=True) == (
        "yaml-duplicate-key: values.yaml:3:1: document 1: 'a' is here for the second time"
    )
    assert parse_yaml(b"a: 1\na: 3\n", file="values.yaml") == [{"a": 3}]


def test_a_key_that_overrides_a_merged_one_is_not_repeated() -> None:
    text = b"a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\n"
    assert parse_yaml(text, file="values.yaml", strict=True) == [{"a": {"x": 1}, "b": {"x": 2}}]
    assert detail("a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\n  x: 3\n", strict=True).startswith("yaml-duplicate-key")


SMALL = Limits(stream=100, document=50, documents=3)


def test_sizes_and_numbers_are_capped() -> None:
    for data, words in {
        b"x" * 101: "f.yaml: 101 bytes, more than 100",
        b"a: " + "é".encode() * 24: "f.yaml:1: document 1: a document of 52 bytes, more than 50",
        b"---\n" * 3: "f.yaml:4: more than 3 documents",
    }.items():
        with pytest.raises(SourceInvalid) as caught:
            parse_manifests(data, file="f.yaml", limits=SMALL)
        assert (caught.value.code, caught.value.detail) == ("yaml-too-large", words)
    with pytest.raises(SourceInvalid) as caught:
        parse_yaml(b"---\n" * 4, file="f.yaml", limits=SMALL)
    assert caught.value.detail == "f.yaml:4:1: document 5: more than 3 documents"


def test_a_hundred_megabytes_are_refused_before_they_are_read() -> None:
    assert detail(bytes(100_000_000)) == "yaml-too-large: values.yaml: 100000000 bytes, more than 67108864"


def test_a_caller_that_is_deep_itself_gets_an_error_of_ours() -> None:
    def deep(levels: int) -> Any:
        return deep(levels - 1) if levels else parse_yaml(("[" * 150 + "]" * 150).encode(), file="values.yaml")

    used = len(inspect.stack(0))
    with pytest.raises(SourceInvalid) as caught:
        deep(sys.getrecursionlimit() - used - 60)
    assert caught.value.code == "yaml-too-deep"


def test_without_libyaml_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "CParser", None)
    with pytest.raises(ConfigurationError) as caught:
        parse_yaml(b"a: 1\n", file="values.yaml")
    assert str(caught.value) == (
        "PyYAML was installed without libyaml  [yaml-parser-missing]\n"
        "Manifests are read with libyaml's parser, which PyYAML's wheels bring along.\n"
        "python -m pip install --force-reinstall --only-binary :all: pyyaml"
    )


NASTY = st.text(st.sampled_from("ab01.-:?#&*!|>'\"%@`{}[],<~= \t\n\r\x00\x85\u2028\ufeff\U0001f600é\\"), max_size=40)


@settings(max_examples=100, deadline=None)
@given(st.one_of(NASTY.map(str.encode), st.binary(max_size=40)))
def test_no_input_raises_anything_but_our_own_error(data: bytes) -> None:
    for read in (parse_yaml, parse_manifests):
        try:
            read(data, file="f.yaml")
        except SourceInvalid as error:
            assert error.detail.startswith("f.yaml")


@settings(max_examples=100, deadline=None)
@given(NASTY)
def test_structure_is_what_the_parser_says(text: str) -> None:
    """With every scalar a string, PyYAML's own loader is the oracle."""
    try:
        expected = list(yaml.load_all(text.replace("<<", ""), yaml.CBaseLoader))
    except (yaml.YAMLError, TypeError):
        return
    try:
        actual = parse_yaml(text.replace("<<", "").encode(), file="f.yaml")
    except SourceInvalid as error:
        assert "a key is" in error.detail or "no number" in error.detail or "!" in text or "\ufeff" in text
        return
    assert len(actual) == len(expected)
    assert [shape(value) for value in actual] == [shape(value) for value in expected]


def shape(value: Any) -> Any:
    if isinstance(value, list):
        return [shape(item) for item in value]
    return sorted(type(item).__name__ in ("dict", "list") for item in value.values()) if isinstance(value, dict) else 0
