"""``gitpromote show``: a saved plan, without loading any code of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitpromote.cli.naming import opened
from gitpromote.cli.options import full, project
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.session import Session
from gitpromote.errors import AccessDenied, RemoteFailed

if TYPE_CHECKING:
    from gitpromote.model.state import Approval
    from gitpromote.project import Plan


@verb(
    "show",
    examples=(
        "gitpromote show plans/pay-9c41d7e0b2aa.plan.json",
        "gitpromote show plans/pay-9c41d7e0b2aa.plan.json --format markdown",
        "gitpromote show 9c41d7e0b2aa",
    ),
)
@click.argument("plan")
@option("--format", "form", type=click.Choice(["text", "markdown", "json"]), help="How; text by default.")
@option("--since", metavar="PLAN", help="Show only what is new since that plan, which was reviewed.")
@full
@project
@click.pass_obj
def command(session: Session, /, plan: str, form: str | None, since: str | None, full: bool) -> int:
    """View a saved plan: a file, or one of the ledger by its digest.

    The plan is checked first. No pipeline file is read for a plan that is a file.
    """
    found = opened(session, plan)
    earlier = opened(session, since).data if since else None
    approvals = _approvals(session, found) if since else None
    session.clear()
    if session.json or form == "json":
        session.document(found.to_bytes())
    elif form == "markdown":
        from gitpromote.views.markdown import plan_markdown

        data, digest = found.data, found.digest
        session.out.text(plan_markdown(data, digest=digest, earlier=earlier, approvals=approvals, full=full))
    else:
        from gitpromote.views.terminal import plan_view

        view = plan_view(
            found.data,
            digest=found.digest,
            earlier=earlier,
            approvals=approvals,
            full=full,
            width=session.out.width,
            piped=not session.stdout.isatty(),
        )
        session.show(view)
    return 0


def _approvals(session: Session, plan: Plan) -> dict[str, tuple[Approval, ...]] | None:
    """What the ledger says of approvals; ``None`` where it cannot be asked, since the plan can be read without it."""
    from gitpromote.project import project_of

    try:
        return project_of(plan, cache_dir=session.cache_dir, reporter=session.reporter()).approvals()
    except (RemoteFailed, AccessDenied):
        return None
