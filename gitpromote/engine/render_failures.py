"""What failed while environments were rendered, as one error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from gitpromote.errors import GitpromoteError, RenderFailed

_MOST_TOLD = 5  # failures, or environments with the same one


class Failed(NamedTuple):
    """A render that failed.

    :ivar name: ``prod/shop``
    :ivar commit: of the sources
    """

    name: str
    commit: str
    error: GitpromoteError


def for_all(failures: Sequence[Failed], alike: Sequence[Sequence[tuple[str, str]]]) -> list[Failed]:
    """The failures, and those of everything that would have been the same render.

    :param alike: names and commits of what is the same render, the one that was tried first
    """
    others = {same[0]: same[1:] for same in alike}
    return [
        Failed(name, commit, one.error)
        for one in failures
        for name, commit in [(one.name, one.commit), *others.get((one.name, one.commit), ())]
    ]


def one_error(failures: Sequence[Failed]) -> GitpromoteError:
    """One error for all that failed: the first one's kind, everyone's words, the same words once."""
    first = failures[0].error
    told: dict[tuple[str, str, str], list[Failed]] = {}
    tried: dict[int, Failed] = {}  # by what was raised: its words name the render that was tried
    for one in failures:
        told.setdefault(_words(tried.setdefault(id(one.error), one)), []).append(one)
    if len(told) == 1:
        return type(first)(first.summary, code=first.code, detail=_placed(failures), hint=first.hint)
    blocks = [_block(same[0].error.summary, _placed(same), same[0].error.hint) for same in told.values()]
    more = [f"… and {len(blocks) - _MOST_TOLD} more"] if len(blocks) > _MOST_TOLD else []
    kind = type(first) if len({type(one.error) for one in failures}) == 1 else RenderFailed
    detail = "\n\n".join([*blocks[:_MOST_TOLD], *more])
    return kind(f"{len(failures)} renders failed", code=first.code, detail=detail)


def _block(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _words(one: Failed) -> tuple[str, str, str]:
    """What it says, but for the name of its environment: a fault in a common base is one fault."""
    environment = re.escape(one.name.partition("/")[0])
    name = re.compile(rf"(?<![\w.-]){environment}(?![\w.-])")
    return one.error.summary, name.sub("$env", one.error.detail), name.sub("$env", one.error.hint)


def _placed(same: Sequence[Failed]) -> str:
    """What is wrong, and in what it was to be read; a renderer's own words begin with the first of them."""
    detail = same[0].error.detail
    if detail.startswith(f"{same[0].name}: "):
        others = [one.name for one in same[1:]]
        more = ", ".join(others[:_MOST_TOLD]) + (" …" if len(others) > _MOST_TOLD else "")
        return _block(detail, f"the same in {more}" if more else "")
    names = ", ".join(one.name for one in same[:_MOST_TOLD]) + (" …" if len(same) > _MOST_TOLD else "")
    commits = ", ".join(dict.fromkeys(one.commit[:7] for one in same))
    return _block(detail, f"read for {names} at {commits}")
