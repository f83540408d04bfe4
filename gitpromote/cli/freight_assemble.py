"""``gitpromote freight assemble``: the newest Freight that fits together, recorded now."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.freight_making import pairs, recorded, said
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.session import Session


@verb("assemble", examples=("gitpromote freight assemble", "gitpromote freight assemble pay --label train=47"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@said
@project
@click.pass_obj
def command(session: Session, /, name: str | None, **given: Any) -> int:
    """Record the newest Freight that fits together, also where a Warehouse waits for that or for a time."""
    current = session.load(name)
    made = current.freight.assemble(
        warehouse=given["warehouse"],
        labels=pairs(given["labels"], option="--label"),
        provenance=pairs(given["provenance"], option="--provenance"),
    )
    return recorded(session, current.name, made)
