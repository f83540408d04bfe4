"""``gitpromote freight show``: one Freight."""

from __future__ import annotations

import time

import click

from gitpromote.cli.naming import project_and_freight
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.session import Session
from gitpromote.views.freight import freight_view


@verb("show", examples=("gitpromote freight show brave-otter-1c07", "gitpromote freight show pay f3a91c07 --json"))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] FREIGHT", shell_complete=completes)
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...]) -> int:
    """Everything of one Freight: artifacts, where it comes from, and how far it has come in each environment."""
    current, name = project_and_freight(session, words)
    report = current.freight.show(name)
    session.give(report.model_dump(mode="json"))
    session.show(freight_view(report, now=int(time.time()), width=session.out.width))
    return 0
