"""What pydantic found, in the words of this package: what the argument takes, what was given, what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from gitpromote.model.fields import Takes
from gitpromote.model.members import is_mapping, marker_of
from gitpromote.model.names import did_you_mean, kind_of, one_of, quoted
from gitpromote.model.problems import Fault, UnfitError

if TYPE_CHECKING:
    from gitpromote.model.definition import Definition

__all__ = ["faults", "phrase"]

_PLAIN = {
    str: "text",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    NoneType: "None",
}


def faults(cls: type[Definition], error: ValidationError) -> list[Fault]:
    """One fault per argument that is wrong, and one per item of a list."""
    found: dict[tuple[int | str, ...], Fault] = {}
    for detail in error.errors(include_url=False):
        place = _place(detail["loc"])
        if place not in found:
            found[place] = _fault(cls, place, detail)
    return list(found.values())


def _place(where: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The argument, and the item of it, without the branches of a union that pydantic tried."""
    return where[:2] if len(where) > 1 and isinstance(where[1], int) else where[:1]


def _fault(cls: type[Definition], place: tuple[int | str, ...], detail: Any) -> Fault:
    name = str(place[0])
    if detail["type"] == "extra_forbidden":
        return Fault("unknown-keyword", f"no keyword {name}", did_you_mean(name, cls.model_fields), name)
    field = cls.model_fields[name]
    if detail["type"] == "missing":
        return Fault("missing-argument", f"{name} is missing", f"it takes {phrase(field)}", name)
    label = f"{name}[{place[1]}]" if len(place) > 1 else name
    raised = detail.get("ctx", {}).get("error")
    if isinstance(raised, UnfitError):
        return raised.fault._replace(message=f"{label} {raised.fault.message}", field=name)
    return _wrong(field, label, name, detail["loc"], detail["input"], item=len(place) > 1)


def _wrong(field: FieldInfo, label: str, name: str, where: Sequence[int | str], given: Any, *, item: bool) -> Fault:
    if is_mapping(field) and len(where) > 1:
        return _wrong_in_mapping(field, label, name, str(where[1]), given)
    marker = marker_of(field)
    takes = phrase_of(marker.item) if item and marker is not None else phrase(field)
    words = _words(field)
    if words and isinstance(given, str):
        hint = did_you_mean(given, words, quote='"')
        return Fault("unknown-word", f"{label} takes {takes}, not {quoted(given)}", hint, name)
    return Fault("wrong-type", f"{label} takes {takes}, not {kind_of(given)}", _hint(marker, name, given), name)


def _wrong_in_mapping(field: FieldInfo, label: str, name: str, key: str, given: Any) -> Fault:
    candidate = next(one for one in (field.annotation, *get_args(field.annotation)) if get_origin(one) is dict)
    takes = phrase_of(get_args(candidate)[1])
    hint = ""
    if isinstance(given, bool | int | float):
        hint = f'write "{str(given).lower()}"'
    elif isinstance(given, dict):
        inner = next(iter(given), "key")
        hint = f'write {{"{key}.{inner}": …}}'
    return Fault("wrong-type", f"{label}[{quoted(key)}] takes {takes}, not {kind_of(given)}", hint, name)


def _hint(marker: Takes | None, name: str, given: Any) -> str:
    if marker is not None and marker.item is not None and _fits(marker.item, given):
        return f"write {name}=[{given!r}]" if not isinstance(given, str) else f"write {name}=[{quoted(given)}]"
    return "a set has no order: write a list" if isinstance(given, set | frozenset) else ""


def _fits(kind: Any, given: Any) -> bool:
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return isinstance(plain, type) and isinstance(given, plain)


def _words(field: FieldInfo) -> tuple[str, ...]:
    """The words of a closed vocabulary, if the field is one."""
    found: list[str] = []
    marker = marker_of(field)
    for annotation in (field.annotation, *get_args(field.annotation), marker.item if marker else None):
        if get_origin(annotation) is Literal:
            found += get_args(annotation)
    return tuple(dict.fromkeys(found))


def phrase(field: FieldInfo) -> str:
    """What a field takes, in words."""
    marker = marker_of(field)
    if marker is None:
        return phrase_of(field.annotation)
    return marker.phrase or f"a list of {phrase_of(marker.item, plural=True)}"


def phrase_of(kind: Any, *, plural: bool = False) -> str:
    """What a type holds, in words."""
    origin = get_origin(kind)
    if origin is Annotated:
        return phrase_of(get_args(kind)[0], plural=plural)
    if origin is Literal:
        return one_of(quoted(word) for word in get_args(kind))
    if origin in (Union, UnionType):
        return one_of([phrase_of(part, plural=plural) for part in get_args(kind) if part is not NoneType])
    if origin is dict or kind is dict:
        return f"a dictionary of {phrase_of(get_args(kind)[1], plural=True)}" if get_args(kind) else "a dictionary"
    means: str = getattr(kind, "means", "")
    if plural and means:
        head, such_as, example = means.partition(" such as ")
        noun = head.partition(" ")[2]
        return f"{noun[:-1]}ies{such_as}{example}" if noun.endswith("y") else f"{noun}s{such_as}{example}"
    return means or _PLAIN.get(kind, getattr(kind, "__name__", str(kind)))
