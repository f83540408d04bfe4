"""Freight as the ledger knows it, and how far each has come. No registry and no source is asked."""

from __future__ import annotations

from gitpromote.engine.freight_named import known_freight
from gitpromote.engine.journeys import journey_at
from gitpromote.engine.look import read_ledger
from gitpromote.engine.world import World
from gitpromote.model.freight import Freight
from gitpromote.model.freight_report import FreightReport, FreightStop
from gitpromote.model.freight_words import spoken_for
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState
from gitpromote.planning.availability import Journey

__all__ = ["freight_report", "freight_reports", "ledger_state"]


def ledger_state(world: World) -> LedgerState:
    """What the ledger says now."""
    ledger = world.ledger
    return read_ledger(world, world.home.fetch([ledger.ref]).get(ledger.ref))


def freight_reports(world: World) -> tuple[FreightReport, ...]:
    """All Freight, the latest arrival first, rejected ones too."""
    state = ledger_state(world)
    journey = journey_at(world, state, world.clock.now())
    newest = sorted(state.freight.values(), key=lambda one: -one.sequence)
    return tuple(_report(journey, one) for one in newest)


def freight_report(world: World, words: str) -> FreightReport:
    """One Freight, by its id, alias or name.

    :raises UsageError: there is none of these words, or more than one
    """
    state = ledger_state(world)
    return _report(journey_at(world, state, world.clock.now()), known_freight(state, words))


def _report(journey: Journey, known: FreightState) -> FreightReport:
    freight = known.freight
    names = [
        name for name in journey.pipeline.order() if freight.warehouse in journey.pipeline.resolved(name).warehouses
    ]
    return FreightReport(
        freight=freight,
        type=freight.type,
        created_at=known.created_at,
        sequence=known.sequence,
        aliases=known.aliases,
        approved_for=known.approved_for,
        unproven={name: why for name in known.approved_for if (why := journey.disproof(name, known))},
        rejected=known.rejected,
        rejected_by=known.rejected_by,
        intent=known.intent,
        bypass=known.bypass,
        journey=tuple(_stop(journey, name, known) for name in names),
    )


def _speaks(journey: Journey, state: EnvironmentState, freight: Freight) -> bool:
    """Whether anything of it is there, where Freight of several Warehouses has come."""
    held = {name: one.freight for name, id_ in state.freight.items() if (one := journey.known(id_)) is not None}
    return freight.warehouse in spoken_for(held, state.arrived)


def _stop(journey: Journey, environment: str, known: FreightState) -> FreightStop:
    freight, state = known.freight, journey.state(environment)
    verdict = journey.verdict(environment, freight)
    verified = state.verified.get(freight.id)
    runs = state.freight.get(freight.warehouse) == freight.id and _speaks(journey, state, freight)
    return FreightStop(
        environment=environment,
        runs=runs,
        arrived=state.arrived.get(freight.warehouse) if runs else None,
        verified=verified.at if verified is not None else None,
        failed=state.failed.get(freight.id, state.not_landed.get(freight.id)),
        held=state.held is not None and state.held.freight.get(freight.warehouse) == freight.id,
        way=verdict.way,
        admitted=verdict.admitted,
        message=verdict.message,
    )
