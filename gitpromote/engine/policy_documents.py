"""The Kubernetes objects in policy files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest
from gitpromote.render.parse import parse_pieces, split_documents

__all__ = ["PolicyDocuments", "policy_documents"]


class PolicyDocuments(NamedTuple):
    """What was read.

    :ivar objects: path to objects
    :ivar unread: path to why they could not be read
    """

    objects: dict[str, tuple[Manifest, ...]]
    unread: dict[str, str]


def policy_documents(texts: Mapping[str, str]) -> PolicyDocuments:
    """The objects of some files, as Kubernetes reads them; here a key that appears twice is an error.

    :param texts: path to text
    """
    found = PolicyDocuments({}, {})
    for path, text in sorted(texts.items()):
        try:
            # One by one: whether two have one name is for whoever asks.
            parsed = [parse_pieces([piece], file=path) for piece in split_documents(text, file=path)]
        except SourceInvalid as error:
            found.unread[path] = "; ".join(part for part in (error.summary, error.detail) if part)
            continue
        twice = next((warning for one in parsed for warning in one.warnings), None)
        if twice is not None:
            found.unread[path] = f"{twice.path}:{twice.line}: {twice.message}"
        else:
            found.objects[path] = tuple(manifest for one in parsed for manifest in one.manifests.values())
    return found
