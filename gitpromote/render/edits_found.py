"""What stands where edits were made, as edits that would put just that there again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gitpromote.errors import ConfigurationError, SourceInvalid
from gitpromote.model.artifact import ImageArtifact, canonical_repository
from gitpromote.render.edit import get_plain, get_value
from gitpromote.render.edit_kustomize import kustomize_versions
from gitpromote.render.freight_edits import EditData, apply_edits
from gitpromote.render.setter_places import Marked, changed_spots, gone_spots, marked, places_changed
from gitpromote.render.setter_policies import declared_policies
from gitpromote.render.setters import setter_repositories, setter_versions

__all__ = ["FoundEdits", "edits_found", "known_places_hold", "left_by", "lost_places", "place_of"]


class FoundEdits(NamedTuple):
    """Edits that hold in the files that they were read from.

    :ivar lost: the places of which no edit can tell what stands there, for people
    """

    edits: tuple[EditData, ...]
    lost: tuple[str, ...]


def edits_found(read: Mapping[str, bytes], edits: Iterable[EditData]) -> FoundEdits:
    """The values that stand at the places of edits now.

    :param read: path to bytes of the files that the edits name, as far as they are there
    """
    found: list[EditData] = []
    lost: list[str] = []
    for edit in edits:
        now = _found(read, edit)
        if now is not None and edit["kind"] == "flux-setters" and not now["images"]:
            continue  # a file without a mark of any of them
        if now is None:
            lost.append(": ".join(part for part in place_of(edit) if part))
        elif now not in found:
            found.append(now)
    return FoundEdits(tuple(found), tuple(dict.fromkeys(lost)))


def place_of(edit: EditData) -> tuple[str, str]:
    """The file, and where in it, or of which image: two edits of one place never hold both."""
    return str(edit["file"]), str(edit.get("path") or edit.get("repository") or "")


def _found(read: Mapping[str, bytes], edit: EditData) -> EditData | None:
    """One of them; ``None`` where what is read there is not what the edit would write there."""
    if edit["file"] not in read:
        return None
    try:
        now = _read(read, edit)
        return now if now is not None and not apply_edits(read, [now]) else None
    except (SourceInvalid, ConfigurationError):
        return None


def _read(read: Mapping[str, bytes], edit: EditData) -> EditData | None:
    file = edit["file"]
    data = read[file]
    match edit["kind"]:
        case "kustomize-image":
            return _image(edit, kustomize_versions(data, repository=edit["repository"], file=file))
        case "flux-setters":
            return _setters(read, edit)
    made = {"kind": "set-value", "file": file, "path": edit["path"]}
    if plain := get_plain(data, edit["path"], file=file):
        return {**made, "plain": plain}  # no number has one text alone
    value = get_value(data, edit["path"], file=file)
    return {**made, "value": value} if isinstance(value, str | int) else None  # nothing there, or more than one value


_Version = tuple[str | None, str | None]


def _image(edit: EditData, versions: Sequence[_Version]) -> EditData | None:
    if len(set(versions)) != 1 or versions[0] == (None, None):
        return None
    tag, digest = versions[0]
    pin = "tag@digest" if tag and digest else "tag" if tag else "digest"
    return {**edit, "tag": tag, "digest": digest, "pin": pin}


def _setters(read: Mapping[str, bytes], edit: EditData) -> EditData:
    """The same of those images that have a mark there: of the others nothing tells what stands in the file."""
    marked, versions = _marked(read, edit), _versions(read, edit)
    told = [(image, versions.get(image["repository"])) for image in edit["images"] if image["repository"] in marked]
    return {
        **edit,
        "images": [image if now is None else {**image, "tag": now[0], "digest": now[1]} for image, now in told],
    }


def _marked(read: Mapping[str, bytes], edit: EditData) -> set[str]:
    file, images = edit["file"], [ImageArtifact(**image) for image in edit["images"]]
    return setter_repositories(read[file], images=images, file=file, policies=_policies(read, file))


def _versions(read: Mapping[str, bytes], edit: EditData) -> dict[str, _Version]:
    file, images = edit["file"], [ImageArtifact(**image) for image in edit["images"]]
    return setter_versions(read[file], images=images, file=file, policies=_policies(read, file))


def _policies(read: Mapping[str, bytes], file: str) -> Mapping[str, str]:
    return declared_policies(read) if b"$imagepolicy" in read[file] else {}


# -- what is not undone by making edits again

#: A kind, so that a mark and another place of the same image are two; a file; and where in it, or of which image.
_Place = tuple[str, str, str]


def lost_places(before: Mapping[str, bytes], now: Mapping[str, bytes], edits: Iterable[EditData]) -> tuple[str, ...]:
    """The places of edits that are gone although making the edits again would say nothing of it, for people.

    A file that is not there any more; a setter comment of an image that is not in its file any more.

    :param before: path to bytes of the edited files as the edits were made, as far as that is known
    :param now: path to bytes of the same files as they are
    """
    lost: list[str] = []
    for edit in edits:
        if edit["kind"] == "flux-setters":
            lost += _lost_marks(before, now, edit)
        elif edit["file"] not in now:
            lost += _told(_places(edit))
    return tuple(dict.fromkeys(lost))


def _lost_marks(before: Mapping[str, bytes], now: Mapping[str, bytes], edit: EditData) -> Iterator[str]:
    """Of an image all of whose comments are gone from a file it is enough to say that."""
    then = _marks_or_none(before, edit)
    if not then.spots:
        return
    gone = gone_spots(then, _marks_or_none(now, edit))
    some = {spot.image for spot in then.spots if spot not in gone}
    for spot in gone:
        yield f"{edit['file']}: {spot.text} ({spot.image})" if spot.image in some else f"{edit['file']}: {spot.image}"


def known_places_hold(before: Mapping[str, bytes], now: Mapping[str, bytes], edits: Iterable[EditData]) -> bool:
    """Whether the places of edits that there were hold what the edits write; what was added since is left out.

    :param before: path to bytes of the edited files as the edits were made; the comments of what lacks are none
    :param now: path to bytes of the same files as they are
    :raises SourceInvalid: an edit cannot be made any more
    """
    return all(not apply_edits(now, [edit]) or _known_marks_hold(before, now, edit) for edit in edits)


def _known_marks_hold(before: Mapping[str, bytes], now: Mapping[str, bytes], edit: EditData) -> bool:
    if edit["kind"] != "flux-setters":
        return False
    file, images = edit["file"], [ImageArtifact(**image) for image in edit["images"]]
    changed = changed_spots(now[file], images=images, file=file, policies=_policies(now, file))
    return not places_changed(_marks_or_none(before, edit), _marks_or_none(now, edit), changed)


def left_by(
    edits: Iterable[EditData],
    *,
    besides: Iterable[EditData],
    then: Mapping[str, bytes],
    after: Mapping[str, bytes],
) -> tuple[str, ...]:
    """The places at which later edits leave something else than was there before them, for people.

    :param besides: the edits that are made again: their places are known
    :param then: path to bytes of the files that later edits name, as they were before
    :param after: the same as they come to be
    """
    known = {place for edit in besides for place in _places(edit)}
    left: list[_Place] = []
    for edit in edits:
        if not known.issuperset(places := _places(edit)):
            was, comes = _standing(then, edit), _standing(after, edit)
            left += [one for one in places if one not in known and was.get(one) != comes.get(one)]
    return _told(left)


def _places(edit: EditData) -> list[_Place]:
    file, where = place_of(edit)
    if edit["kind"] == "flux-setters":
        return [("setter", file, canonical_repository(image["repository"])) for image in edit["images"]]
    if edit["kind"] == "kustomize-image":
        return [("image", file, canonical_repository(where))]
    return [("value", file, where)]


def _told(places: Iterable[_Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{file}: {where}" for _, file, where in places))


def _marks_or_none(read: Mapping[str, bytes], edit: EditData) -> Marked:
    """The comments about the images of an edit; none in a file that cannot be read."""
    file, images = edit["file"], [ImageArtifact(**image) for image in edit["images"]]
    if file not in read:
        return Marked()
    try:
        return marked(read[file], images=images, file=file, policies=_policies(read, file))
    except SourceInvalid:
        return Marked()


def _standing(read: Mapping[str, bytes], edit: EditData) -> dict[_Place, Any]:
    """What stands at the places of an edit, as far as something does. What cannot be read is like nothing else."""
    file, places = edit["file"], _places(edit)
    if file not in read:
        return {}
    try:
        if edit["kind"] == "flux-setters":
            found = {canonical_repository(name): one for name, one in _versions(read, edit).items()}
            return {one: found[one[2]] for one in places if one[2] in found}
        if edit["kind"] == "kustomize-image":
            return {places[0]: kustomize_versions(read[file], repository=edit["repository"], file=file)}
        value = get_value(read[file], edit["path"], file=file)
        return {} if value is None else {places[0]: value}
    except (SourceInvalid, ConfigurationError):
        return dict.fromkeys(places, object())
