"""The plain difference of two manifests."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from gitpromote.diff import unified as module
from gitpromote.diff.redact import Redactor
from gitpromote.diff.unified import unified
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.render.dump import dump_yaml

Parsed = Callable[..., ManifestSet]

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: shop}}\nstringData: {{a: {}, b: same-value}}\n"


def sides(parsed: Parsed, before: str, after: str) -> tuple[Manifest | None, Manifest | None, Redactor]:
    old, new = parsed(before), parsed(after)
    return next(iter(old.values()), None), next(iter(new.values()), None), Redactor(old, new)


def test_secrets_are_masked_in_the_plain_difference(parsed: Parsed) -> None:
    old, new, redactor = sides(parsed, SECRET.format("hunter2-x"), SECRET.format("hunter3-y"))
    assert unified(old, new, redactor=redactor, dump=dump_yaml, context=1) == dedent(
        """\
        --- v1/Secret shop/s (all.yaml:1)
        +++ v1/Secret shop/s (all.yaml:1)
        @@ -6,3 +6,3 @@
         stringData:
        -  a: '(sensitive ①)'
        +  a: '(sensitive ③)'
           b: '(sensitive ②)'
        """
    )


def test_a_created_object_comes_from_nowhere(parsed: Parsed) -> None:
    old, new, redactor = sides(parsed, "", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    created = unified(old, new, redactor=redactor, dump=dump_yaml)
    assert created == dedent(
        """\
        --- /dev/null
        +++ v1/ConfigMap c (all.yaml:1)
        @@ -0,0 +1,4 @@
        +apiVersion: v1
        +kind: ConfigMap
        +metadata:
        +  name: c
        """
    )
    assert unified(new, old, redactor=redactor, dump=dump_yaml).splitlines()[:2] == [
        "--- v1/ConfigMap c (all.yaml:1)",
        "+++ /dev/null",
    ]


def test_equal_manifests_differ_in_nothing(parsed: Parsed) -> None:
    old, new, redactor = sides(parsed, SECRET.format("hunter2-x"), SECRET.format('"hunter2-x"'))
    assert unified(old, new, redactor=redactor, dump=dump_yaml) == ""


def test_very_long_manifests_are_not_matched_line_by_line(parsed: Parsed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MATCH_UP_TO", 4)
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
    old, new, redactor = sides(parsed, text, text + "data: {a: b}\n")
    assert unified(old, new, redactor=redactor, dump=dump_yaml) == dedent(
        """\
        --- v1/ConfigMap c (all.yaml:1)
        +++ v1/ConfigMap c (all.yaml:1)
        @@ -1,4 +1,6 @@
        -apiVersion: v1
        -kind: ConfigMap
        -metadata:
        -  name: c
        +apiVersion: v1
        +data:
        +  a: b
        +kind: ConfigMap
        +metadata:
        +  name: c
        """
    )
    assert unified(old, old, redactor=redactor, dump=dump_yaml) == ""
