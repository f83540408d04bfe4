"""A discovery that is kept, so that a plan can be made of it again without asking anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, RemoteFailed
from gitpromote.model.canonical import canonical, digest
from gitpromote.model.discovered import LOCK_FORMAT, FreightLock, LockedWarehouse
from gitpromote.model.freight import freight_id
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.resolved import HOME
from gitpromote.model.subscription import Git

if TYPE_CHECKING:
    from gitpromote.engine.candidates import Candidates

__all__ = ["lock_bytes", "lock_of", "read_lock", "refuse_foreign", "refuse_gone"]

_DOMAIN = "gitpromote-warehouses-v1"
_AGAIN = "Discover again:\n  gitpromote freight discover {pipeline} --lock {name}"


def lock_of(world: World, found: dict[str, Candidates], *, as_of: int) -> FreightLock:
    """What discovery found, as it is kept."""
    return FreightLock(
        pipeline=world.pipeline.name,
        definition=_definition(world.pipeline),
        as_of=as_of,
        warehouses={
            name: LockedWarehouse(freight=one.newest, reason=one.missing, facts=_facts(one))
            for name, one in found.items()
        },
    )


def lock_bytes(lock: FreightLock) -> bytes:
    """The bytes of a lock file: canonical JSON and a newline."""
    return canonical(lock.model_dump(mode="json")) + b"\n"


def read_lock(data: bytes, *, name: str, pipeline: str = "") -> FreightLock:
    """A lock file, checked: canonical, of a known version, with every Freight's id recomputed.

    :param name: what the file is called in messages
    :raises ConfigurationError: ``lock-invalid``
    """
    try:
        document = json.loads(data)
        found = FreightLock.model_validate(document)
        bytes_again = canonical(document) + b"\n"
    except (ValueError, ValidationError, RecursionError):
        _invalid(name, pipeline, "It is not whole JSON, or no freight lock: truncated, or another file.")
    if found.format.rpartition(".")[0] != LOCK_FORMAT.rpartition(".")[0]:
        _invalid(name, pipeline, f"Its format is {found.format!r}; this version reads {LOCK_FORMAT}.")
    if bytes_again != data:
        _invalid(name, pipeline, "It is not in the one form that gitpromote writes: it was edited or re-indented.")
    for warehouse, locked in found.warehouses.items():
        freight = locked.freight
        if freight is not None and freight.id != freight_id(warehouse, freight.artifacts):
            _invalid(
                name, pipeline, f"The id of the Freight of {warehouse} is not that of its artifacts: it was edited."
            )
    return found


def refuse_foreign(world: World, lock: FreightLock, *, name: str) -> None:
    """A lock that was made for another Pipeline, or for other Warehouses than the Pipeline has now.

    :raises ConfigurationError: ``lock-foreign``, ``lock-stale``
    """
    pipeline = world.pipeline
    hint = _AGAIN.format(pipeline=pipeline.name, name=name)
    if lock.pipeline != pipeline.name:
        detail = f"{name} is of {lock.pipeline}, and the plan is of {pipeline.name}."
        raise ConfigurationError(
            "The freight lock is of another pipeline", code="lock-foreign", detail=detail, hint=hint
        )
    if lock.definition != _definition(pipeline) or {one.name for one in pipeline.warehouses} != set(lock.warehouses):
        detail = f"{name} was made when the Warehouses of {pipeline.name} subscribed to something else."
        raise ConfigurationError("The freight lock is stale", code="lock-stale", detail=detail, hint=hint)


def _facts(candidates: Candidates) -> dict[str, Any]:
    """What a plan would say of it. What nobody sought says nothing."""
    told = candidates.told
    return {} if told is None or told.status == "manual" else dict(candidates.facts)


def _definition(pipeline: Pipeline) -> str:
    return digest([one.to_data() for one in pipeline.warehouses], domain=_DOMAIN)


def refuse_gone(world: World, lock: FreightLock) -> None:
    """A lock with a commit that its repository no longer has. The repositories have been fetched.

    :raises ConfigurationError: ``lock-stale``
    """
    gone = _gone(world, lock)
    if gone:
        raise ConfigurationError(
            "The freight lock is stale",
            code="lock-stale",
            detail=f"It names {gone}, which is no longer there.",
            hint=f"Discover again:\n  gitpromote freight discover {world.pipeline.name} --lock FILE",
        )


def _gone(world: World, lock: FreightLock) -> str:
    """A commit that its repository no longer has."""
    keys = {
        one.repo or HOME for each in world.pipeline.warehouses for one in each.subscriptions if isinstance(one, Git)
    }
    repositories = [world.repository(key) for key in sorted(keys)]
    for locked in lock.warehouses.values():
        for repository in repositories:
            commit = locked.freight.commit_of(repository.canonical) if locked.freight else None
            try:
                repository.ensure([commit] if commit else [])
            except RemoteFailed:
                return f"the commit {commit} of {repository.url}"
    return ""


def _invalid(name: str, pipeline: str, detail: str) -> NoReturn:
    raise ConfigurationError(
        "The freight lock cannot be used",
        code="lock-invalid",
        detail=f"{name}: {detail}",
        hint=_AGAIN.format(pipeline=pipeline, name=name).replace("  --", " --"),
    )
