"""What an organisation asks of one Environment at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitpromote.model.boundary import Boundary
from gitpromote.model.gate import Gate
from gitpromote.model.policy_base import Policy
from gitpromote.model.ramp import Phase

__all__ = ["ORG", "Standing", "StandingPolicy", "is_organisations"]

#: What the names of an organisation's gates and policies begin with; no pipeline can use it.
ORG = "org/"


def is_organisations(identifier: str) -> bool:
    """Whether a verdict is one that an organisation asks for."""
    return identifier.startswith(ORG)


class StandingPolicy(NamedTuple):
    """A policy of an organisation that judges an Environment.

    :ivar id: how its verdicts are called: ``org/…``
    :ivar name: how the organisation calls it
    :ivar policy: with the level that it has once it is enforced
    :ivar phase: where on its ramp it is; before it is enforced, it is advisory
    :ivar enforced_at: epoch seconds from which on it is as binding as its own level says, where that is to come
    """

    id: str
    name: str
    policy: Policy
    phase: Phase = "enforce"
    enforced_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that is asked of one Environment.

    :ivar gates: by the names of their verdicts: ``org/…``
    :ivar boundaries: likewise by name
    :ivar matched: the name of a verdict to what each selector found
    """

    gates: tuple[Gate, ...] = ()
    policies: tuple[StandingPolicy, ...] = ()
    boundaries: Mapping[str, Boundary] = field(default_factory=dict)
    matched: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def reads_risk(self) -> bool:
        """Whether any expression among them may speak of risk."""
        return self.reads("risk")

    def reads(self, word: str) -> bool:
        """Whether any expression among them may speak of something; Rego is given what there is whole."""
        policies = [one.policy for one in self.policies]
        if any(one.kind == "rego" for one in policies):
            return True
        said = [one.__dict__.get(name) for one in (*self.gates, *policies) for name in ("expression", "when")]
        return any(word in text for text in said if isinstance(text, str))

    def __bool__(self) -> bool:
        return bool(self.gates or self.policies or self.boundaries)
