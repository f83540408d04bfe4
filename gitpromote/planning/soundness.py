"""Whether a plan says what its own definition says: its digests show that it is whole, not that we have made it.

Whoever can edit a plan can compute its digests again. What follows from the definition is therefore worked out once
more before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitpromote.errors import PlanInvalid
from gitpromote.model.owned import is_source, owns
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import EnvironmentPlan, Plan, PushStep, Step, Write
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.safepath import unsafe_path
from gitpromote.model.tree import EXECUTABLE, FILE, LINK
from gitpromote.planning.availability import planned_freight
from gitpromote.planning.planned_target import planned_target
from gitpromote.planning.steps import environment_steps

_BRANCHES = "refs/heads/"
_MODES = (FILE, EXECUTABLE, LINK)
#: Adopting is recorded without a plan, and a hotfix is Freight that a promotion brings.
_KINDS = ("promote", "rollback", "retire")
_RENDERED = ("branch", "directory")
#: How all files end that are rendered.
_ENDING = ".yaml"


def problems(plan: Plan, pipeline: Pipeline) -> list[str]:
    """What no plan of this definition says, in words; empty where all of it could have been planned.

    :param pipeline: what the plan's own definition stands for
    """
    found = [] if plan.kind in _KINDS else [f"its kind is {plan.kind}, and there are no plans of that kind"]
    for planned in plan.environments:
        found += (f"{planned.name}: {text}" for text in _problems(plan, pipeline, planned))
    return found


def unsound(name: str, why: str, found: Sequence[str], *, pipeline: str) -> PlanInvalid:
    """The error for a plan that says what no plan of ours would.

    :param name: what it is called
    :param why: what all that was found comes to
    """
    return PlanInvalid(
        "This plan file cannot be used",
        code="plan-unsound",
        detail="\n".join([f"{name}: {why}", *found]),
        hint=f"Somebody has made it by hand, or changed it. Make a new plan:\n  gitpromote plan {pipeline}",
    )


def _problems(plan: Plan, pipeline: Pipeline, planned: EnvironmentPlan) -> Iterator[str]:
    if planned.name not in pipeline.order():
        yield "the definition has no environment of this name"
        return
    resolved = pipeline.resolved(planned.name)
    yield from _of_ref(pipeline, planned)
    if planned.target != planned_target(resolved):
        yield "its target is not the one that the definition gives it"
    for write in planned.writes:
        if reason := unsafe_path(write.path):
            yield f"the path {write.path!r} {reason}"
        elif write.action != "delete" and write.mode not in _MODES:
            yield f"{write.path!r} would be written with the mode {write.mode!r}, which no file has"
        elif reason := _no_write(plan, planned, write):
            yield f"{write.path!r} {reason}"
    yield from _of_steps(plan, pipeline, resolved, planned)


def _no_write(plan: Plan, planned: EnvironmentPlan, write: Write) -> str:
    """Why a promotion, a rollback or a deletion writes no such file there; empty where it may."""
    target = planned.target
    if target.kind not in _RENDERED:
        return "" if write.action == "update" else "is created or deleted, and sources are only edited"
    whole = f"{target.path}/{write.path}" if target.path else write.path
    if not owns(target, whole):
        return "is none of its target's own"
    if plan.kind != "promote" or write.action == "delete":
        return ""
    if is_source(write.path):
        return "is no manifest: an agent would take it for a source and render it"
    if not write.path.endswith(_ENDING):
        return f"is nothing that is rendered: such files end in {_ENDING}"
    return "" if write.mode == FILE else f"would be written with the mode {write.mode}, which no rendered file has"


def _of_ref(pipeline: Pipeline, planned: EnvironmentPlan) -> Iterator[str]:
    ref = planned.target.ref
    if planned.target.kind == "none":
        return
    if f"{ref}/".startswith(f"{pipeline.refs}/"):
        yield f"it would write to {ref!r}, where gitpromote keeps its own refs"
    elif not ref.startswith(_BRANCHES):
        yield f"it would write to {ref!r}, which is no branch"


def _of_steps(plan: Plan, pipeline: Pipeline, resolved: ResolvedEnvironment, planned: EnvironmentPlan) -> Iterator[str]:
    freight = planned_freight(plan, planned)
    writes, arrives = bool(planned.writes), bool(planned.steps)
    expected = environment_steps(pipeline, resolved, freight, plan.kind, writes=writes, arrives=arrives)
    if [(step.kind, step.id, step.after) for step in planned.steps] != [(e.kind, e.id, e.after) for e in expected]:
        wanted, found = (", ".join(step.kind for step in steps) or "none" for steps in (expected, planned.steps))
        yield f"its steps are {found}; what it changes takes {wanted}"
        return
    # The words of a tag stand in the order in which several Freight were found, which a plan does not keep.
    if any(_differs(*pair, exactly=len(freight) < 2) for pair in zip(planned.steps, expected, strict=True)):
        yield "its push moves another ref, or sets another tag, than the definition says"


def _differs(step: Step, expected: Step, *, exactly: bool) -> bool:
    if not isinstance(step, PushStep) or not isinstance(expected, PushStep):
        return False
    same_tag = step.tag == expected.tag if exactly else (step.tag is None) == (expected.tag is None)
    return step.ref != expected.ref or not same_tag


__all__ = ["problems", "unsound"]
