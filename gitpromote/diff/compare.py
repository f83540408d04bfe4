"""compare(before, after) -> ChangeSet: which objects change, in which fields, and what follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.diff.draft import Draft
from gitpromote.diff.fields import Difference, Differences
from gitpromote.diff.immutable import immutable_field
from gitpromote.diff.impact import Config, Keys, changed_keys, effect, is_config, readers, reads_any
from gitpromote.diff.labels import Labels, path_is_marked
from gitpromote.diff.pair import Pair, Pairing, follow, pair_generated, with_name
from gitpromote.diff.redact import Cover, Redactor
from gitpromote.diff.schemas import Shapes
from gitpromote.diff.sequence import frozen
from gitpromote.model.change import ChangeSet, Generated, ObjectId, Reader, Restarts
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef

__all__ = ["compare"]


def compare(
    before: ManifestSet,
    after: ManifestSet,
    *,
    redactor: Redactor | None = None,
    list_rules: Iterable[str] = (),
    labels: Labels | None = None,
) -> ChangeSet:
    """What changes from one render to another, masked.

    :param redactor: knows the secrets; by default those of the two renders
    :param list_rules: lists of custom resources, see :func:`~gitpromote.diff.schemas.parse_override`
    :param labels: the numbering of masked values to go on with; by default one of its own
    :raises ConfigurationError: ``list-rule-invalid``
    """
    comparison = _Comparison(
        before, after, redactor or Redactor(before, after), Shapes(before, after, overrides=list_rules)
    )
    drafts = sorted(comparison.drafts(), key=lambda draft: draft.order)
    labels = labels or Labels()
    changes = tuple(draft.change(labels) for draft in drafts)
    return ChangeSet(changes=changes, unchanged=comparison.unchanged)


class _Seen(NamedTuple):
    """Two documents as they were compared, what differs, and which new names were put into the one before."""

    before: dict[str, Any]
    after: dict[str, Any]
    found: Differences
    names: Mapping[str, int]


class _Comparison:
    def __init__(self, before: ManifestSet, after: ManifestSet, redactor: Redactor, shapes: Shapes) -> None:
        self._before = before
        self._after = after
        self._redactor = redactor
        self._shapes = shapes
        self._pairing: Pairing = pair_generated(before, after)
        self._followed: Counter[str] = Counter()
        self.unchanged = 0

    def drafts(self) -> list[Draft]:
        taken = self._pairing.taken
        drafts = [
            self._created(new) for ref, new in self._after.items() if ref not in self._before and ref not in taken
        ]
        for ref, old in self._before.items():
            pair = self._pairing.pairs.get(ref)
            new = self._after.get(ref if pair is None else pair.after)
            draft = self._deleted(old) if new is None else self._updated(old, new, pair)
            if draft is not None:
                drafts.append(draft)
        self._tell_effects(drafts)
        return drafts

    def _created(self, new: Manifest) -> Draft:
        data = self._redactor.hidden(new)
        return Draft(ObjectId.of(new.ref), new, ("create",), after=data, fields=[Difference((), "add", None, data)])

    def _deleted(self, old: Manifest) -> Draft:
        data = self._redactor.hidden(old)
        notes = ["no longer rendered"]
        return Draft(
            ObjectId.of(old.ref), old, ("delete",), before=data, fields=[Difference((), "remove", data)], notes=notes
        )

    def _updated(self, old: Manifest, new: Manifest, pair: Pair | None) -> Draft | None:
        if pair is None and _is_same(old, new):
            self.unchanged += 1
            return None
        before, after, cover = self._redactor.hidden_pair(old, new)
        seen = self._seen(old, new, pair, before, after, cover)
        if cover is not None and any(path_is_marked(each.path) for each in (*seen.found.fields, *seen.found.noise)):
            # Sorted by a key that is secret, fields would tell how it compares with others.
            seen = self._seen(old, new, pair, self._redactor.hidden(old), self._redactor.hidden(new), None)
        if seen.names:
            self._followed.update(seen.names)
        if pair is None and not (seen.found.fields or seen.found.noise or seen.found.order):
            self.unchanged += not seen.names
            return None
        return _draft(old, new, pair, seen)

    def _seen(
        self,
        old: Manifest,
        new: Manifest,
        pair: Pair | None,
        before: dict[str, Any],
        after: dict[str, Any],
        cover: Cover,
    ) -> _Seen:
        if pair is not None:
            before, after = with_name(before, pair.base), with_name(after, pair.base)
        names: Mapping[str, int] = {}
        if self._pairing.names:
            before, names = follow(before, after, self._pairing.names.get(old.ref.namespace, {}))
        found = Differences(before, after, shape=self._shapes.of(new))
        if cover is not None:
            found.fields, found.noise = list(map(cover, found.fields)), list(map(cover, found.noise))
        return _Seen(before, after, found, names)

    def _tell_effects(self, drafts: list[Draft]) -> None:
        """Restarts of workloads that change, and for each changed ConfigMap and Secret who reads it."""
        changed = _changed_configs(drafts)
        replaced = {draft.manifest.ref for draft in drafts if draft.old is not None and "delete" in draft.actions}
        for draft in drafts:
            if draft.old is not None:
                draft.restarts = _effect(draft.old, draft.manifest, changed, replaced)
        known = readers(self._after) if changed else {}
        for draft in drafts:
            ref = draft.manifest.ref
            keys = changed.get(ref.namespace, {}).get(Config(ref.kind, ref.name))
            if keys and draft.old is not None and is_config(ref):
                draft.readers = list(
                    self._readers(known.get((ref.namespace, Config(ref.kind, ref.name)), ()), keys, changed, replaced)
                )
            if draft.generated is not None:
                draft.references = self._followed[draft.generated.after]

    def _readers(
        self,
        known: Iterable[tuple[Manifest, Keys]],
        changed_keys: frozenset[str],
        changed: Changed,
        replaced: set[ObjectRef],
    ) -> Iterator[Reader]:
        for new, keys in sorted(known, key=lambda reading: reading[0].ref):
            old = self._before.get(new.ref)
            if old is not None and reads_any(keys, changed_keys):
                yield Reader(object=ObjectId.of(new.ref), restarts=_effect(old, new, changed, replaced))


#: By namespace: the keys that change in ConfigMaps and Secrets that are there on both sides.
Changed = dict[str, dict[Config, frozenset[str]]]


def _changed_configs(drafts: Iterable[Draft]) -> Changed:
    found: Changed = {}
    for draft in drafts:
        ref = draft.manifest.ref
        if draft.old is not None and is_config(ref):
            found.setdefault(ref.namespace, {})[Config(ref.kind, ref.name)] = changed_keys(draft.old, draft.manifest)
    return found


def _effect(old: Manifest, new: Manifest, changed: Changed, replaced: set[ObjectRef]) -> Restarts:
    return effect(old, new, replaced=new.ref in replaced, changed=changed.get(new.ref.namespace, {}))


def _draft(old: Manifest, new: Manifest, pair: Pair | None, seen: _Seen) -> Draft:
    found = seen.found
    fixed = immutable_field(new.ref, seen.before, found.fields) if pair is None else ""
    return Draft(
        ObjectId.of(new.ref if pair is None else new.ref._replace(name=pair.base)),
        new,
        ("delete", "create") if fixed else ("update",) if found.fields or pair is not None else ("no-op",),
        old=old,
        before=seen.before,
        after=seen.after,
        fields=found.fields,
        noise=found.noise,
        order_count=found.order,
        unchanged=found.unchanged,
        references=sum(seen.names.values()),
        generated=None if pair is None else Generated(before=pair.before.name, after=pair.after.name),
        notes=[f"{fixed} cannot be changed in place"] if fixed else [],
    )


def _is_same(old: Manifest, new: Manifest) -> bool:
    """Equal bytes of canonical JSON: in Python, ``True == 1``."""
    if old.text == new.text and old.text:
        return True
    return old.data == new.data and frozen(old.data) == frozen(new.data)
