"""What looking gave: of one subscription a selection of candidates, of all of them one set that fits together."""

from __future__ import annotations

from dataclasses import dataclass

from gitpromote.model.candidate import Candidate, Rejected

__all__ = ["Assembly", "Selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a subscription takes.

    :ivar candidates: newest first, no more than the limit
    :ivar rejected: nearest first; what only the limit keeps out stands last
    :ivar notes: sentences about what was not looked at, or not told
    :ivar missing: why there was nothing to look at, such as a repository that does not exist yet; otherwise empty
    :ivar failure: the code of the error where it could not be looked at
    """

    candidates: tuple[Candidate, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The newest coherent set, or why there is none.

    :ivar chosen: one candidate per subscription, in the order of the offers; ``None``: there is no such set
    :ivar rejected: newer candidates that were passed over, by subscription and newest first
    :ivar examined: how much was looked at, in search nodes and evaluations
    :ivar bounded: the search was cut short, so there may be a set all the same
    :ivar missing: why there is none, or an empty string
    """

    chosen: tuple[Candidate, ...] | None
    rejected: tuple[Rejected, ...] = ()
    examined: int = 0
    bounded: bool = False
    missing: str = ""
