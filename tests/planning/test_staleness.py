"""The cases of staleness, in their order: a pure function of what was planned and what is there now."""

from __future__ import annotations

import itertools

import pytest

from gitpromote.model.plan import EnvironmentPlan, PlannedTarget, PushStep, VerifyStep, Write
from gitpromote.model.record import Actor, Record, planned_record_id
from gitpromote.planning.staleness import Difference, FreshLook, judge

PLAN, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
BEFORE, AFTER = "1" * 40, "2" * 40
NOW = 1763600000
WHO = Actor(claimed="Bo <bo@acme.example>")


def planned(*, kind="branch", reads=(("", "tree", BEFORE),), writes=("a.yaml",), expires=None):
    return EnvironmentPlan(
        name="test",
        decision="ready",
        target=PlannedTarget(kind=kind, repository="home", ref="refs/heads/x"),
        reads=reads,
        writes=tuple(Write(path=path) for path in writes),
        steps=(PushStep(id="1"), VerifyStep(id="2", after=("1",))),
        expires_at=expires,
        change_digest="sha256:" + "c" * 64,
    )


def record(kind="written", *, plan=OTHER, generation=None, step="1", change="c"):
    identifier = (
        f"{next(COUNT):064x}"
        if generation is None
        else planned_record_id("sha256:" + change * 64, generation, step, kind)
    )
    return Record(id=identifier, kind=kind, at=NOW, actor=WHO, plan=plan, environment="test", commit="d" * 40)


COUNT = itertools.count()


def look(**members):
    return FreshLook(**{"head": "h" * 40, "planned_head": "p" * 40, "reads": (("", "tree", BEFORE),), **members})


def verdict(plan, fresh, *, generation=3, now=NOW):
    found = judge(plan, fresh, plan=PLAN, generation=generation, now=now)
    return found.verdict, found.code, found.message


def test_a_head_that_has_not_moved_goes_on():
    assert verdict(planned(), look(head="p" * 40)) == ("go", "", "")
    assert verdict(planned(), look(head=None, planned_head=None)) == ("go", "", "")


@pytest.mark.parametrize(
    ("head", "planned_head", "count", "text"),
    [
        ("h" * 40, "p" * 40, 1, "re-anchored pppp..hhhh, 1 unrelated commit"),
        ("h" * 40, "p" * 40, 12, "re-anchored pppp..hhhh, 12 unrelated commits"),
        ("h" * 40, "p" * 40, 0, "re-anchored pppp..hhhh, the branch was rewritten"),
        ("h" * 40, None, 0, "re-anchored nothing..hhhh, the branch is new"),
        (None, "p" * 40, 0, "re-anchored pppp..nothing, the branch is gone"),
    ],
)
def test_a_head_that_moved_past_the_same_ids_is_built_upon(head, planned_head, count, text):
    fresh = look(head=head, planned_head=planned_head, unrelated=count)
    assert verdict(planned(), fresh) == ("reanchor", "", text)


@pytest.mark.parametrize("planned_head", ["p" * 40, None])
def test_commits_of_this_very_plan_are_nothing_unrelated(planned_head):
    """An earlier run of it was cut short."""
    ours = look(head="h" * 40, planned_head=planned_head, ours_alone=True)
    assert verdict(planned(), ours) == ("go", "", "")


def test_ids_that_an_earlier_environment_of_the_plan_has_put_there_count_as_unchanged():
    reads = (("values.yaml", "blob", BEFORE),)
    plan = planned(kind="in-place", reads=reads, writes=("values.yaml",))
    fresh = look(reads=(("values.yaml", "blob", AFTER),))
    assert verdict(plan, fresh)[0] == "stale"
    ours = look(reads=(("values.yaml", "blob", AFTER),), earlier={"values.yaml": frozenset({AFTER})})
    assert verdict(plan, ours)[0] == "reanchor"
    others = look(reads=(("values.yaml", "blob", AFTER),), earlier={"values.yaml": frozenset({"3" * 40})})
    assert verdict(plan, others)[0] == "stale"


@pytest.mark.parametrize(
    ("before", "now"),
    [(BEFORE, AFTER), (BEFORE, None), (None, AFTER)],
    ids=["changed", "gone", "appeared"],
)
def test_any_other_id_is_stale_and_is_told(before, now):
    plan = planned(reads=(("", "tree" if before else "absent", before),))
    found = judge(plan, look(reads=(("", "tree", now),)), plan=PLAN, generation=3, now=NOW)
    assert (found.verdict, found.code) == ("stale", "plan-stale")
    assert found.differences == (Difference(path="", planned=before, now=now),)


