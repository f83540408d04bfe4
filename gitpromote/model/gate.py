"""Gates: conditions about the journey. Their common part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, TypeAlias

from gitpromote.model.definition import Definition
from gitpromote.model.fields import Many
from gitpromote.model.names import quoted, shown
from gitpromote.model.problems import Fault

__all__ = ["PASSED_BY", "Gate", "Level", "Occasion", "zone_faults"]

Level: TypeAlias = Literal["hard", "soft", "advisory"]
Occasion: TypeAlias = Literal["promote", "hotfix", "rollback", "adopt", "retire"]

#: What is said of a gate that judges no hotfixes.
PASSED_BY = "does not apply to a hotfix"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Gate(Definition):
    """A condition that must hold before something enters an Environment.

    :param name: how outcomes, overrides and expressions call it; once per Environment
    :param level: ``hard``; ``soft`` may be overridden by name; ``advisory`` only tells
    :param applies_to: the occasions that it judges
    :param when: a CEL expression over ``plan``, ``change``, ``freight``, ``previousFreight`` and ``environment``: it
        judges only where that is true, such as ``"plan.risk == 'high'"``
    """

    means: ClassVar[str] = 'a gate such as Soak("24h")'
    #: Whether somebody else is asked before it is judged.
    asks: ClassVar[bool] = False

    name: str = ""
    level: Level = "hard"
    applies_to: Many[Occasion] = ("promote",)
    when: str = ""

    def to_data(self) -> dict[str, Any]:
        """Plain data. ``when`` came later, and is left out where it is empty: saved definitions keep their digest."""
        data = super().to_data()
        if not self.when:
            del data["when"]
        return data

    def _faults(self) -> Iterable[Fault]:
        if not _NAME.fullmatch(self.name):
            near = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-._")[:63]
            hint = f"write {quoted(near)}" if near else ""
            told = f"the name {shown(self.name)} is not made of letters, digits and . _ -"
            yield Fault("name-invalid", told, hint, "name")
        if not self.applies_to:
            yield Fault("gate-invalid", "applies_to is empty, so it would judge nothing", "leave it out", "applies_to")
        if self.when and not self.when.strip():
            yield Fault("expression-empty", "the expression of when is empty", "leave when= out", "when")


def zone_faults(tz: str) -> Iterable[Fault]:
    """What cannot be an IANA time zone whatever machine reads it."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", tz):
        yield Fault("timezone-unknown", f"tz {shown(tz)} is not a time zone", 'write "Europe/Berlin" or "UTC"', "tz")
