"""Masking: before anything is compared or shown, secrets give way to marks that tell only which of them are equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from gitpromote.diff.copies import SHORTEST, Copies
from gitpromote.diff.fields import Difference
from gitpromote.diff.hide import Hider, hide
from gitpromote.diff.hints import hinting_lines, hints
from gitpromote.diff.labels import Labels, Marks, unnumbered
from gitpromote.diff.masked_text import Secrets, TextMask
from gitpromote.diff.veil import Veil
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.plaintext import plaintext_contents
from gitpromote.model.sensitive_paths import SensitivePath, parse_sensitive_path

#: What to put over a difference before it is shown; ``None`` if it may be shown as it is.
Cover = Callable[[Difference], Difference] | None

_SHORTEST_EXACT = 4
_NAME_PART = re.compile(r"[^A-Za-z0-9]+")

#: Words that stand in manifests everywhere. As a secret they hide nothing, and hiding them hides everything.
_EVERYDAY = """
    admin always application array boolean changeme cluster clusterip config configmap default deployment development
    disabled enabled example false integer ifnotpresent kubernetes localhost namespace nodeport number object opaque
    optional password prod production required secret service staging standard string system test token true user
    username value values
"""


class Redactor:
    """Knows the secrets of some renders, and hides them and their copies wherever they stand.

    Copies are looked for inside any text, also in base64 and escaped, if the secret has at least six characters;
    shorter ones only as the whole value of a variable or of a ConfigMap's key. Texts that occur as names of objects and
    namespaces, and everyday words, are no secrets elsewhere, only in the places where secrets belong.

    :param sets: all renders that are compared or shown together, of both sides
    :param sensitive_paths: further places, see :func:`~gitpromote.model.sensitive_paths.parse_sensitive_path`
    :param known: secrets from elsewhere, such as credentials that may turn up in a tool's messages
    :raises ConfigurationError: ``sensitive-path-invalid``
    """

    def __init__(self, *sets: ManifestSet, sensitive_paths: Iterable[str] = (), known: Iterable[str] = ()) -> None:
        self._paths = tuple(parse_sensitive_path(text) for text in sensitive_paths)
        self._known = sorted({secret for secret in known if secret}, key=len, reverse=True)
        #: Texts of manifests that hold nothing secret but, maybe, copies.
        self._harmless: set[str] = set()
        secrets = self._collect(_distinct(sets))
        self._short = frozenset(text for text in secrets if isinstance(text, str) and _is_short(text))
        copies, marks = Copies(secret for secret in secrets if len(secret) >= _SHORTEST_EXACT), Marks()
        self._veil = Veil(copies, marks)
        self._mask = TextMask(marks, copies=copies, short=self._short)

    def _collect(self, manifests: Sequence[Manifest]) -> list[str | bytes]:
        found = Secrets()
        mask = TextMask(Marks(), found=found)
        lines = hinting_lines(manifest.text for manifest in manifests)
        for manifest in manifests:
            hinted = hints(manifest.text, lines) or self._is_named(manifest)
            if (not hinted or _hidden(manifest, self._paths, mask) is manifest.data) and manifest.text:
                self._harmless.add(manifest.text)
        public = _public_words(manifests) if found.known else frozenset()
        return [*self._known, *(secret for secret in found.known if not _is_public(secret, public))]

    def _is_named(self, manifest: Manifest) -> bool:
        """Whether a sensitive path may lead into it."""
        return any(path.matches(manifest.ref) for path in self._paths) if self._paths else False

    def _needs_walk(self, manifest: Manifest) -> bool:
        """Whether it may hold anything secret beyond copies of what is known."""
        if manifest.text not in self._harmless or self._is_named(manifest):
            return True
        return bool(self._short) and any(_may_stand_in(manifest.text, text) for text in self._short)

    def hidden_pair(self, old: Manifest, new: Manifest) -> tuple[dict[str, Any], dict[str, Any], Cover]:
        """Both sides' data, ready to be compared, and what to put over the differences that are found.

        Marks are equal exactly if what they stand for is. So where there can be nothing but copies of known secrets,
        it is the same, and faster, to hide them in what differs rather than in everything.
        """
        if self._needs_walk(old) or self._needs_walk(new) or new.ref.kind == "CustomResourceDefinition":
            return self.hidden(old), self.hidden(new), None
        return old.data, new.data, self._veil.difference if self._veil else None

    def hidden(self, manifest: Manifest) -> dict[str, Any]:
        """The manifest's data with marks in place of secrets; the very same data where there are none.

        Marks are for comparing, and become text through :class:`~gitpromote.diff.labels.Labels` alone.
        """
        if not self._veil and not self._needs_walk(manifest):
            return manifest.data
        return _hidden(manifest, self._paths, self._mask)

    def masked(self, manifest: Manifest, *, labels: Labels | None = None) -> Manifest:
        """The manifest as it may be shown: ``(sensitive ①)`` in place of secrets, and without its text.

        :param labels: the numbering to go on with, so that equal values keep their number from one object to the next;
            of this Redactor alone
        """
        return replace(manifest, data=(labels or Labels()).plain(self.hidden(manifest)), text="")

    def scrub(self, text: str) -> str:
        """Any other text (a tool's message, a command line) with ``(sensitive)`` in place of secrets."""
        masked = unnumbered(self._mask.text(text))
        for secret in self._known:
            masked = masked.replace(secret, "(sensitive)") if len(secret) < SHORTEST else masked
        return masked

    def is_sensitive(self, manifest: Manifest) -> bool:
        """Whether anything in it is masked."""
        return self.hidden(manifest) is not manifest.data


def plaintext_secret(manifest: Manifest) -> bool:
    """Whether it is a Secret that holds a value in plain text: not encrypted by SOPS, no reference, not empty."""
    return manifest.ref.group == "" and manifest.ref.kind == "Secret" and bool(plaintext_contents(manifest.data))


def _hidden(manifest: Manifest, paths: Sequence[SensitivePath], mask: TextMask) -> dict[str, Any]:
    data: dict[str, Any] = manifest.data
    for path in paths:
        if path.matches(manifest.ref):
            data = path.hidden(data, Hider(mask).whole)
    return hide(data, mask, group=manifest.ref.group, kind=manifest.ref.kind)


def _distinct(sets: Sequence[ManifestSet]) -> list[Manifest]:
    """Each object once where several sides have the same text."""
    found: dict[tuple[ObjectRef, str | int], Manifest] = {}
    for manifests in sets:
        for ref, manifest in manifests.items():
            found[ref, manifest.text or id(manifest)] = manifest
    return list(found.values())


def _is_short(secret: str) -> bool:
    """Looked for as the whole value of a variable alone. Short numbers stand everywhere."""
    return _SHORTEST_EXACT <= len(secret) < SHORTEST and not secret.isdigit()


def _may_stand_in(text: str, secret: str) -> bool:
    """Whether a short secret may be a value in a manifest's text, however it is quoted there."""
    return secret in text or not secret.isalnum() or "\\" in text


def _public_words(manifests: Iterable[Manifest]) -> set[str]:
    words = set(_EVERYDAY.split())
    for manifest in manifests:
        for name in (manifest.ref.name, manifest.ref.namespace, manifest.ref.kind):
            words.add(name.lower())
            words.update(part.lower() for part in _NAME_PART.split(name))
        if manifest.ref.kind == "Secret":
            words.update(key.lower() for key in _secret_keys(manifest.data))
    return words


def _secret_keys(data: dict[str, Any]) -> Iterable[str]:
    return (key for part in ("data", "stringData") if isinstance(data.get(part), dict) for key in data[part])


def _is_public(secret: str | bytes, words: Collection[str]) -> bool:
    return isinstance(secret, str) and secret.strip().lower() in words
