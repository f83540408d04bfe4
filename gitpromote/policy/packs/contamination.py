"""A value that belongs to another Environment: its host, its account, its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.policy.packs.addresses import addresses
from gitpromote.policy.packs.leaves import Leaf, leaves, replaced
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.places import is_at, places
from gitpromote.policy.packs.setting import kinds, lists_by_name, of_kind
from gitpromote.policy.scene import Scene

__all__ = ["CONTAMINATION"]

_HINT = "give this Environment its own value, or add the place to allowed"

#: Fields whose words are Kubernetes' own, or names within the object.
_OTHER_WORDS = frozenset({"key", "kind", "mountPath", "name", "path", "subPath", "type"})


class _Owned(NamedTuple):
    """Texts that belong to Environments: in small letters, with whose they are; what is this one's own is empty.

    The longest counts: ``prod-eu`` is not ``prod``.
    """

    owners: Mapping[str, str]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, others: Mapping[str, str], own: Iterable[str]) -> _Owned:
        owners = {**others, **dict.fromkeys(own, "")} if others else {}
        longest_first = "|".join(map(re.escape, sorted(owners, key=lambda text: (-len(text), text))))
        return cls(owners, re.compile(f"(?<![A-Za-z0-9])(?:{longest_first})(?![A-Za-z0-9])", re.IGNORECASE))

    def first_in(self, text: str) -> tuple[str, str] | None:
        """The first text of another one, and whose it is."""
        names = (match[0].lower() for match in self.pattern.finditer(text))
        return next(((name, self.owners[name]) for name in names if self.owners[name]), None)

    def leaves(self, scene: Scene, settings: Mapping[str, Any]) -> Iterator[tuple[Manifest, Leaf]]:
        """Every value with such a text in it. Most objects have none, which their own text tells."""
        for manifest in _judged(scene, settings) if self.owners else ():
            escaped = not manifest.text or "\\" in manifest.text or manifest.ref.kind == "Secret"
            if escaped or self.first_in(manifest.text):
                for leaf in leaves(manifest):
                    if self.first_in(leaf.text) and not is_at(manifest.ref, leaf.path, settings["allowed"]):
                        yield manifest, leaf


def _declared(values: Mapping[str, Iterable[str]], here: str) -> _Owned:
    """What is said to be whose."""
    others = {text.lower(): name for name, some in values.items() if name != here for text in some}
    return _Owned.of(others, [text.lower() for text in values.get(here, ())])


def declared(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A text that `values` gives to another Environment and not to this one."""
    owned = _declared(settings["values"], scene.environment.name)
    for manifest, leaf in owned.leaves(scene, settings):
        told = owned.first_in(leaf.text)
        if told is not None:
            message = f"{told[0]} belongs to {told[1]}"
            yield found("contamination/declared", manifest, message, path=leaf.path, hint=_HINT)


def environment(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An address, a namespace or a whole value that names another Environment."""
    here = scene.environment.name
    owned = _Owned.of({name.lower(): name for name in (*scene.others, *settings["values"]) if name != here}, [here])
    known = _declared(settings["values"], here)
    for manifest, leaf in owned.leaves(scene, settings):
        name = "" if known.owners and known.first_in(leaf.text) else _named_by(owned, leaf)  # one line is told once
        if name:
            message = f"names the Environment {name}"
            yield found("contamination/environment", manifest, message, path=leaf.path, hint=_HINT)


def _named_by(owned: _Owned, leaf: Leaf) -> str:
    """Which Environment it is about. A name may be any word, so it counts only where names of places stand."""
    last = leaf.path[-1]
    whole = owned.owners.get(leaf.text.strip().lower(), "")
    if whole and isinstance(last, str) and last not in _OTHER_WORDS:
        return whole
    named = [leaf.text] if leaf.path == ("metadata", "namespace") else map(_without_top, addresses(leaf.text))
    told = next((told for text in named if (told := owned.first_in(text))), None)
    return told[1] if told else ""


def _without_top(address: str) -> str:
    """``docker.pkg.dev`` names no Environment; ``redis.dev`` may be a Service in the namespace ``dev``."""
    return address.removesuffix(".dev") if address.count(".") > 1 else address


def address(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An address that takes the place of this Environment's own, and that another Environment has there."""
    for manifest in _judged(scene, settings):
        old = scene.before.get(manifest.ref)
        if scene.others and old is not None and manifest.ref.kind != "Secret":
            for before, leaf in replaced(old.data, manifest.data):
                if not is_at(manifest.ref, leaf.path, settings["allowed"]):
                    yield from _taken_over(scene, manifest, leaf, before)


def _taken_over(scene: Scene, manifest: Manifest, leaf: Leaf, before: str) -> Iterator[Finding]:
    new, old = set(addresses(leaf.text)), set(addresses(before))
    come, gone = new - old, old - new
    for name, objects in scene.others.items() if come and gone and not leaf.may_be_secret else ():
        theirs = set(addresses(_there(objects, manifest, leaf)))
        if come & theirs and not gone & theirs:
            message = f"{min(come & theirs)} is what {name} has here; it takes the place of this Environment's own"
            yield found("contamination/address", manifest, message, path=leaf.path, hint=_HINT)
            return


def _there(objects: ManifestSet, manifest: Manifest, leaf: Leaf) -> str:
    """What another Environment has at the same place of the same object, in whichever namespace."""
    called = manifest.ref._replace(namespace="")
    alike = (each for each in objects.values() if each.ref._replace(namespace="") == called)
    other = objects.get(manifest.ref) or next(alike, None)
    return "" if other is None else next((each.text for each in leaves(other) if each.path == leaf.path), "")


def _judged(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Manifest]:
    return (one for one in scene.objects.values() if not of_kind(one.ref, settings["ignore_kinds"]))


CONTAMINATION = Pack(
    compares=True,
    help="nothing of another Environment or region gets in",
    rules={"declared": declared, "environment": environment, "address": address},
    settings={
        "values": lists_by_name(
            about='Environment or region to what is its own: {"staging": ["staging.example.com", "111122223333"]}'
        ),
        "allowed": places(about='places where it is meant, such as "ConfigMap/peers: data.**"'),
        "ignore_kinds": kinds(about="kinds that are not judged"),
    },
)
