"""Gates of the user: what their functions may give, and what becomes of those that fail. Each runs in a process."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.gate_functions import ChildGates
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import Limits

SOURCE = """
import os
import socket
import sys
import time

def true(facts):
    print("for people")
    return True

def false(facts):
    return False

def told(facts):
    return {"status": "fail", "message": "no", "operands": {"ratio": 0.5, "n": [1]}, "more": 1}

def outcome(facts):
    from gitpromote.model.outcome import Outcome
    return Outcome(id="mine", status="pending", message="later", **{"from": 12}, until=24)

def reads(facts):
    return {"status": "pass", "message": f"{facts['environment']['name']} {facts['at']} {sorted(facts)}"}

def text(facts):
    return "yes"

def nothing(facts):
    pass

def odd(facts):
    return {"status": "good"}

def raises(facts):
    raise ValueError("no metric of this name")

def stops(facts):
    sys.exit(3)

def dies(facts):
    os.kill(os.getpid(), 11)

def ends(facts):
    os._exit(0)

def hangs(facts):
    time.sleep(60)

def long(facts):
    return {"status": "pass", "message": "x" * 3_000_000}

def calls(facts):
    try:
        socket.create_connection(("1.1.1.1", 53), 1)
    except OSError as error:
        return {"status": "pass", "message": "no network"}
    return False

def environment(facts):
    return {"status": "pass", "message": " ".join(name for name in os.environ if "TOKEN" in name) or "none"}

def writes(facts):
    facts["environment"] = 1
    return not facts["environment"] == 2
"""
FACTS = {"environment": {"name": "prod"}, "at": datetime(2025, 11, 20, 12, tzinfo=UTC)}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("gates") / "my_gates.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def call(file):
    def called(name, *, limits=None, code=None):
        gates = ChildGates(limits=limits) if limits else ChildGates()
        digest = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        return gates.call(f"my_gates:{name}", file=str(file), code=code or digest, facts=FACTS)

    return called


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("true", {"holds": True}),
        ("false", {"holds": False}),
        ("told", {"status": "fail", "message": "no", "operands": {"ratio": {"number": "0.5"}, "n": [1]}}),
        ("outcome", {"status": "pending", "message": "later", "operands": {}, "from": 12, "until": 24}),
        ("reads", {"status": "pass", "message": "prod 2025-11-20T12:00:00+00:00 ['at', 'environment']"}),
        ("writes", {"holds": True}),
    ],
)
def test_a_function_says_true_false_or_an_outcome(call, name, said):
    assert call(name) == said


@pytest.mark.parametrize(
    ("name", "code", "detail"),
    [
        ("raises", "gate-raised", "my_gates:raises: ValueError: no metric of this name (my_gates.py:34)"),
        ("text", "gate-raised", "my_gates:text: TypeError: a gate gives True, False or an Outcome, not str"),
        ("nothing", "gate-raised", "my_gates:nothing: TypeError: a gate gives True, False or an Outcome, not NoneType"),
        (
            "odd",
            "gate-raised",
            "my_gates:odd: TypeError: a gate's status is one of pass, warn, pending, fail, error, skip, not 'good'",
        ),
        ("stops", "gate-raised", "my_gates:stops: SystemExit: 3 (my_gates.py:37)"),
        ("dies", "gate-raised", "my_gates:dies: ended by signal 11"),
        ("ends", "gate-answer-invalid", "my_gates:ends ended before its end"),
        (
            "absent",
            "gate-raised",
            "my_gates:absent: AttributeError: module 'my_gates' has no attribute 'absent'",
        ),
    ],
)
def test_a_function_that_fails_says_where(call, name, code, detail):
    with pytest.raises(GitpromoteError) as caught:
        call(name)
    assert (caught.value.code, caught.value.detail) == (code, detail)


def test_a_function_that_looks_for_what_is_no_part_of_its_code_says_nothing(tmp_path):
    """A gate that finds no freeze would let everything through."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "prod.freeze").write_text("until Monday")
    path = tmp_path / "my_gates.py"
    path.write_text(
        "from pathlib import Path\n\n"
        "def thawed(facts):\n"
        "    name = facts['environment']['name'] + '.freeze'\n"
        "    return not (Path(__file__).parent / name).exists()\n"
    )
    with pytest.raises(GitpromoteError) as caught:
        ChildGates().call("my_gates:thawed", file=str(path), code=digest_of_code(path, "my_gates"), facts=FACTS)
    assert (caught.value.code, caught.value.detail) == (
        "gate-raised",
        f"my_gates:thawed: It asks for {tmp_path}/prod.freeze, which is no part of its code. (my_gates.py:5)",
    )


def test_a_function_that_hangs_is_ended(call):
    with pytest.raises(GitpromoteError) as caught:
        call("hangs", limits=Limits(timeout=1.0))
    assert (caught.value.code, caught.value.detail) == ("gate-timeout", "my_gates:hangs: 1 s")


def test_a_function_that_says_too_much_is_ended(call):
    with pytest.raises(GitpromoteError) as caught:
        call("long")
    assert (caught.value.code, caught.value.detail) == (
        "gate-answer-invalid",
        "my_gates:long: more than 1,048,576 bytes",
    )


def test_a_function_sees_no_network_and_no_variables(call, monkeypatch):
    from gitpromote.adapters.renderers.apart import without_network

    monkeypatch.setenv("MY_TOKEN", "s3cret")
    assert call("environment")["message"] == "none"
    if without_network():
        assert call("calls")["message"] == "no network"


def test_a_file_that_changed_since_is_not_run(call):
    with pytest.raises(GitpromoteError) as caught:
        call("true", code="sha256:" + "0" * 64)
    assert caught.value.detail.endswith("has changed since the pipeline was loaded")
