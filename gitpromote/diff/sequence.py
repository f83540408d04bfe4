"""Which element of one list is which element of another: by key, by value, or by position."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from marshal import dumps
from operator import itemgetter
from typing import Any, NamedTuple

from gitpromote.diff.shape import Shape
from gitpromote.model.change import OCCURRENCE

#: Up to how many elements, and pairs of equal ones, the smallest difference is looked for: it may take quadratic time.
_ALIGN_ELEMENTS, _ALIGN_MATCHES = 5_000, 50_000


class Label(NamedTuple):
    """Which element: its keys and, where they repeat, the how manieth of them, from 1."""

    keys: tuple[Any, ...]
    occurrence: int

    def matcher(self, names: Sequence[str]) -> dict[str, Any]:
        """The element's place in a path."""
        found = dict(zip(names, self.keys, strict=True))
        if self.occurrence > 1:
            found[OCCURRENCE] = self.occurrence
        return found


class Matched(NamedTuple):
    """Two lists, element by element.

    :ivar pairs: label, index before, index after; by index before
    :ivar removed: label and index before
    :ivar added: label and index after
    """

    pairs: list[tuple[Label, int, int]]
    removed: list[tuple[Label, int]]
    added: list[tuple[Label, int]]

    def moved(self) -> bool:
        """Whether the elements of both lists stand in another order."""
        places = [after for _, _, after in self.pairs]
        return places != sorted(places)


def frozen(value: Any) -> str:
    """A text that two values share exactly if they are the same, types included."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same, types included: in Python, ``True == 1``."""
    kind = old.__class__
    if kind is str:
        return bool(old == new)
    if kind is dict or kind is list:
        # Form 0 of marshal writes the same data in the same bytes, unless maps stand in another order. JSON is slower.
        return bool(old == new) and (dumps(old, 0) == dumps(new, 0) or frozen(old) == frozen(new))
    if kind is float and new.__class__ is float:
        return repr(old) == repr(new)
    return kind is new.__class__ and bool(old == new)


def has_keys(elements: Sequence[Any]) -> bool:
    """Whether every element may have keys to be matched by."""
    return all(element.__class__ is dict for element in elements)


def labels(elements: Sequence[dict[str, Any]], shape: Shape) -> list[Label]:
    """The elements' labels. A key that is absent stands for its default, or for nothing."""
    counts: Counter[str | tuple[str, ...]] = Counter()
    found = []
    for element in elements:
        keys = tuple(element.get(name, shape.defaults.get(name)) for name in shape.keys)
        identity = _identity(keys)
        counts[identity] += 1
        found.append(Label(keys, counts[identity]))
    return found


def match_keyed(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], shape: Shape) -> Matched:
    """Elements with equal keys belong together; where keys repeat, equal elements first, then in their order."""
    names = _unique_names(before, shape)
    if names is not None and names == _unique_names(after, shape):
        return Matched([(Label((name,), 1), index, index) for index, name in enumerate(names)], [], [])
    old, new = labels(before, shape), labels(after, shape)
    found = Matched([], [], [])
    for olds, news in _groups(old, new).values():
        pairs = [(olds[0], news[0])] if len(olds) == len(news) == 1 else _pair_repeated(olds, news, before, after)
        found.pairs.extend((old[i], i, j) for i, j in pairs)
        kept_old, kept_new = {i for i, _ in pairs}, {j for _, j in pairs}
        found.removed.extend((old[i], i) for i in olds if i not in kept_old)
        extra = (j for j in news if j not in kept_new)
        # Counting on from what was there, no label names two elements of one list.
        found.added.extend((Label(new[j].keys, count), j) for count, j in enumerate(extra, start=len(olds) + 1))
    found.pairs.sort(key=itemgetter(1))
    found.removed.sort(key=itemgetter(1))
    found.added.sort(key=itemgetter(1))
    return found


def _groups(old: list[Label], new: list[Label]) -> dict[Any, tuple[list[int], list[int]]]:
    groups: dict[Any, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, every in enumerate((old, new)):
        for index, label in enumerate(every):
            groups[_identity(label.keys)][side].append(index)
    return groups


def _pair_repeated(
    olds: list[int], news: list[int], before: Sequence[Any], after: Sequence[Any]
) -> list[tuple[int, int]]:
    equal: dict[str, list[int]] = defaultdict(list)
    for j in reversed(news):
        equal[frozen(after[j])].append(j)
    pairs = [(i, waiting.pop()) for i in olds if (waiting := equal.get(frozen(before[i])))]
    done_old, done_new = {i for i, _ in pairs}, {j for _, j in pairs}
    rest = zip((i for i in olds if i not in done_old), (j for j in news if j not in done_new), strict=False)
    return [*pairs, *rest]


def _unique_names(elements: Sequence[dict[str, Any]], shape: Shape) -> list[str] | None:
    """The usual case: one key, always there, a text, and never twice."""
    if len(shape.keys) != 1:
        return None
    names: list[Any] = [element.get(shape.keys[0]) for element in elements]
    return names if set(map(type, names)) == {str} and len(set(names)) == len(names) else None


def _identity(keys: tuple[Any, ...]) -> Any:
    if all(key.__class__ is str for key in keys):
        return keys
    return frozen(keys)


class Block(NamedTuple):
    """Elements ``before[i1:i2]`` that became ``after[j1:j2]``."""

    i1: int
    i2: int
    j1: int
    j2: int


def is_permutation(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether both hold the same elements, in whatever order."""
    return len(before) == len(after) and Counter(map(frozen, before)) == Counter(map(frozen, after))


def align(before: Sequence[Any], after: Sequence[Any]) -> list[Block]:
    """The blocks in which two lists differ, as few as can be found in reasonable time."""
    old, new = [frozen(element) for element in before], [frozen(element) for element in after]
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if not old and not new:
        return []
    if not old or not new or _takes_long(old, new):
        return [Block(start, start + len(old), start, start + len(new))]
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Block(i1 + start, i2 + start, j1 + start, j2 + start) for tag, i1, i2, j1, j2 in codes if tag != "equal"]


def _takes_long(old: Sequence[str], new: Sequence[str]) -> bool:
    if max(len(old), len(new)) > _ALIGN_ELEMENTS:
        return True
    counts = Counter(new)
    return sum(counts[element] for element in old) > _ALIGN_MATCHES


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count
