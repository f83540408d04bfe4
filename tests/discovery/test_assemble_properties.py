"""The search finds what trying everything would find, whichever way the offers are listed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.cel.contexts import assembly
from gitpromote.cel.expression import compile_expression
from gitpromote.cel.facts import REVISION, assembly_facts, bare_version
from gitpromote.discovery.assemble import Offer, assemble, rule_of
from gitpromote.discovery.coherence import named_commits
from gitpromote.discovery.solver import Budget, Variable, solve
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.subscription import Chart, Git, Image, Subscription
from gitpromote.model.warehouse import Coherence, app_version, same_commit, same_version

_LETTERS = st.sampled_from("abc")
_IMAGES = st.lists(st.tuples(_LETTERS, _LETTERS), min_size=1, max_size=4)
_KINDS = {
    "shop": Image("ghcr.io/acme/shop"),
    "api": Image("ghcr.io/acme/api"),
    "chart": Chart("oci://ghcr.io/acme/charts/ui"),
    "git": Git(),
    "along": Git(repo="https://git.example/acme/config.git", trigger=False),
}
_WHERE = [
    "images.all(k, images[k].revision == commits.home.id)",
    "images.shop.revision == commits.home.id && charts.ui.appVersion == images.api.tag",
    "images.shop.revision.startsWith(commits.config.id) || charts.ui.version == images.shop.tag",
    "images.shop.tag < charts.ui.version && images.shop.tag != commits.home.subject && images.api.tag != 'a'",
    "images.shop.tag + images.api.tag == charts.ui.version + commits.home.subject",
    "images.shop.labels.nope == 'x' || images.api.tag == charts.ui.appVersion",
    "images.shop.tag == images.api.tag && charts.ui.version == commits.config.subject",
]


def _candidates(name: str, texts: Sequence[tuple[str, str]]) -> tuple[Candidate, ...]:
    subscription = _KINDS[name]
    if isinstance(subscription, Image):
        return tuple(
            ImageFacts(repository=subscription.repo, tag=tag, digest="", labels={REVISION: revision * 40})
            for tag, revision in texts
        )
    if isinstance(subscription, Chart):
        return tuple(ChartFacts(repository="c", version=version, app_version=app) for version, app in texts)
    return tuple(CommitCandidate(repository="r", oid=oid * 40, subject=subject) for oid, subject in texts)


def _offers() -> st.SearchStrategy[list[Offer]]:
    return st.fixed_dictionaries(dict.fromkeys(_KINDS, _IMAGES)).map(
        lambda drawn: [Offer(subscription=_KINDS[name], candidates=_candidates(name, drawn[name])) for name in drawn]
    )


def _by_hand(rule: Coherence) -> Callable[[Sequence[Candidate]], bool]:
    def holds(candidates: Sequence[Candidate]) -> bool:
        images = [one for one in candidates if isinstance(one, ImageFacts)]
        charts = [one for one in candidates if isinstance(one, ChartFacts)]
        oids = [one.oid for one in candidates if isinstance(one, CommitCandidate)]
        if rule.rule == "same-commit":
            return all(any(oid.startswith(name) for oid in oids for name in named_commits(one)) for one in images)
        if rule.rule == "same-version":
            return len({bare_version(one.tag) for one in images} | {bare_version(one.version) for one in charts}) == 1
        return all(one.tag == chart.app_version for one in images for chart in charts)

    return holds


def _by_expression(text: str, subscriptions: Sequence[Subscription]) -> Callable[[Sequence[Candidate]], bool]:
    expression = compile_expression(text, assembly(subscriptions))
    return lambda candidates: expression.evaluate(assembly_facts(subscriptions, candidates)).holds


def _tried(offers: Sequence[Offer], holds: Callable[[Sequence[Candidate]], bool]) -> tuple[int, ...] | None:
    """The ages of the newest set, by trying them all."""
    # In the order that ties are broken in: triggers first, then by kind and repository.
    names = ["chart", "git", "api", "shop", "along"]
    order = sorted(range(len(offers)), key=lambda at: names.index(_name(offers[at])))

    def key(ages: tuple[int, ...]) -> tuple[Any, ...]:
        triggers = sum(age for age, offer in zip(ages, offers, strict=True) if offer.trigger)
        return triggers, sum(ages) - triggers, [ages[at] for at in order]

    every = sorted(itertools.product(*(range(len(offer.candidates)) for offer in offers)), key=key)
    return next((ages for ages in every if holds(_at(offers, ages))), None)


def _name(offer: Offer) -> str:
    return next(name for name, kind in _KINDS.items() if kind == offer.subscription)


def _at(offers: Sequence[Offer], ages: Sequence[int]) -> tuple[Candidate, ...]:
    return tuple(offer.candidates[age] for offer, age in zip(offers, ages, strict=True))


def _check(offers: Sequence[Offer], rule: str | Coherence) -> None:
    subscriptions = [offer.subscription for offer in offers]
    holds = _by_hand(rule) if isinstance(rule, Coherence) else _by_expression(rule, subscriptions)
    expected = _tried(offers, holds)
    found = assemble(offers, rule_of(rule, subscriptions))
    assert not found.bounded
    assert found.chosen == (None if expected is None else _at(offers, expected))


@settings(max_examples=60, deadline=None)
@given(_offers(), st.sampled_from([same_commit(), same_version(), app_version()]))
def test_a_ready_made_rule_finds_what_trying_everything_finds(offers: list[Offer], rule: Coherence) -> None:
    _check(offers, rule)


@settings(max_examples=60, deadline=None)
@given(_offers(), st.sampled_from(_WHERE))
def test_an_expression_finds_what_trying_everything_finds(offers: list[Offer], where: str) -> None:
    _check(offers, where)


@settings(max_examples=60, deadline=None)
@given(_offers(), st.sampled_from([same_commit(), *_WHERE]), st.randoms(use_true_random=False))
def test_the_order_of_the_list_makes_no_difference(offers: list[Offer], rule: str | Coherence, random: Any) -> None:
    def names(listed: Sequence[Offer]) -> tuple[dict[str, Candidate] | None, set[tuple[str, str]]]:
        found = assemble(listed, rule_of(rule, [offer.subscription for offer in listed]))
        newest = {_name(offer): one for offer, one in zip(listed, found.chosen, strict=True)} if found.chosen else None
        return newest, {(one.name, one.reason.partition(":")[0]) for one in found.rejected}

    shuffled = list(offers)
    random.shuffle(shuffled)
    assert names(offers)[0] == names(shuffled)[0]
    assert {name for name, _ in names(offers)[1]} == {name for name, _ in names(shuffled)[1]}


@settings(max_examples=60, deadline=None)
@given(_offers(), st.sampled_from([same_commit(), *_WHERE]))
def test_every_newer_candidate_has_a_reason(offers: list[Offer], rule: str | Coherence) -> None:
    found = assemble(offers, rule_of(rule, [offer.subscription for offer in offers]))
    newer = 0
    for at, offer in enumerate(offers):
        chosen = found.chosen[at] if found.chosen else None
        newer += len(list(itertools.takewhile(lambda one, chosen=chosen: one is not chosen, offer.candidates)))
    assert len(found.rejected) == newer
    assert all(one.reason and "\n" not in one.reason for one in found.rejected)


class _Table:
    """A relation that is written out."""

    def __init__(self, variables: tuple[int, ...], fitting: set[tuple[int, ...]]) -> None:
        self.variables = variables
        self.fitting = fitting

    def partners(self, variable: int, age: int, other: int, budget: Budget) -> int:
        first = variable == self.variables[0]
        return sum(1 << at for at in range(4) if ((age, at) if first else (at, age)) in self.fitting)

    def holds(self, ages: tuple[int, ...], budget: Budget) -> bool:
        return ages in self.fitting


@st.composite
def _tables(draw: st.DrawFn) -> list[_Table]:
    found = []
    for _ in range(draw(st.integers(0, 4))):
        variables = tuple(draw(st.permutations(range(4)))[: draw(st.integers(2, 3))])
        every = list(itertools.product(range(4), repeat=len(variables)))
        found.append(_Table(variables, set(draw(st.lists(st.sampled_from(every), max_size=len(every))))))
    return found


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 15), st.booleans()), min_size=4, max_size=4),
    _tables(),
)
def test_the_search_is_exact(drawn: list[tuple[int, bool]], tables: list[_Table]) -> None:
    variables = [Variable(*one) for one in drawn]
    fitting = [
        ages
        for ages in itertools.product(range(4), repeat=4)
        if all(one.allowed >> age & 1 for one, age in zip(variables, ages, strict=True))
        and all(tuple(ages[at] for at in table.variables) in table.fitting for table in tables)
    ]
    sums = {
        ages: (
            sum(age for age, one in zip(ages, variables, strict=True) if one.trigger),
            sum(age for age, one in zip(ages, variables, strict=True) if not one.trigger),
            ages,
        )
        for ages in fitting
    }
    assert solve(variables, tables, Budget(100_000)).ages == min(fitting, key=sums.__getitem__, default=None)
