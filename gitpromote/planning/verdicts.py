"""Every verdict on one environment's plan, and the decision that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.model.change import ObjectChange
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Occasion
from gitpromote.model.observation import EnvironmentObservation, ForeignCommit
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.plan import Decision, PlanKind
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as RecordedContent
from gitpromote.model.state import EnvironmentState
from gitpromote.planning.asking import Asking
from gitpromote.planning.availability import Journey, Verdict
from gitpromote.planning.debt import hotfix_debts
from gitpromote.planning.overriding import overridden
from gitpromote.planning.selection import is_older
from gitpromote.planning.sharing import shared_outcomes
from gitpromote.planning.soaking import gate_outcome, time_gates
from gitpromote.planning.supersede import cut_short, superseding
from gitpromote.planning.waves import wave_outcome

#: How many digits of a commit must be named to undo it.
ENOUGH = 4
#: The outcome that says that some Apps go alone.
PARTIAL = "partial"


def judge(
    journey: Journey,
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    *,
    kind: PlanKind = "promote",
    replace: str | None = None,
    named: bool = False,
    going: int = 0,
    adopted: Sequence[Outcome] = (),
    changes: Sequence[ObjectChange] = (),
    change_digest: str = "",
    idle: bool = False,
) -> tuple[Outcome, ...]:
    """Every outcome, passing ones too, in the order in which they are told.

    :param replace: the foreign commit that is to be undone
    :param named: whether a person asked for just this Freight
    :param going: how many of its wave go before it in the same moment
    :param adopted: what is told of adopted content, which takes a look at the changes
    :param changes: what would change in the manifests
    :param change_digest: of what would be done: approvals and overrides bind to it
    :param idle: whether nothing would be done
    """
    asking = asking_of(journey, resolved, observed, kind, changes=changes, change_digest=change_digest, idle=idle)
    outcomes = journey_outcomes(asking, going=going)
    outcomes += _unsupported(resolved, kind)
    outcomes += observed.policies
    outcomes += _content(resolved, observed, journey.state(resolved.name), replace) or adopted
    if kind == "promote":
        outcomes += _told(journey, resolved, observed, named=named)
        outcomes += _apart(resolved, observed)
    outcomes += [_unpinned(str(image)) for one in observed.freight.values() for image in one.images if image.unpinned]
    outcomes += observed.blocking
    outcomes += observed.warnings
    told = _matched(resolved, outcomes)
    return overridden(told, observed.overrides, change_digest=change_digest, as_of=journey.as_of)


def _matched(resolved: ResolvedEnvironment, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What an organisation asks for says why here: what each of its selectors found."""
    matched = resolved.organisation.matched
    if not matched:
        return list(outcomes)
    return [_with_matched(one, matched.get(one.id)) for one in outcomes]


def _with_matched(outcome: Outcome, found: Mapping[str, Any] | None) -> Outcome:
    if not found:
        return outcome
    return outcome.model_copy(update={"operands": {**outcome.operands, "matched": dict(found)}})


# -- the journey


def asking_of(
    journey: Journey,
    resolved: ResolvedEnvironment,
    observed: EnvironmentObservation,
    kind: PlanKind,
    *,
    changes: Sequence[ObjectChange] | None = None,
    change_digest: str = "",
    idle: bool = False,
) -> Asking:
    """Whose gates judge, and of what. Without ``changes`` those that were seen."""
    entering = _asked(journey, resolved, observed)
    return Asking(
        journey=journey,
        resolved=resolved,
        observed=observed,
        occasion=_occasion(kind, _verdicts(journey, resolved, entering) if kind == "promote" else {}),
        entering=entering,
        changes=changes if changes is not None else observed.changes or (),
        change_digest=change_digest,
        idle=idle,
    )


def journey_outcomes(asking: Asking, *, going: int = 0) -> list[Outcome]:
    """Availability, the gates in their order, and the wave. What goes back or goes away asks for gates alone."""
    journey, resolved = asking.journey, asking.resolved
    moves = asking.entering if asking.occasion in ("promote", "hotfix") else {}
    verdicts = _verdicts(journey, resolved, moves)
    outcomes = [*_availability(verdicts), *_gates(asking)]
    if moves:
        since = [verdict.at for verdict in verdicts.values() if verdict.at is not None]
        created = [known.created_at for one in moves.values() if (known := journey.known(one.id)) is not None]
        ids = {name: one.id for name, one in moves.items()}
        begins = max([*since, *created], default=None)
        wave = wave_outcome(journey, resolved, ids, since=begins, going=going)
        outcomes += [wave] if wave is not None else []
    return outcomes


def _gates(asking: Asking) -> list[Outcome]:
    if not asking.resolved.all_gates:
        return []
    from gitpromote.planning.gating import gate_outcomes  # what judges gates is a lot, and many have none

    return gate_outcomes(asking)


def _verdicts(journey: Journey, resolved: ResolvedEnvironment, moves: Mapping[str, Freight]) -> dict[str, Verdict]:
    return {name: journey.verdict(resolved.name, freight) for name, freight in moves.items()}


def _occasion(kind: PlanKind, verdicts: Mapping[str, Verdict]) -> Occasion:
    """Which gates judge: where all that moves comes by a hotfix, those for hotfixes."""
    return "hotfix" if verdicts and all(one.occasion == "hotfix" for one in verdicts.values()) else kind


