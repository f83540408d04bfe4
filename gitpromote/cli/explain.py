"""``gitpromote explain``: every verdict on one environment."""

from __future__ import annotations

import time

import click

from gitpromote.cli.naming import known_environment, named_project, opened
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.model.words import clean
from gitpromote.views.lines import Span, line


@verb(
    "explain",
    examples=(
        "gitpromote explain prod",
        "gitpromote explain pay prod-eu --plan plans/pay-9c41d7e0b2aa.plan.json",
        'gitpromote explain prod --at "Sat 15:00" --tz Europe/Berlin',
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@option("--plan", "saved", metavar="PLAN", help="Explain this saved plan's verdicts; without it, fresh ones.")
@option("--at", metavar="TIME", help="As it will be then, by the facts of the plan, as 2026-11-28T15:00Z or Sat 15:00.")
@option("--tz", default="UTC", show_default=True, metavar="ZONE", help="The time zone of --at where it names none.")
@option("--format", "form", type=click.Choice(["text", "markdown", "json"]), help="How; text by default.")
@option("--full", is_flag=True, help="Every operand of every verdict, and all that policies found.")
@project
@click.pass_obj
def command(
    session: Session,
    /,
    words: tuple[str, ...],
    saved: str | None,
    at: str | None,
    tz: str,
    form: str | None,
    full: bool,
) -> int:
    """Why an environment may go, or waits, or is blocked: each gate and policy with its operands, when it opens, and
    the one command that would help."""
    from gitpromote.project.explaining import Explanation
    from gitpromote.views.gone import gone_lines

    troubles: tuple[str, ...] = ()
    if saved:
        plan, lock = opened(session, saved), None
        name = known_environment(words[-1], (each.name for each in plan))
    else:
        current = named_project(session, words)
        past = current.gone(words[-1])
        if past is not None:
            session.give({"gone": past.model_dump(mode="json")})
            session.show(gone_lines(past, now=int(time.time())))
            return 0
        name = known_environment(words[-1], current.pipeline.order())
        # With all that comes before it: what those will hold decides what it waits for.
        (plan, troubles), lock = current.judged(name), current.lock_of(name)
    shown = plan.at(at, tz=tz) if at else plan
    shown.called = plan.called
    if shown.data.environment(name) is None:
        return 0
    found = Explanation(shown, shown[name], lock=lock)
    session.json = session.json or form == "json"
    session.give(found.to_data() | ({"troubles": list(troubles)} if troubles else {}))
    if form == "markdown" and not session.json:
        session.out.text(found.to_markdown(full=full))
    else:
        session.show(found.lines(width=session.out.width, full=full))
    session.tell(line(Span(f"! {clean(each)}", "bad")) for each in troubles)
    return 0
