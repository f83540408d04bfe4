"""``gitpromote plan``: compute, show, save."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.every import named_pipeline, one_after_the_other, refuse_beside_all
from gitpromote.cli.naming import opened_to_act
from gitpromote.cli.options import full, keep, project, waits_for_nothing
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.remarks import warning_lines
from gitpromote.cli.saving import apply_command, refuse_nowhere, save
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import SINGLE, planned, refuse_beside, shaping
from gitpromote.views.lines import Line, Span, line

if TYPE_CHECKING:
    from gitpromote.project.standstill import Standstill

#: Options that make no sense for a plan that exists, beside those that shape one: how they are written.
_NOT_VERIFIED = {
    "env": "--env",
    "unpinned": "--unpinned",
    "out": "--out",
    "record": "--record",
    "since": "--since",
    "detailed_exitcode": "--detailed-exitcode",
    "fail_on": "--fail-on",
}


@verb(
    "plan",
    examples=(
        "gitpromote plan",
        "gitpromote plan --all",
        "gitpromote plan pay --to uat --image ghcr.io/acme/pay:3.8.0@sha256:b20e…",
        "gitpromote plan -out=plan.json -detailed-exitcode",
        "gitpromote plan --replace prod-eu@b7d2210",
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@shaping
@option("--all", "every", is_flag=True, help="Every pipeline of the file; what fails in one keeps none back.")
@option("--out", metavar="FILE", help="Save the plan there; by default under plans/.")
@option("--record", is_flag=True, help="Put the plan into the ledger, so that its digest is enough to apply it.")
@option("--since", metavar="PLAN", help="Show only what is new since that plan, which was reviewed.")
@option("--verify", metavar="PLAN", help="Plan again from what that plan knew, render anew, tell the first difference.")
@option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@option("--fail-on", type=click.Choice(["blocked"]), help="Exit 13 where an environment is blocked.")
@waits_for_nothing
@full
@keep
@project
@click.pass_obj
def command(session: Session, /, name: str | None, **given: Any) -> int:
    """Show what would change in every environment, and save it.

    Nothing is written but the plan's file. With --json the plan is printed instead; it is saved with --out alone.
    """
    if given["every"]:
        return _every(session, name, given)
    if given["verify"]:
        refuse_beside(
            given,
            taken=_NOT_VERIFIED,
            detail="--verify plans again what that plan knew, all of it",
            hint=f"  gitpromote plan --verify {given['verify']}",
        )
        return _verify(session, given["verify"])
    return _one(session, name, given)


def _every(session: Session, name: str | None, given: dict[str, Any]) -> int:
    """Every pipeline of the file, each with a plan of its own."""
    single = {**SINGLE, "out": "--out", "since": "--since", "verify": "--verify"}
    refuse_beside_all("plan", [*named_pipeline(name), *(word for key, word in single.items() if given[key])])
    told: list[dict[str, Any]] = []
    each = {**given, "every": False}
    return one_after_the_other(session, lambda one: _one(session, one, each, told=told), told=told, between=True)


def _one(session: Session, name: str | None, given: dict[str, Any], *, told: list[dict[str, Any]] | None = None) -> int:
    """The plan of one pipeline.

    :param told: takes the plan as data, where it is not printed yet
    """
    refuse_nowhere(given["out"])
    still = _standstill(session, name, given)
    if still is not None and (shown := still.recall()):
        session.show([line(*(Span(*span) for span in each)) for each in shown])
        return 0
    current = session.load(name)
    plan = planned(current, given, record=given["record"])
    earlier = opened_to_act(session, given["since"]).data if given["since"] else None
    if told is not None and session.json:
        told.append(json.loads(plan.to_bytes()))
    elif session.json:
        session.document(plan.to_bytes())
    else:
        approvals = current.approvals() if earlier else None
        view = _show(session, plan, earlier=earlier, approvals=approvals, full=given["full"])
        if still is not None and not plan.warnings:
            still.remember(current, plan.data, view)
    _save(session, plan, given["out"], recorded=given["record"])
    return _code(plan, detailed=given["detailed_exitcode"], fail_on=given["fail_on"])


def _standstill(session: Session, name: str | None, given: dict[str, Any]) -> Standstill | None:
    """The memory of the last plan, where this one is asked for without anything that shapes or accompanies it."""
    shaped = any(value for option, value in given.items() if option not in ("detailed_exitcode", "fail_on"))
    if shaped or session.json or session.events or session.verbose or session.keep:
        return None
    from gitpromote.project.standstill import Standstill

    return Standstill(
        session.pipeline, name, cache_dir=session.cache_dir, shape=[session.out.width, session.stdout.isatty()]
    )


def _show(session: Session, plan: Any, *, earlier: Any, approvals: Any, full: bool) -> list[Line]:
    from gitpromote.views.terminal import plan_view

    view = plan_view(
        plan.data,
        earlier=earlier,
        approvals=approvals,
        full=full,
        width=session.out.width,
        piped=not session.stdout.isatty(),
    )
    session.show(view)
    return view


def _save(session: Session, plan: Any, out: str | None, *, recorded: bool) -> None:
    """Save it where that was asked for, and otherwise where there is something to apply."""
    to_do = any(each.steps and each.decision in ("ready", "waiting", "noop") for each in plan.data.environments)
    lines = warning_lines(plan)
    if out is None and (session.json or not to_do):
        session.show(lines)
        return
    path = save(plan, out)
    lines.append(line(f"Saved {path}"))
    if recorded:
        lines.append(line(f"Recorded {plan.digest}"))
    if to_do:
        lines.append(line("  ", Span(apply_command(path), "command")))
    session.show(lines)


def _code(plan: Any, *, detailed: bool, fail_on: str | None) -> int:
    if fail_on == "blocked" and any(each.decision == "blocked" for each in plan.data.environments):
        return 13
    return 2 if detailed and any(each.steps for each in plan.data.environments) else 0


def _verify(session: Session, word: str) -> int:
    from gitpromote.project import project_of

    plan = opened_to_act(session, word)
    current = project_of(plan, cache_dir=session.cache_dir, reporter=session.reporter())
    differences = list(current.plan_verify(plan))
    session.give(
        {"digest": plan.digest, "reproduced": not differences, "differences": [str(each) for each in differences]}
    )
    if not differences:
        session.show([line(f"Planned again, the same bytes: {plan.digest}")])
        return 0
    head = line(Span("Planned again, another plan.", "bad"), "  ", Span("[plan-not-reproduced]", "faint"))
    session.show([head, *(line(f"  {each}") for each in differences)])
    return 1
