"""Why an Environment cannot go back, or not to what was named: never there, there now, or rolled back from there."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.engine.freight_named import among
from gitpromote.engine.look import Look
from gitpromote.errors import Blocked, UsageError
from gitpromote.model.moments import instant
from gitpromote.model.record import Record
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState


def is_called(seen: Look, identifier: str, words: str) -> bool:
    """Whether a Freight of the ledger is the one that was named, by id or alias."""
    return among([seen.ledger.freight[identifier].freight], words, seen.ledger) is not None


def nothing_to_go_back_to(
    pipeline: str, seen: Look, resolved: ResolvedEnvironment, to: str | None, *, elsewhere: str
) -> UsageError | Blocked:
    """The error where no Record is found to go back to.

    :param to: what was named, if anything was
    :param elsewhere: where the Environment was written before its target became another one; empty if nowhere
    """
    environment = resolved.name
    state = seen.ledger.environment(environment)
    left = [seen.ledger.freight[one].freight.alias for one in state.rolled_back if _known(seen, one)]
    if to is not None:
        known = sorted(seen.ledger.freight[one].freight.alias for one in state.verified if _known(seen, one))
        gone = next((one for one in state.rolled_back if _known(seen, one) and is_called(seen, one, to)), None)
        return UsageError(
            "There is no such Freight to go back to",
            code="rollback-unknown",
            detail=f"{to!r} {_why_not(seen, state, to)}; verified: {', '.join(known) or 'none'}",
            hint=_again(pipeline, seen, state, gone) if gone else "",
        )
    here = f" since it is no longer written to {elsewhere}: what was there is not for this place" if elsewhere else ""
    if resolved.is_control_flow:
        return _nothing_held(pipeline, resolved)
    history = f"Its history:\n  gitpromote history --env {environment}"
    if left and not here:
        here = f" but what was rolled back from here: {', '.join(sorted(left))}"
        latest = max(state.rolled_back, key=lambda one: (state.rolled_back[one].at, one))
        history = f"{_again(pipeline, seen, state, latest)}\n{history}" if _known(seen, latest) else history
    return Blocked(
        "There is nothing to go back to",
        code="rollback-nothing",
        detail=f"{environment} has never held other verified content{here}.",
        hint=history,
    )


def _nothing_held(pipeline: str, resolved: ResolvedEnvironment) -> Blocked:
    """Of a point of control: it follows from what comes before it."""
    before = [f"  gitpromote rollback {pipeline} {name} --reason …" for name in resolved.after]
    return Blocked(
        "There is nothing to go back to",
        code="rollback-nothing",
        detail=f"{resolved.name} has no Apps and holds nothing"
        + (": what passes it follows from what comes before it." if before else "."),
        hint="\n".join(["Roll back what comes before it:", *before]) if before else "",
    )


def cannot_be_restored(
    environment: str, record: Record, *, gone: Sequence[str] = (), left: Sequence[str] = ()
) -> Blocked:
    """Of sources that were edited in place, where nobody knows with what values, or where to put them.

    :param gone: places that the sources no longer have
    :param left: places that were edited since, and of which the Record tells nothing
    """
    commit = str(record.commit)[:7]
    return Blocked(
        "What was there cannot be put back",
        code="rollback-unrecorded",
        detail=f"{environment}: what was {_VERBS.get(record.kind, record.kind)} as {commit} by {record.actor.claimed} "
        f"{_why_lost(record, gone, left)}. Nothing was written.",
        hint="Put the values that are wanted into the sources by hand, then keep them:\n"
        f"  git show {commit}\n"
        f"  gitpromote adopt {environment} --reason …",
    )


def _why_lost(record: Record, gone: Sequence[str], left: Sequence[str]) -> str:
    if gone:
        return f"has no place any more at {'; '.join(gone)}"
    if left:
        return f"is not known at {'; '.join(left)}: that was edited since, and is not in its Record"
    empty = [str(one) for one in record.data.get("unrecorded", ())]
    if empty:
        return f"is not known: it had no value that can be put back at {'; '.join(empty)}"
    return "is not known: its Record tells none of the values that were there"


_VERBS = {"adopted": "adopted", "rolled-back": "gone back to"}


def _known(seen: Look, identifier: str) -> bool:
    return identifier in seen.ledger.freight


def _why_not(seen: Look, state: EnvironmentState, to: str) -> str:
    """Why a Freight that was named is none to go back to."""
    if any(_known(seen, one) and is_called(seen, one, to) for one in state.freight.values()):
        return f"is what runs in {state.name}"
    for identifier, left in state.rolled_back.items():
        if _known(seen, identifier) and is_called(seen, identifier, to):
            reason = f': "{left.reason}"' if left.reason else ""
            return f"was rolled back from {state.name} {instant(left.at)} by {left.actor}{reason}"
    return f"was never verified in {state.name}"


def _again(pipeline: str, seen: Look, state: EnvironmentState, identifier: str) -> str:
    """How what was rolled back comes again: as a promotion, once nothing holds the Environment."""
    freight = seen.ledger.freight[identifier].freight
    release = [f"  gitpromote release {pipeline} {state.name}"] if state.held else []
    plan = f"  gitpromote plan {pipeline} --env {state.name} --freight {freight.alias}"
    return "\n".join(["What was rolled back comes again by a promotion:", *release, plan])
