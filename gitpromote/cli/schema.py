"""``gitpromote schema``: print a JSON Schema."""

from __future__ import annotations

import click

from gitpromote.cli.options import json_into, no_color, together
from gitpromote.cli.parsing import verb
from gitpromote.cli.session import Session


@verb("schema", examples=("gitpromote schema plan > plan.schema.json",))
@click.argument("document", type=click.Choice(["plan", "record", "freight"]))
@together(json_into, no_color)
@click.pass_obj
def command(session: Session, /, document: str) -> int:
    """Print the JSON Schema (2020-12) of a saved document."""
    from gitpromote.views.schema import schema_of

    session.out.json(schema_of(document))
    return 0
