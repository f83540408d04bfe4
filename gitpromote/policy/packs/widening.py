"""Changes that allow more, or accept less: RBAC and CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.rbac import gathered_by, gathers_all, gathers_more, is_powerful, widens
from gitpromote.policy.packs.accounts import rbac_account
from gitpromote.policy.packs.crd_schema import narrowed
from gitpromote.policy.packs.grants import RBAC, Grants, role_of, rules_of
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import at, labels_of, mappings, texts
from gitpromote.policy.packs.selectors import selects
from gitpromote.policy.packs.workloads import elements
from gitpromote.policy.scene import Scene

__all__ = ["WIDENING"]

_GATHERED = ("aggregationRule", "clusterRoleSelectors")
_TOLD = 3  # subjects that are named


def rbac_rules(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A role that allows more than before, takes the rules of more others, or comes for those who are bound to it.

    The last is a role that was not there, while a binding gave it to somebody all the same.
    """
    grants = Grants(scene)
    for old, new in _pairs(scene, RBAC, "Role", "ClusterRole"):
        woken = grants.woken(new) if old is None else []
        if woken:
            message = f"allows what it says to {_some([str(one) for one in woken])}, bound to it before it was there"
            yield found("widening/rbac-rules", new, message, path=("rules",))
        if old is not None and widens(_list(old.data, "rules"), _list(new.data, "rules")):
            yield found("widening/rbac-rules", new, "allows more than before", path=("rules",))
        if old is not None and new.ref.kind == "ClusterRole" and gathers_more(old.data, new.data):
            yield found("widening/rbac-rules", new, "takes the rules of more others as its own", path=_GATHERED)


