"""What would be asked of a cluster: one request per object that is created, updated or deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest, ObjectRef
from gitpromote.policy.admission_defaults import as_stored
from gitpromote.policy.admission_kinds import EXEMPT, KindFacts, Kinds
from gitpromote.policy.scene import Scene

__all__ = ["NAMESPACE", "NAME_LABEL", "Asked", "Request", "labels_of", "requests_of"]

NAMESPACE = ("", "Namespace")
#: Every Namespace has its name as a label.
NAME_LABEL = "kubernetes.io/metadata.name"


class Asked(NamedTuple):
    """What many requests have in common.

    :ivar namespaced: whether the kind lives in namespaces; ``None`` where nobody here can tell
    """

    operation: str
    group: str
    version: str
    kind: str
    namespaced: bool | None
    of: KindFacts

    @property
    def is_namespace(self) -> bool:
        """Whether it is about a Namespace itself."""
        return (self.group, self.kind) == NAMESPACE


class Request:
    """One request, as the API server would put it to its policies.

    :ivar ref: whose; ``namespace``: empty for the whole cluster, ``None`` where its manifest names none
    """

    def __init__(self, asked: Asked, new: Manifest | None, old: Manifest | None) -> None:
        self.asked = asked
        self._new = new
        self._old = old
        self.ref: ObjectRef = (new or old).ref  # type: ignore[union-attr]
        self.namespace = self._namespace()
        #: What those who judge keep of it, by name.
        self.kept: dict[str, Any] = {}

    def _namespace(self) -> str | None:
        if self.asked.is_namespace:
            return self.ref.name
        if self.asked.namespaced is False:
            return ""
        return self.ref.namespace or None

    @cached_property
    def object(self) -> dict[str, Any] | None:
        """As it would be; ``None`` where it is deleted."""
        return _with_names(as_stored(self._new), self) if self._new is not None else None

    @cached_property
    def old_object(self) -> dict[str, Any] | None:
        """As it is; ``None`` where it is not there yet."""
        return _with_names(as_stored(self._old), self) if self._old is not None else None

    @property
    def facts(self) -> dict[str, Any]:
        """``request``: what is empty is not there, and who asks nobody knows before somebody does."""
        asked = self.asked
        kind = {"group": asked.group, "version": asked.version, "kind": asked.kind}
        resource = {"group": asked.group, "version": asked.version, "resource": asked.of.resources[0]}
        facts = {
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": self.ref.name,
            "operation": asked.operation,
            "dryRun": False,
        }
        return facts | ({"namespace": self.namespace} if self.namespace else {})

    @property
    def labels(self) -> Iterator[Mapping[str, Any]]:
        """The labels of the object that would be there, and of the one that is."""
        return (labels_of(one) for one in (self.object, self.old_object) if one is not None)


def labels_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of an object."""
    metadata = data.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _with_names(data: dict[str, Any], request: Request) -> dict[str, Any]:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict) or not request.asked.is_namespace:
        return data
    labels = metadata.setdefault("labels", {})
    if isinstance(labels, dict):
        labels.setdefault(NAME_LABEL, request.ref.name)
    return data


def requests_of(scene: Scene, kinds: Kinds) -> dict[Asked, list[Request]]:
    """All of them. What does not change is applied too: somebody may have made it before the policy was there."""
    found: dict[Asked, list[Request]] = {}

    def add(operation: str, manifest: Manifest, old: Manifest | None) -> None:
        ref = manifest.ref
        if (ref.group, ref.kind) in EXEMPT:
            return
        of = kinds.facts(ref.group, ref.kind)
        namespaced = True if of.namespaced is None and ref.namespace else of.namespaced
        asked = Asked(operation, ref.group, manifest.version, ref.kind, namespaced, of)
        new = manifest if operation != "DELETE" else None
        found.setdefault(asked, []).append(Request(asked, new, old))

    for ref, manifest in scene.objects.items():
        old = scene.before.get(ref)
        add("UPDATE" if old is not None else "CREATE", manifest, old)
    for ref, manifest in scene.before.items():
        if ref not in scene.objects:
            add("DELETE", manifest, manifest)
    return found
