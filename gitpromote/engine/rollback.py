"""Going back: the recorded tree of an Environment's last different verified Freight, without rendering anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from gitpromote.engine.look import Look
from gitpromote.engine.not_undone import not_undone
from gitpromote.engine.nowhere_back import is_called, nothing_to_go_back_to
from gitpromote.engine.observe_rendered import holds_foreign
from gitpromote.engine.rollback_in_place import can_be_restored, observe_undone_edits, place_of
from gitpromote.engine.targets import foreign_commits, lost_commit, read_content
from gitpromote.engine.world import World
from gitpromote.history.moved import names_of
from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import versions
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.plan import PlannedSource
from gitpromote.model.record import CONTENT_KINDS, Record
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.target_content import undone_outcomes

RECORDED = "recorded"


def observe_rollback(
    world: World, seen: Look, resolved: ResolvedEnvironment, *, to: str | None
) -> tuple[EnvironmentObservation, Mapping[str, bytes]]:
    """What the Environment held before, against what it holds now.

    :param to: a Freight by id or alias; default: the last different one that was verified there
    """
    records = records_of(world, seen, resolved)
    chosen = _chosen(world.pipeline.name, seen, resolved, records, to)
    freight = {name: seen.ledger.freight[identifier].freight for name, identifier in chosen.freight.items()}
    head = seen.head(resolved.target.repository, resolved.target.ref)
    if resolved.target.kind == "in-place":
        observed, blobs = observe_undone_edits(world, seen, resolved, records, chosen, freight, head=head)
    else:
        observed, blobs = _in_recorded_tree(world, seen, resolved, chosen, freight, head=head)
    return _with_what_stays(world, seen, _undoing(observed)), blobs


def _in_recorded_tree(
    world: World,
    seen: Look,
    resolved: ResolvedEnvironment,
    chosen: Record,
    freight: Mapping[str, Freight],
    *,
    head: str | None,
) -> tuple[EnvironmentObservation, Mapping[str, bytes]]:
    """Rendered: the files of the Record's commit, byte for byte."""
    assert chosen.commit is not None
    target = resolved.target
    repository = world.repository(target.repository)
    repository.ensure([chosen.commit])
    read = partial(
        read_content,
        target=target,
        apps=[app.name for app in resolved.apps],
        sensitive_paths=world.pipeline.sensitive_paths,
    )
    desired = read(repository, chosen.commit, omit=chosen.data.get("omitted", ()))
    current = read(repository, head, omit=desired.sensitive)
    state = seen.ledger.environment(resolved.name)
    is_foreign = holds_foreign(state, current, object_format=repository.object_format)
    observed = EnvironmentObservation(
        name=resolved.name,
        freight=freight,
        head=head,
        is_foreign=is_foreign,
        foreign=foreign_commits(repository, head, resolved, state) if is_foreign else (),
        lost=lost_commit(repository, head, state) if is_foreign else None,
        current=current,
        desired=desired,
        reads=(("", "tree" if current.files else "absent", current.tree if current.files else None),),
        sources=(_source(chosen, target.repository, target.path, desired),),
    )
    return observed, repository.blobs(_new(current, desired))


def _undoing(observed: EnvironmentObservation) -> EnvironmentObservation:
    """Whatever somebody wrote there meanwhile: a rollback is a way out of it, and tells whose work that was."""
    observed = replace(observed, gone=())  # whatever is put back has a place
    told = (*observed.warnings, *undone_outcomes(observed))
    return replace(observed, is_foreign=False, foreign=(), lost=None, warnings=told)


def _with_what_stays(world: World, seen: Look, observed: EnvironmentObservation) -> EnvironmentObservation:
    """The same with warnings of what Git does not undo."""
    held = seen.ledger.environment(observed.name).freight.values()
    left = versions(seen.ledger.freight[one].freight for one in held if one in seen.ledger.freight)
    changes = changes_of(observed, world.pipeline)
    stays = not_undone(changes, left=left, back=versions(observed.freight.values()))
    return replace(observed, warnings=(*observed.warnings, *stays))


def _source(record: Record, repository: str, path: str, desired: Content) -> PlannedSource:
    return PlannedSource(
        app="", repository=repository, commit=str(record.commit), path=path, inputs=desired.tree, renderer=RECORDED
    )


