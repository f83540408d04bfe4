"""Freight that is recorded because somebody asks for it, of named artifacts or of what is found; and names for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitpromote.engine.append import append, event, freight_created
from gitpromote.engine.asked import Asked
from gitpromote.engine.candidates import Candidates
from gitpromote.engine.discover import discover
from gitpromote.engine.freight_named import is_rejected, known_freight, refuse_rejected
from gitpromote.engine.freight_verbs import refuse_skipped_target, requested
from gitpromote.engine.look import look
from gitpromote.engine.world import World
from gitpromote.errors import Blocked, UsageError
from gitpromote.model.freight import PROVENANCE, Freight
from gitpromote.model.names import did_you_mean
from gitpromote.model.record import Record
from gitpromote.model.state import Intent, LedgerState

__all__ = ["Recorded", "alias_freight", "ask_anew", "discovered", "named_freight", "record_freight"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
_DIGITS = re.compile(r"[0-9a-f]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A Freight of the ledger.

    :ivar new: it was recorded now, and not before
    :ivar labelled: it was known, and has other labels from now on
    :ivar kept: words of its provenance that were said otherwise now, and stay as they were recorded first
    :ivar rejected: it was known and had been rejected: by whom, and why; nothing is said of it anew
    :ivar requested: it was asked for by a Record of its own, with an intent or, after one with an intent, without
    :ivar target: how far, and ``skip`` without what: as :class:`~gitpromote.model.state.Intent` has it
    :ivar before: the intent of the request before that one, where it had one
    """

    freight: Freight
    new: bool
    labelled: bool = False
    rejected: str = ""
    requested: bool = False
    target: str | None = None
    skip: tuple[str, ...] = ()
    before: Intent | None = None
    kept: tuple[str, ...] = ()
    candidates: Candidates = field(default_factory=lambda: Candidates(freight=()))


def discovered(world: World, asked: Asked, *, as_of: int) -> dict[str, Candidates]:
    """What is there for each Warehouse. Nothing is pushed."""
    _refuse_unknown_warehouse(world, asked.warehouse)
    resolved = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    return discover(world, look(world, resolved, regardless=asked.partly), asked, resolved, as_of=as_of)


def record_freight(
    world: World,
    asked: Asked,
    *,
    as_of: int,
    labels: Mapping[str, str] | None = None,
    provenance: Mapping[str, str] | None = None,
    target: str | None = None,
    skip: Sequence[str] = (),
) -> tuple[Recorded, ...]:
    """Record the Freight that the Warehouses come to, with what was named by hand in the place of what would be found.

    Two who record the same Freight at once record it once. What is refused leaves nothing in the ledger. What is known
    already takes other labels by a Record of their own, and keeps its provenance. What is named by hand
    without an intent after a request with one is asked for anew, the whole way.

    :param labels: what is said of it; ``provenance`` by the words of :data:`~gitpromote.model.freight.PROVENANCE`
    :param target: the Environment up to which it is asked to go; ``skip`` those that it is asked to leave out
    :raises UsageError: something was named that nothing subscribes to, or that does not exist; a word of provenance
        that there is not; a target that is left out
    :raises Blocked: there is no set of artifacts; all that there is was rejected, or what was named
    """
    said = _said(labels, provenance)
    concerned = named_freight(world, asked, as_of=as_of)
    made = {name: _with(one.newest, said) for name, one in concerned.items() if one.newest is not None}
    told = _record(world, made, said, target=target, skip=skip, plainly=asked.by_hand)
    return tuple(replace(one, candidates=concerned[name]) for name, one in told.items())


def ask_anew(
    world: World,
    freight: Freight,
    *,
    labels: Mapping[str, str] | None = None,
    provenance: Mapping[str, str] | None = None,
    target: str | None = None,
    skip: Sequence[str] = (),
) -> Recorded:
    """Ask for a Freight that is there: as far as is said now, the whole way where nothing is.

    :raises UsageError: a word of provenance that there is not; a target that is left out
    :raises Blocked: the Freight was rejected
    """
    said = _said(labels, provenance)
    made = {freight.warehouse: _with(freight, said)}
    return _record(world, made, said, target=target, skip=skip, plainly=True)[freight.warehouse]


def _said(labels: Mapping[str, str] | None, provenance: Mapping[str, str] | None) -> Mapping[str, Mapping[str, str]]:
    _refuse_unknown_words(provenance or {})
    return {"labels": dict(labels or {}), "provenance": dict(provenance or {})}


