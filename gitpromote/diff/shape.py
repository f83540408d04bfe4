"""What is known of a document's form: how lists are matched, whether their order matters, and what is noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shape:
    """What is known of one place in a document. Nothing known: a list is compared by position, and its order matters.

    :ivar fields: what is known below, by key; ``rest`` speaks of all other keys
    :ivar items: of a list's elements
    :ivar matched: how a list's elements are found again: ``map`` by ``keys``, ``set`` by value, ``position`` by place
    :ivar keys: what a ``map`` list's elements are matched by
    :ivar defaults: what an absent key stands for
    :ivar ordered: whether the order of a ``map`` list matters
    :ivar noise: changes here say nothing about behaviour
    :ivar noise_prefixes: the same for all keys that begin so
    """

    fields: Mapping[str, Shape] = field(default_factory=dict)
    rest: Shape | None = None
    items: Shape | None = None
    matched: Literal["position", "map", "set"] = "position"
    keys: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    ordered: bool = False
    noise: bool = False
    noise_prefixes: tuple[str, ...] = ()

    def child(self, key: str) -> Shape:
        """What is known of the value under a key."""
        found = self.fields.get(key)
        if found is not None:
            return found
        if self.noise_prefixes and key.startswith(self.noise_prefixes):
            return NOISE
        return self.rest or UNKNOWN

    @property
    def element(self) -> Shape:
        """What is known of a list's elements."""
        return self.items or UNKNOWN


UNKNOWN = Shape()
NOISE = Shape(noise=True)
SET = Shape(matched="set")


def fields(**known: Shape) -> Shape:
    """A map of which some fields are known."""
    return Shape(fields=known)


def keyed(*keys: str, of: Shape = UNKNOWN, ordered: bool = False, **defaults: Any) -> Shape:
    """A list whose elements are matched by these keys."""
    return Shape(matched="map", keys=keys, items=of, ordered=ordered, defaults=defaults)


def each(of: Shape) -> Shape:
    """A list that is compared by position, with known elements."""
    return Shape(items=of)


def merged(base: Shape, more: Mapping[str, Shape]) -> Shape:
    """The same with further fields known."""
    return replace(base, fields={**base.fields, **more})
