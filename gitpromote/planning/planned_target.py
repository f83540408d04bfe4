"""An Environment's target as a plan has it."""

from __future__ import annotations

from gitpromote.model.plan import PlannedTarget
from gitpromote.model.resolved import ResolvedEnvironment


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