def rbac_powerful(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A new or changed role that is as good as everything: any resource or verb, Secrets, rights, or being another one.

    Any verb counts on what comes with Kubernetes; so does a say in what others write, by webhooks for one.
    """
    for old, new in _pairs(scene, RBAC, "Role", "ClusterRole"):
        before = is_powerful(_list(old.data, "rules")) if old is not None else False
        if not before and is_powerful(_list(new.data, "rules")):
            yield found("widening/rbac-powerful", new, "allows what is as good as everything", path=("rules",))
        gathered = new.ref.kind == "ClusterRole" and gathers_all(new.data)
        if gathered and not (old is not None and gathers_all(old.data)):
            message = "takes the rules of all others as its own, which is as good as everything"
            yield found("widening/rbac-powerful", new, message, path=_GATHERED)


def rbac_subjects(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A binding that gives somebody a role that he did not have there; a new app's own account may have one.

    The role must be at hand, no way to more rights, and come with the app or stand in its account's own namespace.
    """
    grants = Grants(scene)
    for old, new in _pairs(scene, RBAC, "RoleBinding", "ClusterRoleBinding"):
        given = grants.new(new)
        if not given:
            continue
        role = role_of(new)
        if old is not None and role_of(old) != role:
            message = f"gives {role.name} instead of {role_of(old).name}"
            yield found("widening/rbac-subjects", new, message, path=("roleRef", "name"))
        else:
            rules = rules_of(scene.objects.get(role))
            what = ", which is as good as everything," if rules is not None and is_powerful(rules) else ""
            message = f"gives {role.name}{what} to {_some([str(grant.subject) for grant in given])}"
            yield found("widening/rbac-subjects", new, message, path=("subjects",))


def _some(names: list[str]) -> str:
    if len(names) > _TOLD:
        return f"{', '.join(names[:_TOLD])} and {len(names) - _TOLD} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def rbac_aggregation(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A ClusterRole whose rules become those of another one, such as admin; but for those about new kinds alone."""
    before, now = _gathering(scene.before), _gathering(scene.objects)
    fresh = {one.ref.name for one in now if one.ref not in scene.before}
    new_groups = _new_groups(scene)
    for old, new in _pairs(scene, RBAC, "ClusterRole"):
        gained = _gatherers(now, new) - (_gatherers(before, old) if old is not None else frozenset()) - fresh
        allows = new.data.get("aggregationRule") or _list(new.data, "rules")
        if gained and allows and not (old is None and _is_about(new, new_groups)):
            message = f"gives its rules to {_some(sorted(gained))}"
            yield found("widening/rbac-aggregation", new, message, path=("metadata", "labels"))


def _gathering(objects: ManifestSet) -> list[Manifest]:
    """The ClusterRoles that take the rules of others."""
    roles = (one for ref, one in objects.items() if (ref.group, ref.kind) == (RBAC, "ClusterRole"))
    return [one for one in roles if one.data.get("aggregationRule")]


def _gatherers(gathering: list[Manifest], role: Manifest) -> frozenset[str]:
    """The names of those that take the rules of one as their own."""
    labels = labels_of(role.data)
    others = (one for one in gathering if one.ref != role.ref)
    return gathered_by(role.data) | {
        one.ref.name for one in others if any(selects(each, labels) for each in mappings(at(one.data, *_GATHERED)))
    }


def _new_groups(scene: Scene) -> frozenset[str]:
    """The groups of which every kind that is defined here is defined now: nobody has had anything of them."""
    before, now = (
        [at(one.data, "spec", "group") for ref, one in some.items() if ref.kind == "CustomResourceDefinition"]
        for some in (scene.before, scene.objects)
    )
    return frozenset(str(group) for group in now if group and group not in before)


def _is_about(role: Manifest, groups: frozenset[str]) -> bool:
    """Whether all that a role allows is about some groups."""
    rules = rules_of(role)
    return rules is not None and all(
        texts(rule.get("apiGroups")) and groups.issuperset(texts(rule["apiGroups"])) and not rule.get("nonResourceURLs")
        for rule in rules
    )


def crd_versions(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition that drops a version, or serves one no more."""
    for old, new in _definitions(scene):
        there = {version.data.get("name"): version.data for version in _versions(new)}
        for version in _versions(old):
            name = version.data.get("name")
            if version.data.get("served") is not False:
                now = there.get(name)
                if now is None:
                    yield found("widening/crd-versions", new, f"drops the version {name}", path=("spec", "versions"))
                elif now.get("served") is False:
                    path = (*version.path, "served")
                    yield found("widening/crd-versions", new, f"serves the version {name} no more", path=path)


def crd_scope(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition that takes its objects into namespaces, or out of them: its objects are lost."""
    for old, new in _definitions(scene):
        before, now = (at(one.data, "spec", "scope") for one in (old, new))
        if before is not None and before != now:
            message = f"its scope is {now} instead of {before}, which cannot be changed in place"
            yield found("widening/crd-scope", new, message, path=("spec", "scope"))


def crd_schema(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A CustomResourceDefinition whose schema takes less than before, so that what is there may be refused."""
    for old, new in _definitions(scene):
        schemas = {version.data.get("name"): _schema(version.data) for version in _versions(old)}
        for version in _versions(new):
            before, path = schemas.get(version.data.get("name")), (*version.path, "schema", "openAPIV3Schema")
            if before is not None and before != _schema(version.data):
                for message, where in narrowed(before, _schema(version.data), path):
                    yield found("widening/crd-schema", new, message, path=where)


def _pairs(scene: Scene, group: str, *kinds: str) -> Iterator[tuple[Manifest | None, Manifest]]:
    """Objects as they are and as they would be; what does not change is left out."""
    for ref, new in scene.objects.items():
        if ref.group == group and ref.kind in kinds:
            old = scene.before.get(ref)
            if old is None or old.data != new.data:
                yield old, new


def _definitions(scene: Scene) -> Iterator[tuple[Manifest, Manifest]]:
    for old, new in _pairs(scene, "apiextensions.k8s.io", "CustomResourceDefinition"):
        if old is not None:
            yield old, new


def _versions(manifest: Manifest) -> Any:
    return elements(at(manifest.data, "spec", "versions"), ("spec", "versions"))


def _schema(version: Mapping[str, Any]) -> Any:
    return at(version, "schema", "openAPIV3Schema")


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    return list(mappings(data.get(key)))


WIDENING = Pack(
    help="nobody may do more than before, and custom resources stay valid",
    rules={
        "rbac-rules": rbac_rules,
        "rbac-powerful": rbac_powerful,
        "rbac-subjects": rbac_subjects,
        "rbac-account": rbac_account,
        "rbac-aggregation": rbac_aggregation,
        "crd-versions": crd_versions,
        "crd-scope": crd_scope,
        "crd-schema": crd_schema,
    },
)
