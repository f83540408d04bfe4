"""Whether an organisation has a say at all: light enough for those who have none."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.engine.world import World
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import Plan

__all__ = ["FACTS", "govern", "govern_again", "govern_apply", "governed_by_facts", "unjudged"]

#: Where a plan says what it was judged by.
FACTS = "organisation"


def govern(world: World, *, as_of: int) -> None:
    """Let a plan that is being made be judged by what the organisation asks for now; nothing where none is named.

    :raises ConfigurationError: it cannot be read, or is not valid
    """
    if world.organisation is not None:
        from gitpromote.engine import governing

        governing.govern(world, world.organisation, as_of=as_of)


def govern_again(world: World, plan: Plan) -> None:
    """The same as a plan says that it was judged by: nobody asks what counts now."""
    if FACTS in plan.facts:
        from gitpromote.engine import governing

        governing.govern_again(world, plan)
    elif world.governing is not None:
        world.governing = None
        world.pipeline = world.pipeline.governed(None)


def govern_apply(world: World, plan: Plan) -> None:
    """Let a plan be carried out under what it was judged by, and under what counts now.

    :raises ConfigurationError: the plan was judged by an organisation that is not named here
        (``organisation-unset``), or by another one (``organisation-other``); or what counts now cannot be read
    :raises PlanStale: the version that it was judged by is no longer part of the branch (``organisation-rewritten``)
    """
    if world.organisation is not None or FACTS in plan.facts:
        from gitpromote.engine import governing

        governing.govern_apply(world, plan)


def governed_by_facts(plan: Plan, pipeline: Pipeline) -> Pipeline:
    """A plan's definition with what an organisation asked for, as the plan tells it: to be looked at, not carried out.

    :raises PlanInvalid: nobody can read that (``plan-facts-invalid``)
    """
    if FACTS not in plan.facts:
        return pipeline
    from gitpromote.engine import governing

    return governing.governed_by_facts(plan, pipeline)


def unjudged(plan: Plan, pipeline: Pipeline, at: int) -> Mapping[str, tuple[Outcome, ...]]:
    """Environment to what an organisation asks of it at a later moment, and by which the plan was not judged.

    :raises PlanInvalid: nobody can read that (``plan-facts-invalid``)
    """
    if FACTS not in plan.facts:
        return {}
    from gitpromote.engine import governing

    return governing.unjudged(plan, pipeline, at)
