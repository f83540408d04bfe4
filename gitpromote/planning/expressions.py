"""Expressions in what decides where Freight goes: how they are asked, and what they may name.

Who evaluates is an argument: a pure function from the expression and the variables that it may name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from gitpromote.model.freight import Freight
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Intent


class Truth(NamedTuple):
    """What came out of an expression.

    :ivar holds: ``None`` where it could not be told
    :ivar message: why, for people
    :ivar operands: what it read
    """

    holds: bool | None
    message: str = ""
    operands: Mapping[str, Any] = {}


Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Truth]
"""An expression and its variables -> its Truth. Never raises."""


def unjudged(expression: str, variables: Mapping[str, Any]) -> Truth:
    """The answer where nobody evaluates expressions: it cannot be told, so nothing is permitted by it."""
    return Truth(None, "expressions are not judged by this version")


def freight_variables(freight: Freight, intent: Intent | None) -> dict[str, Any]:
    """``freight``, and ``bundle`` by its other name."""
    commits = [one.commit for one in freight.artifacts if one.kind == "commit"]
    told = {
        "id": freight.id,
        "type": freight.type,
        "version": next((one.tag or "" for one in freight.images), ""),
        "labels": dict(freight.labels),
        "images": [{"repository": one.repository, "tag": one.tag, "digest": one.digest} for one in freight.images],
        "charts": [{"repository": one.repository, "version": one.version} for one in freight.charts],
        "commits": commits,
        "provenance": {"author": freight.author, "commitSHA": commits[0] if commits else "", "ciRunURL": ""},
        "intent": intent_variables(intent),
    }
    return {"freight": told, "bundle": told}


def intent_variables(intent: Intent | None) -> dict[str, Any]:
    """``freight.intent``."""
    target = intent.target or "" if intent else ""
    return {"target": target, "targetEnvironment": target, "skip": list(intent.skip) if intent else []}


def environment_variables(resolved: ResolvedEnvironment) -> dict[str, Any]:
    """``environment``."""
    return {
        "environment": {"name": resolved.name, "production": resolved.production, "labels": dict(resolved.labels)},
    }
