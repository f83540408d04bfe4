"""``gitpromote freight discover``: what there is to promote."""

from __future__ import annotations

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import instant_of
from gitpromote.views.discovery import discovery_view
from gitpromote.views.lines import line


@verb("discover", examples=("gitpromote freight discover", "gitpromote freight discover pay --lock pay.lock"))
@click.argument("name", required=False, metavar="[PIPELINE]")
@option("--lock", metavar="FILE", help="Keep what was found there, for plan --freight-lock FILE.")
@option("--as-of", metavar="TIME", help="As if it were then: it counts where a Warehouse waits for a time.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, lock: str | None, as_of: str | None) -> int:
    """What each subscription has to offer, what comes of it, and why nothing newer. Nothing is pushed."""
    report = session.load(name).freight.discover(lock=lock, as_of=instant_of(as_of))
    session.give(report.model_dump(mode="json"))
    session.show(discovery_view(report, width=session.out.width))
    if lock is not None:
        session.show([line(f"Saved {lock}")])
    return 0
