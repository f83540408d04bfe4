"""Names that Git cannot have side by side: it keeps refs as paths, so none may lie below another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gitpromote.engine.world import World
from gitpromote.model.plan import Plan
from gitpromote.model.resolved import HOME
from gitpromote.model.words import listed


def names_in_the_way(world: World, plan: Plan) -> tuple[str, ...]:
    """Warnings of refs for which an apply would have no room, each with what helps.

    Refs that are there have their room: a remote is asked only where the plan would make new ones.
    """
    found: dict[tuple[str, bool], list[str]] = {}
    for key, refs in _new(world, plan).items():
        wanted = sorted({name for ref in refs for name in (*_above(ref), f"{ref}/*")})
        there = world.repository(key).fetch(wanted)
        for ref in sorted(refs):
            for other in _conflicts(ref, there):
                found.setdefault((other, ref == world.ledger.ref), []).append(ref)
    return tuple(_text(refs, other, ledger=ledger) for (other, ledger), refs in found.items())


def in_the_way(world: World, ref: str) -> str | None:
    """A ref of the home repository beside which Git cannot have this one there."""
    there = world.home.fetch([*_above(ref), f"{ref}/*"])
    return next(iter(_conflicts(ref, there)), None)


def _new(world: World, plan: Plan) -> dict[str, set[str]]:
    """Refs by repository that are not there yet and would be pushed."""
    if not any(one.steps for one in plan.environments):
        return {}
    found: dict[str, set[str]] = {HOME: {world.ledger.ref}} if plan.basis.ledger.head is None else {}
    for one in plan.environments:
        basis = plan.basis.repositories.get(one.target.repository)
        if one.writes and one.target.ref and basis is not None and basis.refs.get(one.target.ref) is None:
            found.setdefault(one.target.repository, set()).add(one.target.ref)
    return found


def _above(ref: str) -> Iterator[str]:
    """``refs/heads/a/b``, ``refs/heads/a`` of ``refs/heads/a/b/c``."""
    parts = ref.split("/")
    least = 3 if ref.startswith("refs/heads/") else 2
    yield from ("/".join(parts[:number]) for number in range(least, len(parts)))


def _conflicts(ref: str, there: Mapping[str, str]) -> Iterable[str]:
    above = set(_above(ref))
    return next(([name] for name in sorted(there) if name in above or name.startswith(f"{ref}/")), [])


def _text(refs: Iterable[str], other: str, *, ledger: bool) -> str:
    mine, theirs = listed(ref.removeprefix("refs/heads/") for ref in refs), other.removeprefix("refs/heads/")
    elsewhere = 'keep the ledger elsewhere: refs="refs/gitpromote"' if ledger else "give the pipeline another target"
    return f"apply cannot make {mine}: Git cannot have that beside {theirs}; rename or delete {theirs}, or {elsewhere}"
