"""Tags that may move: what a plan resolved to a digest is resolved again just before it is written.

A tag that is followed (``strategy="digest"``) is marked ``mutable`` in what a plan says of its discovery. Everything
else is not asked for again: Freight holds digests, and what was named by hand, or is on its way since an earlier plan,
goes on by its digest wherever the tag is by now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gitpromote.engine.calling import Called
from gitpromote.engine.outcome_of import failed_result
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, PlanStale
from gitpromote.model.artifact import ImageArtifact, canonical_repository
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.result import EnvironmentResult
from gitpromote.model.subscription import Image
from gitpromote.planning.availability import planned_freight

#: How a registry says that a tag names nothing any more.
_GONE = frozenset({"registry-tag-not-found", "registry-repository-unknown"})


class _Pin(NamedTuple):
    """A tag that may move, and the digest that it had at plan."""

    repository: str
    tag: str
    digest: str
    platform: str | None


@dataclass(slots=True)
class Pins:
    """The mutable tags of one plan. Each is asked for once, until :meth:`forget`.

    :param plan: what says which tags are mutable
    """

    world: World
    plan: Plan
    _now: dict[tuple[str, str], str] = field(default_factory=dict)

    def forget(self) -> None:
        """Ask again from now on: time has passed."""
        self._now.clear()

    def moved(self, planned: EnvironmentPlan, *, called: Called) -> EnvironmentResult | None:
        """The result where a tag names another image than at plan; ``None``: none of them does.

        :raises GitpromoteError: a registry cannot be reached, refuses, or answers with something else
        """
        if self.plan.kind != "promote" or not planned.writes:
            return None
        found = [(pin, now) for pin in self._pins(planned) if (now := self._digest(pin)) != pin.digest]
        return _stale(planned, found, called) if found else None

    def _pins(self, planned: EnvironmentPlan) -> Iterator[_Pin]:
        """Those of what this plan resolved and moves there."""
        for name, freight in planned_freight(self.plan, planned).items():
            if not planned.freight[name].moving:
                continue
            held = {
                (canonical_repository(one.repository), one.tag, one.digest)
                for one in freight.artifacts
                if isinstance(one, ImageArtifact)
            }
            yield from (
                pin
                for pin in self._resolved(name)
                if (canonical_repository(pin.repository), pin.tag, pin.digest) in held
            )

    def _resolved(self, warehouse: str) -> Iterator[_Pin]:
        """The mutable tags that were resolved for this plan."""
        platforms = {
            one.repo: one.platform
            for each in self.world.pipeline.warehouses
            for one in each.subscriptions
            if each.name == warehouse and isinstance(one, Image)
        }
        for one in self.plan.facts.get("discovery", {}).get(warehouse, {}).get("subscriptions", ()):
            if one.get("mutable") and one.get("taken") and one.get("digest"):
                yield _Pin(one["address"], one["taken"], one["digest"], platforms.get(one["address"]))

    def _digest(self, pin: _Pin) -> str:
        """What the tag names now; empty: nothing."""
        place = (pin.repository, pin.tag)
        if place not in self._now:
            try:
                facts = self.world.registry.image(pin.repository, pin.tag, platform=pin.platform)
                self._now[place] = facts.digest
            except GitpromoteError as error:
                if error.code not in _GONE:
                    raise
                self._now[place] = ""
        return self._now[place]


def _stale(planned: EnvironmentPlan, moved: list[tuple[_Pin, str]], called: Called) -> EnvironmentResult:
    images = " ".join(f"--image {pin.repository}:{pin.tag}@{pin.digest}" for pin, _ in moved)
    error = PlanStale(
        "A tag names another image than the one that was reviewed",
        code="plan-tag-moved",
        detail="\n".join(
            f"{pin.repository}:{pin.tag}\n  planned {pin.digest}\n  now     {now or 'nothing: it is gone'}"
            for pin, now in moved
        ),
        hint=f"Make a new plan:\n  {called.replan}\n"
        f"To go on with what was reviewed, name it:\n  gitpromote plan {called.pipeline} {images}",
    )
    return failed_result(planned, error).model_copy(update={"status": "stale"})
