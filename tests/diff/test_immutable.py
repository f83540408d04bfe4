"""What cannot be changed in place is deleted and created again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitpromote.diff.compare import compare
from gitpromote.model.manifest import ManifestSet

Case = dict[str, Any]
OfCase = Callable[[Case], tuple[ManifestSet, ManifestSet]]

CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[Any]:
    """The cases of a file, each called after its place and object."""
    found = yaml.safe_load((CASES / name).read_text("utf-8"))
    return [pytest.param(case, id=f"{number} {case['object']}") for number, case in enumerate(found, 1)]


@pytest.mark.parametrize("case", cases("immutable-fields.yaml"))
def test_an_immutable_field_replaces_the_object(of_case: OfCase, case: Case) -> None:
    changes = compare(*of_case(case))
    (change,) = changes.changes
    if "field" in case:
        assert change.actions == ("delete", "create")
        assert change.notes[0] == f"{case['field']} cannot be changed in place"
    else:
        assert change.actions == ("update",)
        assert not any("cannot be changed" in note for note in change.notes)
    assert changes.counts == (0, 1, 0)
