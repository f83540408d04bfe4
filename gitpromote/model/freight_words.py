"""The shortest words by which people tell Freight from its neighbours."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.model.freight import Freight
from gitpromote.model.words import clean, short_commit, short_digest

__all__ = ["version_of", "versions"]


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
