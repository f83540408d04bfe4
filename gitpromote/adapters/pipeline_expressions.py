"""What is wrong with the expressions of a pipeline file: names, types, grammar, told with file and line at load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gitpromote.errors import Problem
from gitpromote.model.definition import Definition, problem
from gitpromote.model.gate import Gate
from gitpromote.model.gate_evidence import HTTP, Prometheus
from gitpromote.model.gate_plain import CEL
from gitpromote.model.gate_time import Freeze, Window
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.problems import Fault
from gitpromote.model.subscription import Chart, Git, Image, Subscription
from gitpromote.model.warehouse import Coherence, Warehouse

if TYPE_CHECKING:
    from gitpromote.cel.declare import Declaration

__all__ = ["expression_problems"]


class _Said(NamedTuple):
    """An expression of a definition. ``of`` says which declaration it has, with what that is made from."""

    holder: Definition
    member: str
    text: str
    of: tuple[object, ...]


def expression_problems(pipelines: Iterable[Pipeline]) -> list[Problem]:
    """Every problem of every expression, and ready-made rules that would compare nothing.

    Definitions that could not be made are passed over: what is wrong with them has been told.
    """
    pipelines = list(pipelines)
    said: dict[tuple[int, str], _Said] = {}
    for pipeline in pipelines:
        for one in _said(pipeline):
            said.setdefault((id(one.holder), one.member), one)
    problems = [fault for pipeline in pipelines for fault in _idle(pipeline)]
    return [*problems, *_invalid(said.values())] if said else problems


def _invalid(said: Iterable[_Said]) -> Iterator[Problem]:
    # The floor of expressions is not loaded by a pipeline that has none.
    from gitpromote.cel.expression import problems_in

    for one in said:
        for wrong in problems_in(one.text, _declaration(one.of)):
            fault = Fault("expression-invalid", f"{one.member}, {wrong.told}", wrong.hint, one.member)
            yield problem(one.holder.place, fault, one.holder.subject)


def _declaration(of: tuple[object, ...]) -> Declaration:
    from gitpromote.cel import contexts

    match of:
        case ("where", *subscriptions):
            return contexts.assembly([one for one in subscriptions if isinstance(one, Subscription)])
        case ("commit",):
            return contexts.commit_filter()
        case ("gate", Pipeline() as pipeline):
            gates = list(_gates(pipeline))
            return contexts.gates(
                environments=[one.name for one in pipeline.environments],
                metrics=[gate.name for gate in gates if isinstance(gate, Prometheus)],
                windows=[gate.name for gate in gates if isinstance(gate, Window | Freeze)],
            )
        case ("answer",):
            return contexts.http_answer()
        case ("when",):
            return contexts.when()
    return contexts.auto()


def _said(pipeline: Pipeline) -> Iterator[_Said]:
    for warehouse, subscriptions in _warehouses(pipeline):
        if isinstance(warehouse.where, str):
            yield _Said(warehouse, "where", warehouse.where, ("where", *subscriptions))
        for one in warehouse.subscriptions or ():
            if isinstance(one, Git) and one.where is not None and not one.flawed:
                yield _Said(one, "where", one.where, ("commit",))
    for environment in pipeline.environments or ():
        if isinstance(environment.auto, str) and not environment.flawed:
            yield _Said(environment, "auto", environment.auto, ("auto",))
    for gate in _gates(pipeline):
        if gate.when and not gate.flawed:
            yield _Said(gate, "when", gate.when, ("when",))
        if isinstance(gate, CEL) and not gate.flawed:
            yield _Said(gate, "expression", gate.expression, ("gate", pipeline))
        elif isinstance(gate, HTTP) and gate.success is not None and not gate.flawed:
            yield _Said(gate, "success", gate.success, ("answer",))


def _gates(pipeline: Pipeline) -> Iterator[Gate]:
    yield from pipeline.gates or ()
    for environment in pipeline.environments or ():
        yield from environment.gates or ()


def _warehouses(pipeline: Pipeline) -> Iterator[tuple[Warehouse, Sequence[Subscription]]]:
    """The Warehouses that are sound, each with what it subscribes to, implied sources included."""
    given = pipeline.given_warehouses
    whole = () if pipeline.flawed else pipeline.warehouses
    for number, warehouse in enumerate(given):
        if warehouse.flawed:
            continue
        subscriptions = (whole[number] if whole else warehouse).subscriptions
        lacks_source = not whole and number == 0 and not any(isinstance(one, Git) for one in subscriptions)
        yield warehouse, (*subscriptions, Git()) if lacks_source else subscriptions


_NEEDS = {
    "same-commit": ((Image,), (Git,)),
    "same-version": ((Image, Chart), (Image, Chart)),
    "app-version": ((Chart,), (Image,)),
}
_WORDS = {
    "same-commit": "an Image and a Git",
    "same-version": "two Images or Charts",
    "app-version": "an Image and a Chart",
}


def _idle(pipeline: Pipeline) -> Iterator[Problem]:
    for warehouse, subscriptions in _warehouses(pipeline):
        if isinstance(warehouse.where, Coherence) and not warehouse.where.flawed:
            rule = warehouse.where.rule
            first, second = _NEEDS[rule]
            found = [one for one in subscriptions if isinstance(one, first + second)]
            pair = any(isinstance(one, first) for one in found) and any(isinstance(one, second) for one in found)
            if not pair or len(found) < 2:
                fault = Fault("where-idle", f"{warehouse.where!r} compares {_WORDS[rule]}, which it does not have")
                yield problem(warehouse.place, fault._replace(hint="leave where= out"), warehouse.subject)
