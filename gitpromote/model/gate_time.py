"""Gates about time: how long upstream, and at which hours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, cast

from pydantic import Field

from gitpromote.model.fields import Seconds
from gitpromote.model.gate import Gate, zone_faults
from gitpromote.model.problems import Fault
from gitpromote.model.schedule import Hours, day_problem, parse_hours

__all__ = ["Bake", "Freeze", "Soak", "Window"]


class Soak(Gate):
    """The Freight has been upstream for so long since it was verified there.

    :param duration: such as ``"24h"``
    """

    kind: ClassVar[str] = "soak"

    duration: Seconds = Field(kw_only=False)
    name: str = "soak"

    @property
    def seconds(self) -> int:
        """The duration in seconds."""
        return cast("int", self.duration)


class Bake(Gate):
    """The Freight has been healthy upstream for so long without a break; an alarm starts it anew.

    :param duration: such as ``"2h"``
    """

    kind: ClassVar[str] = "bake"

    duration: Seconds = Field(kw_only=False)
    name: str = "bake"

    @property
    def seconds(self) -> int:
        """The duration in seconds."""
        return cast("int", self.duration)


class Window(Gate):
    """Weekly hours at which changes may enter.

    :param hours: ``"Mon-Thu 09:00-16:00"``, several with ``;`` between them
    :param tz: the IANA time zone of the hours
    :param deny: turn it round: changes may not enter at these hours
    """

    kind: ClassVar[str] = "window"

    hours: str = Field(kw_only=False)
    tz: str = "UTC"
    deny: bool = False
    name: str = "window"

    def parsed(self) -> tuple[Hours, ...]:
        """The hours by weekday and minute."""
        hours = parse_hours(self.hours)
        return () if isinstance(hours, str) else hours

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from zone_faults(self.tz)
        hours = parse_hours(self.hours)
        if isinstance(hours, str):
            hint = 'write "Mon-Thu 09:00-16:00", several with ; between them'
            yield Fault("schedule-invalid", hours, hint, "hours")


class Freeze(Gate):
    """Days on which nothing enters.

    :param start: the first day, ``"2026-12-20"``, or a local date and time
    :param until: the last day, which belongs to it, or the date and time at which it ends
    :param tz: the IANA time zone of both
    :param reason: for people who are stopped by it
    """

    kind: ClassVar[str] = "freeze"

    start: str = Field(kw_only=False)
    until: str
    tz: str = "UTC"
    reason: str = ""
    name: str = "freeze"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from zone_faults(self.tz)
        wrong = [(field, day_problem(getattr(self, field))) for field in ("start", "until")]
        for field, reason in wrong:
            if reason:
                yield Fault("schedule-invalid", f"{field} {reason}", 'write "2026-12-20" or "2026-12-20T18:00"', field)
        if not any(reason for _, reason in wrong) and self.until[:10] < self.start[:10]:
            yield Fault("schedule-invalid", f"until {self.until} is before {self.start}", "", "until")
