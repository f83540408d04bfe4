"""``gitpromote release``: let a held environment go on."""

from __future__ import annotations

import click

from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import project
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session


@verb("release", examples=("gitpromote release pay prod-eu",))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV")
@option("--reason", default="", metavar="TEXT", help="Why; it is recorded.")
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str) -> int:
    """Let a held environment take Freight again."""
    current, name = project_and_environment(session, words)
    record = current.release(name, reason=reason)
    session.give(told(session, record, f"Released {name}", command=session.command("plan", current.name)))
    return 0
