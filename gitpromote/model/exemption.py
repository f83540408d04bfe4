"""Exemptions: a standing exception from a policy of the organisation, by somebody, for a reason, until a day."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import ClassVar

from gitpromote.model.change import ObjectId
from gitpromote.model.definition import Definition
from gitpromote.model.finding import Finding
from gitpromote.model.names import shown
from gitpromote.model.problems import Fault
from gitpromote.model.ramp import day_faults, start_of

__all__ = ["Exemption"]


class Exemption(Definition):
    """What a policy of the organisation finds in some objects is told, and stops nothing.

    Without an owner, a reason or a day on which it ends it does not count.

    :param rule: the policy by its name, or one of its rules: ``"images/latest"``
    :param object: ``"Deployment pay/legacy-*"``: kind (``"apps/Deployment"``), and namespace and name, as shell
        patterns; default: whatever it finds
    :param pipeline: a shell pattern
    :param environment: likewise
    :param owner: who answers for it
    :param reason: why
    :param expires: the day from which on it no longer counts, ``"2027-03-01"``
    """

    kind: ClassVar[str] = "exemption"
    means: ClassVar[str] = 'an exemption such as Exemption("images/latest", owner="pay", reason="…", expires="…")'

    rule: str
    object: str = ""
    pipeline: str = "*"
    environment: str = "*"
    owner: str = ""
    reason: str = ""
    expires: str | None = None

    def void(self, at: int) -> str:
        """Why it does not count at a moment; empty where it does."""
        for name in ("owner", "reason"):
            if not str(self.__dict__[name]).strip():
                return f"it has no {name}"
        if self.expires is None:
            return "it has no day on which it ends: expires"
        return f"it expired on {self.expires}" if at >= start_of(self.expires) else ""

    @property
    def told(self) -> str:
        """``pay until 2027-03-01: moves off it in spring``."""
        return f"{self.owner} until {self.expires}: {self.reason}"

    def covers(self, policy: str, finding: Finding, *, pipeline: str, environment: str) -> bool:
        """Whether it is about what a policy found there."""
        rules = (policy, f"{policy}/{finding.rule}", f"{policy}/{finding.rule.rpartition('/')[2]}")
        here = fnmatchcase(pipeline, self.pipeline) and fnmatchcase(environment, self.environment)
        return here and self.rule in rules and self._fits(finding.object)

    def _fits(self, found: ObjectId | None) -> bool:
        if not self.object:
            return True
        if found is None:
            return False
        kind, _, name = self.object.partition(" ")
        kinds = (found.kind, f"{found.group}/{found.kind}")
        where = f"{found.namespace}/{found.name}" if found.namespace else found.name
        return any(fnmatchcase(one, kind) for one in kinds) and fnmatchcase(where, name.strip())

    def _faults(self) -> Iterable[Fault]:
        if not self.rule.strip():
            yield Fault("exemption-invalid", "names no rule", 'write rule="images/latest"', "rule")
        words = self.object.split()
        if self.object and len(words) != 2:
            told = f"object {shown(self.object)} is not a kind and a name"
            yield Fault("exemption-invalid", told, 'write "Deployment pay/legacy-*"', "object")
        for name in ("pipeline", "environment"):
            if not self.__dict__[name].strip():
                yield Fault("exemption-invalid", f"{name} is empty", "leave it out: then all are meant", name)
        if self.expires is not None:
            yield from day_faults("expires", self.expires)
