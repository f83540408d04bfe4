"""How long an apply waits for what may yet open, and when it looks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.engine.interrupt import Interruption
from gitpromote.model.outcome import Outcome, worst_of
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.result import EnvironmentResult
from gitpromote.planning.opening import passes_by_itself, time_alone
from gitpromote.ports import Clock

_POLL = 5.0  # seconds between looks while waiting for what others may do
_LONG_POLL = 60.0  # and at most, while only time is waited for
_BITS = 20  # in which they are waited for


class Waiting:
    """What an apply may wait for, from its first moment on.

    :param gates: wait for gates that open by themselves or by what others do
    :param locks: seconds to wait for the locks of others
    """

    def __init__(self, clock: Clock, *, gates: bool, locks: float) -> None:
        self._clock = clock
        self._gates = gates
        self._locks = locks
        self._started = clock.now()
        self._opens: dict[str, int | None] = {}

    @property
    def seconds(self) -> int:
        """How long it has taken so far."""
        return self._clock.now() - self._started

    @property
    def is_patient(self) -> bool:
        """Whether locks are still waited for."""
        return self.seconds < self._locks

    def hopes_for(self, planned: EnvironmentPlan, outcomes: Sequence[Outcome]) -> bool:
        """Whether what keeps an Environment back may pass; the moment is remembered where time alone decides."""
        self._opens.pop(planned.name, None)
        if worst_of(outcomes) in ("pending", "error") and passes_by_itself(outcomes) and not never(planned, outcomes):
            self._opens[planned.name] = time_alone(outcomes)
        return planned.name in self._opens

    def has_sense(self, results: Mapping[str, EnvironmentResult]) -> bool:
        """Whether another look may find more than this one."""
        locked = any(one.code == "lock-held" for one in results.values() if one.status == "waiting")
        return (locked and self.is_patient) or bool(self._hopeful(results))

    def pause(self, results: Mapping[str, EnvironmentResult], interruption: Interruption) -> None:
        """Until the next look; whoever wants to stop does not wait that long, and nobody beyond what was asked for."""
        hopeful = self._hopeful(results)
        length = self._until_next(hopeful) if hopeful else min(_POLL, max(self._locks - self.seconds, 0.1))
        for _ in range(_BITS):
            if not interruption.asked:
                self._clock.sleep(length / _BITS)

    def _hopeful(self, results: Mapping[str, EnvironmentResult]) -> list[str]:
        """The Environments whose gates are waited for."""
        waiting = (name for name, one in results.items() if one.status == "waiting")
        return [name for name in waiting if name in self._opens] if self._gates else []

    def _until_next(self, hopeful: Sequence[str]) -> float:
        """Seconds until the first gate opens, where all that is waited for says when; no longer than a minute."""
        moments = [self._opens[name] for name in hopeful]
        known = [moment for moment in moments if moment is not None]
        if len(known) < len(moments):
            return _POLL
        return min(max(min(known) - self._clock.now(), 0.1), _LONG_POLL)


def never(planned: EnvironmentPlan, outcomes: Sequence[Outcome]) -> Mapping[str, Any] | None:
    """The condition of a plan that says that no time opens an Environment, unless somebody overrode a part of it."""
    conditions = planned.opens.conditions if planned.opens is not None else ()
    binding = {one.id for one in outcomes if one.binding}
    return next((one for one in conditions if "never" in one and binding.issuperset(one.get("gates", ()))), None)
