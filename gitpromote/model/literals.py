"""Secrets that were written out where a reference belongs: refused before anything repeats them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from gitpromote.model.sensitive import looks_like_token, token_spans

__all__ = ["literal_secrets", "without_secrets"]

#: No token is shorter, and most texts of a definition are.
_SHORTEST = 12
_HINT = 'give a reference: SecretEnv("NAME"), SecretFile(path) or SecretCommand([…])'
_IN_ADDRESS = "leave it out: git asks its own credential helpers"


def literal_secrets(members: MutableMapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The members that hold a secret itself: what is wrong and a hint, without the value.

    What can be read only once is replaced by a tuple of what it gave.
    """
    found = {}
    for name, value in members.items():
        if value is None or value is True or value is False or (value.__class__ is str and len(value) < _SHORTEST):
            continue
        if isinstance(value, Iterator):
            members[name] = value = tuple(value)
        what = _what(value)
        if what:
            hint = _IN_ADDRESS if what == "a password in a URL" else _HINT
            found[name] = (f"{name} holds what looks like {what}", hint)
    return found


def _what(value: Any) -> str | None:
    if isinstance(value, str):
        return looks_like_token(value) if len(value) >= _SHORTEST else None
    if isinstance(value, list | tuple):
        return next((what for item in value if (what := _what(item))), None)
    if isinstance(value, dict):
        return next((what for pair in value.items() if (what := _what(pair))), None)
    return None


def without_secrets(text: str) -> str:
    """A message of foreign code, masked where it holds what looks like a token."""
    for span in sorted(token_spans(text), reverse=True):
        text = f"{text[: span.start]}(sensitive){text[span.end :]}"
    return text
