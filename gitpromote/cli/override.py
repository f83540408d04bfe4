"""``gitpromote override``: say that a soft gate or policy shall not stop one change."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gitpromote.cli.naming import opened_to_act, project_and_environment
from gitpromote.cli.options import project, reason
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError


@verb(
    "override",
    examples=(
        'gitpromote override pay prod-eu hours --reason "checkout is down" --ticket INC-2211 --expires 4h',
        'gitpromote override prod errors --plan plan.json --reason "the alert is known" --ticket INC-2211',
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="[PIPELINE] ENV GATE", shell_complete=completes)
@reason
@option("--ticket", default="", metavar="TEXT", help="Where more is to be read; it is recorded.")
@option("--expires", default="4h", show_default=True, metavar="TIME", help="How long the override holds.")
@option("--plan", "saved", metavar="PLAN", help="For the change of this saved plan; without it, of a fresh one.")
@option("--key", metavar="FILE", help="The SSH key to sign with; by default git's user.signingKey.")
@project
@click.pass_obj
def command(
    session: Session,
    /,
    words: tuple[str, ...],
    reason: str,
    ticket: str,
    expires: str,
    saved: str | None,
    key: str | None,
) -> int:
    """Say that a soft gate or policy shall not stop one change in one environment.

    It binds to what would be written there, and is over after a while. It is shown wherever the gate is, and stands in
    the commit and in the ledger. What is hard cannot be overridden.
    """
    from gitpromote.project import project_of
    from gitpromote.views.time import parse_duration

    seconds = parse_duration(expires)
    *place, gate = _words(words)
    if saved is not None:
        plan = opened_to_act(session, saved)
        current, name = project_of(plan, cache_dir=session.cache_dir, reporter=session.reporter()), place[-1]
    else:
        current, name = project_and_environment(session, place)
        plan = current.plan(to=(name,))
    record = current.override(name, gate, plan=plan, reason=reason, ticket=ticket, expires=seconds, key=key)
    again = session.command("apply", saved or current.name, *(() if saved else ("--env", name)))
    session.give(told(session, record, f"Overrode {gate} in {name}", then="Go on with:", command=again))
    return 0


def _words(words: Sequence[str]) -> Sequence[str]:
    if len(words) in (2, 3):
        return words
    raise UsageError(
        "An environment and a gate are to be named",
        code="usage",
        detail=f"given: {' '.join(words)}",
        hint="  gitpromote override [PIPELINE] ENV GATE --reason TEXT --expires 4h",
    )
