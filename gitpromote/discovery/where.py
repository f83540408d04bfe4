"""A Warehouse's ``where`` as relations: its conjuncts, each between the subscriptions that it reads.

A conjunct that says that something of one candidate equals something of another is a join; what else reads two is tried
pair by pair, and what reads more only on combinations that all the others let through. What is equal for a conjunct is
evaluated once.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from gitpromote.cel.expression import UNKNOWN, Expression
from gitpromote.cel.facts import candidate_facts
from gitpromote.cel.library import Failed
from gitpromote.discovery.offer import Offers
from gitpromote.discovery.relations import Joined, Keys, Relation, Tested

__all__ = ["relations_of"]

_TABLES = ("images", "charts", "commits")
_JOINABLE = frozenset({"text", "whole", "truth", "time"})


def relations_of(expression: Expression, offers: Offers) -> list[Relation]:
    """The relations that hold together exactly where the expression is true."""
    facts = _Facts(offers)
    return [_relation(conjunct, facts) for conjunct in expression.conjuncts()]


class _Facts:
    """What an expression reads of each candidate."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.facts = [[candidate_facts(one) for one in offer.candidates] for offer in offers.offers]

    def owners(self, path: Sequence[str]) -> tuple[int, ...]:
        """The subscriptions that a path speaks of."""
        table = path[0] if path[0] in _TABLES else f"{path[0]}s"
        numbers = self.offers.of_kind(table)
        if path[0] not in _TABLES or len(path) == 1:
            return tuple(numbers)
        return tuple(number for number in numbers if self.offers.places[number][1] == path[1])

    def variables(self, expression: Expression) -> tuple[int, ...]:
        """The subscriptions that an expression reads."""
        return tuple(sorted({owner for use in expression.uses for owner in self.owners(use.path)}))

    def of(self, number: int, age: int) -> Mapping[str, Any]:
        """The facts of one candidate, filed as expressions name it."""
        table, name = self.offers.places[number]
        fact = self.facts[number][age]
        return {table: {name: fact}, table.removesuffix("s"): fact}

    def values(self, expression: Expression, number: int) -> list[tuple[Any, ...]]:
        """For each candidate of a subscription what the expression reads of it."""
        own = [self.owners(use.path) == (number,) for use in expression.uses]
        read = [expression.read(self.of(number, age)) for age in range(len(self.facts[number]))]
        return [tuple(value if mine else UNKNOWN for value, mine in zip(each, own, strict=True)) for each in read]

    def table(self, path: Sequence[str], variables: Sequence[int], ages: Sequence[int]) -> dict[str, Any]:
        """A whole table, where an expression reads it."""
        chosen = dict(zip(variables, ages, strict=True))
        return {self.offers.places[one][1]: self.facts[one][chosen[one]] for one in self.owners(path)}


def _relation(conjunct: Expression, facts: _Facts) -> Relation:
    variables = facts.variables(conjunct)
    if len(variables) == 2:
        joined = _joined(conjunct, facts)
        if joined is not None:
            return joined
    return _tested(conjunct, facts, variables)


def _joined(conjunct: Expression, facts: _Facts) -> Joined | None:
    sides = conjunct.equality()
    if sides is None or sides[0].program.gives not in _JOINABLE:
        return None
    keys: dict[int, Keys] = {}
    for side in sides:
        variables = facts.variables(side)
        if len(variables) != 1 or any(len(use.path) == 1 for use in side.uses):
            return None
        keys[variables[0]] = [_key(side.value_of(values)) for values in facts.values(side, variables[0])]
    if len(keys) != 2:
        return None
    first, second = keys
    return Joined((first, second), keys, _Reason(conjunct, facts))


def _key(value: Any) -> frozenset[Hashable]:
    return frozenset() if isinstance(value, Failed) else frozenset([value])


def _tested(conjunct: Expression, facts: _Facts, variables: tuple[int, ...]) -> Tested:
    values = {number: facts.values(conjunct, number) for number in variables}
    tables = [at for at, use in enumerate(conjunct.uses) if len(use.path) == 1 and use.path[0] in _TABLES]
    in_table = {owner for at in tables for owner in facts.owners(conjunct.uses[at].path)}

    known = [[conjunct.known(each) for each in values[number]] for number in variables]
    run = conjunct.program.run

    def test(ages: tuple[int, ...]) -> bool:
        given: dict[str, Any] = {}
        for each, age in zip(known, ages, strict=True):
            given |= each[age]
        for at in tables:
            given |= _filed(conjunct, at, facts.table(conjunct.uses[at].path, variables, ages))
        return run(given) is True

    classes: dict[int, Sequence[Hashable]] = {
        number: range(len(values[number])) if number in in_table else [_class(one) for one in values[number]]
        for number in variables
    }
    return Tested(variables, classes, test, _Reason(conjunct, facts))


def _filed(conjunct: Expression, at: int, table: Mapping[str, Any]) -> dict[str, Any]:
    """A table as the program takes it in."""
    use = conjunct.uses[at]
    return {use.variable: conjunct.read({use.path[0]: table})[at]}


def _class(values: tuple[Any, ...]) -> Hashable:
    return tuple(value if isinstance(value, str) else repr(value) for value in values)


class _Reason:
    """Why a candidate satisfies a conjunct with nothing: what was read of it, and the conjunct."""

    def __init__(self, conjunct: Expression, facts: _Facts) -> None:
        self.conjunct = conjunct
        self.facts = facts

    def __call__(self, number: int, age: int) -> str:
        conjunct, facts = self.conjunct, self.facts
        own = [at for at, use in enumerate(conjunct.uses) if facts.owners(use.path) == (number,)]
        values = conjunct.read(facts.of(number, age))
        read = [f"{conjunct.uses[at].text} is {_shown(values[at])}" for at in own if not isinstance(values[at], dict)]
        text = " ".join(conjunct.text.split())
        others = [one for one in facts.variables(conjunct) if one != number]
        if others:
            who = " and ".join(facts.offers.what(one) for one in others)
            return f"fits no {who}: {text}" + (f", where {', '.join(read)}" if read else "")
        return f"does not satisfy {text}" + (f": {', '.join(read)}" if read else "")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
