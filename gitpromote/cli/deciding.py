"""A plan that a verb has made, shown, asked for and applied at once: rollbacks, and what is retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gitpromote.cli.apply import carry_out, exit_code
from gitpromote.cli.approval import ask, in_reach
from gitpromote.cli.remarks import warning_lines
from gitpromote.cli.saving import apply_command, refuse_nowhere, save
from gitpromote.cli.session import Session
from gitpromote.errors import Declined
from gitpromote.views.lines import Span, line

if TYPE_CHECKING:
    from gitpromote.project import Plan, Project


def decide(
    session: Session, current: Project, plan: Plan, given: dict[str, Any], *, again: Sequence[str]
) -> tuple[int, bool]:
    """Show the plan; save it where ``--out`` says so, otherwise ask and apply. The exit code, and whether it wrote.

    :param again: the verb with what it was given, for the hint that says how to save the plan
    """
    from gitpromote.views.terminal import plan_view

    refuse_nowhere(given["out"])
    width, piped = session.out.width, not session.stdout.isatty()
    session.show([*plan_view(plan.data, full=given["full"], width=width, piped=piped), *warning_lines(plan)])
    if given["out"]:
        path = save(plan, given["out"])
        session.give({"saved": path, "digest": plan.digest})
        session.show([line(f"Saved {path}"), line("  ", Span(apply_command(path), "command"))])
        return 0, False
    reach = in_reach(plan.data, only=None, wait=False)
    confirmed = bool(reach) and not given["auto_approve"]
    if confirmed:
        if session.json:
            session.tell(plan_view(plan.data))
        ask(session, reach, instead=f"Run it on a terminal, or {_reviewed(session, again)}")
    try:
        going_on = session.command(*again)
        result = carry_out(session, current, plan, only=None, confirmed=confirmed, given=given, again=going_on)
    except Declined as declined:
        if declined.code == "production-unapproved":
            declined.hint = f"{_reviewed(session, again)[0].upper()}{_reviewed(session, again)[1:]}"
        raise
    return exit_code(result, detailed=False), bool(result.count("written"))


def _reviewed(session: Session, again: Sequence[str]) -> str:
    """How somebody else looks at the plan first."""
    return (
        "save the plan, have it reviewed, and apply that very plan:\n"
        f"  {session.command(*again, '-out=plan.json')}\n"
        "  gitpromote apply plan.json --expect-digest sha256:…"
    )
