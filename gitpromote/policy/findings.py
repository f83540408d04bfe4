"""Findings told once per cause: not once per container, object or replica."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from gitpromote.model.change import ObjectId, Path
from gitpromote.model.finding import Finding
from gitpromote.policy.scene import Scene

__all__ = ["fold", "objects_of", "placed", "single"]


def fold(findings: Iterable[Finding], scene: Scene) -> tuple[Finding, ...]:
    """One Finding per cause, in an order of their own: whichever order they were found in.

    The same cause is the same rule saying the same at the same place of several objects, whatever the elements of
    lists on the way are called. Two of one object are two causes: mending one leaves the other.
    """
    ordered = sorted(single(findings), key=_order)
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    for one in dict.fromkeys(map(_Same, ordered)):
        cause = _cause(one.finding)
        seen[cause, one.finding.object and one.finding.object.ref] += 1
        number = seen[cause, one.finding.object and one.finding.object.ref]
        groups.setdefault((*cause, number), []).append(one.finding)
    return tuple(placed(_joined(group), scene) for group in groups.values())


def objects_of(findings: Iterable[Finding]) -> int:
    """How many objects some Findings concern, each counted once."""
    return len({one.ref for finding in findings for one in _all(finding)})


def placed(finding: Finding, scene: Scene) -> Finding:
    """With the file, the line and the App of its object, where it does not say them itself."""
    if finding.object is None:
        return finding
    manifest = scene.objects.get(finding.object.ref) or scene.before.get(finding.object.ref)
    if manifest is None or (finding.file and finding.app):
        return finding
    found: dict[str, Any] = {"app": finding.app or manifest.app}
    if not finding.file:
        found |= {"file": manifest.file, "line": manifest.line}
    return finding.model_copy(update=found)


class _Same:
    """A Finding that equals another one which says the same of the same place."""

    __slots__ = ("finding", "key")

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self.key = _order(finding)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def single(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each about one object: some programs fold by themselves."""
    for finding in findings:
        yield finding if not finding.also else finding.model_copy(update={"also": ()})
        for other in finding.also:
            yield finding.model_copy(update={"object": other, "also": (), "file": "", "line": 0, "app": ""})


def _joined(group: list[Finding]) -> Finding:
    first, *others = group
    also = tuple(one.object for one in others if one.object is not None)
    return first.model_copy(update={"also": also}) if also else first


def _cause(finding: Finding) -> tuple[Any, ...]:
    # What concerns no object has only itself for a cause.
    here = (finding.file, finding.line) if finding.object is None else ()
    return (finding.rule, finding.message, finding.hint, finding.excepted, _shape(finding.path), here)


def _shape(path: Path) -> tuple[str, ...]:
    return tuple(element if isinstance(element, str) else "[]" for element in path)


def _order(finding: Finding) -> tuple[Any, ...]:
    of = finding.object.ref if finding.object is not None else ("", "", "", "")
    path = json.dumps(finding.path, sort_keys=True)
    return (finding.rule, finding.message, of, path, finding.hint, finding.excepted, finding.file, finding.line)


def _all(finding: Finding) -> tuple[ObjectId, ...]:
    return (*((finding.object,) if finding.object is not None else ()), *finding.also)
