"""The Pod Security Standards of Kubernetes, as they are in a given version.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.pod_security_baseline import BASELINE
from gitpromote.policy.packs.pod_security_control import Asked, Control
from gitpromote.policy.packs.pod_security_restricted import RESTRICTED
from gitpromote.policy.packs.setting import minor_of, names, version, word
from gitpromote.policy.packs.workloads import pods
from gitpromote.policy.scene import Check, Scene

__all__ = ["CONTROLS", "POD_SECURITY"]

CONTROLS: tuple[Control, ...] = (*BASELINE, *RESTRICTED)


def _check(control: Control) -> Check:
    def check(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
        restricted = settings["profile"] == "restricted"
        asked = Asked(minor_of(settings["kubernetes"]), restricted)
        if (control.restricted and not restricted) or asked.minor < control.since:
            return
        for pod in pods(scene):
            namespace = pod.manifest.ref.namespace
            if not any(fnmatchcase(namespace, pattern) for pattern in settings["ignore_namespaces"]):
                for message, path in control.judge(pod, asked):
                    yield found(f"pod-security/{control.name}", pod.manifest, message, path=path)

    check.__doc__ = control.help
    check.__name__ = check.__qualname__ = control.name
    return check


POD_SECURITY = Pack(
    help="the Pod Security Standards, baseline or restricted",
    rules={control.name: _check(control) for control in CONTROLS},
    settings={
        "profile": word("baseline", "baseline", "restricted", about="which profile; restricted holds baseline"),
        "kubernetes": version(about="the standards of which version"),
        "ignore_namespaces": names(about='namespaces that are not judged, such as "kube-system"'),
    },
)
