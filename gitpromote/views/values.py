"""A manifest's values on one line: scalars, images, whole structures cut to size; and texts compared by line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gitpromote.model.words import short_digest, shorten
from gitpromote.views.text import quoted, visible

#: How long a value may be before it is cut, characters.
WIDTH = 100
#: How many lines of a text are compared; longer ones are counted.
COMPARED_LINES = 1000

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_MASKED = re.compile(r"\((?:sensitive|re-encrypted)[^()]{0,24}\)")
_IMAGE = re.compile(
    r"(?P<repository>[a-z0-9][\w./:-]*?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?"
)


def value_text(value: Any, *, width: int | None = WIDTH) -> str:
    """A value on one line, as YAML would write it in flow style."""
    text = _flow(value)
    return text if width is None else shorten(text, width)


def _flow(value: Any) -> str:
    if isinstance(value, str):
        return value if _MASKED.fullmatch(value) else quoted(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict):
        if set(value) == {"number"} and isinstance(value["number"], str):
            return value["number"]
        return "{" + ", ".join(f"{key_text(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return str(value)


def key_text(key: str) -> str:
    """A key as YAML would write it."""
    return key if _PLAIN_KEY.fullmatch(key) else quoted(key)


def replacement_text(before: Any, after: Any, *, image: bool = False, width: int | None = WIDTH) -> str:
    """``"off" -> "on"``; two images of one repository name it once."""
    if image and isinstance(before, str) and isinstance(after, str):
        joined = _images(before, after)
        if joined is not None:
            return joined
    return f"{value_text(before, width=width)} -> {value_text(after, width=width)}"


def _images(before: str, after: str) -> str | None:
    old, new = _IMAGE.fullmatch(before), _IMAGE.fullmatch(after)
    if old is None or new is None:
        return None
    if old["repository"] != new["repository"]:
        return f"{_image(old)} -> {_image(new)}"
    tags = f"{visible(old['repository'])}{_tag(old)} -> {new['tag'] or 'no tag'}"
    if not old["digest"] and not new["digest"]:
        return tags
    pins = f"{_pin(old)} -> {_pin(new)}"
    if old["tag"] == new["tag"]:
        return f"{visible(old['repository'])}{_tag(old)}  ({pins})"
    return f"{tags}  ({pins})"


def _image(match: re.Match[str]) -> str:
    pin = f"@{short_digest(match['digest'])}" if match["digest"] else ""
    return f"{visible(match['repository'])}{_tag(match)}{pin}"


def _tag(match: re.Match[str]) -> str:
    return f":{match['tag']}" if match["tag"] else ""


def _pin(match: re.Match[str]) -> str:
    return short_digest(match["digest"]) if match["digest"] else "no digest"


def text_lines(before: str, after: str, *, context: int = 1) -> list[tuple[str, str]] | None:
    """The lines in which two texts differ, each with its sign (``-``, ``+``, blank, ``…``); ``None``: too long."""
    old, new = before.split("\n"), after.split("\n")
    if len(old) > COMPARED_LINES or len(new) > COMPARED_LINES:
        return None
    from difflib import SequenceMatcher

    found: list[tuple[str, str]] = []
    for number, group in enumerate(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context)):
        if number:
            found.append(("…", ""))
        for tag, i1, i2, j1, j2 in group:
            found += _signed(tag, old[i1:i2], new[j1:j2])
    return [(sign, visible(text)) for sign, text in found]


def _signed(tag: str, old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    if tag == "equal":
        return [(" ", text) for text in old]
    return [("-", text) for text in old] + [("+", text) for text in new]


def block_lines(value: Any, *, indent: int = 0) -> list[str]:
    """A structure as indented lines, as YAML would write it in block style: for reading, not for parsing."""
    blank = " " * indent
    if isinstance(value, dict) and value and not ("number" in value and len(value) == 1):
        return [each for key, member in value.items() for each in _member(f"{blank}{key_text(key)}:", member, indent)]
    if isinstance(value, list) and value:
        return [each for member in value for each in _item(blank, member, indent)]
    return [blank + value_text(value, width=None)]


def _member(head: str, member: Any, indent: int) -> list[str]:
    if isinstance(member, str) and "\n" in member:
        body = visible_lines(member)
        return [f"{head} |", *(f"{' ' * (indent + 2)}{each}" for each in body)]
    if isinstance(member, dict | list) and member:
        return [head, *block_lines(member, indent=indent + 2)]
    return [f"{head} {value_text(member, width=None)}"]


def _item(blank: str, member: Any, indent: int) -> list[str]:
    first, *rest = block_lines(member, indent=indent + 2)
    return [f"{blank}- {first[indent + 2 :]}", *rest]


def visible_lines(text: str) -> list[str]:
    """The lines of a text, unseen characters written as escapes."""
    return [visible(each) for each in text.removesuffix("\n").split("\n")]
