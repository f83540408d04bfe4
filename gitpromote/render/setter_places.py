"""Where setter comments stand, so that each is known again when other things in its file have moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gitpromote.model.artifact import ImageArtifact
from gitpromote.render.edit_path import Path, Selector, Step, format_path
from gitpromote.render.edit_source import DataPath, Source
from gitpromote.render.setter_evidence import Mark
from gitpromote.render.setters import set_marks, setter_marks

__all__ = ["Marked", "Spot", "changed_spots", "gone_spots", "marked", "places_changed"]


class Spot(NamedTuple):
    """The place of a comment.

    :ivar image: the canonical repository that it is about
    :ivar document: the object in the file, or the number of the document that is no object
    :ivar path: an element of a list goes by its name, if it has one that no other has
    """

    image: str
    document: str | int
    path: Path

    @property
    def text(self) -> str:
        """The path for people."""
        return format_path(self.path)


class Marked(NamedTuple):
    """The comments of a file, in its order.

    :ivar documents: its data, by what each document goes by
    """

    spots: tuple[Spot, ...] = ()
    documents: Mapping[str | int, Any] = MappingProxyType({})


def marked(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> Marked:
    """The comments about images in a file.

    :raises SourceInvalid: it cannot be read
    """
    return _spotted(*setter_marks(data, images=images, file=file, policies=policies))


def changed_spots(
    data: bytes, *, images: Iterable[ImageArtifact], file: str, policies: Mapping[str, str] | None = None
) -> tuple[Spot, ...]:
    """The comments about images in a file whose values are not those of the images.

    :raises SourceInvalid: it cannot be read
    """
    return _spotted(*set_marks(data, images=images, file=file, policies=policies)).spots


def _spotted(source: Source | None, marks: Iterable[tuple[Mark, str]]) -> Marked:
    if source is None:
        return Marked()
    names, documents = _names(source.documents), source.documents
    places = [(image, mark.document, mark.path) for mark, image in marks]
    spots = [Spot(image, names[number], _named(documents[number], path)) for image, number, path in places]
    return Marked(tuple(spots), dict(zip(names, documents, strict=True)))


def places_changed(before: Marked, now: Marked, changed: Iterable[Spot]) -> bool:
    """Whether a comment that there was has another value now. One that was added says nothing of what was written.

    Of an image whose comments have moved, as many of the new ones stand in for them.

    :param changed: the comments of ``now`` whose values are other ones
    """
    known, gone = set(before.spots), set(gone_spots(before, now))
    changed = list(changed)
    added = Counter(spot.image for spot in now.spots if spot not in known)
    moved = Counter(spot.image for spot in before.spots if spot not in gone and spot not in set(now.spots))
    other = Counter(spot.image for spot in changed if spot not in known)
    return any(spot in known for spot in changed) or any(other[one] > added[one] - moved[one] for one in other)


def gone_spots(before: Marked, now: Marked) -> list[Spot]:
    """The comments that a file no longer has.

    Where something was renamed or moved, the comment of the same image that is new stands in for the one that is not
    where it was. It does not where the value is still there, and only its comment is not, or is about another image.
    """
    known, there = set(before.spots), set(now.spots)
    new = Counter(spot.image for spot in now.spots if spot not in known)
    gone = []
    for spot in before.spots:
        if spot in there:
            continue
        if new[spot.image] and not _stands(spot, now):
            new[spot.image] -= 1
        else:
            gone.append(spot)
    return gone


def _stands(spot: Spot, now: Marked) -> bool:
    """Whether the value is surely where it was: what goes by its number alone may be another one."""
    value = now.documents.get(spot.document)
    for step in spot.path:
        value = _child(value, step)
    return isinstance(spot.document, str) and value is not None and not isinstance(value, dict | list)


def _child(value: Any, step: Step) -> Any:
    if isinstance(step, Selector) and isinstance(value, list):
        return next((one for one in value if _name(one) == step.value), None)
    return value.get(step) if isinstance(step, str) and isinstance(value, dict) else None


def _names(documents: list[Any]) -> list[str | int]:
    """What each document goes by: the only one by nothing, an object by its kind and name, another by its number."""
    if len(documents) == 1:
        return [""]
    named = [_object(one) for one in documents]
    often = Counter(named)
    return [name if name and often[name] == 1 else number for number, name in enumerate(named)]


def _object(document: Any) -> str:
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return ""
    return "/".join(str(part) for part in (document.get("kind"), metadata.get("namespace"), metadata["name"]))


def _named(value: Any, path: DataPath) -> Path:
    steps: list[Step] = []
    for step in path:
        steps.append(_step(value, step) if isinstance(step, int) else step)
        value = value[step]
    return tuple(steps)


def _step(items: list[Any], number: int) -> Step:
    name = _name(items[number])
    alone = name is not None and sum(_name(one) == name for one in items) == 1
    return Selector("name", name) if alone and name is not None else number


def _name(item: Any) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
