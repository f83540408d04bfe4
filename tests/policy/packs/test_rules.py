"""Every rule of every pack: what it finds, and what it lets be; the cases stand in tests/cases/packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitpromote.policy.packs import PACKS

CASES = Path(__file__).parents[2] / "cases" / "packs"
Judged = Callable[[str, dict[str, Any]], list[str]]


def _cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.yaml")):
        for rule, cases in yaml.safe_load(file.read_text("utf-8")).items():
            for number, case in enumerate(cases, 1):
                yield pytest.param(f"{file.stem}/{rule}", case, id=f"{file.stem}/{rule}-{number}")


@pytest.mark.parametrize(("rule", "case"), list(_cases()))
def test_a_rule_finds_what_is_wrong_and_nothing_else(rule: str, case: dict[str, Any], judged: Judged) -> None:
    assert judged(rule, case) == case["findings"]


def test_every_rule_has_a_case_that_passes_and_one_that_fails() -> None:
    seen = {(param.values[0], bool(param.values[1]["findings"])) for param in _cases()}
    own_cases = {"pod-security", "schema"}
    wanted = {
        (f"{name}/{rule}", fails)
        for name, pack in PACKS.items()
        if name not in own_cases
        for rule in pack.rules
        for fails in (False, True)
    }
    assert seen == wanted
