"""What ``run`` did: rounds of one plan each, and what they left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision
from gitpromote.model.result import LANDED_DIFFERS, EnvironmentResult, combined_exit_code

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
    def differs(self) -> bool:
        """Whether something was written, and the target holds something else than what landed."""
        return self.result is not None and self.result.code == LANDED_DIFFERS

    @property
    def settles(self) -> bool:
        """Whether a failure before it is of the past: it is mended, or told again."""
        return self.wrote or self.status in ("", "noop", "already", "failed")

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
    :ivar warnings: what people should know of before they trust the plan
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
    warnings: tuple[str, ...] = Field(default=(), exclude_if=lambda texts: not texts)
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
        """What was written in any of them, what failed and still does, then how the last one ended.

        Those of one Environment stand together.
        """
        if not self.rounds:
            return ()
        *before, last = self.rounds
        final = {turn.name: turn for turn in last.environments}
        every: dict[str, list[Turn]] = {name: [] for name in final}
        for turn in (each for one in before for each in one.environments):
            every.setdefault(turn.name, []).append(turn)
        return tuple(turn for name, turns in every.items() for turn in _worth_telling(turns, final.get(name)))

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
        """As an apply's, over all rounds: what was written, what failed and still does, and how the last one ended."""
        results = tuple(turn.result for turn in self.turns if turn.result is not None)
        return combined_exit_code((*results, *self.troubles), interrupted=self.interrupted)

    @property
    def troubles(self) -> tuple[EnvironmentResult, ...]:
        """What failed beside the Environments in the last round."""
        return self.rounds[-1].troubles if self.rounds else ()


def _worth_telling(before: Sequence[Turn], last: Turn | None) -> Iterable[Turn]:
    """Of one Environment: what was written, what failed unless a later turn made it good, and how the last one ended.

    What landed otherwise than it was written stays told whatever came after it: it was written.
    """
    ends = [*before, *([last] if last is not None else [])]
    earlier = [
        turn
        for at, turn in enumerate(before)
        if turn.wrote or turn.differs or (turn.status == "failed" and not any(one.settles for one in ends[at + 1 :]))
    ]
    return earlier if last is None or (earlier and not last.status) else [*earlier, last]
