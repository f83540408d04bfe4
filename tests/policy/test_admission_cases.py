"""Admission policies as Kubernetes documents them, and as people write them: tests/cases/admission."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.policy.admission import outcomes
from tests.policy.judging import scene, told

FOLDER = Path(__file__).parents[1] / "cases" / "admission"


def _cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for policy in yaml.safe_load(file.read_text("utf-8")):
            for number, case in enumerate(policy["cases"], 1):
                yield pytest.param(policy["files"], case, id=f"{file.stem}: {policy['of']} #{number}")


@pytest.mark.parametrize(("files", "case"), list(_cases()))
def test_policies_conclude_what_a_cluster_would(files: list[Any], case: dict[str, Any]) -> None:
    texts = tuple(json.dumps(one) for one in files)
    objects, before = (tuple(map(json.dumps, case.get(key, ()))) for key in ("objects", "before"))
    found = outcomes(texts, scene(*objects, before=before))
    assert [told(one) for one in found] == case["told"]
    if "operands" in case:
        beside = {
            key: value for key, value in found[0].operands.items() if key in ("audited", "annotations", "reasons")
        }
        assert beside == case["operands"]
