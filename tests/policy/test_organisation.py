"""An organisation's verdicts: never looser for what is added, for the order, or for a second look."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Boundary, Exemption, OrgGate, OrgMatch, OrgPolicies, OrgPolicy, Ramp, Rule, Soak, Window
from gitpromote.errors import ConfigurationError
from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome, worst_of
from gitpromote.model.ramp import start_of
from gitpromote.model.state import Override
from gitpromote.planning.overriding import overridden
from gitpromote.policy.boundaries import Touched, judge_boundary
from gitpromote.policy.forecast import at_another_time, forecast
from gitpromote.policy.judged import Material
from gitpromote.policy.organisation import in_force, joined, judge_standing, stricter
from tests.policy.judging import deployment, scene

DAY = 86400
TODAY = start_of("2026-06-15")
RAMP = Ramp(audit="2026-06-01", warn="2026-06-10", enforce="2026-07-01")
TWO = Rule("two", "object.spec.replicas >= 2", kinds="Deployment", message="runs alone")


def standing(policy, at=TODAY):
    [one] = OrgPolicies(policies=[policy]).standing("shop", name="prod", at=at).policies
    return one


def judged(policy, of, at=TODAY, **members):
    [outcome] = judge_standing(standing(policy, at), of, Material(), **members)
    return outcome


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-06-01", ("advisory", "warn", "runs alone; fails from 2026-07-01")),
        ("2026-06-10", ("advisory", "warn", "runs alone; fails from 2026-07-01")),
        ("2026-07-01", ("soft", "fail", "runs alone")),
    ],
)
def test_a_ramp_decides_how_binding_a_policy_is(day, told):
    policy = OrgPolicy(TWO.changed({"level": "soft"}), ramp=RAMP)
    found = judged(policy, scene(deployment()), at=start_of(day))
    assert (found.level, found.status, found.message) == told
    assert OrgPolicies(policies=[policy]).standing("shop", name="prod", at=start_of("2026-05-31")).policies == ()


def test_a_ramp_without_an_end_never_fails_and_one_of_an_advisory_policy_neither():
    found = judged(OrgPolicy(TWO, ramp=Ramp(warn="2026-06-01")), scene(deployment()))
    assert (found.level, found.status, found.message, found.until) == ("advisory", "warn", "runs alone", None)
    found = judged(OrgPolicy(TWO.changed({"level": "advisory"}), ramp=RAMP), scene(deployment()))
    assert (found.level, found.status, found.message) == ("advisory", "warn", "runs alone")


def test_what_passes_anyway_says_nothing_of_its_ramp():
    found = judged(OrgPolicy(TWO, ramp=RAMP), scene(deployment(replicas=2)))
    assert (found.status, found.message, found.until) == ("pass", "holds for 1", None)


def test_a_forecast_names_the_day_and_whom_it_would_block():
    found = judged(OrgPolicy(TWO, ramp=RAMP), scene(deployment()))
    assert forecast([("test", found), ("prod", found)]) == [
        "from 2026-07-01 org/two is enforced: it would block test, prod (1 cause)"
    ]
    later = at_another_time(found, start_of("2026-07-01"))
    assert (later.level, later.status, later.message, later.until) == ("hard", "fail", "runs alone", None)
    assert at_another_time(found, TODAY) == found


def test_an_exemption_covers_what_it_says_and_ends():
    one = Exemption(rule="two", object="apps/* shop/w*", owner="pay", reason="soon", expires="2026-08-01")
    found = judged(OrgPolicy(TWO), scene(deployment("web")), exemptions=[one])
    assert (found.status, found.until) == ("pass", start_of("2026-08-01"))
    assert found.findings[0].excepted == "pay until 2026-08-01: soon"
    assert at_another_time(found, start_of("2026-08-01")).status == "fail"
    assert forecast([("test", found), ("prod", found)]) == [
        "from 2026-08-01 org/two is excused no more: it would block test, prod (1 cause)"
    ]
    for other in ({"object": "Deployment shop/api"}, {"pipeline": "pay"}, {"environment": "test"}, {"rule": "three"}):
        assert judged(OrgPolicy(TWO), scene(deployment("web")), exemptions=[one.changed(other)]).status == "fail"


@pytest.mark.parametrize("names", [["web"], ["web", "api"]])
@pytest.mark.parametrize("expires", ["2026-06-20", "2026-07-01", "2026-08-01"])
def test_at_another_time_is_what_is_judged_then_of_ramps_and_exemptions_together(names, expires):
    policy = OrgPolicy(TWO, ramp=RAMP)
    one = Exemption(rule="two", object="apps/* shop/web", owner="pay", reason="soon", expires=expires)
    of = scene(*map(deployment, names))
    now = judged(policy, of, exemptions=[one])
    for day in ("2026-06-19", "2026-06-20", "2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01"):
        at = start_of(day)
        then = judged(policy, of, at=at, exemptions=in_force([one], at))
        told = at_another_time(now, at)
        assert (told.status == "fail", told.level) == (then.status == "fail", then.level), day
        assert told.is_audited == then.is_audited


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, ""),
        ({"owner": " "}, "it has no owner"),
        ({"reason": ""}, "it has no reason"),
        ({"expires": None}, "it has no day on which it ends: expires"),
        ({"expires": "2026-06-15"}, "it expired on 2026-06-15"),
    ],
)
def test_an_exemption_counts_only_whole_and_in_time(members, why):
    one = Exemption(rule="two", owner="pay", reason="x", expires="2026-06-16").changed(members)
    assert one.void(TODAY) == why
    assert in_force([one], TODAY) == (() if why else (one,))


@pytest.mark.parametrize(
    ("boundary", "messages"),
    [
        (Boundary(paths="builds/*"), []),
        (Boundary(paths="builds/api/*"), ["the path builds/shop/a.yaml is beyond the boundary: builds/api/*"]),
        (Boundary(environments=["test", "u*"]), ["the environment prod is beyond the boundary: test, u*"]),
        (Boundary(repositories="git.example/acme/*"), []),
        (
            Boundary(repositories="git.example/pay/*"),
            ["the repository git.example/acme/gitops is beyond the boundary: git.example/pay/*"],
        ),
        (Boundary(kinds=["apps/*", "/ConfigMap"]), []),
        (Boundary(kinds="/Secret"), ["the kind ConfigMap is beyond the boundary: /Secret",
                                     "the kind apps/Deployment is beyond the boundary: /Secret"]),
    ],
)  # fmt: skip
def test_a_boundary_names_what_lies_beyond(boundary, messages):
    objects = (
        ObjectId(group="apps", kind="Deployment", namespace="shop", name="web"),
        ObjectId(kind="ConfigMap", namespace="shop", name="b"),
        ObjectId(kind="ConfigMap", namespace="shop", name="a"),
    )
    touched = Touched(
        environment="prod", repository="git.example/acme/gitops", paths=("builds/shop/a.yaml",), objects=objects
    )
    found = judge_boundary("org/boundary", boundary, touched)
    assert [one.message for one in found.findings] == messages
    assert (found.level, found.status) == ("hard", "fail" if messages else "pass")


def test_a_selection_says_what_each_selector_found():
    match = OrgMatch(pipelines=["pay", "sh*"], names="prod-*", labels={"tier": "*"}, production=True)
    here = {"name": "prod-eu", "labels": {"tier": "gold"}, "production": True}
    assert match.matched_in("shop", **here) == {
        "pipelines": "sh*",
        "labels": {"tier": "gold"},
        "names": "prod-*",
        "production": True,
    }
    assert match.matched_in("other", **here) is None
    assert match.matched_in("shop", **{**here, "production": False}) is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OrgPolicy(TWO.changed({"kind": "x"}), name="a/b"), 'the name "a/b" is not made of letters'),
        (lambda: OrgGate(Soak("1h", name="x" * 60)), "is not made of letters, digits and . _ -"),
        (lambda: Exemption(rule="a", object="Deployment"), 'object "Deployment" is not a kind and a name'),
        (lambda: OrgPolicies(gates=[OrgGate(Soak("1h"))] * 2), '"soak" is there twice'),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert message in str(raised.value)


# -- never looser

STATUS = st.sampled_from(["skip", "pass", "warn", "pending", "error", "fail"])
LEVEL = st.sampled_from(["advisory", "soft", "hard"])
NAMES = st.sampled_from(["org/a", "org/b", "own"])
VERDICTS = st.lists(
    st.builds(Outcome, id=NAMES, level=LEVEL, status=STATUS, message=st.just("")),
    max_size=4,
    unique_by=lambda one: one.id,
)
SAID = st.lists(NAMES, max_size=3)


def stops(outcomes, said):
    overrides = [
        Override(record="", at=0, gate=name, identity="ada", change_digest="c", reason="x", expires=10) for name in said
    ]
    return worst_of(overridden(outcomes, overrides, change_digest="c", as_of=0)) in ("pending", "error", "fail")


@settings(max_examples=100, deadline=None)
@given(VERDICTS, VERDICTS, SAID)
def test_a_second_look_never_loosens(then, now, said):
    both = stricter(then, now, version="3f2c1aa")
    assert stops(both, said) or not (stops(then, said) or stops(now, said))
    assert len({one.id for one in both}) == len(both)


RULES = ["true", "false", "object.spec.replicas >= 2", "object.nope == 1"]
POLICIES = st.lists(
    st.builds(
        lambda number, rule, level, ramp: OrgPolicy(Rule(f"p{number}", rule, level=level), ramp=ramp),
        st.integers(0, 9),
        st.sampled_from(RULES),
        LEVEL,
        st.sampled_from([None, RAMP, Ramp(enforce="2026-01-01")]),
    ),
    max_size=4,
    unique_by=lambda one: one.name,
)


@settings(max_examples=30, deadline=None)
@given(POLICIES, st.randoms(use_true_random=False))
def test_a_verdict_does_not_depend_on_the_order_and_one_more_policy_never_opens(policies, random):
    of = scene(deployment())
    shuffled = [*policies]
    random.shuffle(shuffled)

    def verdicts(asked):
        standing = OrgPolicies(policies=asked).standing("shop", name="prod", at=TODAY)
        return [each for one in standing.policies for each in judge_standing(one, of, Material())]

    first, second = verdicts(policies), verdicts(shuffled)
    assert sorted(map(repr, first)) == sorted(map(repr, second))
    for number in range(len(policies)):
        assert worst_of(first) == "fail" or worst_of(verdicts(policies[:number])) != "fail"
        fewer = worst_of(verdicts(policies[:number])) in ("error", "fail")
        assert not fewer or worst_of(first) in ("error", "fail")


GATES = [OrgGate(Soak("1h")), OrgGate(Soak("2h")), OrgGate(Window("Mon 09:00-10:00")), OrgGate(Soak("1h", name="x"))]


@pytest.mark.parametrize(("then", "now"), list(permutations(range(len(GATES)), 2)))
def test_gates_of_then_and_of_now_are_all_judged(then, now):
    before = OrgPolicies(gates=[GATES[then]]).standing("shop", name="prod", at=TODAY)
    after = OrgPolicies(gates=[GATES[now]]).standing("shop", name="prod", at=TODAY)
    both = joined(before, after, version="3f2c1aa")
    bare = [gate.changed({"name": ""}) for gate in both.gates]
    assert all(gate.changed({"name": ""}) in bare for gate in (*before.gates, *after.gates))
    assert len({gate.name for gate in both.gates}) == len(both.gates)
    assert both.gates[0] == before.gates[0]


def test_findings_without_an_object_are_not_covered_by_an_exemption_of_objects():
    one = Exemption(rule="two", object="* *", owner="pay", reason="x", expires="2026-08-01")
    assert not one.covers("two", Finding(rule="two", message=""), pipeline="shop", environment="prod")
