"""Names that CEL and we define, and what to say where one is not there."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.cel.declare import DECIMAL, TEXT, TRUTH, WHOLE, Anything, Items, Record, Scalar, Table, Type, words
from gitpromote.cel.problem import ExpressionProblem
from gitpromote.cel.tree import Call, Name, Node
from gitpromote.model.names import did_you_mean, one_of, quoted

__all__ = ["KINDS", "MACROS", "OPTIONALS", "QUALIFIED", "RETURNS", "TYPE_NAMES", "Lookup"]

#: ``value.optMap(v, …)``
OPTIONALS = frozenset({"optMap", "optFlatMap"})
MACROS = frozenset("all exists exists_one filter map".split()) | OPTIONALS
#: Functions whose name has a dot.
QUALIFIED = frozenset(
    "optional.of optional.ofNonZeroValue optional.none sets.contains sets.equivalent sets.intersects "
    "ip.isCanonical".split()
)
TYPE_NAMES = frozenset("bool bytes double duration int list map null_type string timestamp type uint".split())
FUNCTIONS = frozenset(
    "has size int uint double string bytes bool duration timestamp type dyn matches "
    "semver isSemver semverDiff quantity isQuantity url isURL ip isIP cidr isCIDR".split()
)
METHODS = frozenset(
    "size contains endsWith startsWith matches charAt indexOf lastIndexOf join lowerAscii upperAscii replace reverse "
    "split substring trim format getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds "
    "getMinutes getMonth getSeconds major minor patch prerelease compareTo isLessThan isGreaterThan sign isInteger "
    "asInteger asApproximateFloat add sub isSorted sum min max find findAll hasValue value or orValue "
    "getScheme getHost getHostname getPort getEscapedPath getQuery "
    "family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast "
    "containsIP containsCIDR ip masked prefixLength".split()
)
_TRUE = (
    "contains endsWith startsWith matches isSemver isQuantity isLessThan isGreaterThan isInteger bool isSorted "
    "hasValue isURL isIP isCIDR isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast "
    "containsIP containsCIDR isCanonical equivalent intersects".split()
)
_TEXTS = (
    "string charAt join lowerAscii upperAscii replace substring trim format prerelease find "
    "getScheme getHost getHostname getPort getEscapedPath".split()
)
_WHOLES = (
    "size int indexOf lastIndexOf getHours getMinutes getSeconds getDate getDayOfWeek getMonth getFullYear "
    "family prefixLength".split()
)
RETURNS: dict[str, Type] = {
    **dict.fromkeys(_TRUE, TRUTH),
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys([*_WHOLES, "major", "minor", "patch", "compareTo", "sign", "asInteger"], WHOLE),
    "double": DECIMAL,
    "asApproximateFloat": DECIMAL,
    "semverDiff": words("major", "minor", "patch", "prerelease", "none"),
}
KINDS = {
    "text": "text",
    "whole": "a whole number",
    "decimal": "a decimal number",
    "truth": "true or false",
    "time": "a time",
}
_FEW = 8


class Lookup:
    """Finds members of declared types and tells what is not there."""

    def __init__(self, text: str, problems: list[ExpressionProblem]) -> None:
        self.text = text
        self.problems = problems
        self.covered = 0

    def add(self, at: int, message: str, hint: str) -> None:
        """Tell something."""
        self.problems.append(ExpressionProblem(self.text, at, message, hint))

    def member(self, holder: Node, kind: Type | None, name: str, at: int, end: int) -> tuple[str, Type] | None:
        """The name under which facts have a member, and its type; told and ``None`` where there is none.

        :param at: where the name stands, ``end``: where the path to it ends
        """
        whole = self.text[holder.start : holder.end]
        match kind:
            case Record():
                key = kind.same.get(name, name)
                if key in kind.fields:
                    return key, kind.fields[key]
                self.add(at, f"{whole} has no field {name}", _near(name, [*kind.fields, *kind.same]))
            case Table():
                key_or_none = kind.keys.get(name) if kind.keys is not None else name
                if key_or_none is not None:
                    return key_or_none, kind.item
                hint = self._bracketed(whole, kind, name, end) or _near(name, kind.keys or (), quote='"')
                self.add(at, f"there is no {kind.what} {quoted(name)}", hint)
            case Scalar():
                self.add(at, f"{whole} is {KINDS[kind.name]} and has no field {name}", "")
            case Anything():
                return name, kind
            case Items():
                self.add(at, f"{whole} is a list and has no field {name}", f"write {whole}[0], or {whole}.exists(i, …)")
        return None

    def _bracketed(self, whole: str, kind: Table, name: str, end: int) -> str:
        """``upstream.prod-eu`` is a subtraction."""
        if self.text[end : end + 1] not in ("-", "/", "."):
            return ""
        rest = self.text[end - len(name) :]
        meant = sorted((key for key in kind.keys or () if rest.startswith(key)), key=len)
        if not meant:
            return ""
        self.covered = end - len(name) + len(meant[-1])
        return f"write {whole}[{quoted(meant[-1])}]"

    def no_variable(self, node: Name, known: Iterable[str]) -> None:
        """A name that stands for nothing."""
        if node.start >= self.covered:
            self.add(node.start, f"there is no variable {node.name}", _near(node.name, known))

    def function(self, node: Call) -> None:
        """Whether there is a function of this name."""
        if node.name in FUNCTIONS:
            return
        hint = f"write value.{node.name}(…)" if node.name in METHODS | MACROS else did_you_mean(node.name, FUNCTIONS)
        self.add(node.at, f"there is no function {node.name}", hint)

    def no_function(self, name: str, at: int) -> None:
        """``package.function`` that does not exist."""
        self.add(at, f"there is no function {name}", "")

    def method(self, node: Call) -> None:
        """Whether values have a method of this name."""
        if node.name not in METHODS:
            hint = did_you_mean(node.name, METHODS | MACROS)
            self.add(node.at, f"there is no method {node.name}", hint)


def _near(name: str, known: Iterable[str], *, quote: str = "") -> str:
    known = sorted(known)
    near = did_you_mean(name, known, quote=quote)
    return near or (f"there is {one_of(f'{quote}{one}{quote}' for one in known)}" if 0 < len(known) <= _FEW else "")
