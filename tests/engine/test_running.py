"""What goes by itself goes, once, and is told; what a person has to do is left."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import App, Environment, Git, Image, Plain, Soak, Warehouse, Wave
from gitpromote.engine.interrupt import Interruption
from gitpromote.engine.looping import Bell, Lane, Nobody, Pace, keep_running
from gitpromote.engine.running import until_settled
from gitpromote.errors import ConfigurationError, RemoteFailed, UsageError
from gitpromote.model.outcome import Outcome
from gitpromote.model.result import EnvironmentResult
from gitpromote.model.round import Ran, Round, Turn
from gitpromote.project.running import Runner
from gitpromote.project.wiring import WallClock
from gitpromote.views.lines import plain
from gitpromote.views.running import ran_view
from gitpromote.views.time import first_minute

from .conftest import NOW, Clock

AUTO = (Environment("test", auto=True), Environment("uat", auto=True), Environment("prod"))


def told(ran):
    """Environment, how it ended, and why: in order."""
    return [(turn.name, turn.status, turn.result.message if turn.result else turn.auto.message) for turn in ran.turns]


def statuses(ran):
    return [(turn.name, turn.status) for turn in ran.turns]


def test_what_is_auto_goes_to_the_end_of_its_way_and_the_rest_is_left(site):
    ran = site.project(site.pipeline(*AUTO)).run_once()
    heads = {name: (site.home.head(f"env/{name}") or "")[:7] for name in ("test", "uat", "prod")}
    assert told(ran) == [
        ("test", "written", f"written {heads['test']} -> env/test, tree as planned"),
        ("uat", "written", f"written {heads['uat']} -> env/uat, tree as planned"),
        ("prod", "left", "auto=False: a person applies it"),
    ]
    assert (ran.exit_code, heads["prod"], [one.wrote for one in ran.rounds]) == (0, "", [True, False])


def test_one_plan_is_recorded_for_the_whole_journey(site):
    site.project(site.pipeline(*AUTO)).run_once()
    assert Counter(site.records()) == {
        ("freight-created", None): 1,
        ("planned", None): 1,
        **{(kind, env): 1 for kind in ("written", "verified") for env in ("test", "uat")},
    }


def test_a_second_run_finds_nothing_to_do_and_writes_nothing(site):
    pipeline = site.pipeline(Environment("test", auto=True, production=False))
    site.project(pipeline).run_once()
    before = site.home.refs()
    ran = site.project(pipeline).run_once()
    assert (statuses(ran), ran.exit_code, len(ran.rounds)) == ([("test", "")], 0, 1)
    assert site.home.refs() == before


def test_nothing_is_written_where_nothing_is_auto(site):
    before = site.home.refs()
    ran = site.project().run_once()
    assert statuses(ran) == [("test", "left"), ("uat", "left"), ("prod", "left")]
    assert (ran.exit_code, site.home.refs()) == (0, before)


def test_production_waits_for_an_approval_and_does_not_hinder_the_others(site):
    pipeline = site.pipeline(Environment("test", auto=True), Environment("prod", auto=True))
    ran = site.project(pipeline).run_once()
    assert [(name, status) for name, status, _ in told(ran)] == [("test", "written"), ("prod", "waiting")]
    waiting = ran.turns[1].result
    assert (waiting.code, waiting.message) == ("approval", "production: nobody has approved this change")
    assert waiting.hint == (
        "Review it, and approve it for the next round:\n"
        "  gitpromote plan shop --env prod -out=plan.json\n"
        "  gitpromote approve plan.json --env prod"
    )
    assert (ran.exit_code, site.home.head("env/prod")) == (0, None)


def test_production_goes_by_itself_once_its_change_is_approved(site, keys):
    pipeline = site.pipeline(Environment("test", auto=True), Environment("prod", auto=True))
    site.project(pipeline).run_once()
    cleo = site.project(pipeline, who="Cleo <cleo@acme.example>")
    cleo.approve(cleo.plan(env="prod"), "prod", key=str(keys["cleo"]))
    assert statuses(site.project(pipeline).run_once()) == [("test", ""), ("prod", "written")]
    site.home.commit(site.sources("test", "prod", version="1.1.0"))
    assert statuses(site.project(pipeline).run_once()) == [("test", "written"), ("prod", "waiting")]


def test_an_approval_alone_does_not_make_production_go_by_itself(site, keys):
    pipeline = site.pipeline(Environment("test", auto=True), Environment("prod"))
    site.project(pipeline).run_once()
    cleo = site.project(pipeline, who="Cleo <cleo@acme.example>")
    cleo.approve(cleo.plan(env="prod"), "prod", key=str(keys["cleo"]))
    assert statuses(site.project(pipeline).run_once()) == [("test", ""), ("prod", "left")]
    assert site.home.head("env/prod") is None


def test_an_approval_that_has_expired_does_not_count(site, keys):
    pipeline = site.pipeline(Environment("prod", auto=True))
    site.project(pipeline).approve(site.project(pipeline).plan(), "prod", key=str(keys["cleo"]), expires=60)
    site.clock.time += 60
    assert statuses(site.project(pipeline).run_once()) == [("prod", "waiting")]


# -- expressions


def semver_site(site, auto):
    """A pipeline of images that has run 1.0.0 in test, with a condition."""
    members = {"apps": [App("shop", Plain("deploy/$env"))], "warehouse": Warehouse(Image("ghcr.io/acme/shop"))}
    pipeline = site.pipeline(Environment("test", auto=auto, production=False), **members)
    first = site.project(pipeline)
    plan = first.plan(images=[f"ghcr.io/acme/shop:1.0.0@sha256:{'1' * 64}"])
    assert first.apply(plan, confirmed=True).exit_code == 0
    return pipeline


@pytest.mark.parametrize(
    ("version", "status", "why"),
    [
        ("1.1.0", "pass", "auto: change.semver != 'major': change.semver is minor"),
        ("2.0.0", "skip", "auto: change.semver != 'major' is false: change.semver is major: a person applies it"),
        ("nightly", "error", "auto: change.semver != 'major' cannot be told: change.semver is not known"),
    ],
)
def test_a_condition_decides_by_the_change(site, version, status, why):
    from gitpromote.engine.automatic import by_itself

    pipeline = semver_site(site, "change.semver != 'major'")
    plan = site.project(pipeline).plan(images=[f"ghcr.io/acme/shop:{version}@sha256:{'2' * 64}"])
    verdict = by_itself(plan.data, plan["test"], pipeline.resolved("test"), frozenset())
    assert (verdict.status, verdict.message) == (status, why)


@pytest.mark.parametrize(
    ("auto", "status"),
    [
        ("change.risk == 'high'", "skip"),
        ("environment.name == 'test' && !environment.production", "pass"),
        ("freight.images[0].version == '1.1.0' && previousFreight.version == '1.0.0'", "pass"),
        ("bundle.intent.target == 'prod'", "error"),
    ],
)
def test_a_condition_may_name_the_freight_and_the_environment(site, auto, status):
    from gitpromote.engine.automatic import by_itself

    pipeline = semver_site(site, auto)
    plan = site.project(pipeline).plan(images=[f"ghcr.io/acme/shop:1.1.0@sha256:{'2' * 64}"])
    assert by_itself(plan.data, plan["test"], pipeline.resolved("test"), frozenset()).status == status


def test_what_cannot_be_told_is_left_to_a_person_and_fails_nothing(site):
    pipeline = site.pipeline(Environment("test", auto="change.semver != 'major'", production=False))
    ran = site.project(pipeline).run_once()
    assert told(ran) == [
        ("test", "left", "auto: change.semver != 'major' cannot be told: change.semver is not known"),
    ]
    assert ran.exit_code == 0


# -- what stands in the way


def test_foreign_content_blocks_with_the_exit_code_of_an_apply(promoted):
    pipeline = promoted.pipeline(Environment("test", auto=True), Environment("uat"), Environment("prod"))
    foreign = {"apps-deployment-shop.yaml": promoted.deployment("test", replicas=9)}
    head = promoted.home.commit(foreign, branch="env/test")
    ran = promoted.project(pipeline).run_once()
    assert (statuses(ran)[0], ran.exit_code) == (("test", "blocked"), 13)
    assert promoted.home.head("env/test") == head


def test_a_hold_keeps_what_is_auto(promoted):
    pipeline = promoted.pipeline(*AUTO)
    promoted.project(pipeline).hold("test", reason="INC-1")
    ran = promoted.project(pipeline).run_once()
    assert (statuses(ran), ran.exit_code) == ([("test", "held"), ("uat", "waiting"), ("prod", "left")], 13)


def test_where_others_hold_the_lock_it_is_contention(site):
    pipeline = site.pipeline(Environment("test", auto=True, production=False))
    site.project(pipeline, who="Tom <tom@acme.example>").lock("test", reason="migration")
    ran = site.project(pipeline, cache="other").run_once()
    assert (statuses(ran), ran.exit_code) == ([("test", "failed")], 7)


def test_pull_requests_wait_for_a_version_that_carries_them_out(site):
    pipeline = site.pipeline(
        Environment("test", auto=True), Environment("uat", auto=True, delivery="pull_request"), Environment("prod")
    )
    ran = site.project(pipeline).run_once()
    assert told(ran)[1] == ("uat", "waiting", "await-merge, pull-request: this version does not carry that out")
    assert (statuses(ran)[0], ran.exit_code) == (("test", "written"), 0)


def test_what_soaks_goes_as_soon_as_it_has(site):
    """The wait ends when the gate opens, although the interval is longer."""
    pipeline = site.pipeline(
        Environment("test", auto=True), Environment("uat", auto=True, gates=[Soak("1h")], production=False)
    )
    hears = Hears()
    runner = Runner(interval=86400, jitter=0, listener=hears, waiting=Waits(site.clock), rounds=4)
    site.project(pipeline).run(runner)
    assert hears.heard == [("written", 1.0), ("", 3599.0), ("", 1.0), ("", 86400.0)]
    assert site.home.head("env/uat") is not None


def test_a_train_leaves_on_time_although_the_interval_is_longer(site):
    """It is Thu 00:54; what has arrived since the last cut goes at ten o'clock, and the runner is awake for it."""
    warehouse = Warehouse(Git(), cut="Thu 10:00", name="shop")
    pipeline = site.pipeline(Environment("test", auto=True, production=False), warehouse=warehouse)
    hears, ten = Hears(), NOW - NOW % 86400 + 10 * 3600
    site.home.move("main", None)
    site.home.commit(site.sources("test"), at=NOW - 20 * 86400)
    site.clock.time = NOW - 7 * 86400
    site.project(pipeline).run_once()
    site.clock.time = NOW
    site.home.commit(site.sources("test", version="1.1.0"), at=NOW - 3600)
    runner = Runner(interval=7 * 86400, jitter=0, listener=hears, waiting=Waits(site.clock), rounds=2)
    site.project(pipeline).run(runner)
    assert hears.heard == [("", float(ten - NOW)), ("written", 1.0)]
    assert "1.1.0" in site.home.show("env/test:apps-deployment-shop.yaml")


