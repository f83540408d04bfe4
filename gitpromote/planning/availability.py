"""Which Freight may enter which Environment, why, and why not: one table, read from top to bottom.

=============  =========  ==========================================================================================
way            admitted   when
=============  =========  ==========================================================================================
rejected       no         somebody rejected the Freight: it may enter none
target         no         its request stops at another Environment that does not come after this one, and it was not
                          approved for this one
skipped        no         its request leaves this Environment out, and may
skip-denied    no         its request leaves this Environment out, and may not
direct         yes        the Environment takes Freight of this Warehouse directly
approved       yes        the Freight was approved for it, under a signature that counts where that is asked for
hotfix         yes        a hotfix brought the Freight here, has not expired, and is proven where that is asked for
upstream       yes / no   it has been verified in all of those before, or in any where that is enough
=============  =========  ==========================================================================================

A hold keeps what is admitted out all the same, unless it is what is held. Soak and Bake are gates and not part of this
table: they are judged beside it. What entered an Environment by a hotfix alone does not count as verified there for
what comes after, until it comes there the ordinary way: available, let in by all gates, and recorded so.

The table says what may enter if somebody asks for it. By itself a hotfix goes nowhere but where it was made for: see
:meth:`Journey.keeps_away`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from gitpromote.model.freight import Freight, freight_id
from gitpromote.model.gate import Occasion
from gitpromote.model.gate_plain import SkipPermission
from gitpromote.model.graph import upwards
from gitpromote.model.moments import ago, instant
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Bypass, EnvironmentState, FreightState, Held, LedgerState
from gitpromote.planning.expressions import Ask, Truth, environment_variables, evaluate, freight_variables
from gitpromote.planning.points import counting
from gitpromote.planning.requirement import Part, Place, Requirement

Leaving: TypeAlias = Mapping[str, Mapping[str, Freight]]
"""Environment to the Freight ids that it holds and that leave it, each with what comes in its place."""

#: What is said of a start that a request leaves out by permission.
LEFT_OUT = "left out"

Way: TypeAlias = Literal[
    "rejected", "target", "skipped", "skip-denied", "direct", "approved", "hotfix", "upstream", "nowhere"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the table says of one Freight in one Environment.

    :ivar way: the row that decided
    :ivar message: why, without times
    :ivar at: since when it may enter, where that is known; epoch seconds
    :ivar requirement: what it needs of the Environments before, whichever row decided
    :ivar held: the hold that keeps it out
    :ivar bypass: the hotfix that lets it in, whether it alone does or not; once it has brought it here, and everybody
        else would get here too, it is over
    :ivar unproven: what does not count, as nothing proves who made it: ``hotfix``, ``approval``, or an empty string
    """

    way: Way
    admitted: bool
    message: str
    at: int | None = None
    requirement: Requirement
    held: Held | None = None
    bypass: Bypass | None = None
    unproven: Literal["", "hotfix", "approval"] = ""

    @property
    def available(self) -> bool:
        """Whether it may enter now, gates aside."""
        return self.admitted and self.held is None

    @property
    def refused(self) -> bool:
        """Whether no time and no verification will let it in: somebody decided."""
        return self.way in ("rejected", "target", "skipped", "skip-denied")

    @property
    def occasion(self) -> Occasion:
        """Which gates judge it: while a hotfix lets it in, those for hotfixes, whatever else does by then."""
        return "hotfix" if self.bypass is not None else "promote"

    def text(self, *, now: int) -> str:
        """Why, with times: ``test: verified 2h ago``."""
        words = requirement_text(self.requirement, now=now) if self.way == "upstream" else self.message
        held = f'; held by {self.held.actor}: "{self.held.reason}"' if self.held else ""
        return words + held


def requirement_text(requirement: Requirement, *, now: int) -> str:
    """``a: verified 2h ago, b: not verified yet``; where any is enough, those that have it, or ``a or b: …``."""
    seen = [place for place in requirement.places if place.at is not None]
    if requirement.join == "any" and not seen:
        return _missing_text(requirement)
    told = seen if requirement.at is not None else requirement.places
    return ", ".join(_place_text(place, now) for place in told)


