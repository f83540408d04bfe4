"""How a Project runs for ever: its pace, who is told, and what wakes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitpromote.engine.looping import Bell, Lane, Listener, Nobody, Pace, Waiting, keep_running
from gitpromote.model.round import Round
from gitpromote.ports import Clock

if TYPE_CHECKING:
    from gitpromote.project.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook endpoint that only shortens the wait.

    :ivar address: ``HOST:PORT``
    :ivar secret: what the forge signs with; keep it out of arguments and definitions
    :ivar answered: told the status of every answer
    :ivar opened: told host and port as soon as it listens
    """

    address: str
    secret: str = field(repr=False)
    answered: Callable[[int], None] = lambda _: None
    opened: Callable[[tuple[str, int]], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """How rounds follow one another.

    :ivar interval: seconds between rounds where nothing happens
    :ivar jitter: at most that many seconds more
    :ivar again: makes the Project anew for every round, so that a pipeline file that has changed counts; without it the
        definition stays what it was
    :ivar rounds: end after that many
    :ivar waiting: how time passes; by default it does
    """

    interval: float = 300.0
    jitter: float = 30.0
    listener: Listener = field(default_factory=Nobody)
    hook: Hook | None = None
    again: Callable[[], Project] | None = None
    rounds: int | None = None
    waiting: Waiting | None = None

    def keep_on(self, turn: Callable[[], Round], *, clock: Clock) -> bool:
        """Rounds until somebody asks to stop; whether that was a termination signal."""
        return self.keep_all_on([Lane(turn=turn, listener=self.listener)], clock=clock)

    def keep_all_on(self, lanes: Sequence[Lane], *, clock: Clock) -> bool:
        """The same for several that run side by side, each at this pace: each has a listener of its own."""
        pace = Pace(interval=self.interval, jitter=self.jitter)
        bell = Bell()
        with ExitStack() as stack:
            if self.hook is not None:
                from gitpromote.adapters.webhook import Webhook

                hook = self.hook
                server = Webhook(hook.address, secret=hook.secret, ring=bell.ring, answered=hook.answered)
                stack.enter_context(server)
                hook.opened(server.address)
            ended = keep_running(lanes, clock=clock, pace=pace, waiting=self.waiting or bell, rounds=self.rounds)
        return ended.terminated
