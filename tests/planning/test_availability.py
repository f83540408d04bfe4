"""Which Freight may enter which Environment: the laws that no scenario may break. The scenarios have the words."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import App, Bake, Branch, Environment, Git, Image, Pipeline, Plain, Soak, Warehouse, any_of
from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan, MovingFreight, PlannedFreight, PlannedTarget
from gitpromote.model.state import Bypass, EnvironmentState, FreightState, Held, Intent, LedgerState, Verified
from gitpromote.planning.availability import Journey, planned_freight, speaking_last
from gitpromote.planning.selection import choose, is_older, named, newest_first, passed, staying
from gitpromote.planning.sharing import shared_outcomes
from gitpromote.planning.soaking import explained, gate_outcome

NAMES = ("a", "b", "c")


def state(name, **members):
    verified = {key: Verified(at=at, record="r", since=at) for key, at in members.pop("verified", {}).items()}
    return EnvironmentState(name=name, verified=verified, **members)


def journey(small, environments, states=(), freight=(), *, now=1000, **members):
    pipeline = small.pipeline(*environments, **members)
    ledger = small.ledger(*states, freight=tuple(freight))
    return Journey(pipeline=pipeline, ledger=ledger, as_of=now)


def fan_in(after, *, any_one=False, **members):
    """Three starts, and one Environment after some of them."""
    starts = [Environment(name, after=[]) for name in NAMES]
    return [*starts, Environment("end", after=any_of(*after) if any_one else list(after), **members)]


SOME = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 99))
AFTER = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)


@given(verified=SOME, after=AFTER, any_one=st.booleans())
@settings(max_examples=80, deadline=None)
def test_freight_is_available_just_where_those_before_have_verified_it(small, verified, after, any_one):
    one = small.freight(1)
    states = [state(name, verified={one.id: at}) for name, at in verified.items()]
    found = journey(small, fan_in(after, any_one=any_one), states, [one]).verdict("end", one)
    times = [verified[name] for name in after if name in verified]
    assert found.available == (bool(times) if any_one else len(times) == len(after))
    assert found.at == ((min(times) if any_one else max(times)) if found.available else None)


@given(verified=SOME, after=AFTER, any_one=st.booleans(), now=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_a_verdict_does_not_depend_on_the_order_of_lists(small, verified, after, any_one, now):
    one, two = small.freight(1), small.freight(2)
    states = [state(name, verified={one.id: at}) for name, at in verified.items()]
    seen = set()
    for order in permutations(after):
        for ordered in (states, states[::-1]):
            asked = journey(small, fan_in(order, any_one=any_one, gates=[Soak("50s")]), ordered, [one, two], now=now)
            verdict = asked.verdict("end", one)
            chosen = choose(asked, "end", "shop", [two, one]).freight
            seen.add((verdict.admitted, verdict.at, verdict.way, chosen.id if chosen else None))
    assert len(seen) == 1


@given(
    decided=st.fixed_dictionaries(
        {"rejected": st.booleans(), "approved": st.booleans(), "stops": st.booleans(), "hotfix": st.booleans()}
    ),
    verified=st.booleans(),
    held=st.booleans(),
)
@settings(max_examples=64, deadline=None)
def test_the_first_row_that_holds_decides(small, decided, verified, held):
    one = small.freight(1)
    known = FreightState(
        freight=one,
        created_at=1,
        sequence=1,
        rejected="bad" if decided["rejected"] else None,
        approved_for=("prod",) if decided["approved"] else (),
        intent=Intent(at=1, record="r", target="test") if decided["stops"] else None,
        bypass={"prod": Bypass(at=1, record="r", reason="x", actor="y")} if decided["hotfix"] else {},
    )
    hold = Held(at=1, record="h", reason="r", actor="a", freight={"shop": "other"})
    states = {
        "test": state("test", verified={one.id: 5} if verified else {}),
        "prod": EnvironmentState(name="prod", held=hold if held else None),
    }
    ledger = LedgerState(environments=states, freight={one.id: known})
    found = Journey(pipeline=small.pipeline(), ledger=ledger, as_of=10).verdict("prod", one)
    rows = {
        "rejected": decided["rejected"],
        "target": decided["stops"] and not decided["approved"],
        "approved": decided["approved"],
        "upstream": verified or not decided["hotfix"],
        "hotfix": True,
    }
    assert found.way == next(name for name, holds in rows.items() if holds)
    let_in = found.way in ("approved", "hotfix") or (found.way == "upstream" and verified)
    assert (found.admitted, found.available) == (let_in, let_in and not held)


@pytest.mark.parametrize(
    "spellings",
    [
        ("https://git.example/acme/gitops.git", "git@git.example:acme/gitops", "ssh://git@GIT.example:22/acme/gitops/"),
        ("https://user@git.example:443/acme/gitops", "git.example/acme/gitops", "GIT.EXAMPLE/acme/gitops.git"),
    ],
)
def test_the_same_artifacts_are_the_same_freight_whatever_the_spelling(spellings):
    image = ImageArtifact.parse(f"ghcr.io/acme/shop:1.0.0@sha256:{1:064x}")
    made = set()
    for spelling in spellings:
        commit = CommitArtifact(repository=spelling, commit=f"{1:040x}")
        made |= {Freight.of("shop", pair).id for pair in ([commit, image], [image, commit])}
    assert len(made) == 1


def test_an_environment_is_asked_for_what_gets_there(small):
    """Of two Warehouses each asks only the Environments that its Freight gets to."""
    warehouses = [Warehouse(Git(repo="https://git.example/x"), name="shop"), Warehouse(Image("a/b"), name="side")]
    environments = [
        Environment("a", direct="shop"),
        Environment("b", after="a", direct="side"),
        Environment("end", after=["a", "b"]),
    ]
    pipeline = Pipeline(
        "p",
        apps=[App("s", Plain("d"), repo="https://git.example/x")],
        target=Branch("env/$env"),
        environments=environments,
        warehouse=warehouses,
    )
    shop, side = small.freight(1), small.freight(2, warehouse="side")
    ledger = small.ledger(state("b", verified={side.id: 9}), freight=(shop, side))
    found = Journey(pipeline=pipeline, ledger=ledger, as_of=10)
    assert found.verdict("end", side).available
    assert found.verdict("end", shop).message == "a, b: not verified yet"
    assert found.verdict("b", side).way == "direct"


def test_an_expired_hotfix_lets_nothing_in(small):
    one = small.freight(1)
    bypass = Bypass(at=1, record="r", reason="5xx", actor="Ada", expires=100)
    known = FreightState(freight=one, created_at=1, sequence=1, bypass={"prod": bypass})
    ledger = LedgerState(freight={one.id: known})
    for now, wanted in ((99, "hotfix"), (100, "upstream")):
        assert Journey(pipeline=small.pipeline(), ledger=ledger, as_of=now).verdict("prod", one).way == wanted


# -- which one a plan looks at


def pick(small, numbers, *, current=None, verified=(), **members):
    """The number of the Freight that is chosen for prod, among these, newest first."""
    known = {number: small.freight(number) for number in numbers}
    prod = state("prod", freight={"shop": known[current].id} if current else {})
    states = [state("test", verified={known[number].id: 1 for number in verified}), prod]
    asked = journey(small, [Environment("test"), Environment("prod", **members)], states, list(known.values())[::-1])
    found = choose(asked, "prod", "shop", list(known.values())).freight
    return next((number for number, freight in known.items() if freight == found), None)


def test_the_newest_that_is_available_is_chosen(small):
    assert pick(small, [3, 2, 1], verified=[2, 1]) == 2
    assert pick(small, [3, 2, 1], verified=[3, 2, 1]) == 3
    assert pick(small, [3, 2, 1], after=[]) == 3


def test_what_is_no_newer_than_what_runs_is_not_chosen(small):
    assert pick(small, [3, 2, 1], verified=[2, 1], current=2) == 3  # on its way, shown as waiting
    assert pick(small, [3, 2, 1], verified=[1], current=2) == 3
    assert pick(small, [3, 2, 1], verified=[3], current=3) == 3


def test_without_candidates_nothing_is_chosen(small):
    assert pick(small, []) is None


def test_what_runs_may_have_been_rejected_since(small):
    first, second, third = (small.freight(number) for number in (1, 2, 3))
    states = {
        one.id: FreightState(freight=one, created_at=1, sequence=at, rejected="bad" if at == 2 else None)
        for at, one in enumerate((first, second, third), 1)
    }
    held = EnvironmentState(name="test", freight={"shop": second.id})
    ledger = LedgerState(environments={"test": held}, freight=states)
    asked = Journey(pipeline=small.pipeline(Environment("test")), ledger=ledger, as_of=1)
    assert choose(asked, "test", "shop", [third, first]).freight == third
    assert choose(asked, "test", "shop", [first]).freight == first
    nothing = f"{second.alias}, which is here, was rejected (bad), and there is nothing else that may come"
    assert choose(asked, "test", "shop", []) == (None, nothing, None)


def test_the_latest_arrival_comes_first_and_what_was_rejected_not_at_all(small):
    freight = [small.freight(number) for number in (1, 2, 3, 4)]
    states = [
        FreightState(freight=one, created_at=1, sequence=at, rejected="bad" if at == 3 else None)
        for at, one in enumerate(freight, 1)
    ]
    other = FreightState(freight=small.freight(5, warehouse="side"), created_at=1, sequence=9)
    ledger = LedgerState(freight={one.freight.id: one for one in (states[2], states[0], other, states[3], states[1])})
    assert [one.freight for one in newest_first(ledger, "shop")] == [freight[3], freight[1], freight[0]]


def test_a_long_history_is_not_asked_one_by_one(small):
    many = [small.freight(number) for number in range(1, 2001)]
    asked = journey(small, [Environment("test"), Environment("prod")], freight=many)
    assert choose(asked, "prod", "shop", many[::-1]).freight == many[-1]
    assert len(asked._known) < 10


# -- a Freight that somebody named


def test_a_named_freight_goes_on_from_where_it_has_been(small):
    one, two = small.freight(1), small.freight(2)
    there = state("test", verified={one.id: 1, two.id: 2}, freight={"shop": two.id})
    asked = journey(small, [Environment("test"), Environment("prod")], [there], [one, two])
    assert named(asked, "test", one, exactly=False).freight == two
    assert named(asked, "test", one, exactly=True).freight == one
    assert named(asked, "prod", one, exactly=False).freight == one
    assert (passed(asked, "test", one), passed(asked, "test", two)) == (True, False)
    assert (is_older(asked, "test", one), is_older(asked, "test", two), is_older(asked, "prod", one)) == (
        two,
        None,
        None,
    )
    assert (staying(asked, "test", "shop").freight, staying(asked, "prod", "shop").freight) == (two, None)


def test_a_named_freight_does_not_go_where_its_request_does_not_take_it(small):
    one = small.freight(1)
    known = FreightState(freight=one, created_at=1, sequence=1, intent=Intent(at=1, record="r", target="test"))
    asked = Journey(pipeline=small.pipeline(), ledger=LedgerState(freight={one.id: known}), as_of=1)
    found = named(asked, "prod", one, exactly=False)
    assert found == (None, "not meant for prod: it was asked to stop at test", one)
    assert explained(asked, "prod", one) == "not meant for prod: it was asked to stop at test"


# -- two Warehouses that hold the same


def test_what_moved_last_speaks(small):
    freight = {name: small.freight(at, warehouse=name) for at, name in enumerate(("a", "b", "c"), 1)}
    assert list(speaking_last(freight, {"a"}, {"b": 5, "c": 3})) == ["c", "b", "a"]
    assert list(speaking_last(freight, set(), {"a": 9, "b": 5, "c": 5})) == ["b", "c", "a"]


def test_the_plan_says_which_of_two_speaks(small):
    shop, fix = small.freight(1), small.freight(2, warehouse="fix")
    image = "ghcr.io/acme/shop"
    assert [one.message for one in shared_outcomes({"shop": shop, "fix": fix})] == [
        f"git.example/acme/gitops is in shop and fix: fix moved last and speaks, git.example/acme/gitops@{0:07x}",
        f"{image} is in shop and fix: fix moved last and speaks, {image}:1.2.0@sha256:{2:064x}",
    ]
    assert shared_outcomes({"shop": shop}) == []


def test_a_loaded_plan_lets_the_same_one_speak(small):
    shop, fix = small.freight(1), small.freight(2, warehouse="fix")
    plan = small.example().model_copy(
        update={
            "freight": {one.id: PlannedFreight.of(one) for one in (shop, fix)},
            "facts": {"environments": {"prod": {"arrived": {"fix": 3, "shop": 7}}}},
        }
    )
    planned = EnvironmentPlan(
        name="prod",
        decision="ready",
        freight={one.warehouse: MovingFreight(id=one.id, moving=False) for one in (fix, shop)},
        target=PlannedTarget(kind="none", repository="home", ref=""),
    )
    assert list(planned_freight(plan, planned)) == ["fix", "shop"]


@given(lived=st.integers(0, 200), need=st.integers(1, 200), later=st.integers(0, 500), bake=st.booleans())
@settings(max_examples=80, deadline=None)
def test_what_a_plan_moves_on_opens_at_once_or_never(small, lived, need, later, bake):
    older, newer = small.freight(1), small.freight(2)
    gate = (Bake if bake else Soak)(f"{need}s")
    here = Verified(at=1000 - lived, record="r", since=1000 - lived, healthy=1000 - lived)
    states = [EnvironmentState(name="a", freight={"shop": older.id}, verified={older.id: here})]
    chain = [Environment("a"), Environment("b", gates=[gate])]
    calm = journey(small, chain, states, [older, newer])
    going = replace(calm, leaving={"a": {older.id: newer}}, leaves_at=calm.as_of).at(1000 + later)
    resolved = calm.pipeline.resolved("b")
    outcome = gate_outcome(going, resolved, gate, [older])
    assert (outcome.status == "pass") == (lived >= need)
    assert (outcome.from_ is None) == (lived < need) == bool(outcome.operands.get("over"))
    assert gate_outcome(calm, resolved, gate, [older]).from_ == 1000 - lived + need
