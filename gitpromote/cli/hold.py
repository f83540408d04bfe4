"""``gitpromote hold``: keep an environment on its Freight."""

from __future__ import annotations

import click

from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session


@verb("hold", examples=('gitpromote hold pay prod-eu --reason "investigating INC-2211"',))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@reason
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str) -> int:
    """Keep an environment on the Freight that it has, until it is released."""
    current, name = project_and_environment(session, words)
    record = current.hold(name, reason=reason)
    lift = session.command("release", current.name, name)
    session.give(told(session, record, f"Held {name}", then="Lift the hold with:", command=lift))
    return 0
