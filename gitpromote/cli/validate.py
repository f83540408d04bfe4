"""``gitpromote validate``: load the pipeline and report everything that is wrong."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.naming import pipelines
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.remarks import notice_lines
from gitpromote.cli.session import Session
from gitpromote.model.words import count
from gitpromote.views.lines import Line, Span, line


@verb("validate", examples=("gitpromote validate", "gitpromote validate --pipeline pipelines/shop.py"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@project
@click.pass_obj
def command(session: Session, /, name: str | None) -> int:
    """Load the pipeline file and check it, offline: all errors at once, each with its file and line.

    Exits 11 where something is wrong. What is valid and will not do what it seems to say is told with a !.
    """
    from gitpromote.project.cautions import cautions

    found = [_checked(session, each) for each in ([name] if name else pipelines(session))]
    session.give({"pipelines": [{"name": each.name, "definition": each.to_data()} for each in found]})
    for each in found:
        session.show([_line(each), *notice_lines(map(str, cautions(each)))])
    return 0


def _checked(session: Session, name: str | None) -> Any:
    project = session.load(name)
    project.check()
    return project.definition


def _line(pipeline: Any) -> Line:
    environments = count(len(pipeline.order()), "environment")
    return line(Span(pipeline.name, "strong"), f"  valid: {environments}, {count(len(pipeline.apps), 'app')}")
