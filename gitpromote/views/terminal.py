"""A plan and a comparison as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.model.change import ObjectChange
from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import versions_beside
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import clean, count, listed
from gitpromote.views.changes import Sides, change_lines, legend
from gitpromote.views.discovery import newer_texts, others_newer
from gitpromote.views.environments import environment_table, notes
from gitpromote.views.journey import aliases, artifact_words, moving, running_there
from gitpromote.views.lines import Line, Span, filled, line
from gitpromote.views.pruned import pruned_lines
from gitpromote.views.returning import rollback_head, rollback_lines
from gitpromote.views.reviewed import Approvals, news, since_texts
from gitpromote.views.summary import summary_lines
from gitpromote.views.text import wrapped

_FREIGHT = 6


def plan_view(
    plan: Plan,
    *,
    digest: str = "",
    earlier: Plan | None = None,
    approvals: Approvals | None = None,
    full: bool = False,
    width: int | None = None,
    piped: bool = False,
) -> list[Line]:
    """The whole plan: Freight, environments, what stands in the way, changes, the summary line.

    :param digest: shown at the head, where the plan was opened by something else
    :param earlier: a plan that was reviewed: changes that were in it already are counted, not shown
    :param approvals: those of the ledger, for their fate since that plan
    :param full: nothing is folded or counted
    :param piped: programs may read it: the summary is one line, whatever the width
    """
    shown, _ = news(plan, earlier)
    head = [*([line(Span(f"Plan {digest}", "strong"))] if digest else []), *_heading(plan, width)]
    changes = [(each.name, change) for each in shown for change in each.changes]
    parts = [
        head,
        environment_table(plan, full=full, width=width),
        notes(plan, full=full, width=width),
        _gates(plan, width) if full else [],
        pruned_lines(plan.environments, full=full),
        [line(f"  {text}") for text in since_texts(plan, earlier, approvals)],
        legend((change for _, change in changes), decisions=[each.decision for each in plan.environments]),
        change_lines(changes, every=[each.name for each in plan.environments], full=full),
        [each for one in plan.environments for each in rollback_lines(plan, one)] if plan.kind == "rollback" else [],
    ]
    body = [each for part in parts if part for each in (*part, ())]
    end = (line(Span(text, "strong")) for text in summary_lines(plan.summary, None if piped else width))
    return [*body, *_nothing(plan), *end]


def diff_view(
    found: Mapping[str, Sequence[ObjectChange]],
    *,
    before: str,
    after: str,
    full: bool = False,
    sides: Sides | None = None,
    namespaces: Mapping[str, str] | None = None,
) -> list[Line]:
    """What differs between two sides, by environment or app.

    :param sides: the names of two environments, where these are compared: nothing happens there
    :param namespaces: of these: which namespace of the one stands for which of the other
    """
    changes = [(label, change) for label, each in found.items() for change in each]
    real = [change for _, change in changes if change.changes_anything]
    head = [line(f"{clean(before)} -> {clean(after)}")]
    if namespaces:
        told = listed((f"{clean(old)} -> {clean(new)}" for old, new in namespaces.items()), limit=4)
        head.append(line(Span(f"namespace {told}", "faint")))
    if not real:
        return [*head, line("No difference.")]
    blocks = [legend(real) if sides is None else [], change_lines(changes, every=list(found), full=full, sides=sides)]
    body = [each for block in blocks if block for each in ((), *block)]
    return [*head, *body, (), line(_counts(real) if sides is None else _difference(real, sides))]


def _counts(changes: Sequence[ObjectChange]) -> str:
    add, delete = _apart(changes)
    return f"{count(add, 'object')} added, {len(changes) - add - delete} changed, {delete} deleted."


def _difference(changes: Sequence[ObjectChange], sides: Sides) -> str:
    before, after = map(clean, sides)
    add, delete = _apart(changes)
    return (
        f"{count(delete, 'object')} only in {before}, {len(changes) - add - delete} different, {add} only in {after}."
    )


def _apart(changes: Sequence[ObjectChange]) -> tuple[int, int]:
    """How many are on the second side alone, and how many on the first."""
    actions = [change.actions for change in changes]
    return actions.count(("create",)), actions.count(("delete",))


def _heading(plan: Plan, width: int | None) -> list[Line]:
    if plan.kind != "promote":
        head = rollback_head if plan.kind == "rollback" else _other_kind
        return [head(plan, environment) for environment in plan.environments]
    lines: list[Line] = []
    every = moving(plan)
    column = max((len(freight.alias) for freight in every[:_FREIGHT]), default=0)
    told: set[str] = set()
    for freight in every[:_FREIGHT]:
        lines += _freight(freight, column, width)
        if freight.warehouse not in told:
            lines += _newer(newer_texts(plan, freight.warehouse), width)
        told.add(freight.warehouse)
    if len(every) > _FREIGHT:
        lines.append(line(f"         {count(len(every) - _FREIGHT, 'more Freight', 'more Freight')}"))
    return [*lines, *(line(Span(text, "wait")) for text in others_newer(plan, {one.warehouse for one in every}))]


def _newer(texts: Sequence[str], width: int | None) -> list[Line]:
    """What is newer and was not taken, below the Freight that was."""
    if width is not None:
        texts = [part for text in texts for part in wrapped(text, max(width - 9, 40))]
    return [line("         ", Span(text, "faint")) for text in texts]


def _freight(freight: Freight, column: int, width: int | None) -> list[Line]:
    """Its name and artifacts on one line; on a screen that is too narrow each artifact has its own."""
    words = artifact_words(freight)
    head = ("Freight  ", Span(freight.alias.ljust(column), "strong"))
    if width is None or column + 9 + sum(len(word) + 3 for word in words) <= width:
        return [line(*head, *(f"   {word}" for word in words))]
    return [line(*head), *(each for word in words for each in filled(f"{' ' * 9}{word}", indent=2, width=width))]


def _other_kind(plan: Plan, environment: EnvironmentPlan) -> Line:
    before = running_there(plan, environment)
    reason = f'   "{clean(plan.request.reason)}"' if plan.request.reason else ""
    return line(
        Span(f"{plan.kind} {environment.name}", "strong"), f"  {versions_beside(before)} {aliases(before)}{reason}"
    )


def _gates(plan: Plan, width: int | None) -> list[Line]:
    from gitpromote.views.explaining import gate_lines  # hardly anybody asks for all of it

    return gate_lines(plan, width=width)


def _nothing(plan: Plan) -> list[Line]:
    if not plan.environments:
        return [line("Nothing to do: the pipeline has no environment at this moment.")]
    if any(each.decision != "noop" or each.steps for each in plan.environments):
        return []
    adopted = [one.name for one in plan.environments if _keeps_adopted(one)]
    if not adopted:
        return [line("No changes. Every environment holds what its Freight makes.")]
    verb = "holds" if len(adopted) == 1 else "hold"
    others = len(adopted) < len(plan.environments)
    rest = "; every other environment what its Freight makes" if others else ""
    return [line(f"No changes. {listed(map(clean, adopted))} {verb} what was adopted there{rest}.")]


def _keeps_adopted(environment: EnvironmentPlan) -> bool:
    return any(one.id == "debt" and "adopted_at" in one.operands for one in environment.outcomes)
