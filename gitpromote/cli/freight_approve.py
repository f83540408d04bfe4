"""``gitpromote freight approve``: ahead of its turn."""

from __future__ import annotations

import click

from gitpromote.cli.approve import counting
from gitpromote.cli.naming import project_and_freight, selected
from gitpromote.cli.options import environments, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError


@verb("approve", examples=("gitpromote freight approve brave-otter-1c07 --env prod-eu --reason INC-2211",))
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] FREIGHT", shell_complete=completes)
@environments
@option("--reason", default="", metavar="TEXT", help="Why; it is recorded.")
@option("--key", metavar="FILE", help="The SSH key to sign with; by default git's user.signingKey.")
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], env: tuple[str, ...], reason: str, key: str | None) -> int:
    """Let Freight enter an environment although those before it have not verified it. It goes on from there.

    Gates such as Soak are judged all the same. Where the pipeline or its organisation names signers, it is signed.
    To approve a change for production, see gitpromote approve.
    """
    current, name = project_and_freight(session, words)
    names = selected(env, current.pipeline.order())
    if not names:
        raise UsageError(
            "An environment is to be named",
            code="usage",
            detail="Freight is approved for environments.",
            hint=f"  gitpromote freight approve {name} --env {current.pipeline.order()[-1]}",
        )
    records = [current.freight.approve(name, each, reason=reason, key=key) for each in names]
    go_on = session.command("plan", current.name, "--freight", name)
    given = [
        told(session, record, f"{name} may enter {each}", command=go_on)
        for each, record in zip(names, records, strict=True)
    ]
    session.tell([each for record in records for each in counting(record)])
    session.give(given)
    return 0
