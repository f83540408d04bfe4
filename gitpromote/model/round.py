"""What ``run`` did: rounds of one plan each, and what they left."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision
from gitpromote.model.result import EnvironmentResult, combined_exit_code

WROTE = ("written", "inherited")


class Turn(Document):
    """One Environment in one round.

    :ivar auto: whether it may go by itself, and why not
    :ivar result: how it ended; ``None`` where there is nothing to do, or where it is left to a person
    :ivar freight: the aliases of what would move, or has moved
    :ivar warehouses: whose Freight that is, where several Warehouses feed the Environment
    :ivar replaces: in place of what was rejected: that it was, for people; empty where nothing was
    :ivar opens: epoch seconds from which it may go, where that is known
    """

    name: str
    decision: Decision
    auto: Outcome
    result: EnvironmentResult | None = None
    freight: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)
    replaces: tuple[str, ...] = Field(default=(), exclude_if=lambda texts: not texts)
    opens: int | None = None

    @property
    def wrote(self) -> bool:
        """Whether something moved."""
        return self.result is not None and self.result.status in WROTE

    @property
    def status(self) -> str:
        """How it ended in one word; ``left`` to a person, or nothing to do, which is an empty one."""
        if self.result is not None:
            return self.result.status
        return "" if self.decision == "noop" and not self.freight else "left"


class Round(Document):
    """One plan, and what was done of it. ``as_of`` is epoch seconds.

    :ivar plan: the plan's digest
    :ivar interrupted: somebody asked to stop before all was done
    :ivar cuts: epoch seconds at which a Warehouse makes Freight of what has arrived and waits for that; ``None``: of
        none that is known
    :ivar troubles: what failed beside the Environments, such as a Warehouse whose registry is down
    :ivar newer: Warehouse to why there is no newer Freight of it, for people; those where something is sought in vain
    :ivar passed_over: Warehouse to what is newer and was rejected, for people
    :ivar resting: why the Pipeline has no Environment at this moment, for people; an empty string where it has
    """

    pipeline: str
    as_of: int
    plan: str
    environments: tuple[Turn, ...] = ()
    interrupted: bool = False
    cuts: int | None = None
    troubles: tuple[EnvironmentResult, ...] = ()
    newer: dict[str, str] = Field(default_factory=dict)
    passed_over: dict[str, str] = Field(default_factory=dict, exclude_if=lambda passed: not passed)
    resting: str = Field(default="", exclude_if=lambda why: not why)

    @property
    def wrote(self) -> bool:
        """Whether something moved."""
        return any(turn.wrote for turn in self.environments)

    @property
    def overtaken(self) -> bool:
        """Whether somebody else was faster, so that a new plan is worth making at once."""
        return any(turn.status == "stale" for turn in self.environments)

    @property
    def opens(self) -> int | None:
        """The next moment at which something may go by itself, or at which there is new Freight. Epoch seconds."""
        moments = [self.cuts, *(turn.opens for turn in self.environments)]
        return min((one for one in moments if one is not None), default=None)

    @property
    def standing(self) -> tuple[tuple[str, ...], ...]:
        """What makes one round different from the one before: not the time, and no texts that count it.

        What has been written is what there is nothing more to do of.
        """
        turns = (
            (turn.name, turn.status, turn.result.code if turn.result else "", *turn.freight)
            for turn in self.environments
            if turn.status and not turn.wrote
        )
        troubles = ((one.name, one.status, one.code) for one in self.troubles)
        resting = [("resting", self.resting)] if self.resting else []
        passed = (("passed over", *one) for one in self.passed_over.items())
        return (*turns, *troubles, *(("newer", name) for name in self.newer), *passed, *resting)

    @property
    def exit_code(self) -> int:
        """The code of the command line."""
        return Ran(rounds=(self,)).exit_code


class Ran(Document):
    """Rounds that followed at once, until nothing more might go."""

    rounds: tuple[Round, ...]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was written in any of them, then how the last one ended, Environment by Environment."""
        if not self.rounds:
            return ()
        *before, last = self.rounds
        wrote = [turn for one in before for turn in one.environments if turn.wrote]
        final = {turn.name: turn for turn in last.environments}
        found: list[Turn] = []
        for name in dict.fromkeys([*final, *(turn.name for turn in wrote)]):
            earlier = [turn for turn in wrote if turn.name == name]
            found += [*earlier, *_worth_telling(final.get(name), earlier)]
        return tuple(found)

    @property
    def wrote(self) -> bool:
        """Whether something moved."""
        return any(one.wrote for one in self.rounds)

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked to stop before all was done."""
        return any(one.interrupted for one in self.rounds)

    @property
    def exit_code(self) -> int:
        """As an apply's: what was written earlier, and how the last round ended."""
        results = tuple(turn.result for turn in self.turns if turn.result is not None)
        return combined_exit_code((*results, *self.troubles), interrupted=self.interrupted)

    @property
    def troubles(self) -> tuple[EnvironmentResult, ...]:
        """What failed beside the Environments in the last round."""
        return self.rounds[-1].troubles if self.rounds else ()


def _worth_telling(last: Turn | None, earlier: list[Turn]) -> Iterable[Turn]:
    return () if last is None or (earlier and not last.status) else (last,)
