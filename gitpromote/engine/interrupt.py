"""Ctrl-C: the first one finishes the step that runs and starts nothing new, the second one stops waiting."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interruption:
    """Whether somebody wants us to stop.

    :ivar terminated: by a signal to terminate, not by Ctrl-C
    """

    def __init__(self) -> None:
        self.asked = False
        self.terminated = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """A signal arrived."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self.terminated = number == signal.SIGTERM


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Take over Ctrl-C and termination while inside; only the main thread may, others are never asked.

    Inside another one it is the same one: what was asked of the inner is asked of the outer.
    """
    ongoing = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if isinstance(ongoing, Interruption) and threading.current_thread() is threading.main_thread():
        yield ongoing
        return
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before: dict[signal.Signals, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, interruption.handle)
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
