"""Whether what a plan says of its Freight is so: expressions read it, and the ledger takes it over for good.

What the ledger knows counts as the ledger has it. Of what it does not know yet, Git tells who wrote it, and nobody has
said anything of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitpromote.engine.look import git_sources
from gitpromote.engine.world import World
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.plan import Plan
from gitpromote.model.resolved import HOME
from gitpromote.model.state import LedgerState
from gitpromote.model.subscription import Image
from gitpromote.planning.soundness import unsound

__all__ = ["refuse_forged_freight"]

_BETWEEN = " · "
#: What an image can tell of where it comes from; the rest is said by people, to the ledger.
_BY_IMAGES = frozenset({"author", "commit", "source"})


def refuse_forged_freight(world: World, plan: Plan, ledger: LedgerState, *, name: str) -> None:
    """Refuse a plan that says something else of its Freight than Git and the ledger do.

    :param name: what the plan is called in messages
    :raises PlanInvalid: ``plan-unsound``, with everything that is amiss
    :raises GitpromoteError: a commit, or an image whose words somebody's gate reads, cannot be read
    """
    found: list[str] = []
    for identifier, one in plan.freight.items():
        freight, known = one.freight(), ledger.freight.get(identifier)
        texts = _known(freight, known.freight) if known is not None else _unknown(world, freight)
        found += (f"{freight.alias}: {text}" for text in texts)
    if found:
        why = "What it says of its Freight is not so."
        raise unsound(name, why, found, pipeline=plan.pipeline.name)


def _known(told: Freight, known: Freight) -> Iterator[str]:
    """Labels may have been said anew since, and what is said of it by the ledger is what counts."""
    if told.author != known.author:
        yield f"its author is {told.author or 'nobody'}, and the ledger says {known.author or 'nobody'}"
    if told.subject != known.subject:
        yield "its subject is not the one that the ledger has"


def _unknown(world: World, told: Freight) -> Iterator[str]:
    commits = [one for one in told.artifacts if isinstance(one, CommitArtifact)]
    yield from _by_git(world, told, commits)
    if told.labels:
        yield f"it has the labels {', '.join(sorted(told.labels))}, and nobody gave it any"
    said = sorted(told.provenance.keys() - (_BY_IMAGES if told.images else set()))
    if said:
        yield f"its provenance has {', '.join(said)}, which nobody recorded"
    elif told.images and _is_read(world):
        yield from _by_registry(world, told)


def _by_git(world: World, told: Freight, commits: list[CommitArtifact]) -> Iterator[str]:
    keys = {world.repository(key).canonical: key for key, _ in git_sources(world)} | {world.home.canonical: HOME}
    authors, subjects = [], []
    for one in commits:
        if one.repository not in keys:
            yield f"no Warehouse follows {one.repository}"
            return
        repository = world.repository(keys[one.repository])
        repository.ensure([one.commit])
        facts = repository.commits([one.commit])[one.commit]
        authors.append(facts.author)
        subjects.append(facts.subject)
    if not _is_of(told.author, authors):
        yield f"its author is {told.author or 'nobody'}, and Git says {_BETWEEN.join(authors) or 'nobody'}"
    if not _is_of(told.subject, subjects):
        yield "its subject is not that of its commits"


def _is_of(text: str, parts: list[str]) -> bool:
    """Whether a text is made of these: in which order, its Warehouse says."""
    return sorted(text.split(_BETWEEN)) == sorted(_BETWEEN.join(parts).split(_BETWEEN))


# -- what images say of themselves


def _is_read(world: World) -> bool:
    """Whether anything that an organisation asks for may read where Freight comes from."""
    asked = [world.pipeline.resolved(name).organisation for name in world.pipeline.order()]
    return any(one.reads("provenance") or one.reads("author") for one in asked)


def _by_registry(world: World, told: Freight) -> Iterator[str]:
    from gitpromote.discovery.making import provenance_of  # what apply looks at was found when it was planned

    platforms = _platforms(world, told.warehouse)
    facts = [
        world.registry.image(one.repository, one.tag or str(one.digest), platform=platforms.get(one.repository))
        for one in told.images
    ]
    moved = [str(one) for one, now in zip(told.images, facts, strict=True) if one.digest not in (None, now.digest)]
    if moved:
        yield f"what it says of itself cannot be read any more: {', '.join(moved)} is another image now"
    elif told.provenance not in [provenance_of([one]) for one in facts]:
        yield "its provenance is not what its images say"


def _platforms(world: World, warehouse: str) -> Mapping[str, str | None]:
    return {
        one.repo: one.platform
        for each in world.pipeline.warehouses
        for one in each.subscriptions
        if each.name == warehouse and isinstance(one, Image)
    }
