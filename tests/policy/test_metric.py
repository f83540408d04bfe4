"""Prometheus: what is asked and when, and what each kind of answer means. The answers are synthetic, as documented in
https://prometheus.io/docs/prometheus/latest/querying/api/ ; tests/adapters/test_metric_servers.py asks a real one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import ConfigurationError
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.freight import Freight
from gitpromote.model.gate_evidence import Prometheus
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy import metric
from gitpromote.policy.gate_context import GateContext

NOW = 1763640000  # Thu 20 Nov 2025 12:00Z


def gate(query: str = "errors:rate5m", **members: Any) -> Prometheus:
    given = {} if "above" in members else {"below": "0.01"}
    return Prometheus("https://prom.acme.example", query=query, **{**given, **members})


def context(evidence: Evidence | None = None, *, arrived: int | None = NOW - 3600, after: tuple[str, ...] = ("uat",)):
    return GateContext(
        environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="branch"), after=after),
        occasion="promote",
        as_of=NOW,
        freight={"main": Freight.of("main", [])},
        arrived=arrived,
        state=EnvironmentState(name="prod"),
        evidence=evidence,
    )


def said_of(body: dict[str, Any], status: int = 200) -> Evidence:
    value, error = metric.answered(status, json.dumps(body).encode(), at=NOW)
    return Evidence(
        gate="prometheus", subject=Subject(environment="prod"), at=NOW, source="prom", value=value, error=error
    )


def one(value: str) -> Evidence:
    return success("vector", [{"metric": {}, "value": [NOW, value]}])


def success(kind: str, result: Any) -> Evidence:
    return said_of({"status": "success", "data": {"resultType": kind, "result": result}})


def judged(evidence: Evidence | None, chosen: Prometheus | None = None, **others: Any) -> Outcome:
    return metric.judge(chosen or gate(), context(evidence, **others))


# -- within bounds, or not


@pytest.mark.parametrize(
    ("bounds", "value", "status", "message"),
    [
        ({"below": "0.01"}, "0.002", "pass", "0.002 is below 0.01"),
        ({"below": "0.01"}, "0.01", "pending", "0.01 is not below 0.01"),
        ({"below": "0.01"}, "0.5", "pending", "0.5 is not below 0.01"),
        ({"above": "0.99"}, "0.995", "pass", "0.995 is above 0.99"),
        ({"above": "0.99"}, "0.99", "pending", "0.99 is not above 0.99"),
        ({"above": 0.1, "below": 1}, "0.5", "pass", "0.5 is above 0.1 and below 1"),
        ({"above": 0.1, "below": 1}, "1.5", "pending", "1.5 is not above 0.1 and below 1"),
        ({"below": "1e3"}, "9.5e2", "pass", "9.5e2 is below 1e3"),
    ],
)
def test_a_value_is_held_against_its_bounds(bounds, value, status, message):
    outcome = judged(one(value), gate(**bounds))
    assert (outcome.status, outcome.message, outcome.reads) == (status, message, "live")
    assert outcome.operands == {"value": {"number": repr(float(value))}, "asked": NOW, "range": 300}


def test_an_outcome_says_what_was_asked_and_what_would_help():
    outcome = judged(one("0.5"), gate('sum(rate(errors{env="prod"}[5m]))'), arrived=NOW - 600)
    assert outcome.expression == 'sum(rate(errors{env="prod"}[5m]))'
    assert outcome.threshold == "below 0.01"
    assert outcome.remedy == "promtool query instant https://prom.acme.example 'sum(rate(errors{env=\"prod\"}[5m]))'"


def test_a_scalar_is_a_number_too():
    assert judged(success("scalar", [NOW, "0.001"])).message == "0.001 is below 0.01"


# -- what is no one number


def two(*labels: dict[str, str]) -> Evidence:
    return success("vector", [{"metric": each, "value": [NOW, "1"]} for each in labels])


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        (one("NaN"), "the query gives NaN, which is not a number to compare"),
        (one("+Inf"), "the query gives +Inf, which is not a number to compare"),
        (one("-Inf"), "the query gives -Inf, which is not a number to compare"),
        (success("vector", []), "the query gives nothing: no series has a value now"),
        (
            two({"__name__": "up", "job": "a"}, {"__name__": "up", "job": "b"}),
            'the query gives 2 series, and not one: up{job="a"} and up{job="b"}',
        ),
        (
            two({"a": "1"}, {"a": "2"}, {"a": "3"}),
            'the query gives 3 series, and not one: {a="1"} and {a="2"}, and 1 more',
        ),
        (
            success("matrix", [{"metric": {}, "values": [[NOW, "1"]]}]),
            "the query gives a range of values, and not one number: take the range away, or aggregate over it",
        ),
        (
            success("string", [NOW, "x"]),
            "the query gives a text, and not one number: take the range away, or aggregate over it",
        ),
        (
            success("vector", [{"metric": {}, "histogram": [NOW, {}]}]),
            "the answer has a sample without a value: a histogram, perhaps; ask for a number",
        ),
        (
            said_of({"status": "error", "errorType": "bad_data", "error": "1:3: parse error: unexpected end"}, 400),
            "the server refuses the query: bad_data: 1:3: parse error: unexpected end",
        ),
        (said_of({}, 401), "the server denies access (401): give a token, auth=SecretEnv(…)"),
        (said_of({}, 403), "the server denies access (403): give a token, auth=SecretEnv(…)"),
        (said_of({}, 404), "the server has no /api/v1/query (404): compare the address"),
        (said_of({}, 502), "the server answers 502"),
        (said_of({"status": "success"}), "the answer is not Prometheus's: JSON of another kind"),
    ],
)
def test_what_is_no_one_number_is_an_error(evidence, message):
    outcome = judged(evidence)
    assert (outcome.status, outcome.message) == ("error", message)


@pytest.mark.parametrize(
    ("body", "look"),
    [(b"", "not JSON"), (b"ok", "not JSON"), (b"<html>", "a web page; a login may stand in between")],
)
def test_what_is_not_json_is_an_error(body, look):
    assert metric.answered(200, body, at=NOW) == ({}, f"the answer is not Prometheus's: {look}")


@pytest.mark.parametrize("kind", ["vector", "scalar"])
@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (NOW - 5, ""),
        (NOW + 4.9, ""),
        (NOW - 6, "the answer is of 2025-11-20T11:59:54Z, and the question of 2025-11-20T12:00:00Z"),
        (0, "the answer is of 1970-01-01T00:00:00Z, and the question of 2025-11-20T12:00:00Z"),
        (10**400, f"the answer is of the second {'1' + '0' * 198}…, and the question of 2025-11-20T12:00:00Z"),
    ],
)
def test_an_answer_is_of_the_moment_that_was_asked_for(kind, moment, told):
    sample = [moment, "0.001"]
    evidence = success(kind, sample if kind == "scalar" else [{"metric": {}, "value": sample}])
    assert evidence.error == told
    assert judged(evidence).status == ("error" if told else "pass")


@pytest.mark.parametrize("moment", ["1763640000", None, True])
def test_a_sample_without_a_moment_is_none(moment):
    assert judged(success("vector", [{"metric": {}, "value": [moment, "0"]}])).status == "error"


def test_a_redirect_is_no_answer():
    assert said_of({}, 302).error == (
        "the server redirects (302): give the address that answers; a login may stand in between"
    )


@pytest.mark.parametrize("bounds", [{"above": "2", "below": "1"}, {"above": 1, "below": "1.0"}])
def test_bounds_that_no_number_is_between_are_refused(bounds):
    with pytest.raises(ConfigurationError) as caught:
        Prometheus("https://prom.example", query="errors", **bounds)
    told = f"is to be above {bounds['above']} and below {bounds['below']}, which no number is"
    assert [one.message for one in caught.value.problems] == [f'Prometheus("https://prom.example"): {told}']


def test_a_missing_answer_never_passes():
    outcome = judged(None)
    assert (outcome.status, outcome.message) == ("error", "nobody was asked about this change")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([200, 204, 302, 400, 500]))
def test_no_bytes_pass_that_are_not_an_answer(body, status):
    value, error = metric.answered(status, body, at=NOW)
    assert error
    assert value == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["vector", "scalar", "matrix", "", "x"]), json_values)
def test_no_shape_of_a_result_raises_or_passes_without_a_number(kind, result):
    outcome = judged(success(kind, result))
    assert outcome.status == "error" or outcome.operands["value"]


# -- when it counts


def test_a_range_counts_once_it_lies_behind_the_arrival_upstream():
    chosen = gate("x", over="15m")
    early, late = context(arrived=NOW - 899), context(arrived=NOW - 900)
    assert (metric.is_due(chosen, early), metric.is_due(chosen, late)) == (False, True)
    outcome = metric.judge(chosen, early)
    assert outcome.status == "pending"
    assert outcome.message == "counts 15m after arrival upstream at 11:45Z"
    assert outcome.from_ == NOW + 1
    assert outcome.operands == {"need": 900, "arrived": NOW - 899, "asked": None}


def test_an_answer_of_before_is_not_looked_at():
    assert judged(one("0"), gate("x", over="15m"), arrived=NOW - 60).status == "pending"


def test_what_has_not_arrived_is_waited_for_without_a_time():
    outcome = judged(None, gate("x", over="15m"), arrived=None)
    assert (outcome.status, outcome.from_) == ("pending", None)
    assert outcome.message == "counts 15m after arrival upstream, where it is not verified yet"
    assert outcome.operands == {"need": 900, "arrived": None, "asked": None}


def test_the_range_of_the_query_counts_where_none_is_said():
    outcome = judged(None, gate("rate(errors[30m])"), arrived=NOW - 60)
    assert outcome.message == "counts 30m after arrival upstream at 11:59Z"


def test_a_start_has_nothing_before_it_to_wait_for():
    chosen = gate("rate(errors[30m])")
    assert metric.is_due(chosen, context(arrived=None, after=()))
    assert judged(one("0"), chosen, arrived=None, after=()).status == "pass"


def test_a_selector_without_a_range_counts_once_all_that_it_looks_back_at_lies_behind_the_arrival():
    """It takes the newest sample of the last five minutes, which may be one of the version before."""
    chosen = gate('errors_ratio{env="prod"}')
    early, late = context(arrived=NOW - 299), context(arrived=NOW - 300)
    assert (metric.is_due(chosen, early), metric.is_due(chosen, late)) == (False, True)
    outcome = metric.judge(chosen, context(one("0"), arrived=NOW - 299))
    assert (outcome.status, outcome.from_) == ("pending", NOW + 1)
    assert outcome.message == "counts 5m after arrival upstream at 11:55Z"


# -- the question


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://p.example", "https://p.example/api/v1/query?query=a%7Bb%3D%22c%22%7D&time=7&lookback_delta=300s"),
        ("https://p.example/", "https://p.example/api/v1/query?query=a%7Bb%3D%22c%22%7D&time=7&lookback_delta=300s"),
        (
            "https://p.example/prom/",
            "https://p.example/prom/api/v1/query?query=a%7Bb%3D%22c%22%7D&time=7&lookback_delta=300s",
        ),
        (
            "https://p.example/api/v1/query",
            "https://p.example/api/v1/query?query=a%7Bb%3D%22c%22%7D&time=7&lookback_delta=300s",
        ),
        (
            "https://p.example/x?tenant=1",
            "https://p.example/x/api/v1/query?tenant=1&query=a%7Bb%3D%22c%22%7D&time=7&lookback_delta=300s",
        ),
    ],
)
def test_the_question_is_an_instant_query_at_the_moment_of_judgement(url, address):
    assert metric.query_address(Prometheus(url, query='a{b="c"}', below=1), 7) == address


def test_a_remedy_repeats_no_query_of_the_address():
    chosen = Prometheus("https://p.example/x?k=t", query="a", below=1)
    assert judged(one("5"), chosen).remedy == "promtool query instant https://p.example/x a"


def test_the_value_is_there_for_expressions():
    assert metric.value_of(one("0.5")) == 0.5
    assert [metric.value_of(each) for each in (None, one("NaN"), success("vector", []), two({}, {}))] == [None] * 4


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("errors @ 1795286000", "names a moment with @, which may lie before what would enter: leave it out"),
        ("rate(errors[5m] @ end())", "names a moment with @, which may lie before what would enter: leave it out"),
        ("rate(errors[2*5m])", "has a range or an offset that is no plain duration such as 5m"),
        ("errors offset (5m)", "has a range or an offset that is no plain duration such as 5m"),
    ],
)
def test_a_query_that_may_speak_of_what_ran_before_is_an_error_and_nobody_is_asked(query, why):
    asking = gate(query)
    assert not metric.is_due(asking, context())
    outcome = metric.judge(asking, context())
    assert (outcome.status, outcome.message) == ("error", f"the query {why}")


@pytest.mark.parametrize("value", ["0_0", "\u0660", " 0", "0x0", "nan", ""])
def test_a_number_is_one_as_the_server_writes_it(value):
    assert judged(one(value)).status == "error"


@pytest.mark.parametrize("value", ["0", "1e-05", "-2.5", "+3", "4.", "1.5e+300"])
def test_the_servers_numbers_are_numbers(value):
    assert metric.value_of(one(value)) == float(value)


@pytest.mark.parametrize("name", ["warnings", "infos"])
def test_an_answer_that_may_not_be_the_whole_is_an_error(name):
    data = {"resultType": "scalar", "result": [NOW, "0"]}
    outcome = judged(said_of({"status": "success", "data": data, name: ["partial response"]}))
    assert (outcome.status, outcome.message) == ("error", "the answer may not be the whole: partial response")