def test_what_came_is_taken_in_the_first_minute_in_which_it_has_been_quiet_for_long_enough(site):
    """Plans are of whole minutes: to look within one would be to look too early, and to sleep an interval again."""
    warehouse = Warehouse(Git(), quiet="30m", name="shop")
    pipeline = site.pipeline(Environment("test", auto=True, production=False), warehouse=warehouse)
    site.project(pipeline).run_once()
    site.home.commit(site.sources("test", version="1.1.0"), at=NOW - 17)
    hears = Hears()
    runner = Runner(interval=86400, jitter=0, listener=hears, waiting=Waits(site.clock), rounds=2)
    site.project(pipeline).run(runner)
    assert hears.heard == [("", 1800.0), ("written", 1.0)]


def test_a_gate_that_opened_since_the_minute_of_the_plan_is_not_waited_for(site):
    """Plans are of whole minutes; what opens within one goes in that very round."""
    pipeline = site.pipeline(
        Environment("test", auto=True), Environment("uat", auto=True, gates=[Soak("90s")], production=False)
    )
    site.project(pipeline).run_once()
    site.clock.time = NOW + 89
    early = site.project(pipeline).run_once()
    assert (statuses(early), early.rounds[-1].opens) == ([("test", ""), ("uat", "waiting")], NOW + 90)
    site.clock.time = NOW + 90
    assert statuses(site.project(pipeline).run_once()) == [("test", ""), ("uat", "written")]


