"""``gitpromote rollback``: go back to the Freight before, from its recorded tree."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.deciding import decide
from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import approve_automatically, full, lock_timeout, project, reason
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session


@verb(
    "rollback",
    examples=(
        'gitpromote rollback pay prod-eu --reason "5xx, INC-2211"',
        'gitpromote rollback prod --to calm-heron-90ab --reason "INC-2211" -out=rollback.json',
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@reason
@option("--to", metavar="FREIGHT", help="This Freight, by id or alias; by default the last other that was verified.")
@option("--out", metavar="FILE", help="Save the plan there instead of applying it.")
@approve_automatically
@lock_timeout
@full
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str, to: str | None, **given: Any) -> int:
    """Go back to the Freight before, from its recorded tree; nothing is rendered.

    The plan is shown and asked for. Afterwards the environment is held, so that nothing goes there by itself.
    """
    current, name = project_and_environment(session, words)
    plan = current.rollback(name, reason=reason, to=to)
    again = ("rollback", *words, "--reason", reason, *(("--to", to) if to else ()))
    return decide(session, current, plan, given, again=again)[0]
