"""The shortest words by which people tell Freight from its neighbours, and what of several runs in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from gitpromote.model.artifact import Artifact, canonical_repository
from gitpromote.model.freight import Freight
from gitpromote.model.words import clean, short_commit, short_digest

__all__ = ["spoken_for", "version_of", "versions", "versions_beside"]

#: How many artifacts stand for all of them.
_NAMED = 2


def version_of(freight: Freight) -> str:
    """The shortest word that tells it from its neighbours: a tag, a chart's version, a commit, or its alias."""
    tags = {image.tag or (short_digest(image.digest) if image.digest else "") for image in freight.images}
    versions = {chart.version for chart in freight.charts}
    commits = {short_commit(each.commit) for each in freight.artifacts if each.kind == "commit"}
    for words in (tags, versions, commits):
        if len(words) == 1:
            return clean(words.pop()) or freight.alias
        if words:
            return freight.alias
    return freight.alias


def versions(freight: Iterable[Freight]) -> str:
    """The versions of several Freight, a dash where there is none."""
    return ", ".join(dict.fromkeys(version_of(each) for each in freight)) or "-"


def versions_beside(freight: Iterable[Freight]) -> str:
    """The same, to stand beside the aliases: what would be one again is told by its first artifacts."""
    return ", ".join(dict.fromkeys(_beside(each) for each in freight)) or "-"


def _beside(freight: Freight) -> str:
    version = version_of(freight)
    if version != freight.alias:
        return version
    commits = [each for each in freight.artifacts if each.kind == "commit"]
    words = [_word(each) for each in freight.images or freight.charts or commits]
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def _word(artifact: Artifact) -> str:
    """``shop:1.4.0``, ``shop@4be1c9f``."""
    name = clean(artifact.repository.rstrip("/").rpartition("/")[2].removesuffix(".git"))
    if artifact.kind == "commit":
        return f"{name}@{short_commit(artifact.commit)}"
    version = artifact.tag if artifact.kind == "image" else artifact.version
    return f"{name}:{clean(version)}" if version else f"{name}@{short_digest(artifact.digest or '')}"


def spoken_for(
    freight: Mapping[str, Freight], arrived: Mapping[str, int], *, moving: Collection[str] = ()
) -> dict[str, Freight]:
    """Warehouse to Freight with the artifacts that it speaks for, in the given order: what runs where they meet.

    What two of them hold, such as an image of a hotfix, is of the one that moved last. One that has nothing left is
    left out.

    :param arrived: Warehouse to when its Freight came, epoch seconds
    :param moving: the Warehouses whose Freight moves now, which is last of all
    """
    if len(freight) < 2:
        return dict(freight)
    order = sorted(freight, key=lambda name: (name in moving, arrived.get(name, 0), name))
    speaker = {_place(artifact): name for name in order for artifact in freight[name].artifacts}
    said = {
        name: tuple(artifact for artifact in one.artifacts if speaker[_place(artifact)] == name)
        for name, one in freight.items()
    }
    return {name: one.model_copy(update={"artifacts": said[name]}) for name, one in freight.items() if said[name]}


def _place(artifact: Artifact) -> tuple[str, str]:
    return artifact.kind, canonical_repository(artifact.repository)
