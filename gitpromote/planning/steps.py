"""Which Steps carry out a change, in which order, and why."""

from __future__ import annotations

from gitpromote.model.plan import (
    AwaitHealthyStep,
    AwaitMergeStep,
    InheritStep,
    PullRequestStep,
    PushStep,
    Step,
    SyncStep,
    VerifyStep,
)


def steps_for(
    *, writes: bool, arrives: bool, delivery: str, agent: bool, ref: str, message: str, tag: str | None = None
) -> tuple[Step, ...]:
    """The steps of one environment.

    :param writes: whether files change in the target
    :param arrives: whether the Freight is new there; then its arrival is recorded even where nothing changes
    :param delivery: ``push`` or ``pull_request``
    :param agent: whether an agent is configured that must be told and watched; without one, written is applied
    """
    if not writes:
        return (InheritStep(id="1"),) if arrives else ()
    steps: list[Step] = [PushStep(id="1", message=message, ref=ref, tag=tag)]
    if delivery == "pull_request":
        steps.append(PullRequestStep(id="2", after=("1",)))
        steps.append(AwaitMergeStep(id="3", after=("2",)))
    if agent:
        steps.append(SyncStep(id=_next(steps), after=(steps[-1].id,)))
        steps.append(AwaitHealthyStep(id=_next(steps), after=(steps[-1].id,)))
    steps.append(VerifyStep(id=_next(steps), after=(steps[-1].id,)))
    return tuple(steps)


def _next(steps: list[Step]) -> str:
    return str(len(steps) + 1)
