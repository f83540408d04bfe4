"""Gates of an organisation beside the pipeline's own: neither opens the other, and one more never opens anything."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitpromote import CEL, Environment, Freeze, OrgGate, OrgPolicies, SkipPermission, Soak, Window

OPEN, SHUT = "Mon-Sun 00:00-24:00", "Sun 00:00-00:01"
OWN = [
    Window(OPEN, name="open"),
    Window(SHUT, name="shut"),
    Window(OPEN, name="deny", deny=True),
    Window(SHUT, name="soft", level="soft"),
    CEL("blocked", "changewindow.isBlocked('hours')"),
    CEL("not-blocked", "!changewindow.isBlocked('hours')"),
    CEL("false", "false"),
    Soak("1h"),
]
THEIRS = [
    Window(OPEN, name="hours"),
    Window(SHUT, name="shut"),
    Window(OPEN, name="deny", deny=True),
    Window(OPEN, name="advisory", level="advisory"),
    CEL("own-window", "changewindow.isAllowed('open')"),
    CEL("their-window", "changewindow.isAllowed('org/hours')"),
    CEL("true", "true"),
    Freeze("2025-11-01", until="2025-12-01"),
    Soak("2h", name="soak"),
]


def some(gates):
    return st.lists(st.sampled_from(gates), max_size=3, unique_by=lambda gate: gate.name)


def verdicts(small, own, theirs):
    pipeline = small.pipeline(Environment("test", gates=own))
    asked = OrgPolicies(gates=[OrgGate(gate) for gate in theirs])
    governed = pipeline.governed(lambda here: asked.standing("shop", name=here.name, at=small.as_of))
    assert governed == pipeline and governed.to_data() == pipeline.to_data()
    seen = small.observation(small.observed("test", {}, {"a.yaml": small.config()}), blobs=(small.config(),))
    [planned] = small.plan(governed, seen).environments
    return planned.decision, {one.id: one for one in planned.outcomes if one.kind == "gate"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(own=some(OWN), theirs=some(THEIRS), one_more=st.sampled_from(THEIRS))
def test_what_is_asked_by_others_never_opens_and_is_never_opened(small, own, theirs, one_more):
    bare, alone = verdicts(small, own, [])
    decision, both = verdicts(small, own, theirs)
    assert {name: one for name, one in both.items() if not name.startswith("org/")} == alone
    _, apart = verdicts(small, [], theirs)
    assert {name: one for name, one in both.items() if name.startswith("org/")} == apart
    assert bare == "ready" or decision != "ready"
    if one_more.name not in {gate.name for gate in theirs}:
        more, all_of_them = verdicts(small, own, [*theirs, one_more])
        kept = {name: one for name, one in all_of_them.items() if name != f"org/{one_more.name}"}
        if not any("changewindow" in getattr(gate, "expression", "") for gate in theirs):
            assert kept == both
        assert decision == "ready" or more != "ready" or "org/their-window" in both


def test_every_window_of_an_organisation_has_to_be_open(small):
    decision, found = verdicts(small, [Window(OPEN)], [Window(OPEN, name="a"), Window(SHUT, name="b")])
    assert {name: one.status for name, one in found.items()} == {
        "window": "pass",
        "org/a": "pass",
        "org/b": "pending",
    }
    assert decision == "waiting"


def test_expressions_see_windows_of_their_own_side_alone(small):
    own = [Window(OPEN, name="open"), CEL("theirs", "changewindow.isAllowed('org/hours')")]
    theirs = [
        Window(OPEN, name="hours"),
        CEL("own", "changewindow.isAllowed('open')"),
        CEL("ours", "changewindow.isAllowed('org/hours')"),
    ]
    _, found = verdicts(small, own, theirs)
    assert {name: one.status for name, one in found.items()} == {
        "open": "pass",
        "theirs": "error",
        "org/hours": "pass",
        "org/own": "error",
        "org/ours": "pass",
    }


def test_permission_to_skip_is_nothing_that_an_organisation_gives():
    import pytest

    from gitpromote.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="SkipPermission is no gate that an organisation can ask for"):
        OrgGate(SkipPermission("oncall", "true"))
