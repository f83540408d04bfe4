"""Images of commits that a branch has left behind: under ``same_commit()`` they are no news, however late they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gitpromote.engine.gather import Offered, Wanted
from gitpromote.engine.world import World
from gitpromote.model.candidate import Candidate, CommitCandidate, ImageFacts, Rejected
from gitpromote.model.resolved import HOME
from gitpromote.model.subscription import Git
from gitpromote.model.warehouse import Coherence

__all__ = ["without_past"]

#: How far back a branch is looked at, from what the last Freight holds.
_LOOKED_THROUGH = 1000


def without_past(world: World, wanted: Wanted, offers: Sequence[Offered]) -> tuple[Offered, ...]:
    """The same offers, but for images that were built from a commit before the one that the last Freight holds."""
    rule = wanted.warehouse.where
    if not (isinstance(rule, Coherence) and rule.rule == "same-commit") or wanted.given or wanted.latest is None:
        return tuple(offers)
    commits = {one.oid for each in offers for one in each.selection.candidates if isinstance(one, CommitCandidate)}
    unknown = {
        name for each in offers for one in each.selection.candidates for name in _named(one) if not _any(name, commits)
    }
    past = _past(world, wanted, offers, unknown, commits) if unknown else {}
    return tuple(_kept(one, past) for one in offers) if past else tuple(offers)


def _past(
    world: World, wanted: Wanted, offers: Sequence[Offered], named: Iterable[str], commits: Iterable[str]
) -> dict[str, str]:
    """Each of these commits that is before what the last Freight holds of its branch, with that."""
    assert wanted.latest is not None
    found: dict[str, str] = {}
    for git in (one.subscription for one in offers if isinstance(one.subscription, Git)):
        repository = world.repository(git.repo or HOME)
        base = wanted.latest.commit_of(repository.canonical)
        if base is not None and base in commits:
            before = [one.oid for one in repository.log(base, limit=_LOOKED_THROUGH, first_parent=True)]
            found |= {name: base for name in named if _any(name, before)}
    return found


def _kept(offered: Offered, past: dict[str, str]) -> Offered:
    rejected = {
        at: Rejected(name=one.tag, reason=f"was built from {name[:7]}, which is older than {past[name][:7]}")
        for at, one in enumerate(offered.selection.candidates)
        if isinstance(one, ImageFacts) and (name := next((each for each in _named(one) if each in past), None))
    }
    selection = offered.selection
    candidates = tuple(one for at, one in enumerate(selection.candidates) if at not in rejected)
    told = (*rejected.values(), *selection.rejected)
    return replace(offered, selection=replace(selection, candidates=candidates, rejected=told))


def _named(candidate: Candidate) -> tuple[str, ...]:
    from gitpromote.discovery.coherence import named_commits

    return named_commits(candidate) if isinstance(candidate, ImageFacts) else ()


def _any(beginning: str, commits: Iterable[str]) -> bool:
    return any(one.startswith(beginning) for one in commits)
