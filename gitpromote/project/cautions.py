"""What is valid, and will not do what it seems to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gitpromote.errors import Problem
from gitpromote.model.definition import problem
from gitpromote.model.gate_plain import Approvals
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.problems import Fault


def cautions(pipeline: Pipeline) -> tuple[Problem, ...]:
    """Groups that are to approve in a pipeline which does not say who is in them: until it does, nobody can."""
    return tuple(_groupless(pipeline)) if pipeline.groups is None else ()


def _groupless(pipeline: Pipeline) -> Iterator[Problem]:
    from gitpromote.adapters.pipeline_reading import shown_path

    every = [*(pipeline.gates or ()), *(gate for one in pipeline.environments for gate in one.gates or ())]
    gates = {id(gate): gate for gate in every if isinstance(gate, Approvals)}
    for gate in gates.values():
        for name in (one for one in gate.of if one.startswith("@")):
            address = name.removeprefix("@")
            hint = f'did you mean "{address}"?' if "@" in address else 'write Pipeline(…, groups="groups.yaml")'
            fault = Fault("groups-missing", f"of names {name}, and no groups= says who that is", hint, "of")
            told = problem(gate.place, fault, gate.subject)
            told.path = shown_path(Path(told.path)) if told.path else ""
            yield told
