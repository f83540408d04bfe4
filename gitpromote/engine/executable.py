"""Steps are what is executed: environments of a plan with a step that this version does not carry out."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.errors import NotSupported
from gitpromote.model.plan import EXECUTABLE_STEPS, EnvironmentPlan

__all__ = ["not_supported", "refuse_unsupported", "unsupported"]


def unsupported(planned: EnvironmentPlan) -> list[str]:
    """The kinds of its steps that this version does not carry out."""
    return sorted({step.kind for step in planned.steps} - EXECUTABLE_STEPS)


def not_supported(planned: EnvironmentPlan) -> NotSupported:
    """The error for such an environment."""
    return NotSupported(
        "The plan has a step that this version does not carry out",
        code="not-supported",
        detail=f"{planned.name}: {', '.join(unsupported(planned))} not supported by this version of gitpromote",
        hint="Apply the other environments with --env, or upgrade.",
    )


def refuse_unsupported(named: Sequence[EnvironmentPlan]) -> None:
    """Refuse environments that were asked for by name and cannot be carried out.

    :raises NotSupported: one of them has such a step
    """
    for planned in named:
        if unsupported(planned):
            raise not_supported(planned)
