"""Finding known secrets in any text, in the forms in which they get copied: as they are, escaped, or in base64."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from gitpromote.model.sensitive import Span, disjoint

#: Shorter secrets are not looked for inside other texts: they would be found everywhere.
SHORTEST = 6

_RUN = re.compile(r"[A-Za-z0-9+/=_-]*")
_RUN_BACKWARDS = re.compile(r"[A-Za-z0-9+/_-]*\Z")
_GO_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Copies:
    """An index of secrets. Searching takes time by the text's length, however many secrets there are."""

    __slots__ = ("_forms", "_parts", "_texts")

    def __init__(self, secrets: Iterable[str | bytes]) -> None:
        every = tuple(secrets)
        self._texts = frozenset(every)
        forms: set[str] = set()
        self._parts: set[str] = set()
        for secret in every:
            forms |= written_forms(secret)
            self._parts |= base64_parts(secret)
        grams: dict[str, list[str]] = defaultdict(list)
        for form in forms | self._parts:
            grams[form[:SHORTEST]].append(form)
        self._forms = {gram: sorted(found, key=len, reverse=True) for gram, found in grams.items()}

    def __bool__(self) -> bool:
        return bool(self._forms)

    def __contains__(self, text: str) -> bool:
        """Whether a text as a whole is one of them."""
        return text in self._texts

    def spans(self, text: str) -> list[Span]:
        """Where any of the secrets stands, sorted, none overlapping."""
        forms = self._forms
        starts = [at for at in range(len(text) - SHORTEST + 1) if text[at : at + SHORTEST] in forms]
        if not starts:
            return []
        return disjoint(span for at in starts if (span := self._span(text, at)) is not None)

    def _span(self, text: str, at: int) -> Span | None:
        for form in self._forms[text[at : at + SHORTEST]]:
            if text.startswith(form, at):
                return self._whole(text, at, form)
        return None

    def _whole(self, text: str, at: int, form: str) -> Span:
        """Base64 of a longer text around a secret is hidden as a whole."""
        end = at + len(form)
        if form in self._parts:
            match = _RUN.match(text, end)
            before = _RUN_BACKWARDS.search(text, max(0, at - 65536), at)
            return Span(before.start() if before else at, match.end() if match else end, "a copy")
        return Span(at, end, "a copy")


def written_forms(secret: str | bytes) -> set[str]:
    """A secret as it is, as it stands inside JSON and URLs, and in base64."""
    data = secret.encode() if isinstance(secret, str) else secret
    encoded = base64.b64encode(data).decode()
    forms = {encoded, encoded.rstrip("="), encoded.translate({43: "-", 47: "_"})}
    if isinstance(secret, str):
        escaped = _escaped(secret)
        forms |= {secret, *escaped, *(twice for once in escaped for twice in _escaped(once))}
        forms |= {quote(secret, safe=""), quote_plus(secret), quote(secret)}
    return {form for form in forms if len(form) >= SHORTEST}


def _escaped(text: str) -> set[str]:
    """A text as it stands inside a JSON string: as Python, Go and JavaScript write it."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return {inner, inner.translate(_GO_ESCAPES), json.dumps(text)[1:-1]}


def base64_parts(secret: str | bytes) -> set[str]:
    """What stays of a secret in base64 of a longer text, whatever stands around it."""
    data = secret.encode() if isinstance(secret, str) else secret
    parts = set()
    for shift, skip in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * shift + data).decode()
        part = encoded[skip : (shift + len(data)) * 8 // 6]
        parts |= {part, part.translate({43: "-", 47: "_"})}
    return {part for part in parts if len(part) > SHORTEST}
