"""The one place that knows the vendor's CEL: environments, compiling, evaluating; its messages in our words.

https://github.com/cel-expr/cel-python. It is imported when the first expression is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from gitpromote.cel.declare import Anything, Items, Record, Scalar, Table, Type
from gitpromote.cel.finite import finite
from gitpromote.cel.functions import OWN, functions
from gitpromote.errors import NotSupported

__all__ = ["Complaint", "Failed", "Program", "compiled", "prepared"]

_LINE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_OVERLOAD = re.compile(r"found no matching overload for '(.+?)' applied to '\((.*)\)'")
_MISMATCH = re.compile(r"No matching overloads found : (.+?)\((.*)\)")
_NAMED_ELSE = {"int64": "int", "uint64": "uint", "google.protobuf.Any": "dyn"}
_SEPARATOR = re.compile(r", (?![^(]*\))")
_PLAIN = ("string", "int", "uint", "double", "bool", "null", "dyn", "timestamp", "duration", "bytes")
_SCALARS = {"text": "string", "whole": "int", "decimal": "double", "truth": "bool", "time": "timestamp"}
_NAMES = {
    "string": "text",
    "int": "a whole number",
    "double": "a decimal number",
    "bool": "true or false",
    "null_type": "null",
    "google.protobuf.Timestamp": "a time",
    "google.protobuf.Duration": "a duration",
    "timestamp": "a time",
    "duration": "a duration",
    "dyn": "something",
    "uint": "an unsigned number",
    "map": "a table",
    "list": "a list",
    "semver": "a version",
    "quantity": "a quantity",
    "url": "a URL",
    "ip": "an IP address",
    "cidr": "a range of IP addresses",
    "optional_type": "an optional value",
}


class Complaint(NamedTuple):
    """What the library does not like. ``at`` is an offset in the text that it was given, -1 where it tells none."""

    at: int
    message: str


class Failed(NamedTuple):
    """An evaluation that gave no value, and why."""

    reason: str


class Program:
    """A compiled expression.

    :ivar gives: what it gives: ``truth``, ``text``, … or an empty string where only the evaluation tells
    """

    __slots__ = ("_error", "_program", "gives")

    def __init__(self, program: Any, gives: str, error: Any) -> None:
        self._program = program
        self.gives = gives
        self._error = error

    def run(self, values: Mapping[str, Any]) -> Any:
        """The value, or :class:`Failed`. What is not in ``values`` is an error where it decides."""
        try:
            return self._value(self._program.eval(data=values))
        except RuntimeError as error:
            return Failed(_why(str(error)))

    def run_prepared(self, values: Any) -> Any:
        """The same over values that are converted already."""
        try:
            return self._value(self._program.eval(activation=values))
        except RuntimeError as error:
            return Failed(_why(str(error)))

    def _value(self, result: Any) -> Any:
        try:
            value = result.value()
            if value.__class__ is bool:  # nearly all of them
                return value
            if result.type() == self._error:
                return Failed(_why(str(value)))
            return finite(result.plain_value())
        except ValueError as error:
            return Failed(str(error))
        except TypeError:  # the library's words for what Python has no value for
            return Failed("it gives an optional value: end it with .orValue(…) or .hasValue()")


def prepared(values: Mapping[str, Any]) -> Any:
    """Values for :meth:`Program.run_prepared`: converted once, for programs that call them by the same names."""
    return _empty().Activation(data=values)


@cache
def _empty() -> Any:
    return _vendor().NewEnv(variables={})


def compiled(text: str, variables: Mapping[str, Type], *, checking: bool = False) -> Program | list[Complaint]:
    """An expression compiled for variables of these types, or what is wrong with it.

    :param checking: with types of their own for versions and quantities; such a program is not for evaluating
    """
    signatures = tuple((name, _signature(kind)) for name, kind in variables.items())
    environment = _environment(signatures, checking)
    try:
        program = environment.compile(text)
    except RuntimeError as error:
        return _complaints(text, str(error))
    return Program(program, _gives(program.return_type()), _vendor().Type.ERROR)


@lru_cache(maxsize=128)
def _environment(signatures: tuple[tuple[str, str], ...], checking: bool) -> Any:
    """An environment, which takes longer to make than an expression to compile."""
    vendor = _vendor()
    variables = {name: _type(signature) for name, signature in signatures}
    return vendor.NewEnv(variables=variables, extensions=_extensions(), functions=_declared(checking))


@cache
def _vendor() -> Any:
    try:
        from cel_expr_python import cel
    except ImportError as error:
        raise NotSupported(
            "Expressions need a library that this machine does not have",
            code="expressions-unavailable",
            detail=f"cel-expr-python: {error}",
            hint="Install it:\n  pip install cel-expr-python",
        ) from error
    return cel


@cache
def _extensions() -> list[Any]:
    from cel_expr_python.ext import ext_optional, ext_strings

    return [ext_strings.ExtStrings(), ext_optional.ExtOptional()]


@cache
def _declared(checking: bool) -> list[Any]:
    """Our functions. Values of our types are maps where they are evaluated: the library has none of them."""
    vendor = _vendor()
    kinds = _kinds(checking)
    found: dict[str, dict[tuple[str, ...], Any]] = {}
    for one in functions():
        overload = vendor.Overload(
            f"{one.name}({','.join(one.takes)})",
            return_type=kinds[one.gives],
            parameters=[kinds[kind] for kind in one.takes],
            is_member=one.method,
            impl=one.call,
        )
        shape = one.takes if checking else tuple("own" if kind in OWN else kind for kind in one.takes)
        found.setdefault(one.name, {}).setdefault(shape, overload)
    return [vendor.FunctionDecl(name, list(overloads.values())) for name, overloads in found.items()]


def _kinds(checking: bool) -> dict[str, Any]:
    kind = _vendor().Type
    kinds = {name: getattr(kind, name.upper()) for name in _PLAIN}
    plain = kind.Map(kind.STRING, kind.STRING)
    own = {name: kind.AbstractType(name) if checking else plain for name in OWN}
    strings = kind.List(kind.STRING)
    several = {"list": kind.List(kind.DYN), "map": kind.Map(kind.DYN, kind.DYN)}
    return {**kinds, **several, **own, "strings": strings, "table": kind.Map(kind.STRING, strings)}


def _signature(kind: Type) -> str:
    match kind:
        case Scalar():
            return _SCALARS[kind.name]
        case Table() | Items():
            item = _signature(kind.item) if isinstance(kind.item, Scalar) else "dyn"
            return f"map {item}" if isinstance(kind, Table) else f"list {item}"
        case Record():
            return "map dyn"
        case Anything():
            return "dyn"


def _type(signature: str) -> Any:
    vendor = _vendor().Type
    kind, _, item = signature.partition(" ")
    if kind == "map":
        return vendor.Map(vendor.STRING, _type(item))
    return vendor.List(_type(item)) if kind == "list" else getattr(vendor, kind.upper())


def _gives(kind: Any) -> str:
    """Our word for a type, or its name; empty for one that only the evaluation tells."""
    name = str(kind).lower()
    return "" if name == "dyn" else next((ours for ours, theirs in _SCALARS.items() if name == theirs), name)


# --- its messages


def _complaints(text: str, message: str) -> list[Complaint]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = []
    for match in _LINE.finditer(message):
        row, column = int(match[1]), int(match[2])
        at = starts[row - 1] + column - 1 if 0 < row < len(starts) and column > 0 else -1
        found.append(Complaint(at, _told(match[3])))
    return list(dict.fromkeys(found)) or [Complaint(-1, _told(_STATUS.sub("", message).split("\n")[0]))]


def _told(message: str) -> str:
    message = _STATUS.sub("", message)
    if "recursion" in message:
        return "it is nested too deeply"
    match = _OVERLOAD.search(message)
    if match:
        return _mismatch(match[1], _SEPARATOR.split(match[2]) if match[2] else [])
    if "cannot be the range of a comprehension" in message:
        return "only a list or a map has items to go through"
    undeclared = re.match(r"undeclared reference to '(.+?)'", message)
    if undeclared:
        return f"{undeclared[1]}() cannot be called like this"
    return message.removeprefix("Syntax error: ").replace(" (in container '')", "")


def _mismatch(function: str, types: list[str]) -> str:
    sign = function.strip("_").replace("@", "")
    named = [_NAMES.get(kind.partition("(")[0], kind) for kind in types]
    if function == "_?_:_" and len(named) == 3:
        if types[0] not in ("bool", "dyn"):
            return f"{named[0]} stands before ?, where true or false should"
        return f"one side of : is {named[1]}, the other {named[2]}"
    if function in ("_&&_", "_||_") and len(named) == 2:
        odd = named[0] if types[0] != "bool" else named[1]
        return f"{sign} joins true or false, not {odd}"
    if len(named) == 2 and (function.startswith("_") or function == "@in"):
        return f"{sign} does not go with {named[0]} and {named[1]}"
    if len(named) == 1 and function.endswith("_"):
        return f"{sign} does not go with {named[0]}"
    return f"{function}() does not take {', '.join(named) or 'nothing'}"


def _why(message: str) -> str:
    message = _STATUS.sub("", message)
    if "Iteration budget" in message:
        return "it goes through more items than it may"
    if message.startswith("Key not found in map"):
        return f"there is no {message.partition(' : ')[2]}"
    match = _MISMATCH.fullmatch(message)
    if match:
        return _mismatch(match[1], [_NAMED_ELSE.get(kind, kind) for kind in _SEPARATOR.split(match[2])])
    if message == "Applying SELECT to non-message type":
        return "what has no fields is asked for one"
    beyond = re.fullmatch(r"Index error: index=(-?\d+) size=(\d+)", message)
    if beyond:
        return f"there is no item {beyond[1]} in a list of {beyond[2]}"
    return message or "it was interrupted"
