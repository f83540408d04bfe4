"""Flux's setter comments: ``image: ghcr.io/acme/shop:1.4.2 # {"$imagepolicy": "flux-system:shop"}``.

``ns:name`` marks a whole image, ``ns:name:tag``, ``ns:name:name`` and ``ns:name:digest`` its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gitpromote.model.artifact import ImageArtifact, canonical_repository
from gitpromote.render.edit_nodes import Node, key_of
from gitpromote.render.edit_source import Change, DataPath, Source
from gitpromote.render.edit_splice import replace_scalar
from gitpromote.render.image_text import Part, image_name, version_text, whole_text

__all__ = ["apply_flux_setters"]

_COMMENT = re.compile(
    r"""[ \t]+\#[ \t]*\{[ \t]*"\$imagepolicy"[ \t]*:[ \t]*"
    (?P<policy>[^":\s]+:[^":\s]+)(?::(?P<part>tag|name|digest))?
    "[ \t]*\}[ \t]*\r?(?:\n|\Z)""",
    re.VERBOSE,
)
# The keys beside a tag that say which image it is a tag of.
_NAMES = ("repository", "name", "newName", "image")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A scalar with a setter comment behind it.

    :param part: ``tag``, ``name``, ``digest``, or empty for the whole image
    :param beside: the scalars of the mapping that it is in, by key
    """

    node: Node
    document: int
    path: DataPath
    policy: str
    part: str
    beside: Mapping[str, str]


def apply_flux_setters(
    data: bytes,
    *,
    images: Iterable[ImageArtifact],
    file: str,
    policies: Mapping[str, str] | None = None,
    pin: Part = "tag@digest",
) -> bytes:
    """Put images where Flux's comments want them. Policies of images that are not among these stay untouched.

    Which image a policy means is said by ``policies``; otherwise by the repository that is written in the marked
    value, in another value with the same policy, or beside the value.

    :param policies: ``namespace:name`` -> repository
    :param pin: what of tag and digest is written, as far as the image has it
    :raises SourceInvalid: ``edit-…``; nothing is changed then
    """
    if b"$imagepolicy" not in data:
        return data
    source = Source(data, file=file)
    marked = [mark for number, root in enumerate(source.roots) for mark in _marks(source, root, number, (), {})]
    by_repository = {canonical_repository(image.repository): image for image in images}
    chosen = _images_by_policy(marked, by_repository, policies or {})
    # Where a mapping has a key for the digest, its tag must not hold it too.
    digests = {(mark.document, mark.path[:-1]) for mark in marked if mark.part == "digest" or mark.beside.get("digest")}
    changes: list[Change] = []
    for mark in marked:
        if mark.policy in chosen:
            only_tag = mark.part == "tag" and (mark.document, mark.path[:-1]) in digests
            changes += _set(source, mark, chosen[mark.policy], "tag" if only_tag else pin)
    return source.with_changes(changes) if changes else data


def _marks(source: Source, node: Node, number: int, at: DataPath, beside: Mapping[str, str]) -> Iterator[_Marked]:
    if node.kind == "scalar" and node.style not in ("|", ">"):
        found = _COMMENT.match(source.text, node.end)
        if found:
            yield _Marked(
                node=node, document=number, path=at, policy=found["policy"], part=found["part"] or "", beside=beside
            )
    siblings = {key.value: value.value for key, value in node.pairs if value.kind == "scalar"}
    for key, value in node.pairs:
        if key.kind == "scalar":
            yield from _marks(source, value, number, (*at, key_of(key)), siblings)
    for index, item in enumerate(node.items):
        yield from _marks(source, item, number, (*at, index), {})


def _images_by_policy(
    marked: Iterable[_Marked], images: Mapping[str, ImageArtifact], policies: Mapping[str, str]
) -> dict[str, ImageArtifact]:
    chosen: dict[str, ImageArtifact] = {}
    for mark in marked:
        named = policies.get(mark.policy)
        candidates = [image for key, image in images.items() if _means(mark, key, named)]
        if len(candidates) == 1:
            chosen.setdefault(mark.policy, candidates[0])
    return chosen


def _means(mark: _Marked, repository: str, named: str | None) -> bool:
    if named is not None:
        return canonical_repository(named) == repository
    if mark.part in ("", "name"):
        return image_name(mark.node.value, repository) is not None
    return any(image_name(text, repository) == text for key, text in mark.beside.items() if key in _NAMES)


def _set(source: Source, mark: _Marked, image: ImageArtifact, pin: Part) -> Iterator[Change]:
    where = source.where(mark.node)
    name = image_name(mark.node.value, image.repository) or image.repository
    if mark.part == "name":
        text = name
    elif mark.part == "tag":
        text = version_text(image.tag, image.digest, part="tag" if pin == "tag" else "tag@digest", where=where)
    elif mark.part == "digest":
        text = version_text(image.tag, image.digest, part="digest", where=where)
    else:
        text = whole_text(name, image.tag, image.digest, part=pin, where=where)
    if source.value_at(mark.document, mark.path) != text:
        yield replace_scalar(source, mark.node, text, document=mark.document, path=mark.path)
