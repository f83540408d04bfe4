"""Two pipelines on one path would undo each other for ever: what another one wrote last is not written over."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from gitpromote.engine.targets import last_writer
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError
from gitpromote.model.resolved import ResolvedEnvironment

__all__ = ["refuse_second_writer"]

_BRANCH = "refs/heads/"


def refuse_second_writer(world: World, resolved: ResolvedEnvironment, head: str) -> None:
    """Refuse a target whose last commit names another pipeline.

    What our Records speak of is ours, whatever the pipeline was called then.

    :raises ConfigurationError: ``path-shared``
    """
    target = resolved.target
    last = last_writer(world.repository(target.repository), head, target)
    writer = last.trailers.get("Gitpromote-Pipeline") if last else None
    if not last or not writer or writer == world.pipeline.name:
        return
    refs = world.home.fetch([world.ledger.ref, _ledger_of(world, writer)])
    if any(one.commit == last.oid for one in world.ledger.records(refs.get(world.ledger.ref))):
        return
    path = f":{target.path}" if target.path else ""
    where = f"{target.ref.removeprefix(_BRANCH)}{path}"
    raise ConfigurationError(
        "Two pipelines write here",
        code="path-shared",
        detail=f"{resolved.name}: {where} was last written by the pipeline {writer} ({last.oid[:7]})",
        hint=f"Give {world.pipeline.name} a path of its own, or retire the environment in {writer}."
        f"{_renamed(world, writer, refs)}",
    )


def _ledger_of(world: World, pipeline: str) -> str:
    return f"{world.ledger.ref.removesuffix(world.pipeline.name)}{pipeline}"


def _renamed(world: World, writer: str, refs: Collection[str]) -> str:
    """How a pipeline keeps its history under another name: where this one has none, it may be that one."""
    ours, theirs = world.ledger.ref, _ledger_of(world, writer)
    if ours in refs or theirs not in refs:
        return ""
    url = shlex.quote(world.home.url)
    moves = " ".join(shlex.quote(one) for one in (f"FETCH_HEAD:{ours}", f":{theirs}"))
    return (
        f"\nIf {writer} is called {world.pipeline.name} from now on, "
        f'write Warehouse(…, name="{writer}") where that was its name too, which Freight is known by, '
        "and take its ledger along:\n"
        f"  git fetch {url} {shlex.quote(theirs)} && git push {url} {moves}"
    )
