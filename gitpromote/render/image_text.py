"""How an image stands in a file: as one text, or as its parts."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from gitpromote.model.artifact import canonical_repository
from gitpromote.render.edit_refusals import refused

__all__ = ["Part", "image_name", "repository_in", "version_text", "whole_text"]

#: What of an image is written.
Part: TypeAlias = Literal["tag", "digest", "tag@digest", "repository"]

# A name, and then maybe a tag and a digest. The tag begins behind the last colon that no slash follows.
_IMAGE = re.compile(r"([^\s@]+?)(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@[a-z0-9]+:[0-9a-fA-F]+)?")


def image_name(text: object, repository: str) -> str | None:
    """The name in a text that is an image of a repository, as it is written there; None if it is something else."""
    found = _IMAGE.fullmatch(text) if isinstance(text, str) else None
    if not found or canonical_repository(found[1]) != canonical_repository(repository):
        return None
    return found[1]


def repository_in(text: str) -> str | None:
    """The repository of the image that a text is, in its one spelling; ``None`` where it is no image."""
    found = _IMAGE.fullmatch(text)
    return canonical_repository(found[1]) if found else None


def version_text(tag: str | None, digest: str | None, *, part: Part, where: str) -> str:
    """Tag, digest or both, for a place where a tag is expected.

    :param where: the place, for messages
    :raises SourceInvalid: ``image-unpinned`` if the image lacks it
    """
    if part == "digest":
        return digest or _lacks("digest", where)
    text = tag or _lacks("tag", where)
    return f"{text}@{digest}" if part == "tag@digest" and digest else text


def whole_text(name: str, tag: str | None, digest: str | None, *, part: Part, where: str) -> str:
    """``name:tag``, ``name@digest`` or ``name:tag@digest``."""
    if part == "digest" or (part == "tag@digest" and digest and not tag):
        return f"{name}@{version_text(tag, digest, part='digest', where=where)}"
    return f"{name}:{version_text(tag, digest, part=part, where=where)}"


def _lacks(what: str, where: str) -> str:
    raise refused("image-unpinned", f"{where}: the image has no {what}")
