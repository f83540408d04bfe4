"""What an organisation asks of all pipelines, whoever writes them: policies, gates, boundaries, exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, InstanceOf

from gitpromote.model.boundary import Boundary, OrgMatch, name_problem
from gitpromote.model.definition import Definition
from gitpromote.model.exemption import Exemption
from gitpromote.model.fields import Many
from gitpromote.model.gate import Gate
from gitpromote.model.gate_evidence import CommitSignature
from gitpromote.model.gate_plain import Approvals
from gitpromote.model.names import path_problem, shown
from gitpromote.model.policy_base import Policy
from gitpromote.model.problems import Fault
from gitpromote.model.ramp import Phase, Ramp
from gitpromote.model.standing import ORG, Standing, StandingPolicy

__all__ = ["GATES", "POLICIES", "OrgGate", "OrgPolicies", "OrgPolicy"]

#: Kinds of gates that an organisation may ask for. Others run code, or read files that a team writes.
GATES = (
    *("window", "freeze", "soak", "bake", "cel", "change-budget", "approvals"),
    *("prometheus", "http", "commit-signature", "image-signature"),
)
#: Kinds of policies: no code of anybody runs in all pipelines.
POLICIES = ("rule", "pack", "admission-policies", "rego")
_SECRETS = ("secret-command",)
#: What a gate judges that does not say so.
_JUDGED = ("promote", "hotfix")


class OrgPolicy(Definition):
    """A policy that an organisation asks for.

    :param policy: a Rule, a Pack, AdmissionPolicies or Rego; its files are in the organisation's repository
    :param name: how outcomes call it, behind ``org/``; default: the policy's own name
    :param match: the Environments that it judges; default: all
    :param ramp: from which days on it is told, and enforced; default: enforced
    """

    kind: ClassVar[str] = "org-policy"
    means: ClassVar[str] = 'a policy of the organisation such as OrgPolicy(Pack("images"))'

    policy: InstanceOf[Policy] = Field(kw_only=False)
    name: str = ""
    match: InstanceOf[OrgMatch] | None = None
    ramp: InstanceOf[Ramp] | None = None

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            if not self.name and isinstance(self.__dict__.get("policy"), Policy):
                self.__dict__["name"] = self.policy.name

    def phase(self, at: int) -> Phase:
        """Where on its ramp it is at a moment, epoch seconds."""
        return self.ramp.phase(at) if self.ramp is not None else "enforce"

    def standing(self, at: int, *, ahead: int | None = None) -> StandingPolicy | None:
        """What it is at a moment; ``None`` where it is not judged yet.

        :param ahead: what is judged at this later moment is judged at once, and stops nothing before its time
        """
        phase = self.phase(at)
        if phase == "off" and (ahead is None or self.phase(ahead) == "off"):
            return None
        later = self.ramp.enforced_at if self.ramp is not None and phase != "enforce" else None
        binding = self.policy.level != "advisory"
        return StandingPolicy(
            id=ORG + self.name,
            name=self.name,
            policy=self.policy,
            phase=phase,
            enforced_at=later if binding else None,
        )

    def _faults(self) -> Iterable[Fault]:
        if self.name:
            yield from name_problem(self.name)
        if self.policy.kind not in POLICIES:
            told = f"{type(self.policy).__name__} runs code, which no organisation's policy does"
            yield Fault("organisation-kind", told, "write a Rule, a Pack, AdmissionPolicies or Rego", "policy")
        if self.policy.match is not None:
            yield Fault("match-invalid", "the policy has a match= of its own", "give match= to OrgPolicy", "policy")


class OrgGate(Definition):
    """A gate that an organisation asks for. Its verdict is called ``org/`` and its name.

    :param gate: any gate that runs no code; where it does not say ``applies_to``, it judges hotfixes as well
    :param match: the Environments that it judges; default: all
    """

    kind: ClassVar[str] = "org-gate"
    means: ClassVar[str] = 'a gate of the organisation such as OrgGate(Window("Mon-Thu 09:00-16:00"))'

    gate: InstanceOf[Gate] = Field(kw_only=False)
    match: InstanceOf[OrgMatch] | None = None

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            gate = self.__dict__.get("gate")
            if isinstance(gate, Gate) and "applies_to" not in gate.model_fields_set:
                # A team's verb shall not lead past what its organisation asks for.
                self.__dict__["gate"] = gate.changed({"applies_to": _JUDGED})

    @property
    def name(self) -> str:
        """How outcomes call it, behind ``org/``."""
        return self.gate.name

    def _shown(self) -> list[str]:
        [gate, *others] = super()._shown()
        if self.gate.applies_to == type(self.gate).model_fields["applies_to"].default != _JUDGED:
            gate = gate[:-1] + ', applies_to=["promote"])'  # here something else is the default
        return [gate, *others]

    def _faults(self) -> Iterable[Fault]:
        yield from name_problem(self.gate.name)
        if self.gate.kind not in GATES:
            told = f"{type(self.gate).__name__} is no gate that an organisation can ask for"
            yield Fault("organisation-kind", told, f"there are {', '.join(GATES)}", "gate")
        if any(one.kind in _SECRETS for one in _inside(self.gate)):
            yield Fault("organisation-kind", "SecretCommand runs code", "write SecretEnv or SecretFile", "gate")


def _inside(value: Any) -> Iterator[Definition]:
    """Every definition in a definition."""
    if isinstance(value, Definition):
        yield value
        for item in value.__dict__.values():
            yield from _inside(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _inside(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _inside(item)


class OrgPolicies(Definition):
    """All that an organisation asks for: what ``organisation.yaml`` says, as Python.

    :param policies: what must be true of what would be written
    :param gates: conditions about the journey
    :param boundaries: what may be touched
    :param exceptions: what is excused from the policies
    :param groups: a file in the organisation's repository that says who is in which group, for its own ``Approvals``
    :param signers: a file of allowed signers there, for its own ``Approvals`` and ``CommitSignature``: the Pipeline's
        signers say nothing of them
    """

    kind: ClassVar[str] = "org-policies"

    policies: Many[InstanceOf[OrgPolicy]] = ()
    gates: Many[InstanceOf[OrgGate]] = ()
    boundaries: Many[InstanceOf[Boundary]] = ()
    exceptions: Many[InstanceOf[Exemption]] = ()
    groups: str | None = None
    signers: str | None = None

    def standing(
        self,
        pipeline: str,
        *,
        name: str,
        at: int,
        ahead: int | None = None,
        labels: Mapping[str, str] | None = None,
        production: bool = False,
    ) -> Standing:
        """What is asked of one Environment at a moment, epoch seconds.

        :param ahead: see :meth:`OrgPolicy.standing`
        """
        gates: list[Gate] = []
        policies: list[StandingPolicy] = []
        boundaries: dict[str, Boundary] = {}
        matched: dict[str, Mapping[str, Any]] = {}
        asked: list[OrgPolicy | OrgGate | Boundary] = [*self.gates, *self.policies, *self.boundaries]
        for one in asked:
            found = _matched(one, pipeline, name=name, labels=labels or {}, production=production)
            if found is None:
                continue
            matched[ORG + one.name] = found
            if isinstance(one, OrgGate):
                gates.append(one.gate.changed({"name": ORG + one.name}))
            elif isinstance(one, Boundary):
                boundaries[ORG + one.name] = one
            elif (policy := one.standing(at, ahead=ahead)) is not None:
                policies.append(policy)
        return Standing(gates=tuple(gates), policies=tuple(policies), boundaries=boundaries, matched=matched)

    def begins(self, at: int, until: int) -> bool:
        """Whether a policy that is not judged at a moment is judged at a later one."""
        return any(one.phase(at) == "off" and one.phase(until) != "off" for one in self.policies)

    def _faults(self) -> Iterable[Fault]:
        asked: list[OrgPolicy | OrgGate | Boundary] = [*self.policies, *self.gates, *self.boundaries]
        names = [one.name for one in asked]
        for name in dict.fromkeys(one for one in names if names.count(one) > 1):
            yield Fault("name-taken", f"{shown(name)} is there twice", "give each a name of its own")
        for member in ("groups", "signers"):
            path = self.__dict__[member]
            if path is not None and (reason := path_problem(path)):
                yield Fault("path-invalid", f"the {member} {shown(path)} {reason}", "", member)
        yield from self._people_faults()

    def _people_faults(self) -> Iterable[Fault]:
        """Whose keys count, and who is in a group, an organisation says itself: no pipeline says it for its gates."""
        for gate in (one.gate for one in self.gates):
            if self.signers is None and (isinstance(gate, Approvals) or _lacks_signers(gate)):
                told = f"the gate {gate.name} asks whose keys count, and there are no signers"
                yield Fault("signers-missing", told, "write signers: allowed_signers", "signers")
            named = [name for name in gate.of if name.startswith("@")] if isinstance(gate, Approvals) else []
            if self.groups is None and named:
                told = f"the gate {gate.name} asks for {', '.join(named)}, and there are no groups"
                yield Fault("groups-missing", told, "write groups: groups.yaml", "groups")


def _lacks_signers(gate: Gate) -> bool:
    return isinstance(gate, CommitSignature) and gate.signers is None


def _matched(
    one: OrgPolicy | OrgGate | Boundary, pipeline: str, *, name: str, labels: Mapping[str, str], production: bool
) -> Mapping[str, Any] | None:
    if one.match is None:
        return {}
    return one.match.matched_in(pipeline, name=name, labels=labels, production=production)
