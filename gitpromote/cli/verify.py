"""``gitpromote verify``: recompute trees and Records from Git alone."""

from __future__ import annotations

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.session import Session
from gitpromote.views.checking import verify_view


@verb("verify", examples=("gitpromote verify", "gitpromote verify pay --json"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@project
@click.pass_obj
def command(session: Session, /, name: str | None) -> int:
    """Recompute what Git alone proves: Records, the state that follows from them, and the trees that were written.

    Exits 10 where something does not hold.
    """
    report = session.load(name).verify()
    session.give({**report.model_dump(mode="json"), "ok": report.ok})
    session.show(verify_view(report, width=session.out.width))
    return 0 if report.ok else 10
