"""Locks that others hold: they queue and explain; what is correct is decided by compare-and-swap alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gitpromote.engine.look import Look, lock_prefix
from gitpromote.engine.world import World
from gitpromote.errors import Contention
from gitpromote.model.lock import EnvironmentLock


def held_by_others(world: World, seen: Look) -> dict[str, Contention]:
    """Environment to the error that says who holds its lock. Our own does not count, nor one whose time is over."""
    return {
        environment: Contention(
            "The environment is locked",
            code="lock-held",
            detail=f"{environment}: locked by {lock.who}{f': {lock.reason}' if lock.reason else ''}",
            hint=f"Wait for it with --lock-timeout, or ask and then\n  gitpromote unlock {environment} --force",
        )
        for environment, lock in locks_of(world, seen.locks).items()
        if not lock.mine
    }


def locks_of(world: World, refs: Mapping[str, str]) -> dict[str, EnvironmentLock]:
    """The locks that count now.

    :param refs: Environment to the commit of its lock
    """
    if not refs:
        return {}
    commits = world.home.commits(sorted(set(refs.values())))
    found = {environment: _lock(world, environment, commits[oid].message) for environment, oid in refs.items()}
    now = world.clock.now()
    return {environment: lock for environment, lock in found.items() if lock.until is None or now < lock.until}


def lock_of(world: World, environment: str) -> EnvironmentLock | None:
    """The lock of an Environment, if there is one that counts now. Asks the home repository."""
    ref = lock_prefix(world.pipeline.name, world.pipeline.refs) + environment
    oid = world.home.fetch([ref]).get(ref)
    return locks_of(world, {environment: oid} if oid else {}).get(environment)


def _lock(world: World, environment: str, message: str) -> EnvironmentLock:
    data = lock_data(message)
    return EnvironmentLock(
        environment=environment,
        who=data["who"] or "somebody",
        reason=data["reason"],
        at=data["at"],
        until=data["at"] + data["ttl"] if data["ttl"] else None,
        mine=data["who"] == world.actor,
    )


def lock_data(message: str) -> dict[str, Any]:
    """What a lock says of itself; a ref that holds something else is a lock of nobody."""
    try:
        data = json.loads(message.partition("\n\n")[2])
    except ValueError:
        data = {}
    if not isinstance(data, dict):
        data = {}
    texts = {name: data.get(name) if isinstance(data.get(name), str) else "" for name in ("nonce", "who", "reason")}
    numbers = {name: data.get(name) if isinstance(data.get(name), int) else 0 for name in ("at", "ttl")}
    return {**texts, **numbers}
