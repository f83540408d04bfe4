"""Who is judged by which admission policy, with which parameters: one case for each combination that matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest, ObjectRef
from gitpromote.policy.admission_facts import Data, Ground, Nobody, PartOfNamespace, Root, Roots
from gitpromote.policy.admission_kinds import CRD, Kinds
from gitpromote.policy.admission_load import Loaded, LoadedBinding, LoadedPolicy
from gitpromote.policy.admission_match import Namespaces, Unclear, by_name, matched, rule_match
from gitpromote.policy.admission_objects import MatchResources
from gitpromote.policy.admission_params import Parameters
from gitpromote.policy.admission_request import NAME_LABEL, NAMESPACE, Asked, Request, labels_of, requests_of
from gitpromote.policy.reasons import Wrong
from gitpromote.policy.rule_facts import plain
from gitpromote.policy.scene import Scene

__all__ = ["Case", "Court", "Unheard"]

_KEPT = "admission"
_SECRET = ("", "Secret")
_IN_CLUSTER = "judge it in the cluster alone, or set failurePolicy: Ignore"
_ELSEWHERE = "render the Namespace here, or add it with its labels to the policy's files"
_DENY = frozenset({"Deny"})
_WHO = ("userInfo", "options", "uid")


class Case(NamedTuple):
    """A request that a policy judges for a binding, with one parameter.

    :ivar parameter: ``None`` where ``params`` is null
    """

    policy: LoadedPolicy
    binding: LoadedBinding
    request: Request
    ground: Ground
    secret: bool
    parameter: Manifest | None


class Unheard(NamedTuple):
    """A request of which nobody can tell whether or by what a policy judges it.

    :ivar actions: what its bindings would do
    :ivar place: what is to be mended, where that is not the object
    """

    policy: LoadedPolicy
    request: Request
    why: Wrong
    actions: frozenset[str]
    place: Manifest | None = None


class Court:
    """One Scene before the policies of some files.

    :param kept: what is shared by the policies of one Scene
    """

    def __init__(self, found: Loaded, scene: Scene, kept: dict[str, Any]) -> None:
        self._found = found
        definitions = [one for one in found.others if (one.ref.group, one.ref.kind) == CRD]
        shared = (_KEPT, *(one.file + str(one.line) for one in definitions))
        name = "/".join(shared)
        if name not in kept:
            kinds = Kinds.of([*definitions, *scene.objects.values()])
            kept[name] = kinds, requests_of(scene, kinds)
        self._kinds: Kinds
        self._requests: dict[Asked, list[Request]]
        self._kinds, self._requests = kept[name]
        self._namespaces = _namespaces(scene, found.parameters(*NAMESPACE))
        self._parameters = Parameters(found.others, scene.objects.values(), self._kinds)
        self._roots: dict[Any, Root] = {}
        self._known: dict[tuple[int, ObjectRef | None], Roots] = {}

    def cases(self) -> Iterator[Case | Unheard]:
        """Everything that is to be judged."""
        for policy in self._found.policies:
            bindings = [one for one in self._found.bindings if one.spec.policy_name == policy.name]
            for asked, requests in self._requests.items() if bindings else ():
                heard: list[Request] = []
                for one in _matching(policy.spec.match_constraints, asked, requests, self._namespaces):
                    if isinstance(one, Request):
                        heard.append(one)
                    else:
                        every = frozenset(action for each in bindings for action in each.spec.validation_actions)
                        yield Unheard(policy, *one, every)
                for binding in bindings:
                    yield from self._bound(policy, binding, asked, heard)

    def _bound(
        self, policy: LoadedPolicy, binding: LoadedBinding, asked: Asked, requests: list[Request]
    ) -> Iterator[Case | Unheard]:
        is_secret, variables = (asked.group, asked.kind) == _SECRET, policy.program.variables
        for request in _matching(binding.spec.match_resources, asked, requests, self._namespaces):
            if not isinstance(request, Request):
                yield Unheard(policy, *request, frozenset(binding.spec.validation_actions))
                continue
            parameters = self._parameters_of(policy, binding, request)
            if isinstance(parameters, Wrong):
                # As a cluster does, whatever the binding says.
                yield Unheard(policy, request, parameters, _DENY, binding.manifest)
                continue
            for one in parameters:
                ground = Ground(self._all_roots(request, one), variables)
                secret = is_secret or (one is not None and one.ref[:2] == _SECRET)
                yield Case(policy, binding, request, ground, secret, one)

    def _parameters_of(
        self, policy: LoadedPolicy, binding: LoadedBinding, request: Request
    ) -> list[Manifest | None] | Wrong:
        """Without a kind or a reference, ``params`` is null."""
        kind, reference = policy.spec.param_kind, binding.spec.param_ref
        if kind is None or reference is None:
            return [None]
        return self._parameters.of(kind, reference, request)

    # --- what names stand for

    def _all_roots(self, request: Request, parameter: Manifest | None) -> Roots:
        key = (id(request), parameter.ref if parameter is not None else None)
        known = self._known.get(key)
        if known is None:
            own = self._own_roots(request)
            others = {"params": self._parameter(parameter), "namespaceObject": self._namespace(request)}
            known = self._known[key] = Roots({**own, **others})
        return known

    def _own_roots(self, request: Request) -> dict[str, Root]:
        """The same for the policies of all files."""
        if not request.kept:
            request.kept.update(self._made_roots(request))
        return request.kept

    def _made_roots(self, request: Request) -> dict[str, Root]:
        unknown = _WHO if request.namespace is not None else (*_WHO, "namespace")
        return {
            "object": Data(lambda: request.object),
            "oldObject": Data(lambda: request.old_object),
            "request": Data(lambda: request.facts, unknown=unknown, hint=_IN_CLUSTER),
            "authorizer": Nobody(_IN_CLUSTER),
        }

    def _parameter(self, manifest: Manifest | None) -> Root:
        key = manifest.ref if manifest is not None else None
        if key not in self._roots:
            self._roots[key] = Data(plain(manifest.data) if manifest is not None else None)
        return self._roots[key]

    def _namespace(self, request: Request) -> Root:
        """``null`` for what lives in none, a Namespace itself included."""
        name = "" if request.asked.is_namespace else request.namespace
        key = ("namespace", name)
        if key not in self._roots:
            self._roots[key] = self._namespace_root(name)
        return self._roots[key]

    def _namespace_root(self, name: str | None) -> Root:
        if name is None:
            return Nobody("set metadata.namespace")
        known = self._namespaces.object(name) if name else None
        if known is not None or not name:
            return Data(known)
        return PartOfNamespace({"metadata": {"name": name, "labels": {NAME_LABEL: name}}}, hint=_ELSEWHERE)


def _namespaces(scene: Scene, own: Iterable[Manifest]) -> Namespaces:
    """Those that would be there, then those that are and go away, then those of the policy files."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in (*scene.objects.values(), *scene.before.values(), *own):
        if (one.ref.group, one.ref.kind) == NAMESPACE and one.ref.name not in found:
            data: dict[str, Any] = plain(one.data)
            data["metadata"] = {**data["metadata"], "labels": {NAME_LABEL: one.ref.name, **labels_of(data)}}
            found[one.ref.name] = data
    return Namespaces(found)


def _matching(
    resources: MatchResources, asked: Asked, requests: list[Request], namespaces: Namespaces
) -> Iterator[Request | tuple[Request, Wrong]]:
    """Those that match, and those of which nobody can tell."""
    alike = None if by_name(resources) else rule_match(resources, asked, name="")
    if alike is False:
        return
    if alike is True and not resources.selects:
        yield from requests
        return
    for request in requests:
        rules = rule_match(resources, asked, name=request.ref.name) if alike is None else alike
        labels = matched(resources, request, namespaces) if rules is not False else False
        if labels is False:
            continue
        unclear = next((one for one in (rules, labels) if isinstance(one, Unclear)), None)
        yield request if unclear is None else (request, Wrong(*unclear))
