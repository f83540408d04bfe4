"""Project: a Pipeline with its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitpromote.adapters.repository import GitRepository
from gitpromote.ports import Reporter, SilentReporter
from gitpromote.project import loading
from gitpromote.project.acting import Acting
from gitpromote.project.loading import Found
from gitpromote.project.plan import Plan
from gitpromote.project.telling import Telling
from gitpromote.project.wiring import build_world

# What each method alone needs is imported by it: a plan without changes is over before all of that could be loaded.
if TYPE_CHECKING:
    from gitpromote.project.freights import Freights


class Looked(NamedTuple):
    """One look at a repository's refs.

    :ivar head: the ref that ``HEAD`` named, where that was asked for
    """

    repository: str
    patterns: tuple[str, ...]
    refs: Mapping[str, str]
    head: str | None


class Project(Acting, Telling):
    """A Pipeline, its home repository, its cache. Get one with :meth:`load`.

    What it plans stands in :class:`Planning`, what it does in :class:`Acting`, what it tells in :class:`Telling`.
    """

    @classmethod
    def load(
        cls,
        file: str | Path | None = None,
        *,
        pipeline: str | None = None,
        start: str | Path | None = None,
        cache_dir: str | Path | None = None,
        reporter: Reporter | None = None,
        keep: str | None = None,
    ) -> Project:
        """The Project of a pipeline file.

        :param file: ``FILE`` or ``FILE:NAME``; default: ``pipeline.py`` or ``pipelines/*.py``, upwards from ``start``
        :param pipeline: which Pipeline, where the file has several
        :param start: default: the working directory
        :param cache_dir: default: ``GITPROMOTE_CACHE_DIR``, or ``gitpromote`` in the user's cache folder
        :param keep: a folder to leave every renderer's input and output in
        :raises ConfigurationError: with every problem of the file
        """
        read, named = loading.loaded(file, start)
        found = loading.in_file(read, pipeline or named)
        return cls._of(found, cache_dir=cache_dir, reporter=reporter, keep=keep)

    @classmethod
    def from_plan(cls, plan: Plan, *, cache_dir: str | Path | None = None, reporter: Reporter | None = None) -> Project:
        """The Project that a plan stands for: by its resolved definition alone, no pipeline file is read."""
        return cls._of(loading.in_plan(plan), cache_dir=cache_dir, reporter=reporter)

    @classmethod
    def departed(
        cls,
        name: str,
        file: str | Path | None = None,
        *,
        start: str | Path | None = None,
        cache_dir: str | Path | None = None,
        reporter: Reporter | None = None,
    ) -> Project | None:
        """A Pipeline that the file has no more and its home repository remembers, for :meth:`retire` with ``gone``.

        ``None`` where there is no ledger of that name.
        """
        found = loading.departed(loading.loaded(file, start)[0], name)
        project = cls._of(found, cache_dir=cache_dir, reporter=reporter, departed=True)
        world = project._wired
        return project if world.ledger.ref in world.home.refs([world.ledger.ref]) else None

    @classmethod
    def left_by_departed(
        cls,
        file: str | Path | None = None,
        *,
        start: str | Path | None = None,
        cache_dir: str | Path | None = None,
        reporter: Reporter | None = None,
    ) -> dict[str, tuple[str, ...]]:
        """Pipelines that the file has no more: name to the Environments whose targets still hold what they wrote."""
        from gitpromote.project.departed import came_from, unknown_ledgers

        read = loading.loaded(file, start)[0]
        first = cls._of(loading.in_file(read, next(iter(read.pipelines))), cache_dir=cache_dir, reporter=reporter)
        found: dict[str, tuple[str, ...]] = {}
        for name in unknown_ledgers(first._wired, read):
            gone = cls._of(loading.departed(read, name), cache_dir=cache_dir, reporter=reporter, departed=True)
            left = gone.remains()
            if left and came_from(gone._wired, read, left):
                found[name] = left
        return found

    @classmethod
    def _of(
        cls,
        found: Found,
        *,
        cache_dir: str | Path | None,
        reporter: Reporter | None,
        keep: str | None = None,
        departed: bool = False,
    ) -> Project:
        tell = reporter or SilentReporter()
        world = build_world(found.pipeline, found.place, cache_dir=cache_dir, reporter=tell, keep=keep)
        return cls(
            found.pipeline,
            found.place,
            world,
            source=found.source,
            reporter=tell,
            cache_dir=cache_dir,
            departed=departed,
            others=found.others,
        )

    @staticmethod
    def names(file: str | Path | None = None, *, start: str | Path | None = None) -> tuple[str, ...]:
        """The names of the Pipelines in a file, in its order."""
        return tuple(loading.loaded(file, start)[0].pipelines)

    def looked(self) -> list[Looked]:
        """Every look that was taken at refs so far."""
        return [
            Looked(key, patterns, refs, repository.default_ref() if "HEAD" in patterns else None)
            for key, repository in self._world.opened.items()
            if isinstance(repository, GitRepository)
            for patterns, refs in repository.looked
        ]

    @property
    def freight(self) -> Freights:
        """Its Freight: found, made, and spoken of."""
        from gitpromote.project.freights import Freights

        return Freights(lambda: self._world, here=self._here, resting=self._at_rest)


def open_plan(path: str | Path) -> Plan:
    """A plan from its file, without any pipeline."""
    return Plan.load(path)


def project_of(plan: Plan, *, cache_dir: str | Path | None = None, reporter: Reporter | None = None) -> Project:
    """The Project that a plan stands for; see :meth:`Project.from_plan`."""
    return Project.from_plan(plan, cache_dir=cache_dir, reporter=reporter)
