"""Locks that others hold: they queue and explain; what is correct is decided by compare-and-swap alone."""

from __future__ import annotations

import json
from typing import Any

from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.errors import Contention


def held_by_others(world: World, seen: Look) -> dict[str, Contention]:
    """Environment to the error that says who holds its lock. Our own does not count, nor one whose time is over."""
    if not seen.locks:
        return {}
    commits = world.home.commits(sorted(set(seen.locks.values())))
    found: dict[str, Contention] = {}
    for environment, oid in seen.locks.items():
        lock = lock_data(commits[oid].message)
        expired = lock["ttl"] and world.clock.now() >= lock["at"] + lock["ttl"]
        if expired or lock["who"] == world.actor:
            continue
        reason = f": {lock['reason']}" if lock["reason"] else ""
        found[environment] = Contention(
            "The environment is locked",
            code="lock-held",
            detail=f"{environment}: locked by {lock['who'] or 'somebody'}{reason}",
            hint=f"Wait for it with --lock-timeout, or ask and then\n  gitpromote unlock {environment} --force",
        )
    return found


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
