"""The changed fields of one object, gathered under the container that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitpromote.model.change import FieldChange, ObjectChange, Path, path_text
from gitpromote.model.words import count, listed
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import visible
from gitpromote.views.values import WIDTH, block_lines, replacement_text, text_lines, value_text

SYMBOLS = {"add": "+", "remove": "-", "replace": "~", "reorder": "~"}
STYLES = {"add": "add", "remove": "delete", "replace": "change", "reorder": "change"}

#: Where the same field changes from another value elsewhere: place in ``fields`` to words that say so.
Asides = Mapping[int, str]


def field_lines(change: ObjectChange, *, asides: Asides | None = None, full: bool = False) -> list[Line]:
    """Every changed field, and how much of the difference is not shown."""
    lines: list[Line] = []
    for head, members in _groups(change.fields):
        if len(members) == 1 or not head:
            for place, field in members:
                lines += _field(field, field.path, 2, (asides or {}).get(place, ""), full)
        else:
            lines.append(line("  ", Span("~ ", "change"), _path(head)))
            for place, field in members:
                lines += _field(field, field.path[len(head) :], 6, (asides or {}).get(place, ""), full)
    return [*lines, *_hidden(change, full=full)]


def whole_object_lines(change: ObjectChange) -> list[Line]:
    """A created or deleted object, all of it."""
    found = next((field for field in change.fields if not field.path), None)
    if found is None:
        return field_lines(change, full=True)
    value, sign, style = (found.after, "+", "add") if found.op == "add" else (found.before, "-", "delete")
    return [line("      ", Span(f"{sign} ", style), text) for text in block_lines(value)]


def _groups(fields: Sequence[FieldChange]) -> list[tuple[Path, list[tuple[int, FieldChange]]]]:
    """Neighbouring fields with the same head; fields without one stand alone."""
    groups: list[tuple[Path, list[tuple[int, FieldChange]]]] = []
    for place, field in enumerate(fields):
        head = _head(field.path)
        if groups and head and groups[-1][0] == head:
            groups[-1][1].append((place, field))
        else:
            groups.append((head, [(place, field)]))
    return groups


def _head(path: Path) -> Path:
    """The path down to the first named element of a list, if the field lies inside it."""
    for place, element in enumerate(path[:-1]):
        if isinstance(element, dict):
            return path[: place + 1]
    return ()


def _field(field: FieldChange, path: Path, indent: int, aside: str, full: bool) -> list[Line]:
    mark = Span(f"{SYMBOLS[field.op]} ", STYLES[field.op])
    note = Span(f"   ({aside})", "faint") if aside else ""
    texts = _text_difference(field)
    if texts is not None:
        signed = [line(" " * (indent + 4), Span(sign, _SIGNS.get(sign, "faint")), f" {text}") for sign, text in texts]
        return [line(" " * indent, mark, f"{_path(path)}:", note), *signed]
    return [line(" " * indent, mark, f"{_path(path)}: ", _words(field, None if full else WIDTH), note)]


_SIGNS = {"+": "add", "-": "delete"}


def _words(field: FieldChange, width: int | None) -> str:
    if field.op == "add":
        at = f"   (at place {field.index + 1})" if field.index is not None else ""
        return value_text(field.after, width=width) + at
    if field.op == "remove":
        return value_text(field.before, width=width)
    if field.op == "reorder":
        return f"reordered {replacement_text(field.before, field.after, width=width)}"
    return replacement_text(
        field.before, field.after, image=bool(field.path) and field.path[-1] == "image", width=width
    )


def _text_difference(field: FieldChange) -> list[tuple[str, str]] | None:
    """The lines that differ, where both sides are texts and one has several lines."""
    before, after = field.before, field.after
    if field.op != "replace" or not isinstance(before, str) or not isinstance(after, str):
        return None
    if "\n" not in before and "\n" not in after:
        return None
    return text_lines(before, after)


def _path(path: Path) -> str:
    return visible(path_text(path))


def _hidden(change: ObjectChange, *, full: bool) -> list[Line]:
    hidden = change.hidden
    parts = []
    if hidden.unchanged:
        parts.append(f"{count(hidden.unchanged, 'unchanged field')} hidden")
    if hidden.noise and not full:
        parts.append(f"{count(hidden.noise, 'noise change')} hidden: {listed(_noise_names(change.noise))}".rstrip(": "))
    if hidden.order:
        parts.append(f"{count(hidden.order, 'reordered list')} hidden")
    if hidden.references:
        parts.append(f"{count(hidden.references, 'reference')} to the new name hidden")
    lines = [line("      ", Span(f"# ({', '.join(parts)})", "faint"))] if parts else []
    if full:
        for field in change.noise:
            lines += _field(field, field.path, 6, "noise", full)
    return lines


def _noise_names(noise: Iterable[FieldChange]) -> list[str]:
    names = (
        element if isinstance(element, str) else path_text((element,)) for field in noise for element in field.path[-1:]
    )
    return list(dict.fromkeys(visible(name) for name in names))
