"""Candidates: versions that a subscription could take, as their registries and repositories tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["Candidate", "ChartFacts", "CommitCandidate", "ImageFacts", "Rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image behind a tag. Times are epoch seconds.

    :ivar digest: of the index or manifest that the tag names, as the registry serves it
    :ivar created: ``org.opencontainers.image.created``, or the configuration's ``created``; ``None``: not told
    :ivar labels: of the configuration, under those of the manifest's annotations
    :ivar platforms: ``linux/amd64``, those that an index lists, or the one of a manifest
    """

    repository: str
    tag: str
    digest: str
    created: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFacts:
    """A version of a chart.

    :ivar repository: the chart's address, its name included, as ``Chart.address`` has it
    :ivar digest: of the archive (chart repository) or manifest (OCI); ``None``: not told
    :ivar created: epoch seconds; ``None``: not told
    """

    repository: str
    version: str
    app_version: str = ""
    digest: str | None = None
    created: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCandidate:
    """A commit, and the tag that made it a candidate, if one did. Times are epoch seconds."""

    repository: str
    oid: str
    subject: str = ""
    author: str = ""
    committer: str = ""
    at: int = 0
    tag: str | None = None


Candidate: TypeAlias = ImageFacts | ChartFacts | CommitCandidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A candidate that was passed over, and why: ``Rejected(name="3.9.0-rc.1", reason="is a prerelease")``."""

    name: str
    reason: str
