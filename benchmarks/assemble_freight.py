"""Assembling Freight from three subscriptions with as many candidates each, beside looking at each candidate once.

    python benchmarks/assemble_freight.py [--candidates 200] [--rounds 5]

Three cases: *best*, the newest of each fit; *typical*, the newest commits have no image yet; *worst*, nothing fits, of
eight million combinations. *same_commit* is the ready-made rule, *equal* an expression of equalities, *pairs* one that
has to be tried pair by pair, *three* one that reads all three at once: its search is cut short, and says so. Beside:
one evaluation of an expression for each candidate, which is the least that an answer could take. Seconds of processor
time; the goal is a second.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gitpromote.cel.contexts import assembly
from gitpromote.cel.expression import compile_expression
from gitpromote.cel.facts import REVISION, assembly_facts
from gitpromote.discovery.assemble import Assembly, Offer, assemble, rule_of
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.subscription import Chart, Git, Image
from gitpromote.model.warehouse import Coherence, same_commit

_GOAL = 1.0
_SUBSCRIPTIONS = (Image("ghcr.io/acme/shop"), Git(), Chart("oci://ghcr.io/acme/charts/shop"))
_RULES: dict[str, str | Coherence] = {
    "same_commit": same_commit(),
    "equal": "image.revision == commit.id && chart.appVersion == image.tag",
    "pairs": "commit.id.startsWith(image.revision) && image.tag.startsWith(chart.appVersion)",
    "three": "image.revision + chart.appVersion == commit.id + image.tag",
}


def oid(number: int) -> str:
    return hashlib.sha1(f"commit {number}".encode(), usedforsecurity=False).hexdigest()


def offers(count: int, behind: int) -> list[Offer]:
    """Candidates, the images and charts ``behind`` commits behind."""
    images: Sequence[Candidate] = [
        ImageFacts(
            repository="ghcr.io/acme/shop",
            tag=f"1.{10**6 - age - behind}.0",
            digest=f"sha256:{age:064x}",
            labels={REVISION: oid(age + behind)},
        )
        for age in range(count)
    ]
    commits = [CommitCandidate(repository="git.example/acme/gitops", oid=oid(age)) for age in range(count)]
    charts = [
        ChartFacts(
            repository="ghcr.io/acme/charts/shop", version=f"2.{count - age}.0", app_version=f"1.{10**6 - age}.0"
        )
        for age in range(count)
    ]
    return [
        Offer(subscription=subscription, candidates=tuple(candidates))
        for subscription, candidates in zip(_SUBSCRIPTIONS, (images, commits, charts), strict=True)
    ]


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def least(given: Sequence[Offer]) -> None:
    """One evaluation per candidate."""
    expression = compile_expression(
        'image.tag != "" && commit.id != "" && chart.version != ""', assembly(_SUBSCRIPTIONS)
    )
    for candidates in zip(*(offer.candidates for offer in given), strict=True):
        for _ in candidates:
            expression.evaluate(assembly_facts(_SUBSCRIPTIONS, candidates))


def report(name: str, case: str, taken: Sequence[float], found: Assembly) -> None:
    worst = max(taken)
    what = "cut short" if found.bounded else "a set" if found.chosen else "no set"
    verdict = "met" if worst <= _GOAL else "not met"
    print(f"  {name:<12} {case:<8} {worst * 1000:7.0f} ms  {found.examined:7d} looked at, {what:<9}  goal {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    cases = {"best": 0, "typical": 3, "worst": 10 * given.candidates}
    bare = min(seconds(lambda: least(offers(given.candidates, 0))) for _ in range(given.rounds))
    print(f"three subscriptions, {given.candidates} candidates each; the longest of {given.rounds} rounds")
    print(f"  one evaluation per candidate {bare * 1000:5.0f} ms; goal at most {_GOAL * 1000:.0f} ms each")
    for name, where in _RULES.items():
        rule = rule_of(where, _SUBSCRIPTIONS)
        for case, behind in cases.items():
            made = offers(given.candidates, behind)
            found = assemble(made, rule)
            assert (found.chosen is None) == (case == "worst")
            report(name, case, [seconds(partial(assemble, made, rule)) for _ in range(given.rounds)], found)


if __name__ == "__main__":
    main()
