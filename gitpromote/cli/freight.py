"""``gitpromote freight``: what can be promoted."""

from __future__ import annotations

import click

from gitpromote.cli.parsing import Entry, Verbs
from gitpromote.errors import UsageError

SECTIONS = {
    "Look": {
        "list": Entry("gitpromote.cli.freight_list", "What the ledger knows, newest first, and where it runs."),
        "show": Entry("gitpromote.cli.freight_show", "One Freight: its artifacts, its origin, its journey."),
        "discover": Entry("gitpromote.cli.freight_discover", "What there is to promote, and why not something newer."),
    },
    "Make": {
        "create": Entry("gitpromote.cli.freight_create", "Record Freight of artifacts that are named."),
        "assemble": Entry("gitpromote.cli.freight_assemble", "Record the newest Freight that fits together."),
    },
    "Decide": {
        "approve": Entry("gitpromote.cli.freight_approve", "Let it enter an environment ahead of its turn."),
        "reject": Entry("gitpromote.cli.freight_reject", "Ban it everywhere."),
        "alias": Entry("gitpromote.cli.freight_alias", "Give it one more name."),
    },
}


@click.group("freight", cls=Verbs, sections=SECTIONS, no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Find, list and make Freight, and say where it may go.

    FREIGHT is an id, the beginning of one, an alias, or a name that was given.
    """
    if context.invoked_subcommand is None:
        raise UsageError(
            "What about Freight?",
            code="usage",
            detail=f"One of {', '.join(context.command.list_commands(context))} is needed.",  # type: ignore[attr-defined]
            hint="  gitpromote freight list\n  gitpromote freight --help",
        )
