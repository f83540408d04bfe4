"""Names that somebody chooses: one, several, or none, which stands for all; never an empty choice."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.errors import UsageError

Names = str | Sequence[str] | None


def selection(names: Names) -> tuple[str, ...] | None:
    """The names; ``None`` for no choice.

    :raises UsageError: a choice of nothing (``selection-empty``)
    """
    if names is None:
        return None
    found = (names,) if isinstance(names, str) else tuple(names)
    if not found or "" in found:
        raise nothing_selected(names if isinstance(names, str) else ", ".join(found))
    return found


def named(name: str) -> str:
    """The one name.

    :raises UsageError: it is empty (``selection-empty``)
    """
    if not name:
        raise nothing_selected(name)
    return name


def nothing_selected(given: str) -> UsageError:
    """A choice of nothing: taken for no choice it would be a choice of everything."""
    return UsageError(
        "A selection is empty",
        code="selection-empty",
        detail=f'"{given}" names nothing; taken for no selection it would stand for everything.',
        hint="Leave the option out, or name something. In a shell: is the variable set?",
    )
