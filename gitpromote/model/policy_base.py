"""What all policies have in common, and which Environments they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from pydantic import Field, InstanceOf

from gitpromote.model.definition import Definition
from gitpromote.model.fields import Many, OneOrMany, Texts
from gitpromote.model.gate import Level, Occasion
from gitpromote.model.names import quoted, shown
from gitpromote.model.problems import Fault

__all__ = ["Match", "Policy"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_EVERY: Any = ("promote", "hotfix", "rollback", "adopt", "retire")


class Match(Definition):
    """Which Environments something is about: those that everything given here fits.

    :param labels: labels that it has: ``{"tier": "gold"}``; values are shell patterns, ``*`` for any
    :param names: its name, or several, as shell patterns: ``"prod-*"``
    :param production: whether it is production
    """

    kind: ClassVar[str] = "match"
    means: ClassVar[str] = "a selection such as Match(production=True)"

    labels: Texts = Field(default_factory=dict)
    names: OneOrMany = ()
    production: bool | None = None

    def matched(self, *, name: str, labels: Mapping[str, str], production: bool) -> dict[str, Any] | None:
        """What each selector found in an Environment; ``None`` where one of them does not fit."""
        found: dict[str, Any] = {}
        for key, pattern in self.labels.items():
            if key not in labels or not fnmatchcase(labels[key], pattern):
                return None
            found.setdefault("labels", {})[key] = labels[key]
        if self.names:
            pattern_or_none = next((one for one in self.names if fnmatchcase(name, one)), None)
            if pattern_or_none is None:
                return None
            found["names"] = pattern_or_none
        if self.production is not None:
            if self.production is not production:
                return None
            found["production"] = production
        return found

    def _faults(self) -> Iterable[Fault]:
        if not self.labels and not self.names and self.production is None:
            yield Fault("match-invalid", "selects by nothing", "leave match= out: then every Environment is meant")
        if any(not one.strip() for one in self.names):
            yield Fault("match-invalid", "names holds an empty name", "", "names")


class Policy(Definition):
    """What must be true of what would be written.

    :param name: how outcomes and overrides call it; once per Environment
    :param level: ``hard``; ``soft`` may be overridden by name; ``advisory`` only tells
    :param applies_to: the occasions that it judges
    :param match: the Environments that it judges; default: all that have it
    """

    means: ClassVar[str] = 'a policy such as Pack("images")'

    name: str = ""
    level: Level = "hard"
    applies_to: Many[Occasion] = _EVERY
    match: InstanceOf[Match] | None = None

    def _faults(self) -> Iterable[Fault]:
        if not _NAME.fullmatch(self.name):
            near = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-._")[:63]
            hint = f"write {quoted(near)}" if near else ""
            told = f"the name {shown(self.name)} is not made of letters, digits and . _ -"
            yield Fault("name-invalid", told, hint, "name")
        if not self.applies_to:
            yield Fault(
                "policy-invalid", "applies_to is empty, so it would judge nothing", "leave it out", "applies_to"
            )
