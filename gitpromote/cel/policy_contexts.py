"""What the expressions of policies may name: objects as they are, and changes, plan and Environment by their types."""

from __future__ import annotations

from functools import cache
from typing import Literal

from gitpromote.cel.contexts import ENVIRONMENT, RISK, auto
from gitpromote.cel.declare import TEXT, WHOLE, Anything, Declaration, Items, Record, Type, words

__all__ = ["CHANGE", "OCCASIONS", "RESTARTS", "risk", "rule"]

OCCASIONS = ("promote", "hotfix", "rollback", "adopt", "retire")
RESTARTS = ("pods", "keeps-old-config", "next-run", "on-delete", "paused", "none")
_ACTION = words("create", "update", "delete", "no-op")
_FIELD = Record(
    {"path": TEXT, "op": words("add", "remove", "replace", "reorder"), "before": Anything(), "after": Anything()}
)
CHANGE = Record(
    {
        **dict.fromkeys(("kind", "group", "version", "namespace", "name", "app"), TEXT),
        "actions": Items(_ACTION),
        "categories": Items(TEXT),
        "risk": RISK,
        "restarts": words(*RESTARTS),
        "fields": Items(_FIELD),
    }
)
_PLAN = Record({"environment": TEXT, **dict.fromkeys(("changes", "adds", "deletes"), WHOLE), "risk": RISK})


@cache
def rule(on: Literal["object", "change", "plan"]) -> Declaration:
    """``object`` and ``oldObject``, and what they are about; ``change`` with them; or ``plan`` as a whole.

    All of them may name ``environment``, ``freight`` and ``occasion``.
    """
    freight = auto().variables["freight"]
    common: dict[str, Type] = {
        "environment": ENVIRONMENT,
        "freight": freight,
        "bundle": freight,
        "occasion": words(*OCCASIONS),
    }
    both: dict[str, Type] = {"object": Anything(), "oldObject": Anything()}
    match on:
        case "object":
            return Declaration({**common, **both, "app": TEXT})
        case "change":
            return Declaration({**common, **both, "change": CHANGE})
    return Declaration({**common, "plan": _PLAN, "changes": Items(CHANGE), "objects": Items(Anything())})


@cache
def risk() -> Declaration:
    """``change``, ``object``, ``oldObject`` and ``environment``: the same whoever plans the change, and when."""
    return Declaration({"change": CHANGE, "object": Anything(), "oldObject": Anything(), "environment": ENVIRONMENT})
