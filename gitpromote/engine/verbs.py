"""Verbs that only record: each appends one Record by compare-and-swap, or takes or leaves a lock."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gitpromote.engine.adopted_edits import edits_now, rendered_then_and_now
from gitpromote.engine.append import append, event, ledger_refused
from gitpromote.engine.edited_places import still_holds
from gitpromote.engine.hiding import tree_without
from gitpromote.engine.locked import lock_data
from gitpromote.engine.look import Look, lock_prefix, look
from gitpromote.engine.second_writer import refuse_second_writer
from gitpromote.engine.targets import read_content
from gitpromote.engine.world import World
from gitpromote.errors import Blocked, Contention, RemoteFailed, UsageError
from gitpromote.model.canonical import canonical
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.record import Record
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as RecordedContent
from gitpromote.model.state import EnvironmentState, LedgerState, RolledBack
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.debt import fields_of, files_between
from gitpromote.ports import NewCommit, RefChange, Repository

# What edits YAML is loaded where sources are adopted.
if TYPE_CHECKING:
    from gitpromote.render.edits_found import FoundEdits

LOCK_FORMAT = "gitpromote.lock/1.0"

#: More changed fields than this are not told one by one.
_MOST_FIELDS = 500


def hold(world: World, environment: str, *, reason: str) -> Record:
    """Keep the Environment's Freight until it is released.

    :raises Blocked: it is held already
    """

    def records(state: LedgerState) -> Sequence[Record]:
        held = state.environment(environment).held
        if held is not None:
            raise Blocked(
                "The environment is held already",
                code="held-already",
                detail=f'{environment}: by {held.actor}: "{held.reason}"',
                hint=f"Lift that hold first:\n  gitpromote release {environment}",
            )
        freight = state.environment(environment).freight
        return [event(world, "held", environment=environment, freight=freight, data={"reason": reason})]

    world.known(environment)
    return append(world, records)[0][-1]


def release(world: World, environment: str, *, reason: str) -> Record:
    """Lift a hold.

    :raises UsageError: it is not held
    """

    def records(state: LedgerState) -> Sequence[Record]:
        if state.environment(environment).held is None:
            raise UsageError("The environment is not held", code="not-held", detail=environment)
        freight = state.environment(environment).freight
        return [event(world, "released", environment=environment, freight=freight, data={"reason": reason})]

    world.known(environment)
    return append(world, records)[0][-1]


def rolled_back(world: World, environment: str) -> list[tuple[Freight, RolledBack]]:
    """The Freight from which somebody went back in an Environment, and that may come again, newest rollback first."""
    ledger = world.ledger.read(world.home.fetch([world.ledger.ref]).get(world.ledger.ref))
    left = ledger.environment(environment).rolled_back
    known = [(ledger.freight[key], one) for key, one in left.items() if key in ledger.freight]
    found = [(state.freight, one) for state, one in known if not state.rejected]
    return sorted(found, key=lambda pair: pair[1].at, reverse=True)


def adopt(world: World, environment: str, *, reason: str) -> Record:
    """Say that what the target holds now is meant, whoever wrote it.

    :raises UsageError: the target does not exist, or holds just what the last Record says
    :raises ConfigurationError: another pipeline wrote it (``path-shared``)
    """
    world.known(environment)
    resolved = world.pipeline.resolved(environment)
    target = resolved.target
    seen = look(world, [resolved], sources=False)
    repository = world.repository(target.repository)
    head = seen.head(target.repository, target.ref) if target.ref else None
    if head is None:
        raise UsageError(
            "There is nothing to adopt", code="nothing-to-adopt", detail=f"{environment}: its target does not exist"
        )
    recorded = seen.ledger.environment(environment)
    state = recorded.placed(repository=target.repository, ref=target.ref, path=target.path)
    omit = state.content.omitted if state.content else ()
    names, paths = [app.name for app in resolved.apps], world.pipeline.sensitive_paths
    content = None
    if target.is_rendered:
        content = read_content(repository, head, target, apps=names, omit=omit, sensitive_paths=paths)
    found = _edits(world, resolved, seen, head, state) if content is None else None
    if state.content is not None and _is_recorded(repository, head, state.content, content, found):
        raise UsageError(
            "There is nothing to adopt",
            code="nothing-to-adopt",
            detail=f"{environment}: its target holds what was last recorded",
        )
    if content is not None and not content.is_empty:
        refuse_second_writer(world, resolved, head)
    tree, sensitive = (content.tree, content.sensitive) if content else (None, ())
    data = {
        "ref": target.ref,
        "repository": target.repository,
        "path": target.path,
        "reason": reason,
        **_adopted(state, sensitive, found),
        "subtrees": list(target.subtrees),
        "keep": list(target.keep),
        "changed": _changed(world, resolved, seen, state, content, head),
    }

    def records(now: LedgerState) -> Sequence[Record]:
        if now.environment(environment) != recorded:
            raise Contention(
                "Somebody else was faster",
                code="adopt-overtaken",
                detail=f"{environment}: its Records are no longer those that were looked at.",
                hint="Look again:\n  gitpromote status",
            )
        return [
            event(world, "adopted", environment=environment, freight=state.freight, tree=tree, commit=head, data=data)
        ]

    return append(world, records)[0][-1]


def _edits(world: World, resolved: ResolvedEnvironment, seen: Look, head: str, state: EnvironmentState) -> FoundEdits:
    return edits_now(world, resolved, _known(seen, state), head=head, state=state)


def _known(seen: Look, state: EnvironmentState) -> dict[str, Freight]:
    known = seen.ledger.freight
    return {name: known[one].freight for name, one in state.freight.items() if one in known}


def _is_recorded(
    repository: Repository, head: str, recorded: RecordedContent, content: Content | None, found: FoundEdits | None
) -> bool:
    """Whether the target holds what the last Record says. Where it says of no edit, there is nothing that holds."""
    if content is None:
        told = bool(recorded.edits) or found is None or not found.edits
        return told and still_holds(repository, head, recorded.edits, since=recorded.commit)
    return recorded.tree == tree_without(content, recorded.omitted, object_format=repository.object_format)


def _adopted(state: EnvironmentState, sensitive: Any, found: FoundEdits | None) -> dict[str, Any]:
    """What stands at our edits' places is what a rollback puts back; of what it cannot put back it is told, too."""
    edits = [dict(one) for one in found.edits] if found else []
    lost = {"unrecorded": list(found.lost)} if found and found.lost else {}
    before = state.content.tree if state.content else None
    return {"omitted": sorted(sensitive), "edits": edits, "before": before, **lost}