# -- many at once


def test_eight_runners_at_once_write_everything_once_and_all_say_the_truth(site):
    pipeline = site.pipeline(*AUTO)
    start = threading.Barrier(8)

    def run(at):
        project = site.project(pipeline, who=f"R{at} <r{at}@acme.example>", cache=f"machine{at}", clock=WallClock())
        start.wait()
        return project.run_once()

    with ThreadPoolExecutor(8) as pool:
        every = list(pool.map(run, range(8)))
    assert {ran.exit_code for ran in every} == {0}
    records = Counter(site.records("written", "verified"))
    assert records == {(kind, env): 1 for kind in ("written", "verified") for env in ("test", "uat")}
    wrote = Counter(turn.name for ran in every for turn in ran.turns if turn.wrote)
    assert wrote == {"test": 1, "uat": 1}
    others = {turn.status for ran in every for turn in ran.turns if turn.name == "test" and not turn.wrote}
    assert others <= {"already", ""}
    assert site.home.log("env/test") == site.home.log("env/test")[:1]
    assert site.project(pipeline, clock=WallClock()).verify().ok


def test_who_is_overtaken_plans_again_at_once(site):
    """Freight that came between plan and apply, applied by somebody else: the next round sees it."""
    pipeline = site.pipeline(Environment("test", auto=True, production=False))
    mine, other = site.project(pipeline), site.project(pipeline, cache="other")
    planned = mine.plan

    def plan_late(**asked):
        made = planned(**asked)
        if not site.records("written"):
            site.home.commit(site.sources("test", version="1.1.0"))
            assert other.run_once().exit_code == 0
        return made

    mine.plan = plan_late
    ran = mine.run_once()
    assert [[(turn.name, turn.status) for turn in one.environments] for one in ran.rounds] == [
        [("test", "stale")],
        [("test", "")],
    ]
    assert ran.exit_code == 0