def _place_text(place: Place, now: int) -> str:
    if place.at is None or place.note:
        return f"{place.name}: {place.note or 'not verified yet'}"
    return f"{place.name}: verified {ago(place.at, now=now)}"


def _seen_text(requirement: Requirement) -> str:
    """``a, b: verified``; what was left out says so."""
    seen = [place for place in requirement.places if place.at is not None]
    names = ", ".join(place.name for place in seen if not place.note)
    return ", ".join([*([f"{names}: verified"] if names else []), *(_place_text(p, 0) for p in seen if p.note)])


def _missing_text(requirement: Requirement) -> str:
    noted = [place for place in requirement.places if place.note]
    if noted:
        return ", ".join(f"{place.name}: {place.note}" for place in noted)
    names = [place.name for place in requirement.places if place.at is None]
    return f"{(' or ' if requirement.join == 'any' else ', ').join(names)}: not verified yet"


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A Pipeline, what its ledger says, and a moment: enough to say where any Freight may go.

    :param as_of: epoch seconds
    :param ask: who evaluates expressions
    :param leaving: what a plan itself would end, see :data:`Leaving`
    :param leaves_at: when that ends, epoch seconds; by default at ``as_of``
    """

    pipeline: Pipeline
    ledger: LedgerState
    as_of: int
    ask: Ask = evaluate
    leaving: Leaving = field(default_factory=dict)
    leaves_at: int | None = None
    _known: dict[tuple[str, str], Verdict] = field(default_factory=dict, repr=False, compare=False)
    _states: dict[str, EnvironmentState] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def bypassed(self) -> Mapping[str, Sequence[FreightState]]:
        """Environment to the Freight that hotfixes let in there, in the order of arrival."""
        found: dict[str, list[FreightState]] = {}
        for state in sorted(self.ledger.freight.values(), key=lambda state: state.sequence):
            for name in state.bypass:
                found.setdefault(name, []).append(state)
        return found

    @cached_property
    def narrowed(self) -> Mapping[str, Sequence[FreightState]]:
        """Warehouse to the Freight that was asked to go only so far, or to leave something out; the newest first."""
        found: dict[str, list[FreightState]] = {}
        asked = (one for one in self.ledger.freight.values() if one.intent and (one.intent.target or one.intent.skip))
        for state in sorted(asked, key=lambda state: -state.sequence):
            found.setdefault(state.freight.warehouse, []).append(state)
        return found

    @cached_property
    def waves(self) -> Mapping[int, Sequence[ResolvedEnvironment]]:
        """The number of each wave with its Environments, in the Pipeline's order."""
        found: dict[int, list[ResolvedEnvironment]] = {}
        for environment in self.pipeline.environments:
            if environment.wave is not None:
                resolved = self.pipeline.resolved(environment.name)
                found.setdefault(resolved.wave.number if resolved.wave else 0, []).append(resolved)
        return found

    def at(self, time: int) -> Journey:
        """The same at another moment: what is recorded is taken to stay as it is. Epoch seconds."""
        return replace(self, as_of=time, _known={})

    def verdict(self, environment: str, freight: Freight) -> Verdict:
        """Whether this Freight may enter this Environment, and why."""
        key = (environment, freight.id)
        if key not in self._known:
            self._known[key] = self._verdict(self.pipeline.resolved(environment), freight)
        return self._known[key]

    def state(self, environment: str) -> EnvironmentState:
        """What the ledger says of an Environment."""
        state = self._states.get(environment)
        if state is None:
            state = self._states[environment] = counting(self, self.ledger.environment(environment))
        return state

    def known(self, freight: str) -> FreightState | None:
        """What the ledger says of a Freight."""
        return self.ledger.freight.get(freight)

    def place(self, freight: Freight) -> tuple[int, int]:
        """Where Freight stands in the order of arrival; the later, the newer.

        What the ledger does not know yet is newer than all that it knows, unless the history of its sources puts it in
        front of some of that.
        """
        known = self.known(freight.id)
        if known is not None:
            return (known.sequence, 1)
        newer = self.known(freight.older_than or "")
        return (newer.sequence, 0) if newer is not None else (len(self.ledger.freight) + 1, 0)

    def reach(self, freight: str) -> frozenset[str] | None:
        """The Environments that a Freight's request takes it to, and those that it was approved for; ``None``: all."""
        known = self.known(freight)
        target = known.intent.target if known and known.intent else None
        if target is None or target not in self.pipeline.order():
            return None
        approved = [name for name in known.approved_for if not self.disproof(name, known)] if known else ["*"]
        if "*" in approved:
            return None
        way = upwards({name: self.pipeline.upstream(name) for name in self.pipeline.order()}, [target])
        return way | {*approved}

    def skips(self, resolved: ResolvedEnvironment, freight: Freight) -> Truth | None:
        """Whether a Freight's request may leave an Environment out; ``None`` where it does not ask for that."""
        known = self.known(freight.id)
        if known is None or known.intent is None or resolved.name not in known.intent.skip:
            return None
        permissions = [gate for gate in resolved.gates if isinstance(gate, SkipPermission)]
        if not permissions:
            return Truth(False, f"{resolved.name} has no SkipPermission")
        variables = {**freight_variables(known.freight, known.intent), **environment_variables(resolved)}
        truths = [(gate, self.ask(gate.expression, variables)) for gate in permissions]
        granted = next((Truth(True, gate.name, truth.operands) for gate, truth in truths if truth.holds), None)
        return granted or Truth(False, "; ".join(_denied(gate, truth) for gate, truth in truths))

    def keeps_away(self, environment: str, freight: Freight) -> bool:
        """Whether Freight does not come to an Environment by itself: a hotfix that was made for another one.

        Neither what comes before that one nor what comes after it takes it, unless somebody sends it there: by an
        approval, by a request, or by promoting it to what comes before.
        """
        known = self.known(freight.id)
        if known is None or not known.bypass or self._was_sent(known, environment):
            return False
        state, bypass = self.state(environment), known.bypass.get(environment)
        if freight.id in state.verified or freight.id in state.freight.values():
            return False
        if bypass is not None and not self._is_void(environment, bypass):
            return False
        resolved = self.pipeline.resolved(environment)
        need = self.requirement(resolved, freight)
        vouching = [place.name for place in need.places if place.at is not None]
        return need.at is None or all(one in known.bypass and self._is_start(one, freight) for one in vouching)

    def _was_sent(self, known: FreightState, environment: str) -> bool:
        """Whether somebody sent a hotfix there since, by an approval or a request to promote it."""
        asked = known.intent is not None and known.intent.at >= max(one.at for one in known.bypass.values())
        return asked or self.disproof(environment, known) == ""

    def disproof(self, environment: str, known: FreightState) -> str | None:
        """Why no approval of a Freight for an Environment counts; empty: one does; ``None``: there is none.

        It goes on from there, so that in no Environment of a Pipeline that names its signers one counts unsigned.
        """
        signed = {one.environment for one in known.admissions}
        unsigned = f"unsigned, and {self.pipeline.name} names its signers" if self.pipeline.signers is not None else ""
        whys = [
            known.unproven.get(name, "" if name in signed else unsigned)
            for name in (environment, "*")
            if name in known.approved_for
        ]
        return None if not whys else "" if "" in whys else whys[0]

    def _is_start(self, environment: str, freight: Freight) -> bool:
        return freight.warehouse in self.pipeline.resolved(environment).direct

    # -- the table

    def _verdict(self, resolved: ResolvedEnvironment, freight: Freight) -> Verdict:
        known, held = self.known(freight.id), self.state(resolved.name).held
        need = self.requirement(resolved, freight)
        refusal = self._refusal(resolved, freight, known)
        if refusal is not None:
            return Verdict(way=refusal[0], admitted=False, message=refusal[1], requirement=need)
        if held is not None and held.freight.get(freight.warehouse) == freight.id:
            held = None
        bypass = known.bypass.get(resolved.name) if known else None
        bypass = None if bypass is None or expired(bypass, self.as_of) else bypass
        unproven = self.unproven(resolved.name, bypass) if bypass is not None else ""
        way, admitted, message, at = self._ordinary_row(resolved, freight, known, need)
        disproof = self.disproof(resolved.name, known) if known is not None else None
        if bypass is not None and admitted and self._may_come_again(resolved.name, freight):
            bypass, unproven = None, ""  # it has done what it was for: from here on the same gates judge as ever
        if disproof and not admitted:
            message = f"{message}; its approval for {resolved.name} does not count: {disproof}"
        if bypass is not None and unproven:
            told = f"the hotfix by {bypass.actor} does not count: {unproven}"
            message, bypass = (message if admitted else f"{message}; {told}"), None
        elif bypass is not None and not admitted:
            way, admitted, message, at = "hotfix", True, bypass_text(bypass, now=self.as_of), bypass.at
        return Verdict(
            way=way,
            admitted=admitted,
            message=message,
            at=at,
            requirement=need,
            held=held,
            bypass=bypass,
            unproven="hotfix" if unproven else "approval" if disproof else "",
        )

    def unproven(self, environment: str, bypass: Bypass) -> str:
        """Why nothing proves who made a hotfix, where that matters: production of a Pipeline that names its signers."""
        strict = self.pipeline.signers is not None and self.pipeline.is_production(environment)
        return bypass.unproven or (
            f"unsigned, and {environment} is production" if strict and not bypass.signature else ""
        )

    def _is_void(self, environment: str, bypass: Bypass) -> bool:
        return expired(bypass, self.as_of) or bool(self.unproven(environment, bypass))

    def _rejected_before(self, freight: Freight) -> FreightState | None:
        """The same artifacts, rejected while their Warehouse had a name that no Warehouse has any more."""
        same = (
            one
            for one in self._rejected_elsewhere
            if freight_id(freight.warehouse, one.freight.artifacts) == freight.id
        )
        return next(same, None)

    @cached_property
    def _rejected_elsewhere(self) -> Sequence[FreightState]:
        living = {one.name for one in self.pipeline.warehouses}
        return [one for one in self.ledger.freight.values() if one.rejected and one.freight.warehouse not in living]

    def _refusal(
        self, resolved: ResolvedEnvironment, freight: Freight, known: FreightState | None
    ) -> tuple[Way, str] | None:
        rejected = known if known is not None and known.rejected else self._rejected_before(freight)
        if rejected is not None:
            return "rejected", rejected.rejection
        reach = self.reach(freight.id)
        if reach is not None and resolved.name not in reach:
            target = known.intent.target if known and known.intent else None
            return "target", f"not meant for {resolved.name}: it was asked to stop at {target}"
        skip = self.skips(resolved, freight)
        if skip is not None and skip.holds:
            return "skipped", f"leaves {resolved.name} out, as {skip.message} permits"
        if skip is not None:
            return "skip-denied", f"asks to leave {resolved.name} out, and may not: {skip.message}"
        return None

    def _ordinary_row(
        self, resolved: ResolvedEnvironment, freight: Freight, known: FreightState | None, need: Requirement
    ) -> tuple[Way, bool, str, int | None]:
        if freight.warehouse in resolved.direct:
            return "direct", True, "takes Freight directly", None
        if known is not None and self.disproof(resolved.name, known) == "":
            return "approved", True, f"approved for {resolved.name}", None
        if not need.parts:
            return "nowhere", False, f"Freight of {freight.warehouse} does not get here", None
        at = need.at
        if at is None:
            return "upstream", False, _missing_text(need), None
        return "upstream", True, _seen_text(need), at

    # -- what it needs of those before

    def requirement(self, resolved: ResolvedEnvironment, freight: Freight) -> Requirement:
        """Of the Environments before this one, those that Freight of this Warehouse gets to."""
        if freight.warehouse in resolved.direct:
            return Requirement(join="all", parts=())
        before = [self.pipeline.resolved(name) for name in resolved.after]
        parts = [self._part(one, freight) for one in before if freight.warehouse in one.warehouses]
        return Requirement(join=resolved.join, parts=tuple(parts))

    def _part(self, before: ResolvedEnvironment, freight: Freight) -> Part:
        skip = self.skips(before, freight)
        if skip is not None and skip.holds:
            inner = self.requirement(before, freight)
            known = self.known(freight.id)
            # What comes before a start that is left out: nothing, since the Freight is known.
            entered = known.created_at if known else None
            return inner if inner.parts else Place(name=before.name, at=entered, note=LEFT_OUT)
        verified = self.state(before.name).verified.get(freight.id)
        if not self.flows_on(before.name, freight):
            held = " while it is held: see gitpromote release" if self.state(before.name).held is not None else ""
            note = f"verified as a hotfix, which does not go on from there{held}" if verified is not None else ""
            return Place(name=before.name, at=None, note=note, bypassed=True)
        if verified is None:
            return Place(name=before.name, at=None)
        return Place(name=before.name, at=verified.at)

    def flows_on(self, environment: str, freight: Freight) -> bool:
        """Whether what was verified there may go further: not if a hotfix alone brought it there.

        That it would get there the ordinary way is not enough: it has to, by what judges everybody else, and be
        recorded so.
        """
        state = self.state(environment)
        if freight.id in state.verified or freight.id in state.freight.values():
            return freight.id not in state.bypassed
        return self.gets_there(environment, freight)

    def gets_there(self, environment: str, freight: Freight) -> bool:
        """Whether Freight comes there without a hotfix, gates aside: then trunk contains it."""
        known = self.known(freight.id)
        if known is None or environment not in known.bypass:
            return True
        resolved = self.pipeline.resolved(environment)
        return self._ordinary_row(resolved, freight, known, self.requirement(resolved, freight))[1]

    def comes_again(self, environment: str, freight: Freight) -> bool:
        """Whether Freight that a hotfix brought there would come the ordinary way by now, as soon as the gates hold.

        That is recorded, without a commit. A hold keeps things as they are.
        """
        return self.state(environment).held is None and self._may_come_again(environment, freight)

    def _may_come_again(self, environment: str, freight: Freight) -> bool:
        resolved, state, known = self.pipeline.resolved(environment), self.state(environment), self.known(freight.id)
        here = freight.id in (state.verified if resolved.is_control_flow else state.freight.values())
        if known is None or not here or freight.id not in state.bypassed:
            return False
        need = self.requirement(resolved, freight)
        return self._refusal(resolved, freight, known) is None and self._ordinary_row(resolved, freight, known, need)[1]


