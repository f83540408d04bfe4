"""Which Steps carry out a change, in which order, and why."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.model.freight import Freight
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import (
    AwaitHealthyStep,
    AwaitMergeStep,
    InheritStep,
    PlanKind,
    PullRequestStep,
    PushStep,
    Step,
    SyncStep,
    VerifyStep,
)
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.substitute import parse


def environment_steps(
    pipeline: Pipeline,
    resolved: ResolvedEnvironment,
    freight: Mapping[str, Freight],
    kind: PlanKind,
    *,
    writes: bool,
    arrives: bool,
) -> tuple[Step, ...]:
    """The steps of one environment, its messages and tags filled in; none where nothing changes and nothing arrives."""
    if not writes and not arrives:
        return ()
    words = _words(pipeline, resolved, freight)
    return steps_for(
        writes=writes,
        arrives=arrives,
        delivery=resolved.delivery if kind == "promote" else "push",
        agent=resolved.agent is not None,
        ref=resolved.target.ref,
        message=_message(pipeline, words, kind),
        tag=_tag(pipeline, words, kind),
    )


def _words(pipeline: Pipeline, resolved: ResolvedEnvironment, freight: Mapping[str, Freight]) -> dict[str, str | None]:
    """What ``$name`` stands for in messages and tags."""
    aliases = " ".join(item.alias for item in freight.values())
    labels = {f"label.{name}": value for name, value in resolved.labels.items()}
    return {"env": resolved.name, "freight": aliases, "pipeline": pipeline.name, **labels}


def _message(pipeline: Pipeline, words: Mapping[str, str | None], kind: PlanKind) -> str:
    if kind == "promote":
        return pipeline.commit.fill(words)
    return f"{kind}({words['env']}): {words['freight']}".rstrip(": ")


def _tag(pipeline: Pipeline, words: Mapping[str, str | None], kind: PlanKind) -> str | None:
    """The tag for what is verified; one word per Freight, so that it is a name that Git takes."""
    if pipeline.tag is None or kind != "promote":
        return None
    return parse(pipeline.tag).fill({**words, "freight": str(words["freight"]).replace(" ", "-")})


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
