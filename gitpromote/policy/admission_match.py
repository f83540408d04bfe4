"""Which requests a policy is about: rules, scopes and labels, as the API server matches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from gitpromote.policy.admission_objects import MatchResources, Requirement, ResourceRule, Selector
from gitpromote.policy.admission_request import NAME_LABEL, Asked, Request, labels_of

__all__ = ["Labels", "Matched", "Namespaces", "Unclear", "by_name", "fits", "matched", "rule_match"]

Labels: TypeAlias = Mapping[str, Any]


class Unclear(NamedTuple):
    """Nobody here can tell whether something matches.

    :ivar message: why; ``hint``: what to do
    """

    message: str
    hint: str = ""


Matched: TypeAlias = bool | Unclear


class Namespaces:
    """The Namespaces whose objects are at hand, by name."""

    def __init__(self, objects: Mapping[str, Mapping[str, Any]]) -> None:
        self._objects = objects

    def object(self, name: str) -> Mapping[str, Any] | None:
        """A Namespace's data, or ``None`` where nobody here has it."""
        return self._objects.get(name)

    def fits(self, selector: Selector, request: Request) -> Matched:
        """Whether the labels of a request's Namespace fit. What lives in none fits all selectors."""
        wanted = selector.requirements
        if not wanted or (request.namespace == "" and not request.asked.is_namespace):
            return True
        if request.asked.is_namespace:
            [labels, *_] = request.labels
            return _all(wanted, labels)
        if request.namespace is None:
            return self._without(request)
        known = self._objects.get(request.namespace)
        if known is not None:
            return _all(wanted, labels_of(known))
        by_name = {NAME_LABEL: request.namespace}
        if not _all((one for one in wanted if one.key == NAME_LABEL), by_name):
            return False
        unknown = sorted({one.key for one in wanted if one.key != NAME_LABEL})
        if not unknown:
            return True
        return Unclear(
            f"the policy asks for the label {unknown[0]} of Namespace {request.namespace}, which is not rendered here",
            f"render Namespace {request.namespace} here, or add it with its labels to the policy's files",
        )

    def _without(self, request: Request) -> Unclear:
        message = "the policy selects Namespaces by label, and the manifest names none"
        return Unclear(message, f"set metadata.namespace, or define {request.asked.kind} here if it lives in none")


def fits(selector: Selector | None, labels: Labels) -> bool:
    """Whether labels are what a selector asks for."""
    return selector is None or _all(selector.requirements, labels)


def _all(wanted: Iterable[Requirement], labels: Labels) -> bool:
    return all(_fits(one, labels) for one in wanted)


def _fits(wanted: Requirement, labels: Labels) -> bool:
    there = wanted.key in labels
    match wanted.operator:
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
        case "In":
            return there and labels[wanted.key] in wanted.values
    return not there or labels[wanted.key] not in wanted.values


# --- rules


def rule_match(resources: MatchResources, asked: Asked, *, name: str) -> Matched:
    """Whether rules include a request and none excludes it; where there is no rule, all are included.

    :param name: the object's
    """
    policy = resources.match_policy
    excluded = _any(resources.exclude_resource_rules, asked, name, policy)
    if excluded is True:
        return False
    if not resources.resource_rules:
        return excluded if isinstance(excluded, Unclear) else True
    included = _any(resources.resource_rules, asked, name, policy)
    return excluded if included is not False and isinstance(excluded, Unclear) else included


def by_name(resources: MatchResources) -> bool:
    """Whether rules ask for names of objects."""
    return any(one.resource_names for one in (*resources.resource_rules, *resources.exclude_resource_rules))


def _any(rules: Iterable[ResourceRule], asked: Asked, name: str, policy: str) -> Matched:
    found: Matched = False
    for rule in rules:
        one = _rule(rule, asked, name, policy)
        if one is True:
            return True
        found = found or one
    return found


def _rule(rule: ResourceRule, asked: Asked, name: str, policy: str) -> Matched:
    if not _has(rule.operations, asked.operation) or not _has(rule.api_groups, asked.group):
        return False
    if rule.resource_names and name not in rule.resource_names:
        return False
    if not any(_is_resource(one, asked) for one in rule.resources):
        return False
    if rule.scope != "*" and asked.namespaced is None:
        return Unclear(
            f"the policy asks for the scope of {asked.kind}, which is defined elsewhere",
            "add its CustomResourceDefinition to what is rendered, or to the policy's files",
        )
    if rule.scope != "*" and (rule.scope == "Namespaced") is not bool(asked.namespaced):
        return False
    return _has(rule.api_versions, asked.version) or _equivalent(rule, asked, policy)


def _has(words: tuple[str, ...], word: str) -> bool:
    return "*" in words or word in words


def _is_resource(resource: str, asked: Asked) -> bool:
    """``pods``, ``*``, ``*/*``; ``pods/*`` too. What is applied is never a subresource."""
    name, _, below = resource.partition("/")
    return below in ("", "*") and (name == "*" or name in asked.of.resources)


def _equivalent(rule: ResourceRule, asked: Asked, policy: str) -> Matched:
    """Another version of the same: the API server converts, and asks then."""
    if policy == "Exact":
        return False
    served = asked.of.served
    if served is not None and not served & set(rule.api_versions):
        return False
    if served is not None and asked.of.alike:
        return True
    versions = ", ".join(rule.api_versions)
    return Unclear(
        f"the policy asks for {versions} of {asked.kind}, and it is written as {asked.version}",
        f"write it as {rule.api_versions[0]}, or set matchPolicy: Exact",
    )


def matched(resources: MatchResources, request: Request, namespaces: Namespaces) -> Matched:
    """Whether a request's labels are those that are asked for; its rules fit already."""
    selector = resources.object_selector
    if selector.requirements and not any(fits(selector, one) for one in request.labels):
        return False
    return namespaces.fits(resources.namespace_selector, request)
