"""A mapping that is worked out when somebody first looks into it: where nothing has changed, nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

V = TypeVar("V")


class Late(Mapping[str, V]):
    """What ``find`` gives, asked once at the first use."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], Mapping[str, V]]) -> None:
        self._find = find
        self._found: Mapping[str, V] | None = None

    @property
    def found(self) -> Mapping[str, V]:
        """The mapping itself."""
        if self._found is None:
            self._found = self._find()
        return self._found

    def __getitem__(self, key: str) -> V:
        return self.found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __repr__(self) -> str:
        return f"Late({'…' if self._found is None else dict(self._found)})"
