"""Whether pods are reachable by everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import at, labels_of
from gitpromote.policy.packs.selectors import selects
from gitpromote.policy.packs.setting import names
from gitpromote.policy.packs.workloads import Pod, pods
from gitpromote.policy.scene import Scene

__all__ = ["NETWORK_POLICY"]

#: Policies of others that speak of one namespace; whom they select is not looked into.
_OTHERS = frozenset({("cilium.io", "CiliumNetworkPolicy"), ("crd.projectcalico.org", "NetworkPolicy")})
_OTHERS_TOO = frozenset({("projectcalico.org", "NetworkPolicy"), ("crd.antrea.io", "NetworkPolicy")})

#: Policies for a whole cluster.
_EVERYWHERE = frozenset(
    {
        ("cilium.io", "CiliumClusterwideNetworkPolicy"),
        ("crd.antrea.io", "ClusterNetworkPolicy"),
        ("crd.projectcalico.org", "GlobalNetworkPolicy"),
        ("policy.networking.k8s.io", "AdminNetworkPolicy"),
        ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
        ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
        ("projectcalico.org", "GlobalNetworkPolicy"),
    }
)


def missing(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A workload in a namespace that has no NetworkPolicy."""
    known = _policies(scene)
    for manifest in dict.fromkeys(pod.manifest for pod in _judged(scene, settings)):
        namespace = manifest.ref.namespace
        if known is not None and namespace not in known:
            message = f"the namespace {namespace or 'that it goes to'} has no NetworkPolicy"
            yield found("network-policy/missing", manifest, message, hint="add one that denies by default")


def unselected(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A workload whose pods no NetworkPolicy of its namespace selects."""
    known = _policies(scene)
    for pod in _judged(scene, settings):
        selectors = None if known is None else known.get(pod.manifest.ref.namespace)
        if (
            pod.is_whole
            and selectors
            and not any(each is _ANY or selects(each, labels_of(pod.template)) for each in selectors)
        ):
            hint = "add one that denies by default: podSelector: {}"
            message = "no NetworkPolicy of its namespace selects its pods"
            yield found("network-policy/unselected", pod.manifest, message, path=pod.metadata_path, hint=hint)


_ANY = object()


def _policies(scene: Scene) -> dict[str, list[Any]] | None:
    """Namespace to the pod selectors of its policies; ``None`` where one speaks of the whole cluster."""
    known: dict[str, list[Any]] = {}
    for ref, manifest in scene.objects.items():
        if (ref.group, ref.kind) in _EVERYWHERE:
            return None
        if (ref.group, ref.kind) == ("networking.k8s.io", "NetworkPolicy"):
            known.setdefault(ref.namespace, []).append(at(manifest.data, "spec", "podSelector"))
        elif (ref.group, ref.kind) in _OTHERS | _OTHERS_TOO:
            known.setdefault(ref.namespace, []).append(_ANY)
    return known


def _judged(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Pod]:
    """The pods with a network of their own, but those of ignored namespaces."""
    for pod in pods(scene):
        ignored = any(fnmatchcase(pod.manifest.ref.namespace, pattern) for pattern in settings["ignore_namespaces"])
        # A template for all namespaces runs in none of its own.
        somewhere = pod.is_whole or pod.manifest.ref.namespace
        if somewhere and not ignored and pod.spec.get("hostNetwork") is not True:
            yield pod


NETWORK_POLICY = Pack(
    help="every pod has a NetworkPolicy",
    rules={"missing": missing, "unselected": unselected},
    settings={"ignore_namespaces": names(about="namespaces that are not judged")},
)
