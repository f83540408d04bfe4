"""Gates on real Git: judged when planned and again when applied, waited for, and counted from the ledger."""

from __future__ import annotations

import pytest

from gitpromote import CEL, Approvals, ChangeBudget, Environment, Freeze, Soak, Window
from gitpromote.views.lines import plain
from gitpromote.views.opening import opening
from gitpromote.views.terminal import plan_view

from .conftest import NOW

HOUR, DAY = 3600, 24 * 3600
# NOW is Thu 20 Nov 2025, 00:54Z.
HOURS = Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin", name="hours")
OPENS, CLOSES = NOW - 54 * 60 + 8 * HOUR, NOW - 54 * 60 + 15 * HOUR


def told(plan, name, gate):
    return next((one.status, one.message) for one in plan.data.environment(name).outcomes if one.id == gate)


def test_a_plan_that_was_made_outside_the_window_is_applied_within_it(site):
    pipeline = site.pipeline(Environment("test", gates=[HOURS]))
    plan = site.project(pipeline).plan()
    assert (site.decisions(plan), plan["test"].opens.earliest) == ({"test": "waiting hours"}, OPENS)
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "waiting 3"}
    site.clock.time = OPENS
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "written"}


def test_a_window_that_has_closed_since_the_plan_waits_again(site):
    pipeline = site.pipeline(Environment("test", gates=[HOURS]))
    site.clock.time = OPENS
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "ready"}
    site.clock.time = CLOSES
    result = site.apply(plan, project=site.project(pipeline))
    assert site.told(result) == {"test": "waiting 3"}
    assert result.environments[0].message == "hours: Mon-Thu 09:00-16:00 Europe/Berlin; closed"


def test_apply_waits_until_the_window_opens_and_looks_once_a_minute(site):
    pipeline = site.pipeline(Environment("test", gates=[HOURS]))
    result = site.apply(project=site.project(pipeline), wait=True)
    assert site.told(result) == {"test": "written"}
    assert OPENS <= site.clock.now() < OPENS + 5
    assert max(site.clock.slept) <= 3  # a minute is slept in bits, so that nobody waits for Ctrl-C


def test_apply_waits_for_an_expression_of_the_clock(site):
    pipeline = site.pipeline(Environment("test", gates=[CEL("late", "schedule.hour >= 12")]))
    assert site.told(site.apply(project=site.project(pipeline), wait=True)) == {"test": "written"}
    assert site.clock.now() >= NOW - 54 * 60 + 12 * HOUR


SATURDAY = Window("Sat 21:00-23:00", tz="UTC", name="saturday")
WEEKEND = Window("Sat-Sun", tz="UTC", deny=True, name="weekend")


@pytest.mark.parametrize(
    ("gates", "told"),
    [
        (
            [SATURDAY, WEEKEND],
            "never until 7 Nov 2026 21:00Z, as far as was looked: weekend and saturday are not open together",
        ),
        (
            [Window("Mon-Thu 09:00-16:00", tz="UTC", name="hours"), CEL("evening", "schedule.hour == 19")],
            "never until 17 Feb 2026 19:00Z, as far as was looked: hours and evening are not open together",
        ),
        (
            [CEL("odd", "schedule.hour == 19 && schedule.hour < 12"), Approvals(1)],
            "never until 4 Dec 2025 00:54Z, as far as was looked: odd does not open",
        ),
        (
            [Window(rrule="FREQ=DAILY;COUNT=1", start="2020-01-01T00:00", duration="1h", name="once")],
            "never in the next years: once does not open",
        ),
    ],
)
def test_what_is_never_open_at_once_is_told_so_and_has_no_moment(site, gates, told):
    pipeline = site.pipeline(Environment("test", gates=gates))
    plan = site.project(pipeline).plan()
    assert plan["test"].opens.earliest is None
    assert opening(plan["test"], now=plan.data.as_of) == told
    assert f" · {told}" in plain(plan.explain("test").lines()[:1])


@pytest.mark.parametrize(("people", "then"), [((), ""), ((Approvals(1),), ", then 0 of 1 approvals")])
def test_a_soak_and_a_window_have_one_moment_wherever_it_is_told(site, people, then):
    """The soak ends on a Friday, outside of the window."""
    pipeline = site.pipeline(
        Environment("test"), Environment("prod", gates=[Soak("24h"), Window("Mon-Thu 09:00-16:00", tz="UTC"), *people])
    )
    site.promote(pipeline, env="test")
    told = f"Mon 24 Nov 09:00Z{then}"
    plan = site.project(pipeline).plan()
    assert opening(plan["prod"], now=plan.data.as_of) == told
    assert f"opens {told}" in plain(plan.explain("prod").lines()[:1])
    assert f"{told}\n" in plain(plan_view(plan.data))


def test_what_an_expression_waits_for_is_told_as_it_is_asked(site):
    pipeline = site.pipeline(Environment("test", gates=[CEL("soaked", "upstream.test.soakMinutes > 3")]))
    plan = site.project(pipeline).plan()
    assert opening(plan["test"], now=plan.data.as_of) == "upstream.test.soakMinutes > 3"


def test_an_expression_that_time_does_not_turn_true_says_so(site):
    pipeline = site.pipeline(Environment("test", gates=[CEL("odd", "schedule.hour == 24")]))
    [found] = [one for one in site.project(pipeline).plan()["test"].outcomes if one.id == "odd"]
    assert (found.status, found.message) == (
        "pending",
        "schedule.hour is 0; not true at any moment of the next two weeks",
    )


