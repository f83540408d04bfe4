"""Every verdict on one environment's plan, and the decision that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.model.change import ObjectChange
from gitpromote.model.freight import Freight
from gitpromote.model.gate import Occasion
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Decision, PlanKind
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.planning.asking import Asking
from gitpromote.planning.availability import Journey, Verdict
from gitpromote.planning.opening import BYPASSED
from gitpromote.planning.overriding import overridden
from gitpromote.planning.target_content import content_outcomes
from gitpromote.planning.telling import told, told_of_apps, told_of_images
from gitpromote.planning.waves import wave_outcome

#: The operand with the Freight that its request keeps away, where there is no other.
KEPT_AWAY = "kept_away"


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
    outcomes += content_outcomes(resolved, observed, journey.state(resolved.name), replace) or adopted
    if kind == "promote":
        outcomes += told(journey, resolved, observed, named=named)
        outcomes += told_of_apps(resolved, observed)
    outcomes += told_of_images(observed)
    outcomes += observed.blocking
    outcomes += observed.warnings
    matched = _matched(resolved, outcomes)
    return overridden(matched, observed.overrides, change_digest=change_digest, as_of=journey.as_of)


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
    asked = {name: one for name, one in verdicts.items() if not _stays(asking, name, one)}
    outcomes = [*_kept_away(asking), *_availability(journey, resolved.name, asked, moves)]
    outcomes += [_staying(journey, one, moves[name]) for name, one in verdicts.items() if name not in asked]
    outcomes += _gates(asking)
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
    """Of several Warehouses those are asked for whose Freight moves; where none does, what a hotfix brought; or all."""
    here, freight = journey.state(resolved.name).freight, observed.freight
    moves = {name: one for name, one in freight.items() if here.get(name) != one.id}
    again = {name: one for name, one in freight.items() if journey.comes_again(resolved.name, one)}
    if resolved.is_control_flow and again:
        return again  # which holds nothing
    return moves or again or dict(freight)


def came_ordinarily(asking: Asking) -> list[str]:
    """Of the Freight that enters where a hotfix lets it in, what comes there the ordinary way: by its gates, too."""
    if asking.occasion != "promote":
        return []
    known = {one.id: asking.journey.known(one.id) for one in asking.entering.values()}
    verdicts = _verdicts(asking.journey, asking.resolved, asking.entering)
    return sorted(
        one.id
        for name, one in asking.entering.items()
        if (state := known[one.id]) is not None
        and asking.resolved.name in state.bypass
        and verdicts[name].admitted
        and verdicts[name].way != "hotfix"
    )


def _availability(
    journey: Journey, environment: str, verdicts: Mapping[str, Verdict], moves: Mapping[str, Freight]
) -> list[Outcome]:
    """What somebody decided against by name, the rest together; what is taken directly needs nobody's word."""
    found = [_refused(one, journey.pipeline.name, moves[name]) for name, one in verdicts.items() if one.refused]
    asked = [one for one in verdicts.values() if not one.refused and one.way != "direct"]
    unproven = [(one.unproven, moves[name].alias) for name, one in verdicts.items() if not one.admitted]
    told = next((each for each in unproven if each[0]), None)
    again = _said_again(journey.pipeline.name, environment, *told) if told else ""
    return [*found, *([_upstream(asked, remedy=again)] if asked else [])]


def _said_again(pipeline: str, environment: str, unproven: str, alias: str) -> str:
    if unproven == "approval":
        return f"gitpromote freight approve {pipeline} {alias} --env {environment} --reason … --key FILE"
    return f"gitpromote hotfix {pipeline} {environment} --freight {alias} --reason … --key FILE"


def _kept_away(asking: Asking) -> list[Outcome]:
    """Where there is no Freight because a request does not take it here."""
    freight = asking.observed.refused
    if freight is None or asking.occasion != "promote":
        return []
    verdict = asking.journey.verdict(asking.resolved.name, freight)
    if not verdict.refused:
        return []
    told = _refused(verdict, asking.journey.pipeline.name, freight)
    return [told.model_copy(update={"operands": {KEPT_AWAY: freight.id}})]


def _stays(asking: Asking, warehouse: str, verdict: Verdict) -> bool:
    """Whether Freight that its request no longer takes here is here already, and nothing would be done."""
    here = asking.journey.state(asking.resolved.name).freight.get(warehouse)
    return asking.idle and verdict.refused and verdict.way != "rejected" and here == asking.entering[warehouse].id


def _staying(journey: Journey, verdict: Verdict, freight: Freight) -> Outcome:
    """A request takes nothing away: it stops nothing where nothing would move."""
    known = journey.known(freight.id)
    target = known.intent.target if known is not None and known.intent is not None else None
    why = f"was asked to stop at {target}" if verdict.way == "target" else verdict.message
    again = _asked_again(journey.pipeline.name, freight)
    text = f"{freight.alias}, which is here already, {why}: nothing more moves. To let it go the whole way: {again}"
    return Outcome(id=verdict.way, kind="availability", level="advisory", status="warn", message=text)


def _asked_again(pipeline: str, freight: Freight) -> str:
    return f"gitpromote freight create {pipeline} --freight {freight.alias}"


def _refused(verdict: Verdict, pipeline: str, freight: Freight) -> Outcome:
    """What a request keeps out, another request lets in: the whole way. Rejected Freight is let in by nothing."""
    again = _another(pipeline, freight) if verdict.way == "rejected" else _asked_again(pipeline, freight)
    return Outcome(
        id=verdict.way,
        kind="availability",
        level="hard",
        status="fail",
        message=verdict.message,
        remedy=again,
    )


def _another(pipeline: str, freight: Freight) -> str:
    """How other Freight is made where none arrives by itself."""
    image = next(iter(freight.images), None)
    chart = next((one for one in freight.artifacts if one.kind == "chart"), None)
    of = f"--image {image.repository}:…" if image else f"--chart {chart.repository}:…" if chart else "--commit …"
    return f"gitpromote freight create {pipeline} {of}"


def _upstream(verdicts: Sequence[Verdict], *, remedy: str = "") -> Outcome:
    """Whether all that moves may come, by whichever way each of it does."""
    places = {place.name: place for one in verdicts for place in one.requirement.places}
    lacking = [one for one in verdicts if not one.admitted]
    absent = [place for one in lacking for place in one.requirement.places if place.at is None]
    missing, bypassed = [place.name for place in absent], [place.name for place in absent if place.bypassed]
    messages = dict.fromkeys(one.message for one in (lacking or verdicts))
    join = verdicts[0].requirement.join
    operands: dict[str, Any] = {
        "verified": {name: place.at for name, place in places.items() if place.at is not None},
        "join": join,
        **({"missing": list(dict.fromkeys(missing))} if lacking else {}),
        **({BYPASSED: list(dict.fromkeys(bypassed))} if bypassed else {}),
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
            "remedy": remedy if lacking else "",
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
    failed = dict.fromkeys(outcome.id for outcome in binding if outcome.status in ("fail", "error"))
    pending = dict.fromkeys(outcome.id for outcome in binding if outcome.status == "pending")
    if not changes and not arrives and not failed:
        return "noop", ""
    if failed:
        return "blocked", ", ".join(failed)
    if held:
        return "held", "held"
    if pending:
        return "waiting", ", ".join(pending)
    return ("ready", "") if changes else ("noop", "")
