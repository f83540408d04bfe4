"""What the expressions of admission policies are evaluated over, and what they give: each input is judged once."""

from __future__ import annotations

import marshal
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from gitpromote.cel.bind import Use
from gitpromote.cel.expression import Expression
from gitpromote.cel.library import Failed, prepared
from gitpromote.policy.admission_request import NAME_LABEL
from gitpromote.policy.reasons import Wrong, name_of, why

__all__ = ["Data", "Ground", "Nobody", "PartOfNamespace", "Root", "Roots", "Runner"]


class Fact(NamedTuple):
    """What stands at a path.

    :ivar value: ``...`` where nothing does
    :ivar key: equal for equal values
    :ivar why: why nobody can tell
    """

    value: Any
    key: Hashable
    why: Wrong | None = None


class Root(Protocol):
    """A variable of all expressions."""

    def at(self, use: Use) -> Fact:
        """What stands at a path below it."""


class Nobody:
    """What nobody knows before the cluster is asked.

    :param hint: what to do
    """

    def __init__(self, hint: str = "") -> None:
        self._hint = hint

    def at(self, use: Use) -> Fact:
        """Nothing."""
        return Fact(..., b"", Wrong(f"only the cluster knows {name_of(use)}", self._hint))


class Data:
    """Data of JSON. A field that is null is not there, as for Kubernetes; an object that is not there is null.

    :param unknown: paths that nobody here knows, and what lies below them; the root is among them if any is
    :param hint: what to do where one of these is asked for
    """

    def __init__(self, data: Mapping[str, Any] | None, *, unknown: tuple[str, ...] = (), hint: str = "") -> None:
        self._data = data
        self._unknown = unknown
        self._nobody = Nobody(hint)
        self._facts: dict[tuple[tuple[str, ...], bool], Fact] = {}

    def at(self, use: Use) -> Fact:
        """What stands at a path."""
        key = (use.path, use.asks)
        known = self._facts.get(key)
        if known is None:
            known = self._facts[key] = self._read(use)
        return known

    def _read(self, use: Use) -> Fact:
        below = use.path[1:]
        if self._is_unknown(below):
            return self._nobody.at(use)
        value: Any = self._data
        for name in below:
            value = value.get(name) if isinstance(value, Mapping) else None
        if use.asks:
            value = value is not None
        elif below and value is None:
            value = ...
        return Fact(value, marshal.dumps(value, 2))

    def _is_unknown(self, path: tuple[str, ...]) -> bool:
        dotted = ".".join(path)
        return any(not path or one == dotted or f"{dotted}.".startswith(f"{one}.") for one in self._unknown)


class PartOfNamespace(Data):
    """A Namespace of which the name is known."""

    def _is_unknown(self, path: tuple[str, ...]) -> bool:
        return path not in (("metadata", "name"), ("metadata", "labels", NAME_LABEL))


class Runner:
    """A compiled expression that remembers what it gave."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self._known: dict[tuple[Hashable, ...], tuple[Hashable, Any]] = {}

    def run(self, ground: Ground) -> tuple[Hashable, Any]:
        """What it was asked about, and the value or :class:`.reasons.Wrong`."""
        uses = self.expression.uses
        facts = [ground.at(use) for use in uses]
        key = tuple([one.key for one in facts])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (key, self._value(facts, ground))
        return known

    def _value(self, facts: list[Fact], ground: Ground) -> Any:
        uses = self.expression.uses
        value = self.expression.program.run_prepared(ground.prepared(uses, facts))
        if not isinstance(value, Failed):
            return value
        missing = {use.variable: one.why for use, one in zip(uses, facts, strict=True) if one.value is ...}
        return why(value.reason, self.expression, missing)


class Roots:
    """What names stand for in one request with one parameter, whichever policy asks."""

    def __init__(self, roots: Mapping[str, Root]) -> None:
        self.roots = roots
        self.prepared: dict[tuple[tuple[tuple[str, ...], bool], ...], Any] = {}


class Ground:
    """What all names stand for.

    :param variables: the policy's, by name
    """

    __slots__ = ("_given", "_roots", "_variables")

    def __init__(self, roots: Roots, variables: Mapping[str, Runner]) -> None:
        self._roots = roots
        self._variables = variables
        self._given: dict[str, tuple[Hashable, Any]] = {}

    def at(self, use: Use) -> Fact:
        """What stands at a path."""
        path = use.path
        if path[0] == "variables" and len(path) > 1:
            return self._variable(path[1], path[2:], asks=use.asks)
        root = self._roots.roots.get(path[0])
        return root.at(use) if root is not None else Nobody().at(use)

    def prepared(self, uses: Sequence[Use], facts: Sequence[Fact]) -> Any:
        """The facts as programs take them: converted once for all who ask for just these."""
        key = tuple([(use.path, use.asks) for use in uses])
        shared = all(path[0] != "variables" for path, _ in key)
        known = self._roots.prepared.get(key) if shared else None
        if known is None:
            values = {use.variable: one.value for use, one in zip(uses, facts, strict=True) if one.value is not ...}
            known = prepared(values)
            if shared:
                self._roots.prepared[key] = known
        return known

    def _variable(self, name: str, below: tuple[str, ...], *, asks: bool) -> Fact:
        given = self._given.get(name)
        if given is None:  # only now: a variable that nobody asks for may fail
            given = self._given[name] = self._variables[name].run(self)
        key, value = given
        if isinstance(value, Wrong):
            return Fact(..., (name, key, below), value)
        if asks and not below:
            return Fact(True, True)
        for part in below[: -1 if asks else None]:
            value = value.get(part, ...) if isinstance(value, Mapping) else ...
        if asks and value is not ...:
            value = isinstance(value, Mapping) and below[-1] in value
        return Fact(value, (name, key, below, asks))
