"""How risky a change is, by rules. The highest of those that apply counts; each says why.

======  ==================================================================================================
high    deleting or replacing a Namespace, CustomResourceDefinition, PersistentVolume, PersistentVolumeClaim,
        StatefulSet, or replacing a workload or Service
high    a CustomResourceDefinition that loses a version, or serves one no more
high    RBAC that allows more than before, or gives it to more subjects; new RBAC that is as good as ``cluster-admin``,
        that gives ``admin`` or ``edit``, or anything to anybody
high    pods that may do more to their node: privileged, host namespaces, host paths, added capabilities
high    scaling to zero; deleting a NetworkPolicy, an admission webhook or policy
medium  any other deletion or replacement
medium  an image of another repository, without a version, of another major version, or older than before
medium  less memory or fewer CPUs than before as a limit; fewer replicas than half
medium  changes to Secrets, RBAC, admission, CustomResourceDefinitions, PersistentVolumes, StorageClasses, Services,
        routes; new RBAC, NetworkPolicies and admission
low     everything else
======  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gitpromote.diff.fields import Difference
from gitpromote.diff.immutable import Keys, step_names
from gitpromote.diff.measures import compare_images, quantity
from gitpromote.model.change import Action, Risk
from gitpromote.model.manifest import ObjectRef
from gitpromote.model.pods import TEMPLATES
from gitpromote.model.rbac import gathered_by, gathers_all, gathers_more, is_anybody, is_powerful, widens


class Subject(NamedTuple):
    """What the rules look at: masked documents, ``None`` for absent, and what differs."""

    ref: ObjectRef
    actions: tuple[Action, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changes: Sequence[Difference]


class Finding(NamedTuple):
    """A risk, and the sentence that says why."""

    risk: Risk
    why: str


Rule = Callable[[Subject], Iterator[Finding]]
FieldRule = Callable[[Difference, Keys], Iterator[Finding]]


_HOLDS_STATE = frozenset(
    {"CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "StatefulSet"}
)
_ROLES = frozenset({"ClusterRole", "Role"})
_BINDINGS = frozenset({"ClusterRoleBinding", "RoleBinding"})
_GUARDS = frozenset(
    {
        "MutatingAdmissionPolicy",
        "MutatingWebhookConfiguration",
        "NetworkPolicy",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
_DELICATE_WHEN_NEW = _GUARDS | _ROLES | _BINDINGS
_DELICATE = _DELICATE_WHEN_NEW | {
    "CustomResourceDefinition",
    "Gateway",
    "HTTPRoute",
    "Ingress",
    "PersistentVolume",
    "SealedSecret",
    "Secret",
    "Service",
    "StorageClass",
}


def findings(subject: Subject) -> list[Finding]:
    """What speaks against calling a change low."""
    found = [finding for rule in _rules(subject) for finding in rule(subject)]
    for change in subject.changes:
        names = step_names(change.path)
        rule = FIELD_RULES.get(names[-1] if names else "") if change.op == "replace" else None
        if rule is not None:
            found.extend(rule(change, names))
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def _rules(subject: Subject) -> Iterator[Rule]:
    if "delete" in subject.actions:
        yield _removal
    if _is_known(subject.ref.group):
        yield from KIND_RULES.get(subject.ref.kind, ())
    if (subject.ref.group, subject.ref.kind) in TEMPLATES:
        yield _privileges


def _is_known(group: str) -> bool:
    """Whether kinds of this group are what they are called: anybody may name a kind Gateway."""
    return "." not in group or group.endswith(".k8s.io") or group == "bitnami.com"


def _removal(subject: Subject) -> Iterator[Finding]:
    if "delete" not in subject.actions:
        return
    kind, replaced = subject.ref.kind, "create" in subject.actions
    if kind in _HOLDS_STATE:
        yield Finding("high", f"what a {kind} holds may be lost")
    elif replaced and ((subject.ref.group, kind) in TEMPLATES or kind == "Service") and kind not in ("Job", "Pod"):
        yield Finding("high", f"the {kind} is gone until it is created again")
    elif kind in _GUARDS and not replaced:
        yield Finding("high", f"a {kind} protects no more")
    else:
        yield Finding("medium", "")


def _definition(subject: Subject) -> Iterator[Finding]:
    if subject.ref.kind != "CustomResourceDefinition" or not subject.before or not subject.after:
        return
    lost = sorted(_served(subject.before) - _served(subject.after))
    if lost:
        yield Finding("high", f"no longer serves {', '.join(lost)}")


def _served(definition: dict[str, Any]) -> set[str]:
    versions = _at(definition, "spec", "versions")
    return {str(each.get("name")) for each in _maps(versions) if each.get("served") is not False}


def _permissions(subject: Subject) -> Iterator[Finding]:
    if subject.after is None or subject.ref.kind not in _ROLES:
        return
    rules = _list(subject.after, "rules")
    if subject.before is None:
        if is_powerful(rules) or gathers_all(subject.after):
            yield Finding("high", "allows what is as good as everything")
        return
    if widens(_list(subject.before, "rules"), rules) or gathers_more(subject.before, subject.after):
        yield Finding("high", "allows more than before")
    gained = gathered_by(subject.after) - gathered_by(subject.before)
    if gained and subject.ref.kind == "ClusterRole":
        yield Finding("high", f"gives its rules to {', '.join(sorted(gained))}")


#: Those of Kubernetes itself that read Secrets and run pods.
_STRONG = frozenset({"admin", "cluster-admin", "edit"})


def _bindings(subject: Subject) -> Iterator[Finding]:
    subjects = _list(subject.after, "subjects")
    if subject.ref.kind not in _BINDINGS or not subjects:
        return
    old = _list(subject.before, "subjects")
    role, before = (_at(one, "roleRef", "name") for one in (subject.after, subject.before))
    own = _at(subject.after, "roleRef", "kind") == "Role"
    strong = not own and (role == "cluster-admin" or (role in _STRONG and subject.before is None))
    if strong:
        yield Finding("high", f"binds to {role}")
    if any(is_anybody(str(each.get("kind")), str(each.get("name"))) for each in _maps(subjects) if each not in old):
        yield Finding("high", "gives a role to anybody")
    elif subject.before is not None and any(each not in old for each in subjects):
        yield Finding("high", "gives a role to more subjects")
    if subject.before is not None and role != before and not strong:
        yield Finding("high", "gives another role")


_HOST_FIELDS = frozenset({"allowPrivilegeEscalation", "hostIPC", "hostNetwork", "hostPID", "privileged"})


def _privileges(subject: Subject) -> Iterator[Finding]:
    for change in subject.changes:
        names = step_names(change.path)
        if change.op not in ("add", "replace"):
            continue
        if names[-2:] == ("capabilities", "add"):
            yield Finding("high", "adds capabilities")
        elif not isinstance(change.after, str):
            yield from _powers(change.after, names[-1] if names else "")


def _powers(value: Any, key: str) -> Iterator[Finding]:
    if key in _HOST_FIELDS and value is True:
        yield Finding("high", f"sets {key}")
    if key == "hostPath":
        yield Finding("high", "mounts a path of the node")
    if key == "capabilities" and isinstance(value, dict) and value.get("add"):
        yield Finding("high", "adds capabilities")
    for name, member in value.items() if isinstance(value, dict) else (("", each) for each in _maps(value)):
        yield from _powers(member, name)


def _scale(change: Difference, names: Keys) -> Iterator[Finding]:
    before, after = change.before, change.after
    if isinstance(before, int) and isinstance(after, int):
        if after == 0 < before:
            yield Finding("high", "scales to zero")
        elif after * 2 < before:
            yield Finding("medium", f"scales from {before} to {after}")


def _image(change: Difference, names: Keys) -> Iterator[Finding]:
    if isinstance(change.before, str) and isinstance(change.after, str):
        why = compare_images(change.before, change.after)
        if why:
            yield Finding("medium", why)


def _limit(change: Difference, names: Keys) -> Iterator[Finding]:
    before, after = quantity(change.before), quantity(change.after)
    if names[-2:-1] == ("limits",) and before is not None and after is not None and after < before:
        yield Finding("medium", f"lowers the limit of {names[-1]}")


def _delicate(subject: Subject) -> Iterator[Finding]:
    kinds = _DELICATE if subject.actions == ("update",) else _DELICATE_WHEN_NEW
    if subject.ref.kind not in kinds or "delete" in subject.actions:
        return
    if any(step_names(change.path)[:1] != ("metadata",) for change in subject.changes):
        yield Finding("medium", f"{'changes' if subject.before else 'adds'} a {subject.ref.kind}")


#: By kind; these look at whole objects.
KIND_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_DELICATE | _DELICATE_WHEN_NEW, (_delicate,)),
    **dict.fromkeys(_ROLES, (_permissions, _delicate)),
    **dict.fromkeys(_BINDINGS, (_bindings, _delicate)),
    "CustomResourceDefinition": (_definition, _delicate),
}

#: By the last key of a field that gets another value.
FIELD_RULES: Mapping[str, FieldRule] = {
    "cpu": _limit,
    "image": _image,
    "memory": _limit,
    "minReplicas": _scale,
    "replicas": _scale,
}


def _at(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _list(node: dict[str, Any] | None, key: str) -> list[Any]:
    found = (node or {}).get(key)
    return found if isinstance(found, list) else []


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))
