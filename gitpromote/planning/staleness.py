"""Basis x fresh look -> whether one environment's plan may still be applied, and if not, exactly why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gitpromote.model.change import ObjectChange
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.record import CONTENT_KINDS, GENERATION_KINDS, Record, planned_record_id

Read = tuple[str, str, str | None]


class Difference(NamedTuple):
    """One id that the plan assumed and that is another now, with who changed it where that is known.

    :ivar at: epoch seconds of that commit
    """

    path: str
    planned: str | None
    now: str | None
    commit: str | None = None
    author: str = ""
    subject: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshLook:
    """What is there now, for one environment's plan.

    :ivar head: the target ref's commit now; ``planned_head`` the one in the plan's basis
    :ivar reads: the plan's reads with their present ids
    :ivar earlier: ids that earlier environments of the same plan have put at those paths
    :ivar records: this environment's Records since the plan's basis, oldest first
    :ivar result_holds: whether the target now holds exactly what this plan would have written
    :ivar unrelated: how many commits of others lie between the planned head and this one
    :ivar ours_alone: whether all that lies between them is of this very plan, by an earlier run
    :ivar superseded: why this Freight may no longer go there (rejected, held), or an empty string
    :ivar held: why what is there stays, or an empty string
    :ivar alive: why what the plan deletes as over is not over, or an empty string
    """

    head: str | None
    planned_head: str | None
    reads: tuple[Read, ...]
    earlier: Mapping[str, frozenset[str | None]] = field(default_factory=dict)
    records: Sequence[Record] = ()
    result_holds: bool = False
    unrelated: int = 0
    ours_alone: bool = False
    superseded: str = ""
    held: str = ""
    alive: str = ""
    differences: tuple[Difference, ...] = ()
    changed_callables: tuple[str, ...] = ()


class Judgement(NamedTuple):
    """What staleness says: ``applied`` (already), ``go``, ``reanchor``, ``rerender`` or ``stale``.

    :ivar code: for ``stale``: which case it is, kebab-case
    :ivar rendered: what would come now against what was reviewed, where that was rendered again
    """

    verdict: Literal["applied", "go", "reanchor", "rerender", "stale"]
    code: str = ""
    message: str = ""
    record: Record | None = None
    differences: tuple[Difference, ...] = ()
    rendered: tuple[ObjectChange, ...] = ()


def judge(planned: EnvironmentPlan, look: FreshLook, *, plan: str, generation: int, now: int) -> Judgement:
    """The first case that holds, in the order of the cases.

    :param plan: the plan's full digest; its own Records do not make it stale
    :param generation: the environment's generation in the plan's basis
    :param now: epoch seconds
    """
    applied = _applied(planned, look, generation)
    if applied is not None:
        return Judgement(verdict="applied", record=applied)
    if look.superseded:
        return Judgement(verdict="stale", code="plan-superseded", message=look.superseded)
    if look.alive:
        return Judgement(verdict="stale", code="plan-retires-living", message=look.alive)
    promoted = _promoted_since(look, plan)
    if promoted is not None:
        return _stale_generation(promoted)
    if look.held:
        return Judgement(verdict="stale", code="plan-overtaken", message=look.held)
    if look.changed_callables:
        names = ", ".join(look.changed_callables)
        return Judgement(verdict="stale", code="plan-code-changed", message=f"its code has changed since: {names}")
    if planned.expires_at is not None and now >= planned.expires_at:
        return Judgement(verdict="stale", code="plan-expired", message="the plan has expired")
    return _content(planned, look)


def _content(planned: EnvironmentPlan, look: FreshLook) -> Judgement:
    if look.head == look.planned_head:
        return Judgement(verdict="go")
    changed = [
        (path, kind, before, after)
        for (path, kind, before), (_, _, after) in zip(planned.reads, look.reads, strict=True)
        if after != before and after not in look.earlier.get(path, frozenset())
    ]
    if not changed:
        return Judgement(verdict="go") if look.ours_alone else Judgement(verdict="reanchor", message=_reanchored(look))
    differences = look.differences or tuple(
        Difference(path=path, planned=before, now=after) for path, _, before, after in changed
    )
    written = {write.path for write in planned.writes}
    if planned.target.kind == "in-place" and not any(path in written for path, *_ in changed):
        return Judgement(verdict="rerender", differences=differences)
    return another_target(differences)


def another_target(differences: tuple[Difference, ...]) -> Judgement:
    """That what was looked at is not what would be written to."""
    return Judgement(
        verdict="stale", code="plan-stale", message="the target is no longer what was reviewed", differences=differences
    )


def _reanchored(look: FreshLook) -> str:
    before, after = ((one[:4] if one else "nothing") for one in (look.planned_head, look.head))
    count = look.unrelated
    if look.planned_head is None or look.head is None:
        why = "the branch is new" if look.planned_head is None else "the branch is gone"
    else:
        # What is not counted is no history of what was planned on: somebody began it anew.
        why = f"{count} unrelated commit{'s' * (count != 1)}" if count else "the branch was rewritten"
    return f"re-anchored {before}..{after}, {why}"


def _applied(planned: EnvironmentPlan, look: FreshLook, generation: int) -> Record | None:
    """The Record of this very change, where its result is still there."""
    if not look.result_holds:
        return None
    wanted = {
        planned_record_id(planned.change_digest, generation, step.id, kind)
        for step in planned.steps
        for kind in (*CONTENT_KINDS, "retired", "verified")
        if step.kind in ("push", "inherit")
    }
    return next((record for record in look.records if record.id in wanted), None)


def _promoted_since(look: FreshLook, plan: str) -> Record | None:
    """The last of them: what was held and released since is held no longer. A rollback holds what it brought back.

    What somebody else made of this plan's own result is theirs, whatever plan the Record speaks of.
    """
    since = [record for record in look.records if record.kind in GENERATION_KINDS]
    others = [record for record in since if record.plan != plan or record.kind == "foreign-commit"]
    if not others:
        return None
    last = others[-1]
    same = [record for record in others if record.plan == last.plan] if last.kind == "held" and last.plan else []
    return next((record for record in same if record.kind == "rolled-back"), last)


def _stale_generation(record: Record) -> Judgement:
    words = {
        "written": "promoted there since",
        "rolled-back": "rolled back since",
        "adopted": "adopted since",
        "held": "held since",
        "released": "released since",
    }
    if record.kind == "foreign-commit":
        author, commit = record.data.get("author"), (record.commit or "")[:7]
        text = (
            f"changed by {author} as soon as it had been written, commit {commit}"
            if author
            else "what was written there is gone: somebody has deleted its branch, or put it back to what it was"
        )
        return Judgement(verdict="stale", code="plan-overtaken", message=text, record=record)
    text = f"{words.get(record.kind, record.kind)} by {record.actor.claimed}"
    by_plan = f" (plan {record.plan.removeprefix('sha256:')[:12]})" if record.plan else ""
    return Judgement(verdict="stale", code="plan-overtaken", message=text + by_plan, record=record)
