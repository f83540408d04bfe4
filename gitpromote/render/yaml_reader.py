"""A reader of YAML as Kubernetes reads it: the events of libyaml's parser and our own builder.

``yaml.safe_load`` reads another language: it fails on ``=``, and turns ``y``, ``1e3`` and ``08`` into something that
the cluster does not see. Here every value is what the API server would get. What a small file can blow up into
(nesting, aliases) is capped while it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from gitpromote.errors import Problem, SourceInvalid
from gitpromote.render.yaml_problems import unreadable
from gitpromote.render.yaml_scalar import MERGE, KeyMemo, ScalarMemo, ScalarProblem, json_value, key_text, tagged_value
from gitpromote.render.yaml_text import open_parser, parser_place

__all__ = ["LIMITS", "Limits", "YamlReader"]

_OPEN = object()
_UNKNOWN = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one input may cost. Real manifests stay far below; what exceeds it is an attack or a mistake.

    :param stream: bytes of one file or render
    :param document: bytes of one document
    :param documents: documents of one stream
    :param depth: nested collections; below Python's own recursion limit, so that whoever walks the data may recurse
    :param alias_nodes: nodes that a document's aliases stand for, all together
    """

    stream: int = 64 << 20
    document: int = 32 << 20
    documents: int = 100_000
    depth: int = 200
    alias_nodes: int = 100_000


LIMITS = Limits()


