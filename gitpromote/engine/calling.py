"""How a plan is called on the command line: what a hint must say so that its command works as it stands."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from gitpromote.model.asked_again import asked_again
from gitpromote.model.plan import PlanFile, PlanKind


class Called(NamedTuple):
    """The words for a plan.

    :ivar digest: the full one
    :ivar kind: the verb that makes such a plan, or ``promote``
    :ivar name: the file that it was read from or saved to, or its digest where the ledger has it; empty for a plan that
        nobody else can get at
    :ivar asked: what shaped it, as words of the command line, with a blank in front; empty where nothing did
    """

    pipeline: str
    digest: str
    name: str = ""
    kind: PlanKind = "promote"
    asked: str = ""

    @classmethod
    def of(cls, file: PlanFile, name: str = "") -> Called:
        """The words for this plan, which is found under that name."""
        plan, asked = file.plan, asked_again(file.plan, recorded=name == file.digest)
        return cls(pipeline=plan.pipeline.name, digest=file.digest, name=name, kind=plan.kind, asked=asked)

    @property
    def word(self) -> str:
        """The plan as an argument, or an empty string."""
        return shlex.quote(self.name) if self.name else ""

    @property
    def saving(self) -> str:
        """The command that saves such a plan."""
        return f"{self._again} -out=plan.json"

    def explaining(self, environment: str, *, again: bool = False) -> str:
        """The command that says what would help against what stands in this very plan.

        :param again: it was judged afresh, so that its file no longer says how it stands: a new plan of it does
        """
        fresh = f"gitpromote explain {self.pipeline} {environment}"
        if self.kind == "promote" and (again or self.name in ("", self.digest)):
            return fresh
        if self.name and not again:
            return f"{fresh} --plan {self.word}"
        return f"{self.saving}\n  {fresh} --plan plan.json"

    @property
    def replan(self) -> str:
        """The command that plans the same again; of a promotion it shows only what its reviewers have not seen."""
        return f"{self._again} --since {self._since}" if self.kind == "promote" else self._again

    @property
    def _again(self) -> str:
        verb = "plan" if self.kind == "promote" else self.kind
        return f"gitpromote {verb} {self.pipeline}{self.asked}"

    @property
    def _since(self) -> str:
        """Its short id, where that leads to it: in the ledger, and in the folder in which plans are saved."""
        short = self.digest.removeprefix("sha256:")[:12]
        usual = self.name.startswith("sha256:") or self.name.endswith(f"plans/{self.pipeline}-{short}.plan.json")
        return short if usual or not self.name else self.word
