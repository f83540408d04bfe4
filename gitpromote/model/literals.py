"""Texts that a definition must not hold: secrets written out where a reference belongs, and what no file can hold."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from gitpromote.model.problems import Fault
from gitpromote.model.sensitive import looks_like_token, token_spans

__all__ = ["unfit_texts", "without_secrets"]

#: No token is shorter, and most texts of a definition are.
_SHORTEST = 12
_HINT = 'give a reference: SecretEnv("NAME"), SecretFile(path) or SecretCommand([…])'
_IN_ADDRESS = "leave it out: git asks its own credential helpers"


def unfit_texts(members: MutableMapping[str, Any]) -> list[Fault]:
    """What is wrong with the texts that were given, whichever member they are in; a secret is never repeated.

    What can be read only once is replaced by a tuple of what it gave.
    """
    faults = []
    for name, value in members.items():
        if value is None or value is True or value is False:
            continue
        if value.__class__ is str and len(value) < _SHORTEST and value.isascii():
            continue
        if isinstance(value, Iterator):
            members[name] = value = tuple(value)
        what = next((what for text in _texts(value) if (what := _what(text))), None)
        if what:
            faults.append(_fault(name, what))
    return faults


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _texts(pair)


def _what(text: str) -> str | None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "surrogates"
    return looks_like_token(text) if len(text) >= _SHORTEST else None


def _fault(name: str, what: str) -> Fault:
    if what == "surrogates":
        return Fault("text-invalid", f"{name} holds half a character, which no file can hold", "", name)
    hint = _IN_ADDRESS if what == "a password in a URL" else _HINT
    return Fault("literal-secret", f"{name} holds what looks like {what}", hint, name)


def without_secrets(text: str) -> str:
    """A message of foreign code, masked where it holds what looks like a token."""
    for span in sorted(token_spans(text), reverse=True):
        text = f"{text[: span.start]}(sensitive){text[span.end :]}"
    return text