def _changed(
    world: World,
    resolved: ResolvedEnvironment,
    seen: Look,
    state: EnvironmentState,
    content: Content | None,
    head: str,
) -> list[list[str]] | None:
    """Title and path of each field that somebody changed, and other files, so that trunk can be seen to contain it.

    ``None`` where that cannot be told: there is nothing to compare with, or it is too much.

    :param content: what a rendered target holds; of sources it is what they render to
    """
    recorded = state.content
    if recorded is None or recorded.commit is None:
        return None
    repository = world.repository(resolved.target.repository)
    try:
        repository.ensure([recorded.commit])
    except RemoteFailed:
        return None
    names, paths = [app.name for app in resolved.apps], world.pipeline.sensitive_paths
    omit = recorded.omitted
    if content is not None:
        before = read_content(
            repository, recorded.commit, resolved.target, apps=names, omit=omit, sensitive_paths=paths
        )
    else:
        known = _known(seen, state)
        both = rendered_then_and_now(world, resolved, known, then=recorded.commit, now=head)
        if both is None:
            return None
        before, content = both
    observed = EnvironmentObservation(name=resolved.name, current=before, desired=content)
    found = [*fields_of(changes_of(observed, world.pipeline)), *files_between(before, content)]
    return [list(one) for one in found] if len(found) <= _MOST_FIELDS else None


