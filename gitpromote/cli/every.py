"""``--all``: the same for every Pipeline of the file; what fails in one keeps no other back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gitpromote.cli.naming import pipelines
from gitpromote.cli.session import Session
from gitpromote.errors import GitpromoteError, UsageError
from gitpromote.model.words import clean, listed
from gitpromote.views.lines import Span, line


def one_after_the_other(
    session: Session, act: Callable[[str | None], int], *, told: list[dict[str, Any]], between: bool = False
) -> int:
    """Act for each; the exit code that tells most, and what was told of all of them as data.

    :param told: takes the error of each that fails; ``act`` puts the rest there
    :param between: whether there is an empty line between them
    """
    codes: list[int] = []
    for each in pipelines(session):
        if between and codes:
            session.show([line("")])
        if each is not None:
            session.show([line(Span(each, "strong"))])
        codes.append(_tried(session, act, each, told))
        if 130 in codes:
            break
    session.give(told)
    if 130 not in codes:
        tell_of_departed(session)
    return _worst(codes)


def tell_of_departed(session: Session) -> None:
    """What Pipelines that the file has no more have left behind, with the command that takes it away."""
    from gitpromote.project import Project

    if session.names_its_pipeline:
        return
    try:
        left = Project.left_by_departed(session.pipeline, cache_dir=session.cache_dir, reporter=session.reporter())
    except GitpromoteError:
        return  # what is down was told with the Pipelines that were asked for
    for name, environments in left.items():
        told = f"{name} is gone from the pipeline file, and what it wrote still stands: {listed(environments, limit=5)}"
        command = f"{session.command('retire', name, '--gone')} --reason …"
        session.tell([line(Span("! ", "bad"), clean(told)), line("  ", Span(command, "command"))])


def _tried(session: Session, act: Callable[[str | None], int], name: str | None, told: list[dict[str, Any]]) -> int:
    from gitpromote.cli.addressing import completed
    from gitpromote.cli.failure import error_data, error_lines

    try:
        return act(name)
    except GitpromoteError as failed:
        error = completed(failed, session)
        session.tell(error_lines(error))
        told.append({"pipeline": name, **error_data(error)})
        return error.exit_code


def _worst(codes: Iterable[int]) -> int:
    from gitpromote.model.result import PRECEDENCE

    found = set(codes)
    return next((code for code in PRECEDENCE if code in found - {0}), max(found, default=0))


def refuse_beside_all(verb: str, words: Iterable[str]) -> None:
    """What names one thing does not go with all of them.

    :raises UsageError: there is any
    """
    named = list(words)
    if named:
        raise UsageError(
            "These options do not go together",
            code="usage",
            detail=f"--all and {', '.join(named)}",
            hint=f"  gitpromote {verb} --help",
        )


def named_pipeline(name: str | None) -> list[str]:
    """How a Pipeline's name is called beside ``--all``."""
    return [] if name is None else [f'a pipeline\'s name, "{name}"']
