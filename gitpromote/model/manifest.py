"""Kubernetes objects as a renderer wrote them, and sets of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitpromote.errors import SourceInvalid

__all__ = ["Manifest", "ManifestSet", "ObjectRef", "split_api_version"]


def split_api_version(api_version: str) -> tuple[str, str]:
    """``apps/v1`` -> ``("apps", "v1")``; the core group is the empty string.

    :raises ValueError: if it is neither ``version`` nor ``group/version``
    """
    group, slash, version = api_version.rpartition("/")
    if not version or "/" in group or (slash and not group):
        raise ValueError(f"apiVersion {api_version!r} is neither VERSION nor GROUP/VERSION")
    return group, version


class ObjectRef(NamedTuple):
    """What an object is called in a cluster, whatever version of its kind it is written in.

    :param group: the API group; empty for the core group
    :param namespace: empty where the manifest names none
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.group}/{self.kind}" if self.group else self.kind
        return f"{kind} {self.path}"

    @property
    def path(self) -> str:
        """``namespace/name``, or the name alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def title(self, version: str) -> str:
        """How a plan names it: ``apps/Deployment shop/checkout``; in the core group ``v1/Secret shop/key``."""
        return f"{self.group or version}/{self.kind} {self.path}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as it was rendered.

    :param data: plain data as Kubernetes reads it; treat it as frozen
    :param text: the document's own text, from its first line with something on it to one final newline
    :param file: where it was read, for messages
    :param line: the line of ``file`` where its text begins, from 1
    :param app: which of the pipeline's Apps it belongs to, or empty
    """

    ref: ObjectRef
    version: str
    data: dict[str, Any] = field(hash=False)
    text: str
    file: str
    line: int
    app: str = ""

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"

    @property
    def title(self) -> str:
        """How a plan names it."""
        return self.ref.title(self.version)


class ManifestSet(Mapping[ObjectRef, Manifest]):
    """Manifests by ref, in the order in which they were rendered.

    A mapping: it iterates over refs, and two sets are equal if they hold equal manifests, in whatever order.
    """

    __slots__ = ("_by_ref",)

    def __init__(self, by_ref: Mapping[ObjectRef, Manifest] | None = None) -> None:
        self._by_ref = dict(by_ref or {})

    @classmethod
    def from_iterable(cls, manifests: Iterable[Manifest]) -> ManifestSet:
        """A set of manifests whose refs differ.

        :raises SourceInvalid: ``duplicate-object``, naming both places
        """
        found = cls()
        by_ref = found._by_ref
        for manifest in manifests:
            other = by_ref.setdefault(manifest.ref, manifest)
            if other is not manifest:
                raise _duplicate(other, manifest)
        return found

    def __getitem__(self, ref: ObjectRef) -> Manifest:
        return self._by_ref[ref]

    def __iter__(self) -> Iterator[ObjectRef]:
        return iter(self._by_ref)

    def __len__(self) -> int:
        return len(self._by_ref)

    def __contains__(self, ref: object) -> bool:
        return ref in self._by_ref

    def __repr__(self) -> str:
        return f"ManifestSet({', '.join(str(ref) for ref in self)})"


def _duplicate(first: Manifest, second: Manifest) -> SourceInvalid:
    apps = f" (apps {first.app} and {second.app})" if first.app != second.app else ""
    return SourceInvalid(
        "An object is rendered twice",
        code="duplicate-object",
        detail=f"{second.title}: {first.place} and {second.place}{apps}",
        hint="One object has one manifest: remove one, or give it another name or namespace.",
    )
