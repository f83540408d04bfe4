"""Whether what comes in from outside is encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import annotations_of, at, mappings, texts
from gitpromote.policy.packs.setting import names
from gitpromote.policy.packs.workloads import elements
from gitpromote.policy.scene import Scene

__all__ = ["INGRESS_TLS"]

_CERTIFICATE_ELSEWHERE = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "networking.gke.io/certmap",
)
_ENCRYPTED = ("HTTPS", "TLS")


def ingress(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An Ingress without TLS at all."""
    for manifest in _ingresses(scene, settings):
        if not list(mappings(at(manifest.data, "spec", "tls"))):
            hint = "add spec.tls with the name of a Secret"
            yield found("ingress-tls/ingress", manifest, "has no TLS", path=("spec", "tls"), hint=hint)


def hosts(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A host of an Ingress that none of its TLS entries covers."""
    for manifest in _ingresses(scene, settings):
        entries = list(mappings(at(manifest.data, "spec", "tls")))
        covered = [texts(entry.get("hosts")) for entry in entries]
        if not entries or any(not some for some in covered):
            continue  # an entry without hosts covers all
        known = [host for some in covered for host in some]
        for rule in elements(at(manifest.data, "spec", "rules"), ("spec", "rules"), key="host"):
            host = rule.data.get("host")
            if not host:
                yield found("ingress-tls/hosts", manifest, "a rule for every host has no TLS", path=rule.path)
            if isinstance(host, str) and host and not _is_covered(host, known):
                yield found("ingress-tls/hosts", manifest, f"{host} has no TLS", path=(*rule.path, "host"))


def _is_covered(host: str, known: Iterable[str]) -> bool:
    parent = host.partition(".")[2]
    return any(one == host or (one.startswith("*.") and one[2:] == parent) for one in known)


def _ingresses(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Manifest]:
    """The Ingresses that are judged and whose certificate does not come from elsewhere."""
    elsewhere = settings["certificate_annotations"]
    for manifest in scene.objects.values():
        if manifest.ref.kind == "Ingress" and manifest.ref.group in ("networking.k8s.io", "extensions"):
            there = annotations_of(manifest.data)
            if not _is_ignored(manifest, settings) and not any(there.get(name) for name in elsewhere):
                yield manifest


def gateway(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A listener of a Gateway that speaks neither HTTPS nor TLS."""
    for manifest in scene.objects.values():
        is_gateway = manifest.ref.kind == "Gateway" and manifest.ref.group == "gateway.networking.k8s.io"
        if is_gateway and not _is_ignored(manifest, settings):
            for listener in elements(at(manifest.data, "spec", "listeners"), ("spec", "listeners")):
                protocol = listener.data.get("protocol")
                if protocol not in _ENCRYPTED:
                    message = f"listens to {protocol}, which nothing encrypts"
                    yield found("ingress-tls/gateway", manifest, message, path=(*listener.path, "protocol"))


def route(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A Route of OpenShift without TLS."""
    for manifest in scene.objects.values():
        is_route = manifest.ref.kind == "Route" and manifest.ref.group == "route.openshift.io"
        if is_route and not at(manifest.data, "spec", "tls") and not _is_ignored(manifest, settings):
            yield found("ingress-tls/route", manifest, "has no TLS", path=("spec", "tls"))


def _is_ignored(manifest: Manifest, settings: Mapping[str, Any]) -> bool:
    return any(fnmatchcase(manifest.ref.name, pattern) for pattern in settings["ignore"])


INGRESS_TLS = Pack(
    help="what comes in from outside is encrypted",
    rules={"ingress": ingress, "hosts": hosts, "gateway": gateway, "route": route},
    settings={
        "ignore": names(about="names of Ingresses, Gateways and Routes that are not judged"),
        "certificate_annotations": names(
            *_CERTIFICATE_ELSEWHERE, about="annotations that say that the certificate comes from elsewhere"
        ),
    },
)
