"""``gitpromote policy list``: what judges where."""

from __future__ import annotations

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session


@verb(
    "list", examples=("gitpromote policy list", "gitpromote policy list --packs", "gitpromote policy list pay --json")
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--packs", "boxed", is_flag=True, help="The packs in the box alone, each with its rules and settings.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, boxed: bool) -> int:
    """The pipeline's gates and policies, with what they judge, how binding they are and where they come from; and the
    packs in the box. Nobody is asked."""
    from gitpromote.project.policies import packs
    from gitpromote.views.policies import pack_lines, pack_table, policy_table

    known = packs()
    if boxed:
        session.give(known)
        session.show(pack_lines(known, width=session.out.width))
        return 0
    current = session.load(name)
    rows, width = current.policies(), session.out.width
    session.give({"policies": [row.model_dump(mode="json") for row in rows], "packs": known})
    used = {row.name for row in rows if row.kind == "pack"}
    shown = policy_table(current.name, rows, every=current.pipeline.order(), width=width)
    session.show([*shown, (), *pack_table(known, used=used, width=width)])
    return 0
