"""What failed while environments were rendered, as one error."""

from __future__ import annotations

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


def one_error(failures: Sequence[Failed]) -> GitpromoteError:
    """One error for all that failed: the first one's kind, everyone's words, the same words once."""
    first = failures[0].error
    told: dict[tuple[str, str, str], list[Failed]] = {}
    for one in failures:
        told.setdefault((one.error.summary, one.error.detail, one.error.hint), []).append(one)
    if len(told) == 1:
        return type(first)(first.summary, code=first.code, detail=_placed(first.detail, failures), hint=first.hint)
    blocks = [_block(summary, _placed(detail, same), hint) for (summary, detail, hint), same in told.items()]
    more = [f"… and {len(blocks) - _MOST_TOLD} more"] if len(blocks) > _MOST_TOLD else []
    kind = type(first) if len({type(one.error) for one in failures}) == 1 else RenderFailed
    detail = "\n\n".join([*blocks[:_MOST_TOLD], *more])
    return kind(f"{len(failures)} renders failed.", code=first.code, detail=detail)


def _block(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _placed(detail: str, same: Sequence[Failed]) -> str:
    """What is wrong, and in what it was to be read; a renderer's own words begin with that."""
    if detail.startswith(f"{same[0].name}: "):
        return detail
    names = ", ".join(one.name for one in same[:_MOST_TOLD]) + (" …" if len(same) > _MOST_TOLD else "")
    commits = ", ".join(dict.fromkeys(one.commit[:7] for one in same))
    return _block(detail, f"read for {names} at {commits}")
