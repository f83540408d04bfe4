"""Folders and clusters of a repository, for pipeline files that make Pipelines and Environments of them.

Patterns count from the root of the repository that holds the pipeline file, as every path of a definition does,
wherever one happens to stand. What is found is sorted. Links are not followed: to Git a link to a folder is no folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from gitpromote.adapters.patterns import DATA, Search, checkout_of, permitted, walk
from gitpromote.errors import SourceInvalid
from gitpromote.model.cluster import Cluster, UnfitCluster, clusters_in, matches
from gitpromote.model.definition import problem
from gitpromote.model.names import kind_of, one_of, path_problem, quoted, shown
from gitpromote.model.problems import Fault, Place, report, user_place

__all__ = ["Folder", "Values", "clusters", "folders", "reading_from"]

_reading: ContextVar[Path | None] = ContextVar("gitpromote_pipeline_file", default=None)


class ValueMissing(KeyError):
    """A values file has no such key."""

    def __str__(self) -> str:
        return str(self.args[0])


class Values(dict[str, Any]):
    """What a values file holds. A key that is not there is told with the file's name and the keys that are."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        super().__init__({key: _nested(value, f"{where}: {key}") for key, value in values.items()})
        self._where = where

    def __missing__(self, key: str) -> Any:
        known = f"it has {one_of(self)}" if self else "it is empty"
        raise ValueMissing(f"{self._where} has no {key}: {known}")


