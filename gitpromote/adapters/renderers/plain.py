"""Manifests as they are. They are read as Kubernetes reads them, not sent through kustomize, which changes values."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs
from gitpromote.model.render import PlainSpec
from gitpromote.model.tree import LINK
from gitpromote.render.reads import joined
from gitpromote.render.references import KUSTOMIZATION_NAMES

_ENDINGS = (".yaml", ".yml", ".json")
_DEEPEST = 40  # symbolic links on one way


def render(spec: PlainSpec, inputs: Inputs, running: Running) -> Output:
    """Every manifest file at or below the path, sorted; names that start with a dot, and kustomizations, left out."""
    path = _resolved(joined("", spec.path), inputs)
    if path in inputs:
        return Output(((path, inputs[path][1]),))
    documents, passed = [], []
    for file, content in _files(path, path, inputs, 0):
        name = posixpath.basename(file)
        if name in KUSTOMIZATION_NAMES:
            passed.append(f"{file} is not read: the files are taken as they are")
        elif name.lower().endswith(_ENDINGS) and not _is_hidden(file[len(path) :]):
            documents.append((file, content))
    return Output(tuple(sorted(documents)), tuple(passed))


def _files(folder: str, shown: str, inputs: Inputs, depth: int) -> Iterator[tuple[str, bytes]]:
    """All files below a folder, with the names that they have there, links followed."""
    start = folder + "/" if folder else ""
    for path, (mode, content) in inputs.items():
        if not path.startswith(start):
            continue
        name = posixpath.join(shown, path[len(start) :])
        if mode != LINK:
            yield name, content
            continue
        target = _resolved(path, inputs)
        if target in inputs:
            yield name, inputs[target][1]
        elif depth < _DEEPEST:
            yield from _files(target, name, inputs, depth + 1)


def _resolved(path: str, inputs: Inputs) -> str:
    """Where a path leads, links among the inputs followed."""
    for _ in range(_DEEPEST):
        parts = path.split("/")
        starts = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        link = next((start for start in starts if start in inputs and inputs[start][0] == LINK), None)
        if link is None:
            break
        target = inputs[link][1].decode("utf-8", "surrogateescape")
        path = joined(posixpath.dirname(link), target + path[len(link) :])
    return path


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))
