"""``gitpromote policy simulate``: what may go at another time."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.naming import selected
from gitpromote.cli.options import environments, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import freight
from gitpromote.errors import UsageError


@verb(
    "simulate",
    examples=(
        'gitpromote policy simulate --at "Sat 15:00" --tz Europe/Berlin',
        "gitpromote policy simulate pay --at 2026-12-24T03:00Z --env prod --fail-on blocked",
        "gitpromote policy simulate --from 2026-12-18 --until 2027-01-05 --env prod",
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--at", metavar="TIME", help="The moment: 2026-11-28T15:00Z, or Sat 15:00 for the next one.")
@option(
    "--from", "start", metavar="TIME", help="With --until: the changes of decisions in a range; by default from now."
)
@option("--until", metavar="TIME", help="The end of that range.")
@option("--tz", default="UTC", show_default=True, metavar="ZONE", help="The time zone of what names none.")
@environments
@freight
@option(
    "--fail-on",
    type=click.Choice(["blocked", "waiting"]),
    help="Exit 13 where an environment is blocked then; with waiting, also where it has to wait.",
)
@project
@click.pass_obj
def command(session: Session, /, name: str | None, **given: Any) -> int:
    """What would be blocked, waiting or ready at another moment, beside what is now, and why.

    A plan is made of now, and judged at that moment by what is recorded now: nobody is asked twice, nothing is written.
    """
    _refuse_unclear(given)
    current = session.load(name)
    env = selected(given["env"], current.pipeline.order()) if given["env"] else ()
    asked = {
        "env": env or None,
        "freight": given["freight"],
        "images": tuple(given["images"]),
        "charts": tuple(given["charts"]),
        "commit": given["commit"],
        "unpinned": given["unpinned"],
    }
    if given["at"]:
        found: Any = current.simulate(given["at"], tz=given["tz"], **asked)
    else:
        found = current.forecast(given["until"], start=given["start"], tz=given["tz"], **asked)
    session.give(found.to_data())
    session.show(found.lines(width=session.out.width))
    against = {None: (), "blocked": found.blocked, "waiting": (*found.blocked, *found.waiting)}
    return 13 if against[given["fail_on"]] else 0


def _refuse_unclear(given: dict[str, Any]) -> None:
    if bool(given["at"]) != bool(given["until"]) and not (given["at"] and given["start"]):
        return
    raise UsageError(
        "A moment is to be named, or a range",
        code="usage",
        detail="--at names a moment; --until, with --from or from now on, a range.",
        hint='  gitpromote policy simulate --at "Sat 15:00"\n  gitpromote policy simulate --until 2027-01-05',
    )
