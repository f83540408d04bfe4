"""Verdicts as a Record tells them: each with its operands, the answers that it was judged by, and what it is about.

The Environment, the Freight and the tree are the Record's own, so that nothing stands there twice; messages and
expressions are left out, which the plan has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from gitpromote.engine.assess import JudgedBy
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.record import Record

__all__ = ["judged_by", "judged_data", "told_statuses"]


def judged_data(outcomes: Iterable[Outcome], judged: JudgedBy) -> dict[str, Any]:
    """What a Record says of the verdicts that let a change go."""
    evidence = {name: _answer(one) for name, one in judged.evidence.items()}
    return {
        "at": judged.at,
        "after": judged.after,
        "commits": dict(judged.subject.commits),
        "outcomes": [_outcome(one, told=one.id in evidence) for one in outcomes],
        **({"evidence": evidence} if evidence else {}),
    }


def _outcome(outcome: Outcome, *, told: bool) -> dict[str, Any]:
    """One verdict; what follows from an answer that stands beside it is not said again."""
    data = outcome.model_dump(mode="json", include={"id", "kind", "level", "status", "operands", "overridden"})
    if told or not data["operands"]:
        del data["operands"]
    return data


def _answer(evidence: Evidence) -> dict[str, Any]:
    data = evidence.model_dump(mode="json", include={"at", "source", "value", "error"})
    return {name: value for name, value in data.items() if value}


# -- reading them


def judged_by(record: Record) -> JudgedBy | None:
    """By what a Record's verdicts were judged; ``None`` where it says nothing that can be read."""
    told = record.data.get("judged")
    if not isinstance(told, Mapping):
        return None
    try:
        subject = Subject(
            environment=record.environment or "",
            freight=record.freight,
            tree=record.tree,
            commits=told.get("commits", {}),
        )
        answers = {
            str(name): Evidence.model_validate({**one, "gate": name, "subject": subject})
            for name, one in dict(told.get("evidence", {})).items()
        }
    except (ValidationError, ValueError, TypeError):
        return None
    at, after = told.get("at"), told.get("after")
    if not isinstance(at, int) or not isinstance(after, str | None):
        return None
    return JudgedBy(at=at, after=after, subject=subject, evidence=answers)


def told_statuses(record: Record) -> dict[str, Status]:
    """Each verdict that a Record tells, by its name, with its status as it was judged had nobody overridden it."""
    told = record.data.get("judged", {}).get("outcomes", ())
    found: dict[str, Status] = {}
    for one in told if isinstance(told, list | tuple) else ():
        if isinstance(one, Mapping) and isinstance(one.get("id"), str):
            found[one["id"]] = one.get("status", "error")
    return found
