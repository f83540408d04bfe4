"""Data written as YAML is the same data to every reader."""

from __future__ import annotations

import enum
import json
import math
import os
import random
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.render.dump import dump_yaml
from gitpromote.render.parse import parse_yaml
from gitpromote.render.yaml_quote import as_string, double_quoted, is_plain, single_quoted

KUBECTL = shutil.which("kubectl") or shutil.which("kubectl", path=str(Path(sys.executable).parent))


def back(data: Any) -> Any:
    (value,) = parse_yaml(dump_yaml(data).encode(), file="dumped.yaml", strict=True)
    return value


def test_it_is_written_as_people_write_manifests() -> None:
    data = {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "shop", "labels": {}, "annotations": {"on": "true", "note": "two\nlines\n"}},
        "spec": {
            "replicas": 3,
            "ratio": 0.5,
            "paused": False,
            "selector": None,
            "containers": [
                {"name": "web", "image": "ghcr.io/acme/shop:1.10", "args": ["--x=1", "1.10", "a b", "it's", ""]},
                {"name": "sidecar", "command": [], "nested": [[1, [2]], {"a": [{"b": 1}]}]},
            ],
        },
    }
    assert dump_yaml(data) == (
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        "  annotations:\n"
        "    note: |\n"
        "      two\n"
        "      lines\n"
        "    'on': 'true'\n"
        "  labels: {}\n"
        "  name: shop\n"
        "spec:\n"
        "  containers:\n"
        "  - args:\n"
        "    - '--x=1'\n"
        "    - '1.10'\n"
        "    - a b\n"
        "    - it's\n"
        "    - ''\n"
        "    image: ghcr.io/acme/shop:1.10\n"
        "    name: web\n"
        "  - command: []\n"
        "    name: sidecar\n"
        "    nested:\n"
        "    - - 1\n"
        "      - - 2\n"
        "    - a:\n"
        "      - b: 1\n"
        "  paused: false\n"
        "  ratio: 0.5\n"
        "  replicas: 3\n"
        "  selector: null\n"
    )


@pytest.mark.parametrize("text", ["", "x", "a\nb", [], {}, [1], None, True, 0, -1, 1.5, "1e3"])
def test_a_document_may_be_any_value(text: Any) -> None:
    assert back(text) == text


LITERALS = {
    "a\nb\n": "k: |\n  a\n  b\n",
    "a\nb": "k: |-\n  a\n  b\n",
    "a\n\n\n": 'k: "a\\n\\n\\n"\n',
    "\n\na\n \nb\n": "k: |\n\n\n  a\n   \n  b\n",
    " a\nb\n": 'k: " a\\nb\\n"\n',
    "\ta\nb\n": 'k: "\\ta\\nb\\n"\n',
    "\n": 'k: "\\n"\n',
    "a\nb ": 'k: "a\\nb "\n',
    "a\r\nb\n": 'k: "a\\r\\nb\\n"\n',
    "a\n\u2028b\n": 'k: "a\\n\\u2028b\\n"\n',
    "a\x00\n": 'k: "a\\x00\\n"\n',
    "a\n---\n# b: c\n": "k: |\n  a\n  ---\n  # b: c\n",
    "a\n\tb\n": "k: |\n  a\n  \tb\n",
}


@pytest.mark.parametrize(("value", "text"), LITERALS.items(), ids=repr)
def test_lines_stand_as_lines_where_that_is_exact(value: str, text: str) -> None:
    assert dump_yaml({"k": value}) == text
    assert back({"k": value}) == {"k": value}
    assert back([[value]]) == [[value]]


def test_a_long_key_is_announced() -> None:
    data = {"k" * 1024: {"a": [1]}, "l" * 1100: "x", "m\n" * 600: [{"b": 1}]}
    assert back(data) == data
    assert dump_yaml({"k" * 1024: {"a": 1, "b": 2}}) == "? " + "k" * 1024 + "\n: a: 1\n  b: 2\n"


NUMBERS = {1e22: "1.0e+22", 1e-7: "1.0e-07", -1.5e300: "-1.5e+300", 0.1: "0.1", 2.0: "2.0", -(2**63): str(-(2**63))}


@pytest.mark.parametrize(("value", "text"), NUMBERS.items(), ids=repr)
def test_numbers_are_exact_and_numbers_to_everybody(value: float, text: str) -> None:
    assert dump_yaml(value) == f"{text}\n"
    assert back(value) == value
    assert yaml.load(text, yaml.CSafeLoader) == value


class Colour(str, enum.Enum):  # noqa: UP042 - what people still write, and it prints itself differently
    RED = "red"


class Knot(dict[str, Any]):
    def __init__(self) -> None:
        super().__init__(me=self)


UNWRITABLE = [
    ({1: "a"}, "the key 1 is no string"),
    ({"a": 1, 2: "b"}, "the key 2 is no string"),
    ({None: "a"}, "the key None is no string"),
    ([math.inf], "inf (float) is no value that Kubernetes can hold"),
    ({"a": math.nan}, "nan (float) is no value that Kubernetes can hold"),
    (2**63, "9223372036854775808 (int) is no value that Kubernetes can hold"),
    ({"a": {1}}, "{1} (set) is no value that Kubernetes can hold"),
    ({"a": [object()]}, "an object of the type object is no value that Kubernetes can hold"),
    (b"x", "b'x' (bytes) is no value that Kubernetes can hold"),
    (Knot(), "it is nested deeper than 200 levels, or contains itself"),
    ("a\ud800", "a string holds half a surrogate pair, U+D800"),
]


