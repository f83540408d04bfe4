"""The newest coherent set of candidates, one per subscription, and why newer ones are not in it.

Which of two sets is newer is defined in :mod:`gitpromote.discovery.solver`: the fewest newer candidates passed over,
those of triggers first. What the pipeline lists first makes no difference. An image that is not there yet is waited
for: the set is the newest that fits *whole*, never a new commit with an old image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitpromote.cel.contexts import assembly
from gitpromote.cel.expression import Expression, compile_expression
from gitpromote.discovery.coherence import coherent
from gitpromote.discovery.found import Assembly
from gitpromote.discovery.offer import Offer, Offers
from gitpromote.discovery.relations import Relation, Tested, alone
from gitpromote.discovery.solver import Budget, Exhausted, Solution, Variable, solve
from gitpromote.discovery.where import relations_of
from gitpromote.model.candidate import Rejected
from gitpromote.model.subscription import Subscription
from gitpromote.model.warehouse import Coherence

__all__ = ["LIMIT", "Assembly", "Offer", "assemble", "rule_of"]

#: Search nodes and evaluations: about a second.
LIMIT = 60_000
#: Of each subscription so many newer candidates are explained, each with so much search.
_EXPLAINED = 10
_EXPLAINING = 2_000


def rule_of(where: str | Coherence | None, subscriptions: Sequence[Subscription]) -> Expression | Coherence | None:
    """A Warehouse's ``where``, compiled if it is an expression.

    :raises InvalidExpression: ``expression-invalid``
    """
    return compile_expression(where, assembly(subscriptions)) if isinstance(where, str) else where


def assemble(offers: Sequence[Offer], rule: Expression | Coherence | None = None, *, limit: int = LIMIT) -> Assembly:
    """The newest set of candidates for which the rule holds.

    :param offers: one per subscription, candidates newest first
    :param rule: ``None``: whatever is newest; see :func:`rule_of`
    :param limit: how much may be looked at before the search is cut short
    """
    every = Offers(offers)
    empty = [number for number, offer in enumerate(offers) if not offer.candidates]
    if empty or not offers:
        missing = f"there is no candidate for {every.places[empty[0]][1]}" if empty else "it subscribes to nothing"
        return Assembly(chosen=None, missing=missing)
    if rule is None:
        return Assembly(chosen=tuple(offer.candidates[0] for offer in offers), examined=1)
    return _Assembling(every, rule, limit).done()


class _Assembling:
    def __init__(self, offers: Offers, rule: Expression | Coherence, limit: int) -> None:
        self.offers = offers
        self.rule = rule
        self.budget = Budget(limit)
        self.order = offers.order()
        self.relations = _relations(offers, rule)
        self.bounded = False
        self.allowed = [(1 << len(offer.candidates)) - 1 for offer in offers.offers]

    def done(self) -> Assembly:
        try:
            self.narrow()
            solution = self.solved(self.allowed, self.budget)
        except Exhausted:
            solution = Solution(None, bounded=True)
        ages, self.bounded = solution.ages, solution.bounded
        offers = self.offers.offers
        return Assembly(
            chosen=None
            if ages is None
            else tuple(offer.candidates[age] for offer, age in zip(offers, ages, strict=True)),
            rejected=tuple(self.rejected(ages)),
            examined=self.budget.spent,
            bounded=solution.bounded,
            missing="" if ages is not None else self.missing(bounded=solution.bounded),
        )

    def narrow(self) -> None:
        """What conjuncts about one subscription, or about none, leave."""
        for relation in self.relations:
            if isinstance(relation, Tested) and len(relation.variables) == 1:
                self.allowed[relation.variables[0]] &= relation.allowed(self.budget)
            elif not relation.variables and not relation.holds((), self.budget):
                self.allowed = [0] * len(self.allowed)

    def solved(self, allowed: Sequence[int], budget: Budget) -> Solution:
        """The ages by offer. The solver compares them in the order that ``self.order`` gives."""
        place = {number: at for at, number in enumerate(self.order)}
        variables = [Variable(allowed[number], self.offers.offers[number].trigger) for number in self.order]
        solution = solve(variables, [_Placed(one, place, self.order) for one in self.relations], budget)
        if solution.ages is None:
            return solution
        return Solution(tuple(solution.ages[place[number]] for number in range(len(place))))

    def missing(self, *, bounded: bool) -> str:
        """Why there is no set: the one subscription or condition that keeps it away, where there is one."""
        if not bounded and (cause := self.cause()):
            return cause
        rule = repr(self.rule) if isinstance(self.rule, Coherence) else " ".join(self.rule.text.split())
        if bounded:
            return f"no set of candidates was found for which {rule} holds, before the search was cut short"
        return f"there is no set of candidates for which {rule} holds"

    def cause(self) -> str:
        """What alone keeps every set away: a condition that holds for nothing, a subscription of which nothing fits."""
        try:
            for relation in self.relations:
                if not relation.variables and not relation.holds((), self.budget):
                    return f"nothing can satisfy {relation.reason(0, 0).removeprefix('does not satisfy ')}"
            for width in (1, 2):
                for number in self.order:
                    for one in self.relations:
                        if len(one.variables) == width and self.keeps_all(one, number):
                            return self.nothing_of(number, one)
        except Exhausted:
            pass
        return ""

    def keeps_all(self, relation: Relation, number: int) -> bool:
        """Whether it leaves nothing of a subscription, given what conditions on one subscription alone leave."""
        if number not in relation.variables:
            return False
        if len(relation.variables) == 1:
            return not relation.allowed(self.budget) if isinstance(relation, Tested) else False
        other = relation.variables[1 - relation.variables.index(number)]
        ages = (age for age in range(len(self.offers.offers[number].candidates)) if self.allowed[number] >> age & 1)
        return not any(relation.partners(number, age, other, self.budget) & self.allowed[other] for age in ages)

    def nothing_of(self, number: int, relation: Relation) -> str:
        """The sentence for a subscription of which nothing fits, with the newest of those that come nearest."""
        allowed, total = self.allowed[number], len(self.offers.offers[number].candidates)
        age = (allowed & -allowed).bit_length() - 1 if allowed else 0
        what = self.offers.what(number)
        kind, of, rest = what.partition(" of ")
        head = f"none of the {total:,} {kind}s{of}{rest} fits" if total > 1 else f"the only {what} does not fit"
        own = alone(relation, number, age, self.budget)
        reason = relation.reason(number, age) if own else self.why(number, age, None)
        return f"{head}: {self.offers.name(number, age)} {reason}"

    # --- why not something newer

    def rejected(self, ages: tuple[int, ...] | None) -> Iterator[Rejected]:
        for number, offer in enumerate(self.offers.offers):
            newer = len(offer.candidates) if ages is None else ages[number]
            for age in range(min(newer, _EXPLAINED)):
                yield Rejected(name=self.offers.name(number, age), reason=self.why(number, age, ages))

    def why(self, number: int, age: int, ages: tuple[int, ...] | None) -> str:
        budget = Budget(_EXPLAINING)
        try:
            own = self.own_fault(number, age, budget)
            if own:
                return own
            bounded = self.bounded
            solution = Solution(None) if ages is None else self.solved(self.with_only(number, age), budget)
        except Exhausted:
            solution, bounded = Solution(None), True
        if solution.ages is not None and ages is not None:
            older = [self.offers.name(one, at) for one, at in enumerate(solution.ages) if at > ages[one]]
            return f"fits only older ones: {', '.join(older)}"
        if bounded or solution.bounded:
            return "fits nothing that was looked at before the search was cut short"
        return self.blocked(number, age) or "fits no set of candidates"

    def own_fault(self, number: int, age: int, budget: Budget) -> str:
        for relation in self.relations:
            if number in relation.variables and alone(relation, number, age, budget):
                return relation.reason(number, age)
        return ""

    def with_only(self, number: int, age: int) -> list[int]:
        return [mask & (1 << age) if at == number else mask for at, mask in enumerate(self.allowed)]

    def blocked(self, number: int, age: int) -> str:
        """The one partner that it has, and what is wrong with that one."""
        budget = Budget(_EXPLAINING)
        for relation in self.relations:
            if number not in relation.variables or len(relation.variables) != 2:
                continue
            other = relation.variables[1 - relation.variables.index(number)]
            try:
                partner = relation.partners(number, age, other, budget)
                near = (partner & -partner).bit_length() - 1
                reason = self.own_fault(other, near, budget)
            except Exhausted:
                return ""
            if reason:
                return f"needs {self.offers.name(other, near)}, which {reason}"
        return ""


def _relations(offers: Offers, rule: Expression | Coherence) -> list[Relation]:
    return coherent(rule.rule, offers) if isinstance(rule, Coherence) else relations_of(rule, offers)


class _Placed:
    """A relation between the variables of the solver, which stand in another order than the offers."""

    def __init__(self, relation: Relation, place: dict[int, int], order: Sequence[int]) -> None:
        self.relation = relation
        self.order = order
        self.variables = tuple(place[number] for number in relation.variables)

    def partners(self, variable: int, age: int, other: int, budget: Budget) -> int:
        return self.relation.partners(self.order[variable], age, self.order[other], budget)

    def holds(self, ages: tuple[int, ...], budget: Budget) -> bool:
        return self.relation.holds(ages, budget)
