"""``gitpromote graph``: draw the pipeline or a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gitpromote.cli.naming import names_a_plan, opened
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.saving import from_here, write
from gitpromote.cli.session import Session
from gitpromote.views.lines import line


@verb(
    "graph",
    examples=(
        "gitpromote graph",
        "gitpromote graph pay --format svg --out pay.svg",
        "gitpromote graph plan.json --format mermaid",
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE|PLAN]", shell_complete=completes)
@option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "json", "svg"]),
    default="text",
    show_default=True,
    help="How.",
)
@option("--out", metavar="FILE", help="Write it there.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, form: str, out: str | None) -> int:
    """Draw the order of environments; of a plan, with what it decided about each."""
    pipeline, notes = _subject(session, name)
    text = _drawn(pipeline, notes, "json" if session.json else form, width=None if out else session.out.width)
    session.clear()
    if out is None:
        session.out.text(text)
    else:
        write(Path(out), text.encode())
        session.show([line(f"Saved {from_here(out)}")])
    return 0


def _subject(session: Session, name: str | None) -> tuple[Any, dict[str, str]]:
    if name is None or not names_a_plan(name):
        return session.load(name).definition, {}
    from gitpromote.model.pipeline import Pipeline
    from gitpromote.views.graph import decisions

    plan = opened(session, name).data
    return Pipeline.from_data(plan.pipeline.definition), decisions(plan)


def _drawn(pipeline: Any, notes: dict[str, str], form: str, *, width: int | None) -> str:
    import json

    from gitpromote.model.graph import to_mermaid
    from gitpromote.views.graph import graph_data, graph_text
    from gitpromote.views.svg import pipeline_svg

    if form == "mermaid":
        return to_mermaid(pipeline)
    if form == "svg":
        return pipeline_svg(pipeline, notes=notes)
    if form == "json":
        return json.dumps(graph_data(pipeline, notes=notes), indent=2, ensure_ascii=False) + "\n"
    return graph_text(pipeline, notes=notes, width=width)
