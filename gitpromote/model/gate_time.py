"""Gates about time: how long upstream, and at which hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, cast

from pydantic import Field

from gitpromote.model.fields import Seconds, duration_text
from gitpromote.model.gate import Gate, zone_faults
from gitpromote.model.problems import Fault
from gitpromote.model.recurrence import parse_rrule
from gitpromote.model.schedule import Hours, day_problem, has_time, parse_hours

__all__ = ["Bake", "Freeze", "Soak", "Window"]

#: How long one stretch of a recurrence may last. Seconds.
LONGEST = 366 * 86400


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
    """Hours at which changes may enter: weekly ones, or such as a recurrence rule gives.

    Of several windows of an Environment that allow, one has to be open; none may be shut by one that denies.

    :param hours: ``"Mon-Thu 09:00-16:00"``, several with ``;`` between them
    :param tz: the IANA time zone of the hours
    :param deny: turn it round: changes may not enter at these hours
    :param rrule: instead of hours, when it begins: ``"FREQ=MONTHLY;BYDAY=2TU"``, as RFC 5545 writes it
    :param start: with rrule: the local time from which it counts, ``"2026-01-13T09:00"``; what the rule does not say is
        as there
    :param duration: with rrule: how long each lasts; whole days count on the calendar, the rest in seconds
    """

    kind: ClassVar[str] = "window"

    hours: str = Field(default="", kw_only=False)
    tz: str = "UTC"
    deny: bool = False
    rrule: str = ""
    start: str = ""
    duration: Seconds | None = None
    name: str = "window"

    def parsed(self) -> tuple[Hours, ...]:
        """The hours by weekday and minute."""
        hours = parse_hours(self.hours)
        return () if isinstance(hours, str) else hours

    @property
    def seconds(self) -> int:
        """How long one of a recurrence lasts; 0 for weekly hours."""
        return cast("int", self.duration or 0)

    @property
    def told(self) -> str:
        """``Mon-Thu 09:00-16:00 Europe/Berlin``."""
        if not self.rrule:
            return f"{' '.join(self.hours.split())} {self.tz}"
        return f"{duration_text(self.seconds)} from {self.start[11:16]} by {self.rrule} {self.tz}"

    def to_data(self) -> dict[str, Any]:
        """Plain data; what belongs to a recurrence is left out of weekly hours, as it was before there were any."""
        data = super().to_data()
        return data if self.rrule else {name: data[name] for name in data if name not in ("rrule", "start", "duration")}

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from zone_faults(self.tz)
        if self.rrule.strip():
            yield from self._recurrence_faults()
            return
        hours = parse_hours(self.hours)
        if isinstance(hours, str):
            hint = 'write "Mon-Thu 09:00-16:00", several with ; between them'
            yield Fault("schedule-invalid", hours, hint, "hours")
        for field in ("start", "duration"):
            if getattr(self, field):
                yield Fault("schedule-invalid", f"{field} goes with rrule alone", f"leave {field}= out")

    def _recurrence_faults(self) -> Iterable[Fault]:
        # Of the whole: without one of these members the others would be told to be wrong as well.
        if self.hours:
            yield Fault("schedule-invalid", "has hours and rrule", "give one of them")
        rule = parse_rrule(self.rrule)
        if isinstance(rule, str):
            yield Fault("schedule-invalid", f"rrule: {rule}", 'write "FREQ=WEEKLY;BYDAY=TU,TH"')
        hint = 'write start="2026-01-13T09:00", the local time from which the rule counts'
        reason = day_problem(self.start) if self.start else "is missing"
        if reason or not has_time(self.start):
            yield Fault("schedule-invalid", f"start {reason or 'has no time of day'}", hint)
        if self.duration is None:
            yield Fault("schedule-invalid", "rrule says when it begins, and not how long", 'write duration="4h"')
        elif self.seconds > LONGEST:
            yield Fault("schedule-invalid", "duration is more than a year")


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

    @property
    def told(self) -> str:
        """``2026-12-20 to 2027-01-03 Europe/Berlin``."""
        return f"{self.start} to {self.until} {self.tz}"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from zone_faults(self.tz)
        wrong = [(field, day_problem(getattr(self, field))) for field in ("start", "until")]
        for field, reason in wrong:
            if reason:
                yield Fault("schedule-invalid", f"{field} {reason}", 'write "2026-12-20" or "2026-12-20T18:00"', field)
        if not any(reason for _, reason in wrong) and _is_before(self.until, self.start):
            yield Fault("schedule-invalid", f"until {self.until} is before {self.start}", "", "until")


def _is_before(until: str, start: str) -> bool:
    """Whether a freeze would be over before it begins; a day that is named alone is whole."""
    if not has_time(until):
        return until[:10] < start[:10]
    return datetime.fromisoformat(until) <= datetime.fromisoformat(start)
