"""``gitpromote apply``: carry out a plan, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.approval import ANY_KEY_COUNTS, ask, in_reach
from gitpromote.cli.naming import is_digest, is_full_digest, names_a_plan, opened_to_act, selected
from gitpromote.cli.options import approve_automatically, expect_digest, full, lock_timeout, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import planned, refuse_shaping, shaping
from gitpromote.errors import Declined, Interrupted
from gitpromote.views.lines import Span, line

if TYPE_CHECKING:
    from gitpromote.model.result import ApplyResult
    from gitpromote.project import Plan, Project
    from gitpromote.views.lines import Line


@verb(
    "apply",
    examples=(
        "gitpromote apply plans/pay-9c41d7e0b2aa.plan.json",
        "gitpromote apply plans/pay-9c41d7e0b2aa.plan.json --env test,uat -auto-approve",
        "gitpromote apply 9c41d7e0b2aa --wait",
        "gitpromote apply pay",
    ),
)
@click.argument("target", required=False, metavar="[PLAN|PIPELINE]", shell_complete=completes)
@approve_automatically
@expect_digest
@option("--wait", is_flag=True, help="Wait for gates that are pending, and go on as they open.")
@option("--fail-fast", is_flag=True, help="Start nothing more once an environment has failed.")
@lock_timeout
@option("--detailed-exitcode", is_flag=True, help="Exit 3 where nothing failed and something still waits.")
@shaping
@full
@project
@click.pass_obj
def command(session: Session, /, target: str | None, **given: Any) -> int:
    """Carry out a plan: a file, one of the ledger by its digest, or a fresh one of a Pipeline.

    A saved plan is applied as it is; --env may narrow which of its environments run. Without one, a plan is made and
    shown first. Production environments need a typed yes, --expect-digest, or an approval.
    """
    try:
        return _carried_out(session, target, given)
    except KeyboardInterrupt:
        if target is None or not names_a_plan(target):
            raise  # there is no plan yet to go on with
        raise _interrupted(session.command("apply", target, *_as_given(given))) from None


def _carried_out(session: Session, target: str | None, given: dict[str, Any]) -> int:
    saved = target is not None and names_a_plan(target)
    current, plan = _saved(session, str(target), given) if saved else _fresh(session, target, given)
    only = selected(given["env"], (each.name for each in plan.data.environments)) or None
    if not saved:
        _show(session, plan, given)
    confirmed = _confirm(session, plan, target, only, given, saved=saved)
    again = session.command("apply", target if saved and target else plan.digest, *_as_given(given))
    try:
        result = carry_out(session, current, plan, only=only, confirmed=confirmed, given=given, again=again)
    except Declined as declined:
        # A gate that was pending when the plan was made has opened since: production is in reach after all.
        if declined.code != "production-unapproved" or given["auto_approve"] or session.unattended:
            raise
        if saved:
            _show(session, plan, given)
        ask(session, plan.data.environments, instead=declined.hint)
        result = carry_out(session, current, plan, only=only, confirmed=True, given=given, again=again)
    return exit_code(result, detailed=given["detailed_exitcode"])


def _as_given(given: dict[str, Any]) -> list[str]:
    """What an apply that goes on must be told again: what it may do, and by whose word."""
    only = [word for value in given["env"] for word in ("--env", value)]
    return [*only, *(["--expect-digest", given["expect_digest"]] if given["expect_digest"] else [])]


def _saved(session: Session, word: str, given: dict[str, Any]) -> tuple[Project, Plan]:
    from gitpromote.project import project_of

    plan = opened_to_act(session, word)
    refuse_shaping(given, pipeline=plan.data.pipeline.name)
    return project_of(plan, cache_dir=session.cache_dir, reporter=session.reporter(lasting=given["wait"])), plan


def _fresh(session: Session, name: str | None, given: dict[str, Any]) -> tuple[Project, Plan]:
    current = session.load(name)
    return current, planned(current, given)


def _confirm(
    session: Session, plan: Plan, target: str | None, only: Any, given: dict[str, Any], *, saved: bool
) -> bool:
    """Whether a person has typed yes on the shown plan. What is not asked here is judged by the project."""
    reach = in_reach(plan.data, only=only, wait=given["wait"])
    short = target is not None and saved and is_digest(target) and not is_full_digest(target)
    if short and not given["expect_digest"]:  # which names the whole of it
        session.tell([line(f"This is the plan {plan.digest}")])
        _show(session, plan, given)
        ask(session, reach, instead=f"  gitpromote apply {plan.digest}")
        return True
    if given["auto_approve"] or given["expect_digest"] or not reach:
        return False
    production = [each.name for each in reach if each.production and each.writes]
    if saved and (not production or session.unattended):
        return False
    if saved:
        _show(session, plan, given)
    ask(session, reach, instead=_instead(plan, production))
    return True


def _show(session: Session, plan: Plan, given: dict[str, Any]) -> None:
    from gitpromote.views.terminal import plan_view

    if session.json:
        session.tell(plan_view(plan.data, digest=plan.digest, full=given["full"]))
    width, piped = session.out.width, not session.stdout.isatty()
    session.show(plan_view(plan.data, digest=plan.digest, full=given["full"], width=width, piped=piped))


def _instead(plan: Plan, production: list[str]) -> str:
    """What to type where nobody can be asked: production opens to the digest alone."""
    if not production:
        return "Run it on a terminal, or with\n  gitpromote apply -auto-approve"
    return (
        "Run it on a terminal, or save the plan, have it reviewed and apply that very plan:\n"
        f"  gitpromote plan {plan.data.pipeline.name} -out=plan.json\n"
        "  gitpromote apply plan.json --expect-digest sha256:…"
    )


def carry_out(
    session: Session, current: Project, plan: Plan, *, only: Any, confirmed: bool, given: dict[str, Any], again: str
) -> ApplyResult:
    """Apply, and show how each environment ended.

    :param again: the command that goes on where somebody interrupted it
    """
    from gitpromote.views.applying import apply_view

    try:
        result = _apply(current, plan, only=only, confirmed=confirmed, given=given)
    except KeyboardInterrupt:  # who does not even wait for the step that runs
        raise _interrupted(again) from None
    consented = confirmed or given.get("expect_digest")
    if not consented and current.definition.signers is None and _in_production(result, plan):
        session.tell([ANY_KEY_COUNTS])
    session.give({**result.model_dump(mode="json"), "exit_code": result.exit_code})
    session.show(apply_view(result, plan.data, width=session.out.width))
    session.show(_lifting(session, result, plan))
    if result.interrupted:
        session.show([line("Go on with:"), line("  ", Span(again, "command"))])
    return result


def _interrupted(again: str) -> Interrupted:
    return Interrupted("Interrupted", code="interrupted", hint=f"Nothing more was started. Go on with:\n  {again}")


def _apply(current: Project, plan: Plan, *, only: Any, confirmed: bool, given: dict[str, Any]) -> ApplyResult:
    from gitpromote.views.time import parse_duration

    return current.apply(
        plan,
        env=only,
        wait=given.get("wait", False),
        expect_digest=given.get("expect_digest"),
        confirmed=confirmed,
        auto_approve=given.get("auto_approve", False),
        lock_timeout=parse_duration(given.get("lock_timeout") or "0s"),
        fail_fast=given.get("fail_fast", False),
    )


def _lifting(session: Session, result: ApplyResult, plan: Plan) -> list[Line]:
    """How each hold ends that this apply has set."""
    from gitpromote.engine.records import holds_afterwards

    done = {one.name for one in result.environments if one.status in ("written", "inherited")}
    held = [each.name for each in plan.data.environments if each.name in done and holds_afterwards(plan.data, each)]
    if not held:
        return []
    lifts = [session.command("release", plan.data.pipeline.name, name) for name in held]
    return [line("Lift the hold with:"), *(line("  ", Span(lift, "command")) for lift in lifts)]


def _in_production(result: ApplyResult, plan: Plan) -> bool:
    """Whether files of production were written."""
    written = {one.name for one in result.environments if one.status == "written"}
    return any(each.production for each in plan.data.environments if each.name in written)


def exit_code(result: ApplyResult, *, detailed: bool) -> int:
    """The result's code; 3 where that was asked for and something still waits."""
    code = result.exit_code
    return 3 if detailed and code == 0 and result.count("waiting", "held", "unavailable") else code
