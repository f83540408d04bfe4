"""How far back a PromQL query reads: its ranges, subqueries and offsets, and selectors without a range."""

from __future__ import annotations

import math
import re

__all__ = ["LOOKBACK", "has_bare_selector", "range_of", "unclear"]

#: How far back a selector without a range looks for its newest sample; Prometheus's own default. Seconds.
LOOKBACK = 300

# https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_DURATION = r"(?:(?:\d+(?:ms|[smhdwy]))+|\d+(?:\.\d+)?)"
_TEXTS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|#[^\n]*')
_RANGE = re.compile(rf"\[\s*({_DURATION})\s*(:[^\]]*)?\]")
_OFFSET = re.compile(rf"\boffset\s+-?({_DURATION})", re.IGNORECASE)
_ANY_RANGE = re.compile(r"\[[^\]]*\]")
_ANY_OFFSET = re.compile(r"\boffset\b", re.IGNORECASE)
_MATCHERS = re.compile(r"\{[^{}]*\}")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", re.IGNORECASE)
_NAME = r"(?<![\w:.])[a-zA-Z_:][\w:]*(?![\w:])"
_CALL = re.compile(rf"{_NAME}\s*\(")
_WORDS = re.compile(r"\b(?:and|or|unless|bool|group_left|group_right|inf|nan)\b", re.IGNORECASE)
_SELECTOR = re.compile(rf"(?:{_NAME}\s*(?:\{{\}})?|\{{\}})(?!\s*(?:\{{|§))")


def range_of(query: str) -> int:
    """How far back a query reads, in seconds.

    Where several ranges stand in one query with a subquery, they are added up, which is the most that it can be.
    """
    plain = _TEXTS.sub("", query)
    ranges = [(_seconds(match[1]), bool(match[2])) for match in _RANGE.finditer(plain)]
    offset = max((_seconds(match[1]) for match in _OFFSET.finditer(plain)), default=0.0)
    lengths = [length for length, _ in ranges]
    if has_bare_selector(query):
        lengths.append(LOOKBACK)
    nested = any(is_subquery for _, is_subquery in ranges)
    return math.ceil((sum(lengths) if nested else max(lengths, default=0.0)) + offset)


def has_bare_selector(query: str) -> bool:
    """Whether a query names series without a range: it takes their newest sample of the last minutes."""
    plain = _OFFSET.sub(" ", _MATCHERS.sub("{}", _TEXTS.sub("", query)))
    plain = _RANGE.sub(lambda match: " " if match[2] else "§", plain)
    # Label lists first: what stands before them is a call again.
    plain = _WORDS.sub("+", _CALL.sub("(", _LABELS.sub(" ", plain)))
    return _SELECTOR.search(plain) is not None


def unclear(query: str) -> str:
    """Why nobody can tell over which time a query reads; empty where that is clear."""
    plain = _TEXTS.sub("", query)
    if "@" in plain:
        return "names a moment with @, which may lie before what would enter: leave it out"
    odd = len(_ANY_RANGE.findall(plain)) != len(_RANGE.findall(plain))
    if odd or len(_ANY_OFFSET.findall(plain)) != len(_OFFSET.findall(plain)):
        return "has a range or an offset that is no plain duration such as 5m"
    return ""


def _seconds(text: str) -> float:
    if text.replace(".", "").isdigit():  # a bare number is seconds
        return float(text)
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))
