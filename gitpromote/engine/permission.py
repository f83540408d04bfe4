"""Production asks for more than a flag: a person's yes, the expected digest, or an approval in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gitpromote.engine.approvals import approved_changes
from gitpromote.engine.assess import Fresh
from gitpromote.engine.calling import Called
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.errors import Declined, PlanInvalid


class Consent(Protocol):
    """How consent was given on the command line."""

    @property
    def confirmed(self) -> bool:
        """A person has said yes to the shown plan."""
        ...

    @property
    def expect_digest(self) -> str | None:
        """The full digest that the plan must have."""
        ...


def unpermitted(world: World, ready: Sequence[Fresh], seen: Look, options: Consent) -> list[Fresh]:
    """The production environments among those that may go now to which nobody has consented."""
    if options.confirmed or options.expect_digest is not None:
        return []
    production = [fresh for fresh in ready if _is_production(world, fresh) and fresh.planned.writes]
    if not production:
        return []
    approved = approved_changes(world, seen)
    return [one for one in production if one.planned.change_digest not in approved.get(one.planned.name, frozenset())]


def _is_production(world: World, fresh: Fresh) -> bool:
    """By the plan's word or by its definition: whichever is stricter."""
    return fresh.planned.production or world.pipeline.is_production(fresh.planned.name)


def unapproved(called: Called, missing: Sequence[Fresh], *, others: Sequence[Fresh] = ()) -> Declined:
    """The error for them, with the ways to consent.

    :param others: who may go without it, and does not either since nothing was begun
    """
    names = [fresh.planned.name for fresh in missing]
    saving = [] if called.name else [called.saving]
    word, digest = (called.word, called.digest) if called.name else ("plan.json", "sha256:…")
    ways = [f"gitpromote apply {word} --expect-digest {digest}", f"gitpromote approve {word} --env {names[0]}"]
    hint = "\n  ".join([f"One of them is needed{', of a plan that is saved' if saving else ''}:", *saving, *ways])
    if others and called.name:
        going = ",".join(fresh.planned.name for fresh in others)
        hint += f"\nWithout it go the others:\n  gitpromote apply {word} --env {going}"
    return Declined(
        "Production is not changed without somebody's consent",
        code="production-unapproved",
        detail=f"{', '.join(names)}: no yes at the prompt, no expected digest, no approval in the ledger.",
        hint=hint,
    )


def check_digest(called: Called, expected: str | None) -> None:
    """Whether the plan is the one that was reviewed elsewhere. Only the full digest counts: short ones can be made."""
    if expected is None or expected == called.digest:
        return
    raise PlanInvalid(
        "This is not the plan that was expected",
        code="plan-unexpected",
        detail=f"expected {expected}\nfound    {called.digest}",
        hint=f"Compare with what was reviewed:\n  gitpromote show {called.word}" if called.name else "",
    )
