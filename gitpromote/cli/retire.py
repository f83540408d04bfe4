"""``gitpromote retire``: plan to prune an environment or an app."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.deciding import decide
from gitpromote.cli.naming import known_environment
from gitpromote.cli.options import approve_automatically, full, lock_timeout, project, reason
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError


@verb(
    "retire",
    examples=(
        'gitpromote retire shop --env qa --reason "not used any more"',
        'gitpromote retire --app legacy --reason "replaced"',
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]")
@option("--env", metavar="ENV", help="Prune everything that this environment's target holds.")
@option("--app", metavar="APP", help="Prune this App from every environment.")
@reason
@option("--out", metavar="FILE", help="Save the plan there instead of applying it.")
@approve_automatically
@lock_timeout
@full
@project
@click.pass_obj
def command(session: Session, /, name: str | None, env: str | None, app: str | None, reason: str, **given: Any) -> int:
    """Prune what an environment or an app has left behind; the plan is shown and asked for."""
    if (env is None) == (app is None):
        raise UsageError(
            "Say what is to be retired.",
            code="usage",
            detail="One of --env and --app is needed, not both.",
            hint="  gitpromote retire [PIPELINE] --env ENV --reason …",
        )
    current = session.load(name)
    if env is not None:
        known_environment(env, current.pipeline.order())
    plan = current.retire(env=env, app=app, reason=reason)
    return decide(session, current, plan, given)[0]
