"""An Environment's target as a plan has it, and back."""

from __future__ import annotations

from gitpromote.model.plan import EnvironmentPlan, PlannedTarget
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget


def planned_target(resolved: ResolvedEnvironment) -> PlannedTarget:
    """How an Environment's target stands in a plan."""
    target = resolved.target
    return PlannedTarget(
        kind=target.kind,
        repository=target.repository,
        ref=target.ref,
        path=target.path,
        subtrees=target.subtrees,
        keep=target.keep,
    )


def target_of(planned: EnvironmentPlan) -> ResolvedTarget:
    """The target as the plan has it: a definition that changed since does not matter."""
    target = planned.target
    return ResolvedTarget(
        kind=target.kind,
        repository=target.repository,
        ref=target.ref,
        path=target.path,
        subtrees=target.subtrees,
        keep=target.keep,
    )
