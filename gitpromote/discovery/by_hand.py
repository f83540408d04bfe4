"""Freight from what was given by hand, from the source branch, and from what the Pipeline already knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitpromote.model.artifact import Artifact, CommitArtifact, canonical_repository
from gitpromote.model.freight import Freight


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCommit:
    """The commit that a Git subscription sees now.

    :ivar repository: canonical
    :ivar inputs: the digest of what the renders read at that commit
    """

    repository: str
    commit: str
    inputs: str = ""
    subject: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The newest Freight of a Warehouse, or why there is none."""

    freight: Freight | None
    missing: str = ""


def assemble(
    warehouse: str,
    *,
    images: Sequence[str],
    charts: Sequence[str],
    commits: Sequence[SourceCommit],
    given: Mapping[str, Artifact],
    known: Sequence[Freight],
) -> Assembled:
    """One artifact per subscription: the one given by hand, else the newest known one.

    A commit that changes nothing of what the renders read makes no new Freight: the known one speaks for it.

    :param images: the canonical repositories of the image subscriptions; ``charts`` likewise
    :param commits: of the Git subscriptions
    :param given: canonical repository to artifact
    :param known: this Warehouse's Freight, newest first
    """
    latest = known[0] if known else None
    artifacts: list[Artifact] = []
    for kind, repositories in (("image", images), ("chart", charts)):
        for repository in repositories:
            artifact = given.get(repository) or _known(latest, kind, repository)
            if artifact is None:
                return Assembled(freight=None, missing=_missing(kind, repository))
            artifacts.append(artifact)
    artifacts += [_commit(source, latest) for source in commits]
    if not artifacts:
        return Assembled(freight=None, missing="the Warehouse subscribes to nothing")
    inputs = ",".join(source.inputs for source in commits)
    subjects, authors = [source.subject for source in commits], [source.author for source in commits]
    freight = Freight.of(warehouse, artifacts, subject=" · ".join(subjects), author=" · ".join(authors), inputs=inputs)
    return Assembled(freight=next((other for other in known if other.id == freight.id), freight))


def _known(latest: Freight | None, kind: str, repository: str) -> Artifact | None:
    for artifact in latest.artifacts if latest else ():
        if artifact.kind == kind and canonical_repository(artifact.repository) == repository:
            return artifact
    return None


def _commit(source: SourceCommit, latest: Freight | None) -> CommitArtifact:
    """The new commit, or the known one where the renders read the same at both."""
    if latest is not None and source.inputs and source.inputs in latest.inputs.split(","):
        known = latest.commit_of(source.repository)
        if known is not None:
            return CommitArtifact(repository=source.repository, commit=known)
    return CommitArtifact(repository=source.repository, commit=source.commit)


def _missing(kind: str, repository: str) -> str:
    option = f"--{kind}"
    return f"no {kind} of {repository} is known; name one with {option}"
