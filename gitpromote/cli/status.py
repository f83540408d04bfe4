"""``gitpromote status``: what each environment runs, and what is next."""

from __future__ import annotations

import click

from gitpromote.cli.options import full, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.remarks import notice_lines
from gitpromote.cli.session import Session
from gitpromote.model.words import clean
from gitpromote.views.lag import lag_view
from gitpromote.views.lines import Span, line
from gitpromote.views.standing import status_view

_CODES = "Exit 2 where something could move, 13 where something is foreign, 1 where what is next is not known."


@verb("status", examples=("gitpromote status", "gitpromote status --lag", "gitpromote status pay --detailed-exitcode"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--lag", is_flag=True, help="How far each is behind the newest that may go, and what keeps that back.")
@option("--detailed-exitcode", is_flag=True, help=_CODES)
@full
@project
@click.pass_obj
def command(session: Session, /, name: str | None, lag: bool, detailed_exitcode: bool, full: bool) -> int:
    """What each environment runs, since when, and what would come next. Nothing is written."""
    report = session.load(name).status(lag=lag).data
    session.give(report.model_dump(mode="json", by_alias=True))
    view = lag_view if lag else status_view
    session.show(view(report, full=full, width=session.out.width))
    session.show(notice_lines(report.notices))
    trouble = next((each.reason for each in report.environments if each.decision is None and each.reason), "")
    if trouble and not lag:
        said = f": what comes next is not known, no plan can be made: {clean(trouble)}"
        session.show([line("  ", Span("! " + report.pipeline, "bad"), said)])
    session.show([line("  ", Span(f"! {clean(each)}", "bad")) for each in report.troubles])
    if not detailed_exitcode:
        return 0
    if trouble or report.troubles:
        return 1
    if any(each.drift for each in report.environments):
        return 13
    return 2 if any(each.next for each in report.environments) else 0
