"""The objects of policy files, sorted: policies, bindings, parameters; whatever else stands there is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.policy.admission_kinds import ADMISSION, CRD
from gitpromote.policy.admission_objects import Binding, UnfitObject, ValidatingPolicy, spec_of
from gitpromote.policy.admission_program import Program, UnfitProgram, program_of
from gitpromote.policy.admission_request import NAMESPACE

__all__ = ["Loaded", "LoadedBinding", "LoadedPolicy", "loaded"]

_POLICY = (ADMISSION, "ValidatingAdmissionPolicy")
_BINDING = (ADMISSION, "ValidatingAdmissionPolicyBinding")
_VERSIONS = ("v1", "v1beta1", "v1alpha1")


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A ValidatingAdmissionPolicy."""

    name: str
    spec: ValidatingPolicy
    program: Program
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class LoadedBinding:
    """A ValidatingAdmissionPolicyBinding."""

    name: str
    spec: Binding
    manifest: Manifest


@dataclass(slots=True)
class Loaded:
    """What some policy files hold.

    :ivar others: parameters, Namespaces and definitions of custom resources
    :ivar faults: what keeps them from being judged by, ``warnings``: what is merely odd
    """

    policies: list[LoadedPolicy] = field(default_factory=list)
    bindings: list[LoadedBinding] = field(default_factory=list)
    others: list[Manifest] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def parameters(self, group: str, kind: str) -> list[Manifest]:
        """The objects of one kind."""
        return [one for one in self.others if (one.ref.group, one.ref.kind) == (group, kind)]


def loaded(name: str, documents: Mapping[str, Iterable[Manifest]]) -> Loaded:
    """What stands in policy files, in an order of its own.

    :param name: the policy's, by which findings are called
    :param documents: path to objects
    """
    found = Loaded()
    everything = [one for path in sorted(documents) for one in documents[path]]
    sound = list(_once(name, everything, found))
    _sort(name, sound, found)
    if not found.faults:
        _check(name, found)
    found.policies.sort(key=lambda one: one.name)
    found.bindings.sort(key=lambda one: one.name)
    found.others.sort(key=lambda one: one.ref)
    return found


def _fault(name: str, manifest: Manifest, message: str, hint: str = "") -> Finding:
    told = f"{manifest.ref.kind} {manifest.ref.name}: {message}"
    return Finding(rule=name, message=told, file=manifest.file, line=manifest.line, hint=hint)


def _once(name: str, manifests: list[Manifest], found: Loaded) -> Iterator[Manifest]:
    """Two of one name would be one in a cluster: which, depends on what was applied last."""
    first: dict[object, Manifest] = {}
    for one in sorted(manifests, key=lambda one: (one.file, one.line)):
        other = first.setdefault(one.ref, one)
        if other is one:
            yield one
        else:
            found.faults.append(_fault(name, one, f"it stands in {other.place} already"))


def _sort(name: str, manifests: list[Manifest], found: Loaded) -> None:
    for one in manifests:
        kind = (one.ref.group, one.ref.kind)
        if kind not in (_POLICY, _BINDING):
            found.others.append(one)
        elif one.version not in _VERSIONS:
            found.faults.append(_fault(name, one, f"its version {one.version} is not known"))
        else:
            _take(name, one, found)


def _take(name: str, one: Manifest, found: Loaded) -> None:
    try:
        if one.ref.kind == "ValidatingAdmissionPolicy":
            spec = spec_of(ValidatingPolicy, one.data)
            found.faults += [_fault(name, one, fault) for fault in spec.faults()]
            found.policies.append(LoadedPolicy(one.ref.name, spec, program_of(spec), one))
            return
        binding = spec_of(Binding, one.data)
        if one.version == "v1alpha1" and not binding.validation_actions:  # the first release had no others
            binding = binding.model_copy(update={"validation_actions": ("Deny",)})
        found.faults += [_fault(name, one, fault) for fault in binding.faults()]
        found.bindings.append(LoadedBinding(one.ref.name, binding, one))
    except UnfitObject as error:
        found.faults += [_fault(name, one, fault) for fault in error.faults]
    except UnfitProgram as error:
        found.faults += [_fault(name, one, message, hint) for message, hint in error.faults]


def _check(name: str, found: Loaded) -> None:
    """What belongs to nothing."""
    kinds = {one.spec.param_kind.group_kind for one in found.policies if one.spec.param_kind is not None}
    for one in found.others:
        if (one.ref.group, one.ref.kind) not in {*kinds, NAMESPACE, CRD}:
            hint = "keep ValidatingAdmissionPolicies, their bindings and the objects of their paramKind there"
            where = f"{one.ref.group}/{one.version}" if one.ref.group else one.version
            message = f"a policy file of an unknown kind: {where} {one.ref.kind} is nobody's parameter"
            found.faults.append(_fault(name, one, message, hint))
    known = {one.name for one in found.policies}
    bound = {one.spec.policy_name for one in found.bindings}
    for policy in found.policies:
        if policy.name not in bound:
            found.warnings.append(_fault(name, policy.manifest, "no binding names it, so it judges nothing"))
    for binding in found.bindings:
        if binding.spec.policy_name not in known:
            message = f"it binds {binding.spec.policy_name}, which is not among these files"
            found.warnings.append(_fault(name, binding.manifest, message))
    if not found.policies and not found.faults:
        found.faults.append(Finding(rule=name, message="there is no ValidatingAdmissionPolicy in its files"))
