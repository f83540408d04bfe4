"""``gitpromote render``: write rendered manifests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.naming import selected
from gitpromote.cli.options import environments, keep, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.saving import from_here, write
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import freight
from gitpromote.errors import GitpromoteError, UsageError
from gitpromote.model.words import clean, count
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import clean_lines

if TYPE_CHECKING:
    from gitpromote.project import Project


@verb("render", examples=("gitpromote render --env prod", "gitpromote render --env test,prod --out rendered/"))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@environments
@freight
@option("--out", metavar="DIR", help="A folder per environment is written there; without it, one stream is printed.")
@keep
@project
@click.pass_obj
def command(session: Session, /, name: str | None, env: tuple[str, ...], out: str | None, **chosen: Any) -> int:
    """Write what each environment's target would hold. Nothing is pushed.

    Secrets are in it as they are: this is the one verb whose output is not masked.
    """
    current = session.load(name)
    names = selected(env, current.pipeline.order())
    rendered = current.render(names or None, **_given(chosen))
    left_out = {each: why for each, why in rendered.left_out.items() if names or each not in _points(current)}
    if left_out and not rendered:
        raise _nothing(left_out, only_points=left_out.keys() <= _points(current))
    session.tell(line(Span("! ", "wait"), clean(f"{each}: {why}")) for each, why in left_out.items())
    if out is not None:
        _write(session, rendered, Path(out))
    elif session.json:
        session.give(
            {
                env: {path: data.decode("utf-8", "replace") for path, data in files.items()}
                for env, files in rendered.items()
            }
        )
    else:
        _print(session, rendered)
    return 0


def _points(project: Project) -> set[str]:
    """The points of control, for which nothing is ever rendered."""
    return {name for name in project.pipeline.order() if project.pipeline.resolved(name).is_control_flow}


def _nothing(left_out: Mapping[str, str], *, only_points: bool) -> GitpromoteError:
    told = "\n".join(f"  {name}: {why}" for name, why in left_out.items())
    if only_points:
        return UsageError(
            "There is nothing to render",
            code="render-nothing",
            detail=told,
            hint="Name an environment that has apps.",
        )
    return GitpromoteError("Nothing can be rendered", code="render-unavailable", detail=told)


def _given(chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in chosen.items() if value}


def _print(session: Session, rendered: Mapping[str, Mapping[str, bytes]]) -> None:
    session.clear()
    terminal = session.stdout.isatty()
    for env, files in rendered.items():
        for path, data in sorted(files.items()):
            body = clean_lines(data.decode("utf-8", "replace")).encode() if terminal else data
            end = b"" if body.endswith(b"\n") else b"\n"
            session.out.bytes(f"---\n# {env}: {path}\n".encode() + body.removeprefix(b"---\n") + end)


def _write(session: Session, rendered: Mapping[str, Mapping[str, bytes]], folder: Path) -> None:
    lines: list[Line] = []
    for env, files in rendered.items():
        place = folder / env
        if place.is_dir() and any(place.iterdir()):
            raise UsageError(
                "There is something in that folder already",
                code="not-empty",
                detail=f"{place}: files of an earlier render would stay beside the new ones.",
                hint="Name another folder, or remove this one.",
            )
        for path, data in files.items():
            write(place / path, data)
        lines.append(line(f"{env}  {count(len(files), 'file')} in {from_here(place)}"))
    session.give({env: sorted(files) for env, files in rendered.items()})
    session.show(lines)