def lock(world: World, environment: str, *, reason: str, ttl: int) -> Record:
    """Create the Environment's lock.

    :param ttl: seconds after which it no longer counts
    :raises Contention: somebody holds it
    :raises UsageError: the time is less than a second
    """
    world.known(environment)
    if ttl < 1:
        raise UsageError(
            "A lock must end some day", code="ttl-invalid", detail=f"{ttl} seconds", hint="Write --ttl 1h."
        )
    ref = lock_prefix(world.pipeline.name, world.pipeline.refs) + environment
    nonce, now = secrets.token_hex(16), world.clock.now()
    body = {
        "format": LOCK_FORMAT,
        "nonce": nonce,
        "who": world.actor,
        "plan": None,
        "reason": reason,
        "at": now,
        "ttl": ttl,
    }
    before = world.home.fetch([ref]).get(ref)
    if before is not None and not _has_expired(world, before):
        raise _taken(world, environment, before)
    message = f"lock {world.pipeline.name}/{environment}\n\n{canonical(body).decode()}\n"
    commit = NewCommit(parent=None, changes={}, message=message, identity=world.pipeline.identity, at=now)
    new = world.home.write([commit])[0]
    answer = world.home.push([RefChange(ref=ref, new=new, expected=before)])[ref]
    if answer.status == "refused":
        raise ledger_refused(ref, answer.words, code=answer.code)
    if answer.status != "written":
        current = world.home.fetch([ref]).get(ref)
        raise _taken(world, environment, current, words=answer.words)
    data = {"reason": reason, "ttl": ttl, "nonce": nonce}
    return append(world, lambda _: [event(world, "locked", environment=environment, data=data)])[0][-1]


def unlock(world: World, environment: str, *, force: bool) -> Record:
    """Delete the Environment's lock, while it is the very one that was read; also of one that the Pipeline has no more.

    :raises UsageError: it is not locked
    :raises Contention: somebody else holds it, and ``force`` is not set
    """
    if not _is_remembered(world, environment):
        world.known(environment)
    ref = lock_prefix(world.pipeline.name, world.pipeline.refs) + environment
    before = world.home.fetch([ref]).get(ref)
    if before is None:
        raise UsageError("The environment is not locked", code="not-locked", detail=environment)
    data = lock_data(world.home.commits([before])[before].message)
    if data["who"] != world.actor and not force and not _has_expired(world, before):
        raise _taken(world, environment, before)
    answer = world.home.push([RefChange(ref=ref, new=None, expected=before)])[ref]
    if answer.status not in ("written", "same"):
        raise Contention(
            "The lock is another one now",
            code="lock-changed",
            detail=f"{environment}: {answer.words}",
            hint="Look again.",
        )
    told = {"who": data["who"], "nonce": data["nonce"], "forced": force}
    return append(world, lambda _: [event(world, "unlocked", environment=environment, data=told)])[0][-1]


def _is_remembered(world: World, environment: str) -> bool:
    """Whether the ledger knows an Environment that the Pipeline has no more."""
    if environment in [one.name for one in world.pipeline.environments]:
        return False
    head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
    return any(one.environment == environment for one in world.ledger.records(head))


def _has_expired(world: World, oid: str) -> bool:
    data = lock_data(world.home.commits([oid])[oid].message)
    return bool(data["ttl"]) and world.clock.now() >= data["at"] + data["ttl"]


def _taken(world: World, environment: str, oid: str | None, *, words: str = "") -> Contention:
    data = lock_data(world.home.commits([oid])[oid].message) if oid else {"who": "", "reason": ""}
    reason = f': "{data["reason"]}"' if data["reason"] else ""
    own = data["who"] == world.actor
    who = f"yourself, {data['who']}" if own else data["who"] or "somebody"
    away = f"gitpromote unlock {environment}"
    return Contention(
        "The environment is locked",
        code="lock-held",
        detail=f"{environment}: locked by {who}{reason}{f' ({words})' if words else ''}",
        hint=f"The lock is your own: your applies go on. To take it away:\n  {away}"
        if own
        else f"Ask, then take it away:\n  {away} --force",
    )
