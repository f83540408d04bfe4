"""Whether a target holds what our last Record says, or what somebody else made of it."""

from __future__ import annotations

from typing import Any

from gitpromote.model.observation import EnvironmentObservation, ForeignCommit
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as RecordedContent
from gitpromote.model.state import EnvironmentState

__all__ = ["ENOUGH", "LEDGER_MISSING", "content_outcomes", "deleted_outcomes", "keeps_adopted", "undone_outcomes"]

#: The outcome that says that there are promotions here that the ledger knows nothing of.
LEDGER_MISSING = "ledger-missing"

#: How many digits of a commit must be named to undo it.
ENOUGH = 4


def content_outcomes(
    resolved: ResolvedEnvironment, observed: EnvironmentObservation, state: EnvironmentState, replace: str | None
) -> list[Outcome]:
    """Whether the target holds what our last Record says: otherwise somebody else's work would be undone."""
    target, elsewhere = resolved.target, state.content
    state = state.placed(repository=target.repository, ref=target.ref, path=target.path)
    if state.content is None and elsewhere is not None and target.is_rendered:
        return [_moved(elsewhere)]
    if observed.is_foreign:
        return [_foreign(observed, replace)]
    lost = any(one.id == LEDGER_MISSING for one in observed.blocking)
    adopts = state.content is None and resolved.target.is_rendered and not lost
    if adopts and observed.current is not None and observed.current.files:
        count = len(observed.current.files)
        emptied = observed.desired is not None and observed.desired.is_empty
        does = "deletes what the target holds" if emptied else "adopts the target as it is"
        text = f"no record yet: this plan {does} ({count} file{'s' * (count != 1)})"
        return [_content_outcome("adoption", "warn", text, {"files": count})]
    return []


def undone_outcomes(observed: EnvironmentObservation) -> list[Outcome]:
    """What is told where the target's content goes whatever it is: whose work is undone by it."""
    named = observed.head or observed.lost
    return [_foreign(observed, named)] if observed.is_foreign and named is not None else []


def deleted_outcomes(observed: EnvironmentObservation) -> list[Outcome]:
    """What is told where the target's content is deleted whatever it is: whose work is deleted with it."""
    there = observed.is_foreign and observed.head is not None
    return [_foreign(observed, observed.head, verb="deletes")] if there else []


def _foreign(observed: EnvironmentObservation, replace: str | None, *, verb: str = "undoes") -> Outcome:
    """What somebody else did to the target: written, rewritten, or deleted with its branch.

    :param verb: what a plan does to it that may
    """
    # What is gone is named by what it held last.
    named = observed.head or observed.lost
    undone = named is not None and len(replace or "") >= ENOUGH and named.startswith(str(replace))
    status: Status = "warn" if undone else "fail"
    operands = {"commits": [commit.commit for commit in observed.foreign], "head": named, "gone": observed.head is None}
    operands["back"] = observed.can_go_back
    lost = (observed.lost or "")[:7]
    if observed.head is None:
        text = f"makes again what was deleted: {lost}" if undone else f"its branch was deleted; it held {lost} of ours"
        return _content_outcome("foreign", status, text, operands)
    commits = ", ".join(_foreign_text(commit) for commit in observed.foreign)
    text = f"{verb if undone else 'holds'} content that is not ours{': ' * bool(commits)}{commits}"
    rewritten = f"; its branch was rewritten and no longer contains {lost} of ours" if lost else ""
    return _content_outcome("foreign", status, text + rewritten + _cut_short(observed), operands)


def _cut_short(observed: EnvironmentObservation) -> str:
    """Where all of it says that it is of a plan of ours: a run that was killed has no Record of what it wrote."""
    plans = dict.fromkeys(commit.plan for commit in observed.foreign)
    if not plans or None in plans:
        return ""
    named = ", ".join(str(plan).removeprefix("sha256:")[:12] for plan in plans)
    return f"; if a run of ours was cut short, apply its plan again: {named}"


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
