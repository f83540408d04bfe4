"""A stream of documents becomes manifests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest
from gitpromote.render.dump import dump_yaml
from gitpromote.render.parse import Piece, parse_manifests, parse_pieces, parse_yaml, split_documents

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def read(text: str, *, app: str = "") -> list[Manifest]:
    return list(parse_manifests(text.encode(), file="out.yaml", app=app).manifests.values())


def failure(text: str) -> str:
    with pytest.raises(SourceInvalid) as caught:
        read(text)
    return f"{caught.value.code}: {caught.value.detail}"


def test_a_manifest_knows_what_it_is_and_where_it_was() -> None:
    text = "---\n# Source: shop/templates/app.yaml\napiVersion: apps/v1\nkind: Deployment\n"
    text += "metadata: {name: shop, namespace: prod}\n---\n\n" + CONFIG
    deployment, config = read(text, app="shop")
    assert str(deployment.ref) == "apps/Deployment prod/shop"
    assert (deployment.version, deployment.line, deployment.app) == ("v1", 2, "shop")
    assert deployment.text.startswith("# Source: shop/templates/app.yaml\napiVersion: apps/v1\n")
    assert config.ref == ("", "ConfigMap", "", "a")
    assert config.place == "out.yaml:8"
    assert config.data == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


def test_documents_without_an_object_are_passed_over() -> None:
    text = f"\n---\n# nothing\n---\nnull\n---\n~\n--- # here\n{CONFIG}---\n   \n---\n"
    assert [(manifest.text, manifest.line) for manifest in read(text)] == [(CONFIG, 9)]


@pytest.mark.parametrize(
    ("stream", "texts"),
    [
        (CONFIG, [CONFIG]),
        (CONFIG.rstrip(), [CONFIG]),
        (f"\ufeff{CONFIG}", [CONFIG]),
        (f"\n\n{CONFIG}\n\n", [CONFIG]),
        (CONFIG.replace("\n", "\r\n") + "\r\n---\r\n", [CONFIG.replace("\n", "\r\n")]),
        (f"{CONFIG}data:\n  k: |+\n    x\n\n\n---\n# end\n", [f"{CONFIG}data:\n  k: |+\n    x\n\n\n"]),
        (f"{CONFIG}data:\n  k: |\n    ---\n    x\n", [f"{CONFIG}data:\n  k: |\n    ---\n    x\n"]),
        (f"{CONFIG}...\n", [f"{CONFIG}...\n"]),
    ],
)
def test_a_manifest_keeps_the_text_that_it_was_written_in(stream: str, texts: list[str]) -> None:
    manifests = read(stream)
    assert [manifest.text for manifest in manifests] == texts
    assert [read(manifest.text)[0].data for manifest in manifests] == [manifest.data for manifest in manifests]


def test_the_items_of_a_list_are_objects_of_their_own() -> None:
    (role, pod) = read(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems:\n- metadata: {name: r}\n"
        "- {kind: Pod, apiVersion: v1, metadata: {name: p, namespace: ns}}\n"
    )
    assert role.text == "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: r\n"
    assert str(pod.ref) == "Pod ns/p"
    assert read("apiVersion: v1\nkind: List\nitems:\n") == []
    assert read("apiVersion: v1\nkind: List\nitems: []\n") == []


def test_json_is_read_as_json() -> None:
    smile = r'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "\ud83d\ude00\ud83d"}}'
    (one,) = read(smile)
    assert one.data["data"] == {"k": "\U0001f600\ufffd"}
    assert one.text == smile + "\n"
    two = [manifest.text for manifest in read(smile + "\n" + smile.replace('"a"', '"b"'))]
    assert two == [dump_yaml(one.data), dump_yaml({**one.data, "metadata": {"name": "b"}})]
    numbers = (
        '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "n": [1.0, -0, 1e3, 1e-7, 9223372036854775808]}'
    )
    assert json.dumps(read(numbers)[0].data["n"]) == "[1, 0, 1000, 1e-07, 9.223372036854776e+18]"
    assert failure('{"a":' * 100_000) == "yaml-too-deep: out.yaml:1: document 1: more than 200 levels"
    assert failure('{"a": 1e999}') == "yaml-invalid: out.yaml:1: document 1: '1e999' is no number that JSON can hold"


def test_a_repeated_key_in_json_warns_too() -> None:
    text = b'\n\n{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "k": 1, "k": 2}'
    assert [str(warning) for warning in parse_manifests(text, file="a.json").warnings] == [
        "a.json:3: document 1: the key 'k' appears twice; the last one counts  [yaml-duplicate-key]"
    ]


NOT_OBJECTS = {
    "- a\n": "manifest-invalid: out.yaml:1: document 1: it is a list, not a mapping",
    "---\nfoo\n": "manifest-invalid: out.yaml:2: document 2: it is a string, not a mapping",
    "kind: A\nmetadata: {name: x}\n": "manifest-invalid: out.yaml:1: document 1 (A x): apiVersion is missing",
    "apiVersion: v1\nmetadata: {name: x}\n": "manifest-invalid: out.yaml:1: document 1 (x): kind is missing",
    "apiVersion: v1\nkind: yes\nmetadata: {name: x}\n": (
        "manifest-invalid: out.yaml:1: document 1 (x): kind is the boolean true, not a string; quote it"
    ),
    "apiVersion: 1.5\nkind: A\n": (
        "manifest-invalid: out.yaml:1: document 1 (A): apiVersion is the number 1.5, not a string; quote it"
    ),
    "apiVersion: a/b/c\nkind: A\nmetadata: {name: x}\n": (
        "manifest-invalid: out.yaml:1: document 1 (A x): apiVersion 'a/b/c' is neither VERSION nor GROUP/VERSION"
    ),
    "apiVersion: v1\nkind: A\n": "manifest-invalid: out.yaml:1: document 1 (A): metadata is missing",
    "apiVersion: v1\nkind: A\nmetadata: [x]\n": (
        "manifest-invalid: out.yaml:1: document 1 (A): metadata is a list, not a mapping"
    ),
    "apiVersion: v1\nkind: A\nmetadata: {name: 12}\n": (
        "manifest-invalid: out.yaml:1: document 1 (A): metadata.name is the number 12, not a string; quote it"
    ),
    "apiVersion: v1\nkind: A\nmetadata: {}\n": "manifest-invalid: out.yaml:1: document 1 (A): metadata.name is missing",
    "apiVersion: v1\nkind: A\nmetadata: {name: x, namespace: no}\n": (
        "manifest-invalid: out.yaml:1: document 1 (A x):"
        " metadata.namespace is the boolean false, not a string; quote it"
    ),
    "apiVersion: v1\nkind: Job\nmetadata: {generateName: run-}\n": (
        "generate-name: out.yaml:1: document 1 (Job): metadata.generateName is 'run-'"
    ),
    "apiVersion: v1\nkind: List\nitems: [1]\n": (
        "manifest-invalid: out.yaml:1: document 1: item 1 of the List is the number 1"
    ),
    "apiVersion: v1\nkind: List\nitems: [{kind: List, items: []}]\n": (
        "manifest-invalid: out.yaml:1: document 1: item 1 of the List is a List of its own"
    ),
    "a: 1\r---\rb: 2\r": (
        "yaml-hidden-document: out.yaml:1: document 1: another one begins in it, which Kubernetes does not see"
    ),
    f"{CONFIG}...\n{CONFIG}": ("yaml-invalid: out.yaml:6:1: document 2: did not find expected <document start>"),
    f"{CONFIG}--- {{a: b}}\n": "yaml-separator: out.yaml:5: document 2: {a: b}",
    f"{CONFIG}---\n{CONFIG}": "duplicate-object: v1/ConfigMap a: out.yaml:1 and out.yaml:6",
    f"%YAML 1.2\n---\n{CONFIG}": ("yaml-invalid: out.yaml:2:1: document 1: did not find expected <document start>"),
}


@pytest.mark.parametrize(("text", "words"), NOT_OBJECTS.items(), ids=lambda text: repr(text[:24]))
def test_what_is_no_object_is_told_with_its_place(text: str, words: str) -> None:
    assert failure(text) == words


def test_pieces_can_be_read_without_the_others() -> None:
    text = f"{CONFIG}---\n\n{CONFIG.replace('name: a', 'name: b')}"
    first, second = split_documents(text, file="out.yaml")
    assert (first, second.line, second.number) == (Piece(CONFIG, 1, 1), 7, 2)
    (manifest,) = parse_pieces([second], file="out.yaml", app="shop").manifests.values()
    assert (manifest.place, manifest.ref.name, manifest.app) == ("out.yaml:7", "b", "shop")


def test_any_yaml_is_read_as_data() -> None:
    assert parse_yaml(b"", file="k.yaml") == []
    assert parse_yaml(b"# only this\n", file="k.yaml") == []
    assert parse_yaml(b"---\n---\na: on\n", file="k.yaml") == [None, {"a": True}]
    assert parse_yaml(b"\xef\xbb\xbf%YAML 1.1\n--- {a: 1}\n...\n", file="k.yaml") == [{"a": 1}]


WORDS = st.text(st.sampled_from("ab: #-'\"\n"), max_size=8)
OBJECTS = st.lists(st.dictionaries(WORDS, st.one_of(WORDS, st.integers(-5, 5), st.lists(WORDS))), max_size=4)


@settings(max_examples=60, deadline=None)
@given(OBJECTS, st.sampled_from(["---\n", "\n---\n\n", "--- # x\n", "---\n# c\n---\n"]))
def test_joining_and_splitting_gives_the_same_objects(specs: list[dict[str, Any]], separator: str) -> None:
    objects = [
        {"apiVersion": "v1", "kind": "A", "metadata": {"name": str(index)}, "spec": spec}
        for index, spec in enumerate(specs)
    ]
    stream = separator.join(dump_yaml(one) for one in objects)
    manifests = read(stream)
    assert [manifest.data for manifest in manifests] == objects
    assert read("---\n".join(manifest.text for manifest in manifests)) != [] or not objects
    lines = stream.split("\n")
    assert all(lines[manifest.line - 1] in ("# c", "apiVersion: v1") for manifest in manifests)
