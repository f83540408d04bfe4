"""When a waiting Environment may go, until when a plan may be applied, and what ``run`` does by itself."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Soak
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Opens
from gitpromote.model.state import Verified
from gitpromote.planning.automatic import may_run
from gitpromote.planning.expressions import Truth, environment_variables
from gitpromote.planning.opening import opens, passes_by_itself

NOW = 1000
DAY = 24 * 3600


def outcome(identifier, status="pending", *, at=None, until=None, level="hard", **operands):
    kind = "availability" if identifier == "upstream" else "gate"
    told = {"id": identifier, "kind": kind, "level": level, "status": status, "message": "m", "operands": operands}
    return Outcome.model_validate({**told, "from": at, "until": until})


ORDINARILY = {"text": "when it comes to a the ordinary way, or is approved here"}
UPSTREAM = outcome("upstream", missing=["uat"], join="all")


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        ([outcome("soak", at=5000)], Opens(earliest=5000)),
        ([outcome("soak", at=5000), outcome("bake", at=7000)], Opens(earliest=7000)),
        ([outcome("soak", at=5000), outcome("window", "pass", until=9000)], Opens(earliest=5000)),
        (
            [outcome("soak", at=5000), outcome("window", "pass", until=4000)],
            Opens(conditions=({"at": 5000}, {"gate": "window"})),
        ),
        ([UPSTREAM], Opens(conditions=({"verified": "uat", "plus": 0},))),
        (
            [UPSTREAM, outcome("soak", missing=["uat"], join="all", need=DAY)],
            Opens(conditions=({"verified": "uat", "plus": DAY},)),
        ),
        (
            [outcome("upstream", missing=["a", "b"], join="any"), outcome("quiet")],
            Opens(conditions=({"any_verified": ["a", "b"], "plus": 0}, {"gate": "quiet"})),
        ),
        (
            [outcome("upstream", missing=["a", "b"], bypassed=["a"], join="any")],
            Opens(conditions=({"verified": "b", "plus": 0},)),
        ),
        (
            [outcome("upstream", missing=["a", "b"], bypassed=["a"], join="all")],
            Opens(conditions=(ORDINARILY, {"verified": "b", "plus": 0})),
        ),
        (
            [
                outcome("upstream", missing=["a"], bypassed=["a"], join="all"),
                outcome("soak", missing=["a"], join="all", need=DAY),
            ],
            Opens(conditions=(ORDINARILY, {"gate": "soak"})),
        ),
        (
            [outcome("soak", at=5000), outcome("quiet"), outcome("told", level="advisory")],
            Opens(conditions=({"at": 5000}, {"gate": "quiet"})),
        ),
    ],
)
def test_openings_are_intersected(outcomes, wanted):
    assert opens("waiting", outcomes, as_of=NOW) == wanted


def at_each_moment(*, soaked, window):
    """Verdicts of a soak that ends, of hours that are on from one moment to another, and of people who say nothing."""

    def judged(moment):
        soak = outcome("soak", "pass") if moment >= soaked else outcome("soak", at=soaked)
        begin, end = window
        hours = outcome("hours", "pass", until=end) if begin <= moment < end else outcome("hours", at=begin)
        return [soak, hours, outcome("approvals", need=2, have=0)]

    return judged


def test_what_time_opens_is_one_moment_beside_what_people_have_to_say():
    judged = at_each_moment(soaked=5000, window=(7000, 9000))
    wanted = Opens(conditions=({"at": 7000}, {"gate": "approvals"}))
    assert opens("waiting", judged(NOW), as_of=NOW, at=judged) == wanted


def test_hours_that_are_over_when_the_soak_ends_give_no_moment():
    judged = at_each_moment(soaked=5000, window=(500, 3000))
    wanted = Opens(conditions=({"at": 5000}, {"gate": "approvals"}, {"gate": "hours"}))
    assert opens("waiting", judged(NOW), as_of=NOW, at=judged) == wanted


def test_what_contradicts_each_other_never_opens_whoever_has_approved_until_then():
    def judged(moment):
        odd = moment // DAY % 2 == 1
        change = (moment // DAY + 1) * DAY
        return [
            outcome("odd", "pass", until=change) if odd else outcome("odd", at=change),
            outcome("even", at=change) if odd else outcome("even", "pass", until=change),
            outcome("approvals", "pass", until=3 * DAY) if moment < 3 * DAY else outcome("approvals", have=0, need=1),
        ]

    wanted = Opens(conditions=({"never": 101 * DAY, "gates": ["even", "odd"]},))
    assert opens("waiting", judged(NOW), as_of=NOW, at=judged) == wanted


def test_an_approval_that_is_over_when_time_opens_is_told_as_such():
    def judged(moment):
        hours = outcome("hours", "pass") if moment >= 5000 else outcome("hours", at=5000)
        return [hours, outcome("approvals", "pass", until=4000) if moment < 4000 else outcome("approvals")]

    wanted = Opens(conditions=({"at": 5000}, {"gate": "approvals"}))
    assert opens("waiting", judged(NOW), as_of=NOW, at=judged) == wanted


def test_what_does_not_wait_opens_now_or_never():
    assert opens("ready", [], as_of=NOW) == Opens(earliest=NOW)
    assert opens("blocked", [outcome("soak", at=5000)], as_of=NOW) is None


def test_waiting_is_worth_it_where_time_or_others_end_it():
    unverified = outcome("soak", missing=["uat"], join="all", need=DAY)
    assert passes_by_itself([UPSTREAM, unverified, outcome("bake", at=5000)])
    assert not passes_by_itself([unverified])
    assert not passes_by_itself([UPSTREAM, outcome("quiet")])
    assert passes_by_itself([outcome("wave", under_way=2, max_parallel=2)])


def journey_of(small, *, since, soak="24h"):
    """The plan of two Environments: the first is verified since, the second waits for its soak."""
    one, files = small.freight(1), {"a.yaml": small.config()}
    pipeline = small.pipeline(
        Environment("test"), Environment("uat", gates=[Soak(soak)]), Environment("prod", gates=[Soak("2h")])
    )
    tree = small.content(files).tree
    verified = {one.id: Verified(at=since, record="v", since=since)} if since else {}
    ledger = small.ledger(small.holding("test", one, tree, verified=verified), freight=(one,))
    observed = [
        small.observed("test", files, files, freight=one),
        *(small.observed(name, {}, files, freight=one) for name in ("uat", "prod")),
    ]
    return small.plan(pipeline, small.observation(*observed, ledger=ledger, blobs=tuple(files.values())))


def test_the_journey_adds_up(small):
    since = small.as_of - 3600
    plan = journey_of(small, since=since)
    uat, prod = plan.environment("uat"), plan.environment("prod")
    assert (uat.decision, uat.reason, uat.opens) == ("waiting", "soak", Opens(earliest=since + DAY))
    soak = next(one for one in uat.outcomes if one.id == "soak")
    assert (soak.status, soak.message, soak.from_) == ("pending", "1h of 24h in test", since + DAY)
    assert (prod.reason, prod.opens.conditions) == ("upstream, soak", ({"verified": "uat", "plus": 7200},))
    assert [one.message for one in prod.outcomes] == ["uat: not verified yet", "uat: not verified yet; needs 2h"]
    week = 7 * DAY
    assert uat.expires_at == since + DAY + week
    assert prod.expires_at == since + DAY + 7200 + week


def test_what_has_soaked_is_ready(small):
    since = small.as_of - 2 * DAY
    uat = journey_of(small, since=since).environment("uat")
    assert uat.decision == "ready"
    soak = next(one for one in uat.outcomes if one.id == "soak")
    assert (soak.status, soak.message, soak.from_) == ("pass", "48h of 24h in test", since + DAY)


# -- run


def run_says(small, auto, *, decision="ready", truth=None):
    planned = small.example().environments[0].model_copy(update={"decision": decision, "reason": "soak"})
    resolved = small.pipeline(Environment("test", auto=auto)).resolved("test")
    found = may_run(planned, resolved, ask=lambda expression, variables: truth)
    return found.status, found.message


def test_run_goes_by_what_the_definition_says(small):
    assert run_says(small, True) == ("pass", "auto=True")
    assert run_says(small, False) == ("skip", "auto=False: a person applies it")
    assert run_says(small, True, decision="waiting") == ("pending", "soak")
    assert run_says(small, True, decision="blocked") == ("fail", "blocked: soak")


def test_run_asks_an_expression(small):
    auto = "change.semver != 'major'"
    assert run_says(small, auto, truth=Truth(True)) == ("pass", f"auto: {auto}")
    assert run_says(small, auto, truth=Truth(False)) == ("skip", f"auto: {auto} is false: a person applies it")
    assert run_says(small, auto, truth=Truth(None, "no key")) == ("error", f"auto: {auto} cannot be told: no key")


@pytest.mark.parametrize(
    ("expression", "status", "message"),
    [
        ("environment.name == 'test'", "pass", "auto: environment.name == 'test': environment.name is test"),
        ("environment.name == 'prod'", "skip", "is false: environment.name is test: a person applies it"),
        ("change.semver == 'major'", "error", "cannot be told: "),
        ("enviroment.name == 'test'", "error", "there is no variable enviroment"),
    ],
)
def test_an_expression_is_judged_over_what_is_known(small, expression, status, message):
    planned = small.example().environments[0]
    resolved = small.pipeline(Environment("test", auto=expression)).resolved("test")
    found = may_run(planned, resolved, variables=environment_variables(resolved))
    assert (found.status, message in found.message) == (status, True), found.message
