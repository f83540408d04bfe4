"""Whether anything has moved since a plan that found nothing to do, asked before the pipeline file is even run.

Such a plan depends on the pipeline file's text, the refs that it looked at, the renderers and this package. While all
of them are the same, the next plan is the same, and it takes one question to each remote. A pipeline is remembered only
where that is all: the file is self-contained, Freight comes from Git alone, no outcome waits for a time, and no
renderer is a version manager's shim, which starts another program while its own file stays the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gitpromote import __version__
from gitpromote.adapters.git.cachefolder import cache_root
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.snapshot import covered
from gitpromote.adapters.git.workrepo import WorkRepository, find_repository
from gitpromote.adapters.pipeline_search import files_of, find_pipeline_file, parse_pipeline_option
from gitpromote.adapters.remembered import recall, remember
from gitpromote.adapters.renderers.programs import KINDS, is_itself, programs, search_path, stamp
from gitpromote.engine.organisation_place import VARIABLE

if TYPE_CHECKING:
    from gitpromote.model.plan import Plan
    from gitpromote.project.project import Project

_HOME = "home"


class _Start(NamedTuple):
    """What a plan begins with.

    :ivar vague: tools that may be another version tomorrow, although no file changes
    """

    files: list[Path]
    work: WorkRepository
    stamp: str
    vague: frozenset[str]


class Standstill:
    """One pipeline's memory of its last plan, as it was shown.

    :param file: as ``--pipeline`` names it; ``pipeline`` the Pipeline's name, where one was given
    :param shape: what else decides how the plan is shown, such as the width
    """

    def __init__(
        self, file: str | None, pipeline: str | None, *, cache_dir: str | None, shape: Sequence[object]
    ) -> None:
        self._file = file
        self._pipeline = pipeline
        self._shape = list(shape)
        self._root = Path(cache_dir).expanduser().absolute() if cache_dir else cache_root(os.environ)

    def recall(self) -> Any:
        """What was shown of the last plan, if the next one would be the same; ``None`` where that is not certain.

        :raises RemoteFailed: a remote cannot be asked
        :raises AccessDenied: it wants other credentials
        """
        start, kept = self._start, recall(self._path)
        if kept is None or start is None:
            return None
        known = json.loads(kept)
        if known["stamp"] != start.stamp:
            return None
        return known["shown"] if all(self._is_unmoved(start, *each) for each in known["looked"]) else None

    def remember(self, project: Project, plan: Plan, shown: Any) -> None:
        """Keep a plan's view for the next time, if nothing was to be done and no more than text and refs decided.

        What counts is how the files were before the plan: :meth:`recall` looks at them.
        """
        start = self._start
        if start is None or not (_is_still(plan) and _is_plain(project, start)):
            return
        looked = [[key, list(patterns), _digest_of(refs, head)] for key, patterns, refs, head in project.looked()]
        if all(key == _HOME or "@" not in key for key, *_ in looked):  # no login is kept
            data = {"stamp": start.stamp, "looked": looked, "shown": shown}
            remember(self._path, json.dumps(data, separators=(",", ":")).encode())

    @property
    def _path(self) -> Path:
        words = json.dumps([str(Path.cwd()), self._file, self._pipeline])
        return self._root / f"standstill-{hashlib.sha256(words.encode()).hexdigest()[:32]}"

    @cached_property
    def _start(self) -> _Start | None:
        path = parse_pipeline_option(self._file)[0] if self._file else find_pipeline_file(Path.cwd())
        files = files_of(path)
        work = find_repository(files[0]) if files else None
        # What an organisation asks for is read for every plan.
        if work is None or work.origin_url is None or VARIABLE in os.environ:
            return None
        try:
            texts = [[str(file), hashlib.sha256(file.read_bytes()).hexdigest()] for file in files]
        except OSError:
            return None
        tools = {tool: _files_of(tool, search_path(os.environ)) for tool in KINDS}
        told = [__version__, sys.version, _package(), texts, work.origin_url, tools, self._shape]
        vague = frozenset(tool for tool, files in tools.items() if None in files)
        return _Start(files, work, hashlib.sha256(json.dumps(told).encode()).hexdigest(), vague)

    def _is_unmoved(self, start: _Start, key: str, patterns: list[str], digest: str) -> bool:
        home = key == _HOME
        mirror = Mirror.open(
            start.work.home_url if home else key, cache_dir=self._root, config=start.work.transport if home else ()
        )
        listing = mirror.remote.listing(patterns)
        head = listing.head if "HEAD" in patterns else None
        return _digest_of(covered(patterns, listing.refs), head) == digest


def _digest_of(refs: Mapping[str, str], head: str | None) -> str:
    return hashlib.sha256(json.dumps([sorted(refs.items()), head]).encode()).hexdigest()


def _is_still(plan: Plan) -> bool:
    """Whether nothing is to be done, and time alone will not change that."""
    outcomes = [outcome for each in plan.environments for outcome in each.outcomes]
    return (
        plan.kind == "promote"
        and all(each.decision == "noop" and not each.steps for each in plan.environments)
        and all(outcome.status in ("pass", "skip") and outcome.until is None for outcome in outcomes)
        and plan.pipeline.source is not None
        and not plan.pipeline.source.callables
    )


def _is_plain(project: Project, start: _Start) -> bool:
    """Whether the definition follows from its text, its Freight from Git, and its renders from the same programs."""
    from gitpromote.adapters.self_contained import is_self_contained
    from gitpromote.model.subscription import Git

    pipeline = project.pipeline
    tools = {step.kind for app in pipeline.apps for step in app.renderer.steps}
    subscriptions = [one for warehouse in pipeline.warehouses for one in warehouse.subscriptions]
    return (
        pipeline.repo is None
        and pipeline is project.definition  # what an ephemeral one stands for changes with time
        and not tools & start.vague
        and all(isinstance(one, Git) for one in subscriptions)
        and not any(warehouse.cut or warehouse.quiet for warehouse in pipeline.warehouses)
        and all(is_self_contained(file.read_bytes(), is_definition=_is_definition) for file in start.files)
    )


def _is_definition(name: str) -> bool:
    import gitpromote

    if name not in gitpromote.__all__:
        return False
    return str(getattr(getattr(gitpromote, name), "__module__", "")).startswith("gitpromote.model.")


def _files_of(tool: str, path: str) -> list[list[str] | None]:
    """Every program that a tool may be taken from, by what is known again of it; ``None`` for one that may be a shim.

    The one that is taken need not be the first: a version may be asked for, or the first cannot be run.
    """
    found: list[list[str] | None] = []
    for program in programs(tool, path):
        try:
            found.append([program.path, program.real, stamp(program)] if is_itself(program) else None)
        except OSError:
            found.append(None)
    return found


def _package() -> list[object]:
    """This package's files: another version says so itself, but a checkout that is worked in does not."""
    stamps: list[object] = []
    folders = [os.path.dirname(os.path.dirname(__file__))]  # noqa: PTH120 (a thousand files in a millisecond)
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    stamps.append([entry.path, entry.stat().st_mtime_ns])
                elif entry.is_dir() and entry.name != "__pycache__":
                    folders.append(entry.path)
    return sorted(stamps, key=str)
