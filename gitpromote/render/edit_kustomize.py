"""Images of a kustomization: the entry that is there is edited in its own style, otherwise one is added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from gitpromote.render.edit_nodes import Node
from gitpromote.render.edit_refusals import refused
from gitpromote.render.edit_source import Change, DataPath, Source
from gitpromote.render.edit_splice import insert_item, insert_pair, remove_pair, replace_empty, replace_scalar
from gitpromote.render.image_text import image_name, version_text

__all__ = ["Pin", "kustomize_versions", "set_kustomize_image"]

Pin: TypeAlias = Literal["tag@digest", "digest", "tag"]


def set_kustomize_image(
    data: bytes, *, repository: str, tag: str | None, digest: str | None, pin: Pin, file: str
) -> bytes:
    """Put an image's version into the ``images`` of a kustomization.

    Every entry is edited whose ``name`` or ``newName`` is the repository, in whatever spelling: ``newTag`` and
    ``digest`` are written, or taken out where the pin does not have them. If there is none, one is added at the end.

    :param pin: ``tag@digest`` writes what the image has of both
    :raises SourceInvalid: ``edit-…`` or ``image-unpinned``; nothing is changed then
    """
    source = Source(data, file=file)
    wanted = _wanted(tag, digest, pin, file)
    root = _root(source)
    images = root.get("images") if root else None
    held = _held(source, root, images)
    indices = [index for index, entry in enumerate(held) if _names(entry, repository)]
    changes: list[Change] = []
    for index in indices:
        if images is not None:
            changes += _edited(source, images.items[index], held[index], ("images", index), wanted)
    if not indices:
        changes.append(_added(source, root, images, {"name": repository, **_present(wanted)}))
    return source.with_changes(changes) if changes else data


def kustomize_versions(data: bytes, *, repository: str, file: str) -> list[tuple[str | None, str | None]]:
    """The tags and digests that a kustomization has for a repository, one pair for each entry that speaks of it.

    :raises SourceInvalid: ``edit-…``
    """
    source = Source(data, file=file)
    root = _root(source)
    held = _held(source, root, root.get("images") if root else None)
    named = [entry for entry in held if _names(entry, repository)]
    return [(_text(entry.get("newTag")), _text(entry.get("digest"))) for entry in named]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _root(source: Source) -> Node | None:
    if len(source.roots) > 1:
        raise refused("edit-path-ambiguous", f"{source.where(source.roots[1])}: a kustomization is one document")
    root = source.roots[0] if source.roots else None
    if root is not None and root.kind != "mapping" and not root.is_empty:
        raise refused("edit-not-scalar", f"{source.where(root)}: a kustomization is a mapping, not a {root.kind}")
    return root


def _held(source: Source, root: Node | None, images: Node | None) -> list[Any]:
    """The entries that are there already."""
    held = (source.documents[0] or {}).get("images") if source.documents else None
    if images is None and held:
        raise refused("edit-merge-key", f"{source.where(root)}: images comes from a merge key (<<)")
    if images is not None and images.kind == "alias":
        raise refused("edit-alias", f"{source.where(images)}: images is the alias *{images.value}")
    if held is not None and not isinstance(held, list):
        raise refused("edit-not-scalar", f"{source.where(images)}: images is no list")
    return held or []


def _wanted(tag: str | None, digest: str | None, pin: Pin, file: str) -> dict[str, str | None]:
    if pin == "tag@digest" and not tag:
        pin = "digest"
    version = version_text(tag, digest, part="digest" if pin == "digest" else "tag", where=file)
    if pin == "digest":
        return {"newTag": None, "digest": version}
    return {"newTag": version, "digest": digest if pin == "tag@digest" else None}


def _present(wanted: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in wanted.items() if value is not None}


def _names(entry: Any, repository: str) -> bool:
    """Whether an entry speaks of a repository, before or after it is renamed."""
    if not isinstance(entry, dict):
        return False
    names = (entry.get("name"), entry.get("newName"))
    return any(isinstance(name, str) and image_name(name, repository) for name in names)


def _edited(
    source: Source, entry: Node, held: dict[str, Any], at: DataPath, wanted: dict[str, str | None]
) -> Iterator[Change]:
    if entry.kind == "alias":
        raise refused("edit-alias", f"{source.where(entry)}: the entry is the alias *{entry.value}")
    for key, value in wanted.items():
        node = entry.get(key)
        if node is None and key in held and held[key] != value:
            raise refused("edit-merge-key", f"{source.where(entry)}: {key} comes from a merge key (<<)")
        if held.get(key) == value:
            continue
        if node is None:
            yield insert_pair(source, entry, key, value, document=0, path=at)
        elif value is None:
            position = next(place for place, (_, child) in enumerate(entry.pairs) if child is node)
            yield remove_pair(source, entry, position, document=0, path=(*at, key))
        else:
            yield replace_scalar(source, node, value, document=0, path=(*at, key))


def _added(source: Source, root: Node | None, images: Node | None, entry: dict[str, str]) -> Change:
    if images is not None and images.kind == "sequence":
        return insert_item(source, images, entry, document=0, path=("images",))
    if images is not None:
        return replace_empty(source, images, [entry], document=0, path=("images",))
    return insert_pair(source, root, "images", [entry], document=0, path=())
