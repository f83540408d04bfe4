"""Risk and categories of a change, by rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitpromote.diff.categories import CATEGORIES
from gitpromote.diff.compare import compare
from gitpromote.diff.measures import compare_images, quantity
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.rbac import widens

Case = dict[str, Any]
OfCase = Callable[[Case], tuple[ManifestSet, ManifestSet]]

CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[Any]:
    """The cases of a file, each called after its place and object."""
    found = yaml.safe_load((CASES / name).read_text("utf-8"))
    return [pytest.param(case, id=f"{number} {case['object']}") for number, case in enumerate(found, 1)]


@pytest.mark.parametrize("case", cases("risks.yaml"))
def test_the_riskiest_thing_decides(of_case: OfCase, case: Case) -> None:
    (change,) = compare(*of_case(case)).changes
    notes = [note for note in change.notes if note != "no longer rendered" and "cannot be changed" not in note]
    assert (change.risk, *notes[:1]) == ((case["risk"], case["why"]) if "why" in case else (case["risk"],))


@pytest.mark.parametrize("case", cases("categories.yaml"))
def test_fields_fall_into_categories(of_case: OfCase, case: Case) -> None:
    (change,) = compare(*of_case(case)).changes
    assert list(change.categories) == case["categories"]
    assert set(change.categories) <= CATEGORIES.keys()


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("r/x:1.2.3", "r/x:1.2.4", ""),
        ("r/x:v1.2.3", "r/x:1.3.0-rc.1", ""),
        ("r/x:1.2.3", "r/x:1.1.9", "an older image"),
        ("r/x:1.2.3", "r/x:2.0.0", "another major version"),
        ("r/x:1.2.3", "other/x:1.2.3", "another image repository"),
        ("docker.io/redis:8.0", "redis:8.1", ""),
        ("docker.io/library/redis:8", "redis:9", "another major version"),
        ("redis:8", "acme/redis:8", "another image repository"),
        ("r:5000/x", "r:5000/x:latest", "an image without a version"),
        ("r:5000/x:1", "r:5000/x", "an image without a version"),
        ("r/x:latest@sha256:aa", "r/x:latest@sha256:bb", ""),
        ("r/x:main-1", "r/x:main-2", ""),
        ("", "", "an image without a version"),
    ],
)
def test_images_are_compared_by_version(before: str, after: str, why: str) -> None:
    assert compare_images(before, after) == why


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        (2, "2"),
        ("500m", "0.5"),
        ("1Gi", "1073741824"),
        ("1k", "1000"),
        ("1e3", "1000"),
        (0.5, "0.5"),
        ("0.1", "0.1"),
    ],
)
def test_quantities_are_numbers(text: object, number: str) -> None:
    found = quantity(text)
    assert found is not None
    assert str(found.normalize().to_eng_string()) == number or float(found) == float(number)


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "Gi", None, [], "1Ti Ti", "..", "(sensitive ①)"])
def test_what_is_no_quantity_is_none(text: object) -> None:
    assert quantity(text) is None


def rule(verbs: str, resources: str = "pods", groups: str = "", names: str = "") -> dict[str, list[str]]:
    found = {
        "apiGroups": groups.split(",") if groups else [""],
        "resources": resources.split(","),
        "verbs": verbs.split(","),
    }
    return {**found, "resourceNames": names.split(",")} if names else found


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        ([rule("get,list")], [rule("get")], False),
        ([rule("get")], [rule("get,list")], True),
        ([rule("*")], [rule("get,list")], False),
        ([rule("get", "*")], [rule("get", "pods,services")], False),
        ([rule("get", "*/status")], [rule("get", "pods/status")], False),
        ([rule("get", "*/status")], [rule("get", "pods")], True),
        ([rule("get", groups="*")], [rule("get", groups="apps")], False),
        ([rule("get")], [rule("get", groups="apps")], True),
        ([rule("get", names="a,b")], [rule("get", names="a")], False),
        ([rule("get", names="a")], [rule("get")], True),
        ([rule("get")], [rule("get", names="a")], False),
        ([rule("get"), rule("list")], [rule("list,get")], False),
        (
            [{"nonResourceURLs": ["/api/*"], "verbs": ["get"]}],
            [{"nonResourceURLs": ["/api/v1"], "verbs": ["get"]}],
            False,
        ),
        ([{"nonResourceURLs": ["/api"], "verbs": ["get"]}], [{"nonResourceURLs": ["/apis"], "verbs": ["get"]}], True),
        ([rule("*", "*", "*")], [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}], True),
        (["x", {"verbs": "get"}], [{"verbs": None}], False),
    ],
)
def test_rights_are_compared_by_what_they_allow(before: list[object], after: list[object], wider: bool) -> None:
    assert widens(before, after) is wider
