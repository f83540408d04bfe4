"""What is wrong with a Pipeline although each of its parts is right: names, order, targets, edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gitpromote.errors import Problem
from gitpromote.model.app import App
from gitpromote.model.definition import Definition, problem
from gitpromote.model.environment import Environment
from gitpromote.model.graph import cycles, drawn
from gitpromote.model.index import Index, before_of, said_after
from gitpromote.model.names import did_you_mean, label_for, one_of, quoted
from gitpromote.model.pipeline_edits import edit_problems
from gitpromote.model.pipeline_past_git import past_git_problems
from gitpromote.model.pipeline_sources import source_problems
from gitpromote.model.pipeline_targets import missing_labels, places_of, target_problems
from gitpromote.model.pipeline_waves import moved_problems, wave_problems
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import Helm
from gitpromote.model.warehouse import Warehouse

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["examined"]


#: What is wrong with the order alone: everything else can be looked at all the same.
_OF_ORDER = frozenset(
    "cycle unknown-upstream unknown-warehouse wave-gap wave-any wave-budget moved-in-use moved-twice".split()
)


def examined(pipeline: Pipeline) -> tuple[Index | None, list[Problem]]:
    """A Pipeline's index, and every problem between its parts, each at the line of the part that has to change.

    Where a part is a placeholder for something that is wrong itself, what follows from it is not told. The index is
    ``None`` where the parts do not fit together.
    """
    if not pipeline.apps or not pipeline.environments:
        return None, []
    problems = _structural(pipeline)
    if pipeline.flawed or not {problem.code for problem in problems} <= _OF_ORDER:
        return None, [*problems, *missing_labels(pipeline)]
    if problems:
        return None, [*problems, *_beside_order(pipeline, Index.of(pipeline, unordered=True))]
    index = Index.of(pipeline)
    return index, _beside_order(pipeline, index)


def _beside_order(pipeline: Pipeline, index: Index) -> list[Problem]:
    """Problems that do not depend on who comes before whom."""
    places = places_of(pipeline, index)
    problems = target_problems(pipeline, places)
    if not problems:
        problems += source_problems(pipeline, index, places)
    found = [*edit_problems(pipeline, index), *past_git_problems(pipeline, index), *problems]
    if any(isinstance(step, Helm) and step.is_address for app in pipeline.apps for step in app.renderer.steps):
        from gitpromote.model.pipeline_charts import chart_problems  # most charts lie in the sources

        found += chart_problems(index, places)
    return found


def _structural(pipeline: Pipeline) -> list[Problem]:
    """Problems with names and order, which must be right before anything else can be looked at."""
    environments = [environment for environment in pipeline.environments if environment.name]
    apps = [app for app in pipeline.apps if app.name]
    warehouses = [warehouse for warehouse in pipeline.given_warehouses if warehouse.name]
    all_named = len(environments) == len(pipeline.environments)
    others, other_apps = _meant(pipeline.environments), _meant(pipeline.apps)
    problems = [
        *_taken(environments),
        *_taken(apps),
        *_taken(warehouses),
        *_unnamed(pipeline),
        *_unknown_apps(apps, other_apps),
        *_upstreams(environments, others),
        *_carried(environments, apps, other_apps),
        *_direct(pipeline, environments),
        *_gate_names(pipeline, environments),
        *_policy_names(pipeline, environments),
        *wave_problems(environments),
        *(moved_problems(environments) if all_named else ()),
    ]
    problems += _cycles("Apps", apps, {app.name: tuple(app.after or ()) for app in apps})
    problems += _cycles("Environments", environments, before_of(environments))
    return problems


def _meant(parts: Sequence[Definition]) -> frozenset[str] | None:
    """What placeholders without a name may be called once they are right; ``None``: anything."""
    found: set[str] = set()
    for part in parts:
        if not part.__dict__["name"]:
            if part.meant is None:
                return None
            found |= {part.meant, label_for(part.meant) or part.meant}
    return frozenset(found)


def _may_be(name: str, others: frozenset[str] | None) -> bool:
    return others is None or name in others


def told(part: Definition, fault: Fault) -> Problem:
    """A problem at the line of a part."""
    return problem(part.place, fault, part.subject)


def _taken(parts: Sequence[Definition]) -> Iterator[Problem]:
    if len({part.__dict__["name"] for part in parts}) == len(parts):
        return
    first: dict[str, Definition] = {}
    for part in parts:
        name = part.__dict__["name"]
        other = first.setdefault(name, part)
        if other is not part:
            word = type(part).__name__
            where = f" on line {other.place.line}" if other.place and part.place else ""
            yield told(part, Fault("name-taken", f"another {word} has this name{where}", "give each a name of its own"))


def _unnamed(pipeline: Pipeline) -> Iterator[Problem]:
    warehouses = pipeline.given_warehouses
    first = warehouses[0].name or pipeline.name if warehouses else None
    for warehouse in warehouses[1:]:
        if warehouse.name is None:
            yield told(warehouse, Fault("missing-argument", "name is missing", "of several Warehouses each needs one"))
        elif warehouse.name == first and not warehouses[0].name:
            message = "the first Warehouse has this name: it is called like the Pipeline"
            yield told(warehouse, Fault("name-taken", message, "give each a name of its own"))


def _unknown(part: Definition, fault: Fault, name: str, known: Iterable[str]) -> Problem:
    """A name that stands for nothing, with what was probably meant."""
    known = list(dict.fromkeys(known))  # a name that is taken twice is told apart from this
    hint = did_you_mean(name, known, quote='"') or (f"there is {one_of(map(quoted, known))}" if len(known) < 9 else "")
    return told(part, fault._replace(hint=hint))


def _unknown_apps(apps: Sequence[App], others: frozenset[str] | None) -> Iterator[Problem]:
    names = [app.name for app in apps]
    for app in apps:
        for name in app.after or ():
            if name not in names and not _may_be(name, others):
                yield _unknown(
                    app, Fault("unknown-app", f"after names {quoted(name)}, and no App is called so"), name, names
                )


def _upstreams(environments: Sequence[Environment], others: frozenset[str] | None) -> Iterator[Problem]:
    known = dict.fromkeys(environment.name for environment in environments)
    for environment in environments:
        names = said_after(environment) or ()
        for name in names:
            if name not in known and not _may_be(name, others):
                message = f"after names {quoted(name)}, and no Environment is called so"
                yield _unknown(environment, Fault("unknown-upstream", message), name, known)
        yield from _twice(environment, "after", names)


def _cycles(word: str, parts: Sequence[Definition], before: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    by_name = {part.__dict__["name"]: part for part in parts}
    if len(by_name) != len(parts):  # who waits for one of several of one name is not clear
        counts = Counter(part.__dict__["name"] for part in parts)
        before = {name: names for name, names in before.items() if counts[name] == 1}
    if not before.keys() >= {name for names in before.values() for name in names}:
        before = {name: tuple(other for other in names if other in before) for name, names in before.items()}
    for cycle in cycles(before):
        yield told(
            by_name[cycle[0]], Fault("cycle", f"{word} wait for each other: {drawn(cycle)}", "take one after= out")
        )


def _twice(part: Definition, member: str, names: Iterable[str]) -> Iterator[Problem]:
    names = tuple(names)
    if len(names) < 2:
        return
    for name, count in Counter(names).items():
        if count > 1:
            yield told(part, Fault("named-twice", f"{member} names {quoted(name)} {count} times", "name it once"))


def _carried(
    environments: Sequence[Environment], apps: Sequence[App], others: frozenset[str] | None
) -> Iterator[Problem]:
    known = {app.name for app in apps}
    for environment in environments:
        if not environment.apps:
            continue
        for name in environment.apps:
            if name not in known and not _may_be(name, others):
                message = f"apps names {quoted(name)}, and no App is called so"
                yield _unknown(environment, Fault("unknown-app", message), name, [app.name for app in apps])
        yield from _twice(environment, "apps", environment.apps)


def _direct(pipeline: Pipeline, environments: Sequence[Environment]) -> Iterator[Problem]:
    warehouses = pipeline.given_warehouses or (Warehouse(),)
    if any(warehouse.flawed for warehouse in warehouses):
        return
    known = [warehouse.name or pipeline.name for warehouse in warehouses]
    for environment in environments:
        for name in environment.direct if isinstance(environment.direct, tuple) else ():
            if name not in known:
                message = f"direct names {quoted(name)}, and no Warehouse is called so"
                yield _unknown(environment, Fault("unknown-warehouse", message), name, known)


def _gate_names(pipeline: Pipeline, environments: Sequence[Environment]) -> Iterator[Problem]:
    holders: list[Definition] = [environment for environment in environments if environment.gates]
    for holder in (pipeline, *holders):
        gates: Mapping[str, int] = Counter(gate.name for gate in holder.__dict__["gates"] or () if gate.name)
        for name, count in gates.items():
            if count > 1:
                message = f"{count} gates are called {quoted(name)}"
                yield told(holder, Fault("name-taken", message, 'give each a name of its own: name="…"'))


def _policy_names(pipeline: Pipeline, environments: Sequence[Environment]) -> Iterator[Problem]:
    """An Environment has the Pipeline's policies and its own: one name is one policy. So for rules of risk."""
    for name, count in Counter(rule.name for rule in pipeline.risks or () if rule.name).items():
        if count > 1:
            message = f"{count} rules of risk are called {quoted(name)}"
            yield told(pipeline, Fault("name-taken", message, "give each a name of its own"))
    common = [policy.name for policy in pipeline.policies or () if policy.name]
    yield from _named_twice(pipeline, common)
    for environment in environments:
        if environment.policies:
            own = [policy.name for policy in environment.policies if policy.name]
            yield from _named_twice(environment, [*own, *(name for name in dict.fromkeys(common) if name in own)])


def _named_twice(holder: Definition, names: Iterable[str]) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            fault = Fault(
                "name-taken", f"{count} policies are called {quoted(name)}", 'give each a name of its own: name="…"'
            )
            yield told(holder, fault)
