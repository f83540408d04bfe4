"""Order: what comes before what, cycles, waves, and the graph as text or as Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from gitpromote.model.wave import Wave

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["cycles", "drawn", "followers", "order", "to_mermaid", "to_text", "upwards", "waves"]

Edges = Mapping[str, Sequence[str]]
"""Each name with the names that come before it."""


def order(edges: Edges) -> tuple[str, ...]:
    """The names so that each stands behind all that come before it; otherwise as they were given.

    What is part of a cycle, or behind one, is left out.
    """
    if _is_ordered(edges):
        return tuple(edges)
    names = list(edges)
    place = {name: index for index, name in enumerate(names)}
    after = followers(edges)
    missing = {name: len(set(before)) for name, before in edges.items()}
    ready = [place[name] for name, count in missing.items() if not count]
    heapify(ready)
    found = []
    while ready:
        name = names[heappop(ready)]
        found.append(name)
        for follower in after[name]:
            missing[follower] -= 1
            if not missing[follower]:
                heappush(ready, place[follower])
    return tuple(found)


def _is_ordered(edges: Edges) -> bool:
    """Whether each name stands behind all that come before it already: most lists are written so."""
    seen: set[str] = set()
    for name, before in edges.items():
        if before and not seen.issuperset(before):
            return False
        seen.add(name)
    return True


def followers(edges: Edges) -> dict[str, tuple[str, ...]]:
    """Each name with the names that come directly after it, in their order."""
    found: dict[str, list[str]] = {}
    for name, before in edges.items():
        for other in before if len(before) < 2 else dict.fromkeys(before):
            found.setdefault(other, []).append(name)
    return {name: tuple(found.get(name, ())) for name in edges}


def cycles(edges: Edges) -> list[tuple[str, ...]]:
    """Every knot of names that wait for each other, as one cycle each, in the direction of promotion.

    The first name stands at the end again: ``("a", "b", "a")``.
    """
    found: list[tuple[str, ...]] = []
    rest = {name: tuple(before) for name, before in edges.items()}
    while True:
        done = set(order(rest))
        rest = {
            name: tuple(one for one in before if one not in done) for name, before in rest.items() if name not in done
        }
        if not rest:
            return found
        cycle = _cycle(rest)
        found.append(cycle)
        # Everything that waits for this knot is freed by taking it out; what is left is another knot.
        gone = set(cycle)
        rest = {
            name: tuple(one for one in before if one not in gone) for name, before in rest.items() if name not in gone
        }


def _cycle(rest: Edges) -> tuple[str, ...]:
    """One cycle of a graph in which everything waits for something, begun at its first name in the list."""
    path = [next(iter(rest))]
    seen = {path[0]}
    while (before := rest[path[-1]][0]) not in seen:
        path.append(before)
        seen.add(before)
    knot = path[path.index(before) :][::-1]
    place = {name: index for index, name in enumerate(rest)}
    start = knot.index(min(knot, key=lambda name: place[name]))
    knot = [*knot[start:], *knot[:start]]
    return (*knot, knot[0])


def drawn(cycle: Iterable[str]) -> str:
    """``a -> b -> a``."""
    return " -> ".join(cycle)


def waves(edges: Edges) -> tuple[tuple[str, ...], ...]:
    """The names by how many steps they are from a start: each group needs only groups before it."""
    depth: dict[str, int] = {}
    for name in order(edges):
        depth[name] = max((depth[before] + 1 for before in edges[name]), default=0)
    found: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in edges:
        if name in depth:
            found[depth[name]].append(name)
    return tuple(tuple(names) for names in found)


def upwards(edges: Edges, names: Iterable[str]) -> frozenset[str]:
    """These names and everything that comes before them."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges[name]
    return frozenset(found)


def to_text(pipeline: Pipeline) -> str:
    """One line per Environment in order: what comes before it, and what is special about it."""
    names = pipeline.order()
    width = max((len(name) for name in names), default=0)
    return "".join(f"{_line(pipeline, name, width)}\n" for name in names)


def _line(pipeline: Pipeline, name: str, width: int) -> str:
    before, joined = pipeline.upstream(name), pipeline.join(name)
    word = " or " if joined == "any" else ", "
    parts = [f"after {word.join(before)}" if before else "takes Freight directly", *_marks(pipeline, name)]
    return f"{name:<{width}}  {'; '.join(parts)}"


def _marks(pipeline: Pipeline, name: str) -> list[str]:
    environment = pipeline.environment(name)
    apps, wave = environment.apps, environment.wave
    return [
        text
        for text, holds in (
            ("control-flow point", apps is not None and not apps),
            (f"apps {', '.join(apps or ())}", bool(apps)),
            (f"wave {wave.number}" if isinstance(wave, Wave) else "", wave is not None),
            ("production", pipeline.is_production(name)),
        )
        if holds
    ]


def to_mermaid(pipeline: Pipeline) -> str:
    """A Mermaid flowchart: production with a double frame, control-flow points as rhombs, ``any_of`` dotted."""
    names = pipeline.order()
    number = {name: f"e{index}" for index, name in enumerate(names)}
    lines = ["flowchart LR", *(f"  {number[name]}{_shape(pipeline, name)}" for name in names)]
    for name in names:
        arrow = "-.->" if pipeline.join(name) == "any" else "-->"
        lines += [f"  {number[before]} {arrow} {number[name]}" for before in pipeline.upstream(name)]
    return "\n".join(lines) + "\n"


def _shape(pipeline: Pipeline, name: str) -> str:
    apps = pipeline.environment(name).apps
    if apps is not None and not apps:
        return f'{{"{name}"}}'
    return f'[["{name}"]]' if pipeline.is_production(name) else f'["{name}"]'
