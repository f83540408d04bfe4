"""What ValidatingAdmissionPolicies and their bindings say, read strictly: a misspelt field selects nothing in silence.

https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/validating-admission-policy-v1/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from gitpromote.model.base import Value
from gitpromote.model.names import did_you_mean, kind_of, one_of, shown

__all__ = [
    "AuditAnnotation",
    "Binding",
    "Condition",
    "MatchResources",
    "ParamKind",
    "ParamRef",
    "Requirement",
    "ResourceRule",
    "Selector",
    "UnfitObject",
    "ValidatingPolicy",
    "Validation",
    "Variable",
    "spec_of",
]

S = TypeVar("S", bound="_Spec")
Filled = Annotated[str, Field(min_length=1)]
Several = Annotated[tuple[Filled, ...], Field(min_length=1)]


class _Spec(Value):
    model_config = ConfigDict(alias_generator=to_camel)


class Requirement(_Spec):
    """One of ``matchExpressions``."""

    key: Filled
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()


class Selector(_Spec):
    """Labels that an object must have."""

    match_labels: dict[str, str] = Field(default_factory=dict)
    match_expressions: tuple[Requirement, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All of it in one form."""
        equal = (Requirement.model_construct(key=k, operator="In", values=(v,)) for k, v in self.match_labels.items())
        return (*equal, *self.match_expressions)


class ResourceRule(_Spec):
    """Which requests; ``*`` stands for all."""

    api_groups: Annotated[tuple[str, ...], Field(min_length=1)]
    api_versions: Several
    resources: Several
    operations: Annotated[tuple[Literal["CREATE", "UPDATE", "DELETE", "CONNECT", "*"], ...], Field(min_length=1)]
    scope: Literal["Cluster", "Namespaced", "*"] = "*"
    resource_names: tuple[str, ...] = ()


class MatchResources(_Spec):
    """Which requests, by what is asked for and by labels."""

    resource_rules: tuple[ResourceRule, ...] = ()
    exclude_resource_rules: tuple[ResourceRule, ...] = ()
    match_policy: Literal["Exact", "Equivalent"] = "Equivalent"
    namespace_selector: Selector = Selector()
    object_selector: Selector = Selector()

    @property
    def selects(self) -> bool:
        """Whether it asks for labels."""
        return any(one.match_labels or one.match_expressions for one in (self.namespace_selector, self.object_selector))


class ParamKind(_Spec):
    """What parameters are."""

    api_version: Filled
    kind: Filled

    @property
    def group_kind(self) -> tuple[str, str]:
        """Its group, empty for the core, and its kind."""
        return self.api_version.rpartition("/")[0], self.kind


class Validation(_Spec):
    """What must be true."""

    expression: Filled
    message: str = ""
    message_expression: str = ""
    reason: Literal["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"] = "Invalid"


class Variable(_Spec):
    """A part of expressions with a name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    expression: Filled


class Condition(_Spec):
    """One of ``matchConditions``."""

    name: Filled
    expression: Filled


class AuditAnnotation(_Spec):
    """What is told to the log of the API server."""

    key: Filled
    value_expression: Filled


class ValidatingPolicy(_Spec):
    """``spec`` of a ValidatingAdmissionPolicy."""

    match_constraints: MatchResources
    param_kind: ParamKind | None = None
    validations: tuple[Validation, ...] = ()
    audit_annotations: tuple[AuditAnnotation, ...] = ()
    match_conditions: tuple[Condition, ...] = ()
    variables: tuple[Variable, ...] = ()
    failure_policy: Literal["Fail", "Ignore"] = "Fail"

    def faults(self) -> Iterator[str]:
        """What no field alone shows."""
        if not self.match_constraints.resource_rules:
            yield "spec.matchConstraints.resourceRules is missing"
        if not self.validations and not self.audit_annotations:
            yield "spec.validations is missing"
        yield from _twice("spec.variables", (one.name for one in self.variables))
        yield from _twice("spec.matchConditions", (one.name for one in self.match_conditions))
        yield from _twice("spec.auditAnnotations", (one.key for one in self.audit_annotations))
        for number, one in enumerate(self.validations):
            if "\n" in one.message.strip():
                yield f"spec.validations[{number}].message has several lines"


class ParamRef(_Spec):
    """Which parameters."""

    name: str = ""
    namespace: str = ""
    selector: Selector | None = None
    parameter_not_found_action: Literal["Allow", "Deny"] = "Deny"


class Binding(_Spec):
    """``spec`` of a ValidatingAdmissionPolicyBinding."""

    policy_name: Filled
    param_ref: ParamRef | None = None
    match_resources: MatchResources = MatchResources()
    validation_actions: tuple[Literal["Deny", "Warn", "Audit"], ...] = ()

    def faults(self) -> Iterator[str]:
        """What no field alone shows."""
        if not self.validation_actions:
            yield "spec.validationActions is missing"
        if {"Deny", "Warn"} <= set(self.validation_actions):
            yield "spec.validationActions holds both Deny and Warn, which Kubernetes refuses"
        reference = self.param_ref
        if reference is not None and bool(reference.name) is (reference.selector is not None):
            yield "spec.paramRef takes either a name or a selector"


def _twice(where: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{where} has two that are called {shown(name)}"
        seen.add(name)


class UnfitObject(ValueError):
    """An object that cannot be read; ``faults`` has everything that is wrong with it."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


def spec_of(kind: type[S], data: Mapping[str, Any]) -> S:
    """The ``spec`` of an object, without what is null in it.

    :raises UnfitObject: with everything that is wrong
    """
    spec = data.get("spec")
    if not isinstance(spec, dict):
        raise UnfitObject([f"spec is {kind_of(spec)}, not a mapping" if spec is not None else "spec is missing"])
    try:
        return kind.model_validate(spec)
    except ValidationError as error:
        raise UnfitObject(_fault(kind, one) for one in error.errors(include_url=False)) from None


def _fault(kind: type[_Spec], error: Any) -> str:
    where = "spec" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    match error["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            near = did_you_mean(str(error["loc"][-1]), sorted(_names(kind)))
            return f"{where} is no field that Kubernetes knows{f' ({near})' if near else ''}"
        case "literal_error":
            return f"{where} is {shown(str(error['input']))}, not {error['ctx']['expected'].replace(chr(39), '')}"
        case "too_short" | "string_too_short":
            return f"{where} is empty"
        case "string_pattern_mismatch":
            return f"{where} is no name for a variable"
    wanted = {"string_type": "text", "tuple_type": "a list", "dict_type": "a mapping"}.get(error["type"], "a mapping")
    return f"{where} is {kind_of(error['input'])}, not {one_of([wanted])}"


def _names(kind: type[_Spec]) -> set[str]:
    """Every field anywhere below."""
    everything = (kind, MatchResources, ResourceRule, Selector, ParamRef, ParamKind, Validation)
    return {field.alias or name for one in everything for name, field in one.model_fields.items()}
