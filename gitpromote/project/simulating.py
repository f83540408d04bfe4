"""Simulation: a plan of now, judged at another moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitpromote.planning.turning_points import turns
from gitpromote.project.explaining import AnotherTime
from gitpromote.project.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitpromote.model.turn import Turn
    from gitpromote.views.lines import Line

__all__ = ["Forecast", "Simulation"]


class Simulation:
    """What may go now, and what may go then. ``.now`` and ``.then`` are plans; nothing was written."""

    def __init__(self, now: Plan, at: int) -> None:
        self.now = now
        self.then = now.at(at)

    @property
    def blocked(self) -> tuple[str, ...]:
        """The environments that are blocked then."""
        return tuple(one.name for one in self.then if one.decision == "blocked")

    @property
    def waiting(self) -> tuple[str, ...]:
        """The environments that wait then, or are held."""
        return tuple(one.name for one in self.then if one.decision in ("waiting", "held", "unavailable"))

    def lines(self, *, width: int | None = None) -> list[Line]:
        """As ``gitpromote policy simulate`` shows it."""
        from gitpromote.views.simulating import simulation_view

        return simulation_view(self.now.data, self.then.data, width=width)

    def to_data(self) -> dict[str, Any]:
        """Plain data: both moments, and each environment with both decisions and the verdicts of then."""
        return {
            "now": self.now.data.as_of,
            "then": self.then.data.as_of,
            "environments": [
                {
                    "name": after.name,
                    "now": {"decision": before.decision, "reason": before.reason},
                    "then": after.model_dump(mode="json", include={"decision", "reason", "opens"}),
                    "outcomes": [one.model_dump(mode="json", by_alias=True) for one in after.outcomes],
                }
                for before, after in zip(self.now, self.then, strict=True)
            ],
        }

    def __repr__(self) -> str:
        from gitpromote.views.lines import plain

        return plain(self.lines(width=100)).rstrip()


class Forecast:
    """When decisions change in a range of time, all else being as it is. Iterating gives one change after the other."""

    def __init__(self, now: Plan, start: int, until: int) -> None:
        self.now, self.start, self.until = now, start, until
        self.turns: tuple[Turn, ...] = tuple(turns(AnotherTime(now).at, start, until))

    @property
    def blocked(self) -> tuple[str, ...]:
        """The environments that are blocked at some time of it."""
        return tuple(dict.fromkeys(one.environment for one in self.turns if one.decision == "blocked"))

    @property
    def waiting(self) -> tuple[str, ...]:
        """The environments that wait at some time of it, or are held."""
        decisions = ("waiting", "held", "unavailable")
        return tuple(dict.fromkeys(one.environment for one in self.turns if one.decision in decisions))

    def lines(self, *, width: int | None = None) -> list[Line]:
        """As ``gitpromote policy simulate`` shows it."""
        from gitpromote.views.simulating import forecast_view

        return forecast_view(self.turns, now=self.now.data.as_of, start=self.start, until=self.until, width=width)

    def to_data(self) -> dict[str, Any]:
        """Plain data: the range, and every change in it."""
        told = [one.model_dump(mode="json") for one in self.turns]
        return {"now": self.now.data.as_of, "from": self.start, "until": self.until, "turns": told}

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __repr__(self) -> str:
        from gitpromote.views.lines import plain

        return plain(self.lines(width=100)).rstrip()
