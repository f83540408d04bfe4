"""How each environment of an apply ended: kept while it runs, told once, combined at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitpromote.engine.outcome_of import failed_result
from gitpromote.errors import GitpromoteError
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.result import LANDED_DIFFERS, ApplyResult, EnvironmentResult
from gitpromote.ports import Reporter


class Results(dict[str, EnvironmentResult]):
    """Environment to how it ended, as far as that is known.

    :param selected: the environments that are applied
    :param fail_fast: nothing more is to be started once something failed
    """

    def __init__(self, selected: Sequence[EnvironmentPlan], *, reporter: Reporter, fail_fast: bool) -> None:
        super().__init__()
        self._selected = selected
        self._reporter = reporter
        self._fail_fast = fail_fast
        self._told: set[str] = set()

    @property
    def has_landed(self) -> bool:
        """Whether anything was written."""
        return any(one.status in ("written", "inherited") or one.code == LANDED_DIFFERS for one in self.values())

    def stops(self) -> bool:
        """Whether nothing more is to be started, since something failed."""
        return self._fail_fast and any(one.status in ("failed", "stale") for one in self.values())

    def open(self) -> list[EnvironmentPlan]:
        """Those whose end is not known yet; what waits is looked at again."""
        final = {name for name, result in self.items() if result.status != "waiting"}
        return [planned for planned in self._selected if planned.name not in final]

    def tell(self, names: Iterable[str]) -> None:
        """Each environment's end, once: what landed as soon as it is proven, the others when all is over."""
        for name in names:
            if name not in self._told:
                self._reporter.event("environment", **self._end(name).model_dump(mode="json"))
                self._told.add(name)

    def cut_short(self, error: GitpromoteError) -> None:
        """What was not done yet failed with this; what was written before stays told."""
        for planned in self.open():
            self[planned.name] = failed_result(planned, error)

    def combined(self, *, pipeline: str, plan: str, interrupted: bool) -> ApplyResult:
        """The end of all."""
        found = [self._end(planned.name) for planned in self._selected]
        self.tell(one.name for one in found)
        return ApplyResult(pipeline=pipeline, plan=plan, environments=tuple(found), interrupted=interrupted)

    def _end(self, name: str) -> EnvironmentResult:
        return self.get(name) or EnvironmentResult(name=name, status="not-started")
