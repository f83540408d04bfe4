"""Gates that read no clock and no server: expressions, functions, people, budgets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from gitpromote.model.fields import Function, Many, OneOrMany, Seconds
from gitpromote.model.gate import Gate, Occasion, zone_faults
from gitpromote.model.problems import Fault

__all__ = ["CEL", "Approvals", "ChangeBudget", "PythonGate", "SkipPermission"]


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
            hint = f'write {type(self).__name__}("name", "expression")'
            yield Fault("expression-empty", "the expression is empty", hint, "expression")


class SkipPermission(CEL):
    """Who may leave this Environment out: a request to skip it is granted where the expression is true.

    It judges requests to skip alone, and stops nothing that comes here.

    :param name: how it is called
    :param expression: what must hold, such as ``"freight.labels.hotfix == 'true'"``
    """

    kind: ClassVar[str] = "skip-permission"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        if self.when:
            told = "when does not go with it: what would change is not known when somebody asks to skip"
            yield Fault("gate-invalid", told, "say it in the expression", "when")


class PythonGate(Gate):
    """A module-level function ``gate(context) -> Outcome`` of the user; it sees recorded facts alone.

    :param function: the function, or ``module:name``
    :param name: default: the function's name
    """

    kind: ClassVar[str] = "python-gate"
    asks: ClassVar[bool] = True

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
    :param of: groups (``@acme/payments``, see ``Pipeline(groups=…)``) or identities (addresses) that may approve;
        default: every known signer
    """

    kind: ClassVar[str] = "approvals"
    asks: ClassVar[bool] = True

    count: int = Field(kw_only=False)
    of: OneOrMany = ()
    name: str = "approvals"
    applies_to: Many[Occasion] = ("promote", "hotfix")

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from _count_faults("count", self.count)
        if any(not one.strip() for one in self.of):
            yield Fault("gate-invalid", "of holds an empty name", "", "of")
        people = {one.strip().casefold() for one in self.of}
        if people and len(people) < self.count and not any(one.startswith("@") for one in people):
            told = f"asks for {self.count} approvals and names {len(people)} who may give one"
            yield Fault("gate-invalid", told, "name more of them, or a group", "of")


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


def _count_faults(field: str, count: int) -> Iterable[Fault]:
    if not 1 <= count <= 1000:
        yield Fault("number-invalid", f"{field} is {count}, not between 1 and 1000", "", field)
