"""Every combination of lists: for Environments and Pipelines that differ in more than one thing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

from gitpromote.model.definition import problem
from gitpromote.model.names import kind_of, shown
from gitpromote.model.problems import Fault, Place, report, user_place

__all__ = ["Combination", "matrix"]


class Combination:
    """One value of each axis: ``one.region``.

    Text stands as it is, a number as its text; a folder or a cluster stays what it is and is called by its name.

    :ivar name: the names of all values, in the order of the axes: ``eu-canary``
    :ivar labels: axis to name, for ``Environment(labels=…)`` and ``$label.region``
    """

    __slots__ = ("_values", "labels", "name")

    name: str
    labels: dict[str, str]

    def __init__(self, **values: Any) -> None:
        named = {axis: _name(value) for axis, value in values.items()}
        for member, value in (("_values", values), ("labels", named), ("name", "-".join(named.values()))):
            object.__setattr__(self, member, value)

    def __getattr__(self, axis: str) -> Any:
        try:
            return self._values[axis]
        except KeyError:
            raise AttributeError(f"there is no axis {axis}: there is {', '.join(self._values)}", name=axis) from None

    def __setattr__(self, axis: str, value: object) -> None:
        raise AttributeError("a combination stays as it is")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Combination) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(self.labels.items()))

    def __repr__(self) -> str:
        return f"Combination({', '.join(f'{axis}={value!r}' for axis, value in self._values.items())})"


def matrix(**axes: Iterable[Any]) -> tuple[Combination, ...]:
    """Every combination: ``matrix(region=["eu", "us"], tier=["canary", "main"])`` gives four, the last axis fastest.

    A value is text, a whole number, or what has a name: a folder, a cluster. What is not wanted is left out by ``if``.

    :raises ConfigurationError: an axis is no list, is empty, names a value twice or another kind of value
    """
    faults = [fault for axis, values in axes.items() if (fault := _fault(axis, values)) is not None]
    if faults:
        place = Place(*(user_place() or ("", 0)))
        report([problem(place, fault, "matrix") for fault in faults])
        return ()
    values = [[_value(one) for one in values] for values in axes.values()]
    return tuple(Combination(**dict(zip(axes, one, strict=True))) for one in product(*values)) if axes else ()


def _fault(axis: str, values: object) -> Fault | None:
    if axis in ("name", "labels") or axis.startswith("_"):
        return Fault("name-taken", f"{axis} is no name for an axis: every combination has that already")
    if not isinstance(values, list | tuple | range):
        return Fault("wrong-type", f"{axis} takes a list, not {kind_of(values)}")
    if not values:
        return Fault("matrix-empty", f"{axis} is empty, so there is no combination")
    names: set[str] = set()
    for value in values:
        if isinstance(value, bool) or not (isinstance(value, str | int) or isinstance(_named(value), str)):
            return Fault("wrong-type", f"{axis} takes text, whole numbers and what has a name, not {kind_of(value)}")
        if _name(value) in names:
            return Fault("named-twice", f"{axis} names {shown(_name(value))} twice")
        names.add(_name(value))
    return None


def _value(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _name(value: Any) -> str:
    return value if isinstance(value, str) else str(_named(value))


def _named(value: Any) -> object:
    return str(value) if isinstance(value, int) else getattr(value, "name", None)
