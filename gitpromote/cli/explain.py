"""``gitpromote explain``: every verdict on one environment."""

from __future__ import annotations

import click

from gitpromote.cli.naming import known_environment, opened, project_and_environment
from gitpromote.cli.options import project
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.session import Session
from gitpromote.views.explaining import explanation


@verb(
    "explain",
    examples=("gitpromote explain prod", "gitpromote explain pay prod-eu --plan plans/pay-9c41d7e0b2aa.plan.json"),
)
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV")
@option("--plan", "saved", metavar="PLAN", help="Explain this saved plan's verdicts; without it, fresh ones.")
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], saved: str | None) -> int:
    """Why an environment may go, or waits, or is blocked: each gate with its operands, and when it opens."""
    if saved:
        plan = opened(session, saved).data
        name = known_environment(words[-1], (each.name for each in plan.environments))
    else:
        current, name = project_and_environment(session, words)
        plan = current.plan(env=(name,)).data
    environment = plan.environment(name)
    if environment is not None:
        session.give(environment.model_dump(mode="json", by_alias=True))
        session.show(explanation(plan, environment, width=session.out.width))
    return 0
