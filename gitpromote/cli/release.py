"""``gitpromote release``: let a held environment go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.model.words import clean
from gitpromote.views.lines import Span, line

if TYPE_CHECKING:
    from gitpromote.model.freight import Freight
    from gitpromote.model.state import RolledBack


@verb("release", examples=("gitpromote release pay prod-eu",))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@option("--reason", default="", metavar="TEXT", help="Why; it is recorded.")
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str) -> int:
    """Let a held environment take Freight again.

    Where it was rolled back, the Freight that was left may come again: reject it first if it must not.
    """
    current, name = project_and_environment(session, words)
    record = current.release(name, reason=reason)
    data = told(session, record, f"Released {name}", command=session.command("plan", current.name))
    for freight, left in current.rolled_back(name):
        _warn(session, current.name, freight, left)
    session.give(data)
    return 0


def _warn(session: Session, pipeline: str, freight: Freight, left: RolledBack) -> None:
    """What was rolled back may come again now, by itself where the environment takes Freight by itself."""
    from gitpromote.views.time import instant

    reason = f': "{clean(left.reason)}"' if left.reason else ""
    told = f"was rolled back from here {instant(left.at)} by {clean(left.actor)}{reason}; it may come again now."
    reject = session.command("freight", "reject", pipeline, freight.alias) + " --reason …"
    session.show(
        [
            line(Span(f"! {freight.alias}", "bad"), f" {told} To keep it out:"),
            line("  ", Span(reject, "command")),
        ]
    )
