"""The state that follows from the Records: by anyone, in any number of steps, with the same result."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.history.fold import REMEMBERED, apply_record
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.canonical import canonical
from gitpromote.model.freight import Freight
from gitpromote.model.record import GENERATION_KINDS, Actor, Record
from gitpromote.model.state import LedgerState

COUNT = itertools.count()
F, G, H = "f" * 64, "a" * 64, "b" * 64


def record(kind, env="test", *, freight=F, at=1, who="Ada", **members):
    given = {"freight": {"shop": freight} if freight else {}, "actor": Actor(claimed=who), **members}
    return Record(id=f"{next(COUNT):064x}", kind=kind, at=at, environment=env, **given)


def written(freight=F, **members):
    data = {"ref": "refs/heads/env/test", "repository": "home", "path": "", "omitted": ["s.yaml"], "edits": []}
    given = {"tree": "1" * 40, "commit": "2" * 40, "change_digest": "sha256:c", "data": data, **members}
    return record(given.pop("kind", "written"), freight=freight, **given)


def folded(*records, state=None):
    found = state or LedgerState()
    for one in records:
        found = apply_record(found, one)
    return found


def test_what_was_written_is_what_is_held():
    first = written(at=7, plan="sha256:p")
    state = folded(first).environment("test")
    content = state.content
    assert (state.generation, state.freight, state.retired) == (1, {"shop": F}, False)
    assert content.model_dump() == {
        "record": first.id,
        "kind": "written",
        "at": 7,
        "plan": "sha256:p",
        "change_digest": "sha256:c",
        "commit": "2" * 40,
        "tree": "1" * 40,
        "repository": "home",
        "ref": "refs/heads/env/test",
        "path": "",
        "edits": (),
        "omitted": ("s.yaml",),
        "freight": {"shop": F},
        "actor": "Ada",
        "reason": "",
        "adopted": None,
    }


def test_promotions_that_changed_something_are_remembered_by_their_time():
    rolled, inherited = record("rolled-back", at=4), written(at=5, data={"inherited": True})
    state = folded(written(at=1), written(at=3), rolled, inherited, written(at=2))
    assert state.environment("test").promoted == (1, 3, 5)
    many = folded(*(written(at=at) for at in range(1, 1103)))
    assert many.environment("test").promoted == tuple(range(103, 1103))


def holding(at=1, kind="written", **freight):
    return written(kind=kind, at=at).model_copy(update={"freight": freight})


def test_a_record_of_content_names_all_that_is_there():
    state = folded(holding(1, shop=F, side=G), holding(2, shop=H, side=G)).environment("test")
    assert (state.freight, state.arrived) == ({"shop": H, "side": G}, {"shop": 2, "side": 1})
    state = folded(holding(1, shop=F, side=G), holding(2, side=G)).environment("test")
    assert (state.freight, state.arrived) == ({"side": G}, {"side": 1})


def test_freight_of_a_warehouse_that_is_called_otherwise_now_leaves_with_what_takes_its_place():
    before = [holding(1, shop=F), record("verified", at=1)]
    renamed = folded(*before, holding(5, store=G), record("verified", freight=G, at=5)).environment("test")
    assert (renamed.freight, set(renamed.verified)) == ({"store": G}, {F, G})
    assert (renamed.verified[F].since, renamed.verified[F].stayed) == (None, (1, 5))
    back = folded(
        *(*before, holding(5, store=G), record("verified", freight=G, at=5)),
        *(holding(7, "rolled-back", shop=F), record("verified", at=7)),
    ).environment("test")
    assert (back.freight, back.arrived, set(back.verified)) == ({"shop": F}, {"shop": 7}, {F})
    assert set(back.rolled_back) == {G}


def test_who_adopts_content_changes_no_freight():
    state = folded(holding(1, shop=F, side=G), holding(2, "adopted", side=G)).environment("test")
    assert (state.freight, state.content.kind) == ({"shop": F, "side": G}, "adopted")


@pytest.mark.parametrize(
    "kind", ["planned", "verified", "approved", "locked", "unlocked", "synced", "failed", "started"]
)
def test_what_changes_nothing_keeps_the_generation(kind):
    assert folded(written(), record(kind)).environment("test").generation == 1


@pytest.mark.parametrize("kind", sorted(GENERATION_KINDS))
def test_what_outdates_a_plan_adds_to_the_generation(kind):
    assert folded(written(), record(kind)).environment("test").generation == 2


def test_records_of_no_environment_change_no_environment():
    before = folded(written())
    assert apply_record(before, record("planned", env=None, freight=None)) is before


# -- verified


def test_verified_says_when_by_which_record_and_whether_inherited():
    one, two = record("verified", at=5, tree="t"), record("verified", freight=G, at=9, data={"inherited": True})
    verified = folded(one, two).environment("test").verified
    assert {key: (each.at, each.record, each.tree, each.inherited) for key, each in verified.items()} == {
        F: (5, one.id, "t", False),
        G: (9, two.id, None, True),
    }


def test_freight_that_was_rolled_away_is_no_longer_verified():
    state = folded(
        *(written(F), record("verified", freight=F), written(G), record("verified", freight=G)),
        *(written(F, kind="rolled-back"), record("held"), record("verified", freight=F)),
    ).environment("test")
    assert (set(state.verified), state.freight, state.held.freight) == ({F}, {"shop": F}, {"shop": F})


def test_freight_that_was_promoted_over_stays_verified():
    state = folded(written(F), record("verified", freight=F), written(G), record("verified", freight=G))
    assert set(state.environment("test").verified) == {F, G}


def test_what_is_held_and_the_last_hundred_others_are_remembered():
    records = [record("verified", freight=f"{(at * 7919) % 1000:064x}", at=at) for at in range(REMEMBERED + 20)]
    verified = folded(*records).environment("test").verified
    assert set(verified) == {next(iter(one.freight.values())) for one in records[-REMEMBERED - 1 :]}
    rare = [written(F), record("verified", freight=F, at=0)]
    assert F in folded(*rare, *records).environment("test").verified


def saved_and_read(state):
    """As the ledger keeps it: canonical JSON, whose keys are sorted."""
    return LedgerState.model_validate_json(canonical(state.model_dump(mode="json")))


def test_what_is_remembered_does_not_depend_on_how_often_it_was_saved():
    ids = [f"{(at * 7919) % 1000:064x}" for at in range(REMEMBERED + 20)]
    records = [record("verified", freight=one, at=1 + at // 3) for at, one in enumerate(ids)]
    once, stepwise = folded(*records), LedgerState()
    for one in records:
        stepwise = saved_and_read(apply_record(stepwise, one))
    assert stepwise == once


# -- holds, approvals, retirement


def test_a_hold_lasts_until_it_is_released():
    held = folded(written(), record("held", at=3, data={"reason": "audit"})).environment("test").held
    assert (held.at, held.reason, held.actor, held.freight) == (3, "audit", "Ada", {"shop": F})
    assert folded(written(), record("held"), record("released")).environment("test").held is None


def approval(change="sha256:c", **data):
    given = {"identity": "cleo@x", "expires": 9, "signature": "sig", **data}
    return record("approved", change_digest=change, at=4, data=given)


def test_an_approval_waits_for_its_change_and_is_spent_by_it():
    one, two = approval(), approval("sha256:d")
    approvals = folded(one, two).environment("test").approvals
    assert [each.model_dump() for each in approvals] == [
        {
            "record": each.id,
            "at": 4,
            "identity": "cleo@x",
            "change_digest": each.change_digest,
            "expires": 9,
            "signature": "sig",
        }
        for each in (one, two)
    ]
    left = folded(one, two, written()).environment("test").approvals
    assert [each.change_digest for each in left] == ["sha256:d"]


def test_a_retired_environment_holds_nothing():
    state = folded(written(), record("verified"), record("retired")).environment("test")
    assert (state.retired, state.freight, state.content) == (True, {}, None)
    assert folded(written(), record("retired"), written()).environment("test").retired is False


# -- Freight


def created(number, at=1):
    freight = Freight.of(
        "shop", [CommitArtifact(repository="r/x", commit=f"{number:040x}")], subject=f"number {number}"
    )
    data = {"freight": freight.model_dump(mode="json")}
    return freight, record("freight-created", env=None, freight=freight.id, at=at, data=data)


def test_freight_is_numbered_in_the_order_of_its_arrival():
    pairs = [created(number, at=number) for number in (3, 1, 2)]
    state = folded(*(one for _, one in pairs))
    assert {one.freight.subject: (one.sequence, one.created_at) for one in state.freight.values()} == {
        "number 3": (1, 3),
        "number 1": (2, 1),
        "number 2": (3, 2),
    }


def test_freight_that_is_known_already_keeps_its_place_and_what_was_said_of_it():
    freight, first = created(1)
    rejected = record("rejected", env=None, data={"freight": freight.id, "reason": "bad"})
    state = folded(first, created(2)[1], rejected, created(1, at=99)[1])
    assert (state.freight[freight.id].sequence, state.freight[freight.id].rejected) == (1, "bad")


def test_freight_is_approved_for_environments_and_rejected_everywhere():
    freight, first = created(1)
    approved = [record("freight-approved", env=env, data={"freight": freight.id}) for env in ("prod", "uat", "prod")]
    assert folded(first, *approved).freight[freight.id].approved_for == ("prod", "uat")
    unknown = record("rejected", env=None, data={"freight": "0" * 64})
    assert folded(unknown) == LedgerState()


# -- any history

KINDS = (
    *("written", "verified", "held", "released", "approved", "rolled-back", "adopted", "retired", "locked"),
    *("failed", "healthy", "synced"),
)
ONE = st.tuples(st.sampled_from(KINDS), st.sampled_from(["test", "prod"]), st.sampled_from([F, G]), st.integers(0, 9))


@given(st.lists(ONE, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_history_gives_the_same_state_however_it_is_cut(history):
    records = [record(kind, env, freight=one, at=at, change_digest="sha256:c") for kind, env, one, at in history]
    whole = folded(*records)
    for cut in range(len(records) + 1):
        half = saved_and_read(folded(*records[:cut]))
        assert folded(*records[cut:], state=half) == whole
    assert whole == saved_and_read(whole)


def test_freight_is_recorded_behind_all_others_unless_its_sources_put_it_before_one():
    made = [Freight.of("shop", [CommitArtifact(repository="r", commit=f"{n:040x}")]) for n in range(4)]
    late = made[1].model_copy(update={"older_than": made[2].id})
    lost = made[3].model_copy(update={"older_than": "0" * 64})
    told = [made[0], made[2], late, late, lost]
    state = folded(*(record("freight-created", None, data={"freight": one.model_dump(mode="json")}) for one in told))
    assert {one.sequence: one.freight for one in state.freight.values()} == dict(enumerate([*made[:3], made[3]], 1))
