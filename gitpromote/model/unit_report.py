"""What came out of unit tests of policies and gates."""

from __future__ import annotations

from typing import Literal

from gitpromote.model.base import Document

__all__ = ["RuleSeen", "UnitOutcome", "UnitReport"]


class UnitOutcome(Document):
    """One test.

    :ivar file: as it was named
    :ivar messages: what differs from what was expected, or why it could not be run
    """

    file: str
    name: str
    status: Literal["pass", "fail", "error"]
    messages: tuple[str, ...] = ()


class RuleSeen(Document):
    """A rule or a gate, and how often tests have seen it hold, and not hold."""

    rule: str
    held: int = 0
    failed: int = 0

    @property
    def covered(self) -> bool:
        """Whether it was seen to do both."""
        return bool(self.held and self.failed)


class UnitReport(Document):
    """All tests of a run, and what they have seen."""

    tests: tuple[UnitOutcome, ...] = ()
    rules: tuple[RuleSeen, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all tests passed."""
        return all(one.status == "pass" for one in self.tests)
