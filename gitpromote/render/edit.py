"""Edits of source files: a version goes where it belongs, and everything else stays byte for byte.

Each function takes a file's bytes and gives its new bytes, which are the same object's if nothing is to be changed.
Before they are given back, they are read again and compared: an edit that would change anything but its target is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gitpromote.render.edit_find import Found, Missing, find
from gitpromote.render.edit_kustomize import set_kustomize_image
from gitpromote.render.edit_path import Step, parse_path
from gitpromote.render.edit_refusals import refused
from gitpromote.render.edit_source import Change, Scalar, Source
from gitpromote.render.edit_splice import Content, insert_pair, replace_empty, replace_scalar
from gitpromote.render.image_text import Part, image_name, version_text, whole_text
from gitpromote.render.setters import apply_flux_setters
from gitpromote.render.yaml_scalar import ScalarMemo, ScalarProblem

__all__ = [
    "Part",
    "apply_flux_setters",
    "get_plain",
    "get_value",
    "set_image",
    "set_kustomize_image",
    "set_plain",
    "set_value",
]


def get_value(data: bytes, path: str | Sequence[Step], *, file: str) -> Any:
    """The value at a path, as Kubernetes reads it; None where there is nothing.

    :raises SourceInvalid: the file cannot be read, or the path leads through an alias or merge key or to several places
    """
    source = Source(data, file=file)
    found = find(source, parse_path(path))
    return None if isinstance(found, Missing) else source.value_at(found.document, found.path)


def get_plain(data: bytes, path: str | Sequence[Step], *, file: str) -> str | None:
    """The text of a value that is no string, as it is written: ``1.40``, ``0x1F``, ``yes``; None where there is none.

    :raises SourceInvalid: as :func:`get_value`
    """
    source = Source(data, file=file)
    found = find(source, parse_path(path))
    if isinstance(found, Missing) or found.node.kind != "scalar" or found.node.style or found.node.tag is not None:
        return None
    value = source.value_at(found.document, found.path)
    return None if value is None or isinstance(value, str) else found.node.value


def set_plain(data: bytes, path: str | Sequence[Step], text: str, *, file: str) -> bytes:
    """Put a value that is no string at a path, in just these characters.

    :param text: as :func:`get_plain` gave it
    :raises SourceInvalid: as :func:`set_value`
    """
    source = Source(data, file=file)
    found = find(source, parse_path(path))
    if isinstance(found, Missing):
        raise found.error
    if found.node.kind == "scalar" and not found.node.style and found.node.value == text:
        return data
    try:
        value = ScalarMemo()[text]
    except ScalarProblem as error:
        raise refused("edit-unsafe", f"{file}: {error}") from error
    change = replace_scalar(source, found.node, value, document=found.document, path=found.path)
    return source.with_changes([replace(change, text=text if change.text[:1] != " " else f" {text}")])


def set_value(data: bytes, path: str | Sequence[Step], value: Scalar, *, file: str, create: bool = False) -> bytes:
    """Put a value at a path. A string stays a string for every reader of YAML: ``1.10`` is written in quotes.

    :param path: ``image.tag``, ``spec.containers[name=web].image``, ``a["x.y"]``, ``list[0]``
    :param create: add the keys that are not there yet, to the mapping that is
    :raises SourceInvalid: ``edit-…``, with the file, the line and the reason why this is not edited
    :raises ConfigurationError: ``path-invalid``
    """
    steps = parse_path(path)
    source = Source(data, file=file)
    found = find(source, steps)
    if isinstance(found, Missing):
        change = _created(source, found, value) if create else None
        if change is None:
            raise found.error
        return source.with_changes([change])
    return _replaced(data, source, found, value)


def set_image(
    data: bytes,
    path: str | Sequence[Step],
    *,
    repository: str,
    tag: str | None,
    digest: str | None,
    part: Part,
    file: str,
    create: bool = False,
) -> bytes:
    """Put a part of an image at a path.

    Where the value names the image as a whole (``ghcr.io/acme/shop:1.4.2``), its name stays as it is written there and
    the part takes the place of its tag and digest.

    :raises SourceInvalid: as :func:`set_value`; ``image-unpinned`` if the part is a tag or digest that the image lacks
    """
    if part == "repository":
        return set_value(data, path, repository, file=file, create=create)
    name = image_name(get_value(data, path, file=file), repository)
    if name:
        text = whole_text(name, tag, digest, part=part, where=file)
    else:
        text = version_text(tag, digest, part=part, where=file)
    return set_value(data, path, text, file=file, create=create)


def _replaced(data: bytes, source: Source, found: Found, value: Scalar) -> bytes:
    now = source.value_at(found.document, found.path)
    if type(now) is type(value) and now == value:
        return data
    return source.with_changes([replace_scalar(source, found.node, value, document=found.document, path=found.path)])


def _created(source: Source, missing: Missing, value: Scalar) -> Change | None:
    """The keys that are not there yet; None where the path asks for an element of a list, or for a place in a value."""
    key, *deeper = missing.rest
    if not all(isinstance(step, str) for step in missing.rest):
        return None
    content: Content = value
    for step in reversed(deeper):
        content = {str(step): content}
    node = missing.node
    if node is None or node.kind == "mapping" or (node.is_empty and not missing.path):
        return insert_pair(source, node, str(key), content, document=missing.document, path=missing.path)
    if node.kind == "scalar" and source.value_at(missing.document, missing.path) is None:
        return replace_empty(source, node, {str(key): content}, document=missing.document, path=missing.path)
    return None
