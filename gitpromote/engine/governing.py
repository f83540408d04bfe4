"""Under whose eyes a plan is made, made again, and carried out: an organisation's gates and policies put to work.

A plan is judged by what counts when it is made. When it is carried out, what counts then is judged beside it, and
whichever is stricter holds: what was taken away since still counts as planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gitpromote.engine.governed import FACTS
from gitpromote.engine.organisation import Organisation, read_now
from gitpromote.engine.organisation_checks import refuse_flawed
from gitpromote.engine.organisation_place import VARIABLE, OrgPlace
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, PlanInvalid, PlanStale
from gitpromote.model.definition import from_data
from gitpromote.model.exemption import Exemption
from gitpromote.model.organisation import OrgPolicies
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import Plan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.standing import Standing
from gitpromote.policy.organisation import in_force, joined, version_of

__all__ = ["Governing", "govern", "govern_again", "govern_apply", "governed_by_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """What counts for one plan.

    :ivar then: what the plan was judged by, where that is another version
    :ivar at: epoch seconds: ramps and exemptions are those of this moment
    :ivar then_at: likewise, of the plan
    """

    now: Organisation
    at: int
    then: Organisation | None = None
    then_at: int = 0

    @property
    def version(self) -> str:
        """How this version is called in the names of verdicts."""
        return version_of(self.now.commit)

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """Those that count."""
        return in_force((one for one, _ in self.now.exemptions), self.at)

    def standing(self, pipeline: str, resolved: ResolvedEnvironment) -> Standing:
        """What is asked of an Environment."""
        now = _standing(self.now, pipeline, resolved, self.at)
        if self.then is None:
            return now
        return joined(_standing(self.then, pipeline, resolved, self.then_at), now, version=self.version)


def _standing(organisation: Organisation, pipeline: str, resolved: ResolvedEnvironment, at: int) -> Standing:
    return organisation.rules.standing(
        pipeline, name=resolved.name, at=at, labels=resolved.labels, production=resolved.production
    )


def govern(world: World, place: OrgPlace, *, as_of: int) -> Governing:
    """Let a plan that is being made be judged by what the organisation asks for now.

    :raises ConfigurationError: it cannot be read, or is not valid
    """
    now = read_now(world, place)
    governing = _put_to_work(world, Governing(now=now, at=as_of))
    refuse_flawed(now, world.pipeline)
    world.notices += now.void(as_of)
    if now.is_home:
        told = f"the organisation's policies ({now.told}) stand in the team's own repository: it can change them"
        world.notices.append(told)
    return governing


def govern_again(world: World, plan: Plan) -> None:
    """The same as a plan says that it was judged by: nobody asks what counts now."""
    told = _told(plan)
    if told is None:
        return
    place = OrgPlace(url=told["url"], path=told["path"], branch=told["branch"])
    here = world.organisation
    if here is not None and world.repository(here.url).url == told["url"]:
        place = OrgPlace(url=here.url, path=told["path"], branch=told["branch"])
    _put_to_work(world, Governing(now=read_now(world, place, commit=told["commit"]), at=plan.as_of))


def govern_apply(world: World, plan: Plan) -> None:
    """Let a plan be carried out under what it was judged by, and under what counts now: see :mod:`.governed`."""
    told = _told(plan)
    if world.organisation is None:
        if told is not None:
            raise _unset(told)
        return
    now = read_now(world, world.organisation)
    then = _then(world, world.organisation, now, told) if told is not None else None
    _put_to_work(world, Governing(now=now, at=world.clock.now(), then=then, then_at=plan.as_of))
    refuse_flawed(now, world.pipeline)


def _then(world: World, place: OrgPlace, now: Organisation, told: dict[str, Any]) -> Organisation:
    repository = world.repository(place.url)
    if (told["url"], told["path"], told["branch"]) != (now.url, now.path, now.branch):
        raise _other(told, now)
    if told["commit"] == now.commit:
        return now
    if not repository.is_ancestor(told["commit"], now.commit):
        raise PlanStale(
            "The organisation's policies were rewritten since the plan",
            code="organisation-rewritten",
            detail=f"{now.branch} of {now.canonical} no longer contains {told['commit'][:7]}, which judged the plan.",
            hint="Make a new plan.",
        )
    return read_now(world, place, commit=told["commit"])


def governed_by_facts(plan: Plan, pipeline: Pipeline) -> Pipeline:
    """What a plan's definition stands for, with what it says that was asked: see :mod:`.governed`."""
    told = _told(plan) or {}
    try:
        rules: OrgPolicies = from_data(OrgPolicies, dict(told.get("rules", {})))
    except (ConfigurationError, TypeError, ValueError):
        raise _unread(plan) from None

    def asked(resolved: ResolvedEnvironment) -> Standing:
        return rules.standing(
            pipeline.name,
            name=resolved.name,
            at=plan.as_of,
            labels=resolved.labels,
            production=resolved.production,
        )

    return pipeline.governed(asked)


def _put_to_work(world: World, governing: Governing) -> Governing:
    name = world.pipeline.name
    world.governing = governing
    world.pipeline = world.pipeline.governed(lambda resolved: governing.standing(name, resolved))
    return governing


def _told(plan: Plan) -> dict[str, Any] | None:
    """What a plan says that it was judged by.

    :raises PlanInvalid: nobody can read that (``plan-facts-invalid``)
    """
    told = plan.facts.get(FACTS)
    if told is None:
        return None
    names = ("url", "path", "branch", "commit")
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in names):
        raise _unread(plan)
    return told


def _unread(plan: Plan) -> PlanInvalid:
    return PlanInvalid(
        "What the plan was judged by cannot be read from it",
        code="plan-facts-invalid",
        detail="facts.organisation is not what this version writes.",
        hint=f"Plan again:\n  gitpromote plan {plan.pipeline.name}",
    )


def _where(told: dict[str, Any]) -> str:
    return f"{told['url']}{'//' + told['path'] if told['path'] else ''}@{told['branch']}"


def _unset(told: dict[str, Any]) -> ConfigurationError:
    return ConfigurationError(
        "The organisation's policies that judged the plan are not named here",
        code="organisation-unset",
        detail=f"The plan was judged by {_where(told)} ({told['commit'][:7]}), and {VARIABLE} is not set.",
        hint=f"They cannot be skipped. Set it as it was:\n  export {VARIABLE}={_where(told)}",
    )


def _other(told: dict[str, Any], now: Organisation) -> ConfigurationError:
    return ConfigurationError(
        "The plan was judged by other policies than those that are named here",
        code="organisation-other",
        detail=f"The plan was judged by {_where(told)}; {VARIABLE} names {_where(now.facts())}.",
        hint="Make a new plan, or set the variable as it was.",
    )
