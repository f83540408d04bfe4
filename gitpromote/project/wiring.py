"""The composition root: a Pipeline, its repositories, renderers, cache and ledger put together."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from gitpromote.adapters.cache import DiskRenderCache, NoRenderCache
from gitpromote.adapters.git.cachefolder import cache_root
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.workrepo import WorkRepository
from gitpromote.adapters.ledger import GitLedger
from gitpromote.adapters.outside import Surroundings
from gitpromote.adapters.policy_programs import LocalPrograms
from gitpromote.adapters.repository import GitRepository
from gitpromote.adapters.signing import SshSigning
from gitpromote.engine.organisation_place import VARIABLE, OrgPlace
from gitpromote.engine.parsed import Parsed
from gitpromote.engine.world import Failures, World
from gitpromote.history.fold import apply_record
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.resolved import HOME
from gitpromote.ports import Ledger, Registry, Reporter, Repository

if TYPE_CHECKING:
    from gitpromote.engine.renderings import Renderings
    from gitpromote.render.spec import Functions


class WallClock:
    """The real time."""

    def now(self) -> int:
        """Epoch seconds."""
        return int(time.time())

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a Pipeline was found.

    :ivar home_url: its home repository
    :ivar work: the repository that people work in, if there is one
    :ivar functions: ``module:name`` to (file, sha256) of the definition's functions
    """

    home_url: str
    work: WorkRepository | None = None
    functions: Functions = field(default_factory=dict)


def build_world(
    pipeline: Pipeline, place: Place, *, cache_dir: str | Path | None, reporter: Reporter, keep: str | None = None
) -> World:
    """Everything wired. Nothing outside is touched yet, nor the cache: what needs none works without one."""
    root = Path(cache_dir).expanduser().absolute() if cache_dir else cache_root(os.environ)
    # A repository's own settings about remotes (a CI checkout's token) are for its own origin alone.
    transport = place.work.transport if place.work and place.work.home_url == place.home_url else ()

    def slow(text: str) -> None:
        reporter.event("waiting", message=text)

    def open_repository(key: str) -> Repository:
        url = place.home_url if key == HOME else key
        return GitRepository(key, Mirror.open(url, cache_dir=root, config=transport, slow=slow))

    def open_registry() -> Registry:
        from gitpromote.adapters.registries.registry import HttpRegistry  # a plan from Git alone speaks to none

        return HttpRegistry.open(root, clock=WallClock(), slow=slow)

    def ledger_in(repository: Repository) -> Ledger:
        ref = f"{pipeline.refs}/ledger/{pipeline.name}"
        file = root / f"ledger-{hashlib.sha256(f'{place.home_url} {ref}'.encode()).hexdigest()[:32]}"
        return GitLedger(repository, ref=ref, identity=pipeline.identity, fold=apply_record, remembered=file)

    @cache
    def open_renderings() -> Renderings:
        from gitpromote.adapters.renderers.tools import Toolbox  # an apply writes what was rendered before
        from gitpromote.adapters.rendering import LocalRendering
        from gitpromote.engine.renderings import Renderings

        renders = DiskRenderCache.open(root / "renders")
        return Renderings(
            LocalRendering(Toolbox(remembered=renders.tools_file), on_command=_commands_to(reporter)),
            renders,
            registry=lambda: world.registry,
            memo=f"{place.home_url}\n{pipeline.name}",
            reporter=reporter,
            keep=keep or "",
            sensitive_paths=pipeline.sensitive_paths,
        )

    world = World(
        pipeline=pipeline,
        open_repository=open_repository,
        open_registry=open_registry,
        ledger_in=ledger_in,
        open_renderings=open_renderings,
        clock=WallClock(),
        reporter=reporter,
        who=lambda: claimed_identity(place.work),
        outside=Surroundings(cache_dir=root, folder=_folder_of(pipeline, place), clock=WallClock()),
        find_organisation=_organisation(os.environ.get(VARIABLE)),
        policy_programs=LocalPrograms(folder=_folder_of(pipeline, place), functions=place.functions),
        signing=SshSigning(folder=place.work.toplevel if place.work else Path.cwd()),
        functions=place.functions,
        changed_callables=partial(_changed, place.functions),
    )
    return world


def rendering_anew(world: World) -> World:
    """The same world, to which no render is known: what is planned in it comes from Git and the tools alone.

    The user's cache of renders is neither read nor written. The mirrors and what was fetched by digest are shared.
    """

    @cache
    def open_renderings() -> Renderings:
        from gitpromote.adapters.renderers.tools import Toolbox
        from gitpromote.adapters.rendering import LocalRendering
        from gitpromote.engine.renderings import Renderings

        return Renderings(
            LocalRendering(Toolbox(), on_command=_commands_to(world.reporter)),
            NoRenderCache(),
            registry=lambda: world.registry,
            memo="",
            reporter=world.reporter,
            sensitive_paths=world.pipeline.sensitive_paths,
        )

    return replace(
        world,
        open_renderings=open_renderings,
        parsed=Parsed(),
        candidates={},
        readers={},
        notices=[],
        failures=Failures(),
    )


def _organisation(named: str | None) -> Callable[[], OrgPlace | None]:
    base = Path.cwd()

    @cache
    def find() -> OrgPlace | None:
        if named is None:
            return None
        from gitpromote.project.organisation_variable import place_of  # few have one

        return place_of(named, base=base)

    return find


def _folder_of(pipeline: Pipeline, place: Place) -> Path:
    """Where the pipeline file is; for one that was made without a file, where people work."""
    if pipeline.place is not None:
        return Path(pipeline.place.path).absolute().parent
    return place.work.toplevel if place.work else Path.cwd()


def _changed(functions: Functions, planned: Mapping[str, str]) -> tuple[str, ...]:
    """Functions whose code is another one now. Code that is not here cannot say so: apply needs none of them."""
    here = {name: digest for name, digest in planned.items() if name in functions}
    if not here:
        return ()
    from gitpromote.adapters.pipeline_file import callables_changed

    return callables_changed(here, functions)


def _commands_to(reporter: Reporter) -> Callable[[str, Sequence[str], float], None]:
    def tell(label: str, words: Sequence[str], seconds: float) -> None:
        reporter.event("command", subject=label, argv=list(words), milliseconds=int(seconds * 1000))

    return tell


def claimed_identity(work: WorkRepository | None, env: Mapping[str, str] | None = None) -> str:
    """Who runs this, as far as they say: git's identity, or the user and host."""
    variables = os.environ if env is None else env
    if variables.get("GIT_COMMITTER_NAME") and variables.get("GIT_COMMITTER_EMAIL"):
        return f"{variables['GIT_COMMITTER_NAME']} <{variables['GIT_COMMITTER_EMAIL']}>"
    identity = work.identity() if work is not None else None
    if identity is not None:
        return str(identity)
    user = variables.get("GITHUB_ACTOR") or variables.get("GITLAB_USER_LOGIN") or variables.get("USER") or "somebody"
    return f"{user} <{user}@{os.uname().nodename}>"