def test_what_fails_by_the_plans_own_content_needs_another_plan(site):
    pipeline = site.pipeline(Environment("test", gates=[CEL("small", "plan.adds > 3")]))
    plan = site.project(pipeline).plan()
    assert (site.decisions(plan), told(plan, "test", "small")) == (
        {"test": "blocked small"},
        ("fail", "plan.adds is 1"),
    )
    result = site.apply(plan, project=site.project(pipeline), wait=True)
    assert site.told(result) == {"test": "blocked 13"}
    assert site.clock.slept == []


def test_what_cannot_be_told_blocks_and_is_not_waited_for_where_nothing_can_mend_it(site):
    pipeline = site.pipeline(Environment("test", gates=[CEL("before", "previousFreight.version != ''")]))
    plan = site.project(pipeline).plan()
    assert told(plan, "test", "before") == ("error", "previousFreight.version is not known")
    assert site.told(site.apply(plan, project=site.project(pipeline), wait=True)) == {"test": "blocked 13"}


def test_a_gate_reads_the_changes_at_apply_as_it_did_in_the_plan(site):
    gates = [CEL("known", "plan.changes == 1 && change.risk == 'low' && environment.name == 'test'")]
    pipeline = site.pipeline(Environment("test", gates=gates))
    assert site.told(site.apply(project=site.project(pipeline))) == {"test": "written"}


def test_a_budget_counts_what_the_ledger_tells(site):
    pipeline = site.pipeline(Environment("test", gates=[ChangeBudget(1, per="24h")]))
    assert site.told(site.apply(project=site.project(pipeline))) == {"test": "written"}
    spent = site.clock.now()
    site.clock.time += HOUR
    site.home.commit(site.sources("test", replicas=3))
    plan = site.project(pipeline).plan()
    assert told(plan, "test", "change-budget") == ("pending", "1 of 1 promotions in 24h")
    assert plan["test"].opens.earliest == spent + DAY
    assert site.told(site.apply(plan, project=site.project(pipeline), wait=True)) == {"test": "written"}
    assert site.clock.now() >= spent + DAY
    assert site.project(pipeline).plan_verify(plan) == []


def test_a_plan_with_gates_is_made_again_byte_by_byte(site):
    gates = [HOURS, Freeze("2025-12-20", until="2026-01-03"), CEL("calm", "!schedule.isWeekend"), Soak("1h")]
    pipeline = site.pipeline(Environment("test"), Environment("prod", gates=gates))
    plan = site.project(pipeline).plan()
    assert site.project(pipeline).plan_verify(plan) == []


def test_a_weekend_window_does_not_hinder_a_rollback(site):
    pipeline = site.pipeline(Environment("test", gates=[HOURS]))
    site.clock.time = OPENS
    site.apply(project=site.project(pipeline))
    site.home.commit(site.sources("test", replicas=3))
    site.apply(project=site.project(pipeline))
    site.clock.time += 3 * DAY
    back = site.project(pipeline).rollback("test", reason="INC-1")
    assert (site.decisions(back), [one.id for one in back["test"].outcomes if one.kind == "gate"]) == (
        {"test": "ready"},
        [],
    )


def test_run_says_when_it_looks_again(site):
    pipeline = site.pipeline(Environment("test", auto=True, production=False, gates=[HOURS]))
    ran = site.project(pipeline).run_once()
    assert [(turn.name, turn.status, turn.opens) for turn in ran.turns] == [("test", "waiting", OPENS)]
    site.clock.time = OPENS
    assert [(turn.name, turn.status) for turn in site.project(pipeline).run_once().turns] == [("test", "written")]


# -- what never opens

NEVER_BOTH = [Window("Mon 09:00-16:00", name="monday"), Window("Mon", deny=True, name="not-monday")]


def test_who_waits_for_windows_that_are_never_open_together_is_told_at_once(site):
    pipeline = site.pipeline(Environment("test", gates=NEVER_BOTH))
    plan = site.project(pipeline).plan()
    result = site.apply(plan, project=site.project(pipeline), wait=True)
    [ended] = result.environments
    assert (ended.status, ended.exit_code, ended.code) == ("blocked", 13, "never-opens")
    assert ended.message == (
        "never until 9 Nov 2026 09:00Z, as far as was looked: not-monday and monday are not open together"
    )
    assert ended.hint == "See what would help:\n  gitpromote explain shop test"
    assert (result.exit_code, site.clock.slept) == (13, [])


def test_without_a_wait_it_waits_as_anything_does(site):
    pipeline = site.pipeline(Environment("test", gates=NEVER_BOTH))
    assert site.told(site.apply(project=site.project(pipeline))) == {"test": "waiting 3"}


def test_what_else_is_waited_for_goes_on_beside_it(site):
    pipeline = site.pipeline(Environment("test", gates=[HOURS]), Environment("uat", after=[], gates=NEVER_BOTH))
    result = site.apply(project=site.project(pipeline), wait=True)
    assert site.told(result) == {"test": "written", "uat": "blocked 13"}
    assert site.clock.now() >= OPENS


def test_a_window_that_is_over_for_good_is_not_waited_for(site):
    past = Window(rrule="FREQ=WEEKLY;COUNT=2", start="2025-01-06T09:00", duration="1h", name="past")
    pipeline = site.pipeline(Environment("test", gates=[past]))
    [ended] = site.apply(project=site.project(pipeline), wait=True).environments
    assert (ended.exit_code, ended.message) == (13, "never in the next years: past does not open")
