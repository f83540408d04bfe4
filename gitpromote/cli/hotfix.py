"""``gitpromote hotfix``: into one environment, past those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.naming import project_and_environment
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import freight
from gitpromote.errors import UsageError

if TYPE_CHECKING:
    from gitpromote.model.freight import Freight
    from gitpromote.project import Project


@verb(
    "hotfix",
    examples=(
        'gitpromote hotfix pay prod-eu --image ghcr.io/acme/pay:3.7.3 --reason "5xx, INC-2211" --expires 24h',
        'gitpromote hotfix prod --freight brave-otter-1c07 --reason "INC-2211" --expires 4h',
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV", shell_complete=completes)
@freight
@reason
@option("--expires", default="24h", show_default=True, metavar="TIME", help="How long it may enter.")
@option("--key", metavar="FILE", help="The SSH key to sign with; by default git's user.signingKey.")
@project
@click.pass_obj
def command(
    session: Session, /, words: tuple[str, ...], reason: str, expires: str, key: str | None, **given: Any
) -> int:
    """Let Freight enter one environment past those before it.

    It does not go on from there by itself, and every plan tells of it until Freight that contains it has come.
    Where the pipeline names signers, it is signed for production.
    """
    from gitpromote.views.time import parse_duration

    current, name = project_and_environment(session, words)
    seconds = parse_duration(expires)
    found = _freight(current, name, given)
    record = current.freight.hotfix(found, name, reason=reason, expires=seconds, key=key)
    called = found if isinstance(found, str) else found.alias
    go_on = session.command("plan", current.name, "--env", name, "--freight", called)
    session.give(told(session, record, f"{called} may enter {name} as a hotfix", command=go_on))
    return 0


def _freight(current: Project, name: str, given: dict[str, Any]) -> str | Freight:
    """The Freight that is named, or what the artifacts come to that are."""
    by_hand = {"images": given["images"], "charts": given["charts"], "commit": given["commit"]}
    named = given["freight"]
    if (named is None) != any(by_hand.values()):
        raise UsageError(
            "Say which Freight it is",
            code="usage",
            detail="Either --freight, or artifacts: --image, --chart, --commit.",
            hint=f"  gitpromote hotfix {current.name} {name} --freight FREIGHT --reason TEXT",
        )
    if named is not None:
        return str(named)
    made = current.freight.named(**by_hand, unpinned=given["unpinned"])
    if len(made) > 1:
        several = ", ".join(one.warehouse for one in made)
        raise UsageError(
            "These artifacts belong to several Warehouses",
            code="usage",
            detail=f"{several}: a hotfix is Freight of one. Nothing was recorded.",
            hint=f"Record the one that is meant, and name it:\n  gitpromote freight create {current.name} "
            f"--warehouse {made[0].warehouse} …\n  gitpromote hotfix {current.name} {name} --freight FREIGHT "
            "--reason TEXT",
        )
    return made[0]
