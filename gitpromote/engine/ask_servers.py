"""Prometheus, other servers, and functions of the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.engine.inquiry import Answer, Inquiry, Question
from gitpromote.model.gate_evidence import HTTP, Prometheus
from gitpromote.model.gate_plain import PythonGate
from gitpromote.model.moments import iso
from gitpromote.policy import http_answer
from gitpromote.policy import metric as metrics
from gitpromote.policy.answers import public
from gitpromote.ports import WebRequest

__all__ = ["function", "http", "metric"]

_ORDER = ("skip", "pass", "warn", "pending", "error", "fail")
_METRIC_TIMEOUT = 30.0  # seconds


def metric(inquiry: Inquiry) -> Question | None:
    """An instant query, once all that it reads lies behind the arrival upstream."""
    gate: Prometheus = inquiry.gate
    if not metrics.is_due(gate, inquiry.context):
        return None
    web, place = inquiry.world.outside.web, public(gate.url)
    request = WebRequest(
        url=metrics.query_address(gate, inquiry.context.as_of),
        doing=f"ask {place}",
        headers={"accept": "application/json"},
        auth=gate.auth,
        timeout=_METRIC_TIMEOUT,
        follows=False,
    )

    def ask() -> Answer:
        answer = web.ask(request)
        return Answer(*metrics.answered(answer.status, answer.body, at=inquiry.context.as_of))

    return Question(place, ask)


def http(inquiry: Inquiry) -> Question:
    """One request."""
    gate: HTTP = inquiry.gate
    web, place, timeout = inquiry.world.outside.web, public(gate.url), float(gate.timeout)  # type: ignore[arg-type]
    request = WebRequest(
        url=gate.url, doing=f"ask {place}", method=gate.method, headers=gate.headers, auth=gate.auth, timeout=timeout
    )

    def ask() -> Answer:
        answer = web.ask(request)
        return Answer(http_answer.answered(gate, answer.status, answer.headers, answer.body))

    return Question(place, ask)


def function(inquiry: Inquiry) -> Question:
    """A function of the user, over the facts that expressions have: once for each Freight that would enter."""
    gate: PythonGate = inquiry.gate
    reference, now = str(gate.function), inquiry.context.as_of
    functions, told = inquiry.world.outside.functions, inquiry.context.variables(now)
    file, code = inquiry.world.functions.get(reference, ("", ""))

    def ask() -> Answer:
        answers = [functions.call(reference, file=file, code=code, facts={**one, "at": iso(now)}) for one in told]
        return Answer(max(answers, key=_severity))

    return Question(reference, ask)


def _severity(answer: Mapping[str, Any]) -> int:
    """Of several Freight the one that fares worst decides."""
    status = answer.get("status", "pass" if answer.get("holds") else "pending")
    return _ORDER.index(status)
