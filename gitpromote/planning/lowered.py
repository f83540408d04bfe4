"""A Pipeline's own gates where an organisation asks by risk: its rules that lower risk do not answer the organisation.

What the Pipeline asks of itself must not open by that: each of its gates holds for the risk that the organisation sees
and for every risk that those rules could say. The strictest verdict counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gitpromote.model.change import RISKS, ObjectChange, Risk
from gitpromote.model.outcome import STRICTNESS, Outcome
from gitpromote.planning.asking import Asking

__all__ = ["strictest", "with_lowered_risk"]


def with_lowered_risk(asking: Asking) -> Iterator[Asking]:
    """The same question for every risk that the Pipeline's lowering rules could make of what is asked about."""
    if not asking.resolved.organisation.reads_risk:
        return
    levels = {rule.risk for rule in asking.journey.pipeline.risks if rule.lower}
    for level in sorted(levels, key=RISKS.index):
        if any(_is_riskier(one, level) for one in asking.changes):
            yield replace(asking, changes=[_at_most(one, level) for one in asking.changes])


def strictest(verdicts: Iterable[Sequence[Outcome]]) -> list[Outcome]:
    """Of several lists of the same gates' verdicts, the strictest of each gate; the first of equal ones."""
    return [max(each, key=lambda one: STRICTNESS.index(one.status)) for each in zip(*verdicts, strict=True)]


def _is_riskier(change: ObjectChange, level: Risk) -> bool:
    return RISKS.index(change.risk) > RISKS.index(level)


def _at_most(change: ObjectChange, level: Risk) -> ObjectChange:
    return change.model_copy(update={"risk": level}) if _is_riskier(change, level) else change
