"""``gitpromote policy``: what judges, what it would say at another time, and its tests."""

from __future__ import annotations

import click

from gitpromote.cli.parsing import Entry, Verbs
from gitpromote.errors import UsageError

SECTIONS = {
    "Look": {
        "list": Entry("gitpromote.cli.policy_list", "The pipeline's gates and policies, and the packs in the box."),
        "simulate": Entry("gitpromote.cli.policy_simulate", "What may go at another time, beside what may go now."),
    },
    "Check": {
        "test": Entry("gitpromote.cli.policy_test", "Run the unit tests that stand beside policies."),
    },
}


@click.group("policy", cls=Verbs, sections=SECTIONS, no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """What judges: list it, ask what it would say at another time, and test it."""
    if context.invoked_subcommand is None:
        raise UsageError(
            "What about policies?",
            code="usage",
            detail=f"One of {', '.join(context.command.list_commands(context))} is needed.",  # type: ignore[attr-defined]
            hint="  gitpromote policy list\n  gitpromote policy --help",
        )
