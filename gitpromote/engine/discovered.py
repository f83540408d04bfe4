"""What discovery found, told: per subscription, and of the Warehouse as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitpromote.discovery.assemble import Assembly
from gitpromote.discovery.making import arrival_of, artifact_of
from gitpromote.discovery.offer import Offers, short_commit
from gitpromote.discovery.why import newer_rejected, why_nothing
from gitpromote.engine.gather import Offered
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts, Rejected
from gitpromote.model.discovered import DiscoveredSubscription, DiscoveredWarehouse, Status, Told
from gitpromote.model.freight import Freight
from gitpromote.model.subscription import Chart, Git, Image, Subscription
from gitpromote.model.warehouse import Warehouse

__all__ = ["missing_text", "name_of", "told_of"]

#: How many candidates and how many of those that were passed over are named.
_NAMED = 20
_NEWER = 3


def told_of(
    warehouse: Warehouse,
    offers: Sequence[Offered],
    assembly: Assembly,
    *,
    freight: Freight | None,
    status: Status,
    reason: str = "",
    opens: int | None = None,
    late: Sequence[Told] = (),
) -> DiscoveredWarehouse:
    """What a Warehouse's offers came to.

    :param late: what came too late for this Freight
    """
    chosen: Sequence[Candidate | None] = assembly.chosen or [None] * len(offers)
    return DiscoveredWarehouse(
        name=warehouse.name or "",
        policy=warehouse.policy,
        status=status,
        freight=freight,
        reason=reason,
        subscriptions=tuple(_subscription(one, taken) for one, taken in zip(offers, chosen, strict=True)),
        newer=(*late, *_newer(offers, assembly)),
        bounded=assembly.bounded,
        next=opens,
    )


def missing_text(offers: Sequence[Offered], assembly: Assembly) -> str:
    """Why there is no set of artifacts, on one line."""
    empty = [one for one in offers if not one.selection.candidates]
    if not offers:
        return "the Warehouse subscribes to nothing"
    if not empty:
        return assembly.missing
    nothing = why_nothing(empty[0].subscription, empty[0].selection)  # type: ignore[arg-type]
    nearest = "".join(f": {one.name} {one.reason}" for one in nothing.nearest[:1])
    return nothing.sentence + nearest


def _newer(offers: Sequence[Offered], assembly: Assembly) -> Iterable[Told]:
    """What is newer than what is taken: by its name, and by what fits it."""
    every = Offers([one.offer for one in offers])
    for number, one in enumerate(offers):
        if one.given is not None or _has_no_names(one.subscription):
            continue
        several = len(every.of_kind(every.places[number][0])) > 1
        for rejected in newer_rejected(one.subscription, one.selection, at_most=_NEWER):  # type: ignore[arg-type]
            yield Told(
                name=f"{every.short(number)} {rejected.name}" if several else rejected.name, reason=rejected.reason
            )
    for rejected in assembly.rejected:
        yield Told(name=rejected.name, reason=rejected.reason, waits=True)


def _has_no_names(subscription: Subscription) -> bool:
    """Whether its candidates are commits of a branch, which no name orders."""
    return isinstance(subscription, Git) and subscription.strategy == "newest-from-branch"


def _subscription(offered: Offered, taken: Candidate | None) -> DiscoveredSubscription:
    subscription, selection = offered.subscription, offered.selection
    nothing = "" if selection.candidates else why_nothing(subscription, selection).sentence  # type: ignore[arg-type]
    return DiscoveredSubscription(
        kind="image" if isinstance(subscription, Image) else "chart" if isinstance(subscription, Chart) else "commit",
        address=_address(subscription),
        strategy="semver" if isinstance(subscription, Chart) else subscription.strategy,  # type: ignore[attr-defined]
        taken=_taken(taken) if taken else "",
        digest=_digest(subscription, taken) if taken else None,
        created=(arrival_of(taken) or None) if taken else None,
        mutable=isinstance(subscription, Image) and subscription.strategy == "digest" and offered.given is None,
        by_hand=offered.given is not None,
        candidates=len(selection.candidates),
        names=tuple(name_of(one) for one in selection.candidates[:_NAMED]),
        passed_over=len(selection.rejected),
        rejected=tuple(_told(one) for one in selection.rejected[:_NAMED]),
        notes=selection.notes,
        missing=nothing,
        failure=selection.failure,
    )


def _told(rejected: Rejected) -> Told:
    return Told(name=rejected.name, reason=rejected.reason)


def _address(subscription: Subscription) -> str:
    match subscription:
        case Image():
            return subscription.repo
        case Chart():
            return subscription.address
        case Git():
            return subscription.repo or "home"
    return ""


def _taken(candidate: Candidate) -> str:
    return candidate.tag or candidate.oid if isinstance(candidate, CommitCandidate) else name_of(candidate)


def _digest(subscription: Subscription, candidate: Candidate) -> str | None:
    artifact = artifact_of(subscription, candidate)
    return artifact.commit if isinstance(artifact, CommitArtifact) else artifact.digest


def name_of(candidate: Candidate) -> str:
    """How people call it: a tag, a version, a short commit."""
    match candidate:
        case ImageFacts():
            return candidate.tag or candidate.digest
        case ChartFacts():
            return candidate.version
        case CommitCandidate():
            return candidate.tag or short_commit(candidate.oid)
