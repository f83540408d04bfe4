"""Explanations, status, history, applying, checks: whole outputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Plan, PlannedTarget
from gitpromote.model.record import Actor, Record
from gitpromote.model.report import EnvironmentStatus, StatusReport, VerifyFinding, VerifyReport
from gitpromote.model.result import ApplyResult, EnvironmentResult
from gitpromote.model.state import Held
from gitpromote.views.applying import apply_view
from gitpromote.views.checking import doctor_view, verify_view
from gitpromote.views.chronicle import history_view
from gitpromote.views.explaining import explanation
from gitpromote.views.explaining_markdown import explanation_markdown
from gitpromote.views.lines import plain
from gitpromote.views.standing import status_view
from gitpromote.views.time import day

TARGET = PlannedTarget(kind="branch", repository="home", ref="refs/heads/env/prod")


def test_every_verdict_is_explained_with_its_times(make: SimpleNamespace, snapshot: Any) -> None:
    outcomes = (
        Outcome(id="upstream", kind="availability", status="pass", message="uat: verified", from_=make.NOW - 3600),
        Outcome(id="soak", status="pending", message="4h32m of 24h in uat", from_=make.NOW + 70000),
        Outcome(id="hours", status="pass", message="Mon-Thu 09:00-16:00", until=make.NOW + 19800),
        Outcome(id="size", level="advisory", kind="policy", status="warn", message="12 objects change"),
    )
    environment = make.environment("prod-eu", decision="waiting", reason="soak", outcomes=outcomes)
    assert plain(explanation(make.plan(environment), environment)) == snapshot


def test_without_gates_nothing_stands_in_the_way(make: SimpleNamespace, snapshot: Any) -> None:
    environment = make.environment("test")
    assert plain(explanation(make.plan(environment), environment)) == snapshot


def test_where_there_is_no_freight_that_is_what_stands_in_the_way(make: SimpleNamespace) -> None:
    environment = make.environment("test", decision="unavailable", reason="ghcr.io/acme/pay has no tags", freight={})
    plan = make.plan(environment)
    head, *rest = plain(explanation(plan, environment)).splitlines()
    assert head == "test · - · unavailable · ghcr.io/acme/pay has no tags"
    assert not any("stands in the way" in line for line in rest)
    assert "No gate is configured" not in explanation_markdown(plan, environment)


def test_status_shows_what_runs_and_what_is_next(make: SimpleNamespace, snapshot: Any) -> None:
    held = Held(at=make.NOW - 86400, record="a" * 64, reason="INC-2211", actor="lea <lea@acme.example>")
    common = {"target": TARGET, "production": False}
    report = StatusReport(
        pipeline="pay",
        as_of=make.NOW,
        ledger="02d1" * 10,
        environments=(
            EnvironmentStatus(
                name="test", runs={"pay": make.NEW}, since=make.NOW - 7200, verified_at=make.NOW - 7000, **common
            ),
            EnvironmentStatus(
                name="uat",
                runs={"pay": make.OLD},
                since=make.NOW - 9 * 86400,
                verified_at=make.NOW - 9 * 86400,
                next={"pay": make.NEW},
                decision="ready",
                **common,
            ),
            EnvironmentStatus(name="prod-eu", runs={"pay": make.OLDER}, held=held, drift=True, **common),
            EnvironmentStatus(
                name="prod-us", decision="unavailable", reason="no Freight yet", locked_by="tom: migration", **common
            ),
        ),
    )
    assert plain(status_view(report)) == snapshot


def test_status_of_a_thousand_quiet_environments_counts_them(make: SimpleNamespace, snapshot: Any) -> None:
    quiet = [
        EnvironmentStatus(name=f"cell-{number}", runs={"pay": make.NEW}, target=TARGET, production=False)
        for number in range(999)
    ]
    news = EnvironmentStatus(
        name="last", runs={"pay": make.OLD}, next={"pay": make.NEW}, decision="ready", target=TARGET, production=True
    )
    report = StatusReport(pipeline="pay", as_of=make.NOW, environments=(*quiet, news))
    assert plain(status_view(report)) == snapshot
    assert len(status_view(report, full=True)) == 1003


def test_history_is_newest_first_with_reasons(make: SimpleNamespace, snapshot: Any) -> None:
    def record(kind: str, at: int, **members: Any) -> Record:
        actor = Actor(claimed="Lea Demo <lea@acme.example>", proven_by=members.pop("proven_by", None))
        return Record(id=kind.ljust(64, "0"), kind=kind, at=at, actor=actor, freight={"pay": make.NEW.id}, **members)

    records = (
        record(
            "held", make.NOW - 60, environment="prod-eu", data={"reason": "INC-\x1b[1m2211"}, proven_by="ssh:SHA256:abc"
        ),
        record("verified", make.NOW - 3600, environment="uat", data={"inherited": True}),
        record("written", make.NOW - 86400, environment="test", commit="1d8e0f2" + "0" * 33),
        record("freight-created", make.NOW - 400 * 86400),
    )
    assert plain(history_view(records, now=make.NOW)) == snapshot
    assert plain(history_view((), now=make.NOW)) == "No Record yet: nothing was applied.\n"


def test_history_fits_a_narrow_screen(make: SimpleNamespace) -> None:
    def record(kind: str, **members: Any) -> Record:
        who = Actor(claimed="Ann Tester <ann@x.example>", proven_by=members.pop("proven_by", None))
        freight = {"fan": make.NEW.id}
        return Record(id=kind.ljust(64, "0"), kind=kind, at=make.NOW - 60, actor=who, freight=freight, **members)

    records = [
        record("written", environment="us", data={"inherited": True}, commit="dbd50f6" + "0" * 33),
        record("verified", environment="us", proven_by="ssh"),
    ]
    alias = make.NEW.alias
    assert plain(history_view(records, now=make.NOW, width=80)) == (
        f"WHEN    ENV  WHAT                 {'FREIGHT':<{len(alias)}}  COMMIT   WHO CLAIMS IT\n"
        f"09:29Z  us   written (inherited)  {alias}  dbd50f6  Ann Tester\n"
        f"09:29Z  us   verified             {alias}  -        Ann Tester (ssh)\n"
    )
    wide = plain(history_view(records, now=make.NOW, width=100)).splitlines()
    assert wide[0].split() == ["WHEN", "ENVIRONMENT", "WHAT", "FREIGHT", "COMMIT", "WHO"]
    assert wide[1].endswith("Ann Tester (claimed)")


def result(name: str, status: Any, **members: Any) -> EnvironmentResult:
    """How one environment ended."""
    return EnvironmentResult(name=name, status=status, **members)


def test_an_apply_says_how_each_environment_ended(pay: Plan, snapshot: Any) -> None:
    ended = ApplyResult(
        pipeline="pay",
        plan="sha256:9c41",
        environments=(
            result("test", "written", message="written 1d8e0f2 -> env/test, tree as planned", commit="1d8e0f2"),
            result("uat", "written", commit="77c3e10" + "0" * 33, ref="refs/heads/env/uat"),
            result("prod-eu", "waiting", exit_code=3, code="soak", message="soak: 4h32m of 24h"),
            result("prod-us", "waiting", exit_code=3, code="upstream", message="upstream: prod-eu: not verified yet"),
            result("lab", "inherited", message="nothing to write; the Freight's arrival was recorded"),
        ),
    )
    assert plain(apply_view(ended, pay)) == snapshot


def test_what_would_help_is_told_once_with_the_command_of_each_environment() -> None:
    members = {"exit_code": 13, "code": "setters-missing", "message": "setters-missing"}
    helps = "See what would help:\n  gitpromote explain pay {}"
    blocked = tuple(result(name, "blocked", hint=helps.format(name), **members) for name in ("test", "prod"))
    ended = ApplyResult(pipeline="pay", plan="sha256:9c41", environments=blocked)
    assert plain(apply_view(ended, None)).splitlines()[-4:] == [
        "No target was written.   [setters-missing]",
        "See what would help:",
        "  gitpromote explain pay test",
        "  gitpromote explain pay prod",
    ]


def test_a_stale_apply_says_what_moved_and_what_to_do(snapshot: Any) -> None:
    ended = ApplyResult(
        pipeline="pay",
        plan="sha256:9c41",
        environments=(
            result("test", "already", message="already applied by lea, commit 1d8e0f2"),
            result("uat", "already", message="already applied by lea, commit 1d8e0f2"),
            result(
                "prod",
                "stale",
                exit_code=4,
                code="plan-stale",
                message="the target is no longer what was reviewed",
                detail='envs/common.yaml  planned 5b1e77c, now 90aa1f3   e41b8c2 "more memory" (tom)',
                hint="Make a new plan:\n  gitpromote plan",
            ),
            result("lab", "not-started"),
        ),
    )
    assert plain(apply_view(ended)) == snapshot


def test_an_interrupted_apply_says_so(snapshot: Any) -> None:
    ended = ApplyResult(
        pipeline="pay",
        plan="sha256:9c41",
        interrupted=True,
        environments=(result("test", "written", message="written 1d8e0f2 -> env/test"), result("uat", "not-started")),
    )
    assert plain(apply_view(ended)) == snapshot


def test_what_landed_and_is_otherwise_now_is_not_called_unwritten() -> None:
    differs = result(
        "test",
        "failed",
        exit_code=10,
        code="landed-differs",
        message="was written as 1d8e0f2, but env/test holds something else now",
    )
    text = plain(apply_view(ApplyResult(pipeline="pay", plan="x", environments=(differs,))))
    assert text == (
        "test  FAILED  was written as 1d8e0f2, but env/test holds something else now\n"
        "Applied: 0 done, 1 failed, 0 waiting, 0 not started.\n"
        "[landed-differs]\n"
    )


def test_two_hundred_environments_that_were_there_already_are_one_row() -> None:
    many = tuple(result(f"cell-{number}", "noop", message="nothing to do") for number in range(200))
    text = plain(apply_view(ApplyResult(pipeline="pay", plan="x", environments=many)))
    assert text == (
        "cell-0, cell-1, cell-2, 197 more  no change: nothing to do\n"
        "Applied: 200 done, 0 failed, 0 waiting, 0 not started.\n"
        "No target was written.\n"
    )


def test_checks_that_fail_come_first(snapshot: Any) -> None:
    report = VerifyReport(
        pipeline="pay",
        findings=(
            VerifyFinding(subject="ledger", ok=True, message="12 Records, every id recomputed"),
            VerifyFinding(subject="prod", ok=False, message="tree 8c2f11e was recorded, 5e09c1d is there"),
        ),
    )
    assert plain(verify_view(report)) == snapshot


def test_the_doctor_says_what_helps(snapshot: Any) -> None:
    findings = [
        SimpleNamespace(name="git", ok=True, message="2.39.5", hint=""),
        SimpleNamespace(
            name="helm", ok=False, message="not found", hint="Install helm:\n  pip install 'gitpromote[tools]'"
        ),
    ]
    assert plain(doctor_view(findings)) == snapshot


def test_neighbours_that_were_applied_on_one_day_are_one_row(pay: Plan) -> None:
    texts = [f"already applied by lea at 20 Nov 2025 00:5{number}Z, commit 1d8e0f{number}" for number in range(3)]
    seconds = (pay.as_of, pay.as_of + 60, pay.as_of - 86400)
    ended = ApplyResult(
        pipeline="pay",
        plan="x",
        environments=tuple(
            result(name, "already", message=text, at=at)
            for name, text, at in zip(("test", "uat", "prod-eu"), texts, seconds, strict=True)
        ),
    )
    assert plain(apply_view(ended, pay)).splitlines()[:2] == [
        f"test, uat  already applied {day(pay.as_of, now=pay.as_of)}",
        f"prod-eu    {texts[2]}",
    ]
    assert plain(apply_view(ended)).splitlines()[0] == f"test, uat  already applied {day(pay.as_of)}"


def test_what_was_adopted_is_told_as_debt() -> None:
    text = 'keeps what lea adopted: "load test"; it stays if the sources contain it'
    target = PlannedTarget(kind="branch", repository="home", ref="refs/heads/env/uat")
    debt = Outcome(id="debt", kind="policy", status="warn", message=text)
    status = EnvironmentStatus(name="uat", production=False, target=target, outcomes=(debt,))
    lines = plain(status_view(StatusReport(pipeline="pay", as_of=0, environments=(status,)))).splitlines()
    assert lines[-1] == f"    uat: {text}   [debt]"
