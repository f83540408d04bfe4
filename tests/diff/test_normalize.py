"""Noise is hidden, counted, and can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitpromote.diff.compare import compare
from gitpromote.diff.listmap import BUILT_IN
from gitpromote.diff.normalize import without_noise
from gitpromote.model.change import path_text
from gitpromote.model.manifest import ManifestSet

Case = dict[str, Any]
OfCase = Callable[[Case], tuple[ManifestSet, ManifestSet]]

CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[Any]:
    """The cases of a file, each called after its place and object."""
    found = yaml.safe_load((CASES / name).read_text("utf-8"))
    return [pytest.param(case, id=f"{number} {case['object']}") for number, case in enumerate(found, 1)]


@pytest.mark.parametrize("case", cases("noise.yaml"))
def test_noise_is_hidden_and_counted(of_case: OfCase, case: Case) -> None:
    changes = compare(*of_case(case))
    (change,) = changes.changes
    assert path_text(change.noise[0].path) == case["noise"]
    assert change.hidden.noise == len(change.noise)
    assert (change.actions == ("no-op",)) == (not change.fields) == (not changes)
    assert changes.counts.change == len(change.fields)


@pytest.mark.parametrize("case", cases("no-noise.yaml"))
def test_what_only_looks_like_noise_shows(of_case: OfCase, case: Case) -> None:
    (change,) = compare(*of_case(case)).changes
    assert (len(change.fields), len(change.noise)) == (1, 0)
    assert change.actions != ("no-op",)


def test_noise_in_a_map_that_comes_or_goes_is_told_apart(of_case: OfCase) -> None:
    labels = {"app": "x", "helm.sh/chart": "a"}
    (change,) = compare(*of_case({"object": "v1 Pod", "before": {}, "after": {"metadata": {"labels": labels}}})).changes
    assert [(path_text(field.path), field.after) for field in change.fields] == [("metadata.labels", {"app": "x"})]
    assert [(path_text(field.path), field.after) for field in change.noise] == [
        ('metadata.labels["helm.sh/chart"]', "a")
    ]


def test_policies_see_no_noise() -> None:
    data = {
        "kind": "Deployment",
        "metadata": {"uid": "x", "labels": {"app": "a", "helm.sh/chart": "b"}, "annotations": {"checksum/x": "y"}},
        "spec": {"template": {"metadata": {"labels": {"helm.sh/chart": "b"}}}, "replicas": 1},
        "status": {"replicas": 1},
    }
    assert without_noise(data, shape=BUILT_IN["apps", "Deployment"]) == {
        "kind": "Deployment",
        "metadata": {"labels": {"app": "a"}, "annotations": {}},
        "spec": {"template": {"metadata": {"labels": {"helm.sh/chart": "b"}}}, "replicas": 1},
    }
