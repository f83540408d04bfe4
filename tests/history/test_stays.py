"""How long Freight has lived somewhere, whatever the clocks of those who wrote the Records said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.history.fold import apply_record
from gitpromote.history.moved import moves_of, old_name, with_moved
from gitpromote.history.stays import length
from gitpromote.model.record import Actor, Record
from gitpromote.model.state import EnvironmentState, LedgerState

F, G = "f" * 64, "a" * 64


def folded(*told, env="test"):
    """The state after Records of (kind, Freight, time)."""
    state = LedgerState()
    for number, (kind, freight, at) in enumerate(told):
        data = {"freight": {"shop": freight}, "actor": Actor(claimed="Ada"), "environment": env}
        state = apply_record(state, Record(id=f"{number:064x}", kind=kind, at=at, **data))
    return state.environment(env)


def lived(state, freight=F):
    found = state.verified[freight]
    return found.since, found.stayed, found.healthy, found.baked


def test_a_stay_lasts_from_its_verification_until_other_freight_comes():
    stays = folded(("written", F, 10), ("verified", F, 15), ("written", G, 40), ("verified", G, 41))
    assert lived(stays) == (None, (15, 40), None, (15, 40))
    assert lived(stays, G) == (41, None, 41, None)


def test_the_same_freight_written_again_goes_on_living_there():
    assert lived(folded(("written", F, 1), ("verified", F, 2), ("written", F, 9), ("verified", F, 9)))[0] == 2


def test_the_longest_of_several_stays_counts():
    once = [("written", F, 0), ("verified", F, 0), ("written", G, 50)]
    again = [("written", F, 60), ("verified", F, 60), ("written", G, 70)]
    assert lived(folded(*once, *again))[1] == (0, 50)


def test_what_is_verified_after_it_has_left_does_not_live_there():
    assert lived(folded(("written", F, 0), ("written", G, 1), ("verified", F, 2))) == (None, None, None, None)


def test_an_alarm_ends_what_was_healthy_and_its_end_begins_it_anew():
    start = [("written", F, 0), ("verified", F, 0), ("failed", F, 30)]
    assert lived(folded(*start)) == (0, None, None, None)
    assert folded(*start).failed == {F: 30}
    assert lived(folded(*start, ("healthy", F, 50)))[2] == 50
    assert folded(*start, ("healthy", F, 50)).failed == {}
    left = folded(*start[:2], ("written", G, 20), ("failed", F, 30))
    assert lived(left) == (None, (0, 20), None, None)


def test_a_retired_environment_is_no_home():
    assert lived(folded(("written", F, 0), ("verified", F, 0), ("retired", F, 9))) == (None, (0, 9), None, (0, 9))


ONE = st.tuples(
    st.sampled_from(["written", "verified", "rolled-back", "failed", "healthy", "held", "retired"]),
    st.sampled_from([F, G]),
    st.integers(0, 100),
)


@given(st.lists(ONE, max_size=14))
@settings(max_examples=100, deadline=None)
def test_no_stay_is_negative_or_longer_than_the_time_that_the_records_tell(history):
    """Whichever clock was right: a stay begins no sooner than the latest time told before it, and ends no later than
    the earliest time told after it."""
    state = folded(*history)
    times = [at for _, _, at in history]
    for verified in state.verified.values():
        for interval in (verified.stayed, verified.baked):
            assert interval is None or 0 <= length(interval) <= max(times) - min(times)
        for since in (verified.since, verified.healthy):
            assert since is None or min(times) <= since <= state.clock == max(times)


@given(st.lists(st.integers(0, 100), min_size=3, max_size=3), st.integers(0, 100))
@settings(max_examples=100, deadline=None)
def test_a_stay_that_has_ended_is_no_longer_than_any_later_record_allows(times, later):
    came, verified, left = times
    state = folded(("written", F, came), ("verified", F, verified), ("written", G, left), ("held", G, later))
    stayed = state.verified[F].stayed
    assert 0 <= length(stayed) <= max(0, min(left, later) - max(came, verified))


# -- renamed


def test_an_environment_goes_on_under_its_new_name(small_pipeline):
    old = folded(("written", F, 1), ("verified", F, 2), env="uat")
    state = LedgerState(environments={"uat": old})
    moved = moves_of(small_pipeline)
    assert moved == {"stage": ("qa", "uat")}
    assert with_moved(state, moved).environment("stage") == old.model_copy(update={"name": "stage", "moved": "uat"})
    assert with_moved(state, {}) is state
    record = Record(
        id="9" * 64, kind="held", at=5, actor=Actor(claimed="Ada"), environment="stage", data={"moved": "uat"}
    )
    after = apply_record(state, record)
    assert after.environment("stage").verified == old.verified
    assert after.environment("stage").held is not None
    assert with_moved(after, moved) is after


def test_of_several_old_names_the_last_in_use_counts():
    states = {name: EnvironmentState(name=name, clock=clock) for name, clock in (("qa", 5), ("uat", 9))}
    state = LedgerState(environments=states)
    assert old_name(state, "stage", {"stage": ("uat", "qa")}) == "uat"
    assert old_name(state, "qa", {"qa": ("uat",)}) is None
    assert old_name(state, "stage", {}) is None
