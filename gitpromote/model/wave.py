"""Waves: Environments that go together, one group after the other, and how many of them at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, cast

from pydantic import BeforeValidator, Field

from gitpromote.model.definition import Definition, from_data
from gitpromote.model.fields import Seconds, Takes
from gitpromote.model.names import kind_of
from gitpromote.model.problems import Fault, UnfitError

__all__ = ["InWave", "Wave"]

_MOST = 10_000


class Wave(Definition):
    """The wave that an Environment goes with, and the budget that all of that wave share.

    One Environment of a wave says its budget; the others say its number alone.

    :param number: 1 for the first; every later wave comes after all of the one before it
    :param max_parallel: how many of it may be under way at a time: written, and not verified yet
    :param max_failed: how many of it may fail; one more, and nothing else enters this wave or a later one
    :param jitter: each begins up to this much later than it might, so that not all go in one moment
    """

    kind: ClassVar[str] = "wave"
    means: ClassVar[str] = "a wave such as Wave(1, max_parallel=2)"

    number: int = Field(kw_only=False)
    max_parallel: int | None = None
    max_failed: int | None = None
    jitter: Seconds | None = None

    @property
    def has_budget(self) -> bool:
        """Whether it says more than its number."""
        return self != Wave(self.number)

    @property
    def seconds(self) -> int:
        """The jitter in seconds."""
        return cast("int", self.jitter or 0)

    def _faults(self) -> Iterable[Fault]:
        for field, least in (("number", 1), ("max_parallel", 1), ("max_failed", 0)):
            value = self.__dict__[field]
            if value is not None and not least <= value <= _MOST:
                yield Fault("number-invalid", f"{field} is {value}, not between {least} and {_MOST}", "", field)


def _as_wave(value: object) -> object:
    if value is None or isinstance(value, Wave):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if 1 <= value <= _MOST:
            return Wave(value)
        raise UnfitError(Fault("number-invalid", f"is {value}, not between 1 and {_MOST}"))
    hint = "write wave=1, or wave=Wave(1, max_parallel=2)"
    raise UnfitError(Fault("wrong-type", f"takes the number of a wave, not {kind_of(value)}", hint))


def _show_wave(value: Any) -> str:
    return repr(value) if value.has_budget else str(value.number)


def _read_wave(data: Any) -> Any:
    return from_data(Wave, data) if isinstance(data, dict) else data


if TYPE_CHECKING:
    InWave: TypeAlias = int | Wave | None
else:
    InWave = Annotated[
        Any, BeforeValidator(_as_wave), Takes("a number or Wave(1, max_parallel=2)", _show_wave, _read_wave)
    ]
