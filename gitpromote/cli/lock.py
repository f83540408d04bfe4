"""``gitpromote lock``: keep others from applying to an environment."""

from __future__ import annotations

import click

from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session


@verb("lock", examples=('gitpromote lock prod --reason "database migration" --ttl 2h',))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@reason
@option("--ttl", default="1h", show_default=True, metavar="TIME", help="After how long it no longer counts.")
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str, ttl: str) -> int:
    """Keep others from applying to an environment, for a while.

    Whoever took the lock may apply there all the same; it is told by the name and address that git has for them.
    """
    from gitpromote.views.time import parse_duration

    current, name = project_and_environment(session, words)
    record = current.lock(name, reason=reason, ttl=parse_duration(ttl))
    lift = session.command("unlock", current.name, name)
    session.give(
        told(
            session,
            record,
            f"Locked {name} for {ttl}",
            then="Others are kept out; your own applies go on. Take the lock away with:",
            command=lift,
        )
    )
    return 0
