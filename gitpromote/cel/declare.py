"""Which names an expression may use, and of what type they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "DECIMAL",
    "LABEL",
    "TEXT",
    "TIME",
    "TRUTH",
    "WHOLE",
    "Anything",
    "Declaration",
    "Items",
    "Record",
    "Scalar",
    "Table",
    "Type",
    "words",
]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    :ivar name: ``text``, ``whole``, ``decimal``, ``truth`` or ``time``
    :ivar words: a text that is one of these and nothing else; how they are capitalised does not matter
    :ivar label: a text that people compare with ``true`` and ``false``
    """

    name: str
    words: tuple[str, ...] = ()
    label: bool = False


TEXT = Scalar("text")
WHOLE = Scalar("whole")
DECIMAL = Scalar("decimal")
TRUTH = Scalar("truth")
#: A moment: ``datetime`` with a time zone.
TIME = Scalar("time")
LABEL = Scalar("text", label=True)


def words(*known: str) -> Scalar:
    """A text of a closed vocabulary."""
    return Scalar("text", words=known)


@dataclass(frozen=True, slots=True)
class Record:
    """A fixed set of fields.

    :ivar same: other spellings of a field, such as ``targetEnvironment`` for ``target``
    :ivar value: the field that is meant where the whole is compared
    """

    fields: Mapping[str, Type]
    same: Mapping[str, str] = field(default_factory=dict)
    value: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Values by name.

    :ivar item: the type of each
    :ivar keys: the names that there are, each to the one that facts are filed under; ``None``: any
    :ivar what: how messages call a name: ``environment``
    :ivar asks: ``changewindow.isBlocked("x")``: methods that ask whether an entry is this
    """

    item: Type
    keys: Mapping[str, str] | None = None
    what: str = "key"
    asks: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    item: Type


@dataclass(frozen=True, slots=True)
class Anything:
    """Data that somebody else made: what it holds is known when it is there, and checked then."""


Type: TypeAlias = Scalar | Record | Table | Items | Anything


@dataclass(frozen=True, slots=True)
class Declaration:
    """The variables of one kind of expression.

    :ivar variables: by name
    :ivar live: dotted paths of what may change without a new plan; what lies below one is live too
    """

    variables: Mapping[str, Type]
    live: frozenset[str] = frozenset()

    def is_live(self, path: Iterable[str]) -> bool:
        """Whether a path lies in something that is live, or holds it."""
        dotted = ".".join(path) + "."
        return any(dotted.startswith(f"{one}.") or f"{one}.".startswith(dotted) for one in self.live)
