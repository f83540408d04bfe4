"""The newest combination of candidates that fits together: a best-first search over sets of bits.

**The order.** A candidate's age is its place in its list: 0 is the newest. Of two combinations the newer one has

1. the smaller sum of the ages of its triggers, the subscriptions whose news alone make Freight,
2. then the smaller sum of its other ages,
3. then the smaller ages one by one, in the order in which the variables are given.

So as few newer candidates as possible are passed over, and no two combinations are equally new. A search node holds the
ages that each variable may still take, as the bits of an integer. Its lowest ages bound from below whatever lies in it,
so the first node that is taken from the heap with one age per variable is the newest combination that there is.
Variables that no relation joins, directly or by others, are solved apart: each part's newest is the whole's.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

__all__ = ["Budget", "Exhausted", "Relation", "Solution", "Variable", "solve"]


class Exhausted(Exception):
    """The budget is spent."""


class Budget:
    """How much may be looked at: nodes of the search and evaluations, counted alike, so that it ends at the same place
    on every machine."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def take(self, count: int = 1) -> None:
        """Spend some.

        :raises Exhausted: there is not so much left
        """
        if self.spent + count > self.limit:
            raise Exhausted
        self.spent += count


class Variable(NamedTuple):
    """One choice to make. ``allowed`` has a bit for every age that may be chosen."""

    allowed: int
    trigger: bool = True


class Relation(Protocol):
    """What must hold between some variables.

    :ivar variables: their numbers
    """

    @property
    def variables(self) -> tuple[int, ...]: ...

    def partners(self, variable: int, age: int, other: int, budget: Budget) -> int:
        """For a relation of two: the ages of the other one that fit one age of this one, as bits."""
        ...

    def holds(self, ages: tuple[int, ...], budget: Budget) -> bool:
        """For a relation of three or more: whether these ages of its variables fit."""
        ...


@dataclass(frozen=True, slots=True)
class Solution:
    """The ages of the newest combination that fits, or ``None``; ``bounded``: the search was cut short."""

    ages: tuple[int, ...] | None
    bounded: bool = False


class _Node(NamedTuple):
    """``settled`` has a bit for each variable whose one age was carried over to the others."""

    bound: tuple[int, ...]
    domains: tuple[int, ...]
    settled: int


def solve(variables: Sequence[Variable], relations: Iterable[Relation], budget: Budget) -> Solution:
    """The newest combination in which every relation holds."""
    relations = list(relations)
    found: dict[int, int] = {}
    try:
        for part in _parts(len(variables), relations):
            ages = _Search(part, variables, relations, budget).run()
            if ages is None:
                return Solution(None)
            found |= zip(part, ages, strict=True)
    except Exhausted:
        return Solution(None, bounded=True)
    return Solution(tuple(found[number] for number in range(len(variables))))


def _parts(count: int, relations: Iterable[Relation]) -> list[list[int]]:
    """The variables, those together that relations join."""
    part = list(range(count))
    for relation in relations:
        joined = {part[number] for number in relation.variables}
        part = [min(joined) if one in joined else one for one in part]
    return [[number for number in range(count) if part[number] == first] for first in sorted(set(part))]


class _Search:
    """The search among some of the variables: ``self.numbers`` has theirs, everything else speaks of their places."""

    def __init__(
        self, numbers: Sequence[int], variables: Sequence[Variable], relations: Sequence[Relation], budget: Budget
    ) -> None:
        self.budget = budget
        self.numbers = numbers
        self.place = {number: at for at, number in enumerate(numbers)}
        self.triggers = [at for at, number in enumerate(numbers) if variables[number].trigger]
        self.others = [at for at, number in enumerate(numbers) if not variables[number].trigger]
        self.domains = tuple(variables[number].allowed for number in numbers)
        self.pairs: dict[int, list[tuple[int, Relation]]] = {}
        relations = [one for one in relations if self.place.keys() >= set(one.variables)]
        self.larger = [one for one in relations if len(one.variables) > 2]
        for one in relations:
            if len(one.variables) == 2:
                first, second = (self.place[number] for number in one.variables)
                self.pairs.setdefault(first, []).append((second, one))
                self.pairs.setdefault(second, []).append((first, one))

    def run(self) -> tuple[int, ...] | None:
        if not all(self.domains):
            return None
        heap: list[_Node] = []
        self.push(heap, self.domains, 0)
        while heap:
            node = heapq.heappop(heap)
            number = self.undecided(node)
            if number is None:
                return tuple(domain.bit_length() - 1 for domain in node.domains)
            domain = node.domains[number]
            newest = domain & -domain
            self.push(heap, _with(node.domains, number, newest), node.settled)
            if domain != newest:
                self.push(heap, _with(node.domains, number, domain ^ newest), node.settled)
        return None

    def undecided(self, node: _Node) -> int | None:
        """The variable to branch on: the one with the fewest ages left."""
        open_ones = [number for number in range(len(node.domains)) if not node.settled >> number & 1]
        return min(open_ones, key=lambda number: node.domains[number].bit_count(), default=None)

    def push(self, heap: list[_Node], domains: tuple[int, ...], settled: int) -> None:
        """Keep what may still hold a combination, after all that follows from single ages."""
        self.budget.take()
        reduced = self.reduced(list(domains), settled)
        if reduced is not None:
            heapq.heappush(heap, _Node(self.bound(reduced[0]), tuple(reduced[0]), reduced[1]))

    def bound(self, domains: Sequence[int]) -> tuple[int, ...]:
        lowest = [(domain & -domain).bit_length() - 1 for domain in domains]
        return (
            sum(lowest[number] for number in self.triggers),
            sum(lowest[number] for number in self.others),
            *lowest,
        )

    def reduced(self, domains: list[int], settled: int) -> tuple[list[int], int] | None:
        while True:
            fresh = [
                number
                for number, domain in enumerate(domains)
                if not settled >> number & 1 and domain & (domain - 1) == 0
            ]
            if not fresh:
                return domains, settled
            for number in fresh:
                settled |= 1 << number
                age = domains[number].bit_length() - 1
                for other, relation in self.pairs.get(number, ()):
                    domains[other] &= relation.partners(self.numbers[number], age, self.numbers[other], self.budget)
                    if not domains[other]:
                        return None
            if not self.fits(domains, settled, fresh):
                return None

    def fits(self, domains: Sequence[int], settled: int, fresh: Sequence[int]) -> bool:
        """Whether the larger relations hold whose last variable was settled just now."""
        for relation in self.larger:
            places = [self.place[number] for number in relation.variables]
            if all(settled >> one & 1 for one in places) and not set(fresh).isdisjoint(places):
                ages = tuple(domains[one].bit_length() - 1 for one in places)
                if not relation.holds(ages, self.budget):
                    return False
        return True


def _with(domains: tuple[int, ...], number: int, domain: int) -> tuple[int, ...]:
    return (*domains[:number], domain, *domains[number + 1 :])
