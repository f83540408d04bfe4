"""Documents that are JSON: Kubernetes reads them as JSON, not as the YAML that they also nearly are.

The difference shows in surrogate escapes (``\\ud83d\\ude00``), which YAML refuses, and in several objects that follow
each other without a separator.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from gitpromote.render.yaml_scalar import ScalarProblem, json_value

__all__ = ["JsonProblem", "read_json"]

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonProblem(Exception):
    """JSON that Kubernetes refuses, or that is repeated where it must not be.

    :param code: the code of the error
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def read_json(text: str, *, depth: int) -> tuple[list[Any], list[str]] | None:
    """The values that a text holds one after the other, and the keys that were repeated; None if it is no JSON.

    :param depth: how many levels are allowed
    :raises JsonProblem: ``yaml-too-deep`` or ``yaml-invalid``
    """
    repeated: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(found)
        if len(result) != len(found):
            repeated.extend(_repeated(found))
        return result

    decoder = json.JSONDecoder(
        object_pairs_hook=pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
    )
    values: list[Any] = []
    position = 0
    try:
        while (position := _next(text, position)) < len(text):
            value, position = decoder.raw_decode(text, position)
            values.append(value)
    except json.JSONDecodeError:
        return None
    except ScalarProblem as problem:
        raise JsonProblem("yaml-invalid", str(problem)) from None
    except RecursionError:
        raise JsonProblem("yaml-too-deep", f"more than {depth} levels") from None
    if any(_deeper(value, depth) for value in values):
        raise JsonProblem("yaml-too-deep", f"more than {depth} levels")
    return ([_whole_text(value) for value in values] if _SURROGATE.search(text) else values), repeated


def _next(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _repeated(pairs: list[tuple[str, Any]]) -> list[str]:
    return [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


def _integer(text: str) -> Any:
    return json_value(int(text), text) if len(text) < 30 else _float(text)


def _float(text: str) -> Any:
    return json_value(float(text), text)


def _constant(text: str) -> Any:
    raise ScalarProblem(f"{text} is no number that JSON can hold")


def _deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _whole_text(value: Any) -> Any:
    """Half a surrogate pair becomes U+FFFD, as in Go; UTF-8 could not hold it."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [_whole_text(item) for item in value]
    if isinstance(value, dict):
        return {_whole_text(key): _whole_text(item) for key, item in value.items()}
    return value