def _new(current: Content, desired: Content) -> set[str]:
    return {
        entry.oid
        for path, entry in desired.files.items()
        if path not in desired.sensitive and current.files.get(path) != entry
    }


def to_go_back_to(world: World, seen: Look, resolved: ResolvedEnvironment) -> list[Record]:
    """The Records of content, in this target, whose Freight is another one and still counts as verified there.

    The newest comes first.
    """
    return _counting(seen, resolved, records_of(world, seen, resolved))


def able_to_go_back(world: World, seen: Look, every: Iterable[ResolvedEnvironment]) -> set[str]:
    """The names of those Environments in which a rollback finds other content that was verified there."""
    possible = [one for one in every if _has_had_another(seen.ledger.environment(one.name))]
    recorded = world.ledger.records(seen.ledger.head) if possible else ()
    return {one.name for one in possible if _can_go_back(world, seen, one, _of(world, one, recorded))}


def _can_go_back(world: World, seen: Look, resolved: ResolvedEnvironment, records: Sequence[Record]) -> bool:
    """Whether there is something to go back to, and that can be put back."""
    found = _undoing_something(seen, resolved, records)
    if not found or resolved.target.kind != "in-place":
        return bool(found)
    return can_be_restored(world, seen, resolved, records, found[0])


def _has_had_another(state: EnvironmentState) -> bool:
    """Whether the Records are worth a look."""
    return not state.verified.keys() <= set(state.freight.values()) or _is_partly(state)


def records_of(world: World, seen: Look, resolved: ResolvedEnvironment) -> list[Record]:
    """The Records of an Environment, oldest first."""
    return _of(world, resolved, world.ledger.records(seen.ledger.head))


def _of(world: World, resolved: ResolvedEnvironment, recorded: Iterable[Record]) -> list[Record]:
    """The Records of an Environment, under every name that it has had."""
    names = names_of(world.pipeline, resolved.name)
    return [one for one in recorded if one.environment in names]


def _counting(seen: Look, resolved: ResolvedEnvironment, records: Sequence[Record]) -> list[Record]:
    state, place = seen.ledger.environment(resolved.name), place_of(resolved)
    # What was rolled away has lost its verification: going back twice goes further back.
    known = state.verified.keys() & seen.ledger.freight.keys()
    return [
        one
        for one in reversed(records)
        if one.kind in CONTENT_KINDS
        and one.commit
        and one.freight
        and not one.data.get("apps")
        and (one.freight != state.freight or _is_partly(state))
        and known >= set(one.freight.values())
        and {name: one.data.get(name) for name in place} == place
    ]


def _is_partly(state: EnvironmentState) -> bool:
    """Whether some Apps were promoted alone: then what is held is to be there as a whole again."""
    return state.content is not None and bool(state.content.apps)


def _chosen(
    pipeline: str, seen: Look, resolved: ResolvedEnvironment, records: Sequence[Record], to: str | None
) -> Record:
    """The last of those that count, of the Freight that is asked for."""
    if to is None:
        found = _undoing_something(seen, resolved, records)
    else:
        found = [
            one
            for one in _counting(seen, resolved, records)
            if any(is_called(seen, identifier, to) for identifier in one.freight.values())
        ]
    if not found:
        raise nothing_to_go_back_to(pipeline, seen, resolved, to, elsewhere=_elsewhere(records, place_of(resolved)))
    return found[0]


def _undoing_something(seen: Look, resolved: ResolvedEnvironment, records: Sequence[Record]) -> list[Record]:
    """Those that count and hold other files.

    What was inherited is another Freight of the same files: going back to it would undo nothing. Of files with secrets
    nobody can tell.
    """
    state, found = seen.ledger.environment(resolved.name), _counting(seen, resolved, records)
    if state.content is None or not resolved.target.is_rendered or _is_partly(state):
        return found
    return [one for one in found if one.tree != state.content.tree or one.data.get("omitted")]


def _elsewhere(records: Sequence[Record], place: Mapping[str, str]) -> str:
    """Where it was written before its target became another one; empty where it was always this one."""
    told = [one.data for one in records if one.kind in CONTENT_KINDS and one.commit]
    last = next((data for data in reversed(told) if {name: data.get(name) for name in place} != place), None)
    if last is None:
        return ""
    return "/".join(part for part in (str(last.get("ref") or "").removeprefix("refs/heads/"), last.get("path")) if part)
