"""Flux's setter comments: ``image: ghcr.io/acme/shop:1.4.2 # {"$imagepolicy": "flux-system:shop"}``.

``ns:name`` marks a whole image, ``ns:name:tag``, ``ns:name:name`` and ``ns:name:digest`` its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gitpromote.model.artifact import ImageArtifact, canonical_repository
from gitpromote.render.edit_nodes import Node, key_of
from gitpromote.render.edit_source import Change, DataPath, Source
from gitpromote.render.edit_splice import replace_scalar
from gitpromote.render.image_text import Part, image_name, version_text, whole_text
from gitpromote.render.setter_evidence import Mark, repositories_of

__all__ = [
    "Place",
    "apply_flux_setters",
    "set_marks",
    "set_places",
    "setter_marks",
    "setter_repositories",
    "setter_versions",
    "unclear_places",
    "versioned_repositories",
]

_COMMENT = re.compile(
    r"""[ \t]+\#[ \t]*\{[ \t]*"\$imagepolicy"[ \t]*:[ \t]*"
    (?P<policy>[^":\s]+:[^":\s]+)(?::(?P<part>tag|name|digest))?
    "[ \t]*\}[ \t]*\r?(?:\n|\Z)""",
    re.VERBOSE,
)


class Place(NamedTuple):
    """A mark for people: ``where`` it is, ``file:line``, and its policy."""

    where: str
    policy: str


class _Setters:
    """The marks of one file, and what each is to be set to."""

    def __init__(
        self, data: bytes, *, file: str, images: Iterable[ImageArtifact], policies: Mapping[str, str] | None
    ) -> None:
        self.source = Source(data, file=file)
        roots = enumerate(self.source.roots)
        self.marks = [mark for number, root in roots for mark in _marks(self.source, root, number, (), {})]
        known = {canonical_repository(image.repository): image for image in images}
        found, self.unclear = repositories_of(self.marks, policies or {}, known.keys())
        pairs = zip(self.marks, found, strict=True)
        self.meant = [(mark, known[one]) for mark, one in pairs if one is not None and one in known]

    def changes(self, pin: Part) -> Iterator[tuple[Mark, Change]]:
        # Where a mapping has a key for the digest, its tag must not hold it too.
        apart = [one for one in self.marks if one.part == "digest" or one.beside.get("digest")]
        digests = {(one.document, one.path[:-1]) for one in apart}
        for mark, image in self.meant:
            only_tag = mark.part == "tag" and (mark.document, mark.path[:-1]) in digests
            for change in _set(self.source, mark, image, "tag" if only_tag else pin):
                yield mark, change

    def place(self, mark: Mark) -> Place:
        return Place(self.source.where(mark.node), mark.policy)


def apply_flux_setters(
    data: bytes,
    *,
    images: Iterable[ImageArtifact],
    file: str,
    policies: Mapping[str, str] | None = None,
    pin: Part = "tag@digest",
) -> bytes:
    """Put images where Flux's comments want them. Marks of images that are not among these stay untouched.

    Which image a mark is about is said by the value itself, or by the repository that its own mapping names for it;
    then by ``policies``; then by other marks of its policy. Where the first two contradict each other, and where
    nothing says it, the mark stays untouched too: see :func:`unclear_places`.

    :param policies: ``namespace:name`` -> repository
    :param pin: what of tag and digest is written, as far as the image has it
    :raises SourceInvalid: ``edit-…``; nothing is changed then
    """
    if not _may_hold_marks(data):
        return data
    setters = _Setters(data, file=file, images=images, policies=policies)
    changes = [change for _, change in setters.changes(pin)]
    return setters.source.with_changes(changes) if changes else data


def set_places(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> list[Place]:
    """The marks whose values would change."""
    if not _may_hold_marks(data):
        return []
    setters = _Setters(data, file=file, images=images, policies=policies)
    return [setters.place(mark) for mark, _ in setters.changes("tag@digest")]


def set_marks(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> tuple[Source | None, list[tuple[Mark, str]]]:
    """The same as :func:`setter_marks`, of those marks alone whose values would change."""
    if not _may_hold_marks(data):
        return None, []
    setters = _Setters(data, file=file, images=images, policies=policies)
    changing = {(mark.document, mark.path) for mark, _ in setters.changes("tag@digest")}
    meant = [(mark, image) for mark, image in setters.meant if (mark.document, mark.path) in changing]
    return setters.source, [(mark, canonical_repository(image.repository)) for mark, image in meant]


def unclear_places(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> list[Place]:
    """The marks of which nothing says what image they are about, or two things say two."""
    if not _may_hold_marks(data):
        return []
    setters = _Setters(data, file=file, images=images, policies=policies)
    return [setters.place(mark) for mark in setters.unclear]


def setter_versions(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> dict[str, tuple[str | None, str | None]]:
    """Repository to the tag and digest that stand at its marks; where these say different things, of the last of them.

    An image without a mark that says its tag or digest is left out.
    """
    if not _may_hold_marks(data):
        return {}
    found: dict[str, tuple[str | None, str | None]] = {}
    for mark, image in _Setters(data, file=file, images=images, policies=policies).meant:
        tag, digest = _standing(mark, image)
        before = found.get(image.repository, (None, None))
        if tag or digest:
            found[image.repository] = (tag or before[0], digest or before[1])
    return found


def setter_repositories(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> set[str]:
    """The repositories of those images that have a mark, whatever its value says."""
    if not _may_hold_marks(data):
        return set()
    return {image.repository for _, image in _Setters(data, file=file, images=images, policies=policies).meant}


def versioned_repositories(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> set[str]:
    """The canonical repositories of those images that have a mark for their tag or digest."""
    found = setter_marks(data, images=images, file=file, policies=policies)[1]
    return {repository for mark, repository in found if mark.part != "name"}


def setter_marks(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> tuple[Source | None, list[tuple[Mark, str]]]:
    """The file, and its marks of these images with the canonical repository of each; no file where it holds no mark."""
    if not _may_hold_marks(data):
        return None, []
    setters = _Setters(data, file=file, images=images, policies=policies)
    return setters.source, [(mark, canonical_repository(image.repository)) for mark, image in setters.meant]


def _standing(mark: Mark, image: ImageArtifact) -> tuple[str | None, str | None]:
    """Tag and digest that a mark's value says."""
    value = mark.node.value
    if mark.part == "name":
        return (None, None)
    if mark.part == "digest":
        return (None, value or None)
    rest = f":{value}" if mark.part == "tag" else value.removeprefix(image_name(value, image.repository) or value)
    tag, _, digest = rest.partition("@")
    return (tag.removeprefix(":") or None, digest or None)


def _may_hold_marks(data: bytes) -> bool:
    return b"$imagepolicy" in data


def _marks(source: Source, node: Node, number: int, at: DataPath, beside: Mapping[str, str]) -> Iterator[Mark]:
    if node.kind == "scalar" and node.style not in ("|", ">"):
        found = _COMMENT.match(source.text, node.end)
        if found:
            yield Mark(
                node=node, document=number, path=at, policy=found["policy"], part=found["part"] or "", beside=beside
            )
    siblings = {key.value: value.value for key, value in node.pairs if value.kind == "scalar"}
    for key, value in node.pairs:
        if key.kind == "scalar":
            yield from _marks(source, value, number, (*at, key_of(key)), siblings)
    for index, item in enumerate(node.items):
        yield from _marks(source, item, number, (*at, index), {})


def _set(source: Source, mark: Mark, image: ImageArtifact, pin: Part) -> Iterator[Change]:
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
