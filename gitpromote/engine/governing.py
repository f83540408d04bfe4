"""Under whose eyes a plan is made, made again, and carried out: an organisation's gates and policies put to work.

A plan is judged by what counts when it is made. When it is carried out, what counts then is judged beside it, and
whichever is stricter holds: what was taken away since still counts as planned.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import Plan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.standing import Standing, StandingPolicy
from gitpromote.policy.organisation import in_force, joined, version_of

__all__ = ["Governing", "govern", "govern_again", "govern_apply", "governed_by_facts", "unjudged"]

_AHEAD = "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """What counts for one plan.

    :ivar then: what the plan was judged by, where that is another version
    :ivar at: epoch seconds: ramps and exemptions are those of this moment
    :ivar then_at: likewise, of the plan
    :ivar ahead: what begins to be judged up to this moment is judged, too
    """

    now: Organisation
    at: int
    then: Organisation | None = None
    then_at: int = 0
    ahead: int | None = None

    @property
    def version(self) -> str:
        """How this version is called in the names of verdicts."""
        return version_of(self.now.commit)

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """Those that count."""
        return in_force((one for one, _ in self.now.exemptions), self.at)

    def facts(self) -> dict[str, Any]:
        """What a plan says of it."""
        return self.now.facts() | ({_AHEAD: self.ahead} if self.ahead is not None else {})

    def standing(self, pipeline: str, resolved: ResolvedEnvironment) -> Standing:
        """What is asked of an Environment."""
        now = _standing(self.now, pipeline, resolved, self.at, ahead=self.ahead)
        if self.then is None:
            return now
        return joined(_standing(self.then, pipeline, resolved, self.then_at), now, version=self.version)


def _standing(
    organisation: Organisation, pipeline: str, resolved: ResolvedEnvironment, at: int, *, ahead: int | None = None
) -> Standing:
    return _of_rules(organisation.rules, pipeline, resolved, at, ahead=ahead)


def govern(world: World, place: OrgPlace, *, as_of: int) -> Governing:
    """Let a plan that is being made be judged by what the organisation asks for now.

    :raises ConfigurationError: it cannot be read, or is not valid
    """
    now = read_now(world, place)
    ahead = world.ahead if world.ahead is not None and now.rules.begins(as_of, world.ahead) else None
    governing = _put_to_work(world, Governing(now=now, at=as_of, ahead=ahead))
    refuse_flawed(now, world.pipeline)
    world.notices += [*now.void(as_of), *now.doubts()]
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
    now = read_now(world, place, commit=told["commit"])
    _put_to_work(world, Governing(now=now, at=plan.as_of, ahead=told.get(_AHEAD)))


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
    rules, ahead = _rules(plan), (_told(plan) or {}).get(_AHEAD)
    return pipeline.governed(lambda resolved: _of_rules(rules, pipeline.name, resolved, plan.as_of, ahead=ahead))


def unjudged(plan: Plan, pipeline: Pipeline, at: int) -> Mapping[str, tuple[Outcome, ...]]:
    """Environment to the policies that bind it at a later moment, and by which the plan was not judged: nobody knows.

    :raises PlanInvalid: what the plan was judged by cannot be read from it (``plan-facts-invalid``)
    """
    rules = _rules(plan)
    found = {}
    for planned in plan.environments:
        resolved = pipeline.resolved(planned.name)
        told = {one.id for one in planned.outcomes}
        told |= {one.id for one in _of_rules(rules, pipeline.name, resolved, plan.as_of).policies}
        then = _of_rules(rules, pipeline.name, resolved, at).policies if planned.writes else ()
        bound = (one for one in then if one.phase == "enforce" and plan.kind in one.policy.applies_to)
        found[planned.name] = tuple(_unknown(one) for one in bound if one.id not in told)
    return found


def _unknown(one: StandingPolicy) -> Outcome:
    message = "it began after the plan, which was not judged by it: simulate it afresh"
    return Outcome(id=one.id, kind="policy", level=one.policy.level, status="error", message=message, reads="fixed")


def _of_rules(
    rules: OrgPolicies, pipeline: str, resolved: ResolvedEnvironment, at: int, *, ahead: int | None = None
) -> Standing:
    return rules.standing(
        pipeline, name=resolved.name, at=at, ahead=ahead, labels=resolved.labels, production=resolved.production
    )


def _rules(plan: Plan) -> OrgPolicies:
    """What a plan says that was asked."""
    told = _told(plan) or {}
    try:
        rules: OrgPolicies = from_data(OrgPolicies, dict(told.get("rules", {})))
    except (ConfigurationError, TypeError, ValueError):
        raise _unread(plan) from None
    return rules


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
    if not isinstance(told.get(_AHEAD), int | None):
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
