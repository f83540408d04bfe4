"""Explanation: what the SDK hands out for the verdicts on one environment; and a plan judged at another moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitpromote.engine.evidence import evidence_in
from gitpromote.engine.governed import unjudged
from gitpromote.engine.overrides import overrides_in
from gitpromote.errors import GitpromoteError
from gitpromote.model.gate import Gate
from gitpromote.model.gate_plain import SkipPermission
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Opens
from gitpromote.model.plan import Plan as PlanData
from gitpromote.model.policy_base import Policy
from gitpromote.planning.another_time import Known, plan_at
from gitpromote.project import documents
from gitpromote.project.showing import forms

if TYPE_CHECKING:
    from gitpromote.model.lock import EnvironmentLock
    from gitpromote.model.pipeline import Pipeline
    from gitpromote.project.plan import Plan
    from gitpromote.views.lines import Line

__all__ = ["AnotherTime", "Explanation"]

_LOOKED_AT = 20  # saved plans, the newest first
_OCCASIONS = 5  # how many there are: what judges all of them need not name them


class Explanation:
    """Why an environment may go, or waits, or is blocked. ``.data`` is its part of the plan.

    ``explanation["soak"]`` is one verdict; all of them in their order by iterating. Printed, it says what
    ``gitpromote explain`` says.
    """

    def __init__(self, plan: Plan, data: EnvironmentPlan, *, lock: EnvironmentLock | None = None) -> None:
        self.data = data
        self._plan = plan
        self._lock = lock

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Every verdict, passing ones too."""
        return self.data.outcomes

    @property
    def gates(self) -> tuple[Outcome, ...]:
        """Those about the journey: what comes before, and gates."""
        return tuple(one for one in self.outcomes if one.kind != "policy")

    @property
    def policies(self) -> tuple[Outcome, ...]:
        """Those about what would be written."""
        return tuple(one for one in self.outcomes if one.kind == "policy")

    @property
    def decision(self) -> str:
        """``ready``, ``waiting``, ``blocked``, ``noop``, ``held`` or ``unavailable``."""
        return self.data.decision

    @property
    def reason(self) -> str:
        """What stands in the way, in short."""
        return self.data.reason

    @property
    def opens(self) -> Opens | None:
        """When it may go: an instant in epoch seconds, or conditions; ``None`` where no time would help."""
        return self.data.opens

    @property
    def _names(self) -> dict[str, str]:
        """By what commands find the plan: its file or digest; or a saved plan of the same change."""
        return {"called": self._plan.called, "known_as": self._saved}

    @cached_property
    def _saved(self) -> str:
        """The newest plan where plans are saved that brings this very change; empty where there is none."""
        if self._plan.called or not self.data.steps:
            return ""
        files = list(Path("plans").glob(f"{self._plan.data.pipeline.name}-*.plan.json"))
        newest = sorted(files, key=_written, reverse=True)[:_LOOKED_AT]
        return next((str(file) for file in newest if self._is_same(file)), "")

    def _is_same(self, file: Path) -> bool:
        """Whether a file holds a plan of this Pipeline that brings this change. What it does not name is not read."""
        try:
            data = file.read_bytes()
            if self.data.change_digest.encode() not in data:
                return False
            saved = type(self._plan).from_bytes(data, name=str(file)).data
        except (GitpromoteError, OSError):
            return False
        one = saved.environment(self.data.name) if saved.pipeline.name == self._plan.data.pipeline.name else None
        return one is not None and one.change_digest == self.data.change_digest

    @property
    def remedies(self) -> dict[str, str]:
        """The id of each verdict that stands in the way, with the one command that would help."""
        from gitpromote.views.remedies import remedies

        return remedies(self._plan.data, self.data, **self._names)

    @cached_property
    def applies(self) -> dict[str, tuple[str, ...]]:
        """The occasions that each gate and policy judges, as far as those are not all."""
        resolved = documents.definition_of(self._plan).resolved(self.data.name)
        gates = [one for one in resolved.all_gates if not isinstance(one, SkipPermission)]
        judging: list[Gate | Policy] = [*gates, *resolved.policies]
        judges = {one.name: tuple(one.applies_to) for one in judging}
        return {name: occasions for name, occasions in judges.items() if len(occasions) < _OCCASIONS}

    def lines(self, *, width: int | None = None, full: bool = False) -> list[Line]:
        """As ``gitpromote explain`` shows it.

        :param full: every operand of every verdict, and all that policies found
        """
        from gitpromote.views.explaining import explanation

        return explanation(
            self._plan.data,
            self.data,
            width=width,
            lock=self._lock,
            applies=self.applies,
            **self._names,
            full=full,
        )

    def to_markdown(self, *, full: bool = False) -> str:
        """As a pull request's comment shows it."""
        from gitpromote.views.explaining_markdown import explanation_markdown

        return explanation_markdown(self._plan.data, self.data, applies=self.applies, **self._names, full=full)

    def to_data(self) -> dict[str, Any]:
        """Plain data: its part of the plan, what would help, which occasions are judged, and who has locked it."""
        told = self.data.model_dump(mode="json", by_alias=True)
        told |= {"remedies": self.remedies, "applies_to": {name: list(one) for name, one in self.applies.items()}}
        return told | ({"lock": self._lock.model_dump(mode="json")} if self._lock is not None else {})

    def __getitem__(self, name: str) -> Outcome:
        return next(one for one in self.outcomes if one.id == name)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)

    def __bool__(self) -> bool:
        """Always true: without a verdict nothing stands in the way."""
        return True

    def __repr__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"<Explanation {self._plan.data.pipeline.name} {self.data.name}: {self.decision}{why}>"

    def __str__(self) -> str:
        from gitpromote.views.lines import plain

        return plain(self.lines(width=100)).rstrip()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        known = {
            "text/plain": str(self),
            "text/markdown": self.to_markdown(),
            "application/vnd.gitpromote.explanation.v1+json": self.to_data(),
        }
        return forms(known, include, exclude)


def _written(file: Path) -> float:
    """When a file was written last, epoch seconds; long ago where nobody can tell: it may be gone by now."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


class AnotherTime:
    """A plan, ready to be judged at any moment by the facts that it holds.

    :raises PlanInvalid: it does not follow from its definition, or its facts cannot be read
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan.data
        self._pipeline: Pipeline = documents.definition_of(plan)
        documents.refuse_unsound(plan, self._pipeline)
        names = [one.name for one in plan.data.environments]
        self._known = Known(
            evidence={name: evidence_in(plan.data, name) for name in names},
            overrides={name: overrides_in(plan.data, name) for name in names},
        )

    def at(self, time: int) -> PlanData:
        """The plan at a moment, epoch seconds."""
        known = replace(self._known, unjudged=unjudged(self._plan, self._pipeline, time))
        return plan_at(self._plan, time, pipeline=self._pipeline, known=known)
