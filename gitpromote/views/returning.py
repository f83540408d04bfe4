"""What people must know of a rollback beside its diff: what stays undone, which gates are passed by, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.tree import empty_tree
from gitpromote.views.journey import aliases, planned_there, running_there, versions
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import clean, listed, short_commit

#: The outcome that says what Git does not undo.
NOT_UNDONE = "not-undone"
_EMPTY = (empty_tree("sha1"), empty_tree("sha256"))


def rollback_head(plan: Plan, environment: EnvironmentPlan) -> Line:
    """``prod-eu  3.8.0 brave-otter-1c07 -> 3.7.1 calm-heron-90ab   (recorded tree 5e09c1d; nothing is rendered)``."""
    before, after = running_there(plan, environment), planned_there(plan, environment)
    # Where every file is sensitive, no recorded tree is known: its id would be a hash of secrets.
    known = environment.result_tree not in (None, *_EMPTY)
    tree = f"recorded tree {short_commit(environment.result_tree)}; " if known else ""
    names = f"{versions(before)} {aliases(before)} -> {versions(after)} {aliases(after)}"
    reason = f'   "{clean(plan.request.reason)}"' if plan.request.reason else ""
    return line(Span(environment.name, "strong"), f"  {names}   ({tree}nothing is rendered){reason}")


def rollback_lines(plan: Plan, environment: EnvironmentPlan) -> list[Line]:
    """The lines below the diff."""
    undone = [each.message for each in environment.outcomes if each.id == NOT_UNDONE]
    gates = list(_passed_by(plan, environment))
    verb = "does" if len(gates) == 1 else "do"
    return [
        *(line("  ", Span("! ", "bad"), f"Not undone by Git: {clean(text)}") for text in undone),
        *([line(f"  Gates: {listed(gates)} {verb} not apply to a rollback")] if gates else []),
        line(f"  Then: {_then(plan, environment)}"),
    ]


def _passed_by(plan: Plan, environment: EnvironmentPlan) -> Iterator[str]:
    definition = plan.pipeline.definition
    own = _environments(plan).get(environment.name, {}).get("gates")
    for gate in definition.get("gates", ()) if own is None else own:
        if "rollback" not in gate.get("applies_to", ()):
            yield clean(str(gate.get("name", "")))
    if any(environment.after.values()):
        yield "upstream"


def _then(plan: Plan, environment: EnvironmentPlan) -> str:
    after = planned_there(plan, environment)
    left = [each for each in running_there(plan, environment) if each.id not in {one.id for one in after}]
    held = f"{environment.name} is held on {aliases(after)}"
    downstream = [
        name
        for name, one in _environments(plan).items()
        if any(environment.name in names for names in (one.get("after") or {}).values())
    ]
    return f"{held}; {aliases(left)} will not go on to {listed(downstream)}" if left and downstream else held


def _environments(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    return {str(one.get("name")): one for one in plan.pipeline.definition.get("environments", ())}
