"""Clusters as a repository's manifests name them: metadata and address, never a credential."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Cluster", "UnfitCluster", "clusters_in", "matches"]

#: What makes a Secret a cluster for Argo CD.
_MARK = "argocd.argoproj.io/secret-type"
#: kubectl keeps the whole object here, values of Secrets included.
_NEVER = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})

Selection = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster.

    :ivar name: what Argo CD calls it where that can be read, otherwise the object's name
    :ivar server: its address; empty where only a credential's manifest would tell
    :ivar labels: of the object, for ``Environment(labels=…)``; without the mark that makes it a cluster
    :ivar path: the file, from the repository's root
    """

    name: str
    server: str = ""
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    annotations: dict[str, str] = field(default_factory=dict, hash=False)
    path: str = ""


class UnfitCluster(ValueError):
    """An object that says it is a cluster and cannot be read as one; the message says why."""


def matches(cluster: Cluster, wanted: Selection) -> bool:
    """Whether each label has the value that is wanted, or one of those."""
    return all(
        cluster.labels.get(key) in ((value,) if isinstance(value, str) else tuple(value))
        for key, value in wanted.items()
    )


def clusters_in(documents: Iterable[Any], *, path: str) -> list[Cluster]:
    """The clusters among the objects of a file; Lists are taken apart, everything else is passed over.

    :raises UnfitCluster: one of them has no name, or labels that are not text
    """
    found = []
    for each in documents:
        items = each.get("items") if isinstance(each, dict) and str(each.get("kind")).endswith("List") else None
        if isinstance(items, list):
            found += clusters_in(items, path=path)
        elif isinstance(each, dict) and (cluster := _cluster(each, path)) is not None:
            found.append(cluster)
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What of an object may be read: the metadata that counts, and plain values."""

    metadata: Mapping[str, Any]
    plain: Mapping[str, Any]


def _cluster(manifest: Mapping[str, Any], path: str) -> Cluster | None:
    group = str(manifest.get("apiVersion") or "").rpartition("/")[0]
    read = _KINDS.get((group, str(manifest.get("kind"))))
    if read is None:
        return None
    reader, is_marked = read
    seen, own = reader(manifest), _mapping(manifest, "metadata")
    labels = _mapping(seen.metadata, "labels")
    if is_marked and labels.get(_MARK) != "cluster":
        return None
    name = _text(seen.plain, "name") or _text(seen.metadata, "name") or _text(own, "name")
    if not name:
        raise UnfitCluster(f"a {manifest['kind']} has no name that is text")
    return Cluster(
        name=name,
        server=_text(seen.plain, "server"),
        namespace=_text(own, "namespace"),
        labels=_texts(labels, name, "label", without=frozenset({_MARK})),
        annotations=_texts(_mapping(seen.metadata, "annotations"), name, "annotation", without=_NEVER),
        path=path,
    )


def _secret(manifest: Mapping[str, Any]) -> _Seen:
    return _Seen(_mapping(manifest, "metadata"), _mapping(manifest, "stringData"))


def _sealed(manifest: Mapping[str, Any]) -> _Seen:
    template = _mapping(manifest, "spec", "template")
    return _Seen(_mapping(template, "metadata"), _mapping(template, "data"))


def _external(manifest: Mapping[str, Any]) -> _Seen:
    template = _mapping(manifest, "spec", "target", "template")
    return _Seen(_mapping(template, "metadata"), _mapping(template, "data"))


def _other(manifest: Mapping[str, Any]) -> _Seen:
    return _Seen(_mapping(manifest, "metadata"), {})


#: What is a cluster: how it is read, and whether it is one only with Argo CD's mark.
_KINDS: Mapping[tuple[str, str], tuple[Callable[[Mapping[str, Any]], _Seen], bool]] = {
    ("", "Secret"): (_secret, True),
    ("bitnami.com", "SealedSecret"): (_sealed, True),
    ("external-secrets.io", "ExternalSecret"): (_external, True),
    ("cluster.x-k8s.io", "Cluster"): (_other, False),
    ("lib.projectsveltos.io", "SveltosCluster"): (_other, False),
}


def _mapping(value: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _text(values: Mapping[str, Any], key: str) -> str:
    """A plain value; one that a template fills in later says nothing here."""
    value = values.get(key)
    return value if isinstance(value, str) and "{{" not in value else ""


def _texts(values: Mapping[str, Any], name: str, what: str, *, without: frozenset[str]) -> dict[str, str]:
    kept = {key: value for key, value in sorted(values.items()) if key not in without}
    wrong = next((key for key, value in kept.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise UnfitCluster(f"the {what} {wrong} of {name} is not text: put it in quotes")
    return kept
