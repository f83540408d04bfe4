"""``gitpromote init``: write a pipeline file that fits this repository."""

from __future__ import annotations

from pathlib import Path

import click

from gitpromote.cli.layout import FoundApp, found_apps, in_order, label
from gitpromote.cli.options import json_into, json_object, no_color, together
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.saving import from_here
from gitpromote.cli.scaffold import example_files, example_names, pipeline_file, write_new
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import did_you_mean

#: Where an example takes other steps than the usual ones: why, and the commands.
_FIRST_STEPS = {
    "in-place": (
        "It edits the branch main itself; without a remote that all push to, have another branch checked out:",
        (
            "git switch -c work",
            "gitpromote validate",
            f"gitpromote plan --image ghcr.io/acme/checkout:2.5.0@sha256:{'25' * 32}",
        ),
    )
}


@verb("init", examples=("gitpromote init", "gitpromote init --example kustomize shop/"))
@click.argument("folder", default=".", metavar="[DIR]")
@option("--example", metavar="NAME", help="An example with its sources: helm, in-place, kustomize or plain.")
@together(json_object, json_into, no_color)
@click.pass_obj
def command(session: Session, /, folder: str, example: str | None) -> int:
    """Write a pipeline.py that fits what is in the repository: overlays, charts, folders per environment.

    Nothing is overwritten, and nothing but files in DIR is written.
    """
    place = Path(folder)
    if example is not None:
        written = _example(example)
        found: list[FoundApp] = []
    else:
        found = found_apps(place) if place.is_dir() else []
        written = {"pipeline.py": _fitting(place, found)}
    write_new(place, written)
    session.give({"written": sorted(written), "environments": list(_environments(found))})
    session.show(_told(place, written, found, example))
    return 0


def _example(name: str) -> dict[str, bytes]:
    known = example_names()
    if name not in known:
        raise UsageError(
            "There is no such example", code="unknown-example", detail=f'"{name}"', hint=did_you_mean(name, known)
        )
    return example_files(name)


def _fitting(place: Path, found: list[FoundApp]) -> bytes:
    if not found:
        raise UsageError(
            "Nothing was found here that could be promoted",
            code="nothing-found",
            detail=f"Looked below {place.resolve()} for folders per environment with a kustomization or manifests, "
            "and for charts with values files per environment.",
            hint="Start from an example, or look at the demonstration:\n"
            "  gitpromote init --example kustomize DIR\n  gitpromote demo",
        )
    name = found[0].name if len(found) == 1 else label(place.resolve().name)
    return pipeline_file(name, found).encode()


def _environments(found: list[FoundApp]) -> tuple[str, ...]:
    return in_order(env for app in found for env in app.environments)


def _told(place: Path, written: dict[str, bytes], found: list[FoundApp], example: str | None) -> list[Line]:
    lines: list[Line] = [line(f"Found {app.name}: {app.source} for {', '.join(app.environments)}") for app in found]
    lines += [line(f"Wrote {from_here(place / path)}") for path in sorted(written)]
    if not found:
        lines.append(line("Put the folder into a Git repository, then:"))
    special = _FIRST_STEPS.get(example or "")
    if special:
        lines.append(line(special[0]))
    commands = special[1] if special else ("gitpromote validate", "gitpromote plan")
    return [*lines, *(line("  ", Span(command, "command")) for command in commands)]