# -- rounds that follow at once


def a_round(**ends):
    """``a_round(test="written")``: one with these results; an empty one is nothing to do."""
    turns = [
        Turn(
            name=name,
            decision="ready" if status else "noop",
            auto=Outcome(id="auto", status="pass", message="auto=True"),
            result=EnvironmentResult(name=name, status=status, exit_code={"failed": 1, "stale": 4}.get(status, 0))
            if status
            else None,
        )
        for name, status in ends.items()
    ]
    return Round(pipeline="shop", as_of=NOW, plan="sha256:0", environments=tuple(turns))


def settled(*rounds):
    left = iter(rounds)
    return until_settled(lambda: next(left))


def test_rounds_go_on_while_something_moves():
    ran = settled(a_round(test="written", uat="waiting"), a_round(test="", uat="written"), a_round(test="", uat=""))
    assert [(turn.name, turn.status) for turn in ran.turns] == [("test", "written"), ("uat", "written")]


def test_what_was_written_and_what_waits_next_are_both_told():
    ran = settled(a_round(test="written"), a_round(test="waiting"))
    assert statuses(ran) == [("test", "written"), ("test", "waiting")]


def test_an_environment_that_was_written_and_waits_for_its_next_freight_stands_in_one_row(site):
    pipeline = site.pipeline(
        Environment("test", auto=True), Environment("uat", auto=True, gates=[Soak("1h")], production=False)
    )
    site.project(pipeline).run_once()
    site.clock.time += 3600
    site.home.commit(site.sources("test", "uat", version="1.1.0"))
    ran = site.project(pipeline).run_once()
    assert statuses(ran) == [("test", "written"), ("uat", "written"), ("uat", "waiting")]
    heads = {name: (site.home.head(f"env/{name}") or "")[:7] for name in ("test", "uat")}
    [newer] = ran.turns[2].freight
    assert plain(ran_view(ran)).splitlines() == [
        f"test  written {heads['test']} -> env/test, tree as planned",
        (
            f"uat   written {heads['uat']} -> env/uat, tree as planned; then {newer} waiting: "
            "soak: 0s of 1h in test; opens 02:54Z"
        ),
        "Applied: 2 done, 0 failed, 0 waiting, 0 not started.",
    ]


