"""The digests that decide: of a whole plan, and of one environment's change."""

from __future__ import annotations

import hashlib
from typing import Any

from gitpromote.model.canonical import digest

_CHANGE_DOMAIN = "gitpromote-change-v1"
_PLAN_DOMAIN = "gitpromote-plan-v1"


def text_digest(file_format: str, text: bytes) -> str:
    """The digest of a plan by its canonical bytes: of all that was read, before a model drops what it does not know."""
    head = f"{_PLAN_DOMAIN}\n{file_format}\n".encode()
    return "sha256:" + hashlib.sha256(head + text).hexdigest()


def change_digest(pipeline: str, environment: dict[str, Any]) -> str:
    """The digest of what one environment's plan would change.

    Over pipeline, environment, Freight, the ids of what each App's render read, target, delivery, writes, changes, and
    the steps' kinds and arguments. No heads, reads, decisions, operands or times: so it survives a new plan of the same
    change, and approvals bind to it.

    :param environment: an EnvironmentPlan as plain data
    """
    return digest(
        {
            "pipeline": pipeline,
            "environment": environment["name"],
            "freight": {name: moving["id"] for name, moving in environment["freight"].items()},
            "sources": [[source["app"], source["inputs"]] for source in environment["sources"]],
            "target": environment["target"],
            "delivery": environment["delivery"],
            "writes": environment["writes"],
            "edits": environment["edits"],
            "changes": environment["changes"],
            "steps": [{k: v for k, v in step.items() if k != "message"} for step in environment["steps"]],
        },
        domain=_CHANGE_DOMAIN,
    )
