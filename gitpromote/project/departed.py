"""Pipelines that a pipeline file has no more, and that its home repository remembers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gitpromote.engine.world import World
from gitpromote.model.names import label_problem
from gitpromote.project import loading
from gitpromote.project.documents import recorded_plan

if TYPE_CHECKING:
    from gitpromote.adapters.pipeline_file import LoadedFile

__all__ = ["came_from", "unknown_ledgers"]


def unknown_ledgers(world: World, file: LoadedFile) -> tuple[str, ...]:
    """The names of the ledgers in the home repository that are of no Pipeline of the file, sorted."""
    pattern = f"{world.ledger.ref.removesuffix(world.pipeline.name)}*"
    names = {ref.removeprefix(pattern[:-1]) for ref in world.home.refs([pattern])}
    return tuple(sorted(name for name in names - file.pipelines.keys() if label_problem(name) is None))


def came_from(world: World, file: LoadedFile, environments: Sequence[str]) -> bool:
    """Whether what wrote these Environments stood in this file, by the plans that did it. Others are not its business.

    :param world: of the Pipeline that is gone
    """
    head = world.home.fetch([world.ledger.ref]).get(world.ledger.ref)
    state = world.ledger.read(head)
    plans = {content.plan for name in environments if (content := state.environment(name).content) and content.plan}
    sources = [recorded_plan(world, digest).data.pipeline.source for digest in sorted(plans)]
    here = {found.path for name in file.pipelines if (found := loading.in_file(file, name).source) is not None}
    return any(source is not None and _is_in(source.path, here, folder=file.path.is_dir()) for source in sources)


def _is_in(path: str, here: set[str], *, folder: bool) -> bool:
    """Whether it is one of these files, or was another one of their folder, where all of that is read."""
    return path in here or (folder and PurePosixPath(path).parent in {PurePosixPath(one).parent for one in here})
