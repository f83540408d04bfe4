"""What is applied before what it needs: waves and hooks of Argo CD and Helm, and Apps that come after one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.model.change import Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ObjectRef
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import annotations_of, at, mapping, mappings
from gitpromote.policy.packs.waves import HOOKS, Moment, moment_of, wave_problem
from gitpromote.policy.packs.workloads import Pod, elements, pods
from gitpromote.policy.scene import Scene

__all__ = ["ORDER"]

_DEFINITION = "CustomResourceDefinition"


class _Line:
    """When everything of a Scene is applied."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._after = _all_after({app.name: app.after for app in scene.environment.apps})
        self._known: dict[ObjectRef, Moment | None] = {}

    def _moment(self, manifest: Manifest) -> Moment | None:
        if manifest.ref not in self._known:
            self._known[manifest.ref] = moment_of(manifest)
        return self._known[manifest.ref]

    def is_late(self, needed: Manifest, by: Manifest) -> str:
        """When what is needed comes, where that is too late; otherwise empty. What is there already is not late."""
        if needed.ref in self._scene.before or needed.ref == by.ref:
            return ""
        if needed.app != by.app:
            return f"with the App {needed.app}" if by.app in self._after.get(needed.app, ()) else ""
        when, now = self._moment(needed), self._moment(by)
        if when is None or now is None or (when.phase, when.wave) <= (now.phase, now.wave):
            return ""
        return f"{when}, and this one {now}"


def _all_after(after: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Each App with all that come before it."""
    known: dict[str, frozenset[str]] = {}
    for name in after:  # in the order of their `after`
        before = after[name]
        known[name] = frozenset(before).union(*(known.get(one, frozenset()) for one in before))
    return known


def definition(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A custom resource that comes before its CustomResourceDefinition."""
    line, definitions = _Line(scene), _definitions(scene)
    for manifest in scene.objects.values() if definitions else ():
        needed = definitions.get((manifest.ref.group, manifest.ref.kind))
        when = line.is_late(needed, manifest) if needed is not None else ""
        if when:
            message = f"its CustomResourceDefinition comes {when}"
            yield found("order/definition", manifest, message, hint="put the definition into an earlier wave")


def _definitions(scene: Scene) -> dict[tuple[str, str], Manifest]:
    known: dict[tuple[str, str], Manifest] = {}
    for ref, manifest in scene.objects.items():
        if ref.kind == _DEFINITION:
            spec = mapping(manifest.data.get("spec"))
            known[str(spec.get("group")), str(at(spec, "names", "kind"))] = manifest
    return known


def namespace(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that comes before the Namespace that it goes to."""
    line = _Line(scene)
    for manifest in scene.objects.values():
        needed = scene.objects.get(ObjectRef("", "Namespace", "", manifest.ref.namespace))
        when = line.is_late(needed, manifest) if needed is not None else ""
        if when:
            message = f"its Namespace comes {when}"
            yield found("order/namespace", manifest, message, hint="put the Namespace into an earlier wave")


def needs(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Pods, those of hooks above all, that come before a ServiceAccount, ConfigMap, Secret or claim that they need."""
    line = _Line(scene)
    for pod in pods(scene):
        # What is made of parts starts when somebody else makes it.
        for need in dict.fromkeys(_needs(pod)) if pod.is_whole else ():
            needed = scene.objects.get(ObjectRef("", need.kind, pod.manifest.ref.namespace, need.name))
            when = line.is_late(needed, pod.manifest) if needed is not None else ""
            if when:
                message = f"needs the {need.kind} {need.name}, which comes {when}"
                yield found("order/needs", pod.manifest, message, path=need.path, hint="put it into an earlier wave")


class _Need(NamedTuple):
    kind: str
    name: str
    path: Path

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Need) and (self.kind, self.name) == (other.kind, other.name)


def _needs(pod: Pod) -> Iterator[_Need]:
    """What the pods cannot start without."""
    account = pod.spec.get("serviceAccountName") or pod.spec.get("serviceAccount")
    if isinstance(account, str) and account != "default":
        yield _Need("ServiceAccount", account, (*pod.path, "serviceAccountName"))
    for container in pod.containers:
        for index, source in enumerate(mappings(container.data.get("envFrom"))):
            yield from _named(source, (*container.path, "envFrom", index), configMapRef="name", secretRef="name")
        for variable in elements(container.data.get("env"), (*container.path, "env")):
            origin = mapping(variable.data.get("valueFrom"))
            yield from _named(origin, (*variable.path, "valueFrom"), configMapKeyRef="name", secretKeyRef="name")
    yield from _volume_needs(pod)


def _volume_needs(pod: Pod) -> Iterator[_Need]:
    for volume in elements(pod.spec.get("volumes"), (*pod.path, "volumes")):
        yield from _named(volume.data, volume.path, configMap="name", secret="secretName")
        yield from _named(volume.data, volume.path, persistentVolumeClaim="claimName")
        for index, source in enumerate(mappings(at(volume.data, "projected", "sources"))):
            path = (*volume.path, "projected", "sources", index)
            yield from _named(source, path, configMap="name", secret="name")


_KINDS = {
    "configMap": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "configMapRef": "ConfigMap",
    "persistentVolumeClaim": "PersistentVolumeClaim",
    "secret": "Secret",
    "secretKeyRef": "Secret",
    "secretRef": "Secret",
}


def _named(source: Mapping[str, Any], path: Path, **fields: str) -> Iterator[_Need]:
    for member, field in fields.items():
        node = mapping(source.get(member))
        name = node.get(field)
        if isinstance(name, str) and node.get("optional") is not True:
            yield _Need(_KINDS[member], name, (*path, member, field))


def readable(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A wave, a hook or a weight that is none: it would count as another one."""
    for manifest in scene.objects.values():
        there = annotations_of(manifest.data)
        for name in HOOKS if there else ():
            problem = wave_problem(name, there[name]) if name in there else ""
            if problem:
                yield found("order/readable", manifest, problem, path=("metadata", "annotations", name))


ORDER = Pack(
    help="nothing is applied before what it needs",
    rules={"definition": definition, "namespace": namespace, "needs": needs, "readable": readable},
)
