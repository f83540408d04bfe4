"""RiskRule: what a Pipeline itself says of how risky a change is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from pydantic import Field, InstanceOf

from gitpromote.model.change import Risk
from gitpromote.model.definition import Definition
from gitpromote.model.fields import OneOrMany
from gitpromote.model.names import quoted, shown
from gitpromote.model.policy_base import Match
from gitpromote.model.problems import Fault

__all__ = ["RiskRule"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_KIND = re.compile(r"(?:[A-Za-z0-9.*?-]+/)?[A-Za-z0-9*?]+")


class RiskRule(Definition):
    """A CEL expression over a change: where it is true, the change is at least as risky as said.

    Where it cannot be told, it counts as true. With ``lower=True`` the change is at most as risky, unless another rule
    says more; that stands in its notes, and where it cannot be told nothing is lowered.

    :param name: how notes call it; once per Pipeline
    :param expression: over ``change``, ``object``, ``oldObject`` and ``environment``, such as
        ``"object.metadata.labels.tier == 'payments'"``; ``change.risk`` is what the rules in the box say
    :param risk: ``low``, ``medium`` or ``high``
    :param lower: whether it lowers what the rules in the box say
    :param kinds: the kinds of objects that it judges, as shell patterns: ``"Deployment"``, ``"apps/*"``
    :param match: the Environments that it judges; default: all
    :param message: why, for people
    """

    kind: ClassVar[str] = "risk-rule"
    means: ClassVar[str] = 'a RiskRule such as RiskRule("ledger", "change.name == \'ledger\'", risk="high")'

    name: str = Field(kw_only=False)
    expression: str = Field(kw_only=False)
    risk: Risk
    lower: bool = False
    kinds: OneOrMany = ()
    match: InstanceOf[Match] | None = None
    message: str = ""

    def _faults(self) -> Iterable[Fault]:
        if not _NAME.fullmatch(self.name):
            near = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-._")[:63]
            told = f"the name {shown(self.name)} is not made of letters, digits and . _ -"
            yield Fault("name-invalid", told, f"write {quoted(near)}" if near else "", "name")
        if not self.expression.strip():
            hint = 'write RiskRule("name", "expression", risk="high")'
            yield Fault("expression-empty", "the expression is empty", hint, "expression")
        for kind in self.kinds:
            if not _KIND.fullmatch(kind):
                hint = 'write "Deployment", "apps/*" or "networking.k8s.io/Ingress"'
                yield Fault(
                    "risk-rule-invalid", f"kinds holds {shown(kind)}, which is no kind of object", hint, "kinds"
                )
        yield from self._idle()

    def _idle(self) -> Iterator[Fault]:
        if self.lower and self.risk == "high":
            told = "nothing is riskier than high, so there is nothing to lower"
            yield Fault("risk-rule-invalid", told, "leave lower= out", "lower")
        if not self.lower and self.risk == "low":
            told = "every change is at least low, so this rule would change nothing"
            yield Fault("risk-rule-invalid", told, "write lower=True if it shall lower the risk", "risk")
