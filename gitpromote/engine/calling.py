"""How a plan is called on the command line: what a hint must say so that its command works as it stands."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from gitpromote.model.plan import Plan, PlanFile, PlanKind
from gitpromote.model.words import clean


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
        plan, asked = file.plan, _asked(file.plan, recorded=name == file.digest)
        words = "".join(f" {shlex.quote(clean(word))}" for word in asked)
        return cls(pipeline=plan.pipeline.name, digest=file.digest, name=name, kind=plan.kind, asked=words)

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


def _asked(plan: Plan, *, recorded: bool) -> list[str]:
    """The words after a Pipeline's name that ask for the same again.

    :param recorded: the ledger has the plan, and so the Freight that was made for it
    """
    request = plan.request
    match plan.kind:
        case "rollback":
            return [*request.environments, *_going_back_to(plan), "--reason", request.reason or "…"]
        case "retire":
            return [*_retired(plan), "--reason", request.reason or "…"]
    named = list(request.environments) if request.environments != ("*",) else []
    apps = list(request.apps) if request.apps != ("*",) else []
    return [
        *_freight(plan, recorded=recorded),
        *(word for name in named for word in ("--env", name)),
        *(word for name in apps for word in ("--app", name)),
        *(word for name, commit in sorted(request.replace.items()) for word in ("--replace", f"{name}@{commit}")),
    ]


def _freight(plan: Plan, *, recorded: bool) -> list[str]:
    """What was named of the Freight. What was made of it has a name once the ledger has it."""
    request = plan.request
    by_hand = [*(("--image", one) for one in request.images), *(("--chart", one) for one in request.charts)]
    by_hand += [("--commit", request.commit)] if request.commit else []
    if not by_hand:
        return ["--freight", request.freight] if request.freight else []
    moving = {one.id for planned in plan.environments for one in planned.freight.values() if one.moving}
    if recorded and len(moving) == 1:
        return ["--freight", plan.freight[moving.pop()].alias]
    return [word for pair in by_hand for word in pair] + (["--unpinned"] if request.unpinned else [])


def _going_back_to(plan: Plan) -> list[str]:
    """The Freight that it goes back to, where there is one that can be named."""
    ids = {one.id for planned in plan.environments for one in planned.freight.values() if one.moving}
    return ["--to", plan.freight[ids.pop()].alias] if len(ids) == 1 else []


def _retired(plan: Plan) -> list[str]:
    """The App, the Environment, or what is gone: to that no Freight can come."""
    if plan.request.apps != ("*",):
        return ["--app", *plan.request.apps]
    environments = plan.pipeline.definition.get("environments", ())
    gone = [one.get("name") for one in environments if one.get("direct") == [] and not any(one["after"].values())]
    names = plan.request.environments
    return ["--gone"] if set(names) <= set(gone) else ["--env", *names]
