"""How approvals are counted: distinct people, each for one reason, whatever order they come in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Approvals
from gitpromote.errors import ConfigurationError
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.policy.approvals import judge
from gitpromote.policy.gate_context import GateContext

NOW = 1_763_600_040
CHANGE = "sha256:1"
PROD = ResolvedEnvironment(name="prod", target=ResolvedTarget(kind="branch", ref="refs/heads/env/prod"))


def one(name: str, *, key: str | None = None, change: str = CHANGE, **members: Any) -> dict[str, Any]:
    told = {"identity": name, "change": change, "record": name, "at": NOW - 60, "expires": None}
    return {**told, "key": f"SHA256:{key or name}", **members}


def judged(gate: Approvals, *approvals: dict[str, Any], signers: str | None = "signers", digest: str = CHANGE):
    value = {"given": list(approvals), "signers": signers}
    evidence = Evidence(gate=gate.name, subject=Subject(environment="prod"), at=NOW, source="ledger", value=value)
    state = EnvironmentState(name="prod")
    return judge(
        gate,
        GateContext(
            environment=PROD, occasion="promote", as_of=NOW, state=state, evidence=evidence, change_digest=digest
        ),
    )


def test_nobody_was_asked():
    state = EnvironmentState(name="prod")
    context = GateContext(environment=PROD, occasion="promote", as_of=NOW, state=state, change_digest=CHANGE)
    outcome = judge(Approvals(1), context)
    assert (outcome.status, outcome.message) == ("error", "nobody was asked about this change")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"change": "sha256:2"}, "for another change"),
        # Whoever may not is not sent to approve this change as well.
        ({"change": "sha256:2", "wrote": "8f3c1d2000"}, "wrote 8f3c1d2"),
        ({"change": "sha256:2", "not_of": "not of @acme/payments"}, "not of @acme/payments"),
        ({"change": "sha256:2", "asked": "asked for it"}, "for another change"),
        ({"key": "", "unsound": "it is not signed"}, "it is not signed"),
        ({"not_of": "removed from @acme/payments"}, "removed from @acme/payments"),
        ({"wrote": "8f3c1d2000"}, "wrote 8f3c1d2"),
        ({"asked": "asked for it"}, "asked for it"),
        ({"expires": NOW - 7200}, "expired 2h ago"),
        ({"expires": NOW}, "expired just now"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_count_is_told_with_its_reason(members, why):
    told = {**one("lea@acme"), **members}
    outcome = judged(Approvals(1), told)
    assert (outcome.status, outcome.reads) == ("pending", "live")
    assert outcome.message == f"0 of 1; lea@acme does not count: {why}"
    assert outcome.operands["refused"] == [{"identity": "lea@acme", "why": why}]


def test_without_a_change_nothing_counts():
    assert judged(Approvals(1), one("lea@acme", change=""), digest="").status == "pending"


def test_an_approval_for_this_change_is_told_before_one_for_another():
    outcome = judged(Approvals(1), one("lea", change="sha256:2"), one("lea", wrote="8f3c1d2"))
    assert outcome.message == "0 of 1; lea does not count: wrote 8f3c1d2"
    assert judged(Approvals(1), one("lea", change="sha256:2"), one("lea")).message == "1 of 1: lea"


def test_it_holds_until_the_first_of_those_ends_without_which_it_is_too_few():
    three = [one("a", expires=NOW + 60), one("b", expires=NOW + 600), one("c")]
    assert judged(Approvals(1), *three).until is None
    assert judged(Approvals(2), *three).until == NOW + 600
    assert judged(Approvals(3), *three).until == NOW + 60


def test_only_so_many_are_told():
    outcome = judged(Approvals(9), *(one(f"p{at}", asked="asked for it") for at in range(9)))
    assert outcome.message.endswith("p4 does not count: asked for it; and 4 more")
    assert len(outcome.operands["refused"]) == 9


def test_names_without_signers_are_claimed():
    outcome = judged(Approvals(1), one("lea"), signers=None)
    assert outcome.message == "1 of 1: lea (names are claimed: the pipeline has no signers=)"


GIVEN = st.lists(
    st.builds(
        one,
        st.sampled_from(["a", "A", "b", "c", "d"]),
        key=st.sampled_from(["1", "2", "3", "4"]),
        change=st.sampled_from([CHANGE, CHANGE, "sha256:2"]),
        expires=st.sampled_from([None, NOW - 1, NOW + 1, NOW + 100]),
        wrote=st.sampled_from(["", "", "8f3c1d2"]),
        record=st.uuids().map(str),
    ),
    max_size=7,
)


@settings(max_examples=100, deadline=None)
@given(GIVEN, st.randoms(use_true_random=False))
def test_the_order_of_approvals_decides_nothing(approvals, chance):
    other = list(approvals)
    chance.shuffle(other)
    assert judged(Approvals(2), *approvals) == judged(Approvals(2), *other)


@settings(max_examples=100, deadline=None)
@given(GIVEN)
def test_nobody_counts_twice_and_nothing_counts_that_may_not(approvals):
    outcome = judged(Approvals(2), *approvals)
    sound = [each for each in approvals if each["change"] == CHANGE and not each["wrote"]]
    sound = [each for each in sound if each["expires"] is None or each["expires"] > NOW]
    most = min(len({each["identity"].casefold() for each in sound}), len({each["key"] for each in sound}))
    assert outcome.operands["have"] <= most
    assert (outcome.status == "pass") == (outcome.operands["have"] >= 2)


# -- definitions


def test_a_group_needs_no_file_to_be_named():
    assert Approvals(2, of="@acme/payments").of == ("@acme/payments",)


def test_more_approvals_than_people_are_refused_at_once():
    with pytest.raises(ConfigurationError) as caught:
        Approvals(2, of=["lea@acme.example", "Lea@acme.example"])
    assert "asks for 2 approvals and names 1 who may give one" in str(caught.value)
