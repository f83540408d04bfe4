"""What a promotion needs on this machine, checked one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gitpromote.adapters.git.process import git_version
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.renderer import Helm, Kustomize
from gitpromote.model.resolved import HOME
from gitpromote.project.wiring import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    name: str
    ok: bool
    message: str
    hint: str = ""


def examine(world: World, place: Place) -> list[Finding]:
    """All checks; none stops the others."""
    repositories = {world.pipeline.resolved(name).target.repository for name in world.pipeline.order()} | {HOME}
    checks: list[tuple[str, Callable[[], str]]] = [("git", _git)]
    checks += [(tool, partial(_tool, world, tool)) for tool in _needed_tools(world)]
    checks += [(key, partial(_reachable, world, key)) for key in sorted(repositories)]
    checks.append(("identity", lambda: world.actor))
    return [_checked(name, check) for name, check in checks]


def _checked(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, ok=True, message=check())
    except GitpromoteError as error:
        text = " ".join(part for part in (error.summary, error.detail) if part)
        return Finding(name=name, ok=False, message=text, hint=error.hint)


def _git() -> str:
    return ".".join(map(str, git_version()))


def _needed_tools(world: World) -> list[str]:
    steps = [step for app in world.pipeline.apps for step in app.renderer.steps]
    wanted = [("kustomize", Kustomize), ("helm", Helm)]
    return [name for name, kind in wanted if any(isinstance(step, kind) for step in steps)]


def _tool(world: World, name: str) -> str:
    found = world.renderings.tool(name)
    return f"{found.version}  {' '.join(found.command)}  sha256:{found.sha256[:12]}…"


def _reachable(world: World, key: str) -> str:
    repository = world.repository(key)
    refs = repository.fetch(["HEAD", "refs/heads/*"])
    default = (repository.default_ref() or "").removeprefix("refs/heads/") or "none"
    return f"{repository.url}  {len(refs)} branches, default {default}"
