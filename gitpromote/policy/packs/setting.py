"""What a pack may be told: each setting with its default, what it takes, and one line of help."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from gitpromote.model.manifest import ObjectRef
from gitpromote.model.names import did_you_mean, kind_of, one_of, quoted, shown
from gitpromote.model.problems import Fault

__all__ = [
    "KUBERNETES",
    "Setting",
    "kinds",
    "lists_by_name",
    "minor_of",
    "names",
    "of_kind",
    "switch",
    "texts_by_name",
    "version",
    "word",
]

#: The version of Kubernetes that is meant where nobody says one.
KUBERNETES = "1.34"

_VERSION = re.compile(r"v?1\.([0-9]{1,3})(?:\.[0-9]+)?(?:[-+].*)?")
_KIND = re.compile(r"(?:[A-Za-z0-9.*?-]+/)?[A-Za-z0-9*?]+")


class Setting(NamedTuple):
    """One setting.

    :ivar takes: completes "takes …"
    :ivar problem: why a value cannot be used, with a hint; ``None`` if it can
    """

    default: Any
    takes: str
    help: str
    problem: Callable[[Any], tuple[str, str] | None]

    def faults(self, name: str, value: Any) -> Iterable[Fault]:
        """What is wrong with a value."""
        found = self.problem(value)
        if found is not None:
            reason, hint = found
            told = f"settings[{quoted(name)}] takes {self.takes}, not {reason}"
            yield Fault("pack-setting-invalid", told, hint, "settings")


def word(default: str, *words: str, about: str) -> Setting:
    """One of a few words."""

    def problem(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, str):
            return kind_of(value), ""
        return None if value in words else (shown(value), did_you_mean(value, words, quote='"'))

    return Setting(default, one_of(map(quoted, words)), about, problem)


def switch(default: bool, *, about: str) -> Setting:
    """Yes or no."""
    return Setting(
        default, "True or False", about, lambda value: None if isinstance(value, bool) else (kind_of(value), "")
    )


def names(*default: str, about: str, some: bool = False) -> Setting:
    """A list of names, mostly shell patterns.

    :param some: whether it must not be empty
    """
    return Setting(default, "a list of texts", about, lambda value: _list_problem(value, some=some))


def kinds(*default: str, about: str) -> Setting:
    """A list of kinds as shell patterns: ``Deployment``, ``apps/*``."""

    def problem(value: Any) -> tuple[str, str] | None:
        found = _list_problem(value, some=False)
        if found is not None:
            return found
        strange = next((each for each in value if not _KIND.fullmatch(each)), None)
        hint = 'write "Deployment", "apps/*" or "networking.k8s.io/Ingress"'
        return None if strange is None else (f"one with {shown(strange)}", hint)

    return Setting(default, "a list of kinds", about, problem)


def version(*, about: str) -> Setting:
    """A version of Kubernetes such as ``1.34``."""

    def problem(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, str):
            return kind_of(value), f'write "{KUBERNETES}"'
        return None if _VERSION.fullmatch(value) else (shown(value), f'write "{KUBERNETES}"')

    return Setting(KUBERNETES, f'a version of Kubernetes such as "{KUBERNETES}"', about, problem)


def lists_by_name(*, about: str) -> Setting:
    """Names, each with a list of texts."""

    def problem(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, dict):
            return kind_of(value), ""
        for name, item in value.items():
            found = _list_problem(item, some=False)
            if found is not None:
                return f"{found[0]} for {shown(name)}", found[1]
        return None

    return Setting({}, "a dictionary of lists", about, problem)


def texts_by_name(*, about: str) -> Setting:
    """Names, each with a regular expression."""

    def problem(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, dict):
            return kind_of(value), ""
        for name, item in value.items():
            if not isinstance(item, str):
                return f"{kind_of(item)} for {shown(name)}", ""
            try:
                re.compile(item)
            except re.error as error:
                return f"{shown(item)} for {shown(name)}, which is no regular expression: {error}", ""
        return None

    return Setting({}, "a dictionary of regular expressions", about, problem)


def _list_problem(value: Any, *, some: bool) -> tuple[str, str] | None:
    if isinstance(value, str):
        return kind_of(value), f"write [{quoted(value)}]"
    if not isinstance(value, list | tuple):
        return kind_of(value), ""
    strange = next((each for each in value if not isinstance(each, str) or not each.strip()), None)
    if strange is not None:
        return "one with an empty text" if isinstance(strange, str) else f"one with {kind_of(strange)}", ""
    return ("an empty one", "") if some and not value else None


def minor_of(text: str) -> int:
    """The second number of a version of Kubernetes, which is sound."""
    match = _VERSION.fullmatch(text)
    return int(match[1]) if match else 0


def of_kind(ref: ObjectRef, patterns: Iterable[str]) -> bool:
    """Whether an object is of one of some kinds: ``Deployment``, ``apps/*``, ``/Service`` in any group."""
    for pattern in patterns:
        group, slash, kind = pattern.rpartition("/")
        if fnmatchcase(ref.kind, kind) and (not slash or fnmatchcase(ref.group, group)):
            return True
    return False
