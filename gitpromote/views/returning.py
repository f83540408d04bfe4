"""What people must know of a rollback beside its diff: what stays undone, which gates are passed by, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import versions_beside
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.tree import empty_tree
from gitpromote.model.words import clean, listed, short_commit
from gitpromote.views.journey import aliases, planned_there, running_there
from gitpromote.views.lines import Line, Span, line

#: The outcome that says what Git does not undo.
NOT_UNDONE = "not-undone"
_EMPTY = (empty_tree("sha1"), empty_tree("sha256"))


def rollback_head(plan: Plan, environment: EnvironmentPlan) -> Line:
    """``prod-eu  3.8.0 brave-otter-1c07 -> 3.7.1 calm-heron-90ab   (recorded tree 5e09c1d; nothing is rendered)``."""
    before, after = running_there(plan, environment), planned_there(plan, environment)
    # Where every file is sensitive, no recorded tree is known: its id would be a hash of secrets.
    known = environment.result_tree not in (None, *_EMPTY)
    tree = f"recorded tree {short_commit(environment.result_tree)}; " if known else ""
    names = f"{versions_beside(before)} {aliases(before)} -> {versions_beside(after)} {aliases(after)}"
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
        *(line(f"  {'Then:' if at == 0 else '     '} {text}") for at, text in enumerate(_then(plan, environment))),
    ]


def _passed_by(plan: Plan, environment: EnvironmentPlan) -> Iterator[str]:
    definition = plan.pipeline.definition
    own = _environments(plan).get(environment.name, {}).get("gates")
    for gate in definition.get("gates", ()) if own is None else own:
        if "rollback" not in gate.get("applies_to", ()):
            yield clean(str(gate.get("name", "")))
    if any(environment.after.values()):
        yield "upstream"


def _then(plan: Plan, environment: EnvironmentPlan) -> Iterator[str]:
    """What follows: the hold, and what becomes further on of the Freight that is left."""
    after = planned_there(plan, environment)
    left = [each for each in running_there(plan, environment) if each.id not in {one.id for one in after}]
    closed = [(one, _further_on(plan, environment, one, "closed")) for one in left]
    stopped = "".join(f"; {one.alias} will not go on to {listed(names)}" for one, names in closed if names)
    yield f"{environment.name} is held on {aliases(after)}{stopped}"
    for one in left:
        if names := _further_on(plan, environment, one, "runs"):
            yield f"{one.alias} stays in {listed(names)}, where it has arrived already: roll that back as well"
        if names := _further_on(plan, environment, one, "open"):
            command = f"gitpromote freight reject {clean(plan.pipeline.name)} {one.alias} --reason …"
            yield f"{one.alias} may still go on to {listed(names)}; to stop it: {command}"


def _further_on(plan: Plan, environment: EnvironmentPlan, left: Freight, fate: str) -> list[str]:
    """The Environments after this one in which that becomes of a Freight."""
    names = plan.facts.get("left", {}).get(environment.name, {}).get(left.id, {}).get(fate, ())
    return [clean(str(name)) for name in names]


def _environments(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    return {str(one.get("name")): one for one in plan.pipeline.definition.get("environments", ())}
