"""Plain data as YAML that every reader takes for the same data: sorted keys, block style, nothing folded."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import Any

from gitpromote.errors import SourceInvalid
from gitpromote.render.yaml_problems import unreadable
from gitpromote.render.yaml_quote import as_string, literal_block
from gitpromote.render.yaml_reader import LIMITS

__all__ = ["dump_yaml"]

# libyaml and its ports give up on a key that is longer than 1,024 characters, unless a question mark announces it.
_LONG_KEY = 1000
_INT64 = 1 << 63
_WORDS = {None: "null", True: "true", False: "false"}
_LISTS = (list, tuple)


def dump_yaml(data: Any) -> str:
    """One document, with a final newline and without ``---``.

    Reading it, with :mod:`gitpromote.render.parse` or with kubectl, gives the same data.

    :param data: dict (with strings as keys), list or tuple, str, int, float, bool, None
    :raises SourceInvalid: ``yaml-value`` for anything else, and for numbers that JSON or 64 bits cannot hold
    """
    writer = _Writer()
    writer.document(data)
    writer.lines.append("")
    return "\n".join(writer.lines)


@lru_cache(maxsize=4096)  # manifests have the same few keys again and again
def _key_text(key: str) -> str:
    if not isinstance(key, str):
        raise _unwritable(f"the key {key!r} is no string")
    return as_string(str.__str__(key))


class _Writer:
    """Lines of one document. ``lead`` is what stands before a node's first line, ``pad`` before the others."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def document(self, data: Any) -> None:
        if isinstance(data, dict) and data:
            self._mapping(data, "", "")
        elif isinstance(data, _LISTS) and data:
            self._sequence(data, "", "")
        else:
            self.lines.append(self._scalar(data, "  "))

    def _mapping(self, value: dict[str, Any], lead: str, pad: str) -> None:
        write, deeper = self.lines.append, pad + "  "
        _check_depth(pad)
        for key in _sorted(value):
            child, text = value[key], _key_text(key)
            if len(text) > _LONG_KEY:
                self._long(text, child, lead, pad)
            elif type(child) is str and "\n" not in child:
                write(f"{lead}{text}: {as_string(child)}")
            elif isinstance(child, dict) and child:
                write(f"{lead}{text}:")
                self._mapping(child, deeper, deeper)
            elif isinstance(child, _LISTS) and child:
                write(f"{lead}{text}:")
                self._sequence(child, pad, pad)
            else:
                write(f"{lead}{text}: {self._scalar(child, deeper)}")
            lead = pad

    def _sequence(self, value: list[Any] | tuple[Any, ...], lead: str, pad: str) -> None:
        _check_depth(pad)
        for item in value:
            self._item(item, f"{lead}- ", pad + "  ")
            lead = pad

    def _long(self, text: str, child: Any, lead: str, pad: str) -> None:
        self.lines.append(f"{lead}? {text}")
        self._item(child, f"{pad}: ", pad + "  ")

    def _item(self, value: Any, lead: str, pad: str) -> None:
        """A node that begins on the line of its indicator."""
        if isinstance(value, dict) and value:
            self._mapping(value, lead, pad)
        elif isinstance(value, _LISTS) and value:
            self._sequence(value, lead, pad)
        else:
            self.lines.append(lead + self._scalar(value, pad))

    def _scalar(self, value: Any, pad: str) -> str:
        """What has no children, from its first character on."""
        if isinstance(value, str):
            return ("\n" in value and literal_block(value, pad)) or as_string(str.__str__(value))
        if value is None or isinstance(value, bool):
            return _WORDS[value]
        if isinstance(value, int) and -_INT64 <= value < _INT64:
            return int.__repr__(value)
        if isinstance(value, float) and isfinite(value):
            return _number(value)
        if value == {} or value == [] or value == ():
            return "{}" if value == {} else "[]"
        raise _unwritable(f"{_shown(value)} is no value that Kubernetes can hold")


def _shown(value: Any) -> str:
    """A value and its type; one that shows only where it lies in memory, which is another place each time, by type."""
    kind, text = type(value).__name__, repr(value)
    return f"an object of the type {kind}" if " at 0x" in text else f"{text:.60} ({kind})"


def _sorted(value: dict[Any, Any]) -> list[str]:
    try:
        return sorted(value)
    except TypeError:
        odd = next(key for key in value if not isinstance(key, str))
        raise _unwritable(f"the key {odd!r} is no string") from None


def _number(value: float) -> str:
    """With a point even before an exponent: without it, readers of YAML 1.1 see a string."""
    mantissa, e, exponent = repr(value).partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else repr(value)


def _check_depth(pad: str) -> None:
    if len(pad) > 2 * LIMITS.depth:
        raise _unwritable(f"it is nested deeper than {LIMITS.depth} levels, or contains itself")


def _unwritable(detail: str) -> SourceInvalid:
    return unreadable("yaml-value", detail)
