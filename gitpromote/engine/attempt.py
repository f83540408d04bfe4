"""One attempt to carry out a plan: what is asked for, and what is known of each Environment so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from gitpromote.engine.calling import Called
from gitpromote.engine.results import Results
from gitpromote.engine.waiting import Waiting
from gitpromote.engine.world import World
from gitpromote.model.plan import EnvironmentPlan, PlanFile


class ApplyOptions(NamedTuple):
    """How a plan is applied.

    :ivar environments: of the planned ones, run only these
    :ivar wait: wait for what is pending
    :ivar expect_digest: the full digest that the plan must have
    :ivar confirmed: a person has said yes to the shown plan
    :ivar lock_timeout: seconds to wait for locks and lost races; 0: a minute for lost races, and none for locks
    :ivar fail_fast: stop at the first failure
    :ivar called: the file or digest by which others find the plan, for hints; empty where they cannot
    """

    environments: tuple[str, ...] | None = None
    wait: bool = False
    expect_digest: str | None = None
    confirmed: bool = False
    lock_timeout: float = 0.0
    fail_fast: bool = False
    called: str = ""


@dataclass(slots=True, eq=False)
class Attempt:
    """What all parts of an apply share.

    :ivar document: the plan file's bytes, for the ledger
    :ivar recorded: whether this attempt has put the plan into the ledger, or something into a target and it with it
    """

    world: World
    file: PlanFile
    document: bytes
    options: ApplyOptions
    selected: list[EnvironmentPlan]
    recorded: bool = False
    results: Results = field(init=False)
    waiting: Waiting = field(init=False)

    def __post_init__(self) -> None:
        self.results = Results(self.selected, reporter=self.world.reporter, fail_fast=self.options.fail_fast)
        self.waiting = Waiting(self.world.clock, gates=self.options.wait, locks=self.options.lock_timeout)

    @property
    def called(self) -> Called:
        """What the plan is called; once it is recorded, its digest is enough."""
        return Called.of(self.file, self.options.called or (self.file.digest if self.recorded else ""))
