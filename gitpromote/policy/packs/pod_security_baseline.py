"""The controls of the baseline profile, which keep pods from taking over their node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.change import Path
from gitpromote.policy.packs.pod_security_control import Asked, Breach, Control, contexts
from gitpromote.policy.packs.reading import mapping, mappings, texts
from gitpromote.policy.packs.workloads import Pod, elements

__all__ = ["BASELINE"]

_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT".split()
)
_SELINUX_TYPES = ("container_t", "container_init_t", "container_kvm_t")
_SELINUX_TYPES_31 = (*_SELINUX_TYPES, "container_engine_t")

#: Sysctls that touch one pod alone, by the version since which they count as such.
_SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_PROFILES = ("RuntimeDefault", "Localhost")
_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def _host_process(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for context, path in contexts(pod):
        if _is_set(mapping(context.get("windowsOptions")).get("hostProcess")):
            yield "runs as a process of a Windows node", (*path, "windowsOptions", "hostProcess")


def _host_namespaces(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if _is_set(pod.spec.get(field)):
            yield f"{field} is true", (*pod.path, field)


def _privileged(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for container in pod.containers:
        if _is_set(container.security.get("privileged")):
            yield "privileged is true", (*container.path, "securityContext", "privileged")


def _capabilities(pod: Pod, asked: Asked) -> Iterator[Breach]:
    if asked.restricted and asked.minor >= 22 and not (pod.is_windows and asked.minor >= 25):
        return  # drop-all allows fewer
    for container in pod.containers:
        added = texts(mapping(container.security.get("capabilities")).get("add"))
        for name in dict.fromkeys(name for name in added if name not in _CAPABILITIES):
            yield f"adds the capability {name}", (*container.path, "securityContext", "capabilities", "add")


def _host_path(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for volume in elements(pod.spec.get("volumes"), (*pod.path, "volumes")):
        if volume.data.get("hostPath") is not None:
            yield "mounts a path of the node", (*volume.path, "hostPath")


def _host_ports(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for container in pod.containers:
        for index, port in enumerate(mappings(container.data.get("ports"))):
            number = port.get("hostPort")
            if number not in (None, 0):
                yield f"takes port {number} of the node", (*container.path, "ports", index, "hostPort")


def _host_probes(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for container in pod.containers:
        for handler in _HANDLERS:
            node: Any = container.data
            for key in handler:
                node = mapping(mapping(node).get(key))
            for action in ("httpGet", "tcpSocket"):
                host = mapping(node.get(action)).get("host")
                if host not in (None, ""):
                    yield f"{handler[-1]} asks another host: {host}", (*container.path, *handler, action, "host")


def _app_armor(pod: Pod, asked: Asked) -> Iterator[Breach]:
    for name, value in mapping(mapping(pod.template.get("metadata")).get("annotations")).items():
        if name.startswith(_APP_ARMOR) and not _is_app_armor_profile(value):
            yield f"its AppArmor profile is {value}", (*pod.metadata_path, "annotations", name)
    for context, path in contexts(pod):
        profile = context.get("appArmorProfile")
        if profile is not None and mapping(profile).get("type") not in _PROFILES:
            yield f"its AppArmor profile is {mapping(profile).get('type')}", (*path, "appArmorProfile", "type")


def _is_app_armor_profile(value: Any) -> bool:
    return value in (None, "", "runtime/default") or (isinstance(value, str) and value.startswith("localhost/"))


def _selinux(pod: Pod, asked: Asked) -> Iterator[Breach]:
    allowed = _SELINUX_TYPES_31 if asked.minor >= 31 else _SELINUX_TYPES
    for context, path in contexts(pod):
        options = mapping(context.get("seLinuxOptions"))
        kind = options.get("type")
        if kind not in (None, "") and kind not in allowed:
            yield f"its SELinux type is {kind}", (*path, "seLinuxOptions", "type")
        for field in ("user", "role"):
            if options.get(field) not in (None, ""):
                yield f"sets a SELinux {field}", (*path, "seLinuxOptions", field)


def _proc_mount(pod: Pod, asked: Asked) -> Iterator[Breach]:
    # Whoever is root in a user namespace is nobody on the node.
    if asked.minor >= 35 and not asked.restricted and pod.spec.get("hostUsers") is False:
        return
    for container in pod.containers:
        kind = container.security.get("procMount")
        if kind not in (None, "Default"):
            yield f"procMount is {kind}", (*container.path, "securityContext", "procMount")


def _seccomp(pod: Pod, asked: Asked) -> Iterator[Breach]:
    if asked.minor < 19:
        yield from _seccomp_annotations(pod)
        return
    explicit = [*_wrong_profiles(pod)]
    yield from explicit
    if asked.restricted and not explicit and not (pod.is_windows and asked.minor >= 25) and not _profile(pod.security):
        for container in pod.containers:
            if not _profile(container.security):
                path = (*container.path, "securityContext", "seccompProfile", "type")
                yield "has no seccomp profile: RuntimeDefault or Localhost", path


def _wrong_profiles(pod: Pod) -> Iterator[Breach]:
    for context, path in contexts(pod):
        profile = _profile(context)
        if profile is not None and profile.get("type") not in _PROFILES:
            yield f"its seccomp profile is {profile.get('type')}", (*path, "seccompProfile", "type")


def _profile(context: Mapping[str, Any]) -> Mapping[str, Any] | None:
    profile = context.get("seccompProfile")
    return None if profile is None else mapping(profile)


def _seccomp_annotations(pod: Pod) -> Iterator[Breach]:
    annotations = mapping(mapping(pod.template.get("metadata")).get("annotations"))
    for name in (_SECCOMP_POD, *(f"{_SECCOMP_CONTAINER}{container.name}" for container in pod.containers)):
        value = annotations.get(name)
        if value is not None and not _is_seccomp_annotation(value):
            path: Path = (*pod.metadata_path, "annotations", name)
            yield f"its seccomp profile is {value}", path


def _is_seccomp_annotation(value: Any) -> bool:
    return value in ("runtime/default", "docker/default") or (isinstance(value, str) and value.startswith("localhost/"))


def _sysctls(pod: Pod, asked: Asked) -> Iterator[Breach]:
    path = (*pod.path, "securityContext", "sysctls")
    for sysctl in elements(pod.security.get("sysctls"), path):
        name = sysctl.data.get("name")
        since = _SYSCTLS.get(name) if isinstance(name, str) else None
        if since is None or since > asked.minor:
            yield f"sets the sysctl {name}", (*sysctl.path, "name")


def _is_set(value: Any) -> bool:
    """Whether it is anything but false: what the API server would not take for a switch is no permission."""
    return value is not None and value is not False


BASELINE = (
    Control("host-process", "A container that is a process of a Windows node.", _host_process),
    Control("host-namespaces", "The node's network, process or IPC namespace.", _host_namespaces),
    Control("privileged", "A privileged container.", _privileged),
    Control("capabilities", "A capability beyond those that container runtimes give.", _capabilities),
    Control("host-path", "A volume that is a path of the node.", _host_path),
    Control("host-ports", "A port of the node.", _host_ports),
    Control("host-probes", "A probe or lifecycle hook that asks another host (since 1.34).", _host_probes, since=34),
    Control("app-armor", "An AppArmor profile that is neither the runtime's own nor a local one.", _app_armor),
    Control("selinux", "A SELinux user or role, or a type that is not a container's.", _selinux),
    Control("proc-mount", "An unmasked /proc; since 1.35 baseline allows it with hostUsers: false.", _proc_mount),
    Control("seccomp", "No confinement of system calls; restricted asks for a profile (since 1.19).", _seccomp),
    Control("sysctls", "A sysctl that touches more than the pod.", _sysctls),
)
