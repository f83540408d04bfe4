"""Going back in place: the edits that a Record tells of are made again in what the branch holds now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.edited_places import gone_places, had_places, left_places
from gitpromote.engine.in_place import observe_sources
from gitpromote.engine.look import Look
from gitpromote.engine.nowhere_back import cannot_be_restored
from gitpromote.engine.world import World
from gitpromote.errors import Blocked, ConfigurationError, SourceInvalid
from gitpromote.model.canonical import canonical
from gitpromote.model.freight import Freight
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.record import CONTENT_KINDS, Record
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState


def observe_undone_edits(
    world: World,
    seen: Look,
    resolved: ResolvedEnvironment,
    records: Sequence[Record],
    chosen: Record,
    freight: Mapping[str, Freight],
    *,
    head: str | None,
) -> tuple[EnvironmentObservation, Mapping[str, bytes]]:
    """What the sources hold now, against the same with the values of a Record.

    :param records: the Environment's, oldest first
    :param freight: what the Record held, by Warehouse
    :raises Blocked: the Record does not tell all values, or something that was written since would stay
    """
    state, target = seen.ledger.environment(resolved.name), resolved.target
    _refuse_unrestorable(world, seen, resolved, records, chosen, head)
    here = state.placed(repository=target.repository, ref=target.ref, path=target.path)
    edits = tuple(chosen.data.get("edits", ()))
    return observe_sources(world, resolved, freight, head=head, state=here, overlay={}, edits=edits)


def can_be_restored(
    world: World, seen: Look, resolved: ResolvedEnvironment, records: Sequence[Record], chosen: Record
) -> bool:
    """Whether the values of a Record can be put back into what the sources are now.

    :param records: the Environment's, oldest first
    """
    try:
        head = seen.head(resolved.target.repository, resolved.target.ref)
        _refuse_unrestorable(world, seen, resolved, records, chosen, head)
    except (Blocked, ConfigurationError, SourceInvalid):
        return False
    return head is not None


def _refuse_unrestorable(
    world: World,
    seen: Look,
    resolved: ResolvedEnvironment,
    records: Sequence[Record],
    chosen: Record,
    head: str | None,
) -> None:
    if unrecorded(chosen, seen.ledger.environment(resolved.name)):
        raise cannot_be_restored(resolved.name, chosen)
    if head is not None:
        refuse_halves(world, resolved, chosen, records, head)


def unrecorded(record: Record, state: EnvironmentState) -> bool:
    """Whether a Record of sources does not say all that it would take to have them again.

    Some values stood at places that are gone, or the Record tells of no edit where there are some.
    """
    if record.data.get("unrecorded"):
        return True
    edited = record.kind == "adopted" or (state.content is not None and bool(state.content.edits))
    return edited and not record.data.get("edits")


def refuse_halves(
    world: World, resolved: ResolvedEnvironment, chosen: Record, records: Sequence[Record], head: str
) -> None:
    """Making the edits of a Record again is no way back where others were made since in other places.

    :param records: the Environment's, oldest first
    :raises Blocked: something that was written since would stay, or what was there has no place any more
    """
    repository, place = world.repository(resolved.target.repository), place_of(resolved)
    edits, commit = tuple(chosen.data.get("edits", ())), str(chosen.commit)
    if edits and not had_places(repository, commit, edits):
        raise cannot_be_restored(resolved.name, chosen)
    if gone := gone_places(repository, head, edits, since=commit):
        raise cannot_be_restored(resolved.name, chosen, gone=gone)
    since = [one.data for one in records[records.index(chosen) + 1 :] if one.kind in CONTENT_KINDS and one.commit]
    here = [data for data in since if {name: data.get(name) for name in place} == place]
    later = list({canonical(edit): edit for data in here for edit in data.get("edits", ())}.values())
    if left := left_places(repository, head, edits, later, since=commit):
        raise cannot_be_restored(resolved.name, chosen, left=left)


def place_of(resolved: ResolvedEnvironment) -> dict[str, str]:
    """What a Record says of the target into which it was written."""
    target = resolved.target
    return {"repository": target.repository, "ref": target.ref, "path": target.path}
