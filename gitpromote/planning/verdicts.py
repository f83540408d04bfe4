"""Every verdict on one environment's plan, and the decision that follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gitpromote.model.observation import EnvironmentObservation, ForeignCommit
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.plan import Decision, Opens, PlanKind
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as RecordedContent
from gitpromote.model.state import EnvironmentState, LedgerState
from gitpromote.planning.availability import upstream_outcome

_LATER = "not judged by this version"

#: How many digits of a commit must be named to undo it.
ENOUGH = 4


def judge(
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    ledger: LedgerState,
    *,
    kind: PlanKind = "promote",
    replace: str | None = None,
    carried: Mapping[str, Collection[str]] | None = None,
) -> tuple[Outcome, ...]:
    """Every outcome, passing ones too, in the order in which they are told.

    :param carried: Environment to the Warehouses whose Freight gets there, for those before this one
    """
    state = ledger.environment(observed.name)
    outcomes: list[Outcome] = []
    if kind == "promote":
        outcomes += _upstream(resolved, observed, ledger, carried)
    outcomes += [_gate_outcome(gate) for gate in resolved.gates if kind in gate.applies_to]
    outcomes += _unsupported(resolved, kind)
    outcomes += _content(resolved, observed, state, replace)
    outcomes += [_unpinned(str(image)) for one in observed.freight.values() for image in one.images if image.unpinned]
    outcomes += observed.blocking
    outcomes += observed.warnings
    return tuple(outcomes)


def _upstream(
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    ledger: LedgerState,
    carried: Mapping[str, Collection[str]] | None,
) -> list[Outcome]:
    """Of several Warehouses those are asked for whose Freight moves; what is taken directly needs nobody's word."""
    here = ledger.environment(resolved.name).freight
    asked = {name: item.id for name, item in observed.freight.items() if name not in resolved.direct}
    freight = {name: one for name, one in asked.items() if here.get(name) != one} or asked
    if not resolved.after or not freight:
        return []
    approved = all(resolved.name in _approved_for(ledger, identifier) for identifier in freight.values())
    outcome = upstream_outcome(resolved.after, resolved.join, freight, ledger.environments, carried=carried)
    if approved and outcome.status != "pass":
        outcome = outcome.model_copy(update={"status": "pass", "message": "approved for this environment"})
    return [outcome]


def _approved_for(ledger: LedgerState, identifier: str) -> tuple[str, ...]:
    known = ledger.freight.get(identifier)
    return known.approved_for if known else ()


def _gate_outcome(gate: Any) -> Outcome:
    return Outcome(id=gate.name, kind="gate", level=gate.level, status="pending", message=_LATER)


def _unsupported(resolved: ResolvedEnvironment, kind: PlanKind) -> list[Outcome]:
    """What the definition asks for and a later version brings: it waits, and says so."""
    found = []
    if resolved.delivery == "pull_request" and kind == "promote":
        found.append(_not_yet("delivery", "pull requests are not supported by this version"))
    if resolved.agent is not None:
        text = f"{resolved.agent.kind}: sync and health are not supported by this version"
        found.append(_not_yet("agent", text))
    return found


def _not_yet(identifier: str, message: str) -> Outcome:
    return Outcome(id=identifier, kind="gate", level="hard", status="pending", message=message)


def _unpinned(image: str) -> Outcome:
    text = f"{image} has no digest: what runs may be another image tomorrow"
    return Outcome(id="unpinned", kind="policy", level="advisory", status="warn", message=text)


def _content(
    resolved: ResolvedEnvironment, observed: EnvironmentObservation, state: EnvironmentState, replace: str | None
) -> list[Outcome]:
    """Whether the target holds what our last Record says: otherwise somebody else's work would be undone."""
    target, elsewhere = resolved.target, state.content
    state = state.placed(repository=target.repository, ref=target.ref, path=target.path)
    if state.content is None and elsewhere is not None and target.is_rendered:
        return [_moved(elsewhere)]
    if observed.is_foreign:
        return [_foreign(observed, replace)]
    debt = _debt(observed, state)
    if debt:
        return debt
    adopts = state.content is None and resolved.target.is_rendered
    if adopts and observed.current is not None and observed.current.files:
        count = len(observed.current.files)
        text = f"no record yet: this plan adopts the target as it is ({count} file{'s' * (count != 1)})"
        return [_content_outcome("adoption", "warn", text, {"files": count})]
    return []


