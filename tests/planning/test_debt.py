"""Debt: hotfixes and adopted content are told until trunk contains them."""

from __future__ import annotations

import pytest

from gitpromote import Environment
from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.state import Bypass, FreightState, LedgerState
from gitpromote.planning.availability import Journey
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.debt import adopted_debt, contains, fields_of, hotfix_debts


def image(tag, digest=None, repository="ghcr.io/acme/shop"):
    return ImageArtifact.parse(f"{repository}:{tag}" + (f"@sha256:{digest:064x}" if digest else ""))


def commit(number):
    return CommitArtifact(repository="git.example/acme/gitops", commit=f"{number:040x}")


def of(*artifacts):
    return Freight.of("shop", artifacts)


@pytest.mark.parametrize(
    ("comes", "fix", "wanted"),
    [
        ([image("1.4.2")], [image("1.4.2")], True),
        ([image("1.5.0")], [image("1.4.2")], True),
        ([image("1.4.1")], [image("1.4.2")], False),
        ([image("1.4.2-rc.1")], [image("1.4.2")], False),
        ([image("main", 7)], [image("fix", 7)], True),
        ([image("main", 7)], [image("fix", 8)], False),
        ([image("main")], [image("main")], False),
        ([image("2.0.0", repository="ghcr.io/acme/other")], [image("1.4.2")], False),
        ([image("1.5.0"), commit(1)], [image("1.4.2"), commit(1)], True),
        ([image("1.5.0"), commit(1)], [image("1.4.2"), commit(2)], False),
        ([image("1.5.0"), commit(3)], [image("1.4.2"), commit(2)], True),
        ([image("1.5.0")], [image("1.4.2"), commit(2)], False),
    ],
)
def test_trunk_contains_a_hotfix_when_it_has_each_artifact_or_a_later_one(comes, fix, wanted):
    assert contains([of(*comes)], of(*fix), later={(f"{2:040x}", f"{3:040x}")}) is wanted


def known(number, created, *artifacts, **members):
    return FreightState(freight=of(*artifacts), created_at=created, sequence=number, **members)


@pytest.mark.parametrize(
    ("comes", "wanted"),
    [
        ([image("1.1.0", 3), commit(1)], True),  # pushed before the hotfix, in a Freight of that time
        ([image("1.1.0", 3), commit(2)], True),  # the same image with a later commit
        ([image("1.1.1", 4), commit(1)], False),  # found after it
        ([image("1.0.1", 2), commit(1)], False),  # the same
        ([image("main", 2), commit(1)], False),  # the same by another tag
        ([image("1.1.0", 5), commit(1)], False),  # built anew
    ],
)
def test_what_was_there_before_a_hotfix_does_not_contain_it_whatever_its_number_says(small, comes, wanted):
    bypass = Bypass(at=50, record="r", reason="5xx", actor="Ada", expires=None)
    fix = known(3, 50, image("1.0.1", 2), commit(1), bypass={"prod": bypass})
    states = [known(1, 10, image("1.0.0", 1), commit(1)), known(2, 20, image("1.1.0", 3), commit(1)), fix]
    trunk = of(*comes)
    if trunk.id not in [one.freight.id for one in states]:
        states.append(known(4, 60, *comes))
    prod = small.holding("prod", fix.freight, "t")
    test = small.holding("test", trunk, "t")
    ledger = LedgerState(environments={"prod": prod, "test": test}, freight={one.freight.id: one for one in states})
    journey = Journey(pipeline=small.pipeline(), ledger=ledger, as_of=100)
    told = hotfix_debts(journey, "prod", {"shop": trunk}, later={(f"{1:040x}", f"{2:040x}")})
    assert bool(told) is wanted


def hotfixed(small, *, held=True, verified=False):
    fix, next_one = small.freight(2), small.freight(3)
    bypass = Bypass(at=5, record="r", reason="5xx", actor="Ada", expires=small.as_of + 60)
    known = [
        FreightState(freight=fix, created_at=1, sequence=2, bypass={"prod": bypass}),
        FreightState(freight=next_one, created_at=1, sequence=3),
    ]
    there = {fix.id: small.holding("test", fix, "t").verified[fix.id]} if verified else {}
    prod = small.holding("prod", fix, "t") if held else small.holding("prod", small.freight(1), "t")
    test = small.holding("test", small.freight(1), "t", verified=there)
    ledger = LedgerState(environments={"prod": prod, "test": test}, freight={one.freight.id: one for one in known})
    return Journey(pipeline=small.pipeline(), ledger=ledger, as_of=small.as_of), fix, next_one


def told(journey, *comes, **members):
    return [one.message for one in hotfix_debts(journey, "prod", {one.warehouse: one for one in comes}, **members)]


def test_a_hotfix_is_told_while_it_is_there_and_when_it_is_undone(small):
    journey, fix, next_one = hotfixed(small)
    by = 'hotfix by Ada: "5xx", until 00:55Z; debt until trunk contains it'
    assert told(journey, fix) == [f"keeps {fix.alias}, {by}"]
    assert told(journey, next_one) == [f"undoes {fix.alias}, {by}"]
    assert told(journey, next_one, later={(f"{2:040x}", f"{3:040x}")}) == []


def test_a_hotfix_that_got_there_the_ordinary_way_is_none_any_more(small):
    journey, fix, _ = hotfixed(small, verified=True)
    assert told(journey, fix) == []


def test_a_hotfix_that_was_rolled_away_is_none_any_more(small):
    journey, fix, _ = hotfixed(small, held=False)
    assert told(journey, fix) == []


# -- adopted


def adopting(small, adopted, after):
    """What is told when the target holds ``replicas`` by hand, and the sources render something else."""
    before = {"a.yaml": small.config("a", "by hand"), "b.yaml": small.config("b")}
    observed = small.observed("test", before, after)
    state = small.holding("test", small.freight(1), observed.current.tree)
    content = state.content.model_copy(
        update={"kind": "adopted", "actor": "Ada", "reason": "INC-1", "adopted": adopted}
    )
    state = state.model_copy(update={"content": content})
    changes = changes_of(observed, small.pipeline(Environment("test")))
    return [one.message for one in adopted_debt(observed, state, changes, keeps=False)]


UNDOES = ['undoes what Ada adopted: "INC-1"; it stays if the sources contain it']
FIELD = ("v1/ConfigMap shop/a", "data.v")


def test_adopted_content_is_debt_until_its_own_fields_are_rendered(small):
    undone = {"a.yaml": small.config("a"), "b.yaml": small.config("b")}
    contained = {"a.yaml": small.config("a", "by hand"), "b.yaml": small.config("b", "new")}
    assert adopting(small, (FIELD,), undone) == UNDOES
    assert adopting(small, (FIELD,), contained) == []
    assert adopting(small, None, contained) == UNDOES
    assert adopting(small, ((FIELD[0], "."),), undone) == UNDOES
    assert adopting(small, ((FIELD[0], "data.vv"),), undone) == []
    assert adopting(small, (FIELD,), {"b.yaml": small.config("b")}) == UNDOES


def test_the_fields_of_a_change_are_named_by_object_and_path(small):
    before = {"a.yaml": small.config("a", "1"), "gone.yaml": small.config("gone")}
    after = {"a.yaml": small.config("a", "2"), "new.yaml": small.config("new")}
    changes = changes_of(small.observed("test", before, after), small.pipeline(Environment("test")))
    assert fields_of(changes) == [FIELD, ("v1/ConfigMap shop/gone", "."), ("v1/ConfigMap shop/new", ".")]
