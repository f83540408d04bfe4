"""``gitpromote freight reject``: nowhere any more."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gitpromote.cli.naming import project_and_freight
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.model.words import listed

_SHOWN = 5
_BACK = " To go back to what was there before it:"


@verb("reject", examples=('gitpromote freight reject brave-otter-1c07 --reason "leaks memory"',))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] FREIGHT", shell_complete=completes)
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
    able = current.can_roll_back(*here)
    back = [session.command("rollback", current.name, one, "--reason", reason) for one in able[:_SHOWN]]
    if len(able) > _SHOWN:
        back.append(f"and so on; all of them:  {session.command('status', current.name, '--full')}")
    then = _still_there(here, [one for one in here if current.definition.resolved(one).auto], able)
    session.give(told(session, record, f"Rejected {name}", then=then, commands=back))
    return 0


def _still_there(here: Sequence[str], by_itself: Sequence[str], able: Sequence[str]) -> str:
    """Where it runs, where something else comes without anybody's doing, and where nothing was before it."""
    if not here:
        return ""
    verb, themselves = ("takes", "itself") if len(by_itself) == 1 else ("take", "themselves")
    auto = f"; {listed(by_itself)} {verb} the newest that may come instead by {themselves}" if by_itself else ""
    first = [one for one in here if one not in able]
    nothing = f" There is nothing to go back to in {listed(first)}: other Freight has to come." if first else ""
    return f"It still runs in {listed(here)}{auto}.{nothing}{_BACK if able else ''}"
