"""The files that a plan deletes from targets, whatever they hold: what is no manifest shows in no object's change."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.words import clean, count, listed
from gitpromote.views.lines import Line, Span, line


def pruned_lines(environments: Iterable[EnvironmentPlan], *, full: bool = False) -> list[Line]:
    """``uat, prod: prunes 2 files: README.md, run.sh``, once for all Environments that lose the same."""
    return [
        line("  - ", Span(listed(map(clean, names)), "bad"), f": {prunes(paths, full=full)}")
        for paths, names in _by_files(environments).items()
    ]


def pruned_texts(environments: Iterable[EnvironmentPlan], *, full: bool = False) -> list[str]:
    """The same as plain text."""
    return [f"{listed(names)}: {prunes(paths, full=full)}" for paths, names in _by_files(environments).items()]


def prunes(paths: tuple[str, ...], *, full: bool = False) -> str:
    """``prunes 2 files: README.md, run.sh``."""
    shown = [clean(path) for path in paths]
    return f"prunes {count(len(paths), 'file')}: {', '.join(shown) if full else listed(shown)}"


def _by_files(environments: Iterable[EnvironmentPlan]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for environment in environments:
        paths = tuple(write.path for write in environment.writes if write.action == "delete")
        if paths:
            found.setdefault(paths, []).append(environment.name)
    return found
