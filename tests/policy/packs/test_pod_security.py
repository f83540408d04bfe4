"""The Pod Security Standards, against the pods that Kubernetes publishes as examples of what is allowed or not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitpromote.model.finding import Finding
from gitpromote.policy.packs import PACKS
from gitpromote.policy.packs.pod_security import CONTROLS
from gitpromote.policy.scene import Scene

FOLDER = Path(__file__).parents[2] / "cases" / "pod_security"
EXAMPLES = yaml.safe_load((FOLDER / "examples.yaml").read_text("utf-8"))
EDGES = yaml.safe_load((FOLDER / "controls.yaml").read_text("utf-8"))
PACK = PACKS["pod-security"]
LATEST = 36
#: Where the standards, or the minimal pods, change.
CHANGES = (0, 8, 18, 19, 22, 23, 25, 27, 29, 31, 32, 34, 35, 36)
_SHORT = {"c": ("spec", "containers", 0), "i": ("spec", "initContainers", 0)}

MakeScene = Callable[[Mapping[str, Any]], Scene]
Fields = Mapping[str, Any]


def _set(pod: Any, path: str, value: Any) -> None:
    first, *rest = path.split("/", 1)[0], *path.split("/")[1:]
    *steps, last = (*_SHORT.get(first, (first,)), *rest)
    node = pod
    for step in steps:
        node = node[step] if isinstance(step, int) else node.setdefault(step, {})
    if value is None:
        node.pop(last, None)
    else:
        node[last] = copy.deepcopy(value)


def _pod(profile: str, minor: int, fields: Fields) -> dict[str, Any]:
    """The minimal valid pod of a profile in a version, with some fields set."""
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod"}
    for base in EXAMPLES["bases"]:
        if base["since"] <= minor and base["profile"] in ("baseline", profile):
            for path, value in base["set"].items():
                _set(pod, path, value)
    for path, value in fields.items():
        _set(pod, path, value)
    return pod


def _published(profile: str, minor: int) -> Iterator[tuple[str, str, bool, dict[str, Any]]]:
    """Every example that speaks of a profile in a version: its name, its control, whether it is allowed, the pod."""
    for number, example in enumerate(EXAMPLES["examples"]):
        profiles = {example["profile"]} if example.get("only") else {example["profile"], "restricted"}
        if profile in profiles and example["since"] <= minor < example.get("until", LATEST + 1):
            for verdict in ("pass", "fail"):
                for place, fields in enumerate(example[verdict]):
                    name = f"{example['control']}-{number}-{verdict}-{place}"
                    yield name, example["control"], verdict == "pass", _pod(profile, minor, fields)


def _findings(scene: Scene, profile: str, minor: int) -> list[Finding]:
    return list(PACK.check(scene, {"profile": profile, "kubernetes": f"1.{minor}"}))


@pytest.mark.parametrize("minor", CHANGES)
@pytest.mark.parametrize("profile", ["baseline", "restricted"])
def test_what_kubernetes_admits_is_let_be_and_what_it_refuses_is_found_by_its_control(
    profile: str, minor: int, scene: MakeScene
) -> None:
    published = {name: (control, allowed, pod) for name, control, allowed, pod in _published(profile, minor)}
    assert len(published) > 30
    objects = [
        {**pod, "metadata": {**pod.get("metadata", {}), "name": name}} for name, (_, _, pod) in published.items()
    ]
    rules: dict[str, set[str]] = {name: set() for name in published}
    for finding in _findings(scene({"objects": objects}), profile, minor):
        assert finding.object is not None
        rules[finding.object.name].add(finding.rule.removeprefix("pod-security/"))
    for name, (control, allowed, _) in published.items():
        # In restricted, what adds capabilities does not drop all.
        wanted = "drop-all" if (control, profile) == ("capabilities", "restricted") and minor >= 22 else control
        assert not rules[name] if allowed else wanted in rules[name], name


@pytest.mark.parametrize("minor", [25, 30, 36])
def test_what_windows_does_not_have_is_not_asked_of_it(minor: int, scene: MakeScene) -> None:
    [systems] = EXAMPLES["systems"]
    for fields in systems["pass"]:
        assert _findings(scene({"objects": [_pod("restricted", minor, fields)]}), "restricted", minor) == []
    for fields in systems["fail"]:
        assert _findings(scene({"objects": [_pod("restricted", minor, fields)]}), "restricted", minor)


@pytest.mark.parametrize("profile", ["baseline", "restricted"])
def test_the_minimal_pod_of_every_version_is_let_be(profile: str, scene: MakeScene) -> None:
    for minor in range(LATEST + 1):
        assert _findings(scene({"objects": [_pod(profile, minor, {})]}), profile, minor) == []


@pytest.mark.parametrize("case", EDGES, ids=lambda case: case["control"])
def test_a_control_says_what_and_where(case: dict[str, Any], judged: Callable[[str, Any], list[str]]) -> None:
    workload = {"pod": case["pod"], "annotations": case.get("annotations", {})}
    told = judged(f"pod-security/{case['control']}", {"objects": [workload], "settings": case.get("settings", {})})
    assert told == [f"Deployment web {one}" for one in case["findings"]]


def test_every_control_has_examples() -> None:
    names = {control.name for control in CONTROLS}
    assert {example["control"] for example in EXAMPLES["examples"]} == names
    assert {case["control"] for case in EDGES} == names
