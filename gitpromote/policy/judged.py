"""What one policy found, before it is folded into verdicts, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.model.policy_base import Policy
from gitpromote.policy.scene import Scene

__all__ = ["NOT_JUDGED", "Evaluator", "Judged", "Material", "cannot_tell"]

#: Among operands: how many things nobody could judge, where a reader may think that they were.
NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one policy found, one Finding per object. :mod:`.findings` folds them and fills in file, line and App.

    :ivar findings: what stands against it
    :ivar warnings: what is told and stops nothing, whatever the policy's level
    :ivar errors: what could not be told: it blocks like a finding, and never passes
    :ivar looked_at: how many things were judged
    :ivar operands: what else a reader needs to see; under :data:`NOT_JUDGED` how many nobody could judge
    """

    findings: Iterable[Finding] = ()
    warnings: Iterable[Finding] = ()
    errors: Iterable[Finding] = ()
    looked_at: int | None = None
    operands: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What policies are made of beside their definitions.

    :ivar texts: path to text of every policy file, from the root of the home repository
    :ivar documents: path to the objects of a file of Kubernetes objects
    :ivar of: policy to the paths that are its own
    :ivar answers: policy to what its program or function said; see :data:`.evaluate.OUTSIDE`
    :ivar missing: policy to why its files or its program could not be had
    :ivar kept: what evaluators keep from one policy to the next of the same Scene, by a name of their own
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, tuple[Manifest, ...]] = field(default_factory=dict)
    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[str, Judged] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def own(self, policy: Policy) -> dict[str, str]:
        """The texts of one policy, by path."""
        return {path: self.texts[path] for path in self.of.get(policy.name, ()) if path in self.texts}


Evaluator: TypeAlias = Callable[[Any, Scene, Material], Judged]
"""A policy of its own kind, what it looks at and what it is made of -> what it found. May raise: that is ``error``."""


def cannot_tell(rule: str, message: str, **others: Any) -> Judged:
    """A policy that could not be judged at all.

    :param others: members of the Finding
    """
    return Judged(errors=(Finding(rule=rule, message=message, **others),))