def test_what_waits_says_when_it_opens_and_what_the_plan_warns_of_is_told(site):
    pipeline = site.pipeline(
        Environment("test", auto=True), Environment("uat", auto=True, gates=[Soak("1h")], production=False)
    )
    site.clock.time += 5 * 3600
    site.project(pipeline).run_once()
    site.clock.time -= 5 * 3600
    ran = site.project(pipeline).run_once()
    warned = (
        "the ledger's time lies 5h ahead: a clock ran ahead when its last Records were written, or this one is slow; "
        "what soaks or bakes waits until then"
    )
    assert plain(ran_view(ran)).splitlines() == [
        "uat  waiting: soak: 0s of 1h in test; opens 06:54Z",
        "Applied: 0 done, 0 failed, 1 waiting, 0 not started.",
        "No target was written.",
        f"! {warned}",
    ]
    assert [one.warnings for one in ran.rounds] == [(warned,)]


def test_a_wave_with_jitter_says_when_it_begins(site):
    members = {"auto": True, "production": False}
    pipeline = site.pipeline(Environment("test", **members), Environment("uat", wave=Wave(1, jitter="6h"), **members))
    ran = site.project(pipeline).run_once()
    [waiting] = [turn for turn in ran.turns if turn.status == "waiting"]
    opens = first_minute(waiting.opens, now=NOW)
    lines = plain(ran_view(ran)).splitlines()
    assert lines[1] == f"uat   waiting: wave: wave 1: begins up to 6h later than it might; opens {opens}"


def test_a_failure_that_a_later_round_makes_good_is_of_the_past():
    mended = settled(a_round(test="failed", uat="written"), a_round(test="written", uat=""), a_round(test="", uat=""))
    assert (statuses(mended), mended.exit_code) == ([("test", "written"), ("uat", "written")], 0)
    standing = settled(a_round(test="failed", uat="written"), a_round(test="waiting", uat=""))
    assert statuses(standing) == [("test", "failed"), ("test", "waiting"), ("uat", "written")]
    assert standing.exit_code == 6


def test_who_is_overtaken_again_and_again_gives_up_as_stale():
    ran = settled(*[a_round(test="stale")] * 5)
    assert (len(ran.rounds), ran.exit_code) == (3, 4)


def test_one_that_writes_for_ever_is_ended():
    assert len(settled(*[a_round(test="written")] * 50).rounds) == 20


def test_in_part_is_6_as_of_an_apply():
    ran = settled(a_round(test="written", uat="failed"), a_round(test="", uat="failed"))
    assert ran.exit_code == 6


