"""How a plan is called on the command line: what a hint must say so that its command works as it stands."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from gitpromote.model.plan import PlanFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The words for a plan.

    :ivar digest: the full one
    :ivar name: the file that it was read from or saved to, or its digest where the ledger has it; empty for a plan that
        nobody else can get at
    """

    pipeline: str
    digest: str
    name: str = ""

    @classmethod
    def of(cls, file: PlanFile, name: str = "") -> Called:
        """The words for this plan, which is found under that name."""
        return cls(pipeline=file.plan.pipeline.name, digest=file.digest, name=name)

    @property
    def word(self) -> str:
        """The plan as an argument, or an empty string."""
        return shlex.quote(self.name) if self.name else ""

    @property
    def replan(self) -> str:
        """The command that plans again and shows only what its reviewers have not seen."""
        return f"gitpromote plan {self.pipeline} --since {self._since}"

    @property
    def _since(self) -> str:
        """Its short id, where that leads to it: in the ledger, and in the folder in which plans are saved."""
        short = self.digest.removeprefix("sha256:")[:12]
        usual = self.name.startswith("sha256:") or self.name.endswith(f"plans/{self.pipeline}-{short}.plan.json")
        return short if usual or not self.name else self.word
