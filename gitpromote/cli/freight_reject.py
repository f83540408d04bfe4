"""``gitpromote freight reject``: nowhere any more."""

from __future__ import annotations

import click

from gitpromote.cli.naming import project_and_freight
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.model.words import listed


@verb("reject", examples=('gitpromote freight reject brave-otter-1c07 --reason "leaks memory"',))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] FREIGHT")
@reason
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str) -> int:
    """Ban Freight from every environment, for good. What runs already stays until something else comes.

    The next plan offers the newest that may come instead; a rollback goes back at once.
    """
    current, name = project_and_freight(session, words)
    record = current.freight.reject(name, reason=reason)
    here = [stop.environment for stop in current.freight.show(name).journey if stop.runs]
    then = f"It still runs in {listed(here)}. To go back to what was there before it:" if here else ""
    back = session.command("rollback", current.name, here[0], "--reason", reason) if here else ""
    session.give(told(session, record, f"Rejected {name}", then=then, command=back))
    return 0
