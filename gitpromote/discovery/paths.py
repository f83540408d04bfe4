"""Which paths of a repository count: folders and files, ``glob:`` and ``regex:``.

- ``deploy/base`` is that file, or everything in that folder; the root is everything;
- ``glob:deploy/*/values.yaml``: ``*`` and ``?`` stay within a folder, ``**`` spans any number of them, ``[a-c]`` and
  ``[!a-c]`` are one character, ``{eu,us}`` is one of several texts, ``\\`` takes what follows as it is. The whole path
  must fit;
- ``regex:\\.ya?ml$`` may match anywhere in the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gitpromote.model.names import clean_path

__all__ = ["PathFilter", "glob_pattern", "leaves_out"]

_PIECE = re.compile(
    r"(?P<folders>(?<![^/{,])(?:\*\*/)+)"
    r"|(?P<below>(?<![^/{,])\*\*(?![^},]))"
    r"|(?P<many>\*+)"
    r"|(?P<one>\?)"
    r"|\[(?P<none>[!^])?(?P<set>(?:\\.|[^\]\\])+)\]"
    r"|(?P<open>\{)|(?P<close>\})|(?P<comma>,)"
    r"|\\(?P<escaped>.)"
    r"|(?P<plain>.)",
    re.DOTALL,
)
#: A name that no file has: what fits it fits whatever is there.
_NOBODYS = "\x1a"
_RANGE = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PathFilter:
    """Paths that count: those that are included, if anything is, and not excluded.

    :ivar included: empty: all
    """

    included: tuple[re.Pattern[str], ...] = ()
    excluded: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def of(cls, *, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> PathFilter:
        """Read the selections as they stand in ``Git(include=…, exclude=…)``."""
        return cls(tuple(map(_pattern, include)), tuple(map(_pattern, exclude)))

    def counts(self, path: str) -> bool:
        """Whether a path counts. ``exclude`` wins."""
        if self.included and not any(pattern.search(path) for pattern in self.included):
            return False
        return not any(pattern.search(path) for pattern in self.excluded)

    def touches(self, changed_paths: Iterable[str]) -> bool:
        """Whether one of the paths counts."""
        return any(map(self.counts, changed_paths))


def leaves_out(path: str, *, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> bool:
    """Whether a folder or file and all that may be in it are surely left out. Where that is not sure, they are not.

    :param path: in its one spelling, from the root
    """
    inside = f"{path}/{_NOBODYS}".lstrip("/")
    excluded = PathFilter.of(exclude=exclude)
    if not any(map(excluded.counts, (inside, f"{inside}/{_NOBODYS}"))):
        return True
    selections = list(include)
    return bool(selections and path) and not any(_may_meet(one, path) for one in selections)


def _may_meet(selection: str, path: str) -> bool:
    """Whether something that is selected may be there, in it, or around it."""
    word, colon, rest = selection.partition(":")
    if colon and word == "regex":
        return True
    whole = f"{path}/"
    if colon and word == "glob":
        start = re.split(r"[*?\[{\\]", clean_path(rest), maxsplit=1)[0]
        return whole.startswith(start) or start.startswith(whole)
    prefix = clean_path(selection)
    return not prefix or whole.startswith(f"{prefix}/") or prefix.startswith(whole)


def glob_pattern(glob: str) -> str:
    """The regular expression for a whole path that a glob stands for. Signs without their partner are plain text."""
    depth, parts = 0, []
    closers = _closing_braces(glob)
    for match in _PIECE.finditer(glob):
        sign, text = match.lastgroup, match[0]
        if sign == "open" and match.start() in closers:
            depth, text = depth + 1, "(?:"
        elif sign == "close" and match.start() in closers.values():
            depth, text = depth - 1, ")"
        elif sign == "comma" and depth:
            text = "|"
        else:
            text = _translated(match)
        parts.append(text)
    return "".join(parts)


def _translated(match: re.Match[str]) -> str:
    if match["set"]:
        return _one_of(match["set"], none=bool(match["none"]))
    fixed = {"folders": "(?:[^/]+/)*", "below": ".+", "many": "[^/]*", "one": "[^/]"}
    return fixed.get(match.lastgroup or "") or re.escape(match["escaped"] or match[0])


def _one_of(signs: str, *, none: bool) -> str:
    """One character of a set, or one outside it, never ``/``. A range that runs backwards holds nothing."""
    ranges = [(first[-1], (last or first)[-1]) for first, last in _RANGE.findall(signs)]
    inside = "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges if first <= last)
    if not inside:
        return "[^/]" if none else "(?!)"
    return f"(?!/)[{'^' if none else ''}{inside}]"


def _closing_braces(glob: str) -> dict[int, int]:
    """Where each brace that is closed opens, and where it closes."""
    open_at: list[int] = []
    pairs: dict[int, int] = {}
    for match in _PIECE.finditer(glob):
        if match.lastgroup == "open":
            open_at.append(match.start())
        elif match.lastgroup == "close" and open_at:
            pairs[open_at.pop()] = match.start()
    return pairs


def _pattern(selection: str) -> re.Pattern[str]:
    """What a selection stands for, to be searched for in a path.

    :raises re.error: ``regex:`` with something else behind it; a definition is checked when it is made
    """
    word, colon, rest = selection.partition(":")
    if colon and word == "regex":
        return re.compile(rest)
    if colon and word == "glob":
        return re.compile(rf"\A(?:{glob_pattern(clean_path(rest))})\Z", re.DOTALL)
    prefix = clean_path(selection)
    return re.compile(rf"\A{re.escape(prefix)}(?:/|\Z)" if prefix else "")
