"""Plan documents: from the ledger by digest, and one against another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.git.url import canonical_repository
from gitpromote.engine.governed import governed_by_facts
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, PlanInvalid, UsageError
from gitpromote.model.ephemeral import EphemeralPipeline
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import PipelineSource
from gitpromote.model.plan import Plan as PlanData
from gitpromote.model.words import count
from gitpromote.planning.soundness import problems, unsound
from gitpromote.project.plan import Plan

if TYPE_CHECKING:
    from gitpromote.render.spec import Functions

_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{4,64}")


def recorded_plan(world: World, words: str) -> Plan:
    """A plan of the ledger.

    :param words: its digest, or the beginning of it (four digits or more)
    :raises UsageError: there is none, or more than one begins so
    :raises PlanInvalid: what stands there under its digest is another one
    """
    ledger = world.ledger
    head = world.home.fetch([ledger.ref]).get(ledger.ref)
    digits = words.removeprefix("sha256:")
    known = ledger.plans(head)
    found = [one for one in known if one.removeprefix("sha256:").startswith(digits)] if _DIGEST.fullmatch(words) else []
    if len(found) > 1:
        raise UsageError(
            "More than one plan begins so",
            code="plan-ambiguous",
            detail="\n".join(f"  {one}" for one in found),
            hint="Name the whole digest.",
        )
    data = ledger.plan_bytes(head, found[0]) if found else None
    if data is None:
        raise UsageError(
            "There is no such plan",
            code="plan-unknown",
            detail=f"{words!r} is no file, and {_none_begins_so(len(known))}.",
            hint="Plans that were applied, approved or made with --record are there:\n  gitpromote history",
        )
    plan = Plan.from_bytes(data, name=found[0])
    plan.called = found[0]
    if plan.digest != found[0]:
        raise PlanInvalid(
            "The ledger holds another plan under this digest",
            code="plan-misfiled",
            detail=f"named {found[0]}\nfound {plan.digest}",
            hint="Somebody else wrote to the ledger. Look at what it holds:\n  gitpromote verify",
        )
    return plan


def _none_begins_so(plans: int) -> str:
    if plans == 0:
        return "the ledger has no plan"
    how = "which does not begin" if plans == 1 else "none of which begins"
    return f"the ledger has {count(plans, 'plan')}, {how} so"


def refuse_other_pipeline(plan: Plan, pipeline: Pipeline) -> None:
    """A plan of another Pipeline must not be carried out by this one.

    :raises PlanInvalid: it is
    """
    if plan.data.pipeline.name != pipeline.name:
        raise PlanInvalid(
            "This plan is of another pipeline",
            code="plan-other-pipeline",
            detail=f"It is of {plan.data.pipeline.name}, not of {pipeline.name}.",
            hint="Apply it as it is; it needs no pipeline file.",
        )


def refuse_elsewhere(plan: Plan, *, start: Path) -> None:
    """A plan must not be carried out where another Pipeline is at home, as far as that is sure without running code.

    :param start: from where a pipeline file is looked for; where there is none, nothing is refused
    :raises PlanInvalid: the file there defines other Pipelines, and not this one
    """
    from gitpromote.adapters.pipeline_names import written_names
    from gitpromote.adapters.pipeline_search import find_pipeline_file

    try:
        file = find_pipeline_file(start)
    except ConfigurationError:
        return
    known, name = written_names(file), plan.data.pipeline.name
    if known is None or name in known:
        return
    shown = file.relative_to(start) if file.is_relative_to(start) else file
    error = PlanInvalid(
        "This plan is of another pipeline",
        code="plan-other-pipeline",
        detail=f"It is of {name}, and {shown} defines {', '.join(sorted(known))}.",
        hint=f"Name the right plan. If this one is meant, say so:\n  gitpromote apply {plan.called} --pipeline {name}",
    )
    error.more = ("--pipeline", name)
    raise error


def refuse_unsound(plan: Plan, pipeline: Pipeline) -> None:
    """A plan that its own definition cannot lead to must not be used, however right its digests are.

    :param pipeline: what the plan's definition stands for
    :raises PlanInvalid: ``plan-unsound``, with everything that is amiss
    """
    found = problems(plan.data, pipeline)
    if found:
        name = plan.called or plan.digest
        raise unsound(name, "It does not follow from its definition.", found, pipeline=pipeline.name)


def definition_of(plan: Plan) -> Pipeline:
    """What a plan's definition stands for.

    :raises PlanInvalid: ``plan-definition``: it is none that can be carried out
    """
    try:
        data = plan.data.pipeline.definition
        # An ephemeral Pipeline stands in its plans as what it stood for; where that was nothing, as itself.
        itself = data.get("kind") == EphemeralPipeline.kind and not plan.data.environments
        return governed_by_facts(plan.data, (EphemeralPipeline if itself else Pipeline).from_data(data))
    except ConfigurationError as error:
        raise PlanInvalid(
            "This plan file cannot be used",
            code="plan-definition",
            detail=f"{plan.called or plan.digest}: Its definition is not valid.\n{error.detail}".rstrip(),
            hint="Apply it with the version of gitpromote that made it, or make a new plan.",
        ) from error


def as_reached_by(before: PlanData, after: PlanData) -> PlanData:
    """A plan with the addresses of another one, where they only differ in how a machine reaches the same repository."""
    known = before.basis.repositories
    repositories = {
        key: one.model_copy(update={"url": known[key].url})
        if key in known and canonical_repository(known[key].url) == canonical_repository(one.url)
        else one
        for key, one in after.basis.repositories.items()
    }
    return after.model_copy(update={"basis": after.basis.model_copy(update={"repositories": repositories})})


def differences(before: Plan, after: Plan) -> list[str]:
    """The first difference between two plans, in words; empty where their digests are equal."""
    if before.digest == after.digest:
        return []
    from gitpromote.project.difference import first_difference

    old = before.data.model_dump(mode="json", by_alias=True)
    new = after.data.model_dump(mode="json", by_alias=True)
    return [first_difference(old, new) or "members that this version does not know"]


def functions_of(source: PipelineSource | None, *, root: Path) -> Functions:
    """Where the functions of a plan's definition are on this machine, as far as they are here. Nothing is imported.

    :param root: the folder that the path of the pipeline file counts from
    """
    found: dict[str, tuple[str, str]] = {}
    for reference in source.callables if source else ():
        module = reference.partition(":")[0]
        file = (root / Path(source.path if source else "").parent / f"{module.replace('.', '/')}.py").resolve()
        if file.is_file():
            found[reference] = (str(file), digest_of_code(file, module).removeprefix("sha256:"))
    return found
