"""From one candidate per subscription to Freight: what is news, what stays, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitpromote.model.artifact import Artifact, ChartArtifact, CommitArtifact, ImageArtifact
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.freight import Freight, identity_of
from gitpromote.model.subscription import Chart, Git, Image, Subscription

__all__ = ["Part", "arrival_of", "artifact_of", "held_by", "is_news", "made", "provenance_of"]

_REVISION = "org.opencontainers.image.revision"
_SOURCE = "org.opencontainers.image.source"
_AUTHORS = "org.opencontainers.image.authors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one subscription gives to a Freight.

    :ivar concerns: for commits: whether what changed since the last Freight concerns the subscription
    :ivar inputs: for commits: the digest of what the renders read there, where that is what decides
    """

    subscription: Subscription
    candidate: Candidate
    artifact: Artifact
    by_hand: bool = False
    concerns: bool = True
    inputs: str = ""

    @property
    def triggers(self) -> bool:
        """Whether its news alone make Freight."""
        return self.by_hand or not isinstance(self.subscription, Git) or (self.subscription.trigger and self.concerns)


def artifact_of(subscription: Subscription, candidate: Candidate) -> Artifact:
    """What a candidate is called in Freight: images and charts as the subscription calls them."""
    match subscription, candidate:
        case Image(), ImageFacts():
            digest, tag = candidate.digest or None, candidate.tag or None
            return ImageArtifact(repository=subscription.repo, tag=tag, digest=digest)
        case Chart(), ChartFacts():
            return ChartArtifact(repository=subscription.address, version=candidate.version, digest=candidate.digest)
        case _, CommitCandidate():
            return CommitArtifact(repository=candidate.repository, commit=candidate.oid)
    raise TypeError(f"{type(candidate).__name__} is nothing that {type(subscription).__name__} takes")


def arrival_of(candidate: Candidate) -> int:
    """When a candidate came, as far as it is told: epoch seconds; 0 where it is not, which is long ago."""
    return candidate.at if isinstance(candidate, CommitCandidate) else candidate.created or 0


def held_by(freight: Freight | None, artifact: Artifact) -> bool:
    """Whether a Freight holds this very artifact."""
    return freight is not None and identity_of(artifact) in {identity_of(one) for one in freight.artifacts}


def is_news(parts: Sequence[Part], latest: Freight | None) -> bool:
    """Whether they make another Freight than the last one: something that triggers is new, or something is gone."""
    if latest is None or any(part.triggers and not held_by(latest, part.artifact) for part in parts):
        return True
    places = {identity_of(part.artifact)[:2] for part in parts}
    return any(identity_of(one)[:2] not in places for one in latest.artifacts)


def made(warehouse: str, parts: Sequence[Part]) -> Freight:
    """The Freight of these parts, with what its commits and images tell of where it comes from."""
    commits = [part for part in parts if isinstance(part.candidate, CommitCandidate)]
    told = [part.candidate for part in commits if isinstance(part.candidate, CommitCandidate)]
    return Freight.of(
        warehouse,
        [part.artifact for part in parts],
        subject=" · ".join(one.subject for one in told),
        author=" · ".join(one.author.partition(" <")[0] for one in told),
        inputs=",".join(part.inputs for part in commits),
        provenance=provenance_of(part.candidate for part in parts),
    )


def provenance_of(candidates: Iterable[Candidate]) -> dict[str, str]:
    """What the first image that tells anything says of itself."""
    words = {"author": _AUTHORS, "commit": _REVISION, "source": _SOURCE}
    for candidate in candidates:
        labels = candidate.labels if isinstance(candidate, ImageFacts) else {}
        found = {word: labels[label] for word, label in words.items() if labels.get(label)}
        if found:
            return found
    return {}
