"""Which Freight may enter which Environment, and which one a plan looks at."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.state import EnvironmentState, FreightState, LedgerState, Verified
from gitpromote.planning.availability import choose, newest_first, upstream_outcome


def state(name, **verified):
    return EnvironmentState(name=name, verified={key: Verified(at=at, record="r") for key, at in verified.items()})


def told(after, join, freight, *states, carried=None):
    found = upstream_outcome(after, join, freight, {one.name: one for one in states}, carried=carried)
    return found.status, found.message, found.from_


def test_without_anything_before_it_freight_is_taken_directly():
    assert told([], "all", {"shop": "f"}) == ("pass", "takes Freight directly", None)


def test_all_of_several_since_the_last_of_them():
    states = state("a", f=10), state("b", f=30)
    assert told(["a", "b"], "all", {"shop": "f"}, *states) == ("pass", "a, b: verified", 30)
    assert told(["a", "b"], "all", {"shop": "f"}, states[0]) == ("pending", "b: not verified yet", None)
    assert told(["a", "b"], "all", {"shop": "f"}) == ("pending", "a, b: not verified yet", None)


def test_any_of_several_since_the_first_of_them():
    states = state("a", f=30), state("b", f=10)
    assert told(["a", "b"], "any", {"shop": "f"}, *states) == ("pass", "a, b: verified", 10)
    assert told(["a", "b"], "any", {"shop": "f"}, states[0]) == ("pass", "a: verified", 30)
    assert told(["a", "b"], "any", {"shop": "f"}, state("a", g=1)) == ("pending", "a or b: not verified yet", None)


def test_of_several_warehouses_all_freight_must_be_verified_in_one_place():
    freight = {"shop": "f", "side": "g"}
    assert told(["a"], "all", freight, state("a", f=1))[0] == "pending"
    assert told(["a"], "all", freight, state("a", f=1, g=7)) == ("pass", "a: verified", 7)


def test_an_environment_is_asked_for_what_gets_there():
    freight = {"shop": "f", "side": "g"}
    carried = {"a": ("shop",), "b": ("side",)}
    states = state("a", f=5), state("b", g=9)
    assert told(["a", "b"], "all", freight, *states, carried=carried) == ("pass", "a, b: verified", 9)
    assert told(["a", "b"], "any", freight, *states, carried=carried) == ("pass", "a, b: verified", 9)
    assert told(["a", "b"], "any", freight, states[0], carried=carried) == ("pending", "b: not verified yet", None)
    assert told(["a", "b"], "all", {"shop": "f"}, states[0], carried=carried) == ("pass", "a: verified", 5)


@given(
    verified=st.dictionaries(st.sampled_from("abc"), st.integers(1, 99)),
    after=st.lists(st.sampled_from("abc"), min_size=1, unique=True),
)
@settings(max_examples=60, deadline=None)
def test_all_and_any_are_what_the_words_say(verified, after):
    states = [state(name, f=at) for name, at in verified.items()]
    times = [verified.get(name) for name in after]
    everywhere = told(after, "all", {"shop": "f"}, *states)
    assert (everywhere[0] == "pass") == all(times)
    assert everywhere[2] == (max(times) if all(times) else None)
    anywhere = told(after, "any", {"shop": "f"}, *states)
    assert (anywhere[0] == "pass") == any(times)
    assert anywhere[2] == min((time for time in times if time), default=None)


# -- which one a plan looks at


def pick(small, numbers, *, after=("test",), current=None, verified=(), approved=()):
    """The number of the Freight that is chosen among these, newest first."""
    known = {number: small.freight(number) for number in numbers}
    ids = {known[number].id: 1 for number in verified}
    found = choose(
        list(known.values()),
        after=after,
        join="all",
        current=known[current].id if current else None,
        approved=[known[number].id for number in approved],
        states={"test": state("test", **ids)},
    )
    return next((number for number, freight in known.items() if freight == found), None)


def test_the_newest_that_is_available_is_chosen(small):
    assert pick(small, [3, 2, 1], verified=[2, 1]) == 2
    assert pick(small, [3, 2, 1], verified=[3, 2, 1]) == 3
    assert pick(small, [3, 2, 1], after=()) == 3


def test_what_is_no_newer_than_what_runs_is_not_chosen(small):
    assert pick(small, [3, 2, 1], verified=[2, 1], current=2) == 3  # on its way, shown as waiting
    assert pick(small, [3, 2, 1], verified=[1], current=2) == 3
    assert pick(small, [3, 2, 1], verified=[3], current=3) == 3


def test_an_approval_makes_freight_available(small):
    assert pick(small, [3, 2, 1], verified=[1], approved=[2]) == 2


def test_without_candidates_nothing_is_chosen(small):
    assert pick(small, []) is None


def test_the_latest_arrival_comes_first_and_what_was_rejected_not_at_all(small):
    freight = [small.freight(number) for number in (1, 2, 3, 4)]
    states = [
        FreightState(freight=one, created_at=1, sequence=at, rejected="bad" if at == 3 else None)
        for at, one in enumerate(freight, 1)
    ]
    other = FreightState(freight=small.freight(5, warehouse="side"), created_at=1, sequence=9)
    ledger = LedgerState(freight={one.freight.id: one for one in (states[2], states[0], other, states[3], states[1])})
    assert [one.freight for one in newest_first(ledger, "shop")] == [freight[3], freight[1], freight[0]]
