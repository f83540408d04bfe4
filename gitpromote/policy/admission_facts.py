"""What the expressions of admission policies are evaluated over, and what they give: each input is judged once."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Protocol, TypeAlias

from gitpromote.cel.bind import Use
from gitpromote.cel.expression import Expression
from gitpromote.cel.library import Failed, prepared
from gitpromote.policy.admission_request import NAME_LABEL
from gitpromote.policy.reasons import Wrong, name_of, why

__all__ = ["Data", "Ground", "Nobody", "PartOfNamespace", "Root", "Roots", "Runner"]

Key: TypeAlias = tuple[Hashable, ...]
#: How many inputs of an expression are remembered with what it gave for them.
_REMEMBERED = 10_000


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

    :param data: or what gives it when it is asked for first
    :param unknown: paths that nobody here knows, and what lies below them; the root is among them if any is
    :param hint: what to do where one of these is asked for
    """

    def __init__(
        self,
        data: Mapping[str, Any] | Callable[[], Mapping[str, Any] | None] | None,
        *,
        unknown: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        self._given = data
        self._unknown = unknown
        self._nobody = Nobody(hint)
        self._facts: dict[tuple[tuple[str, ...], bool], Fact] = {}

    @cached_property
    def _data(self) -> Mapping[str, Any] | None:
        return self._given() if callable(self._given) else self._given

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


class Places(NamedTuple):
    """What an expression asks for; expressions that ask for the same share one.

    :ivar own: whether it asks for variables of its policy, which nobody shares
    """

    uses: tuple[Use, ...]
    own: bool


@lru_cache(maxsize=4096)
def _places(key: tuple[tuple[str, tuple[str, ...], bool, str], ...], held: _Uses) -> Places:
    return Places(held.uses, any(path[0] == "variables" for _, path, _, _ in key))


class _Uses:
    """Uses beside their key, of which they are no part."""

    def __init__(self, uses: tuple[Use, ...]) -> None:
        self.uses = uses

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Uses)

    def __hash__(self) -> int:
        return 0


class Runner:
    """A compiled expression that remembers what it gave.

    :param expression: or what compiles it when it is asked first
    """

    def __init__(self, expression: Expression | Callable[[], Expression]) -> None:
        self._given = expression
        self._known: dict[Key, tuple[Key, Any]] = {}

    @cached_property
    def expression(self) -> Expression:
        """The expression."""
        return self._given if isinstance(self._given, Expression) else self._given()

    @cached_property
    def _places(self) -> Places:
        uses = self.expression.uses
        return _places(tuple([(use.variable, use.path, use.asks, use.text) for use in uses]), _Uses(uses))

    def run(self, ground: Ground) -> tuple[Hashable, Any]:
        """What it was asked about, and the value or :class:`.reasons.Wrong`."""
        seen = ground.seen(self._places)
        known = self._known.get(seen.key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[seen.key] = (seen.key, self._value(seen))
        return known

    def _value(self, seen: Seen) -> Any:
        value = self.expression.program.run_prepared(seen.prepared())
        if not isinstance(value, Failed):
            return value
        missing = {use.variable: one.why for use, one in seen.all() if one.value is ...}
        return why(value.reason, self.expression, missing)


class Seen:
    """What stands at some places: looked up once, and converted once for all expressions that ask for just these."""

    __slots__ = ("_facts", "_places", "_prepared", "key")

    def __init__(self, places: Places, facts: list[Fact]) -> None:
        self._places = places
        self._facts = facts
        self._prepared: Any = None
        self.key: Key = tuple([one.key for one in facts])

    def all(self) -> Iterator[tuple[Use, Fact]]:
        """Each place, and what stands there."""
        return zip(self._places.uses, self._facts, strict=True)

    def prepared(self) -> Any:
        """As programs take it."""
        if self._prepared is None:
            self._prepared = prepared({use.variable: one.value for use, one in self.all() if one.value is not ...})
        return self._prepared


class Roots:
    """What names stand for in one request with one parameter, whichever policy asks."""

    def __init__(self, roots: Mapping[str, Root]) -> None:
        self.roots = roots
        self.seen: dict[int, Seen] = {}


class Ground:
    """What all names stand for.

    :param variables: the policy's, by name
    """

    __slots__ = ("_given", "_roots", "_variables")

    def __init__(self, roots: Roots, variables: Mapping[str, Runner]) -> None:
        self._roots = roots
        self._variables = variables
        self._given: dict[str, tuple[Hashable, Any]] = {}

    def seen(self, places: Places) -> Seen:
        """What stands at some places."""
        if places.own:
            return Seen(places, [self.at(use) for use in places.uses])
        known = self._roots.seen.get(id(places))
        if known is None:
            known = self._roots.seen[id(places)] = Seen(places, [self.at(use) for use in places.uses])
        return known

    def at(self, use: Use) -> Fact:
        """What stands at a path."""
        path = use.path
        if path[0] == "variables" and len(path) > 1:
            return self._variable(path[1], path[2:], asks=use.asks)
        root = self._roots.roots.get(path[0])
        return root.at(use) if root is not None else Nobody().at(use)

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
