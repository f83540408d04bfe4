"""Gates: conditions about the journey. Here their common part, and those that read no clock and no server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from gitpromote.model.definition import Definition
from gitpromote.model.fields import Function, Many, OneOrMany, Seconds
from gitpromote.model.names import quoted, shown
from gitpromote.model.problems import Fault

__all__ = ["CEL", "Approvals", "ChangeBudget", "Gate", "Level", "Occasion", "PythonGate"]

Level: TypeAlias = Literal["hard", "soft", "advisory"]
Occasion: TypeAlias = Literal["promote", "hotfix", "rollback", "adopt", "retire"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Gate(Definition):
    """A condition that must hold before something enters an Environment.

    :param name: how outcomes, overrides and expressions call it; once per Environment
    :param level: ``hard``; ``soft`` may be overridden by name; ``advisory`` only tells
    :param applies_to: the occasions that it judges
    """

    means: ClassVar[str] = 'a gate such as Soak("24h")'

    name: str = ""
    level: Level = "hard"
    applies_to: Many[Occasion] = ("promote",)

    def _faults(self) -> Iterable[Fault]:
        if not _NAME.fullmatch(self.name):
            near = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-._")[:63]
            hint = f"write {quoted(near)}" if near else ""
            told = f"the name {shown(self.name)} is not made of letters, digits and . _ -"
            yield Fault("name-invalid", told, hint, "name")
        if not self.applies_to:
            yield Fault("gate-invalid", "applies_to is empty, so it would judge nothing", "leave it out", "applies_to")


class CEL(Gate):
    """A CEL expression that must be true.

    :param name: how it is called
    :param expression: what must hold, such as ``"!schedule.isWeekend"``
    :param tz: the IANA time zone that ``schedule`` speaks of
    """

    kind: ClassVar[str] = "cel"

    name: str = Field(kw_only=False)
    expression: str = Field(kw_only=False)
    tz: str = "UTC"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from zone_faults(self.tz)
        if not self.expression.strip():
            yield Fault("expression-empty", "the expression is empty", 'write CEL("name", "expression")', "expression")


class PythonGate(Gate):
    """A module-level function ``gate(context) -> Outcome`` of the user; it sees recorded facts alone.

    :param function: the function, or ``module:name``
    :param name: default: the function's name
    """

    kind: ClassVar[str] = "python-gate"

    function: Function = Field(kw_only=False)
    name: str = ""

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            if not self.name and self.function:
                self.__dict__["name"] = self.function.rpartition(":")[2]

    def _faults(self) -> Iterable[Fault]:
        return super()._faults() if self.name else ()


class Approvals(Gate):
    """Approvals by people who neither asked for the change nor wrote it.

    :param count: how many
    :param of: groups (``@acme/payments``) or identities that may approve; default: every known signer
    """

    kind: ClassVar[str] = "approvals"

    count: int = Field(kw_only=False)
    of: OneOrMany = ()
    name: str = "approvals"
    applies_to: Many[Occasion] = ("promote", "hotfix")

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from _count_faults("count", self.count)
        if any(not one.strip() for one in self.of):
            yield Fault("gate-invalid", "of holds an empty name", "", "of")


class ChangeBudget(Gate):
    """So many promotions in a stretch of time, and no more.

    :param count: how many
    :param per: the stretch, such as ``"7d"``
    """

    kind: ClassVar[str] = "change-budget"

    count: int = Field(kw_only=False)
    per: Seconds
    name: str = "change-budget"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from _count_faults("count", self.count)


def zone_faults(tz: str) -> Iterable[Fault]:
    """What cannot be an IANA time zone whatever machine reads it."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", tz):
        yield Fault("timezone-unknown", f"tz {shown(tz)} is not a time zone", 'write "Europe/Berlin" or "UTC"', "tz")


def _count_faults(field: str, count: int) -> Iterable[Fault]:
    if not 1 <= count <= 1000:
        yield Fault("number-invalid", f"{field} is {count}, not between 1 and 1000", "", field)