def _denied(gate: SkipPermission, truth: Truth) -> str:
    why = truth.message or ("it is false" if truth.holds is False else "it cannot be told")
    return f"{gate.name}: {why}"


def expired(bypass: Bypass, now: int) -> bool:
    """Whether a hotfix no longer lets anything in."""
    return bypass.expires is not None and now >= bypass.expires


def bypass_text(bypass: Bypass, *, now: int) -> str:
    """``hotfix by Ada: "5xx", until 14:32Z``."""
    until = f", until {instant(bypass.expires, now=now)}" if bypass.expires is not None else ""
    return f'hotfix by {bypass.actor}: "{bypass.reason}"{until}'


def planned_freight(plan: Plan, planned: EnvironmentPlan) -> dict[str, Freight]:
    """Warehouse to Freight of an environment's plan, in the order of :func:`speaking_last`."""
    facts: Any = plan.facts.get("environments", {})
    arrived = facts.get(planned.name, {}).get("arrived", {})
    freight = {warehouse: plan.freight[moving.id].freight() for warehouse, moving in planned.freight.items()}
    return speaking_last(freight, {name for name, one in planned.freight.items() if one.moving}, arrived)


def speaking_last(freight: Mapping[str, Freight], moving: set[str], arrived: Mapping[str, int]) -> dict[str, Freight]:
    """Freight by Warehouse, what moved last behind the others: where two of them hold one artifact, it speaks.

    What moves now comes last of all; what came in one moment goes by the names of the Warehouses.

    :param arrived: Warehouse to when its Freight came, epoch seconds
    """
    return dict(sorted(freight.items(), key=lambda item: (item[0] in moving, arrived.get(item[0], 0), item[0])))
