"""What must hold between candidates, with the reason where one has no partner."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from gitpromote.discovery.solver import Budget

__all__ = ["Joined", "Keys", "Relation", "Tested", "alone"]

#: What a candidate offers to be found by, and what it looks for.
Keys = Sequence[frozenset[Hashable]]
#: A candidate's subscription and age to the reason why nothing fits it.
Reason = Callable[[int, int], str]


@dataclass(slots=True)
class Joined:
    """Two variables whose candidates fit where they share a key: one look-up instead of every pair.

    :ivar keys: for each of the two variables, the keys of each candidate
    :ivar reason: why a candidate fits none
    """

    variables: tuple[int, ...]
    keys: Mapping[int, Keys]
    reason: Reason
    _index: dict[int, dict[Hashable, int]] = field(default_factory=dict)

    def partners(self, variable: int, age: int, other: int, budget: Budget) -> int:
        """The ages of the other one that share a key."""
        index = self._index.get(other)
        if index is None:
            index = self._index[other] = {}
            for at, keys in enumerate(self.keys[other]):
                for key in keys:
                    index[key] = index.get(key, 0) | 1 << at
        found = 0
        for key in self.keys[variable][age]:
            found |= index.get(key, 0)
        return found

    def holds(self, ages: tuple[int, ...], budget: Budget) -> bool:
        """Whether two candidates share a key."""
        first, second = self.variables
        return bool(self.partners(first, ages[0], second, budget) >> ages[1] & 1)


@dataclass(slots=True)
class Tested:
    """Variables whose candidates fit where a test says so. Candidates that are equal for it are tested once.

    :ivar sizes: how many candidates each of the variables has
    :ivar classes: for each of the variables, what of each candidate the test looks at
    :ivar test: whether candidates of these ages fit, in the order of ``variables``
    """

    variables: tuple[int, ...]
    classes: Mapping[int, Sequence[Hashable]]
    test: Callable[[tuple[int, ...]], bool]
    reason: Reason
    _known: dict[tuple[Hashable, ...], bool] = field(default_factory=dict)
    _partners: dict[tuple[int, int], int] = field(default_factory=dict)

    def holds(self, ages: tuple[int, ...], budget: Budget) -> bool:
        """Whether candidates of these ages fit."""
        key = tuple(self.classes[variable][age] for variable, age in zip(self.variables, ages, strict=True))
        known = self._known.get(key)
        if known is None:
            budget.take()
            known = self._known[key] = self.test(ages)
        return known

    def partners(self, variable: int, age: int, other: int, budget: Budget) -> int:
        """The ages of the other one that pass."""
        found = self._partners.get((variable, age))
        if found is None:
            found = 0
            first = variable == self.variables[0]
            for at in range(len(self.classes[other])):
                if self.holds((age, at) if first else (at, age), budget):
                    found |= 1 << at
            self._partners[variable, age] = found
        return found

    def allowed(self, budget: Budget) -> int:
        """For a test of one variable: the ages that pass."""
        (variable,) = self.variables
        return sum(1 << age for age in range(len(self.classes[variable])) if self.holds((age,), budget))


Relation = Joined | Tested


def alone(relation: Relation, variable: int, age: int, budget: Budget) -> bool:
    """Whether a relation leaves a candidate without any partner."""
    if len(relation.variables) == 1:
        return not relation.holds((age,), budget)
    if len(relation.variables) > 2:
        return False
    other = relation.variables[1 - relation.variables.index(variable)]
    return not relation.partners(variable, age, other, budget)
