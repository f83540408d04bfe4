"""``gitpromote policy test``: unit tests beside policies."""

from __future__ import annotations

from pathlib import Path

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.session import Session


@verb(
    "test",
    examples=(
        "gitpromote policy test",
        "gitpromote policy test policies/replicas_test.yaml",
        "gitpromote policy test policies --junit report.xml --coverage",
    ),
)
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@option("--junit", "junit_file", metavar="FILE", help="Write the report there as JUnit XML.")
@option("--coverage", is_flag=True, help="List every rule with how often it was seen to hold, and not to hold.")
@project
@click.pass_obj
def command(session: Session, /, paths: tuple[str, ...], junit_file: str | None, coverage: bool) -> int:
    """Run the unit tests that stand beside policies, in files that end in _test.yaml, here or below PATH.

    Exits with 1 where one of them does not pass. Nothing is fetched, nobody is asked.
    """
    from gitpromote.project.testing import run_unit_tests
    from gitpromote.views.unit_tests import junit, unit_view

    report = run_unit_tests(paths or (".",), load=session.load)
    if junit_file:
        Path(junit_file).write_text(junit(report), encoding="utf-8")
    session.give(report.model_dump(mode="json"))
    session.show(unit_view(report, coverage=coverage, width=session.out.width))
    return 0 if report.ok else 1
