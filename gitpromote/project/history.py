"""History: the ledger's Records as the SDK hands them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitpromote.model.record import Record
from gitpromote.project.showing import forms


class History(Sequence[Record]):
    """Records, newest first. Selections give another History.

    :param moved: Environment to what it was called before
    """

    def __init__(self, records: Sequence[Record], *, moved: Mapping[str, Sequence[str]] | None = None) -> None:
        self.data = tuple(records)
        self._moved = dict(moved or {})

    def env(self, name: str) -> History:
        """Those of one Environment, under the names that it had before, too."""
        names = {name, *self._moved.get(name, ())}
        return self._with(record for record in self.data if record.environment in names)

    def kind(self, *kinds: str) -> History:
        """Those of these kinds."""
        return self._with(record for record in self.data if record.kind in kinds)

    def since(self, at: int) -> History:
        """Those from this epoch second on."""
        return self._with(record for record in self.data if record.at >= at)

    def to_records(self) -> list[dict[str, Any]]:
        """Plain data, one dictionary each."""
        return [record.to_data() for record in self.data]

    def __getitem__(self, index: Any) -> Any:
        found = self.data[index]
        return self._with(found) if isinstance(index, slice) else found

    def _with(self, records: Iterable[Record]) -> History:
        return History(tuple(records), moved=self._moved)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.data)

    def __repr__(self) -> str:
        return f"<History of {len(self.data)} Records>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        known = {"text/plain": repr(self), "application/vnd.gitpromote.history.v1+json": self.to_records()}
        return forms(known, include, exclude)
