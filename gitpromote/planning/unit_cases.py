"""What a file of unit tests holds: the tests, and what each of them expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gitpromote.model.environment import Delivery
from gitpromote.model.gate import Gate, Occasion
from gitpromote.model.outcome import Status
from gitpromote.model.policy_base import Policy

__all__ = ["Expected", "Place", "UnitCase", "UnitTests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one policy or gate should conclude.

    :ivar status: ``None`` where any will do
    :ivar message: ``None`` where any will do
    :ivar findings: one mapping of members per Finding; ``None`` where any will do
    """

    status: Status | None = None
    message: str | None = None
    findings: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The Environment of a test: by its name in the pipeline, or as far as a test tells it."""

    name: str = "test"
    production: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = "push"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCase:
    """One test.

    :ivar objects: paths of files, YAML texts (with a line break in them) and objects; ``before`` likewise
    :ivar at: the moment, as it was written
    :ivar expect: by name; a status alone is meant for all that judge
    """

    name: str
    environment: Place = Place()
    occasion: Occasion = "promote"
    objects: tuple[Any, ...] = ()
    before: tuple[Any, ...] = ()
    freight: Mapping[str, Any] | None = None
    at: str | None = None
    tz: str = "UTC"
    facts: Mapping[str, Any] = field(default_factory=dict)
    promoted: tuple[str, ...] = ()
    expect: Mapping[str, Expected] | Status


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTests:
    """One file.

    :ivar pipeline: the name of the Pipeline whose gates and policies are tested; ``True`` for the only one
    """

    file: str
    pipeline: str | Literal[True] | None = None
    policies: tuple[Policy, ...] = ()
    gates: tuple[Gate, ...] = ()
    tests: tuple[UnitCase, ...] = ()
