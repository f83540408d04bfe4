"""A real Prometheus, asked as gates ask it; and servers that play one badly (synthetic)."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from odd_server import Said, said, serving
from real_prometheus import running

from gitpromote.adapters.secrets import Secrets
from gitpromote.adapters.web import HttpWeb
from gitpromote.engine.ask_servers import metric as ask
from gitpromote.engine.inquiry import Inquiry, no_answer
from gitpromote.errors import GitpromoteError
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.freight import Freight
from gitpromote.model.gate_evidence import Prometheus
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.secret import SecretEnv
from gitpromote.model.state import EnvironmentState
from gitpromote.policy import metric
from gitpromote.policy.gate_context import GateContext
from gitpromote.project.wiring import WallClock

REFUSED = 'the server refuses the query: bad_data: invalid parameter "query"'
SAMPLES = {
    'requests_failed_ratio{env="prod"}': "0.004",
    'requests_failed_ratio{env="test"}': "0.25",
    'broken{env="prod"}': "NaN",
    'endless{env="prod"}': "+Inf",
    'served_total{env="prod"}': "42",
}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    with running(
        tmp_path_factory.mktemp("prometheus"), SAMPLES, until="count_over_time(served_total[1m]) >= 3"
    ) as server:
        yield server


class Outside:
    def __init__(self, web):
        self.web = web


class World:
    def __init__(self, web):
        self.outside = Outside(web)


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """Ask, and judge what was answered."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    web = HttpWeb(secrets=Secrets(folder=tmp_path, env={"TOKEN": "s3cret"}), clock=WallClock())

    def judged(gate, *, arrived=None, after=()):
        now, subject = int(time.time()), Subject(environment="prod")
        context = GateContext(
            environment=ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="branch"), after=after),
            occasion="promote",
            as_of=now,
            freight={"main": Freight.of("main", [])},
            arrived=arrived,
            state=EnvironmentState(name="prod"),
        )
        question = ask(Inquiry(world=World(web), gate=gate, context=context, subject=subject))
        if question is None:
            outcome = metric.judge(gate, context)
            return outcome.status, outcome.message.partition(" upstream at")[0]
        try:
            answer = question.ask()
        except GitpromoteError as error:
            answer = no_answer(error)
        value = dict(answer.value)
        evidence = Evidence(
            gate=gate.name, subject=subject, at=now, source=question.source, value=value, error=answer.error
        )
        outcome = metric.judge(gate, replace(context, evidence=evidence))
        return outcome.status, outcome.message

    yield judged
    web.close()


@pytest.mark.parametrize(
    ("query", "bounds", "verdict"),
    [
        ('requests_failed_ratio{env="prod"}', {"below": "0.01"}, ("pass", "0.004 is below 0.01")),
        ('requests_failed_ratio{env="test"}', {"below": "0.01"}, ("pending", "0.25 is not below 0.01")),
        ('avg_over_time(requests_failed_ratio{env="prod"}[10s])', {"below": "0.01"}, ("pass", "0.004 is below 0.01")),
        ("sum(served_total)", {"above": 41, "below": 43}, ("pass", "42 is above 41 and below 43")),
        ("scalar(sum(served_total))", {"above": 41}, ("pass", "42 is above 41")),
        ("vector(1e-3)", {"below": "0.01"}, ("pass", "0.001 is below 0.01")),
        ("nothing_of_this_name", {"below": 1}, ("error", "the query gives nothing: no series has a value now")),
        ("broken", {"below": 1}, ("error", "the query gives NaN, which is not a number to compare")),
        ("endless", {"above": 1}, ("error", "the query gives +Inf, which is not a number to compare")),
        ("vector(0) / 0", {"below": 1}, ("error", "the query gives NaN, which is not a number to compare")),
        (
            "sum by (env) (requests_failed_ratio)",
            {"below": 1},
            ("error", 'the query gives 2 series, and not one: {env="prod"} and {env="test"}'),
        ),
        (
            "served_total[1m]",
            {"below": 1},
            (
                "error",
                "the query gives a range of values, and not one number: take the range away, or aggregate over it",
            ),
        ),
        (
            '"text"',
            {"below": 1},
            ("error", "the query gives a text, and not one number: take the range away, or aggregate over it"),
        ),
        (
            "sum(",
            {"below": 1},
            ("error", f"{REFUSED}: 1:5: parse error: unclosed left parenthesis"),
        ),
    ],
)
def test_a_real_server_is_understood(prometheus, judge, query, bounds, verdict):
    assert judge(Prometheus(prometheus.url, query=query, **bounds)) == verdict


def test_what_a_selector_without_a_range_gives_may_be_of_before_and_is_not_asked_for(prometheus, judge):
    """The server has a sample that it would give; it is older than the arrival."""
    gate = Prometheus(prometheus.url, query='requests_failed_ratio{env="prod"}', below="0.01")
    now = int(time.time())
    assert prometheus.has(gate.query)
    assert judge(gate, arrived=now - 30, after=("uat",)) == ("pending", "counts 5m after arrival")
    assert judge(gate, arrived=now - 301, after=("uat",)) == ("pass", "0.004 is below 0.01")


def test_a_path_that_is_no_prometheus_is_told(prometheus, judge):
    told = judge(Prometheus(f"{prometheus.url}/elsewhere", query="up", below=1))
    assert told == ("error", "the server has no /api/v1/query (404): compare the address")


def test_a_token_is_sent_and_another_server_is_not_asked(judge):
    result = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0"]}]}
    with serving(lambda asked: said({"status": "success", "data": result})) as other:

        def leads(asked):
            return Said(302, b"", {"location": other.url + asked.path})

        with serving(leads) as server:
            gate = Prometheus(server.url, query="up", below=1, auth=SecretEnv("TOKEN"))
            status, message = judge(gate)
            assert (status, "the server redirects (302): give the address that answers" in message) == ("error", True)
            assert server.asked[0].headers["authorization"] == "Bearer s3cret"
        assert not other.asked


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Said(200, b"<!doctype html><html>"),
            "the answer is not Prometheus's: a web page; a login may stand in between",
        ),
        (Said(200, b"{"), "the answer is not Prometheus's: not JSON"),
        (Said(401, b""), "the server denies access (401): give a token, auth=SecretEnv(…)"),
        (Said(500, b"oh"), "the server answers 500"),
        (Said(503, b""), "the server answers 503"),
    ],
)
def test_a_server_that_answers_badly_is_an_error(judge, answer, message):
    with serving(lambda asked: answer) as server:
        assert judge(Prometheus(server.url, query="up", below=1)) == ("error", message)
        assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_an_error(judge):
    with serving(lambda asked: Said()) as server:
        url, host = server.url, server.host
    status, message = judge(Prometheus(url, query="up", below=1))
    assert status == "error"
    assert message == (
        f"A remote cannot be reached: ask {url}; {host}: Connection refused. "
        "Compare the address, the network and the proxy settings, and try again."
    )


def test_a_secret_that_is_not_there_is_an_error(judge):
    status, message = judge(Prometheus("http://127.0.0.1:9", query="up", below=1, auth=SecretEnv("NONE")))
    assert status == "error"
    assert message.startswith('A secret is not there: SecretEnv("NONE"): the variable is not set. ')
