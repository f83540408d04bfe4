"""``gitpromote freight alias``: one more name."""

from __future__ import annotations

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError


@verb("alias", examples=("gitpromote freight alias brave-otter-1c07 spring-release",))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] FREIGHT NAME", shell_complete=completes)
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...]) -> int:
    """Give Freight one more name, which every command takes. It stays with that Freight."""
    if len(words) not in (2, 3):
        raise UsageError(
            "Freight and a name are to be said",
            code="usage",
            detail=f"given: {' '.join(words)}",
            hint="  gitpromote freight alias [PIPELINE] FREIGHT NAME",
        )
    current = session.load(words[0] if len(words) == 3 else None)
    freight, name = words[-2:]
    record = current.freight.alias(freight, name)
    go_on = session.command("freight", "show", current.name, name)
    session.give(told(session, record, f"{freight} is {name} as well", command=go_on))
    return 0
