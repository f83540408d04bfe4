"""History: the ledger's Records as the SDK hands them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gitpromote.model.record import Record


class History(Sequence[Record]):
    """Records, newest first. Selections give another History."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.data = tuple(records)

    def env(self, name: str) -> History:
        """Those of one Environment."""
        return History([record for record in self.data if record.environment == name])

    def kind(self, *kinds: str) -> History:
        """Those of these kinds."""
        return History([record for record in self.data if record.kind in kinds])

    def since(self, at: int) -> History:
        """Those from this epoch second on."""
        return History([record for record in self.data if record.at >= at])

    def to_records(self) -> list[dict[str, Any]]:
        """Plain data, one dictionary each."""
        return [record.to_data() for record in self.data]

    def __getitem__(self, index: Any) -> Any:
        found = self.data[index]
        return History(found) if isinstance(index, slice) else found

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.data)

    def __repr__(self) -> str:
        return f"<History of {len(self.data)} Records>"
