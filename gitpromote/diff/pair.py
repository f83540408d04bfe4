"""Objects whose name ends in a hash of their content, paired without it, and the references that follow the name.

Kustomize's generators write such names. Without pairing, each change of a setting would be a deletion and a creation.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitpromote.model.manifest import ManifestSet, ObjectRef

#: Ten characters of kustomize's alphabet, which spells no words.
_GENERATED = re.compile(r"(?P<base>.+)-(?P<hash>[2456789bcdfghkmt]{10})\Z")
_KINDS = frozenset({("", "ConfigMap"), ("", "Secret")})


class Pair(NamedTuple):
    """An object before and after, and its name without the hash."""

    before: ObjectRef
    after: ObjectRef
    base: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """All pairs of two renders.

    :ivar pairs: by the identity before
    :ivar names: by namespace: name before to name after, of those that mean one object only
    """

    pairs: Mapping[ObjectRef, Pair] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def taken(self) -> frozenset[ObjectRef]:
        """The identities after."""
        return frozenset(pair.after for pair in self.pairs.values())


def pair_generated(before: ManifestSet, after: ManifestSet) -> Pairing:
    """The objects that stand on one side each and differ in the hash alone; where more than two do, none of them."""
    gone = _by_base(ref for ref in before if ref not in after)
    come = _by_base(ref for ref in after if ref not in before)
    pairs = {
        old[0]: Pair(old[0], come[key][0], key[-1])
        for key, old in gone.items()
        if len(old) == 1 and len(come.get(key, ())) == 1
    }
    return Pairing(pairs, _names(pairs.values()))


def without_hash(ref: ObjectRef) -> str:
    """The name of an object, without the hash of its content where it may have one."""
    match = _GENERATED.match(ref.name) if (ref.group, ref.kind) in _KINDS else None
    return match["base"] if match else ref.name


def _by_base(refs: Iterable[ObjectRef]) -> dict[tuple[str, str, str, str], list[ObjectRef]]:
    found: dict[tuple[str, str, str, str], list[ObjectRef]] = defaultdict(list)
    for ref in refs:
        match = _GENERATED.match(ref.name) if (ref.group, ref.kind) in _KINDS else None
        if match:
            found[ref.group, ref.kind, ref.namespace, match["base"]].append(ref)
    return found


def _names(pairs: Collection[Pair]) -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = defaultdict(dict)
    counts = Counter((pair.before.namespace, pair.before.name) for pair in pairs)
    for pair in pairs:
        if counts[pair.before.namespace, pair.before.name] == 1:
            names[pair.before.namespace][pair.before.name] = pair.after.name
    return dict(names)


def follow(
    before: dict[str, Any], after: dict[str, Any], names: Mapping[str, str]
) -> tuple[dict[str, Any], Counter[str]]:
    """The document before with references to the new names, and how often each new name was put in.

    A name that the document after still holds was not followed, so that it shows.
    """
    if not names:
        return before, Counter()
    kept = names.keys() & _texts(after)
    wanted = {old: new for old, new in names.items() if old not in kept}
    counts: Counter[str] = Counter()
    return _renamed(before, wanted, counts), counts


def _renamed(node: Any, names: Mapping[str, str], counts: Counter[str]) -> Any:
    if isinstance(node, str):
        if node in names:
            counts[names[node]] += 1
            return names[node]
        return node
    if isinstance(node, dict):
        return {key: _renamed(value, names, counts) for key, value in node.items()}
    return [_renamed(value, names, counts) for value in node] if isinstance(node, list) else node


def _texts(node: Any) -> set[str]:
    if isinstance(node, str):
        return {node}
    members = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return {text for member in members for text in _texts(member)}


def with_name(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The document under another name."""
    metadata = data.get("metadata")
    return {**data, "metadata": {**metadata, "name": name}} if isinstance(metadata, dict) else data
