"""Which image a setter comment is about, told by what stands in the sources. Where nothing tells, nobody guesses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gitpromote.model.artifact import canonical_repository
from gitpromote.render.edit_nodes import Node
from gitpromote.render.edit_source import DataPath
from gitpromote.render.image_text import repository_in

__all__ = ["Mark", "repositories_of"]

# ``sidecarTag`` goes with ``sidecarRepository``, and ``tag`` with ``repository``.
_VERSION = re.compile(r"(.*?)[_-]?(?:tag|digest)", re.IGNORECASE)
_JOINT = re.compile(r"[_-]")
_NAMES = ("repository", "image", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A scalar with a setter comment behind it.

    :param policy: ``namespace:name``
    :param part: ``tag``, ``name``, ``digest``, or empty for the whole image
    :param beside: the scalars of the mapping that it is in, by key
    """

    node: Node
    document: int
    path: DataPath
    policy: str
    part: str
    beside: Mapping[str, str]

    def repository(self, known: Collection[str]) -> str | None:
        """What stands in it, or what its own mapping names for it; ``None`` where neither says one.

        :param known: repositories for which a key ``name`` may stand that is no path
        """
        if self.part in ("", "name"):
            return repository_in(self.node.value)
        named = _named_for(str(self.path[-1]), self.beside, known) if self.path else ""
        return repository_in(named)


def repositories_of(
    marks: Sequence[Mark], declared: Mapping[str, str], known: Collection[str]
) -> tuple[list[str | None], list[Mark]]:
    """The repository that each mark is about, and the marks of which nothing says it, or two things say two.

    The first of: the mark itself and what stands beside it; the policy as it is declared; other marks of its policy.
    Where the first two contradict each other, that is nothing to go by.

    :param declared: ``namespace:name`` -> repository
    :param known: the repositories that can be set
    """
    own = [mark.repository(known) for mark in marks]
    used: dict[str, set[str]] = {}
    for mark, one in zip(marks, own, strict=True):
        if one is not None:
            used.setdefault(mark.policy, set()).add(one)
    found: list[str | None] = []
    unclear = []
    for mark, one in zip(marks, own, strict=True):
        told = _declared(mark.policy, declared)
        others = {told} if told is not None else used.get(mark.policy, set())
        said = others if one is None else {one} | (others if told is not None else set())
        found.append(next(iter(said)) if len(said) == 1 else None)
        if not said or (len(said) > 1 and not said.isdisjoint(known)):
            unclear.append(mark)
    return found, unclear


def _declared(policy: str, declared: Mapping[str, str]) -> str | None:
    """An object without a namespace goes by any: which one it is in is said elsewhere."""
    told = declared.get(policy) or declared.get(f":{policy.partition(':')[2]}")
    return canonical_repository(told) if told is not None else None


def _named_for(key: str, beside: Mapping[str, str], known: Collection[str]) -> str:
    """What a mapping names as the image that one of its keys is tag or digest of; empty where it names none."""
    matched = _VERSION.fullmatch(key)
    if matched is None:
        return ""
    stem = _joined(matched[1])
    keys = {_joined(name): value for name, value in beside.items()}
    if stem == "new" or (not stem and not keys.keys().isdisjoint(("newname", "newtag"))):
        return keys.get("newname") or keys.get("name", "")  # an entry of a kustomization's images
    for name in _NAMES:
        value = keys.get(f"{stem}{name}", "")
        if value and (name != "name" or "/" in value or repository_in(value) in known):
            registry = keys.get(f"{stem}registry", "") if name == "repository" else ""
            return value if not registry or value.startswith(f"{registry}/") else f"{registry}/{value}"
    return keys.get(stem, "") if stem else ""  # imageTag: goes with image:


def _joined(key: str) -> str:
    """``image_tag``, ``image-tag`` and ``imageTag`` are one key."""
    return _JOINT.sub("", key).lower()
