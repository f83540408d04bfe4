"""A ledger in which Environments were renamed: read under the new names, and written so that its log tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gitpromote.history.moved import old_name, with_moved
from gitpromote.model.record import Record
from gitpromote.model.state import LedgerState
from gitpromote.ports import Ledger, NewCommit


class RenamedLedger:
    """A Ledger beneath new names.

    :param moved: Environment to what it was called before
    """

    def __init__(self, inner: Ledger, moved: Mapping[str, Sequence[str]]) -> None:
        self.ref = inner.ref
        self.inner = inner
        self.moved = moved

    def read(self, head: str | None) -> LedgerState:
        """The current state, by the present names."""
        return with_moved(self.inner.read(head), self.moved)

    def published(self, head: str) -> LedgerState:
        """The state that the tree shows, by the present names."""
        return with_moved(self.inner.published(head), self.moved)

    def records(self, head: str | None, *, since: str | None = None) -> Sequence[Record]:
        """The Records as they were written, under the names of their time."""
        return self.inner.records(head, since=since)

    def plan_bytes(self, head: str | None, plan: str) -> bytes | None:
        """A plan document that was recorded, by its full digest."""
        return self.inner.plan_bytes(head, plan)

    def plans(self, head: str | None) -> Sequence[str]:
        """The full digests of all recorded plans."""
        return self.inner.plans(head)

    def prepare(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> tuple[Sequence[NewCommit], LedgerState]:
        """The commits that append Records; the first of a renamed Environment names its old name."""
        recorded = self.inner.read(state.head)
        commits, after = self.inner.prepare(recorded, _marked(recorded, records, self.moved), documents)
        return commits, with_moved(after, self.moved)

    def commits(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> Iterator[NewCommit]:
        """The same commits, each made when it is asked for."""
        recorded = self.inner.read(state.head)
        return self.inner.commits(recorded, _marked(recorded, records, self.moved), documents)


def _marked(state: LedgerState, records: Sequence[Record], moved: Mapping[str, Sequence[str]]) -> list[Record]:
    """Marked are all that come together: a Record that changes nothing of its Environment leaves it to the next."""
    found = []
    for record in records:
        old = old_name(state, record.environment or "", moved)
        marked = record.model_copy(update={"data": {**record.data, "moved": old}})
        found.append(record if old is None else marked)
    return found
