"""``gitpromote freight list``: what the ledger knows."""

from __future__ import annotations

import time

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.views.freight import freight_table


@verb("list", examples=("gitpromote freight list", "gitpromote freight list pay --limit 100 --json"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="The newest so many.")
@option("--all", "every", is_flag=True, help="All of it.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, limit: int, every: bool) -> int:
    """What the ledger knows, newest first: artifacts, age, where it runs and was verified, what was decided of it."""
    known = session.load(name).freight.list()
    shown = known if every else known[:limit]
    session.give([one.model_dump(mode="json") for one in shown])
    session.show(freight_table(shown, more=len(known) - len(shown), now=int(time.time()), width=session.out.width))
    return 0
