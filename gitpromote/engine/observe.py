"""All reads of a plan happen here: refs, ledger, sources, renders and targets, gathered into one Observation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitpromote.engine.asked import Asked
from gitpromote.engine.basis import basis_of
from gitpromote.engine.candidates import Candidates
from gitpromote.engine.chosen import asked_for, chosen
from gitpromote.engine.combine import content_of, outline_of
from gitpromote.engine.discover import discover
from gitpromote.engine.ledger_missing import with_missing_ledger
from gitpromote.engine.look import Look
from gitpromote.engine.observe_rendered import Made, observe_rendered
from gitpromote.engine.sources import commits_of, rendered_asks
from gitpromote.engine.staying_out import StayingOut
from gitpromote.engine.targets import files_of, whole_ids
from gitpromote.engine.world import World
from gitpromote.errors import (
    AccessDenied,
    CacheFailed,
    GitpromoteError,
    RemoteFailed,
    RenderFailed,
    SourceInvalid,
    UsageError,
)
from gitpromote.model.freight import Freight
from gitpromote.model.names import did_you_mean
from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.plan import Tool
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.tree import Entry
from gitpromote.planning.availability import Journey, Leaving

#: What fails for one Environment, and not for all.
_APART = (RenderFailed, SourceInvalid, RemoteFailed, AccessDenied)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """An Environment with the Freight that is looked at.

    :ivar named: ids of the Freight that somebody asked for
    """

    resolved: ResolvedEnvironment
    freight: Mapping[str, Freight]
    missing: str
    refused: Freight | None = None
    named: frozenset[str] = frozenset()


def observe(
    world: World,
    seen: Look,
    asked: Asked,
    *,
    as_of: int,
    given: Mapping[str, Mapping[str, Freight]] | None = None,
    missing: Mapping[str, str] | None = None,
    refused: Mapping[str, Freight] | None = None,
    discovery: Mapping[str, Any] | None = None,
    drawn: Mapping[str, Mapping[str, Entry]] | None = None,
    candidates: Mapping[str, Candidates] | None = None,
    leaving: Leaving | None = None,
) -> Observation:
    """Everything that the planner may use.

    :param given: Environment to its Freight, where that is known and not to be sought; ``missing``: why there is none;
        ``refused``: which one its request keeps away
    :param discovery: with ``given``: what discovery had found
    :param drawn: Environment to the files that a plan would write there: what it drew is not drawn again
    :param candidates: the Freight to choose from, where it has been discovered already
    :param leaving: what the plan itself would end: nothing is chosen that waits for just that
    :raises GitpromoteError: something cannot be read or rendered; every failing render is told
    """
    journey: Journey | None = None
    if given is None:
        journey = Journey(
            pipeline=world.pipeline, ledger=seen.ledger, as_of=as_of, ask=world.ask, leaving=leaving or {}
        )
        found, discovery = _selected(world, seen, asked, journey, candidates)
    else:
        found = _given(world, given, missing or {}, refused or {})
    world.failures.environments.clear()
    found = [_within_reach(world, seen, one, regardless=asked.regardless) for one in found]
    made, looked = _made_of(world, seen, found, asked, journey)
    _refuse_unknown_apps(world, asked)
    environments, blobs = _observed(world, seen, looked, made, asked, drawn or {}, journey)
    environments |= _foreign_told(world, seen, environments)
    blobs |= world.renderings.blobs(_new_files(environments.values()))
    return Observation(
        as_of=as_of,
        basis=basis_of(world, seen, [one.resolved for one in found]),
        ledger=seen.ledger,
        discovery=discovery or {},
        environments=environments,
        blobs=blobs,
        tools=tuple(Tool(name=tool.name, version=tool.version) for tool in world.renderings.used_tools()),
    )


def _observed(
    world: World,
    seen: Look,
    looked: Sequence[_Chosen],
    made: Mapping[str, Made],
    asked: Asked,
    drawn: Mapping[str, Mapping[str, Entry]],
    journey: Journey | None,
) -> tuple[dict[str, EnvironmentObservation], dict[str, bytes]]:
    """Each Environment by name, and the files that are edited in their sources by blob id.

    :param journey: what Freight is chosen by; ``None`` where it is given
    """
    environments: dict[str, EnvironmentObservation] = {}
    blobs: dict[str, bytes] = {}
    staying = StayingOut(world, seen, journey)
    for one in looked:
        name = one.resolved.name
        try:
            observed, edited = _observe(world, seen, one, made.get(name), staying, asked.apps, drawn.get(name))
        except _APART as error:
            if not asked.regardless:
                raise
            failing = _failing(world, one, error)
            observed, edited = _observe(world, seen, failing, None, staying, asked.apps, drawn.get(name))
        if not observed.missing:
            observed = with_missing_ledger(world, seen.ledger, one.resolved, observed)
        environments[name] = observed
        blobs |= edited
    return environments, blobs


def _foreign_told(
    world: World, seen: Look, observed: Mapping[str, EnvironmentObservation]
) -> dict[str, EnvironmentObservation]:
    """Those with foreign content: whose it is, and whether a rollback is a way out of it."""
    foreign = [world.pipeline.resolved(name) for name, one in observed.items() if one.is_foreign]
    if not foreign:
        return {}
    from gitpromote.engine.own_commits import with_own_commits  # hardly ever
    from gitpromote.engine.rollback import able_to_go_back

    able = able_to_go_back(world, seen, foreign)
    return {
        one.name: replace(with_own_commits(world, seen, observed[one.name]), can_go_back=one.name in able)
        for one in foreign
    }


def _selected(
    world: World, seen: Look, asked: Asked, journey: Journey, candidates: Mapping[str, Candidates] | None
) -> tuple[list[_Chosen], dict[str, Any]]:
    """The Freight of each Environment that is asked for, and what discovery tells of their Warehouses."""
    every = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    if candidates is None:
        candidates = world.candidates = discover(world, seen, asked, every, as_of=journey.as_of)
    wanted = [one for one in every if asked.environments is None or one.name in asked.environments]
    found = []
    for resolved in wanted:
        freight, missing, refused = chosen(world, journey, candidates, resolved, asked)
        named = asked_for(journey, candidates, resolved, asked)
        found.append(_Chosen(resolved=resolved, freight=freight, missing=missing, refused=refused, named=named))
    reached = {name for resolved in wanted for name in resolved.warehouses}
    return found, {name: dict(one.facts) for name, one in candidates.items() if one.facts and name in reached}


def _given(
    world: World,
    given: Mapping[str, Mapping[str, Freight]],
    missing: Mapping[str, str],
    refused: Mapping[str, Freight],
) -> list[_Chosen]:
    return [
        _Chosen(
            resolved=world.pipeline.resolved(name),
            freight=given[name],
            missing=missing.get(name, ""),
            refused=refused.get(name),
        )
        for name in world.pipeline.order()
        if name in given
    ]


def _made_of(
    world: World, seen: Look, found: Sequence[_Chosen], asked: Asked, journey: Journey | None
) -> tuple[dict[str, Made], Sequence[_Chosen]]:
    """What each renders to, and the Environments: without Freight where it cannot be rendered.

    :param journey: what Freight is chosen by; ``None`` where it is given
    """
    try:
        return _made(world, seen, found), found
    except _APART:
        newer = _instead(world, seen, found, asked, journey) if journey is not None else None
        if newer is None and not asked.regardless:
            raise
    if newer is not None:
        return _made_of(world, seen, newer, asked, None)
    made: dict[str, Made] = {}
    left: list[_Chosen] = []
    for one in found:
        try:
            made |= _made(world, seen, [one])
            left.append(one)
        except _APART as error:
            left.append(_failing(world, one, error))
    return made, left


def _instead(
    world: World, seen: Look, found: Sequence[_Chosen], asked: Asked, journey: Journey
) -> list[_Chosen] | None:
    """The Environments, with newer Freight or none where what they look at is older than its sources.

    :returns: ``None`` where there is no such Freight
    :raises SourceInvalid: it was asked for, and can go nowhere
    """
    from gitpromote.engine.older_sources import OlderSources  # a definition changes seldom

    older = OlderSources(world, seen, journey, world.candidates, asked)
    others = [older.instead(one.resolved, one.freight) if not one.missing else None for one in found]
    told = next((one for one in others if one is not None), None)
    if told is None:
        return None
    if older.named and all(one is not None and one.missing for one in others):
        raise told.error
    return [
        one if other is None else replace(one, freight=other.freight, missing=other.missing)
        for one, other in zip(found, others, strict=True)
    ]


def _within_reach(world: World, seen: Look, one: _Chosen, *, regardless: bool) -> _Chosen:
    """An Environment whose target or sources are out of reach has no Freight: what would change is not known."""
    where, error = "target", seen.failed.get(one.resolved.target.repository) if one.resolved.target.ref else None
    if error is None:
        where, error = "sources", _out_of_reach(world, seen, one)
    if error is None:
        return one
    if not regardless:
        raise error
    world.failures.environments[one.resolved.name] = error
    return replace(one, freight={}, missing=f"its {where} cannot be read: {error.summary}")


def _out_of_reach(world: World, seen: Look, one: _Chosen) -> GitpromoteError | None:
    """Why a commit of its Freight cannot be had: its repository fails, and nobody read it here before."""
    commits, read = commits_of(one.freight.values()), {app.repository for app in one.resolved.apps}
    for key, error in seen.failed.items():
        repository = world.repository(key)
        if key not in read:
            continue
        try:
            repository.ensure([commits[repository.canonical]] if repository.canonical in commits else [])
        except (RemoteFailed, AccessDenied, CacheFailed):
            return error
    return None


def _failing(world: World, one: _Chosen, error: GitpromoteError) -> _Chosen:
    """An Environment whose Freight cannot be rendered: what it would be is not known."""
    world.failures.environments[one.resolved.name] = error
    aliases = " ".join(freight.alias for freight in one.freight.values())
    return replace(one, freight={}, missing=f"{aliases} cannot be rendered: {error.summary}")


def _made(world: World, seen: Look, found: Sequence[_Chosen]) -> dict[str, Made]:
    """Everything in one go, so that renders run side by side. Files are fetched only where they differ."""
    here = [one for one in found if one.resolved.target.is_rendered and one.freight and not one.missing]
    asks = [rendered_asks(one.resolved, commits_of(one.freight.values()), world, one.freight.values()) for one in here]
    results = iter(world.renderings.render([ask for group in asks for ask in group]))
    wholes = _whole_ids(world, seen, [one.resolved for one in here])
    made = {}
    for one, group in zip(here, asks, strict=True):
        resolved, rendered = one.resolved, [next(results) for _ in group]
        object_format = world.repository(resolved.target.repository).object_format
        desired = outline_of(resolved, rendered, object_format=object_format)
        changes = desired.whole != wholes[resolved.name]
        made[resolved.name] = Made(rendered=rendered, desired=desired, changes=changes)
    return made | _completed(world, seen, [one.resolved for one in here if made[one.resolved.name].changes], made)


def _completed(
    world: World, seen: Look, changing: Sequence[ResolvedEnvironment], made: Mapping[str, Made]
) -> dict[str, Made]:
    """With the files themselves, where the target is to become another one."""
    groups = [made[resolved.name].rendered for resolved in changing]
    present = _present(world, seen, changing)
    results = iter(world.renderings.complete([one for group in groups for one in group]))
    found = {}
    for resolved, group in zip(changing, groups, strict=True):
        rendered = [next(results) for _ in group]
        object_format = world.repository(resolved.target.repository).object_format
        desired = content_of(resolved, rendered, object_format=object_format)
        found[resolved.name] = Made(rendered=rendered, desired=desired, changes=True, present=present[resolved.name])
    return found


def _present(world: World, seen: Look, changing: Sequence[ResolvedEnvironment]) -> dict[str, Mapping[str, Entry]]:
    """What their targets hold now, all read together."""
    found: dict[str, Mapping[str, Entry]] = {}
    for key, here in _by_repository(changing).items():
        heads = [(seen.head(key, resolved.target.ref), resolved.target) for resolved in here]
        found |= zip([one.name for one in here], files_of(world.repository(key), heads), strict=True)
    return found


def _whole_ids(world: World, seen: Look, targets: Sequence[ResolvedEnvironment]) -> dict[str, str | None]:
    """The id of every rendered target as it is now: by it alone most are proven unchanged."""
    found: dict[str, str | None] = {}
    for key, here in _by_repository(targets).items():
        heads = [(seen.head(key, resolved.target.ref), resolved.target) for resolved in here]
        found |= zip([one.name for one in here], whole_ids(world.repository(key), heads), strict=True)
    return found


def _by_repository(targets: Sequence[ResolvedEnvironment]) -> dict[str, list[ResolvedEnvironment]]:
    groups: dict[str, list[ResolvedEnvironment]] = {}
    for resolved in targets:
        groups.setdefault(resolved.target.repository, []).append(resolved)
    return groups


def _observe(
    world: World,
    seen: Look,
    one: _Chosen,
    made: Made | None,
    staying: StayingOut,
    apps: tuple[str, ...] | None,
    planned: Mapping[str, Entry] | None,
) -> tuple[EnvironmentObservation, dict[str, bytes]]:
    resolved, target = one.resolved, one.resolved.target
    head = seen.head(target.repository, target.ref)
    state = seen.ledger.environment(resolved.name)
    state = state.placed(repository=target.repository, ref=target.ref, path=target.path)
    if one.missing or not one.freight:
        missing = one.missing or "no Warehouse has Freight for it"
        return EnvironmentObservation(name=resolved.name, missing=missing, refused=one.refused, head=head), {}
    if made is not None:
        return observe_rendered(world, resolved, one.freight, made, head, state, apps, planned), {}
    if target.kind == "none":
        return EnvironmentObservation(name=resolved.name, freight=one.freight), {}
    return staying.observe(resolved, one.freight, head=head, state=state, apps=apps, named=one.named)


def _refuse_unknown_apps(world: World, asked: Asked) -> None:
    known = [app.name for app in world.pipeline.apps]
    unknown = [name for name in asked.apps or () if name not in known]
    if unknown:
        raise UsageError(
            "There is no such App",
            code="app-unknown",
            detail=f"{', '.join(unknown)}; {world.pipeline.name} has {', '.join(known)}",
            hint=did_you_mean(unknown[0], known),
        )


def _new_files(environments: Iterable[EnvironmentObservation]) -> set[str]:
    found: set[str] = set()
    for observed in environments:
        current, desired = observed.current, observed.desired
        if current is None or desired is None or observed.edited or current.whole == desired.whole:
            continue
        found.update(
            entry.oid
            for path, entry in desired.files.items()
            if path not in desired.sensitive and current.files.get(path) != entry
        )
    return found
