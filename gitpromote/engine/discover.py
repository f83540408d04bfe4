"""Which Freight there is: of every Warehouse the newest that its subscriptions come to, and what the ledger knows.

Discovery reads; nothing is pushed. Freight that the ledger knows keeps the place at which it arrived: finding it again,
because a branch or a tag went back, does not make it new. Where artifacts were named by hand, it comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gitpromote.engine.asked import Asked
from gitpromote.engine.by_hand import given_of, refuse_idle_commit
from gitpromote.engine.candidates import MANUAL, Candidates, in_order
from gitpromote.engine.freight_named import is_known, refuse_unknown
from gitpromote.engine.gather import Wanted, gather
from gitpromote.engine.look import Look
from gitpromote.engine.making import Making
from gitpromote.engine.named_artifacts import looked_up
from gitpromote.engine.world import World
from gitpromote.model.artifact import Artifact
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.model.subscription import Git, Subscription
from gitpromote.model.warehouse import Warehouse
from gitpromote.planning.selection import is_hotfix_alone, newest_first

__all__ = ["Candidates", "discover"]


def discover(
    world: World, seen: Look, asked: Asked, resolved: Iterable[ResolvedEnvironment], *, as_of: int
) -> dict[str, Candidates]:
    """The candidates of every Warehouse.

    :param as_of: epoch seconds, for Warehouses that batch what arrives
    :raises UsageError: something was named that nothing subscribes to, or that is not known
    :raises GitpromoteError: a registry cannot be reached, refuses, or answers with something else
    """
    resolved = list(resolved)
    if asked.lock is not None:
        return _locked(world, seen, asked)
    refuse_idle_commit(world, asked)
    given = looked_up(world, given_of(world, asked), asked)
    # A Freight that is known needs nobody to find it: then registries are not asked.
    named = asked.freight is not None and is_known(seen.ledger, asked.freight)
    warehouses = [one for one in world.pipeline.warehouses if asked.warehouse in (None, one.name)]
    wanted = [_wanted(world, seen, one, given, asked) for one in warehouses]
    reached = _reached(resolved, asked)
    sought = [
        one for one in wanted if _is_sought(seen, one, asked, named=named) and (one.given or _name(one) in reached)
    ]
    found = {
        _name(one.wanted): replace(
            Making(world, seen, one, resolved, asked, as_of).candidates(), given=bool(one.wanted.given)
        )
        for one in gather(world, seen, sought, partly=asked.partly, regardless=asked.regardless)
    }
    for one in wanted:
        found.setdefault(_name(one), _known_alone(seen, one, named=named))
    refuse_unknown(asked.freight, seen.ledger, [one.freight for one in found.values()])
    return {_name(one): found[_name(one)] for one in wanted}


def _name(wanted: Wanted) -> str:
    return wanted.warehouse.name or ""


def _wanted(world: World, seen: Look, warehouse: Warehouse, given: Mapping[str, Artifact], asked: Asked) -> Wanted:
    known = [one for one in newest_first(seen.ledger, warehouse.name or "") if not is_hotfix_alone(seen.ledger, one)]
    named = Wanted(warehouse=warehouse, given=given)
    mine = [one for each in warehouse.subscriptions if (one := named.by_hand(world, each)) is not None]
    keys = {key: one for key, one in given.items() if any(one is each for each in mine)}
    latest = known[0].freight if known else None
    return Wanted(warehouse=warehouse, given=keys, latest=latest, whole=asked.whole, fresh=asked.fresh)


def _reached(resolved: Iterable[ResolvedEnvironment], asked: Asked) -> set[str]:
    """The Warehouses whose Freight gets to what is planned. What is named may be of any."""
    planned = None if asked.freight is not None or asked.by_hand else asked.environments
    return {name for one in resolved if planned is None or one.name in planned for name in one.warehouses}


def _is_sought(seen: Look, wanted: Wanted, asked: Asked, *, named: bool) -> bool:
    """Whether anything is to be found for a Warehouse, and not only what the ledger has."""
    if named and any(_asks_elsewhere(seen, one) for one in wanted.warehouse.subscriptions):
        return False
    if asked.forced and asked.by_hand:
        return bool(wanted.given)
    return wanted.warehouse.policy != "manual" or bool(wanted.given) or asked.forced or asked.whole


def _asks_elsewhere(seen: Look, subscription: Subscription) -> bool:
    """Whether a registry has to be asked for it, or a repository that does not answer."""
    return not isinstance(subscription, Git) or (subscription.repo or HOME) in seen.failed


def _known_alone(seen: Look, wanted: Wanted, *, named: bool) -> Candidates:
    known = tuple(state.freight for state in newest_first(seen.ledger, _name(wanted)))
    missing = f"no Freight of {_name(wanted)} is known" if named else MANUAL
    return Candidates(freight=known, missing=missing)


def _locked(world: World, seen: Look, asked: Asked) -> dict[str, Candidates]:
    from gitpromote.engine.freight_lock import refuse_gone

    assert asked.lock is not None
    refuse_gone(world, asked.lock)
    found = {}
    for warehouse in world.pipeline.warehouses:
        name = warehouse.name or ""
        locked = asked.lock.warehouses[name]
        known = [state.freight for state in newest_first(seen.ledger, name)]
        freight = in_order(locked.freight, known, first=False)
        found[name] = Candidates(freight=freight, missing=locked.reason, newest=locked.freight, facts=locked.facts)
    return found
