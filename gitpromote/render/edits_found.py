"""What stands where edits were made, as edits that would put just that there again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gitpromote.errors import ConfigurationError, SourceInvalid
from gitpromote.model.artifact import ImageArtifact
from gitpromote.render.edit import get_value
from gitpromote.render.edit_kustomize import kustomize_versions
from gitpromote.render.freight_edits import EditData, apply_edits
from gitpromote.render.setters import setter_versions

__all__ = ["FoundEdits", "edits_found", "place_of"]


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
        now = _read(read[edit["file"]], edit)
        return now if now is not None and not apply_edits(read, [now]) else None
    except (SourceInvalid, ConfigurationError):
        return None


def _read(data: bytes, edit: EditData) -> EditData | None:
    file = edit["file"]
    match edit["kind"]:
        case "kustomize-image":
            return _image(edit, kustomize_versions(data, repository=edit["repository"], file=file))
        case "flux-setters":
            return _setters(data, edit)
    value = get_value(data, edit["path"], file=file)
    if not isinstance(value, str | int):
        return None  # nothing, no scalar, or a number that Records cannot hold as it is written
    return {"kind": "set-value", "file": file, "path": edit["path"], "value": value}


_Version = tuple[str | None, str | None]


def _image(edit: EditData, versions: Sequence[_Version]) -> EditData | None:
    if len(set(versions)) != 1 or versions[0] == (None, None):
        return None
    tag, digest = versions[0]
    pin = "tag@digest" if tag and digest else "tag" if tag else "digest"
    return {**edit, "tag": tag, "digest": digest, "pin": pin}


def _setters(data: bytes, edit: EditData) -> EditData:
    images = [ImageArtifact(**image) for image in edit["images"]]
    versions = setter_versions(data, images=images, file=edit["file"])
    told = [(image, versions.get(image["repository"])) for image in edit["images"]]
    return {
        **edit,
        "images": [image if now is None else {**image, "tag": now[0], "digest": now[1]} for image, now in told],
    }