@given(st.lists(st.sampled_from(["", "written", "waiting", "failed", "stale", "already"]), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_every_write_of_a_run_is_told_once_and_in_order(ends):
    ran = Ran(rounds=tuple(a_round(test=end) for end in ends))
    assert [turn.status for turn in ran.turns if turn.wrote] == [end for end in ends if end == "written"]
    assert Ran.model_validate_json(ran.model_dump_json(by_alias=True)) == ran


# -- for ever


class Waits:
    """A wait that only counts, and rings or interrupts where a test says so."""

    def __init__(self, clock, stop_after=None):
        self.clock, self.stop_after, self.waited = clock, stop_after, []

    def wait(self, seconds, interruption):
        self.waited.append(seconds)
        self.clock.time += seconds
        interruption.asked = interruption.asked or len(self.waited) == self.stop_after
        return False


class Hears(Nobody):
    def __init__(self):
        self.heard = []

    def ended(self, done, *, again):
        self.heard.append((done.environments[0].status if done.environments else "", again))

    def failed(self, error, *, again):
        self.heard.append((error.code, again))


def runs(turns, *, interval=60.0, stop_after=None):
    """Run over these rounds or errors; what was heard."""
    clock, hears, left = Clock(), Hears(), iter(turns)

    def turn():
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    keep_running(
        [Lane(turn=turn, listener=hears)],
        clock=clock,
        pace=Pace(interval=interval, jitter=0),
        waiting=Waits(clock, stop_after),
        rounds=len(turns),
    )
    return hears.heard


def unreachable():
    return RemoteFailed("The remote cannot be reached", code="remote-unreachable")


def test_it_waits_an_interval_where_nothing_happens():
    assert runs([a_round(test=""), a_round(test="")]) == [("", 60.0), ("", 60.0)]


def test_it_looks_again_at_once_where_something_moved_and_slows_down_where_that_never_ends():
    assert runs([a_round(test="written")] * 8) == [("written", min(60.0, 2.0**at)) for at in range(8)]


def test_it_wakes_when_the_next_gate_opens():
    waiting = a_round(test="waiting")
    opening = waiting.environments[0].model_copy(update={"opens": NOW + 20})
    assert runs([waiting.model_copy(update={"environments": (opening,)})]) == [("waiting", 20.0)]
    late = opening.model_copy(update={"opens": NOW + 2000})
    assert runs([waiting.model_copy(update={"environments": (late,)})]) == [("waiting", 60.0)]


def test_a_round_that_fails_is_told_and_tried_again_later_every_time_up_to_a_quarter_of_an_hour():
    heard = runs([unreachable()] * 9 + [a_round(test=""), unreachable()])
    assert [code for code, _ in heard[:9]] == ["remote-unreachable"] * 9
    assert [again for _, again in heard] == [15, 30, 60, 120, 240, 480, 900, 900, 900, 60, 15]


@pytest.mark.parametrize("error", [ConfigurationError("x", code="c"), UsageError("x", code="u")])
def test_what_waiting_cannot_mend_ends_it(error):
    with pytest.raises(type(error)):
        runs([a_round(test=""), error, a_round(test="")])


def lanes(turns, *, rounds, wakes=()):
    """Lanes by name over these rounds or errors, the last one for ever; who had a turn, when, and what was told."""
    clock, log = Clock(), []

    class Waking(Waits):
        def wait(self, seconds, interruption):
            super().wait(0 if len(self.waited) in wakes else seconds, interruption)
            return len(self.waited) - 1 in wakes

    class Tells(Nobody):
        def __init__(self, name):
            self.name = name

        def failed(self, error, *, again):
            log.append(f"{self.name} {error.code} {again:g}")

    def taking(name):
        left = list(turns[name])

        def turn():
            found = left.pop(0) if len(left) > 1 else left[0]
            log.append(f"{name} at {clock.now() - NOW}")
            if isinstance(found, Exception):
                raise found
            return found

        return turn

    made = [Lane(turn=taking(name), listener=Tells(name)) for name in turns]
    keep_running(made, clock=clock, pace=Pace(interval=60, jitter=0), waiting=Waking(clock), rounds=rounds)
    return log


def test_several_pipelines_go_at_their_own_pace_and_one_that_fails_keeps_none_back():
    quiet = a_round(test="")
    assert lanes({"one": [unreachable()], "two": [quiet]}, rounds=5) == [
        "one at 0",
        "one remote-unreachable 15",
        "two at 0",
        "one at 15",
        "one remote-unreachable 30",
        "one at 45",
        "one remote-unreachable 60",
        "two at 60",
    ]


def test_a_clock_that_is_set_back_makes_no_other_pipeline_wait_longer(monkeypatch):
    clock, log = Clock(), []

    def turn(name, back):
        def take():
            log.append(name)
            clock.time -= back
            return a_round(test="")

        return take

    made = [Lane(turn=turn(name, back), listener=Nobody()) for name, back in (("one", 3600), ("two", 0))]
    waits = Waits(clock)
    keep_running(made, clock=clock, pace=Pace(interval=60, jitter=0), waiting=waits, rounds=5)
    assert (log, set(waits.waited)) == (["one", "two", "one", "two", "one"], {60.0})


def test_a_bell_wakes_all_pipelines():
    quiet = a_round(test="")
    assert lanes({"one": [quiet], "two": [quiet]}, rounds=4, wakes=[0]) == ["one at 0", "two at 0"] * 2


def test_a_pipeline_that_is_not_valid_ends_nothing_while_another_goes_on():
    wrong = ConfigurationError("The pipeline is not valid", code="pipeline-invalid")
    quiet = a_round(test="")
    assert lanes({"one": [wrong], "two": [quiet]}, rounds=3)[:3] == ["one at 0", "one pipeline-invalid 15", "two at 0"]
    with pytest.raises(ConfigurationError):
        lanes({"one": [wrong], "two": [quiet, wrong]}, rounds=9)


def test_it_ends_when_somebody_asks_to_stop_while_it_waits():
    assert len(runs([a_round(test="")] * 10, stop_after=3)) == 3


def test_the_jitter_only_ever_adds(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    pace = Pace(interval=100, jitter=10)
    assert pace.after(a_round(test=""), now=NOW, swift=0) == 110


@pytest.mark.parametrize("pace", [{"interval": 0.5}, {"jitter": -1}])
def test_a_pace_that_would_not_let_others_live_is_refused(pace):
    with pytest.raises(UsageError, match="no pace to run at") as caught:
        Pace(**pace)
    assert (caught.value.code, caught.value.exit_code) == ("bad-interval", 64)


@given(
    interval=st.floats(1, 1e5),
    jitter=st.floats(0, 1e4),
    opens=st.none() | st.integers(NOW - 10**6, NOW + 10**6),
    swift=st.integers(0, 10**6),
    failures=st.integers(1, 10**6),
)
@settings(max_examples=100, deadline=None)
def test_no_wait_is_shorter_than_a_second_or_longer_than_it_may(interval, jitter, opens, swift, failures):
    pace, done = Pace(interval=interval, jitter=jitter), a_round(test="waiting")
    turn = done.environments[0].model_copy(update={"opens": opens})
    pause = pace.after(done.model_copy(update={"environments": (turn,)}), now=NOW, swift=swift)
    assert 1 <= pause <= interval + jitter
    assert 1 <= pace.after_failure(failures) <= max(interval, 900) + jitter


def test_a_runner_sees_what_is_pushed_between_its_rounds(site):
    pipeline = site.pipeline(Environment("test", auto=True, production=False))

    class Pushes(Waits):
        def wait(self, seconds, interruption):
            if len(self.waited) == 1:
                site.home.commit(site.sources("test", version="1.1.0"))
            return super().wait(seconds, interruption)

    hears = Hears()
    runner = Runner(
        interval=60,
        jitter=0,
        listener=hears,
        waiting=Pushes(site.clock),
        again=lambda: site.project(pipeline),
        rounds=4,
    )
    assert site.project(pipeline).run(runner) is False
    assert hears.heard == [("written", 1.0), ("", 60.0), ("written", 1.0), ("", 60.0)]
    assert site.home.files("env/test")["apps-deployment-shop.yaml"] == site.deployment("test", version="1.1.0")


def test_a_round_that_cannot_reach_the_remote_is_tried_again(site):
    pipeline = site.pipeline(Environment("test", auto=True, production=False))
    away = site.home.path.with_name("away.git")

    class Returns(Waits):
        def wait(self, seconds, interruption):
            if away.exists():
                away.rename(site.home.path)
            return super().wait(seconds, interruption)

    hears = Hears()
    site.project(pipeline).plan()
    site.home.path.rename(away)
    runner = Runner(interval=60, jitter=0, listener=hears, waiting=Returns(site.clock), rounds=2)
    site.project(pipeline).run(runner)
    assert hears.heard == [("repository-not-found", 15.0), ("written", 1.0)]


# -- bells and signals


def test_a_bell_shortens_a_wait_and_rings_once_however_often_it_was_rung():
    bell, interruption = Bell(), Interruption()
    for _ in range(3):
        bell.ring()
    assert bell.wait(60, interruption) is True
    assert bell.wait(0.01, interruption) is False


def test_a_bell_does_not_wait_once_somebody_wants_to_stop():
    interruption = Interruption()
    interruption.asked = True
    assert Bell().wait(3600, interruption) is False


@pytest.mark.parametrize(("number", "terminated"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_signal_within_a_round_ends_the_loop_after_it(site, number, terminated):
    """The apply inside the round takes signals, too: what it hears the loop hears."""
    pipeline = site.pipeline(*AUTO)

    class Signals:
        def event(self, kind, **data):
            if kind == "environment" and data["name"] == "test":
                os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    hears = Hears()
    runner = Runner(listener=hears, waiting=Waits(site.clock))
    assert site.project(pipeline, reporter=Signals()).run(runner) is terminated
    assert len(hears.heard) == 1
    assert signal.getsignal(number) is before
    assert site.project(pipeline).verify().ok


def test_a_signal_before_the_apply_lets_nothing_begin(site):
    pipeline = site.pipeline(*AUTO)
    project = site.project(pipeline)
    planned = project.plan

    def plan_and_stop(**asked):
        made = planned(**asked)
        os.kill(os.getpid(), signal.SIGINT)
        return made

    project.plan = plan_and_stop
    ran = project.run_once()
    assert (ran.exit_code, ran.interrupted, site.home.head("env/test")) == (130, True, None)


# -- lag


def kept_back(project):
    """Environment to how far it is behind, and what keeps the newest back."""
    return {
        status.name: (lag.behind, lag.since, lag.kept_by, lag.why)
        for status in project.status(lag=True)
        for lag in status.lag.values()
    }


def test_lag_counts_what_is_newer_and_names_the_gate(site):
    pipeline = site.pipeline(Environment("test", auto=True), Environment("uat", auto=True, gates=[Soak("1h")]))
    project = site.project(pipeline)
    project.run_once()
    site.clock.time = NOW + 3600
    site.project(pipeline).apply(site.project(pipeline).plan(), confirmed=True)
    assert kept_back(site.project(pipeline)) == {}
    site.home.commit(site.sources("test", "uat", version="1.1.0"))
    assert kept_back(site.project(pipeline)) == {
        "test": (1, None, (), "ready; auto=True"),
        "uat": (1, None, ("upstream", "soak"), "test: not verified yet; test: not verified yet; needs 1h"),
    }
    site.project(pipeline).run_once()
    assert kept_back(site.project(pipeline)) == {
        "uat": (1, NOW + 3600, ("soak",), "0s of 1h in test"),
    }


def test_lag_says_which_freight_goes_first(site):
    """What has soaked goes in although newer Freight has begun to; the newest waits behind it."""
    pipeline = site.pipeline(Environment("test", auto=True), Environment("uat", gates=[Soak("1h")], production=False))
    site.project(pipeline).run_once()
    site.clock.time = NOW + 3600
    site.home.commit(site.sources("test", "uat", version="1.1.0"))
    site.project(pipeline).run_once()
    first = next(iter(site.project(pipeline).plan()["uat"].freight.values())).id
    alias = site.project(pipeline).plan().data.freight[first].alias
    assert kept_back(site.project(pipeline))["uat"] == (None, None, ("select",), f"{alias} goes first: ready")


def test_lag_says_what_was_asked_to_stop_before_and_counts_nothing_that_was_rejected(promoted):
    project = promoted.project(promoted.pipeline())
    project.apply(project.plan(), env="test", confirmed=True)
    newest = next(iter(project.status()["test"].runs.values())).id
    assert set(kept_back(project)) == {"uat", "prod"}
    project.freight.request(newest, target="uat")
    lag = kept_back(project)
    assert (set(lag), lag["prod"][2]) == ({"uat", "prod"}, ("target",))
    project.freight.reject(newest, reason="CVE")
    assert set(kept_back(project)) == {"test"}, "which runs it"
