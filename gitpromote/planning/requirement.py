"""What one Freight needs of the Environments before another one, and since when it has that: all of them, or any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from gitpromote.model.resolved import Join

_NEVER = 1 << 62


class Place(NamedTuple):
    """One Environment before.

    :ivar at: when the Freight was verified there, epoch seconds; ``None``: not, or in a way that does not go on
    :ivar note: why not, where there is more to say than that
    :ivar bypassed: whether a hotfix alone brings the Freight there: being verified there will not take it on
    """

    name: str
    at: int | None
    note: str = ""
    bypassed: bool = False


class Requirement(NamedTuple):
    """All of these, or any. An Environment that is left out by permission stands for those before it."""

    join: Join
    parts: Sequence[Part]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every Environment that counts, each once, in order."""
        return tuple({place.name: place for place in _places(self)}.values())

    @property
    def at(self) -> int | None:
        """Since when it is met: of all since the last of them, of any since the first; ``None`` where it is not."""
        return self.moment(lambda place: place.at)

    def moment(self, of: Callable[[Place], int | None]) -> int | None:
        """When something that happens in each place at its own moment has happened in all, or in any of them."""
        found = _moment(self, of)
        return None if found == _NEVER else found


Part: TypeAlias = Place | Requirement


def _places(part: Part) -> Iterator[Place]:
    if isinstance(part, Place):
        yield part
        return
    for inner in part.parts:
        yield from _places(inner)


def _moment(part: Part, of: Callable[[Place], int | None]) -> int:
    if isinstance(part, Place):
        moment = of(part)
        return _NEVER if moment is None else moment
    moments = [_moment(inner, of) for inner in part.parts]
    return min(moments, default=_NEVER) if part.join == "any" else max(moments, default=0)
