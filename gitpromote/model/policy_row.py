"""What judges where: a gate or a policy with the Environments that it is about."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.outcome import Level

__all__ = ["PolicyRow"]


class PolicyRow(Document):
    """A gate or a policy.

    :ivar kind: of which kind, such as ``soak`` or ``rule``
    :ivar definition: the line of Python that makes it
    :ivar source: who asks for it: the ``pipeline``, an ``environment`` of it, or the ``organisation``
    :ivar environments: the Environments that it judges, in the Pipeline's order
    :ivar match: how they are selected, where they are
    """

    name: str
    what: Literal["gate", "policy"]
    kind: str
    level: Level
    applies_to: tuple[str, ...]
    source: Literal["pipeline", "environment", "organisation"]
    environments: tuple[str, ...]
    definition: str
    match: dict[str, Any] | None = Field(default=None, exclude_if=lambda match: match is None)
