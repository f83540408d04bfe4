"""``gitpromote unlock``: take a lock away."""

from __future__ import annotations

import click

from gitpromote.cli.naming import known_environment, named_project, present_or_departed
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session


@verb("unlock", examples=("gitpromote unlock prod", "gitpromote unlock prod --force"))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@option("--force", is_flag=True, help="Also a lock that somebody else holds.")
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], force: bool) -> int:
    """Take a lock away: your own, or with --force anybody's; also of an environment that the pipeline has no more."""
    current = present_or_departed(session, words[0]) if len(words) == 2 else named_project(session, words)
    name = words[-1]
    if name not in current.environments_ever():
        known_environment(name, current.pipeline.order())
    session.give(told(session, current.unlock(name, force=force), f"Unlocked {name}"))
    return 0
