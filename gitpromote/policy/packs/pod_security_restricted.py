"""The controls that the restricted profile adds: what is hard to misuse even when a container is taken over."""

from __future__ import annotations

from collections.abc import Iterator

from gitpromote.policy.packs.pod_security_control import Asked, Breach, Control, contexts
from gitpromote.policy.packs.reading import mapping, texts
from gitpromote.policy.packs.workloads import Pod, elements

__all__ = ["RESTRICTED"]

_VOLUMES = frozenset(
    "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split()
)


def _volumes(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for volume in elements(pod.spec.get("volumes"), (*pod.path, "volumes")):
        sources = [key for key, value in volume.data.items() if key != "name" and value is not None]
        strange = [key for key in sources if key not in _VOLUMES]
        # A volume without a source is an empty directory.
        if strange:
            yield f"is a volume of the kind {strange[0]}", (*volume.path, strange[0])


def _privilege_escalation(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for container in () if _is_exempt(pod, asked) else pod.containers:
        if container.security.get("allowPrivilegeEscalation") is not False:
            path = (*container.path, "securityContext", "allowPrivilegeEscalation")
            yield "allowPrivilegeEscalation is not false", path


def _run_as_non_root(pod: Pod, asked: Asked) -> Iterator[Breach]:
    if _is_in_user_namespace(pod, asked):
        return
    explicit = [
        ("runAsNonRoot is not true", (*path, "runAsNonRoot"))
        for context, path in contexts(pod)
        if context.get("runAsNonRoot") not in (None, True)
    ]
    yield from explicit
    if not explicit and pod.security.get("runAsNonRoot") is not True:
        for container in pod.containers:
            if container.security.get("runAsNonRoot") is None:
                yield "runAsNonRoot is not true", (*container.path, "securityContext", "runAsNonRoot")


def _run_as_user(pod: Pod, asked: Asked) -> Iterator[Breach]:
    if not _is_in_user_namespace(pod, asked):
        for context, path in contexts(pod):
            if context.get("runAsUser") == 0:
                yield "runs as root: runAsUser is 0", (*path, "runAsUser")


def _drop_all(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for container in () if _is_exempt(pod, asked) else pod.containers:
        capabilities = mapping(container.security.get("capabilities"))
        path = (*container.path, "securityContext", "capabilities")
        if "ALL" not in texts(capabilities.get("drop")):
            yield "does not drop ALL capabilities", (*path, "drop")
        for name in dict.fromkeys(texts(capabilities.get("add"))):
            if name != "NET_BIND_SERVICE":
                yield f"adds the capability {name}", (*path, "add")


def _is_exempt(pod: Pod, asked: Asked) -> bool:
    """Windows has no such thing; kubelets know since 1.25 that a pod is for Windows."""
    return pod.is_windows and asked.minor >= 25


def _is_in_user_namespace(pod: Pod, asked: Asked) -> bool:
    return asked.minor >= 35 and pod.spec.get("hostUsers") is False


RESTRICTED = (
    Control("volumes", "A volume of another kind than configuration, claims and the like.", _volumes, restricted=True),
    Control(
        "privilege-escalation",
        "A container that does not forbid privilege escalation (since 1.8).",
        _privilege_escalation,
        restricted=True,
        since=8,
    ),
    Control(
        "run-as-non-root",
        "A container that may run as root; since 1.35 pods with hostUsers: false may.",
        _run_as_non_root,
        restricted=True,
    ),
    Control(
        "run-as-user",
        "A container that does run as root (since 1.23); since 1.35 pods with hostUsers: false may.",
        _run_as_user,
        restricted=True,
        since=23,
    ),
    Control(
        "drop-all",
        "A container that keeps capabilities: all but NET_BIND_SERVICE go (since 1.22).",
        _drop_all,
        restricted=True,
        since=22,
    ),
)
