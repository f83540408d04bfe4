"""HTTP: what of an answer is kept, and what it means. tests/adapters/test_web.py asks servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.adapters.pipeline_expressions import expression_problems
from gitpromote.model.app import App
from gitpromote.model.environment import Environment
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.gate_evidence import HTTP
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.renderer import Plain
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.model.target import Branch
from gitpromote.policy import http_answer
from gitpromote.policy.gate_context import GateContext

NOW = 1763640000


def gate(success: str | None = None, **members: Any) -> HTTP:
    return HTTP("https://shop.acme.example/ready", success=success, **members)


def judged(chosen: HTTP, value: dict[str, Any] | None, *, error: str = "") -> Outcome:
    subject = Subject(environment="prod")
    evidence = None
    if value is not None:
        evidence = Evidence(gate="http", subject=subject, at=NOW, source="shop", value=value, error=error)
    context = GateContext(
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="branch")),
        occasion="promote",
        as_of=NOW,
        state=EnvironmentState(name="prod"),
        evidence=evidence,
    )
    return http_answer.judge(chosen, context)


def said(chosen: HTTP, body: Any, *, status: int = 200, **headers: str) -> Outcome:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judged(chosen, http_answer.answered(chosen, status, headers, data))


def test_the_expected_status_is_enough_where_nothing_else_is_asked():
    outcome = said(gate(), b"anything")
    assert (outcome.status, outcome.message, outcome.reads) == ("pass", "answers 200", "live")
    assert outcome.operands == {"asked": NOW, "status": 200}
    assert outcome.threshold == "status 200"
    assert outcome.remedy == "curl -i https://shop.acme.example/ready"


def test_another_status_is_waited_out():
    outcome = said(gate(expect=204), b"", status=503)
    assert (outcome.status, outcome.message) == ("pending", "answers 503, not 204")


@pytest.mark.parametrize(
    ("success", "body", "status", "message"),
    [
        ("answer.ready == true", {"ready": True}, "pass", "answers 200: answer.ready is true"),
        ("answer.ready == true", {"ready": False}, "pending", "does not hold yet: answer.ready is false"),
        ("answer.ready == true", {"ready": "true"}, "pending", 'does not hold yet: answer.ready is the text "true"'),
        ("answer.ready == true", {}, "error", "answer.ready is not known"),
        ("answer.ready", {"ready": "yes"}, "error", "it gives 'yes', not true or false"),
        (
            "has(answer.ready) && answer.ready",
            {},
            "pending",
            "does not hold yet: has(answer.ready) is false, answer.ready is not known",
        ),
        ("body.count >= 3", {"count": 3}, "pass", "answers 200: body.count is 3"),
        ("answer.rate < 1", {"rate": 0.5}, "pass", "answers 200: answer.rate is 0.5"),
        ("answer.error == null", {"error": None}, "pass", "answers 200: answer.error is null"),
        (
            "answer.all(i, i.ok)",
            [{"ok": True}, {"ok": True}],
            "pass",
            "answers 200: answer is [{'ok': True}, {'ok': True}]",
        ),
        ("answer[0].ok", [{"ok": False}], "pending", "does not hold yet: answer is [{'ok': False}]"),
        ("answer.a.b.c == 'x'", {"a": {"b": {"c": "x"}}}, "pass", "answers 200: answer.a.b.c is x"),
        ("answer.n / 0 == 1", {"n": 1}, "error", "divide by zero"),
        ("status == 200", b"not json", "pass", "answers 200: status is 200"),
        ("answer.ready", b"not json", "error", "the body is not JSON"),
        ("answer.ready", b"", "error", "the body is not JSON: it is empty"),
        ("answer.ready", b"<html></html>", "error", "the body is not JSON: it is a web page"),
    ],
)
def test_an_expression_is_asked_of_the_answer(success, body, status, message):
    outcome = said(gate(success), body)
    assert (outcome.status, outcome.message) == (status, message)
    assert outcome.expression == success


def test_headers_are_found_however_they_are_written():
    for name in ("X-Ready", "x-ready"):
        assert said(gate(f'headers["{name}"] == "1"'), b"", **{"x-ready": "1"}).status == "pass"


def test_an_expression_is_not_asked_where_the_status_is_another_one():
    outcome = said(gate("answer.ready"), b"<html>", status=502)
    assert (outcome.status, outcome.message) == ("pending", "answers 502, not 200")


def test_of_an_answer_only_what_was_read_is_kept():
    body = json.dumps({"ready": True, "token": "s3cret", "rate": 0.25, "long": "x" * 999}).encode()
    headers = {"set-cookie": "s3cret"}
    value = http_answer.answered(gate("answer.ready && answer.rate < 1 && answer.long != ''"), 200, headers, body)
    read = {"answer.ready": True, "answer.rate": {"number": "0.25"}, "answer.long": "x" * 199 + "…"}
    assert value == {"status": 200, "holds": True, "read": read}


def test_no_answer_is_no_consent():
    assert judged(gate(), None).status == "error"
    outcome = judged(gate(), {}, error="A remote did not answer in time: 127.0.0.1: sent nothing for 1 s")
    assert outcome.status == "error"
    assert outcome.message == "A remote did not answer in time: 127.0.0.1: sent nothing for 1 s"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_no_body_raises_or_passes_that_does_not_say_so(body):
    assert said(gate("answer.ready == true"), body).status != "pass"


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3), st.lists)
)
def test_any_json_gives_facts_that_a_plan_can_hold(body):
    from gitpromote.model.canonical import canonical

    value = http_answer.answered(gate("answer == 1"), 200, {}, json.dumps(body).encode())
    assert canonical(value)


# -- at load


def problems(success: str) -> list[str]:
    prod = Environment("prod", gates=[gate(success)])
    pipeline = Pipeline("shop", apps=[App("shop", Plain("deploy"))], target=Branch("env/$env"), environments=[prod])
    return [f"{one.message} ({one.hint})" for one in expression_problems([pipeline])]


def test_an_expression_is_checked_when_the_pipeline_is_loaded():
    assert problems("answer.ready == true") == []
    gate_text = 'HTTP("https://shop.acme.example/ready"): success'
    assert problems("answr.ready") == [
        f'{gate_text}, column 1 of "answr.ready": there is no variable answr (did you mean answer?)'
    ]
    assert problems("status == 'x'") == [
        f"{gate_text}, column 8 of \"status == 'x'\": == does not go with a whole number and text ()"
    ]


def test_an_empty_expression_is_refused():
    with pytest.raises(Exception, match="success is empty"):
        gate(" ")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"n": NaN}', "NaN is no number"),
        (b'{"n": -Infinity}', "-Infinity is no number"),
        (b'{"n": 1e999}', "1e999 is beyond what numbers can be"),
        (b'{"n": 5, "n": 0}', "the key 'n' is there twice"),
        (b'{"a": [{"n": 5, "n": 0}]}', "the key 'n' is there twice"),
    ],
)
def test_json_that_says_two_things_or_no_number_is_none(body, why):
    outcome = said(gate("!(answer.n > 0.01)"), body)
    assert (outcome.status, outcome.message) == ("error", f"the body is not JSON: {why}")


@pytest.mark.parametrize(("value", "told"), [("true", 'the text "true"'), (False, "false"), ("ok", "ok"), (1, "1")])
def test_a_text_that_reads_like_something_else_is_told_as_a_text(value, told):
    outcome = said(gate("answer.ready == true"), {"ready": value})
    assert outcome.message == f"does not hold yet: answer.ready is {told}"
