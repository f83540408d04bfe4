"""What the tests of packs have in common: a Scene of a case, and what a rule says of it as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitpromote.diff.compare import compare
from gitpromote.model.change import path_text
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.renderer import Plain
from gitpromote.model.resolved import ResolvedApp, ResolvedEnvironment, ResolvedTarget
from gitpromote.policy.packs import PACKS
from gitpromote.policy.scene import Scene
from gitpromote.render.parse import parse_manifests

CASES = Path(__file__).parents[2] / "cases"
_WITH_NAMESPACE = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"})

Case = dict[str, Any]


def _object(data: Mapping[str, Any]) -> dict[str, Any]:
    """``pod:`` stands for a Deployment of that pod; a name and a namespace are given where there are none."""
    data = dict(data)
    if "pod" in data:
        spec = data.pop("pod")
        metadata = {"labels": data.pop("labels", {"app": "web"}), "annotations": data.pop("annotations", {})}
        data = {"apiVersion": "apps/v1", "kind": "Deployment", **data}
        data["spec"] = {**data.get("spec", {}), "template": {"metadata": metadata, "spec": spec}}
    metadata = {"name": "web", **data.get("metadata", {})}
    if data["kind"] not in _WITH_NAMESPACE:
        metadata.setdefault("namespace", "shop")
    return {**data, "metadata": metadata}


def _manifests(documents: Iterable[Mapping[str, Any]]) -> ManifestSet:
    found = []
    for document in documents:
        app = document.get("app", "")
        rest = {key: value for key, value in document.items() if key != "app"}
        text = yaml.safe_dump(_object(rest), allow_unicode=True)
        found += parse_manifests(text.encode(), file="all.yaml", app=app).manifests.values()
    return ManifestSet.from_iterable(found)


def _scene(case: Mapping[str, Any]) -> Scene:
    objects, before = _manifests(case.get("objects", ())), _manifests(case.get("before", ()))
    apps = tuple(
        ResolvedApp(
            name=name,
            renderer=Plain("."),
            **{key: tuple(value) if key == "after" else value for key, value in app.items()},
        )
        for name, app in case.get("apps", {}).items()
    )
    return Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(
            name=case.get("environment", "prod"),
            target=ResolvedTarget(kind="directory"),
            apps=apps,
            after=tuple(case.get("after", ())),
        ),
        occasion="promote",
        objects=objects,
        before=before,
        changes=compare(before, objects).changes,
        others={name: _manifests(some) for name, some in case.get("others", {}).items()},
    )


def _told(finding: Finding) -> str:
    """``Kind name path: message``."""
    where = f"{finding.object.kind} {finding.object.name}" if finding.object else "-"
    return f"{where} {path_text(finding.path)}: {finding.message}"


def _judged(rule: str, case: Mapping[str, Any]) -> list[str]:
    """What one rule, ``pack/rule``, says of a case, as text; its settings are sound."""
    name, _, check = rule.partition("/")
    pack, settings = PACKS[name], case.get("settings", {})
    assert not list(pack.faults(settings))
    findings = list(pack.rules[check](_scene(case), pack.with_defaults(settings)))
    assert {finding.rule for finding in findings} <= {rule}
    assert all(finding.object is not None and not finding.also for finding in findings)
    return [_told(finding) for finding in findings]


@pytest.fixture(scope="session")
def scene() -> Callable[[Mapping[str, Any]], Scene]:
    return _scene


@pytest.fixture(scope="session")
def judged() -> Callable[[str, Mapping[str, Any]], list[str]]:
    return _judged