def _foreign(observed: EnvironmentObservation, replace: str | None) -> Outcome:
    """What somebody else did to the target: written, rewritten, or deleted with its branch."""
    # What is gone is named by what it held last.
    named = observed.head or observed.lost
    undone = named is not None and len(replace or "") >= ENOUGH and named.startswith(str(replace))
    status: Status = "warn" if undone else "fail"
    operands = {"commits": [commit.commit for commit in observed.foreign], "head": named, "gone": observed.head is None}
    lost = (observed.lost or "")[:7]
    if observed.head is None:
        text = f"makes again what was deleted: {lost}" if undone else f"its branch was deleted; it held {lost} of ours"
        return _content_outcome("foreign", status, text, operands)
    commits = ", ".join(_foreign_text(commit) for commit in observed.foreign)
    text = f"{'undoes' if undone else 'holds'} content that is not ours: {commits}"
    rewritten = f"; its branch was rewritten and no longer contains {lost} of ours" if lost else ""
    return _content_outcome("foreign", status, text + rewritten, operands)


def _moved(before: RecordedContent) -> Outcome:
    """The target is another one than it was: what was written before is left behind."""
    where = "/".join(part for part in ((before.ref or "").removeprefix("refs/heads/"), before.path) if part)
    text = f"was written to {where} until now; what is there stays as it is"
    return _content_outcome("target-moved", "warn", text, {"ref": before.ref, "path": before.path})


def keeps_adopted(observed: EnvironmentObservation, state: EnvironmentState) -> bool:
    """Whether what somebody adopted stays as it is: until other Freight comes."""
    adopted = state.content is not None and state.content.kind == "adopted" and bool(state.freight)
    same = all(state.freight.get(warehouse) == freight.id for warehouse, freight in observed.freight.items())
    return adopted and same and not observed.is_foreign


def _debt(observed: EnvironmentObservation, state: EnvironmentState) -> list[Outcome]:
    """What was adopted is told as long as the sources do not contain it: other Freight will undo it."""
    current, desired = observed.current, observed.desired
    if state.content is None or state.content.kind != "adopted" or current is None or desired is None:
        return []
    if current.whole == desired.whole:
        return []
    verb = "keeps" if keeps_adopted(observed, state) else "undoes"
    text = f'{verb} what {state.content.actor} adopted: "{state.content.reason}"; it stays if the sources contain it'
    return [_content_outcome("debt", "warn", text, {"adopted_at": state.content.at})]


def _content_outcome(identifier: str, status: Status, message: str, operands: dict[str, Any]) -> Outcome:
    return Outcome(id=identifier, kind="policy", level="hard", status=status, message=message, operands=operands)


def _foreign_text(commit: ForeignCommit) -> str:
    return f'{commit.commit[:7]} "{commit.subject}" ({commit.author}, claimed)'


def decide(
    outcomes: Sequence[Outcome], *, missing: str, held: bool, changes: bool, arrives: bool
) -> tuple[Decision, str]:
    """The decision and its short reason.

    :param missing: why there is no Freight, or an empty string
    :param changes: whether files change in the target
    :param arrives: whether the Freight is new there
    """
    if missing:
        return "unavailable", missing
    binding = [outcome for outcome in outcomes if outcome.binding]
    failed = [outcome.id for outcome in binding if outcome.status in ("fail", "error")]
    pending = [outcome.id for outcome in binding if outcome.status == "pending"]
    if not changes and not arrives and not failed:
        return "noop", ""
    if failed:
        return "blocked", ", ".join(failed)
    if held:
        return "held", "held"
    if pending:
        return "waiting", ", ".join(pending)
    return ("ready", "") if changes else ("noop", "")


def opens(decision: Decision, outcomes: Sequence[Outcome], *, as_of: int) -> Opens | None:
    """When it may go: an instant where it can be computed, otherwise the conditions."""
    if decision == "ready":
        return Opens(earliest=as_of)
    if decision != "waiting":
        return None
    conditions: list[dict[str, Any]] = []
    for outcome in outcomes:
        if outcome.status != "pending" or not outcome.binding:
            continue
        if outcome.id == "upstream":
            names = outcome.operands["missing"]
            word = "any_verified" if outcome.operands["join"] == "any" else "verified"
            conditions.append({word: names, "plus": 0})
        else:
            conditions.append({"gate": outcome.id})
    return Opens(earliest=None, conditions=tuple(conditions))
