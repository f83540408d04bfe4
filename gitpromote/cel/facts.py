"""Values of the model as facts for expressions: plain mappings, in the words of ``contexts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gitpromote.cel.contexts import place_of
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.freight import Freight
from gitpromote.model.subscription import Subscription
from gitpromote.model.version import Version, difference

__all__ = ["REVISION", "assembly_facts", "candidate_facts", "change_semver", "freight_facts"]

#: The label that names the commit that an image was built from.
#: https://github.com/opencontainers/image-spec/blob/main/annotations.md
REVISION = "org.opencontainers.image.revision"
_WIDTHS = ("major", "minor", "patch", "prerelease", "none")


def candidate_facts(candidate: Candidate) -> dict[str, Any]:
    """A candidate as ``image``, ``chart`` or ``commit``; what is not told is ``None``."""
    match candidate:
        case ImageFacts():
            return {
                "repository": candidate.repository,
                "tag": candidate.tag,
                "version": bare_version(candidate.tag),
                "digest": candidate.digest,
                "created": _moment(candidate.created),
                "labels": candidate.labels,
                "revision": candidate.labels.get(REVISION),
            }
        case ChartFacts():
            return {
                "repository": candidate.repository,
                "version": candidate.version,
                "appVersion": candidate.app_version,
                "digest": candidate.digest,
                "created": _moment(candidate.created),
            }
        case CommitCandidate():
            return {
                "repository": candidate.repository,
                "id": candidate.oid,
                "subject": candidate.subject,
                **_person("author", "email", candidate.author),
                **_person("committer", "committerEmail", candidate.committer),
                "date": _moment(candidate.at),
                "tag": candidate.tag,
            }


def _person(name: str, email: str, text: str) -> dict[str, str]:
    """``Name <mail@example>`` as two facts."""
    who, sign, address = text.rpartition(" <")
    return {name: who, email: address.removesuffix(">")} if sign else {name: text, email: ""}


def assembly_facts(subscriptions: Sequence[Subscription], candidates: Sequence[Candidate]) -> dict[str, Any]:
    """One candidate per subscription, as ``images``, ``charts`` and ``commits``."""
    found: dict[str, Any] = {"images": {}, "charts": {}, "commits": {}}
    for number, candidate in enumerate(candidates):
        table, name = place_of(subscriptions, number)
        found[table][name] = candidate_facts(candidate)
    for table in ("images", "charts", "commits"):
        if len(found[table]) == 1:
            found[table.removesuffix("s")] = next(iter(found[table].values()))
    return found


def freight_facts(freight: Freight) -> dict[str, Any]:
    """Freight as ``freight`` or ``bundle``."""
    commits = [one for one in freight.artifacts if isinstance(one, CommitArtifact)]
    return {
        "id": freight.id,
        "alias": freight.alias,
        "type": freight.type,
        "version": freight_version(freight),
        "subject": freight.subject,
        "warehouse": freight.warehouse,
        "labels": freight.labels,
        "images": [
            {
                "repository": one.repository,
                "tag": one.tag,
                "version": bare_version(one.tag or "") or None,
                "digest": one.digest,
            }
            for one in freight.images
        ],
        "charts": [
            {"repository": one.repository, "version": one.version, "digest": one.digest} for one in freight.charts
        ],
        "commits": [{"repository": one.repository, "id": one.commit} for one in commits],
        "provenance": {
            "author": freight.provenance.get("author") or freight.author or None,
            "commitSHA": freight.provenance.get("commit") or (commits[0].commit if commits else None),
            "ciRunURL": freight.provenance.get("ci-run"),
        },
        "intent": {},
        "metadata": {"annotations": freight.labels},
    }


def freight_version(freight: Freight) -> str | None:
    """The version of its first image, else of its first chart, else the first eight digits of its first commit."""
    for image in freight.images:
        if image.tag:
            return bare_version(image.tag)
    for chart in freight.charts:
        return bare_version(chart.version)
    return next((one.commit[:8] for one in freight.artifacts if isinstance(one, CommitArtifact)), None)


def change_semver(before: Freight | None, after: Freight) -> str | None:
    """How far versions go in a promotion: the widest step of any image or chart that both hold.

    ``major`` where one comes or goes; ``none`` where no version changes; ``None``, so that it is not known, where
    nothing ran before or a tag that changes is no version.
    """
    if before is None:
        return None
    old, new = _versions(before), _versions(after)
    steps = {_step(old.get(name), new.get(name)) for name in {*old, *new}}
    if None in steps:
        return None
    return next((width for width in _WIDTHS if width in steps), "none")


def _step(before: str | None, after: str | None) -> str | None:
    if before is None or after is None:
        return "major"
    if before == after:
        return "none"
    one, other = Version.parse(before), Version.parse(after)
    return difference(one, other) if one is not None and other is not None else None


def _versions(freight: Freight) -> dict[tuple[str, str], str]:
    images = {("image", one.repository): one.tag or one.digest or "" for one in freight.images}
    return images | {("chart", one.repository): one.version for one in freight.charts}


def bare_version(text: str) -> str:
    """A version without ``v`` in front; ``_`` of a chart's tag is ``+``; what is no version stays as it is."""
    plain = text.replace("_", "+", 1) if Version.parse(text) is None else text
    return plain.removeprefix("v") if Version.parse(plain) is not None else text


def _moment(seconds: int | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def environment_facts(
    name: str, *, production: bool, delivery: str, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """An Environment as ``environment``; ``approval`` is kardinal's word for how changes arrive."""
    approval = "pr-review" if delivery == "pull_request" else "auto"
    return {"name": name, "production": production, "approval": approval, "labels": dict(labels or {})}
