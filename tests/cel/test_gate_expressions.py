"""Gate expressions as users of this field write them, each with the outcome that it must have.

``cases/gate-expressions.json`` was collected from the documentation of kardinal-promoter and of its kind. A fact that a
case does not name is not known; the environments, metrics and change windows that exist are those that it names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitpromote.cel.contexts import gates
from gitpromote.cel.expression import compile_expression, problems_in

CASES = json.loads((Path(__file__).parents[1] / "cases" / "gate-expressions.json").read_text("utf-8"))


def outcome(case: dict[str, Any]) -> tuple[str, str]:
    facts = case["facts"]
    declaration = gates(
        environments={*facts.get("upstream", {}), *facts.get("bundle", {}).get("pr", {})},
        metrics=facts.get("metrics", {}),
        windows=facts.get("changewindow", {}),
    )
    if problems_in(case["expression"], declaration):
        return "load-error", case["reads"]
    expression = compile_expression(case["expression"], declaration)
    does_not = "pending" if expression.live else "fail"
    status = {"true": "pass", "false": does_not}.get(expression.evaluate(facts).status, "error")
    return status, "live" if expression.live else "fixed"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['expression']} {case['expect']}")
def test_an_expression_has_the_outcome_that_its_users_expect(case: dict[str, Any]) -> None:
    assert outcome(case) == (case["expect"], case["reads"])


def test_the_cases_are_all_there() -> None:
    assert len(CASES) == 81
