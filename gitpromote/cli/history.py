"""``gitpromote history``: what happened, from the ledger."""

from __future__ import annotations

import time

import click

from gitpromote.cli.naming import present_or_departed, selected
from gitpromote.cli.options import environments, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.views.chronicle import history_view


@verb("history", examples=("gitpromote history", "gitpromote history pay --env prod-eu --limit 100"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@environments
@option("--limit", type=click.IntRange(min=1), default=30, show_default=True, metavar="N", help="The newest so many.")
@option("--all", "every", is_flag=True, help="Every Record.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, env: tuple[str, ...], limit: int, every: bool) -> int:
    """What happened, newest first: every Record names its plan, its actor and the commit that it made.

    Also of a pipeline that the file has no more, by its name.
    """
    current = present_or_departed(session, name)
    names = selected(env, current.environments_ever()) if env else ()
    records = current.records(env=names or None, limit=None if every else limit)
    session.give([record.to_data() for record in records])
    session.show(history_view(records, now=int(time.time()), width=session.out.width))
    return 0