def test_what_is_known_of_a_difference_is_handed_on():
    told = (Difference(path="a.yaml", planned=BEFORE, now=AFTER, commit="e" * 40, author="x", subject="y", at=1),)
    found = judge(planned(), look(reads=(("", "tree", AFTER),), differences=told), plan=PLAN, generation=3, now=NOW)
    assert found.differences == told


def test_sources_that_are_only_read_are_rendered_again():
    reads = (("chart/values.yaml", "blob", BEFORE), ("envs/test.yaml", "blob", BEFORE))
    plan = planned(kind="in-place", reads=reads, writes=("envs/test.yaml",))
    read = look(reads=(("chart/values.yaml", "blob", AFTER), ("envs/test.yaml", "blob", BEFORE)))
    assert verdict(plan, read)[0] == "rerender"
    edited = look(reads=(("chart/values.yaml", "blob", BEFORE), ("envs/test.yaml", "blob", AFTER)))
    assert verdict(plan, edited)[:2] == ("stale", "plan-stale")


# -- Records


def test_this_very_change_is_applied_already_where_its_result_is_there():
    done = look(records=(record(plan=PLAN, generation=3),), result_holds=True)
    assert verdict(planned(), done)[0] == "applied"
    undone = look(records=(record(plan=PLAN, generation=3),), result_holds=False, reads=(("", "tree", AFTER),))
    assert verdict(planned(), undone)[0] == "stale"
    assert verdict(planned(), look(result_holds=True))[0] == "reanchor"


def test_the_same_change_of_another_generation_is_another_one():
    fresh = look(records=(record(plan=OTHER, generation=2),), result_holds=True)
    assert verdict(planned(), fresh)[:2] == ("stale", "plan-overtaken")


@pytest.mark.parametrize("kind", ["written", "rolled-back", "adopted", "retired"])
def test_every_kind_of_push_is_found_again(kind):
    assert verdict(planned(), look(records=(record(kind, plan=PLAN, generation=3),), result_holds=True))[0] == "applied"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("written", "promoted there since by Bo <bo@acme.example> (plan bbbbbbbbbbbb)"),
        ("rolled-back", "rolled back since by Bo <bo@acme.example> (plan bbbbbbbbbbbb)"),
        ("adopted", "adopted since by Bo <bo@acme.example> (plan bbbbbbbbbbbb)"),
        ("held", "held since by Bo <bo@acme.example> (plan bbbbbbbbbbbb)"),
        ("released", "released since by Bo <bo@acme.example> (plan bbbbbbbbbbbb)"),
        (
            "foreign-commit",
            "what was written there is gone: somebody has deleted its branch, or put it back to what it was",
        ),
    ],
)
def test_what_others_recorded_there_since_is_stale(kind, text):
    fresh = look(head="p" * 40, records=(record(kind),))
    assert verdict(planned(), fresh) == ("stale", "plan-overtaken", text)
    # What somebody made of this plan's own result is nobody's plan.
    own = "stale" if kind == "foreign-commit" else "go"
    assert verdict(planned(), look(head="p" * 40, records=(record(kind, plan=PLAN),)))[0] == own


@pytest.mark.parametrize(
    "kind", ["planned", "verified", "approved", "locked", "unlocked", "freight-created", "started"]
)
def test_what_changes_nothing_there_does_not_matter(kind):
    assert verdict(planned(), look(head="p" * 40, records=(record(kind),)))[0] == "go"


# -- the order

LATER = {
    "applied": {"records": (record(plan=PLAN, generation=3),), "result_holds": True},
    "plan-superseded": {"superseded": "rejected"},
    "plan-retires-living": {"alive": "it lives again: the branch change-1"},
    "plan-overtaken": {"records": (record("held"),)},
    "plan-code-changed": {"changed_callables": ("gates:signed",)},
    "plan-expired": {},
    "plan-stale": {"reads": (("", "tree", AFTER),)},
}


@pytest.mark.parametrize("first", LATER)
def test_the_first_case_that_holds_is_told(first):
    names = list(LATER)[list(LATER).index(first) :]
    members: dict[str, object] = {}
    for name in names:
        for member, value in LATER[name].items():
            both = member == "records" and member in members
            members[member] = (*members[member], *value) if both else value  # type: ignore[misc]
    plan = planned(expires=NOW if "plan-expired" in names else None)
    found = verdict(plan, look(**members))
    assert first in (found[0], found[1])


def test_a_plan_expires_at_its_second():
    for now, wanted in ((NOW - 1, "go"), (NOW, "stale"), (NOW + 1, "stale")):
        assert verdict(planned(expires=NOW), look(head="p" * 40), now=now)[0] == wanted
    code = ("stale", "plan-code-changed", "its code has changed since: a:b, c:d")
    assert verdict(planned(), look(changed_callables=("a:b", "c:d"))) == code