def _nested(value: Any, where: str) -> Any:
    if isinstance(value, list):
        return [_nested(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return Values(value, where) if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder of the repository.

    :ivar name: its own name
    :ivar path: from the repository's root, as a renderer takes it
    :ivar values: what the file that it holds says; empty where none was asked for, or it is no YAML or JSON
    """

    name: str
    path: str
    values: Values = field(default_factory=lambda: Values({}, ""), hash=False)


@contextmanager
def reading_from(file: Path) -> Iterator[None]:
    """While this is open, patterns count from the repository of this pipeline file."""
    token = _reading.set(file)
    try:
        yield
    finally:
        _reading.reset(token)


def folders(pattern: str, *, holding: str | None = None, optional: bool = False) -> tuple[Folder, ...]:
    """The folders that a pattern names, sorted by path: ``folders("teams/*", holding="values.yaml")``.

    ``*`` stands for one name or a part of it, ``**`` for any number of folders; names that begin with a dot are found
    where they are written out alone.

    :param holding: only folders that hold this file; YAML and JSON are read into ``values``
    :param optional: whether there may be none
    :raises ConfigurationError: there is none, or a file cannot be read
    """
    search = _Search.of("folders", pattern, holding=holding)
    if search is None:
        return ()
    found = []
    for path in search.matching(Path.is_dir):
        if holding is None:
            found.append(Folder(name=path.rpartition("/")[2], path=path))
        elif (search.root / path / holding).is_file():
            values = search.values(f"{path}/{holding}") if holding.endswith(DATA) else Values({}, "")
            found += [] if values is None else [Folder(name=path.rpartition("/")[2], path=path, values=values)]
    if not found and not optional and not search.failed:
        holds = f" and holds {holding}" if holding else ""
        search.tell(Fault("folders-missing", f"no folder matches {shown(pattern)}{holds}", _HINT))
    return tuple(found)


def clusters(
    pattern: str, *, match: Mapping[str, str | Sequence[str]] | None = None, optional: bool = False
) -> tuple[Cluster, ...]:
    """The clusters that manifests of the repository name, sorted by name: ``clusters("clusters/*.yaml")``.

    A cluster is a ``Secret`` with Argo CD's label ``argocd.argoproj.io/secret-type: cluster``, a ``SealedSecret`` or
    ``ExternalSecret`` that becomes one, a ``SveltosCluster``, or a ``Cluster`` of Cluster API. Read are names, labels,
    annotations, and a name and address that stand there in plain text; never a Secret's data.

    :param match: only clusters whose labels have these values, or one of several
    :param optional: whether there may be none
    :raises ConfigurationError: there is none, two have one name, or a file cannot be read
    """
    search = _Search.of("clusters", pattern)
    if search is None:
        return ()
    every = [cluster for path in search.matching(Path.is_file) if path.endswith(DATA) for cluster in search.read(path)]
    found = sorted((one for one in every if matches(one, match or {})), key=lambda one: (one.name, one.path))
    for one, other in pairwise(found):
        if one.name == other.name:
            told = f"{one.path} and {other.path} both name a cluster {quoted(one.name)}"
            search.tell(Fault("name-taken", told, "give each a name of its own"))
    if not found and not optional and not search.failed:
        none = "the only cluster in {} has not" if len(every) == 1 else f"none of {len(every)} clusters in {{}} has"
        several = f"{none.format(shown(pattern))} the labels {dict(match or {})}"
        told = several if every else f"{shown(pattern)} names no cluster"
        search.tell(Fault("clusters-missing", told, _HINT))
    return tuple(found)


_QUOTED = "write the pattern itself there, or put the function into a module of its own, which does not look for it"
_HINT = "write it from the repository's root; optional=True lets there be none"


class _Search:
    """One call of a pipeline file, and what was wrong with it."""

    def __init__(self, word: str, pattern: str, root: Path) -> None:
        self._word, self._parts, self.root = word, pattern.strip("/").split("/"), root
        self.failed = False

    @classmethod
    def of(cls, word: str, pattern: object, *, holding: str | None = None) -> _Search | None:
        """``None`` where the pattern cannot be one, which has been told."""
        text = pattern if isinstance(pattern, str) else ""
        search = cls(word, text, _root())
        reason = path_problem(text) if text else f"takes a pattern, not {kind_of(pattern)}"
        if reason:
            search.tell(Fault("path-invalid", f"the pattern {shown(text)} {reason}" if text else reason))
        elif (known := permitted()) is not None and Search(word, text, holding or "") not in known.searches:
            search.tell(Fault("pattern-unquoted", f"the pattern {shown(text)} does not stand in the call", _QUOTED))
            return None
        return None if reason else search

    def tell(self, fault: Fault, *, path: str = "") -> None:
        """Record a problem at the line of the user's call, or in a file of the repository."""
        self.failed = True
        place = Place(path, 0) if path else Place(*(user_place() or ("", 0)))
        report([problem(place, fault, self._word)])

    def matching(self, is_wanted: Any) -> list[str]:
        """The paths that the pattern names, from the root."""
        found = dict.fromkeys(walk(self.root, self._parts))
        wanted = [path for path in found if is_wanted(path) and not path.is_symlink()]
        return sorted((path.relative_to(self.root).as_posix() for path in wanted), key=lambda path: path.split("/"))

    def values(self, path: str) -> Values | None:
        """A values file; ``None`` where it cannot be read, which has been told."""
        documents = self._documents(path)
        if documents is None:
            return None
        if len(documents) > 1 or not isinstance(documents[0] if documents else None, dict | None):
            self.tell(Fault("values-invalid", "a values file holds one document with keys and values"), path=path)
            return None
        return Values(documents[0] or {} if documents else {}, path)

    def read(self, path: str) -> list[Cluster]:
        """The clusters of a file."""
        try:
            return clusters_in(self._documents(path) or (), path=path)
        except UnfitCluster as error:
            self.tell(Fault("cluster-invalid", str(error)), path=path)
            return []

    def _documents(self, path: str) -> list[Any] | None:
        from gitpromote.render.parse import parse_yaml

        file = self.root / path
        if not file.resolve().is_relative_to(self.root.resolve()):
            self.tell(Fault("path-escapes", "it is a link that leads out of the repository"), path=path)
            return None
        try:
            return parse_yaml(file.read_bytes(), file=path)
        except SourceInvalid as error:
            self.tell(Fault(error.code, error.detail or error.summary))
        except OSError as error:
            self.tell(Fault("file-unreadable", f"it cannot be read: {error.strerror or error}"), path=path)
        return None


def _root() -> Path:
    """The root of the repository that holds the pipeline file; where there is none, that file's folder."""
    known = permitted()
    if known is not None:
        return known.root
    file = _reading.get()
    if file is None:  # run by Python itself, or in a notebook
        place = user_place()
        file = Path(place[0]) if place and Path(place[0]).is_file() else Path.cwd() / "pipeline.py"
    return checkout_of(file.resolve())