@pytest.mark.parametrize(("data", "words"), UNWRITABLE, ids=lambda value: repr(value)[:20])
def test_what_kubernetes_cannot_hold_is_refused(data: Any, words: str) -> None:
    with pytest.raises(SourceInvalid) as caught:
        dump_yaml(data)
    assert (caught.value.code, caught.value.detail) == ("yaml-value", words)


def test_python_s_own_kinds_of_strings_and_lists_are_written() -> None:
    assert dump_yaml({"a": (1, Colour.RED), "b": Colour.RED, Colour.RED: ()}) == "a:\n- 1\n- red\nb: red\nred: []\n"


STRINGS = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("0123456789abcdefxoEyn.:+-_ TZ~"), max_size=12),
    st.text(st.sampled_from("ab \t\n\r:#-?'\"|>&*!%@{}[],<=\\\x00\x07\x85\u2028\ufeff\ufffe\U0001f600é"), max_size=25),
).filter(lambda text: not any(0xD800 <= ord(character) <= 0xDFFF for character in text))
NUMBER = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
DATA = st.recursive(
    st.one_of(STRINGS, NUMBER, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(STRINGS, inner, max_size=4)),
    max_leaves=20,
)


def plain_numbers(value: Any) -> Any:
    """Kubernetes knows no difference between 2.0 and 2, and goes by the digits that are written."""
    if isinstance(value, dict):
        return {key: plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        whole = int(Decimal(repr(value)))
        return whole if -(2**63) <= whole < 2**63 else value
    return value


@settings(max_examples=100, deadline=None)
@given(DATA)
def test_what_is_written_reads_back(data: Any) -> None:
    assert plain_numbers(back(data)) == plain_numbers(data)
    assert dump_yaml(back(data)) == dump_yaml(json.loads(json.dumps(back(data))))


@settings(max_examples=100, deadline=None)
@given(STRINGS)
def test_a_string_is_a_string_to_readers_of_yaml_1_1_too(text: str) -> None:
    if text.isprintable():
        assert yaml.load(dump_yaml({"k": text}), yaml.CSafeLoader) == {"k": text}
    for written in (as_string(text), single_quoted(text), double_quoted(text)):
        assert parse_yaml(f"[{written}, {{{written}: 1}}]".encode(), file="x.yaml") == [[text, {text: 1}]]


READ_AS_SOMETHING_ELSE = (
    "y Y yes No ON off true NULL ~ 1 1.10 1e3 0755 0o17 0x1F 0b1 1_000 12:30 12:30:45 2024-01-02 .5 .inf 1e10 4e12430"
    " 08 +1 -1 - = << ? : # a: a# .nan inf NaN 1.5e3 1e 0x 1E 685_230.15 190:20:30.15 . *a &a !a @a `a %a {a} [a]"
)
STRINGS_TO_ALL = (
    "a web-1 v1.2.3 1.2.3 1.2.3-rc.1 10.0.0.1 500m 1.5Gi 30s 7f1c9e2 ghcr.io/a/b:1.2@sha256:0 /x a=b a;b it's"
)


def test_words_that_somebody_reads_as_something_else_are_quoted() -> None:
    assert [text for text in READ_AS_SOMETHING_ELSE.split() if is_plain(text)] == []
    assert [text for text in STRINGS_TO_ALL.split() if not is_plain(text)] == []


def test_a_long_text_is_judged_in_one_pass() -> None:
    assert not is_plain("a" * 1_000_000 + "\n")
    assert not is_plain("a " * 500_000 + ":")


def samples() -> list[str]:
    """Short strings of the characters that mean something to YAML, the same in every run."""
    chosen = random.Random(1)
    alphabets = [
        "0123456789.eE+-_:xob",
        "ynYNtrueofals~",
        "ab:#-?'\"|>&*!%@{}[],<=\\ \t\n",
        "é\x85\u2028\ufeff\U0001f600\x07a",
    ]
    words = [*LITERALS, *READ_AS_SOMETHING_ELSE.split(), *STRINGS_TO_ALL.split()]
    return words + [
        "".join(chosen.choices(alphabet, k=chosen.randint(1, 8))) for alphabet in alphabets for _ in range(300)
    ]


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH or beside this Python")
def test_kubectl_reads_every_string_as_what_it_was(tmp_path: Path) -> None:
    strings = samples()
    spec = {"values": strings, "keys": {f"k{index} {text}": index for index, text in enumerate(strings)}}
    data = {"apiVersion": "example.org/v1", "kind": "Sample", "metadata": {"name": "x"}, "spec": spec}
    done = subprocess.run(
        [str(KUBECTL), "annotate", "--local", "-f", "-", "-o", "json", "--", "a=b"],
        input=dump_yaml(data).encode(),
        capture_output=True,
        env={**os.environ, "HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none")},
        check=False,
    )
    assert done.stderr.decode() == ""
    assert json.loads(done.stdout)["spec"] == spec


@pytest.mark.parametrize("text", ["a ", "a  ", "a b ", "a :", "a: ", "a:", "a #", "a # b", "a/ ", "a:b ", "a b: "])
def test_what_would_end_or_begin_something_is_never_plain(text: str) -> None:
    """Python before 3.11.5 matches possessive groups wrongly: there ``"a "`` lost its space."""
    assert (is_plain(text), as_string(text)) == (False, f"'{text}'")
    assert yaml.safe_load(dump_yaml({text: text})) == {text: text}
