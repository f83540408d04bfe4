"""Rounds of ``run``, one after the other, until somebody asks to stop: how long it waits, and what wakes it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gitpromote.engine.interrupt import Interruption, interruptible
from gitpromote.engine.organisation_place import UNREACHABLE
from gitpromote.errors import ConfigurationError, GitpromoteError, UsageError
from gitpromote.model.round import Round
from gitpromote.ports import Clock

#: The shortest pause after a round, and the one after a first failure. Seconds.
_LEAST, _SOON = 1.0, 15.0
#: The longest pause while rounds fail, where the interval is no longer. Seconds.
_LONGEST = 900.0
_SLICE = 0.5  # seconds after which a wait looks whether somebody wants us to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait between rounds. Seconds.

    :ivar interval: where nothing happens
    :ivar jitter: at most that much longer, so that many runners do not come together
    """

    interval: float = 300.0
    jitter: float = 30.0

    def __post_init__(self) -> None:
        if self.interval < _LEAST or self.jitter < 0:
            raise UsageError(
                "This is no pace to run at",
                code="bad-interval",
                detail=f"an interval of {self.interval:g} s, a jitter of {self.jitter:g} s",
                hint="The interval is a second or more, as in --interval 5m.",
            )

    def after(self, done: Round, *, now: int, swift: int) -> float:
        """Until the next look: an interval, or less where something opens before. Where something has just moved,
        hardly at all; but those who write against each other slow down.

        :param swift: how many rounds in a row something has moved
        """
        usual = self.interval + random.uniform(0, self.jitter)
        if swift:
            return min(usual, _LEAST * 2.0 ** min(swift - 1, 10))
        return usual if done.opens is None else max(_LEAST, min(usual, done.opens - now))

    def after_failure(self, failures: int) -> float:
        """Longer every time, up to a quarter of an hour or the interval."""
        longest = max(self.interval, _LONGEST)
        return min(min(self.interval, _SOON) * 2.0 ** min(failures - 1, 20), longest) + random.uniform(0, self.jitter)


class Waiting(Protocol):
    """How time passes between rounds."""

    def wait(self, seconds: float, interruption: Interruption) -> bool:
        """Until it is over, somebody wants us to stop, or something happened: then it is true."""
        ...


class Bell:
    """What wakes a runner before its time. Ringing it twice is ringing it once."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Something happened; from any thread."""
        self._rung.set()

    def wait(self, seconds: float, interruption: Interruption) -> bool:
        """Wait; a bell that is rung without a pause still leaves a pause between rounds."""
        start = time.monotonic()
        while not interruption.asked and (passed := time.monotonic() - start) < seconds:
            if passed < _LEAST:
                time.sleep(min(_SLICE, _LEAST - passed, seconds - passed))
            elif self._rung.wait(min(_SLICE, seconds - passed)):
                break
        woken = self._rung.is_set()
        if woken:  # otherwise a ring at this very moment would be lost
            self._rung.clear()
        return woken


class Listener(Protocol):
    """Who is told how a runner fares."""

    def ended(self, done: Round, *, again: float) -> None:
        """A round is over; the next one is ``again`` seconds away."""
        ...

    def failed(self, error: GitpromoteError, *, again: float) -> None:
        """A round has failed; the next one is ``again`` seconds away."""
        ...


class Nobody:
    """A Listener that does not listen."""

    def ended(self, done: Round, *, again: float) -> None:
        """Nothing."""

    def failed(self, error: GitpromoteError, *, again: float) -> None:
        """Nothing."""


@dataclass(slots=True, kw_only=True)
class Lane:
    """One of several that run side by side, each at its own pace.

    :ivar turn: its next round
    :ivar listener: told how that went
    :ivar pause: seconds until it is its turn again
    :ivar broken: why another round would fail likewise
    """

    turn: Callable[[], Round]
    listener: Listener
    pause: float = 0.0
    broken: GitpromoteError | None = None
    _failures: int = 0
    _swift: int = 0

    def go(self, pace: Pace, clock: Clock) -> GitpromoteError | None:
        """One round. One that fails is tried again, later every time, and not told yet."""
        try:
            done = self.turn()
            self._failures, self._swift, self.broken = 0, self._swift + 1 if done.wrote or done.overtaken else 0, None
            self.pause = pace.after(done, now=clock.now(), swift=self._swift)
            self.listener.ended(done, again=self.pause)
        except GitpromoteError as error:
            self.broken = error if _ends(error) else None
            self._failures, self._swift = self._failures + 1, 0
            self.pause = pace.after_failure(self._failures)
            return error
        return None


def keep_running(
    lanes: Sequence[Lane], *, clock: Clock, pace: Pace, waiting: Waiting, rounds: int | None = None
) -> Interruption:
    """Rounds until somebody asks to stop. The step that runs then is finished.

    A round that fails is told and tried again, later every time, and keeps no other lane back. What waiting cannot
    mend, a pipeline that is not valid above all, ends it once no lane is left that could go on.

    :param rounds: at most that many, of all lanes together
    :raises ConfigurationError: no pipeline is valid, or each asks for what is not here
    """
    ended = 0
    with interruptible() as interruption:
        while not interruption.asked and ended != rounds:
            lane = min(lanes, key=lambda one: one.pause)
            if lane.pause > 0:
                _wait(lanes, lane.pause, waiting, interruption)
                continue
            began = clock.now()
            error = lane.go(pace, clock)
            ended += 1
            if lane.broken is not None and all(one.broken for one in lanes):
                raise lane.broken
            if error is not None and not interruption.asked:  # Ctrl-C ends git and the renderers, too
                lane.listener.failed(error, again=lane.pause)
            # A clock that was set back has not made time stand still for the others.
            _passed([one for one in lanes if one is not lane], max(0, clock.now() - began))
    return interruption


def _wait(lanes: Sequence[Lane], seconds: float, waiting: Waiting, interruption: Interruption) -> None:
    """Until the next lane has its turn; what wakes them wakes all."""
    woken = waiting.wait(seconds, interruption)
    _passed(lanes, max(one.pause for one in lanes) if woken else seconds)


def _passed(lanes: Iterable[Lane], seconds: float) -> None:
    for one in lanes:
        one.pause = max(0.0, one.pause - seconds)


def _ends(error: GitpromoteError) -> bool:
    """Whether another round would fail likewise: what is configured is wrong, and not merely out of reach."""
    return isinstance(error, ConfigurationError | UsageError) and error.code != UNREACHABLE
