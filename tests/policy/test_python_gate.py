"""Gates of the user: what comes of what their functions said."""

from __future__ import annotations

from typing import Any

import pytest

from gitpromote import PythonGate
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.python_gate import judge


def judged(value: dict[str, Any] | None, error: str = "") -> Outcome:
    evidence = None
    if value is not None:
        subject = Subject(environment="prod")
        evidence = Evidence(gate="signed", subject=subject, at=5, source="gates:signed", value=value, error=error)
    return judge(
        PythonGate("gates:signed", level="soft"),
        GateContext(
            environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="none")),
            occasion="promote",
            as_of=10,
            state=EnvironmentState(name="prod"),
            evidence=evidence,
        ),
    )


@pytest.mark.parametrize(
    ("value", "status", "message"),
    [
        ({"holds": True}, "pass", "it gives True"),
        ({"holds": False}, "pending", "it gives False"),
        ({"status": "fail", "message": "no ticket"}, "fail", "no ticket"),
        ({"status": "warn", "message": "a\nb"}, "warn", "a b"),
        ({"status": "pass"}, "pass", "it says pass"),
        ({}, "error", "it gives {}, not an Outcome"),
        ({"holds": "yes"}, "error", "it gives {'holds': 'yes'}, not an Outcome"),
        ({"status": "perhaps"}, "error", "it gives {'status': 'perhaps'}, not an Outcome"),
        (
            {"status": "pass", "operands": 3},
            "error",
            "it gives an Outcome that is none: {'status': 'pass', 'operands': 3}",
        ),
        (
            {"status": "pass", "from": "now"},
            "error",
            "it gives an Outcome that is none: {'status': 'pass', 'from': 'now'}",
        ),
    ],
)
def test_what_a_function_said_is_the_verdict(value: dict[str, Any], status: str, message: str) -> None:
    found = judged(value)
    assert (found.id, found.level, found.status, found.message) == ("signed", "soft", status, message)
    assert found.expression == "gates:signed(facts)"


def test_an_outcome_keeps_its_times_and_operands() -> None:
    found = judged({"status": "pending", "message": "m", "from": 50, "until": 90, "operands": {"a": 1}, "remedy": "do"})
    assert (found.from_, found.until, found.operands, found.remedy) == (50, 90, {"a": 1}, "do")


def test_nothing_said_never_passes() -> None:
    assert judged(None).status == "error"
    found = judged({"holds": True}, "it raised ValueError")
    assert (found.status, found.message) == ("error", "it raised ValueError")
