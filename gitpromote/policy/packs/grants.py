"""Who is given which role where, and whether anybody may do more by it than before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.rbac import is_anybody, is_powerful, runs_pods, widens
from gitpromote.model.renderer import Helm
from gitpromote.policy.packs.reading import mapping, mappings
from gitpromote.policy.scene import Scene

__all__ = ["RBAC", "Grant", "Grants", "Subject", "grants_of", "role_of", "rules_of"]

RBAC = "rbac.authorization.k8s.io"
_BINDINGS = frozenset({"ClusterRoleBinding", "RoleBinding"})
_ACCOUNT = "system:serviceaccount:"


class Subject(NamedTuple):
    """Somebody, whichever way a binding writes it."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        if is_anybody(self.kind, self.name):
            return f"anybody ({self.kind} {self.name})"
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Grant(NamedTuple):
    """A role that somebody has.

    :ivar scope: the namespace in which it holds, as the binding names its own; ``None`` for the whole cluster
    """

    subject: Subject
    role: ObjectRef
    scope: str | None


def role_of(binding: Manifest) -> ObjectRef:
    """The role that a binding gives."""
    reference = mapping(binding.data.get("roleRef"))
    kind = "Role" if reference.get("kind") == "Role" else "ClusterRole"
    return ObjectRef(RBAC, kind, binding.ref.namespace if kind == "Role" else "", str(reference.get("name")))


def grants_of(binding: Manifest) -> Iterator[Grant]:
    """What a binding gives to each of its subjects."""
    scope = None if binding.ref.kind == "ClusterRoleBinding" else binding.ref.namespace
    for subject in mappings(binding.data.get("subjects")):
        yield Grant(_subject(subject), role_of(binding), scope)


def rules_of(role: Manifest | None) -> list[Any] | None:
    """What a role allows; ``None`` where that is written elsewhere."""
    if role is None or role.data.get("aggregationRule"):
        return None
    return list(mappings(role.data.get("rules")))


def _subject(data: Mapping[str, Any]) -> Subject:
    kind, name = str(data.get("kind")), str(data.get("name"))
    if kind == "User" and name.startswith(_ACCOUNT):  # what a ServiceAccount is called where it logs in
        namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
        return Subject("ServiceAccount", namespace, account)
    return Subject(kind, str(data.get("namespace") or "") if kind == "ServiceAccount" else "", name)


class Grants:
    """What bindings gave before, held against what they would give."""

    def __init__(self, scene: Scene) -> None:
        self._objects, self._before = scene.objects, scene.before
        self._homes = {
            app.name: app.renderer.namespace or "default"
            for app in scene.environment.apps
            if isinstance(app.renderer, Helm)
        }
        self._given, self._giving = _by_subject(scene.before), _by_subject(scene.objects)
        self._of_role: dict[ObjectRef, list[Grant]] = {}
        for grant in (one for some in self._giving.values() for one in some):
            self._of_role.setdefault(grant.role, []).append(grant)

    def new(self, binding: Manifest) -> list[Grant]:
        """What a binding gives that nobody had before, but for the rights of an app that is new itself."""
        found = dict.fromkeys(grants_of(binding))
        place = self.place(binding)
        return [grant for grant in found if not self._is_covered(grant) and not self._is_contained(grant, place)]

    def woken(self, role: Manifest) -> list[Subject]:
        """Who had a role before it was there, keeps it, and may do more now that it comes."""
        rules = rules_of(role)
        if role.ref in self._before or rules == []:
            return []
        held = self._of_role.get(role.ref, ())
        return list(dict.fromkeys(one.subject for one in held if self._is_woken(one, rules)))

    def _is_woken(self, grant: Grant, rules: list[Any] | None) -> bool:
        had = _within(self._given.get(grant.subject, ()), grant.scope)
        waiting = any(one.role == grant.role for one in had)
        return waiting and (rules is None or widens(self._rules_before(had), rules))

    def more(self, old: Iterable[Subject], new: Iterable[Subject]) -> list[Grant]:
        """What the one would have, and the other one had not: by a role that allows more, or that is not at hand.

        :param old: somebody as he was, with the groups that he is in
        """
        given = [grant for subject in dict.fromkeys(old) for grant in self._given.get(subject, ())]
        giving = dict.fromkeys(grant for subject in dict.fromkeys(new) for grant in self._giving.get(subject, ()))
        return [grant for grant in giving if not self._allows_no_more(grant, _within(given, grant.scope))]

    def accounts(self, manifest: Manifest, name: str) -> list[Subject]:
        """Who a ServiceAccount beside an object is; all of that name where nobody here can tell the namespace."""
        place = self.place(manifest)
        known = dict.fromkeys((*self._given, *self._giving))
        same = [one for one in known if (one.kind, one.name) == ("ServiceAccount", name)]
        return [one for one in same if one.namespace == place or not place]

    def _is_covered(self, grant: Grant) -> bool:
        """Whether its subject had that role there, or others that allow as much."""
        had = _within(self._given.get(grant.subject, ()), grant.scope)
        return bool(had) and self._allows_no_more(grant, had)

    def _allows_no_more(self, grant: Grant, had: list[Grant]) -> bool:
        if any(one.role == grant.role for one in had):
            return True
        rules = rules_of(self._objects.get(grant.role))
        return rules is not None and not widens(self._rules_before(had), rules)

    def _rules_before(self, had: Iterable[Grant]) -> list[Any]:
        return [rule for one in had for rule in rules_of(self._before.get(one.role)) or ()]

    def _is_contained(self, grant: Grant, place: str) -> bool:
        """Whether it is what a new app brings: an account of its own, and a role that is no way to more.

        :param place: the namespace of the binding
        """
        role = self._objects.get(grant.role)
        rules = rules_of(role)
        if role is None or rules is None or is_powerful(rules) or not self._is_new(grant.subject):
            return False
        at_home = grant.scope is not None and place == grant.subject.namespace
        beside = at_home and role.ref.kind == "Role"
        # Whoever runs pods elsewhere may be any account there.
        return (beside or role.ref not in self._before) and (at_home or not runs_pods(rules))

    def _is_new(self, subject: Subject) -> bool:
        """Whether it is a ServiceAccount that comes now, and that nobody has ever bound."""
        if subject.kind != "ServiceAccount" or subject in self._given or not subject.namespace:
            return False
        refs = [ObjectRef("", "ServiceAccount", place, subject.name) for place in (subject.namespace, "")]
        if any(ref in self._before for ref in refs):
            return False
        return any(self.place(self._objects[ref]) == subject.namespace for ref in refs if ref in self._objects)

    def place(self, manifest: Manifest) -> str:
        """The namespace in which an object will be; empty where nobody here can tell."""
        return manifest.ref.namespace or self._homes.get(manifest.app, "")


def _bindings(objects: ManifestSet) -> Iterator[Manifest]:
    return (one for ref, one in objects.items() if ref.group == RBAC and ref.kind in _BINDINGS)


def _by_subject(objects: ManifestSet) -> dict[Subject, list[Grant]]:
    """Who has what."""
    known: dict[Subject, list[Grant]] = {}
    for binding in _bindings(objects):
        for grant in grants_of(binding):
            known.setdefault(grant.subject, []).append(grant)
    return known


def _within(grants: Iterable[Grant], scope: str | None) -> list[Grant]:
    """Those that hold in a namespace, or in the whole cluster."""
    return [one for one in grants if one.scope in (None, scope)]
