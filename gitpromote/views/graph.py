"""A Pipeline's graph in words and as data; as a drawing it is in :mod:`gitpromote.views.svg`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.model.graph import to_text
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import Plan
from gitpromote.views.environments import decision_text
from gitpromote.views.text import wrapped


def decisions(plan: Plan) -> dict[str, str]:
    """Environment to what a plan decided about it."""
    return {each.name: decision_text(each) for each in plan.environments}


def graph_text(pipeline: Pipeline, *, notes: Mapping[str, str] | None = None, width: int | None = None) -> str:
    """What comes before each Environment, what is special about it, and its note: a line each, or as many as it takes.

    :param width: how many characters a line may have; ``None`` for as many as it takes
    """
    words = notes or {}
    lines = zip(pipeline.order(), to_text(pipeline).splitlines(), strict=True)
    told = (f"{text}; {words[name]}" if name in words else text for name, text in lines)
    indent = max(map(len, pipeline.order()), default=0) + 2
    return "".join(f"{part}\n" for text in told for part in _parts(text, indent, width))


def _parts(text: str, indent: int, width: int | None) -> list[str]:
    """A line, broken between names where it is too long for a screen."""
    if width is None or len(text) <= width:
        return [text]
    first, *more = wrapped(text[indent:], max(width - indent, 1))
    return [text[:indent] + first, *(" " * indent + each for each in more)]


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
