"""``gitpromote completion``: print a shell's completion script."""

from __future__ import annotations

import click

from gitpromote.cli.parsing import verb
from gitpromote.cli.session import Session

_VARIABLE = "_GITPROMOTE_COMPLETE"


@verb(
    "completion",
    examples=(
        'eval "$(gitpromote completion bash)"',
        "gitpromote completion fish | source",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, /, shell: str) -> int:
    """Print the script that teaches a shell to complete our verbs and options."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    root = context.find_root()
    session = root.find_object(Session)
    if kind is not None and session is not None:
        session.out.text(kind(root.command, {}, "gitpromote", _VARIABLE).source())
    return 0
