"""A Pipeline as a drawing: columns of environments, arrows between them, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from gitpromote.model.graph import to_text, waves
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.words import clean, shorten

_BOX = (168, 46)
_GAP = (56, 22)
_EDGE = 12
_LETTERS = 24

Places = Mapping[str, tuple[int, int]]


def pipeline_svg(pipeline: Pipeline, *, notes: Mapping[str, str] | None = None) -> str:
    """An SVG document without script or outside fonts; it takes the colour of the text around it.

    :param notes: environment to a few words that stand under its name
    """
    columns = waves({name: pipeline.upstream(name) for name in pipeline.order()})
    places = _places(columns)
    width = 2 * _EDGE + len(columns) * _BOX[0] + max(len(columns) - 1, 0) * _GAP[0]
    height = 2 * _EDGE + max((len(column) for column in columns), default=0) * (_BOX[1] + _GAP[1]) - _GAP[1]
    arrows = [
        _arrow(places, before, name, pipeline.join(name)) for name in places for before in pipeline.upstream(name)
    ]
    boxes = [_box(places[name], name, (notes or {}).get(name, ""), pipeline) for name in places]
    return "\n".join([_head(pipeline, width, height), *arrows, *boxes, "</svg>\n"])


def _places(columns: tuple[tuple[str, ...], ...]) -> Places:
    """Where each box has its upper left corner; short columns are centred."""
    tallest = max((len(column) for column in columns), default=0)
    step_x, step_y = _BOX[0] + _GAP[0], _BOX[1] + _GAP[1]
    return {
        name: (_EDGE + x * step_x, _EDGE + y * step_y + (tallest - len(column)) * step_y // 2)
        for x, column in enumerate(columns)
        for y, name in enumerate(column)
    }


def _head(pipeline: Pipeline, width: int, height: int) -> str:
    title, words = escape(pipeline.name), escape(to_text(pipeline).rstrip())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="14" fill="none" stroke="currentColor">\n'
        f"<title>{title}</title>\n<desc>{words}</desc>\n"
        '<defs><marker id="gitpromote-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>'
    )


def _arrow(places: Places, before: str, name: str, join: str) -> str:
    x1, y1 = places[before][0] + _BOX[0], places[before][1] + _BOX[1] // 2
    x2, y2 = places[name][0], places[name][1] + _BOX[1] // 2
    bend = (x1 + x2) // 2
    dotted = ' stroke-dasharray="3 4"' if join == "any" else ""
    return f'<path d="M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}" marker-end="url(#gitpromote-tip)"{dotted}/>'


def _box(place: tuple[int, int], name: str, note: str, pipeline: Pipeline) -> str:
    x, y = place
    apps = pipeline.environment(name).apps
    round_ = _BOX[1] // 2 if apps is not None and not apps else 6
    frames = [f'<rect x="{x}" y="{y}" width="{_BOX[0]}" height="{_BOX[1]}" rx="{round_}"/>']
    if pipeline.is_production(name):
        inner = f'x="{x + 3}" y="{y + 3}" width="{_BOX[0] - 6}" height="{_BOX[1] - 6}"'
        frames.append(f'<rect {inner} rx="{max(round_ - 3, 2)}"/>')
    middle = x + _BOX[0] // 2
    texts = [_text(middle, y + (20 if note else 28), name)]
    if note:
        texts.append(_text(middle, y + 37, note, small=True))
    return "".join(frames + texts)


def _text(x: int, y: int, words: str, *, small: bool = False) -> str:
    size = ' font-size="11"' if small else ""
    shown = escape(shorten(clean(words), _LETTERS))
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="currentColor" stroke="none"{size}>{shown}</text>'
