"""``gitpromote freight reject``: nowhere any more."""

from __future__ import annotations

import click

from gitpromote.cli.naming import project_and_freight
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session


@verb("reject", examples=('gitpromote freight reject brave-otter-1c07 --reason "leaks memory"',))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] FREIGHT")
@reason
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str) -> int:
    """Ban Freight from every environment, for good. What runs already stays until something else comes."""
    current, name = project_and_freight(session, words)
    record = current.freight.reject(name, reason=reason)
    go_on = session.command("plan", current.name)
    session.give(told(session, record, f"Rejected {name}", then="Where it runs, it stays until:", command=go_on))
    return 0
