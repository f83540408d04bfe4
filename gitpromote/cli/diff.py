"""``gitpromote diff``: compare environments, revisions or Freight."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.options import full, keep, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError


@verb(
    "diff",
    examples=(
        "gitpromote diff test prod",
        "gitpromote diff pay calm-heron-90ab brave-otter-1c07",
        "gitpromote diff HEAD~1 HEAD",
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] A B", shell_complete=completes)
@option("--detailed-exitcode", is_flag=True, help="Exit 2 where they differ.")
@full
@keep
@project
@click.pass_obj
def command(session: Session, /, words: tuple[str, ...], detailed_exitcode: bool, full: bool) -> int:
    """Compare two environments, or what two revisions or Freight render to.

    Two environments are compared as they are now, also where each has a namespace of its own. Where nothing has come
    yet, it is what the Freight makes of it that comes next; the first line says which.
    """
    if len(words) not in (2, 3):
        raise UsageError(
            "Two sides are to be named",
            code="usage",
            detail=f"given: {' '.join(words)}",
            hint="  gitpromote diff [PIPELINE] A B",
        )
    current = session.load(words[0] if len(words) == 3 else None)
    found = current.diff(words[-2], words[-1])
    session.give({label: [change.model_dump(mode="json") for change in changes] for label, changes in found.items()})
    _show(session, found, words, full=full)
    differs = any(change.changes_anything for changes in found.values() for change in changes)
    return 2 if detailed_exitcode and differs else 0


def _show(session: Session, found: Any, words: tuple[str, ...], *, full: bool) -> None:
    from gitpromote.views.terminal import diff_view

    before, after = (f"{word} ({told})" if told else word for word, told in zip(words[-2:], found.sides, strict=True))
    sides = (words[-2], words[-1]) if any(found.sides) else None
    session.show(diff_view(found, before=before, after=after, full=full, sides=sides, namespaces=found.namespaces))
