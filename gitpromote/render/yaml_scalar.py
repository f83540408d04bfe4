"""What one YAML scalar means to Kubernetes.

Kubernetes tools read YAML through ``sigs.k8s.io/yaml``: the YAML 1.1 words for booleans, Go's rules for numbers, dates
as plain strings, and then JSON, which knows neither infinity nor keys other than strings. Data are in
``tests/cases/yaml-as-kubernetes-reads-it.json``.
"""

from __future__ import annotations

import binascii
import re
import struct
from typing import Any

__all__ = ["MERGE", "KeyMemo", "ScalarMemo", "ScalarProblem", "json_value", "key_text", "tagged_value"]

_INT64 = 1 << 63
_UINT64 = 1 << 64
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
# Only these first characters can begin something that is not a string; the empty scalar is null.
_FIRST = frozenset("0123456789+-.yYnNtTfFoO~")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# A number that begins with a point keeps its underscores until Go's own float parser sees them.
_POINT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_SIGNED_BINARY = re.compile(r"0b(-|\+)([01]+)")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_TAG = "tag:yaml.org,2002:"


class ScalarProblem(Exception):
    """A scalar that Kubernetes refuses; the message is what is wrong with it."""


class _Merge(str):
    """The key ``<<`` where it stands for itself, told from the string ``"<<"`` by identity."""

    __slots__ = ()


MERGE = _Merge("<<")


class ScalarMemo(dict[str, Any]):
    """Plain scalar -> value, computed once per text.

    :raises ScalarProblem: for infinity and "not a number", which JSON cannot hold
    """

    def __missing__(self, text: str) -> Any:
        value = self[text] = text if text and text[0] not in _FIRST else json_value(_resolve(text), text)
        return value


class KeyMemo(dict[str, str]):
    """Plain scalar in the place of a key -> the string that it becomes; :data:`MERGE` for ``<<``.

    :raises ScalarProblem: for null and for integers beyond 64 bits
    """

    def __missing__(self, text: str) -> str:
        if text == "<<":
            key: str = MERGE
        elif text and text[0] not in _FIRST:
            key = text
        else:
            key = key_text(_resolve(text), text)
        self[text] = key
        return key


def tagged_value(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag, before it becomes JSON: a float may be infinite.

    Tags that Kubernetes does not know leave a string.
    """
    name = tag.removeprefix(_TAG) if tag.startswith(_TAG) else ""
    if name == "binary":
        return _binary(text)
    if name == "timestamp" and _TIMESTAMP.fullmatch(text):
        return text
    if name not in _TYPES:
        return text
    value = _resolve(text)
    if name == "float" and type(value) is int:
        return float(value)
    if type(value) is not _TYPES[name]:
        raise ScalarProblem(f"cannot read {_short(text)} as !!{name}")
    return value


_TYPES: dict[str, Any] = {"int": int, "float": float, "bool": bool, "null": type(None), "timestamp": None}


def key_text(value: Any, text: str) -> str:
    """The string that a key of another type becomes."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return str(value)
    if isinstance(value, float):
        return _short_float(value)
    raise ScalarProblem("a key is null" if value is None else f"the key {_short(text)} is beyond 64 bits")


def _resolve(text: str) -> Any:
    """The value of a plain scalar by Go's rules; integers up to 64 bits without a sign."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _float(text.replace("_", ""), text) if _POINT_FLOAT.fullmatch(text) else text
    if text[0] not in "0123456789+-":
        return text
    return _number(text)


def _number(text: str) -> Any:
    plain = text.replace("_", "")
    found = _INTEGER.fullmatch(plain)
    if found:
        whole = _integer(*found.groups())
        if whole is not None:
            return whole
    if _FLOAT.fullmatch(plain):
        return _float(plain, text)
    signed = _SIGNED_BINARY.fullmatch(plain)
    if signed and len(signed[2]) < 64:
        return int(signed[1] + signed[2], 2)
    return text


def _float(plain: str, text: str) -> float | str:
    """What is out of range is no number to Go, and stays what was written."""
    number = float(plain)
    return text if number in (float("inf"), float("-inf")) else number


def _integer(sign: str, hexadecimal: str, binary: str, octal: str, decimal: str) -> int | None:
    digits = hexadecimal or binary or octal or decimal
    if len(digits) > 64:  # no base has more digits in 64 bits; int() itself refuses thousands of them
        return None
    whole = int(digits, 16 if hexadecimal else 2 if binary else 8 if octal else 10)
    if sign == "-":
        return -whole if whole <= _INT64 else None
    return whole if whole < (_INT64 if sign else _UINT64) else None


def json_value(value: Any, text: str) -> Any:
    """The value as JSON has it: integers within 64 bits, other numbers as floats."""
    kind = type(value)
    if kind is int:
        return value if -_INT64 <= value < _INT64 else float(value)
    if kind is not float:
        return value
    if value != value or value in (float("inf"), float("-inf")):
        raise ScalarProblem(f"{_short(text)} is no number that JSON can hold")
    return _whole(value) if value.is_integer() else value


def _whole(value: float) -> int | float:
    """A float without a fraction is written without one, and read back as an integer if it fits.

    What counts are the shortest digits, filled up with zeros: 2**60 becomes 1152921504606847000.
    """
    if abs(value) >= 1e21:
        return value
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        whole = int(value)
    else:
        integer, _, fraction = mantissa.partition(".")
        whole = int((integer + fraction).ljust(len(integer) + int(exponent), "0"))
    return whole if -_INT64 <= whole < _INT64 else value


def _short_float(value: float) -> str:
    """The text of a float key: the shortest that reads back as the same 32-bit float, as Go's ``%g`` writes it."""
    if value != value:
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = float("inf") if value > 0 else float("-inf")
    if single in (float("inf"), float("-inf")):
        return ".inf" if single > 0 else "-.inf"
    text = _shortest(single)
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    digits = sum(character.isdigit() for character in mantissa)
    return f"{single:.{max(0, digits - 1 - power)}f}"


def _shortest(single: float) -> str:
    """The shortest scientific notation that is still the same 32-bit float."""
    packed = struct.pack("f", single)
    texts = (f"{single:.{digits}e}" for digits in range(9))
    return next(text for text in texts if struct.pack("f", float(text)) == packed)


def _binary(text: str) -> str:
    try:
        raw = binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError):
        raise ScalarProblem("!!binary is no valid base64") from None
    # JSON replaces each byte that is not UTF-8, one by one.
    return re.sub("[\udc80-\udcff]", "\ufffd", raw.decode("utf-8", "surrogateescape"))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
