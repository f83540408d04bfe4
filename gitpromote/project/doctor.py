"""What a promotion needs on this machine, checked one by one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gitpromote.adapters.child_process import is_confined
from gitpromote.adapters.git.cachefolder import cache_root, private_folder
from gitpromote.adapters.git.failures import cache_failure
from gitpromote.adapters.git.process import git_version, require_version
from gitpromote.adapters.renderers.apart import apart
from gitpromote.adapters.renderers.tools import Toolbox
from gitpromote.engine.ledger_notices import ahead_text
from gitpromote.engine.organisation_place import VARIABLE
from gitpromote.engine.ref_names import in_the_way
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model.render import RendererTool
from gitpromote.model.renderer import Helm, Kustomize
from gitpromote.model.resolved import HOME
from gitpromote.model.words import count, listed
from gitpromote.project.wiring import Place

_PROBE = 65536  # bytes that are written to see whether the cache takes any


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    name: str
    ok: bool
    message: str
    hint: str = ""


def cache_finding(folder: str | Path | None) -> Finding:
    """Whether clones and renders can be kept, and how much room there is.

    :param folder: default: the user's cache
    """
    return _checked("cache", partial(_cache, folder))


def examine(world: World, place: Place, *, cache: str | Path | None = None) -> list[Finding]:
    """All checks; none stops the others.

    :param cache: see :func:`cache_finding`
    """
    repositories = {world.pipeline.resolved(name).target.repository for name in world.pipeline.order()} | {HOME}
    checks: list[tuple[str, Callable[[], str]]] = [(tool, partial(_tool, world, tool)) for tool in _needed_tools(world)]
    checks += [(key, partial(_reachable, world, key)) for key in sorted(repositories)]
    checks.append(("ledger", partial(_ledger, world)))
    checks.append(("organisation", partial(_organisation, world)))
    checks.append(("credentials", partial(_credentials, world)))
    checks.append(("identity", lambda: world.actor))
    checks.append(("functions", _functions))
    return [_checked("git", _git), cache_finding(cache), *(_checked(name, check) for name, check in checks)]


def _checked(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, ok=True, message=check())
    except GitpromoteError as error:
        return _failed(name, error)


def _failed(name: str, error: GitpromoteError) -> Finding:
    text = ": ".join(part for part in (error.summary, error.detail) if part)
    return Finding(name=name, ok=False, message=text, hint=error.hint)


def machine(cache: str | Path | None = None) -> list[Finding]:
    """What can be checked without any pipeline: git, the renderers that there are, the cache.

    :param cache: see :func:`cache_finding`
    """
    tools = Toolbox()
    renderers = [_checked(name, partial(_found, tools, name)) for name in ("kustomize", "helm")]
    return [_checked("git", _git), cache_finding(cache), *renderers, _checked("functions", _functions)]


def pipeline_finding(error: GitpromoteError) -> Finding:
    """That there is no pipeline to check, and why."""
    return _failed("pipeline", error)


def _git() -> str:
    version = git_version()
    require_version(version)
    return ".".join(map(str, version))


def _needed_tools(world: World) -> list[str]:
    steps = [step for app in world.pipeline.apps for step in app.renderer.steps]
    wanted = [("kustomize", Kustomize), ("helm", Helm)]
    return [name for name, kind in wanted if any(isinstance(step, kind) for step in steps)]


def _tool(world: World, name: str) -> str:
    return _told(world.renderings.tool(name))


def _found(tools: Toolbox, name: str) -> str:
    """A tool of the machine: whoever names no renderer of that kind can do without."""
    try:
        return _told(tools.find(name))
    except ConfigurationError as error:
        if error.code != "tool-missing":
            raise
        return f"not installed; {name.capitalize()}(…) needs it"


def _told(found: RendererTool) -> str:
    if not found.version:
        raise ConfigurationError(
            "A renderer does not say its version",
            code="tool-broken",
            detail=f"{' '.join(found.command)}: it failed, or took too long, when it was asked.",
            hint="Try it by hand; install another one, or put a good one first on PATH.",
        )
    return f"{found.version}  {' '.join(found.command)}  sha256:{found.sha256[:12]}…"


def _cache(folder: str | Path | None) -> str:
    root = private_folder(Path(folder).expanduser().absolute()) if folder else cache_root(os.environ)
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(bytes(_PROBE))
            file.flush()
        free = shutil.disk_usage(root).free
    except OSError as error:
        raise cache_failure(error, where=str(root)) from error
    return f"{root}  writable, {free // 1_000_000:,} MB free"


def _functions() -> str:
    """What is kept from functions of the user: from renderers, gates and policies in Python."""
    words = apart()
    kept = {"the network": "--net" in words, "other processes": "--user" in words, "other files": is_confined()}
    told = [[what for what, is_kept in kept.items() if is_kept is wanted] for wanted in (True, False)]
    without, seen = map(listed, told)
    return "; ".join([*([f"they run without {without}"] if without else []), *([f"they see {seen}"] if seen else [])])


def _organisation(world: World) -> str:
    """Which policies of others count here."""
    if world.organisation is None:
        return f"none: {VARIABLE} is not set"
    from gitpromote.engine.organisation_report import report  # few have one

    return report(world, world.organisation)


def _ledger(world: World) -> str:
    ref = world.ledger.ref
    if other := in_the_way(world, ref):
        raise ConfigurationError(
            "Another ref has the name that the ledger needs",
            code="ref-name-taken",
            detail=f"{ref}: {other} exists.",
            hint="Git cannot have both: rename or delete the other one, or keep the ledger elsewhere: "
            'Pipeline(…, refs="refs/gitpromote").',
        )
    head = world.home.fetch([ref]).get(ref)
    if head is not None and (ahead := ahead_text(world.ledger.read(head), now=world.clock.now())):
        raise ConfigurationError(
            "The ledger's time is not this machine's",
            code="clock-differs",
            detail=f"{ref}: {ahead}",
            hint="Set the clocks of all that run gitpromote by one source of time.",
        )
    return f"{ref}  {'is there' if head else 'is made by the first apply'}"


def _credentials(world: World) -> str:
    world.home.fetch(["HEAD"])
    return "home can be read; whether it may be pushed to is not tried, the first apply shows it"


def _reachable(world: World, key: str) -> str:
    repository = world.repository(key)
    refs = repository.fetch(["HEAD", "refs/heads/*"])
    default = (repository.default_ref() or "").removeprefix("refs/heads/") or "none"
    return f"{repository.url}  {count(len(refs), 'branch', 'branches')}, default {default}"