def _asked(journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation) -> dict[str, Freight]:
    """Of several Warehouses those are asked for whose Freight moves; where none does, all."""
    here = journey.state(resolved.name).freight
    return {name: one for name, one in observed.freight.items() if here.get(name) != one.id} or dict(observed.freight)


def _availability(verdicts: Mapping[str, Verdict]) -> list[Outcome]:
    """What somebody decided against by name, the rest together; what is taken directly needs nobody's word."""
    found = [_refused(one) for one in verdicts.values() if one.refused]
    asked = [one for one in verdicts.values() if not one.refused and one.way != "direct"]
    return [*found, *([_upstream(asked)] if asked else [])]


def _refused(verdict: Verdict) -> Outcome:
    return Outcome(id=verdict.way, kind="availability", level="hard", status="fail", message=verdict.message)


def _upstream(verdicts: Sequence[Verdict]) -> Outcome:
    """Whether all that moves may come, by whichever way each of it does."""
    places = {place.name: place for one in verdicts for place in one.requirement.places}
    lacking = [one for one in verdicts if not one.admitted]
    missing = [place.name for one in lacking for place in one.requirement.places if place.at is None]
    messages = dict.fromkeys(one.message for one in (lacking or verdicts))
    join = verdicts[0].requirement.join
    operands: dict[str, Any] = {
        "verified": {name: place.at for name, place in places.items() if place.at is not None},
        "join": join,
        **({"missing": list(dict.fromkeys(missing))} if lacking else {}),
    }
    since = [one.at for one in verdicts if one.at is not None]
    return Outcome.model_validate(
        {
            "id": "upstream",
            "kind": "availability",
            "level": "hard",
            "status": "pending" if lacking else "pass",
            "message": "; ".join(messages),
            "operands": operands,
            "from": max(since, default=None) if not lacking else None,
        }
    )


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


# -- what is told, and stops nothing


def _told(
    journey: Journey, resolved: ResolvedEnvironment, observed: EnvironmentObservation, *, named: bool
) -> list[Outcome]:
    """Newer Freight, older Freight, hotfixes that trunk does not contain, artifacts that two Warehouses hold."""
    here = journey.state(resolved.name).freight
    moves = [one for name, one in observed.freight.items() if here.get(name) != one.id]
    outcomes = [found for one in moves if (found := _newer(journey, resolved, one)) is not None]
    outcomes += [
        _cut_short(journey, resolved, one) for each in moves for one in cut_short(journey, resolved.name, each)
    ]
    by_hand = named and not observed.apart
    outcomes += [found for one in moves if by_hand and (found := _older(journey, resolved, one)) is not None]
    outcomes += hotfix_debts(journey, resolved.name, observed.freight, later=observed.later)
    return [*outcomes, *shared_outcomes(observed.freight)]


def _apart(resolved: ResolvedEnvironment, observed: EnvironmentObservation) -> list[Outcome]:
    """Some Apps alone, where others would change as well."""
    if not observed.apart:
        return []
    others = ", ".join(app.name for app in resolved.apps if app.name not in observed.apart)
    text = f"stay{'s as it is' if ',' not in others else ' as they are'}"
    told = f"{', '.join(observed.apart)} alone: {others} {text}, and the Freight is not there before the rest of it is"
    return [_note(PARTIAL, told, {"apps": list(observed.apart)})]


def _newer(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Outcome | None:
    newer = superseding(journey, resolved.name, freight)
    if not newer or resolved.select.startswith("sequential"):  # there it is only older, and its turn
        return None
    text = f"{freight.alias} is older than {newer[0].alias}, which is available here"
    return _note("superseded", text, {"by": [one.id for one in newer]})


def _cut_short(journey: Journey, resolved: ResolvedEnvironment, older: Freight) -> Outcome:
    """Older Freight that could have come here, had this plan let it be."""
    gates = time_gates(resolved, journey.verdict(resolved.name, older).occasion)
    judged = [gate_outcome(journey, resolved, gate, [older]) for gate in gates]
    why = "; ".join(one.message for one in judged if one.operands.get("over"))
    text = f"{older.alias} will not come here: {why}. To wait for it: plan --env {resolved.name}"
    return _note("cut-short", text, {"freight": older.id})


def _older(journey: Journey, resolved: ResolvedEnvironment, freight: Freight) -> Outcome | None:
    """Older Freight that a person promotes stays until somebody releases it."""
    held = is_older(journey, resolved.name, freight)
    if held is None or resolved.is_control_flow:
        return None
    text = f"{freight.alias} is older than {held.alias}, which is here: it is held afterwards"
    return _note("older", text, {"than": held.id})


def _note(identifier: str, message: str, operands: dict[str, Any]) -> Outcome:
    return Outcome(id=identifier, kind="policy", level="advisory", status="warn", message=message, operands=operands)


def _unpinned(image: str) -> Outcome:
    text = f"{image} has no digest: what runs may be another image tomorrow"
    return _note("unpinned", text, {})


# -- the target


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


def _content_outcome(identifier: str, status: Status, message: str, operands: dict[str, Any]) -> Outcome:
    return Outcome(id=identifier, kind="policy", level="hard", status=status, message=message, operands=operands)


def _foreign_text(commit: ForeignCommit) -> str:
    return f'{commit.commit[:7]} "{commit.subject}" ({commit.author}, claimed)'


# -- the decision


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
