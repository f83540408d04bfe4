"""A Pipeline's graph in words and as data; as a drawing it is in :mod:`gitpromote.views.svg`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.model.graph import to_text
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import Plan
from gitpromote.views.environments import decision_text


def decisions(plan: Plan) -> dict[str, str]:
    """Environment to what a plan decided about it."""
    return {each.name: decision_text(each) for each in plan.environments}


def graph_text(pipeline: Pipeline, *, notes: Mapping[str, str] | None = None) -> str:
    """One line per Environment: what comes before it, what is special about it, and its note."""
    words = notes or {}
    lines = zip(pipeline.order(), to_text(pipeline).splitlines(), strict=True)
    return "".join(f"{text}; {words[name]}\n" if name in words else f"{text}\n" for name, text in lines)


def graph_data(pipeline: Pipeline, *, notes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Nodes in order and the edges between them."""
    words = notes or {}
    nodes = [
        {"name": name, "production": pipeline.is_production(name), "join": pipeline.join(name)}
        | ({"note": words[name]} if name in words else {})
        for name in pipeline.order()
    ]
    edges = [{"from": before, "to": name} for name in pipeline.order() for before in pipeline.upstream(name)]
    return {"pipeline": pipeline.name, "nodes": nodes, "edges": edges}
