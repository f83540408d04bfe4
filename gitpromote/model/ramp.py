"""Ramps: a new rule is first counted, then told, then enforced, each from a day on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import ClassVar, Literal, TypeAlias

from gitpromote.model.definition import Definition
from gitpromote.model.names import shown
from gitpromote.model.problems import Fault

__all__ = ["Phase", "Ramp", "day_faults", "start_of"]

Phase: TypeAlias = Literal["off", "audit", "warn", "enforce"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def start_of(day: str) -> int:
    """Epoch seconds at which a day such as ``2026-12-01`` begins, in UTC."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def day_faults(field: str, day: str) -> Iterable[Fault]:
    """What is wrong with a day that is written down."""
    try:
        sound = _DAY.fullmatch(day) is not None and date.fromisoformat(day) is not None
    except ValueError:
        sound = False
    if not sound:
        yield Fault("date-invalid", f"{field} {shown(day)} is not a day", 'write "2026-12-01"', field)


class Ramp(Definition):
    """From which days on a policy of the organisation counts, and how much. Days begin at midnight UTC.

    Before the first of them it is not judged at all.

    :param audit: judged, and told only to those who ask for everything; default: ever since
    :param warn: told, and stops nothing; default: that is left out
    :param enforce: as binding as its level says; default: never
    """

    kind: ClassVar[str] = "ramp"
    means: ClassVar[str] = 'a ramp such as Ramp(warn="2026-10-01", enforce="2026-12-01")'

    audit: str | None = None
    warn: str | None = None
    enforce: str | None = None

    def phase(self, at: int) -> Phase:
        """What holds at a moment, epoch seconds."""
        if self.enforce is not None and at >= start_of(self.enforce):
            return "enforce"
        if self.warn is not None and at >= start_of(self.warn):
            return "warn"
        return "audit" if self.audit is None or at >= start_of(self.audit) else "off"

    @property
    def enforced_at(self) -> int | None:
        """Epoch seconds from which on it is as binding as its level says; ``None``: never."""
        return None if self.enforce is None else start_of(self.enforce)

    def _faults(self) -> Iterable[Fault]:
        days = [(name, str(self.__dict__[name])) for name in ("audit", "warn", "enforce") if self.__dict__[name]]
        if not days:
            yield Fault("ramp-invalid", "has no day", 'write enforce="2026-12-01"')
        wrong = [fault for name, day in days for fault in day_faults(name, day)]
        yield from wrong
        for (first, before), (second, after) in pairwise(days):
            if not wrong and after < before:
                yield Fault("ramp-invalid", f"{second} {after} is before {first} {before}", "", second)
