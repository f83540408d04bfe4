"""Whether pods are reachable by everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import labels_of, mapping, mappings, texts
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
    """A workload in a namespace that has no NetworkPolicy, or only such as allow everything."""
    known = _policies(scene)
    for manifest in dict.fromkeys(pod.manifest for pod in _judged(scene, settings)):
        namespace = manifest.ref.namespace
        if known is not None and not any(one.guards for one in known.get(namespace, ())):
            but = ", but for those that allow everything" if namespace in known else ""
            message = f"the namespace {namespace or 'that it goes to'} has no NetworkPolicy{but}"
            yield found("network-policy/missing", manifest, message, hint="add one that denies by default")


def unselected(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A workload whose pods no NetworkPolicy of its namespace selects, or only such as allow everything."""
    known = _policies(scene)
    for pod in _judged(scene, settings):
        policies = () if known is None else known.get(pod.manifest.ref.namespace, ())
        # Where none guards anything, that is what the other rule tells.
        if not pod.is_whole or not any(one.guards for one in policies):
            continue
        selecting = [one for one in policies if one.selector is _ANY or selects(one.selector, labels_of(pod.template))]
        if not any(one.guards for one in selecting):
            hint = "add one that denies by default: podSelector: {}"
            but = ", but for those that allow everything" if selecting else ""
            message = f"no NetworkPolicy of its namespace selects its pods{but}"
            yield found("network-policy/unselected", pod.manifest, message, path=pod.metadata_path, hint=hint)


def opened(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A workload that one NetworkPolicy closes and another one opens to everybody: what any of them allows counts."""
    known = _policies(scene) or {}
    for pod in _judged(scene, settings):
        policies = known.get(pod.manifest.ref.namespace, ())
        if not pod.is_whole or any(one.selector is _ANY for one in policies):
            continue
        selecting = [one for one in policies if selects(one.selector, labels_of(pod.template))]
        way = _opened(selecting)
        if way:
            closing = ", ".join(one.name for one in selecting if way in one.closes)
            opening = ", ".join(one.name for one in selecting if way in one.opens)
            what = "lets everybody in" if way == "Ingress" else "lets its pods out to everybody"
            message = f"the NetworkPolicy {opening} {what}, whatever {closing} keeps away"
            yield found("network-policy/opened", pod.manifest, message, path=pod.metadata_path, hint=_NARROW)


_ANY = object()
_NARROW = "policies are added up: name the peers or the ports, or other pods"
_WAYS = frozenset({"Egress", "Ingress"})
_WHOLE = frozenset({"0.0.0.0/0", "::/0"})


class _Policy(NamedTuple):
    """Whom a policy selects, and in which directions it keeps anything away from them, or nothing."""

    name: str
    selector: Any
    closes: frozenset[str]
    opens: frozenset[str] = frozenset()

    @property
    def guards(self) -> bool:
        """Whether it keeps anything away."""
        return bool(self.closes)


def _policies(scene: Scene) -> dict[str, list[_Policy]] | None:
    """Namespace to its policies; ``None`` where one speaks of the whole cluster."""
    known: dict[str, list[_Policy]] = {}
    for ref, manifest in scene.objects.items():
        if (ref.group, ref.kind) in _EVERYWHERE:
            return None
        if (ref.group, ref.kind) == ("networking.k8s.io", "NetworkPolicy"):
            spec = mapping(manifest.data.get("spec"))
            opens, closes = _ways(spec)
            known.setdefault(ref.namespace, []).append(_Policy(ref.name, spec.get("podSelector"), closes, opens))
        elif (ref.group, ref.kind) in _OTHERS | _OTHERS_TOO:
            known.setdefault(ref.namespace, []).append(_Policy(ref.name, _ANY, _WAYS))
    return known


def _ways(spec: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """The directions in which a policy allows everything, and those in which it keeps anything away."""
    types = texts(spec.get("policyTypes")) or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    ways = _WAYS.intersection(types)
    opens = frozenset(way for way in ways if any(map(_allows_all, mappings(spec.get(way.lower())))))
    return opens, ways - opens


def _opened(policies: list[_Policy]) -> str:
    """The direction that one policy closes and another one opens; going out counts where nothing stays closed."""
    opens = {way for one in policies for way in one.opens}
    both = {way for one in policies for way in one.closes} & opens
    stays = {way for one in policies for way in one.closes} - opens
    return "Ingress" if "Ingress" in both else "Egress" if both and not stays else ""


def _allows_all(rule: Mapping[str, Any]) -> bool:
    peers = list(mappings(rule.get("from") or rule.get("to")))
    anybody = not peers or any(_is_anybody(mapping(peer.get("ipBlock"))) for peer in peers)
    return anybody and not rule.get("ports")


def _is_anybody(block: Mapping[str, Any]) -> bool:
    return block.get("cidr") in _WHOLE and not block.get("except")


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
    rules={"missing": missing, "unselected": unselected, "opened": opened},
    settings={"ignore_namespaces": names(about="namespaces that are not judged")},
)