class YamlReader:
    """Reads the texts of one stream; what it learns about scalars in one document serves the next.

    ``warnings`` holds what Kubernetes accepts and people do not mean: repeated keys, of which the last counts.

    :param file: what errors call the input
    :param strict: a repeated key is an error
    """

    def __init__(self, *, file: str, strict: bool = False, limits: Limits = LIMITS) -> None:
        self.warnings: list[Problem] = []
        self._file, self._strict, self._limits = file, strict, limits
        self._plain, self._keys = ScalarMemo(), KeyMemo()
        self._anchors: dict[str, Any] = {}
        # The node is kept beside its merged keys: an id may serve again once its object is gone.
        self._merged: dict[int, tuple[dict[str, Any], set[str]]] = {}
        self._alias_nodes = 0

    def read(self, text: str, *, line: int = 1, number: int = 1) -> list[Any]:
        """Every document of a text, as plain data; an empty one is None.

        :param line: where the text begins in its file
        :param number: which document of its file it begins with
        :raises SourceInvalid: if it is no YAML, or none that Kubernetes reads
        """
        self._line, self._number = line, number
        values = []
        try:
            self._get = get = open_parser(text).get_event
            while (event := get()) is not None:
                if type(event) is DocumentStartEvent:
                    self._anchors, self._merged, self._alias_nodes = {}, {}, 0
                    values.append(self._value(get(), self._limits.depth))
                    self._number += 1
                    if len(values) > self._limits.documents:
                        self._fail("yaml-too-large", f"more than {self._limits.documents} documents", event)
        except YAMLError as error:
            row, column, words = parser_place(error, text, first_line=line)
            # The parser looks at characters long before their document begins.
            number = self._number if isinstance(error, MarkedYAMLError) else 0
            raise self._error("yaml-invalid", words, row, column, number) from error
        except RecursionError as error:  # the caller's own stack was nearly full
            raise self._error("yaml-too-deep", "no room left to read it here", 0, 0, self._number) from error
        return values

    def _mapping(self, node: dict[str, Any], room: int) -> dict[str, Any]:
        """Fill a dict up to its end. With ``_sequence`` the inner loop of every plan: it looks up, or calls on."""
        get, plain, keys = self._get, self._plain, self._keys
        event: Any = None
        try:
            while True:
                event = get()
                if type(event) is ScalarEvent and event.anchor is event.tag:
                    key = event.value if event.style else keys[event.value]
                elif type(event) is MappingEndEvent:
                    return node
                else:
                    key = self._key(event)
                if key in node:
                    self._repeated(node, key, event)
                event = get()
                kind = type(event)
                if key is MERGE:
                    self._merge(node, event, room)
                elif kind is ScalarEvent and event.anchor is event.tag:
                    node[key] = event.value if event.style else plain[event.value]
                elif kind is MappingStartEvent and event.anchor is None and room:
                    node[key] = self._mapping({}, room - 1)
                else:
                    node[key] = self._value(event, room)
        except ScalarProblem as problem:
            self._fail("yaml-invalid", str(problem), event)

    def _sequence(self, node: list[Any], room: int) -> list[Any]:
        get, plain = self._get, self._plain
        event: Any = None
        try:
            while True:
                event = get()
                kind = type(event)
                if kind is MappingStartEvent and event.anchor is None and room:
                    node.append(self._mapping({}, room - 1))
                elif kind is ScalarEvent and event.anchor is event.tag:
                    node.append(event.value if event.style else plain[event.value])
                elif kind is SequenceEndEvent:
                    return node
                else:
                    node.append(self._value(event, room))
        except ScalarProblem as problem:
            self._fail("yaml-invalid", str(problem), event)

    def _value(self, event: Any, room: int) -> Any:
        """The value of any node; ``room`` is how many more levels it may have."""
        if type(event) is AliasEvent:
            return self._alias(event, room)
        if event.anchor is not None:
            self._anchors[event.anchor] = _OPEN
        if type(event) is ScalarEvent:
            value = self._scalar(event)
        elif not room:
            self._fail("yaml-too-deep", f"more than {self._limits.depth} levels", event)
        elif type(event) is MappingStartEvent:
            value = self._mapping({}, room - 1)
        else:
            value = self._sequence([], room - 1)
        # An anchor inside that has the same name came later, and stays.
        if event.anchor is not None and self._anchors[event.anchor] is _OPEN:
            self._anchors[event.anchor] = value
        return value

    def _scalar(self, event: Any) -> Any:
        if event.tag is None:
            return event.value if event.style else self._plain[event.value]
        return json_value(tagged_value(event.tag, event.value), event.value)

    def _key(self, event: Any) -> str:
        """Any key; a plain ``<<`` is MERGE, whatever its anchor or tag."""
        if type(event) is AliasEvent:
            return key_text(self._alias(event, 0), f"*{event.anchor}")
        if type(event) is not ScalarEvent:
            self._fail("yaml-invalid", _collection_key(event), event)
        if event.anchor is not None:
            self._anchors[event.anchor] = self._scalar(event)
        if event.value == "<<" and not event.style:
            return MERGE
        if event.tag is not None:
            return key_text(tagged_value(event.tag, event.value), event.value)
        return event.value if event.style else self._keys[event.value]

    def _alias(self, event: Any, room: int) -> Any:
        value = self._anchors.get(event.anchor, _UNKNOWN)
        if value is _UNKNOWN:
            self._fail("yaml-invalid", f"the anchor '{event.anchor}' is not known", event)
        if value is _OPEN:
            self._fail("yaml-invalid", f"the anchor '{event.anchor}' contains itself", event)
        return self._copy(value, room, event)

    def _copy(self, value: Any, room: int, event: Any) -> Any:
        """A copy for each alias, so that its size is what it looks like, and one place is not changed by another."""
        kind = type(value)
        if kind is not dict and kind is not list:
            return value
        if not room:
            self._fail("yaml-too-deep", f"more than {self._limits.depth} levels, by the alias '{event.anchor}'", event)
        self._alias_nodes += 1 + len(value)
        if self._alias_nodes > self._limits.alias_nodes:
            self._fail("yaml-alias-bomb", f"aliases stand for more than {self._limits.alias_nodes} values", event)
        if kind is list:
            return [self._copy(item, room - 1, event) for item in value]
        return {key: self._copy(item, room - 1, event) for key, item in value.items()}

    def _merge(self, node: dict[str, Any], event: Any, room: int) -> None:
        """``<<``: what it names overrides the keys before it, and the keys after it override that."""
        value = self._value(event, room)
        several = type(event) is SequenceStartEvent
        parts = value[::-1] if several else [value]  # of several, the first wins
        for part in parts:
            if type(part) is not dict:
                self._fail("yaml-invalid", "the merge key << wants a mapping or a list of mappings", event)
            node.update(part)
            self._merged.setdefault(id(node), (node, set()))[1].update(part)

    def _repeated(self, node: dict[str, Any], key: str, event: Any) -> None:
        if id(node) in self._merged and key in self._merged[id(node)][1]:
            self._merged[id(node)][1].discard(key)
            return
        if self._strict:
            self._fail("yaml-duplicate-key", f"'{key}' is here for the second time", event)
        message = f"document {self._number}: the key '{key}' appears twice; the last one counts"
        self.warnings.append(
            Problem("yaml-duplicate-key", message, path=self._file, line=self._line + event.start_mark.line)
        )

    def _fail(self, code: str, words: str, event: Any) -> NoReturn:
        raise self._error(code, words, event.start_mark.line, event.start_mark.column, self._number)

    def _error(self, code: str, words: str, line: int, column: int, number: int) -> SourceInvalid:
        where = f"{self._file}:{self._line + line}:{column + 1}: {f'document {number}: ' if number else ''}"
        return unreadable(code, where + words)


def _collection_key(event: Any) -> str:
    kind = "mapping" if type(event) is MappingStartEvent else "list"
    template = "; an unquoted {{ ... }} looks like that" if kind == "mapping" and event.flow_style else ""
    return f"a key is a {kind}{template}"
