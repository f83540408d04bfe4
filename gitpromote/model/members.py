"""One member of a definition through its field: shown as Python writes it, read from saved data, kept if sound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from gitpromote.model.fields import Takes
from gitpromote.model.names import quoted

_PLAIN = (str, bool, int, NoneType)

__all__ = ["defaults", "marker_of", "readers", "shown", "sound_members"]


def marker_of(field: FieldInfo) -> Takes | None:
    """What stands beside a field's type, also where the field may be ``None``."""
    return next(_markers(field.annotation, field.metadata), None)


def _markers(annotation: Any, metadata: Collection[Any] = ()) -> Iterator[Takes]:
    yield from (item for item in metadata if isinstance(item, Takes))
    if get_origin(annotation) is Annotated:
        inner, *beside = get_args(annotation)
        yield from _markers(inner, beside)
    elif metadata == () or metadata == []:
        for argument in get_args(annotation):
            if get_origin(argument) is Annotated:
                yield from _markers(argument)


def shown(field: FieldInfo, value: Any) -> str:
    """A member's value as Python writes it, so that it reads back as an equal one."""
    marker = marker_of(field)
    if marker is not None and marker.show is not None and value is not None:
        return marker.show(value)
    return as_python(value)


def as_python(value: Any) -> str:
    """Text in double quotes, tuples as lists."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return f"[{', '.join(as_python(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{as_python(key)}: {as_python(item)}' for key, item in value.items())}}}"
    return repr(value)


Reader = Callable[[Any], Any]


def readers(cls: type[BaseModel], definition_of: Callable[[Mapping[str, Any]], Any]) -> dict[str, Reader]:
    """For each member that is saved in another form than its constructor takes: how to get back.

    :param definition_of: makes a definition of data that has a kind
    """
    found: dict[str, Reader] = {}
    for name, field in cls.model_fields.items():
        marker = marker_of(field)
        if marker is not None and marker.read is not None:
            found[name] = _unless_none(marker.read)
        elif is_mapping(field):
            found[name] = lambda value: _read_mapping(value, definition_of)
        elif not is_plain(field):
            found[name] = lambda value: _read_nested(value, definition_of)
    return found


def _unless_none(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _read_nested(value: Any, definition_of: Callable[[Mapping[str, Any]], Any]) -> Any:
    if isinstance(value, list):
        return tuple([definition_of(item) if isinstance(item, dict) else item for item in value])
    return _read_item(value, definition_of)


def _read_mapping(value: Any, definition_of: Callable[[Mapping[str, Any]], Any]) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _read_item(item, definition_of) for key, item in value.items()}


def _read_item(item: Any, definition_of: Callable[[Mapping[str, Any]], Any]) -> Any:
    if not isinstance(item, dict):
        return item
    if set(item) != {"number"}:
        return definition_of(item)
    try:
        return float(item["number"])
    except (TypeError, ValueError):
        return item


def is_plain(field: FieldInfo) -> bool:
    """Whether the field holds nothing but text, numbers and words: saved as it is."""
    return all(
        part in _PLAIN or get_origin(part) is Literal for part in (get_args(field.annotation) or [field.annotation])
    )


def is_mapping(field: FieldInfo) -> bool:
    """Whether the field holds the user's own keys."""
    candidates = (field.annotation, *get_args(field.annotation))
    return any(candidate is dict or get_origin(candidate) is dict for candidate in candidates)


def defaults(cls: type[BaseModel]) -> list[tuple[str, Any]]:
    """Each member with what it is when nothing is given; ``None`` where something must be."""
    return [
        (name, None if field.is_required() else field.get_default(call_default_factory=True))
        for name, field in cls.model_fields.items()
    ]


def sound_members(cls: type[BaseModel], members: Mapping[str, Any], bad: Collection[str]) -> dict[str, Any]:
    """The given members that are right: what a placeholder lives on with."""
    found = {}
    for name, field in cls.model_fields.items():
        if name in members and name not in bad:
            kind: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
            with suppress(ValidationError):
                found[name] = TypeAdapter(kind).validate_python(members[name], strict=True)
    return found
