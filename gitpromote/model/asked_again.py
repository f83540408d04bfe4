"""What shaped a plan, as words of the command line: commands that make a new one of it repeat them."""

from __future__ import annotations

import shlex

from gitpromote.model.plan import Plan
from gitpromote.model.words import clean

__all__ = ["asked_again"]


def asked_again(plan: Plan, *, recorded: bool = False) -> str:
    """The words after a Pipeline's name that ask for the same again, each with a blank in front.

    :param recorded: the ledger has the plan, and so the Freight that was made for it
    """
    return "".join(f" {shlex.quote(clean(word))}" for word in _asked(plan, recorded=recorded))


def _asked(plan: Plan, *, recorded: bool) -> list[str]:
    request = plan.request
    match plan.kind:
        case "rollback":
            return [*request.environments, *_going_back_to(plan), "--reason", request.reason or "…"]
        case "retire":
            return [*_retired(plan), "--reason", request.reason or "…"]
    named = list(request.environments) if request.environments != ("*",) else []
    apps = list(request.apps) if request.apps != ("*",) else []
    return [
        *_freight(plan, recorded=recorded),
        *(word for name in named for word in ("--env", name)),
        *(word for name in apps for word in ("--app", name)),
        *(word for name, commit in sorted(request.replace.items()) for word in ("--replace", f"{name}@{commit}")),
    ]


def _freight(plan: Plan, *, recorded: bool) -> list[str]:
    """What was named of the Freight. What was made of it has a name once the ledger has it."""
    request = plan.request
    by_hand = [*(("--image", one) for one in request.images), *(("--chart", one) for one in request.charts)]
    by_hand += [("--commit", request.commit)] if request.commit else []
    if not by_hand:
        return ["--freight", request.freight] if request.freight else []
    moving = {one.id for planned in plan.environments for one in planned.freight.values() if one.moving}
    if recorded and len(moving) == 1:
        return ["--freight", plan.freight[moving.pop()].alias]
    return [word for pair in by_hand for word in pair] + (["--unpinned"] if request.unpinned else [])


def _going_back_to(plan: Plan) -> list[str]:
    """The Freight that it goes back to, where there is one that can be named."""
    ids = {one.id for planned in plan.environments for one in planned.freight.values() if one.moving}
    return ["--to", plan.freight[ids.pop()].alias] if len(ids) == 1 else []


def _retired(plan: Plan) -> list[str]:
    """The App, the Environment, or what is gone: to that no Freight can come."""
    if plan.request.apps != ("*",):
        return ["--app", *plan.request.apps]
    environments = plan.pipeline.definition.get("environments", ())
    gone = [one.get("name") for one in environments if one.get("direct") == [] and not any(one["after"].values())]
    names = plan.request.environments
    return ["--gone"] if set(names) <= set(gone) else ["--env", *names]
