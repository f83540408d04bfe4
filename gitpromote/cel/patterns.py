"""``find()`` and ``findAll()`` over regular expressions of RE2's syntax, in time that grows with the text alone.

Python's own expressions may take for ever. Here no state of a search is looked at twice, as RE2 does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from gitpromote.cel.function import Function

__all__ = ["pattern_functions"]

#: Steps of all searches of one call.
_BUDGET = 2_000_000
#: Instructions of one pattern.
_LONGEST = 5_000
_POSIX = re.compile(r"\[:\^?[a-z]+:\]")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_COUNT = re.compile(r"\{(\d{1,4})(,(\d{1,4})?)?\}")
_FLAGS = re.compile(r"\?([ims]*)(?:-([ims]+))?([:)])")
_NAME = re.compile(r"\?P?<[A-Za-z0-9_]+>")


class _Step(NamedTuple):
    """``one`` takes a character, ``at`` asks about the place, ``split`` tries both in turn, ``jump``, ``match``."""

    what: str
    test: Callable[[str, int], bool] | None = None
    first: int = 0
    second: int = 0


_Code: TypeAlias = list[_Step]


def pattern_functions() -> tuple[Function, ...]:
    """Methods of texts."""
    return (
        Function("find", "string", ("string", "string"), lambda text, pattern: next(_found(text, pattern), "")),
        Function("findAll", "strings", ("string", "string"), lambda text, pattern: list(_found(text, pattern))),
        Function("findAll", "strings", ("string", "string", "int"), _some),
    )


def _some(text: str, pattern: str, limit: int) -> list[str]:
    found = _found(text, pattern)
    return list(found) if limit < 0 else [one for _, one in zip(range(limit), found, strict=False)]


def _found(text: str, pattern: str) -> Iterator[str]:
    """Every match from left to right; an empty one right behind another does not count."""
    search = _Search(_compiled(pattern), text)
    at, last = 0, -1
    while at <= len(text):
        end = search.end(at)
        if end is not None and (end > at or at != last):
            yield text[at:end]
            last = end
        at = end if end is not None and end > at else at + 1


class _Search:
    """Tries one way after the other, in the order of the pattern."""

    def __init__(self, code: _Code, text: str) -> None:
        self.code = code
        self.text = text
        self.steps = 0

    def end(self, start: int) -> int | None:
        """Where the match ends that begins here."""
        seen: set[tuple[int, int]] = set()
        waiting = [(0, start)]
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            self.steps += 1
            if self.steps > _BUDGET:
                raise ValueError("the search takes too long")
            number, at = state
            step = self.code[number]
            match step.what:
                case "match":
                    return at
                case "one" if at < len(self.text) and step.test is not None and step.test(self.text, at):
                    waiting.append((number + 1, at + 1))
                case "at" if step.test is not None and step.test(self.text, at):
                    waiting.append((number + 1, at))
                case "jump":
                    waiting.append((number + step.first, at))
                case "split":
                    waiting += [(number + step.second, at), (number + step.first, at)]
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> _Code:
    parser = _Parser(pattern)
    code = parser.alternatives("")
    if parser.at < len(pattern):
        raise _unfit()
    return [*code, _Step("match")]


def _unfit() -> ValueError:
    return ValueError("it is no regular expression that is supported")


class _Parser:
    """A pattern to steps; jumps count from where they stand."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def accept(self, sign: str) -> bool:
        if not self.pattern.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def alternatives(self, flags: str) -> _Code:
        code, flags = self.sequence(flags)
        if not self.accept("|"):
            return code
        other = self.alternatives(flags)
        return _limited(
            [_Step("split", first=1, second=len(code) + 2), *code, _Step("jump", first=len(other) + 1), *other]
        )

    def sequence(self, flags: str) -> tuple[_Code, str]:
        found: _Code = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            flagged = self.flags_alone(flags)
            if flagged is not None:
                flags = flagged
                continue
            found = _limited(found + self.repeated(self.atom(flags)))
        return found, flags

    def flags_alone(self, flags: str) -> str | None:
        """``(?i)``: from here to the end of the group."""
        match = _FLAGS.match(self.pattern, self.at + 1) if self.pattern[self.at] == "(" else None
        if match is None or match[3] != ")":
            return None
        self.at = match.end()
        return _changed(flags, match)

    def repeated(self, code: _Code) -> _Code:
        if self.accept("*"):
            return _loop(code, lazy=self.accept("?"))
        if self.accept("+"):
            return [*code, *_loop(code, lazy=self.accept("?"))]
        if self.accept("?"):
            return _maybe(code, lazy=self.accept("?"))
        match = _COUNT.match(self.pattern, self.at)
        if match is None:
            return code
        self.at = match.end()
        least, lazy = int(match[1]), self.accept("?")
        most = least if match[2] is None else int(match[3]) if match[3] else None
        if max(least, most or 0) > 1000 or (most is not None and most < least):
            raise _unfit()
        found = _limited(code, least)
        if most is None:
            return found + _loop(code, lazy=lazy)
        rest: _Code = []
        for _ in range(most - least):
            rest = _maybe(_limited(code + rest), lazy=lazy)
        return found + rest

    def atom(self, flags: str) -> _Code:
        sign = self.pattern[self.at]
        if sign == "(":
            return self.group(flags)
        if sign in "*+?":
            raise _unfit()
        if sign == "[":
            match = _CLASS.match(self.pattern, self.at)
            if match is None or _POSIX.search(match[0]):
                raise _unfit()
        else:
            match = re.compile(r"\\[^pPCQEZ0-9]|[^\\]", re.DOTALL).match(self.pattern, self.at)
            if match is None:
                raise _unfit()
        self.at = match.end()
        return [_single(match[0], flags)]

    def group(self, flags: str) -> _Code:
        self.at += 1
        if match := _FLAGS.match(self.pattern, self.at):
            flags = _changed(flags, match)
            self.at = match.end()
        elif match := _NAME.match(self.pattern, self.at):
            self.at = match.end()
        code = self.alternatives(flags)
        if not self.accept(")"):
            raise _unfit()
        return code


def _changed(flags: str, match: re.Match[str]) -> str:
    return "".join(sorted({*flags, *match[1]} - set(match[2] or "")))


def _limited(code: _Code, times: int = 1) -> _Code:
    if len(code) * times > _LONGEST:
        raise ValueError("the regular expression is too large")
    return code * times


def _maybe(code: _Code, *, lazy: bool) -> _Code:
    ways = (len(code) + 1, 1) if lazy else (1, len(code) + 1)
    return [_Step("split", None, *ways), *code]


def _loop(code: _Code, *, lazy: bool) -> _Code:
    ways = (len(code) + 2, 1) if lazy else (1, len(code) + 2)
    return [_Step("split", None, *ways), *code, _Step("jump", first=-len(code) - 1)]


def _single(text: str, flags: str) -> _Step:
    """Python tells what one character must be: it has the same classes."""
    known = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
    # RE2's $ is the end of the text, and not the line break before it.
    ends = text == r"\z" or (text == "$" and "m" not in flags)
    try:
        one = re.compile(r"\Z" if ends else text, sum((known[flag] for flag in flags), re.ASCII))
    except re.error:
        raise _unfit() from None
    what = "at" if text in ("^", "$", r"\b", r"\B", r"\A", r"\z") else "one"
    return _Step(what, lambda whole, at: one.match(whole, at) is not None)
