"""``gitpromote freight discover``: what there is to promote."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import instant_of
from gitpromote.errors import AccessDenied
from gitpromote.views.discovery import discovery_view
from gitpromote.views.lines import line

_DENIED = ("registry-access-denied", "registry-realm-unsafe")


@verb(
    "discover",
    examples=(
        "gitpromote freight discover",
        "gitpromote freight discover --fresh",
        "gitpromote freight discover pay --lock pay.lock",
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--lock", metavar="FILE", help="Keep what was found there, for plan --freight-lock FILE.")
@option("--as-of", metavar="TIME", help="As if it were then: it counts where a Warehouse waits for a time.")
@option("--fresh", is_flag=True, help="Ask what every tag names now, and tell which were pushed anew.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, lock: str | None, as_of: str | None, fresh: bool) -> int:
    """What each subscription has to offer, what comes of it, and why nothing newer. Nothing is pushed.

    Where a registry cannot be asked, the others are shown, and the exit code is 1, or 12 where access is denied.
    """
    report = session.load(name).freight.discover(lock=lock, as_of=instant_of(as_of), fresh=fresh)
    session.give(report.model_dump(mode="json"))
    session.show(discovery_view(report, width=session.out.width))
    if lock is not None:
        session.show([line(f"Saved {lock}")])
    return _code(report.failures)


def _code(failures: Sequence[str]) -> int:
    """As the first failure would end a plan."""
    return 0 if not failures else AccessDenied.exit_code if failures[0] in _DENIED else 1
