"""Where something in a rendered object comes from: the line in its document, and the source file if that is sure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from gitpromote.errors import SourceInvalid
from gitpromote.model.change import OCCURRENCE, Path, PathElement
from gitpromote.model.manifest import Manifest
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, PlainSpec, RenderSpec
from gitpromote.render.edit_nodes import Node, compose, key_of
from gitpromote.render.parse import parse_manifests

__all__ = ["Origin", "Origins", "field_line", "near_line"]

_MADE_BY = re.compile(r"#\s*Source:\s*(\S+)\s*")
_YAML = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Origin(NamedTuple):
    """A place in the sources. ``line`` is from 1; 0 where only the file is known."""

    file: str
    line: int


class Origins:
    """The sources of one App, looked at when the first object is sought.

    :param read: paths of the sources to their bytes
    """

    def __init__(
        self, spec: RenderSpec, paths: Iterable[str], read: Callable[[Sequence[str]], Mapping[str, bytes]]
    ) -> None:
        self._first = spec.first if isinstance(spec, ChainSpec) else spec
        self._plain = isinstance(spec, PlainSpec)
        self._paths = sorted(paths)
        self._read = read
        self._known: dict[tuple[str, str, str], list[Manifest]] | None = None

    def of(self, manifest: Manifest, path: Path = ()) -> Origin | None:
        """Where an object, or a field of it, was written; ``None`` where that is not sure."""
        if isinstance(self._first, HelmSpec):
            return self._template(manifest, self._first)
        if isinstance(self._first, PlainSpec | KustomizeSpec):
            return self._document(manifest, path)
        return None

    def _template(self, manifest: Manifest, spec: HelmSpec) -> Origin | None:
        """helm says it above each document: the chart's name, then the path in it."""
        match = next((found for text in _comments(manifest.text) if (found := _MADE_BY.fullmatch(text))), None)
        if match is None:
            return None
        file = posixpath.normpath(posixpath.join(spec.chart, match[1].partition("/")[2]))
        return Origin(file, 0) if file in self._paths else None

    def _document(self, manifest: Manifest, path: Path) -> Origin | None:
        """Of several documents of one name the only one that has the field, or most of the way to it.

        The others are patches, or are patched.
        """
        near = [(one, _reached(one.text, path)) for one in self._documents(manifest) if _fits(one, manifest)]
        most = max((reached.depth for _, reached in near), default=0)
        places = [Origin(one.file, one.line + reached.line) for one, reached in near if reached.depth == most]
        return places[0] if len(places) == 1 else None

    def below(self, manifest: Manifest, lines: int) -> Origin | None:
        """Where a line of an object's text was written, so many below its first; ``None`` where that is not sure.

        It is where a document of the sources has as many lines, and the same one there.
        """
        if not isinstance(self._first, PlainSpec | KustomizeSpec):
            return None
        text = manifest.text.splitlines()
        near = [(one, one.text.splitlines()) for one in self._documents(manifest) if _fits(one, manifest)]
        places = [
            Origin(one.file, one.line + lines)
            for one, theirs in near
            if len(theirs) == len(text) and lines < len(text) and theirs[lines] == text[lines]
        ]
        return places[0] if len(places) == 1 else None

    def dropped(self, manifest: Manifest) -> Origin | None:
        """What leaves out an object that these sources no longer give: a patch, or else their folder or file."""
        if isinstance(self._first, KustomizeSpec) and (place := self._document(manifest, ())) is not None:
            return place
        if isinstance(self._first, PlainSpec | KustomizeSpec):
            inside = [posixpath.normpath(posixpath.join(self._first.path, name)) for name in _KUSTOMIZATIONS]
            return Origin(next((one for one in inside if one in self._paths), self._first.path), 0)
        return None

    def _documents(self, manifest: Manifest) -> list[Manifest]:
        if self._known is None:
            self._known = {}
            paths = [path for path in self._paths if path.lower().endswith(_YAML)]
            for file, data in self._read(paths).items():
                for one in _manifests(file, data):
                    self._known.setdefault((one.ref.group, one.ref.kind, one.ref.name), []).append(one)
        return self._known.get((manifest.ref.group, manifest.ref.kind, manifest.ref.name), [])


def _comments(text: str) -> Iterable[str]:
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        yield line


def _manifests(file: str, data: bytes) -> Iterable[Manifest]:
    """What a file holds as it stands there; what is no manifest holds nothing, and items of Lists are told apart."""
    try:
        found = parse_manifests(data, file=file).manifests.values()
    except SourceInvalid:
        return ()
    return tuple(one for one in found if one.text.strip().encode() in data)


def _fits(source: Manifest, rendered: Manifest) -> bool:
    """A namespace may come later."""
    return source.ref.namespace in ("", rendered.ref.namespace)


# -- lines


def field_line(text: str, path: Path) -> int | None:
    """The line of a document, from 0, where a field stands; ``None`` where it is not there. The empty path is line 0.

    :param text: was read before: it is YAML
    """
    reached = _reached(text, path)
    return reached.line if reached.depth == len(path) else None


def near_line(text: str, path: Path) -> int:
    """The line of a document, from 0, where a field stands; where it is not there, that of what it would stand in."""
    return _reached(text, path).line


class _Reached(NamedTuple):
    """How far a path leads into a document; ``line`` from 0."""

    depth: int
    line: int


def _reached(text: str, path: Path) -> _Reached:
    node, reached = next(iter(compose(text)), None) if path else None, _Reached(0, 0)
    for element in path:
        found = _child(node, element) if node is not None else None
        if found is None:
            break
        node, reached = found[0], _Reached(reached.depth + 1, found[1])
    return reached


def _child(node: Node, element: PathElement) -> tuple[Node, int] | None:
    if isinstance(element, str):
        pairs = [(value, key.line) for key, value in node.pairs if key.kind == "scalar" and key_of(key) == element]
        return pairs[-1] if pairs else None  # Kubernetes takes the last
    if isinstance(element, int):
        return (node.items[element], node.items[element].line) if 0 <= element < len(node.items) else None
    wanted = {key: value for key, value in element.items() if key != OCCURRENCE}
    items = [item for item in node.items if _is(item, wanted)]
    number = int(element.get(OCCURRENCE, 1))
    return (items[number - 1], items[number - 1].line) if 0 < number <= len(items) else None


def _is(item: Node, wanted: Mapping[str, object]) -> bool:
    found = {key: item.get(key) for key in wanted}
    return all(
        node is not None and node.kind == "scalar" and node.value == str(wanted[key]) for key, node in found.items()
    )
