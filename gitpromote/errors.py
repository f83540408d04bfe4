"""Every error that gitpromote raises, with the exit code that the command line gives for it.

::

    GitpromoteError                1    unclassified failure
    ├── ConfigurationError        11    the pipeline is invalid, or asks for what is not here
    │   └── NotSupported          11    a later version brings it
    ├── UsageError                64    wrong words on the command line or in a call
    ├── PlanInvalid                5    truncated, edited, of an unknown version, badly signed
    ├── PlanStale                  4    the target is no longer what the plan saw, or time ran out
    ├── PartiallyApplied           6    some environments were written, others failed; resumable
    ├── Contention                 7    a lock is held, or the compare-and-swap was lost too often
    ├── Declined                   8    answered no, or nobody there to ask
    ├── WaitTimeout                9    merge, sync or health took too long
    ├── VerificationFailed        10    what landed differs from the plan, or is unhealthy
    ├── AccessDenied              12    authentication or permission
    ├── Blocked                   13    a gate, a policy, a hold or foreign content
    ├── RenderFailed               1    a renderer failed, in its own words
    ├── SourceInvalid              1    a source file that cannot be read or edited safely
    ├── RemoteFailed               1    a remote is unreachable or refuses
    ├── CacheFailed                1    the user's cache cannot be written
    ├── InternalError             70    our bug
    └── Interrupted              130    Ctrl-C

An error says what was wrong (``summary``, one line without values), why it matters and where (``detail``), and what to
do (``hint``: a sentence, or commands on lines of their own). ``code`` is kebab-case and stable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

__all__ = [
    "AccessDenied",
    "Blocked",
    "CacheFailed",
    "ConfigurationError",
    "Contention",
    "Declined",
    "GitpromoteError",
    "InternalError",
    "Interrupted",
    "NotSupported",
    "PartiallyApplied",
    "PlanInvalid",
    "PlanStale",
    "Problem",
    "RemoteFailed",
    "RenderFailed",
    "SourceInvalid",
    "UsageError",
    "VerificationFailed",
    "WaitTimeout",
]


class GitpromoteError(Exception):
    """What every error of this package is. Catch it to catch them all.

    :param summary: what was wrong, short and fixed: it can be searched for
    :param code: kebab-case, stable, listed in ``docs/errors.md``
    :param detail: why it matters and where, with the values
    :param hint: what to do; commands stand alone on their lines

    ``more``: words with which the very command that failed goes on without what failed; the hint's last line then has
    such a command.
    """

    exit_code: ClassVar[int] = 1
    more: Sequence[str] = ()

    def __init__(self, summary: str, *, code: str, detail: str = "", hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.code = code
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.summary}  [{self.code}]"
        return "\n".join(part for part in (head, self.detail, self.hint) if part)


class Problem:
    """One of several things that are wrong in a definition, with its place.

    :param path: the file, as the user wrote it, or an empty string
    :param line: 1-based, or 0 where there is none
    """

    __slots__ = ("code", "hint", "line", "message", "path")

    def __init__(self, code: str, message: str, *, path: str = "", line: int = 0, hint: str = "") -> None:
        self.code = code
        self.message = message
        self.path = path
        self.line = line
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " if self.path and self.line else f"{self.path}: " if self.path else ""
        hint = f"  ({self.hint})" if self.hint else ""
        return f"{where}{self.message}  [{self.code}]{hint}"

    def __repr__(self) -> str:
        return f"Problem({str(self)!r})"


class ConfigurationError(GitpromoteError):
    """The pipeline is invalid, or asks for what this version or machine does not have.

    ``problems`` holds every one that was found, in the order of the file.
    """

    exit_code = 11

    def __init__(
        self, summary: str, *, code: str, detail: str = "", hint: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        if problems and not detail:
            detail = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(summary, code=code, detail=detail, hint=hint)
        self.problems = tuple(problems)


class NotSupported(ConfigurationError):
    """Part of the format or the API, but not of this version."""


class UsageError(GitpromoteError):
    """Wrong words on the command line or in a call."""

    exit_code = 64


class PlanInvalid(GitpromoteError):
    """The plan file is not what was saved, or not for us."""

    exit_code = 5


class PlanStale(GitpromoteError):
    """The target is no longer what the plan saw, or its time ran out."""

    exit_code = 4


class PartiallyApplied(GitpromoteError):
    """Some environments were written in this run and others were not; apply again to resume."""

    exit_code = 6


class Contention(GitpromoteError):
    """Somebody else holds the lock, or won the compare-and-swap until the time was over."""

    exit_code = 7


class Declined(GitpromoteError):
    """The answer was no, or there was nobody to ask."""

    exit_code = 8


class WaitTimeout(GitpromoteError):
    """Merge, sync or health took longer than allowed."""

    exit_code = 9


class VerificationFailed(GitpromoteError):
    """It was written, but what landed is unhealthy or differs from the plan."""

    exit_code = 10


class AccessDenied(GitpromoteError):
    """Authentication or permission."""

    exit_code = 12


class Blocked(GitpromoteError):
    """A gate or policy fails, the environment is held, or its target holds foreign content."""

    exit_code = 13


class RenderFailed(GitpromoteError):
    """A renderer failed; ``detail`` has its own words."""


class SourceInvalid(GitpromoteError):
    """A source or manifest that cannot be read or edited safely."""


class RemoteFailed(GitpromoteError):
    """A remote is unreachable, refuses, or answered what Git does not understand."""


class CacheFailed(GitpromoteError):
    """The user's cache cannot be written."""


class InternalError(GitpromoteError):
    """Our bug."""

    exit_code = 70


class Interrupted(GitpromoteError):
    """Ctrl-C or a termination signal."""

    exit_code = 130
