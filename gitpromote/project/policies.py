"""The gates and policies of a Pipeline, each once with the Environments that it judges; and the packs in the box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from gitpromote.model.boundary import Boundary
from gitpromote.model.definition import Definition
from gitpromote.model.gate import Gate, Level, Occasion
from gitpromote.model.moments import utc
from gitpromote.model.organisation import OrgGate, OrgPolicies, OrgPolicy
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.policy_base import Match, Policy
from gitpromote.model.policy_row import PolicyRow
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.standing import ORG

__all__ = ["listed", "packs"]


def listed(pipeline: Pipeline, *, asked: OrgPolicies | None = None) -> tuple[PolicyRow, ...]:
    """Gates first, then policies, in the order in which they are judged.

    :param asked: all that an organisation asks for: what is about none of these Environments is listed as well
    """
    rows: dict[tuple[str, ...], PolicyRow] = {}
    for name in pipeline.order():
        resolved = pipeline.resolved(name)
        judging: list[Gate | Policy] = [*resolved.gates, *resolved.policies]
        for one in judging:
            _add(rows, _row(pipeline, resolved, one))
        for row in _of_organisation(resolved):
            _add(rows, row)
    for row in _elsewhere(pipeline, asked) if asked is not None else ():
        _add(rows, row)
    return tuple(sorted(rows.values(), key=lambda row: row.what))


def _add(rows: dict[tuple[str, ...], PolicyRow], row: PolicyRow) -> None:
    key = (row.what, row.source, row.name, row.definition)
    known = rows.get(key, row.model_copy(update={"environments": ()}))
    rows[key] = known.model_copy(update={"environments": (*known.environments, *row.environments)})


def _of_organisation(resolved: ResolvedEnvironment) -> Iterator[PolicyRow]:
    """What somebody else asks of an Environment, as it is today."""
    asked = resolved.organisation
    for gate in asked.gates:
        yield _organisations(resolved, gate.name, gate, gate.level, gate.applies_to)
    for one in asked.policies:
        level = one.policy.level if one.phase == "enforce" else "advisory"
        later = f", enforced from {utc(one.enforced_at):%Y-%m-%d}" if one.enforced_at is not None else ""
        note = f"  # {one.phase}{later}" if one.phase != "enforce" else ""
        row = _organisations(resolved, one.id, one.policy, level, one.policy.applies_to)
        yield row.model_copy(update={"definition": row.definition + note})
    for name, boundary in asked.boundaries.items():
        yield _organisations(resolved, name, boundary, "hard", get_args(Occasion))


def _elsewhere(pipeline: Pipeline, asked: OrgPolicies) -> Iterator[PolicyRow]:
    """What an organisation asks for, and of no Environment of this Pipeline."""
    here = {one for name in pipeline.order() for one in pipeline.resolved(name).organisation.matched}
    every: list[OrgGate | OrgPolicy | Boundary] = [*asked.gates, *asked.policies, *asked.boundaries]
    for one in every:
        if ORG + one.name in here:
            continue
        inner = one.gate if isinstance(one, OrgGate) else one.policy if isinstance(one, OrgPolicy) else None
        yield PolicyRow(
            name=ORG + one.name,
            what="gate" if isinstance(one, OrgGate) else "policy",
            kind=(inner or one).kind,
            level=inner.level if inner is not None else "hard",
            applies_to=tuple(inner.applies_to if inner is not None else get_args(Occasion)),
            source="organisation",
            environments=(),
            definition=repr(inner or one),
            match=one.match.to_data() if one.match is not None else None,
        )


def _organisations(
    resolved: ResolvedEnvironment, name: str, one: Definition, level: Level, applies_to: Sequence[Occasion]
) -> PolicyRow:
    return PolicyRow(
        name=name,
        what="gate" if isinstance(one, Gate) else "policy",
        kind=one.kind,
        level=level,
        applies_to=tuple(applies_to),
        source="organisation",
        environments=(resolved.name,),
        definition=repr(one),
    )


def _row(pipeline: Pipeline, resolved: ResolvedEnvironment, one: Gate | Policy) -> PolicyRow:
    whole = (*(pipeline.gates or ()), *pipeline.policies)
    match = one.match if isinstance(one, Policy) else None
    return PolicyRow(
        name=one.name,
        what="policy" if isinstance(one, Policy) else "gate",
        kind=one.kind,
        level=one.level,
        applies_to=tuple(one.applies_to),
        source="pipeline" if any(one is each for each in whole) else "environment",
        environments=(resolved.name,) if match is None or _fits(match, resolved) else (),
        definition=repr(one),
        match=match.to_data() if match is not None else None,
    )


def _fits(match: Match, here: ResolvedEnvironment) -> bool:
    return match.matched(name=here.name, labels=here.labels, production=here.production) is not None


def packs() -> list[dict[str, Any]]:
    """Each pack with its help, its rules and its settings, as plain data."""
    from gitpromote.policy.packs import PACKS

    return [
        {
            "name": name,
            "help": pack.help,
            "rules": {rule: pack.help_of(rule) for rule in pack.rules},
            "settings": {
                setting: {"default": _plain(known.default), "takes": known.takes, "help": known.help}
                for setting, known in pack.settings.items()
            },
        }
        for name, pack in PACKS.items()
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
