"""Whether a target holds what our last Record says, or what somebody else made of it."""

from __future__ import annotations

from typing import Any

from gitpromote.model.observation import EnvironmentObservation, ForeignCommit
from gitpromote.model.outcome import Outcome, Status
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as RecordedContent
from gitpromote.model.state import EnvironmentState
from gitpromote.model.words import listed

__all__ = [
    "CUT_SHORT",
    "ENOUGH",
    "LEDGER_MISSING",
    "content_outcomes",
    "cut_short_outcome",
    "deleted_outcomes",
    "keeps_adopted",
    "replaceable",
    "undone_outcomes",
]

#: The outcome that says that there are promotions here that the ledger knows nothing of.
LEDGER_MISSING = "ledger-missing"

#: The outcome that says that a run was killed here before its Record was there.
CUT_SHORT = "run-cut-short"

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
        return [_unfinished(observed, replace) or _foreign(observed, replace)]
    lost = any(one.id in (LEDGER_MISSING, CUT_SHORT) for one in observed.blocking)
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


def cut_short_outcome(commit: str, plan: str) -> Outcome:
    """What is told of a commit that a run left which was killed.

    :param plan: the full digest of its plan, which the ledger has
    """
    text = (
        f"a run of this pipeline wrote {commit[:7]} here and was cut short before its Record was in the ledger: "
        f"apply its plan {plan.removeprefix('sha256:')[:12]} again to go on, or keep what is here"
    )
    return _content_outcome(CUT_SHORT, "fail", text, {"commit": commit, "plan": plan})


def _unfinished(observed: EnvironmentObservation, replace: str | None) -> Outcome | None:
    """Nothing but what one run of ours left, unless that is to be undone, or something else was done there as well."""
    plan = _cut_short(observed)
    if plan is None or observed.lost is not None or observed.gone or _is_undone(observed, replace):
        return None
    return cut_short_outcome(observed.foreign[0].commit, plan)


def _is_undone(observed: EnvironmentObservation, replace: str | None) -> bool:
    """Whether somebody has named what is there, so that it goes."""
    return len(replace or "") >= ENOUGH and any(one.startswith(str(replace)) for one in replaceable(observed))


def _foreign(observed: EnvironmentObservation, replace: str | None, *, verb: str = "undoes") -> Outcome:
    """What somebody else did to the target: written, rewritten, or deleted with its branch.

    :param verb: what a plan does to it that may
    """
    names = replaceable(observed)
    undone = _is_undone(observed, replace)
    status: Status = "warn" if undone else "fail"
    operands = {
        "commits": [commit.commit for commit in observed.foreign],
        "named": next(iter(names), None),
        "gone": observed.head is None or (bool(observed.gone) and observed.current is None),
        "back": observed.can_go_back,
        **({"plan": plan} if (plan := _cut_short(observed)) and not undone else {}),
    }
    lost = (observed.lost or "")[:7]
    if observed.head is None:
        text = f"makes again what was deleted: {lost}" if undone else f"its branch was deleted; it held {lost} of ours"
        return _content_outcome("foreign", status, text, operands)
    if observed.put_back is not None:
        text = f"its branch was put back to {observed.put_back[:7]} of ours and no longer contains {lost}"
        return _content_outcome("foreign", status, f"{verb} that {text}" if undone else text, operands)
    commits = ", ".join(_foreign_text(commit) for commit in observed.foreign)
    text = f"{verb if undone else 'holds'} content that is not ours{': ' * bool(commits)}{commits}"
    rewritten = f"; its branch was rewritten and no longer contains {lost} of ours" if lost else ""
    plan = str(operands.get("plan", "")).removeprefix("sha256:")[:12]
    again = f"; if a run of ours was cut short, apply its plan again: {plan}" if plan else ""
    return _content_outcome("foreign", status, text + rewritten + _placeless(observed) + again, operands)


def replaceable(observed: EnvironmentObservation) -> tuple[str, ...]:
    """The commits by which foreign content is named where it is to be undone; the first is the one to tell.

    That is the last one that touched the target: others may have followed beside it on its branch. What is gone is
    named by what it held last.
    """
    if observed.gone:
        return ()  # what has no place any more is put back by no plan
    touched = [commit.commit for commit in observed.foreign[:1]]
    head = observed.head or observed.lost
    return tuple(dict.fromkeys(one for one in (*touched, observed.put_back, head) if one is not None))


def _cut_short(observed: EnvironmentObservation) -> str | None:
    """The plan that goes on, where all of it says that it is of that one: a run that was killed has left no Record."""
    plans = {commit.plan for commit in observed.foreign}
    return plans.pop() if len(plans) == 1 else None


def _placeless(observed: EnvironmentObservation) -> str:
    places = listed(observed.gone, limit=3)
    return f"; what was written has no place any more at {places}, and cannot be put back" if places else ""


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
