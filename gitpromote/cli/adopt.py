"""``gitpromote adopt``: keep what somebody else wrote into an environment."""

from __future__ import annotations

import click

from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session


@verb("adopt", examples=('gitpromote adopt pay prod-eu --reason "replicas doubled in INC-2211"',))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@reason
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], reason: str) -> int:
    """Keep what somebody else wrote into an environment's target, as a debt that later plans show.

    Only a Record is written. The next plan of a change starts from that content.
    """
    current, name = project_and_environment(session, words)
    record = current.adopt(name, reason=reason)
    session.give(told(session, record, f"Adopted {name}", command=session.command("plan", current.name)))
    return 0
