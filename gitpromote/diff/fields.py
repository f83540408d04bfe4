"""Which fields differ between two documents of a known Shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from gitpromote.diff.sequence import Block, Label, Matched, align, frozen, has_keys, is_permutation, match_keyed, same
from gitpromote.diff.shape import Shape
from gitpromote.model.change import Op, Path

_ABSENT = object()


class Difference(NamedTuple):
    """One field that differs, its values as they are; see :class:`~gitpromote.model.change.FieldChange`."""

    path: Path
    op: Op
    before: Any = None
    after: Any = None
    place: int | None = None


class Differences:
    """What differs between two documents.

    :ivar fields: what is shown, sorted by key
    :ivar noise: what is not
    :ivar order: how many lists differ in an order that does not matter
    :ivar unchanged: how many members are equal, in those maps and lists that differ
    """

    __slots__ = ("_sink", "fields", "noise", "order", "unchanged")

    def __init__(self, before: dict[str, Any], after: dict[str, Any], *, shape: Shape) -> None:
        self.fields: list[Difference] = []
        self.noise: list[Difference] = []
        self.order = 0
        self.unchanged = 0
        self._sink = self.fields
        self._maps(before, after, shape, ())

    def _maps(self, before: dict[str, Any], after: dict[str, Any], shape: Shape, path: Path) -> None:
        differing = [key for key, old in before.items() if not same(old, after.get(key, _ABSENT))]
        equal = len(before) - len(differing)
        self.unchanged += equal
        if len(after) > equal:
            differing += [key for key in after if key not in before]
        if len(differing) > 1:
            differing.sort()
        for key in differing:
            child = shape.fields.get(key) or shape.child(key)
            old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
            if old.__class__ is dict and new.__class__ is dict and not child.noise:
                self._maps(old, new, child, (*path, key))
            else:
                self._member(old, new, child, (*path, key))

    def _member(self, old: Any, new: Any, shape: Shape, path: Path) -> None:
        sink = self._sink
        if shape.noise:
            self._sink = self.noise
        if old is _ABSENT:
            self._absent("add", path, new, shape)
        elif new is _ABSENT:
            self._absent("remove", path, old, shape)
        else:
            self._values(old, new, shape, path)
        self._sink = sink

    def _absent(self, op: Op, path: Path, value: Any, shape: Shape) -> None:
        """A member that one side lacks. What is noise in it is reported apart."""
        quiet = (
            {key: child for key, child in value.items() if shape.child(key).noise} if _may_split(value, shape) else {}
        )
        if not quiet or self._sink is self.noise:
            self._sink.append(_lacking(op, path, value))
        elif len(quiet) == len(value):
            self.noise.append(_lacking(op, path, value))
        else:
            self.fields.append(_lacking(op, path, {key: child for key, child in value.items() if key not in quiet}))
            self.noise.extend(_lacking(op, (*path, key), quiet[key]) for key in sorted(quiet))

    def _values(self, old: Any, new: Any, shape: Shape, path: Path) -> None:
        if old.__class__ is dict and new.__class__ is dict:
            self._maps(old, new, shape, path)
        elif old.__class__ is list and new.__class__ is list:
            self._lists(old, new, shape, path)
        else:
            self._sink.append(Difference(path, "replace", old, new))

    def _lists(self, old: list[Any], new: list[Any], shape: Shape, path: Path) -> None:
        if shape.matched == "map" and has_keys(old) and has_keys(new):
            self._keyed(old, new, shape, path)
        elif shape.matched == "set":
            self._set(old, new, path)
        elif is_permutation(old, new):
            if not all(map(same, old, new)):
                self._sink.append(Difference(path, "reorder", old, new))
        else:
            self._by_position(old, new, shape, path)

    def _keyed(self, old: list[Any], new: list[Any], shape: Shape, path: Path) -> None:
        matched = match_keyed(old, new, shape)
        if matched.moved():
            self._moved(matched, shape, path)
        differing = [pair for pair in matched.pairs if not same(old[pair[1]], new[pair[2]])]
        self.unchanged += len(matched.pairs) - len(differing)
        for label, i, j in _in_order(differing, 2, shape):
            self._values(old[i], new[j], shape.element, (*path, label.matcher(shape.keys)))
        for label, i in _in_order(matched.removed, 1, shape):
            self._sink.append(Difference((*path, label.matcher(shape.keys)), "remove", old[i]))
        for label, j in _in_order(matched.added, 1, shape):
            place = j if shape.ordered else None
            self._sink.append(Difference((*path, label.matcher(shape.keys)), "add", None, new[j], place))

    def _moved(self, matched: Matched, shape: Shape, path: Path) -> None:
        if not shape.ordered:
            self.order += self._sink is self.fields
            return
        before = [label.matcher(shape.keys) for label, _, _ in matched.pairs]
        after = [label.matcher(shape.keys) for label, _, _ in sorted(matched.pairs, key=lambda pair: pair[2])]
        self._sink.append(Difference(path, "reorder", before, after))

    def _set(self, old: list[Any], new: list[Any], path: Path) -> None:
        """Elements by their value; places are those in each list, and say nothing more."""
        gone = _not_in(old, new)
        come = _not_in(new, old)
        kept = [frozen(value) for index, value in enumerate(old) if index not in gone]
        if kept != [frozen(value) for index, value in enumerate(new) if index not in come]:
            self.order += self._sink is self.fields
        self.unchanged += len(kept)
        for index in sorted(gone, key=lambda index: frozen(old[index])):
            self._sink.append(Difference((*path, index), "remove", old[index]))
        for index in sorted(come, key=lambda index: frozen(new[index])):
            self._sink.append(Difference((*path, index), "add", None, new[index]))

    def _by_position(self, old: list[Any], new: list[Any], shape: Shape, path: Path) -> None:
        blocks = align(old, new)
        self.unchanged += len(old) - sum(block.i2 - block.i1 for block in blocks)
        for i, j in _places(blocks):
            if i < 0:
                self._sink.append(Difference((*path, j), "add", None, new[j]))
            elif j < 0:
                self._sink.append(Difference((*path, i), "remove", old[i]))
            elif same(old[i], new[j]):
                self.unchanged += 1
            else:
                self._values(old[i], new[j], shape.element, (*path, j))


def _places(blocks: Iterable[Block]) -> Iterator[tuple[int, int]]:
    """Places before and after that belong together, then those without a partner; -1 stands for none."""
    for i1, i2, j1, j2 in blocks:
        pairs = min(i2 - i1, j2 - j1)
        yield from zip(range(i1, i1 + pairs), range(j1, j1 + pairs), strict=True)
        yield from ((i, -1) for i in range(i1 + pairs, i2))
        yield from ((-1, j) for j in range(j1 + pairs, j2))


def _lacking(op: Op, path: Path, value: Any) -> Difference:
    return Difference(path, op, None, value) if op == "add" else Difference(path, op, value)


def _may_split(value: Any, shape: Shape) -> bool:
    return value.__class__ is dict and bool(shape.fields or shape.noise_prefixes)


def _in_order(entries: Sequence[Any], place: int, shape: Shape) -> list[Any]:
    """Where order matters, in that of the list; otherwise by label, so that the order of the list changes nothing."""
    if len(entries) < 2:
        return list(entries)
    if shape.ordered:
        return sorted(entries, key=lambda entry: entry[place])
    return sorted(entries, key=_by_label)


def _by_label(entry: tuple[Label, Any]) -> tuple[str, int]:
    return frozen(entry[0].keys), entry[0].occurrence


def _not_in(elements: list[Any], others: list[Any]) -> set[int]:
    """The indexes of elements that the other list has not, or not so often."""
    left = Counter(map(frozen, others))
    missing = set()
    for index, element in enumerate(elements):
        text = frozen(element)
        if left[text]:
            left[text] -= 1
        else:
            missing.add(index)
    return missing
