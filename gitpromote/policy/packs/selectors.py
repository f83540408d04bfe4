"""Label selectors of Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.policy.packs.reading import mapping, mappings, texts

__all__ = ["selects"]


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector picks something with these labels; an empty one picks everything.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    wanted = mapping(mapping(selector).get("matchLabels"))
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    return all(_holds(each, labels) for each in mappings(mapping(selector).get("matchExpressions")))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    name, values = str(expression.get("key")), texts(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return labels.get(name) in values
        case "NotIn":
            return labels.get(name) not in values
        case "Exists":
            return name in labels
        case "DoesNotExist":
            return name not in labels
        case _:
            return False