def _record(
    world: World,
    made: Mapping[str, Freight],
    said: Mapping[str, Mapping[str, str]],
    *,
    target: str | None,
    skip: Sequence[str],
    plainly: bool,
) -> dict[str, Recorded]:
    """Record Freight by its Warehouse, and how far it is asked to go.

    :param plainly: whether no intent is a request for the whole way, where there was another one before
    """
    intent = target is not None or bool(skip)
    for one in made.values() if intent else ():
        refuse_skipped_target(world, one, target=target, skip=skip)
    told: dict[str, Recorded] = {}

    def records(state: LedgerState) -> Sequence[Record]:
        living = [one for one in made.values() if not is_rejected(state, one)]
        for one in made.values() if intent or plainly or not living else ():
            refuse_rejected(state, one)
        for name, one in made.items():
            told[name], before = _recorded(one, said, state), _narrowed(state, one)
            if intent or (plainly and before is not None):
                how = tuple(dict.fromkeys(skip))
                told[name] = replace(told[name], requested=True, target=target, skip=how, before=before)
        asks = [one.freight for one in told.values() if one.requested]
        return [
            *freight_created(world, made.values(), state, plan=None),
            *(_labels(world, one.freight, said["labels"]) for one in told.values() if one.labelled),
            *(requested(world, one, target=target, skip=skip) for one in asks),
        ]

    append(world, records)
    return told


def _narrowed(state: LedgerState, freight: Freight) -> Intent | None:
    """The intent that keeps a Freight from going the whole way; none counts of what goes nowhere at all."""
    known = state.freight.get(freight.id)
    if known is None or known.rejected or known.intent is None:
        return None
    return known.intent if known.intent.target is not None or known.intent.skip else None


def _recorded(freight: Freight, said: Mapping[str, Mapping[str, str]], state: LedgerState) -> Recorded:
    """What the ledger will have of it: artifacts are the same for good, labels may be said anew."""
    known = state.freight.get(freight.id)
    if known is None:
        return Recorded(freight=freight, new=True)
    if known.rejected:
        return Recorded(freight=known.freight, new=False, rejected=known.rejection)
    labels = {**known.freight.labels, **said["labels"]}
    provenance = known.freight.provenance
    return Recorded(
        freight=known.freight.model_copy(update={"labels": labels}),
        new=False,
        labelled=labels != known.freight.labels,
        kept=tuple(sorted(word for word, text in said["provenance"].items() if provenance.get(word) != text)),
    )


def _labels(world: World, freight: Freight, labels: Mapping[str, str]) -> Record:
    data = {"freight": freight.id, "labels": dict(labels)}
    return event(world, "freight-labelled", freight={freight.warehouse: freight.id}, data=data)


def named_freight(world: World, asked: Asked, *, as_of: int) -> dict[str, Candidates]:
    """What the Warehouses come to, or, where something was named by hand, those of them that take it.

    :raises UsageError: something was named that nothing subscribes to, or that does not exist
    :raises Blocked: there is no set of artifacts
    """
    found = discovered(world, asked, as_of=as_of)
    concerned = {name: one for name, one in found.items() if not asked.by_hand or one.given}
    nothing = {name: one.missing for name, one in concerned.items() if one.newest is None}
    if nothing:
        told = "\n".join(f"{name}: {reason}" for name, reason in nothing.items())
        hint = f"What was looked at, and why it does not count:\n  gitpromote freight discover {world.pipeline.name}"
        raise Blocked("There is no Freight to be made", code="freight-nothing", detail=told, hint=hint)
    return concerned


def alias_freight(world: World, words: str, name: str) -> Record:
    """Give a Freight one more name. A name is one Freight's for good, so that what was written with it stays true.

    :raises UsageError: the name is none, or is taken already
    """
    if not _NAME.fullmatch(name) or _DIGITS.fullmatch(name):
        raise UsageError(
            "This is not a name for Freight",
            code="alias-invalid",
            detail=f"{name!r}: small letters, digits, dots and dashes, 63 at most; not digits of an id alone",
            hint="Write it like spring-release.",
        )

    def records(state: LedgerState) -> Sequence[Record]:
        freight = known_freight(state, words).freight
        taken = next((one.freight for one in state.freight.values() if name in (one.freight.alias, *one.aliases)), None)
        if taken is not None:
            raise UsageError(
                "This name is taken",
                code="alias-taken",
                detail=f"{name} is {taken.id[:12]} {taken.alias}",
                hint="A name stays with its Freight; choose another one.",
            )
        data = {"freight": freight.id, "alias": name}
        return [event(world, "freight-aliased", freight={freight.warehouse: freight.id}, data=data)]

    return append(world, records)[0][-1]


def _with(freight: Freight, said: Mapping[str, Mapping[str, str]]) -> Freight:
    """The Freight with what is said of it beside what its artifacts say."""
    told = {"labels": {**freight.labels, **said["labels"]}, "provenance": {**freight.provenance, **said["provenance"]}}
    return freight.model_copy(update=told)


def _refuse_unknown_words(provenance: Mapping[str, str]) -> None:
    unknown = next((word for word in provenance if word not in PROVENANCE), None)
    if unknown is not None:
        raise UsageError(
            "Provenance has no such word",
            code="provenance-unknown",
            detail=f"{unknown!r}; it has {', '.join(PROVENANCE)}",
            hint="Everything else is a label: --label KEY=VALUE",
        )


def _refuse_unknown_warehouse(world: World, name: str | None) -> None:
    known = [one.name or "" for one in world.pipeline.warehouses]
    if name is not None and name not in known:
        raise UsageError(
            "There is no such Warehouse", code="warehouse-unknown", detail=repr(name), hint=did_you_mean(name, known)
        )
