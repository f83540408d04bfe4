"""What an apply did, environment by environment."""

from __future__ import annotations

from typing import Literal

from gitpromote.model.base import Document

ResultStatus = Literal[
    "written",  # committed and pushed, read back as planned
    "inherited",  # nothing to commit: the Freight's arrival was recorded
    "already",  # this very change was applied before and is still there
    "noop",  # nothing to do
    "waiting",  # a gate is pending
    "held",
    "unavailable",
    "blocked",  # a gate or policy fails, or foreign content
    "stale",
    "failed",
    "not-started",
]

#: The first that holds wins; 6 stands for 'one was written, another ended with 1, 4 or 7'.
PRECEDENCE = (130, 70, 5, 12, 10, 9, 6, 7, 4, 1, 11, 13, 3, 0)


#: The code of an environment that was written, and whose target holds something else than what landed.
LANDED_DIFFERS = "landed-differs"


class EnvironmentResult(Document):
    """How one Environment ended.

    :ivar exit_code: the code that this environment alone would give
    :ivar message: one line for people
    :ivar detail: more lines, where there is more to say
    :ivar hint: the command that helps
    """

    name: str
    status: ResultStatus
    exit_code: int = 0
    message: str = ""
    detail: str = ""
    hint: str = ""
    code: str = ""
    ref: str | None = None
    commit: str | None = None
    tree: str | None = None
    at: int | None = None


class ApplyResult(Document):
    """How an apply ended. ``exit_code`` is the one of the command line."""

    pipeline: str
    plan: str
    environments: tuple[EnvironmentResult, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """The mixed result by precedence; waiting alone is 0 (3 only where the caller asks for the detail)."""
        return combined_exit_code(self.environments, interrupted=self.interrupted)

    def count(self, *statuses: ResultStatus) -> int:
        """How many environments ended so."""
        return sum(1 for result in self.environments if result.status in statuses)


def combined_exit_code(results: tuple[EnvironmentResult, ...], *, interrupted: bool = False) -> int:
    """The one code for many results: the first of the precedence that holds.

    Waiting is no failure: its 3 is given only on request, so it is left out here.
    """
    codes = {result.exit_code for result in results} - {3}
    wrote = any(result.status in ("written", "inherited") for result in results)
    if wrote and codes & {1, 4, 7}:
        codes = (codes - {1, 4, 7}) | {6}
    if interrupted:
        codes.add(130)
    return next((code for code in PRECEDENCE if code in codes), max(codes, default=0))
