"""Which of the candidates each Environment's plan looks at."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.engine.asked import Asked
from gitpromote.engine.beside import beside, is_missed
from gitpromote.engine.candidates import Candidates
from gitpromote.engine.freight_named import among
from gitpromote.engine.world import World
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.availability import Journey, speaking_last
from gitpromote.planning.selection import Choice, choose, named, staying


def chosen(
    world: World, journey: Journey, candidates: Mapping[str, Candidates], resolved: ResolvedEnvironment, asked: Asked
) -> tuple[dict[str, Freight], str, Freight | None]:
    """One Freight per Warehouse for an Environment; why one is missing, and the Freight whose request keeps it away."""
    state = journey.state(resolved.name)
    choices = {name: _choice(journey, resolved, name, candidates[name], asked) for name in resolved.warehouses}
    found = {name: choice.freight for name, choice in choices.items() if choice.freight is not None}
    for name, choice in choices.items():
        if choice.freight is None and is_missed(world, resolved, name, found):
            return {}, _lacking(choice, candidates[name]), choice.refused
    asked_for = {name: freight for name in found if (freight := _asked_for(journey, candidates[name], asked))}
    named_id = next((one.id for one in asked_for.values()), None)
    world.notices += [
        _left_alone(world.pipeline.name, resolved.name, one)
        for name, one in asked_for.items()
        if found[name].id != one.id
    ]
    found = beside(world, journey, resolved, found, named=named_id) if len(found) > 1 else found
    moving = {name for name, freight in found.items() if state.freight.get(name) != freight.id}
    ordered = speaking_last(found, moving, state.arrived)
    lacking = _without_source(world, resolved, ordered)
    return ({}, lacking, None) if lacking else (ordered, "", None)


def asked_for(
    journey: Journey, candidates: Mapping[str, Candidates], resolved: ResolvedEnvironment, asked: Asked
) -> frozenset[str]:
    """The ids of the Freight that somebody named, itself or by its artifacts."""
    found = [_asked_for(journey, candidates[name], asked) for name in resolved.warehouses]
    return frozenset(one.id for one in found if one is not None)


def _lacking(choice: Choice, offered: Candidates) -> str:
    """Why there is no Freight: where all of it was rejected, why no other is found, too."""
    if choice.refused is None or offered.freight or not offered.missing:
        return choice.reason or offered.missing
    return f"{choice.reason}; {offered.missing}"


def _left_alone(pipeline: str, environment: str, freight: Freight) -> str:
    return (
        f"{environment} has had {freight.alias} before and is left alone; to go back to it: "
        f"gitpromote plan {pipeline} --freight {freight.alias} --env {environment}"
    )


def _choice(
    journey: Journey, resolved: ResolvedEnvironment, warehouse: str, offered: Candidates, asked: Asked
) -> Choice:
    """What was named, wherever it still goes; beside it the others stay, if there are any."""
    freight = _asked_for(journey, offered, asked)
    if freight is None and offered.given:
        return Choice(None, offered.missing)
    if freight is not None:
        exactly = asked.everywhere or asked.environments == (resolved.name,)
        choice = named(journey, resolved.name, freight, exactly=exactly)
        return choice if choice.freight is not None or choice.reason else Choice(freight)
    stays = staying(journey, resolved.name, warehouse) if asked.freight or asked.by_hand else Choice(None)
    if stays.freight is not None:
        return stays
    return choose(journey, resolved.name, warehouse, offered.freight, found=offered.found)


def _asked_for(journey: Journey, offered: Candidates, asked: Asked) -> Freight | None:
    """The Freight of a Warehouse whose journey is planned: named itself, or made of artifacts that were."""
    return offered.newest if offered.given else among(offered.freight, asked.freight, journey.ledger)


def _without_source(world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight]) -> str:
    """Why an Environment cannot be rendered from its Freight: an App's sources are not in it."""
    if not resolved.target.is_rendered or not freight:
        return ""
    held = {one.repository for each in freight.values() for one in each.artifacts if one.kind == "commit"}
    lacking = [app for app in resolved.apps if world.repository(app.repository).canonical not in held]
    if not lacking:
        return ""
    warehouses = ", ".join(freight)
    return f"Freight of {warehouses} holds no commit for {lacking[0].name}; add Git(…) to the Warehouse"
