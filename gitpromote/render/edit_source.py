"""A source file while it is edited: changes are splices of its text, proven by reading it again.

Whatever is not spliced stays byte for byte: comments, quotes, indents, CRLF, the byte order mark.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gitpromote.errors import SourceInvalid
from gitpromote.render.edit_nodes import Node, compose
from gitpromote.render.edit_refusals import refused
from gitpromote.render.parse import parse_yaml
from gitpromote.render.pointers import refuse_pointers
from gitpromote.render.yaml_text import decode, without_bom

__all__ = ["REMOVED", "Change", "DataPath", "Scalar", "Source"]

#: Keys and indices of the data that a document becomes.
DataPath: TypeAlias = tuple[str | int, ...]
Scalar: TypeAlias = str | int | float | bool | None

REMOVED = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One splice, and what it is to change in the data.

    :param start: offset in the text
    :param end: equal to ``start`` for an insertion
    :param document: which document of the file, from 0
    :param path: the place in its data; an index one behind the end of a list appends
    :param value: what is there afterwards, or :data:`REMOVED`
    """

    start: int
    end: int
    text: str
    document: int
    path: DataPath
    value: Any


class Source:
    """A YAML file that is to be edited: its text, its data and its nodes.

    :raises SourceInvalid: if it cannot be read, has a repeated key, is a template, or only a placeholder
    """

    def __init__(self, data: bytes, *, file: str) -> None:
        refuse_pointers({file: ("", data)})
        whole = decode(data, file=file)
        self.file, self.text = file, without_bom(whole)
        self._bom = whole[: len(whole) - len(self.text)]
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        self.is_json = _is_json(self.text)
        self.documents = self._read(data)
        self.roots: list[Node] = compose(self.text)

    def where(self, node: Node | None) -> str:
        """``file:line`` of a node."""
        return f"{self.file}:{node.line + 1}" if node else self.file

    def value_at(self, document: int, path: DataPath) -> Any:
        """The data at a place that is there."""
        value = self.documents[document]
        for step in path:
            value = value[step]
        return value

    def line_end(self, at: int) -> int:
        """The offset behind the line break that ends the line of an offset, or the end of the text."""
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def line_start(self, at: int) -> int:
        """The offset where the line of an offset begins."""
        return self.text.rfind("\n", 0, at) + 1

    def with_changes(self, changes: Sequence[Change]) -> bytes:
        """The bytes after the changes, read again and compared: nothing else may be different.

        :raises SourceInvalid: ``edit-unsafe``
        """
        parts, at = [self._bom], 0
        for change in sorted(changes, key=lambda change: change.start):
            parts += (self.text[at : change.start], change.text)
            at = change.end
        data = "".join([*parts, self.text[at:]]).encode("utf-8")
        self._prove(data, changes)
        return data

    def _read(self, data: bytes) -> list[Any]:
        try:
            return parse_yaml(data, file=self.file, strict=True)
        except SourceInvalid as error:
            if "{{" not in self.text or error.code == "yaml-duplicate-key":
                raise
            raise refused("edit-template", f"it holds {{{{ }}}} and is no YAML: {error.detail}") from error

    def _prove(self, data: bytes, changes: Sequence[Change]) -> None:
        expected = [json.loads(json.dumps(document)) for document in self.documents]
        expected += [None] * (not expected)
        for change in changes:
            expected[change.document] = _changed(expected[change.document], change.path, change.value)
        try:
            actual = parse_yaml(data, file=self.file, strict=True)
        except SourceInvalid as error:
            raise refused("edit-unsafe", f"the file could not be read afterwards: {error.detail}") from error
        if _text(actual) != _text(expected) or (self.is_json and not _is_json(without_bom(data.decode("utf-8")))):
            names = ", ".join(".".join(str(step) for step in change.path) for change in changes)
            raise refused("edit-unsafe", f"{self.file}: setting {names} would change other values too, or not this one")


def _changed(data: Any, path: DataPath, value: Any) -> Any:
    """The data with one value set, added or removed."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list):
        index = int(step)
        items = [*data, None] if index == len(data) else list(data)
        items[index] = _changed(items[index], rest, value)
        return items
    pairs = dict(data or {})
    if value is REMOVED and not rest:
        del pairs[str(step)]
    else:
        pairs[str(step)] = _changed(pairs.get(str(step)), rest, value)
    return pairs


def _is_json(text: str) -> bool:
    """Whether a file must go on to be JSON, whatever YAML would allow."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _text(documents: list[Any]) -> str:
    # A missing document and one without a value are the same file to everybody.
    return json.dumps([document for document in documents if document is not None], sort_keys=True)
