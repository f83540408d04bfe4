"""A secret that stands anywhere is found in no output, in whatever form it was copied."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.diff.compare import compare
from gitpromote.diff.fold import fold
from gitpromote.diff.redact import Redactor
from gitpromote.diff.unified import unified
from gitpromote.model.manifest import ManifestSet
from gitpromote.render.dump import dump_yaml
from gitpromote.render.parse import parse_manifests

some = settings(max_examples=50, deadline=None)

#: What a seeded secret may look like: long enough to be looked for, and not by chance part of the scaffold below.
alphabet = "0123456789QWXZqwxz!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\ éßæ中🔑"
secrets = st.text(alphabet, min_size=6, max_size=40).filter(lambda text: text == text.strip() and len(set(text)) > 2)

Place = Callable[[dict[str, Any], str], None]


def in_environment(target: dict[str, Any], text: str) -> None:
    container(target)["env"].append({"name": "COPY", "value": text})


def in_an_argument(target: dict[str, Any], text: str) -> None:
    container(target)["args"].append(text)


def in_an_annotation(target: dict[str, Any], text: str) -> None:
    target["metadata"]["annotations"]["copy"] = text


def in_the_pods_annotations(target: dict[str, Any], text: str) -> None:
    target["spec"]["template"]["metadata"]["annotations"][text] = "key"


def in_noise(target: dict[str, Any], text: str) -> None:
    target["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps({"x": text})


def in_a_matched_key(target: dict[str, Any], text: str) -> None:
    target["spec"]["template"]["spec"]["volumes"].append({"name": text, "emptyDir": {}})


def in_an_unknown_field(target: dict[str, Any], text: str) -> None:
    target["spec"]["unknown"] = [[{"deep": [text]}]]


places: tuple[Place, ...] = (
    in_environment,
    in_an_argument,
    in_an_annotation,
    in_the_pods_annotations,
    in_noise,
    in_a_matched_key,
    in_an_unknown_field,
)

forms: tuple[Callable[[str], str], ...] = (
    lambda secret: secret,
    lambda secret: f"postgres://app:{secret}@db/app",
    lambda secret: json.dumps({"inner": secret}),
    lambda secret: json.dumps({"inner": secret}, ensure_ascii=False),
    lambda secret: json.dumps(json.dumps({"inner": secret})),
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(),
    lambda secret: base64.urlsafe_b64encode(f"us:{secret}:x".encode()).decode(),
    lambda secret: quote(secret, safe=""),
    lambda secret: f"  first\n  {secret}\n  last\n",
)


@some
@given(
    secret=secrets,
    other=secrets,
    encoded=st.booleans(),
    copies=st.lists(st.tuples(st.sampled_from(places), st.sampled_from(forms)), min_size=1, max_size=4),
    with_text=st.booleans(),
)
def test_a_secret_and_its_copies_are_found_in_no_output(
    of_data: Callable[..., ManifestSet],
    secret: str,
    other: str,
    encoded: bool,
    copies: list[tuple[Place, Callable[[str], str]]],
    with_text: bool,
) -> None:
    before = [secret_object(secret, encoded), deployment()]
    after = [secret_object(other, encoded), deployment()]
    for place, form in copies:
        place(after[1], form(secret))
        place(before[1], form(other))
    sides = [through_text(documents) if with_text else of_data(*documents) for documents in (before, after)]
    for text in outputs(*sides):
        for hidden in (secret, other):
            for form in (*forms[:1], *forms[5:9]):
                assert form(hidden) not in text
            assert json.dumps(hidden)[1:-1] not in text
            assert json.dumps(json.dumps(hidden)[1:-1])[1:-1] not in text


@some
@given(secret=secrets, copies=st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True))
def test_masking_hides_no_change(of_data: Callable[..., ManifestSet], secret: str, copies: list[Place]) -> None:
    """Where only one letter of a copy changes, a change is shown."""
    for place in copies:
        before, after = deployment(), deployment()
        place(before, secret)
        place(after, secret + "~")
        rest = secret_object(secret, False)
        changes = compare(of_data(rest, before), of_data(copy.deepcopy(rest), after))
        assert [change.object.kind for change in changes.changes] == ["Deployment"]
        (change,) = changes.changes
        assert len(change.fields) + len(change.noise) in (1, 2)
        for field in (*change.fields, *change.noise):
            assert field.op != "replace" or field.before != field.after


telling = st.sampled_from(
    [
        "ghp_" + "aB3" * 12,
        "AKIA" + "ABCDEFGH12345678",
        "https://user:hunter2pass@example.com/x",
        "redis://:hunter2pass@cache:6379",
        "-----BEGIN PRIVATE KEY-----\nabcdef0123456789\n-----END PRIVATE KEY-----\n",
        "Authorization: Bearer abc123abc123abc123",
        "Authorization: Basic dXNlcjpodW50ZXIycGFzcw==",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
        "user = app\npassword = hunter2pass\n",
        "run --db-password hunter2pass --verbose",
        "--api-key=hunter2pass",
        "no secret at all, but a rather long text that emitters like to fold " * 3,
    ]
)
words = st.sampled_from(
    [
        *("db", "password", "passwd", "pass", "pwd", "secret", "secrets", "token", "api", "key", "private"),
        *("credentials", "authorization", "psk", "old", "2", "url", "ref", "base64"),
    ]
)
styles: list[Callable[[list[str]], str]] = [
    "_".join,
    ".".join,
    "-".join,
    "/".join,
    lambda parts: "_".join(parts).upper(),
    lambda parts: parts[0] + "".join(part.title() for part in parts[1:]),
    "".join,
]
parts_of_names = st.lists(words, min_size=1, max_size=3)
telling_names = st.builds(lambda parts, style: style(parts), parts_of_names, st.sampled_from(styles))
names = telling_names | st.sampled_from(
    ["DB_PASSWORD", "API_KEY", "api key", "TOKEN_URL", "clientSecret", "MODE", "x.y/apiKey", "PASS"]
)


@some
@given(
    values=st.lists(st.tuples(names, telling, telling), min_size=1, max_size=4),
    style=st.sampled_from(["ours", "yaml", "json", "wide"]),
)
def test_what_is_told_from_the_text_alone_hides_no_less(
    of_data: Callable[..., ManifestSet], values: list[tuple[str, str, str]], style: str
) -> None:
    """Most manifests are not walked through, because nothing in their text hints at a secret."""
    before, after = deployment(), deployment()
    for name, old, new in values:
        for side, value in ((before, old), (after, new)):
            container(side)["env"].append({"name": name, "value": value})
            container(side)["args"] += ["--" + name.lower(), value]
            side["metadata"]["annotations"][name] = value
            side["spec"][name] = value
    from_text = compare(written(before, style), written(after, style))
    assert from_text == compare(of_data(before), of_data(after))
    assert "hunter2pass" not in repr(from_text)
    assert "aB3aB3" not in repr(from_text)


def written(document: dict[str, Any], style: str) -> ManifestSet:
    styles: dict[str, Callable[[dict[str, Any]], str]] = {
        "ours": dump_yaml,
        "yaml": lambda data: yaml.dump(data, width=20),
        "wide": lambda data: yaml.dump(data, width=1000, default_style='"'),
        "json": json.dumps,
    }
    return parse_manifests(styles[style](document).encode(), file="all.yaml").manifests


def outputs(before: ManifestSet, after: ManifestSet) -> Iterator[str]:
    redactor = Redactor(before, after)
    changes = compare(before, after)
    yield repr(changes)
    yield str(changes)
    yield changes.model_dump_json()
    yield json.dumps(changes.model_dump(mode="json"), ensure_ascii=False)
    yield repr(compare(after, before, redactor=redactor))
    yield repr(compare(ManifestSet(), after, redactor=redactor))
    yield repr(compare(before, ManifestSet(), redactor=redactor))
    yield repr(fold({"test": changes, "prod": changes}))
    for side in (before, after):
        for ref, manifest in side.items():
            masked = redactor.masked(manifest)
            yield repr(masked)
            yield dump_yaml(masked.data)
            yield redactor.scrub(f"error: {dump_yaml(manifest.data)}")
            yield unified(before.get(ref), after.get(ref), redactor=redactor, dump=dump_yaml)


def through_text(documents: list[dict[str, Any]]) -> ManifestSet:
    text = "---\n".join(dump_yaml(document) for document in documents)
    return parse_manifests(text.encode(), file="all.yaml").manifests


def container(target: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = target["spec"]["template"]["spec"]["containers"][0]
    return found


def secret_object(value: str, encoded: bool) -> dict[str, Any]:
    part = {"data": {"key": base64.b64encode(value.encode()).decode()}} if encoded else {"stringData": {"key": value}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **part}


def deployment() -> dict[str, Any]:
    pod = {"containers": [{"name": "c", "env": [], "args": []}], "volumes": []}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "annotations": {}},
        "spec": {"template": {"metadata": {"annotations": {}}, "spec": pod}},
    }
