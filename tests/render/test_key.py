"""Equal keys for equal renders, and for no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitpromote.model.render import ChainSpec, Closure, HelmSpec, KustomizeSpec, PlainSpec, PythonSpec, RendererTool
from gitpromote.render.key import render_key

TOOL = RendererTool("helm", ("/usr/bin/helm",), "3.17.3", "ab" * 32)
CLOSURE = Closure((("a.yaml", "100644", "1" * 40), ("b", "040000", "2" * 40)))
SPEC = HelmSpec(chart="b", release="shop", values=("a.yaml",), set=(("x", "1"),))
BASE: dict[str, Any] = {"spec": SPEC, "closure": CLOSURE, "tools": [TOOL]}


def key(**changed: Any) -> str:
    given = {**BASE, **changed}
    return render_key(given.pop("spec"), given.pop("closure"), **given)


def test_a_key_is_the_same_on_every_machine() -> None:
    assert key() == "25d5718725e0fac22da87fd846e6422ac4ed34eee12377b44c0ce993c2d80aaa"


@pytest.mark.parametrize(
    "changed",
    [
        {"spec": replace(SPEC, release="other")},
        {"spec": replace(SPEC, namespace="other")},
        {"spec": replace(SPEC, values=())},
        {"spec": replace(SPEC, set=(("x", 1),))},
        {"spec": replace(SPEC, set=(("x", "2"),))},
        {"spec": replace(SPEC, kube_version="1.30.0")},
        {"spec": replace(SPEC, api_versions=("acme/v1",))},
        {"spec": KustomizeSpec(path="b")},
        {"spec": PlainSpec(path="b")},
        {"spec": ChainSpec(first=SPEC, second=KustomizeSpec(path="b"))},
        {"spec": PythonSpec(function="m:f", file="m.py", code="ab")},
        {"spec": PythonSpec(function="m:f", file="m.py", code="cd")},
        {"closure": Closure(CLOSURE.reads[:1])},
        {"closure": Closure((("a.yaml", "100755", "1" * 40), CLOSURE.reads[1]))},
        {"closure": Closure((("a.yaml", "100644", "3" * 40), CLOSURE.reads[1]))},
        {"closure": Closure((("c.yaml", "100644", "1" * 40), CLOSURE.reads[1]))},
        {"closure": replace(CLOSURE, copies=(("x", "y"),))},
        {"tools": []},
        {"tools": [replace(TOOL, sha256="cd" * 32)]},
        {"tools": [replace(TOOL, version="3.17.4")]},
        {"edits": [["images", "shop", "1.2.3"]]},
        {"files": "per-app"},
        {"files": "per-app", "app": "shop"},
        {"object_format": "sha256"},
    ],
)
def test_whatever_can_change_the_output_changes_the_key(changed: dict[str, Any]) -> None:
    assert key(**changed) != key()


@pytest.mark.parametrize(
    "changed",
    [
        {"tools": [replace(TOOL, command=("/opt/helm",))]},
        {"spec": replace(SPEC, version="3.17")},
        {"closure": replace(CLOSURE, absent=("c",), tools=("helm",))},
        {"app": "shop"},
        {"edits": None},
    ],
)
def test_what_cannot_change_the_output_does_not_change_the_key(changed: dict[str, Any]) -> None:
    assert key(**changed) == key()


def test_a_path_that_is_no_utf8_has_a_key_too() -> None:
    odd = b"caf\xe9.yaml".decode("utf-8", "surrogateescape")
    spec = KustomizeSpec(path=odd)
    assert key(spec=spec, closure=Closure(((odd, "100644", "1" * 40),))) != key(spec=spec)
