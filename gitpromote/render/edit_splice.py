"""The ways in which a source is changed: a scalar is replaced, a pair or an item comes in, a pair goes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from gitpromote.render.dump import dump_yaml
from gitpromote.render.edit_nodes import Node, end_of_content
from gitpromote.render.edit_refusals import refused
from gitpromote.render.edit_source import REMOVED, Change, DataPath, Scalar, Source
from gitpromote.render.yaml_quote import as_string, double_quoted, is_plain, single_quoted

__all__ = ["Content", "insert_item", "insert_pair", "remove_pair", "replace_empty", "replace_scalar"]

#: What can be inserted: a scalar, or mappings and lists of mappings that end in scalars.
Content: TypeAlias = "Scalar | Mapping[str, Content] | Sequence[Mapping[str, Content]]"

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)*(?:[&!][^\s,\[\]{}]*$)?")


def replace_scalar(source: Source, node: Node, value: Scalar, *, document: int, path: DataPath) -> Change:
    """Another value in the place of one, in the same quotes.

    :raises SourceInvalid: if it is no scalar, a block of text, or made by a template
    """
    where, name = source.where(node), ".".join(map(str, path))
    if "{{" in source.text[node.start : node.start + 2] or (node.kind == "scalar" and "{{" in node.value):
        line = source.text[source.line_start(node.start) : source.line_end(node.start)].strip()
        raise refused("edit-template", f"{where}: {line}")
    if node.kind != "scalar":
        raise refused("edit-not-scalar", f"{where}: {name} is a {node.kind}")
    if node.style in ("|", ">"):
        raise refused("edit-block-scalar", f"{where}: {name} is a block of text ({node.style})")
    start = node.start
    if node.anchor is not None or node.tag is not None:
        found = _PROPERTIES.match(source.text, start, node.end)
        start = found.end() if found else start
    text = _written(source, value, style=node.style)
    if start == node.end and source.text[start - 1 : start] not in ("", " ", "\t", "\n"):
        text = f" {text}"
    return Change(start=start, end=node.end, text=text, document=document, path=path, value=value)


def _written(source: Source, value: Scalar, *, style: str = "") -> str:
    """A value on one line; a string in the quotes that it had, or plain where every reader takes it for a string."""
    if source.is_json:
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return dump_yaml(value).removesuffix("\n")
    if style == "'":
        return single_quoted(value)
    return value if not style and is_plain(value) else double_quoted(value)


def replace_empty(source: Source, node: Node, value: Content, *, document: int, path: DataPath) -> Change:
    """Something in the place of a null, on the same line."""
    space = " " if source.text[node.start - 1 : node.start] not in ("", " ", "\t", "\n") else ""
    return Change(
        start=node.start, end=node.end, text=space + _in_flow(source, value), document=document, path=path, value=value
    )


def insert_pair(
    source: Source, mapping: Node | None, key: str, value: Content, *, document: int, path: DataPath
) -> Change:
    """A new pair behind the last one of a mapping, indented like it.

    :param mapping: None or an empty node for a document without anything in it
    :param path: the mapping's place in the data
    """
    pair = {key: value}
    if mapping is None or mapping.kind != "mapping":
        at = len(source.text)
        text = _lines(source, at, _in_block(source, pair, "", ""))
    elif mapping.flow:
        at = _end_of_pair(mapping, -1) if mapping.pairs else mapping.end - 1
        text = _in_flow(source, pair)[1:-1]
        text = f", {text}" if mapping.pairs else text
    else:
        at = _behind(source, _end_of_pair(mapping, -1))
        text = _lines(source, at, _in_block(source, pair, " " * mapping.pairs[0][0].column, _dash(mapping)))
    return Change(start=at, end=at, text=text, document=document, path=(*path, key), value=value)


def insert_item(
    source: Source, sequence: Node, item: Mapping[str, Content], *, document: int, path: DataPath
) -> Change:
    """A new mapping behind the last item of a list, indented like it.

    :param path: the list's place in the data
    """
    if sequence.flow:
        at = end_of_content(sequence.items[-1]) if sequence.items else sequence.end - 1
        text = _in_flow(source, item)
        text = f", {text}" if sequence.items else text
    else:
        at = _behind(source, end_of_content(sequence))
        text = _lines(source, at, _item(source, item, " " * sequence.column))
    return Change(start=at, end=at, text=text, document=document, path=(*path, len(sequence.items)), value=item)


def remove_pair(source: Source, mapping: Node, index: int, *, document: int, path: DataPath) -> Change:
    """One pair less, with its line or its comma.

    :param path: the pair's place in the data
    """
    start, end = mapping.pairs[index][0].start, _end_of_pair(mapping, index)
    line = source.line_start(start)
    if mapping.flow and index:
        start = _end_of_pair(mapping, index - 1)
    elif mapping.flow or source.text[line:start].strip():
        end = mapping.pairs[index + 1][0].start if index + 1 < len(mapping.pairs) else end
    else:
        start, end = line, _behind(source, end)
    return Change(start=start, end=end, text="", document=document, path=path, value=REMOVED)


def _end_of_pair(mapping: Node, index: int) -> int:
    key, value = mapping.pairs[index]
    return max(key.end, end_of_content(value))


def _behind(source: Source, at: int) -> int:
    """The beginning of the next line; a block of text ends there already."""
    return at if source.text[at - 1 : at] == "\n" else source.line_end(at)


def _lines(source: Source, at: int, lines: list[str]) -> str:
    text = source.newline.join(lines)
    if source.text[at - 1 : at] in ("", "\n"):
        return text + source.newline
    return source.newline + text  # the file ends without a line break, and goes on to do so


def _dash(mapping: Node) -> str:
    """How much further than its key the lists of a mapping are indented, seen from the first of them."""
    for key, value in mapping.pairs:
        if value.kind == "sequence" and not value.flow and value.line > key.line:
            return " " * (value.column - key.column)
    return ""


def _item(source: Source, item: Mapping[str, Content], indent: str) -> list[str]:
    first, *others = _in_block(source, item, f"{indent}  ", "")
    return [f"{indent}- {first.lstrip(' ')}", *others]


def _in_block(source: Source, pairs: Mapping[str, Content], indent: str, dash: str) -> list[str]:
    lines: list[str] = []
    for key, value in pairs.items():
        if isinstance(value, Mapping):
            lines += (f"{indent}{as_string(key)}:", *_in_block(source, value, f"{indent}  ", dash))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            items = [line for item in value for line in _item(source, item, indent + dash)]
            lines += (f"{indent}{as_string(key)}:", *items)
        else:
            lines.append(f"{indent}{as_string(key)}: {_written(source, value)}")
    return lines


def _in_flow(source: Source, value: Content) -> str:
    if isinstance(value, Mapping):
        pairs = [f"{_flow_key(source, key)}: {_in_flow(source, item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_in_flow(source, item) for item in value) + "]"
    return _written(source, value)


def _flow_key(source: Source, key: str) -> str:
    return json.dumps(key, ensure_ascii=False) if source.is_json else as_string(key)
