"""Environments: where something is promoted to, who judges it, which agent runs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, InstanceOf

from gitpromote.model.agent import Agent
from gitpromote.model.definition import Definition, name_faults
from gitpromote.model.fields import Many, OneOrMany, Takes, Texts
from gitpromote.model.gate import Gate
from gitpromote.model.members import as_python
from gitpromote.model.names import kind_of, quoted, shown
from gitpromote.model.policy_base import Policy
from gitpromote.model.problems import Fault, UnfitError
from gitpromote.model.target import Written
from gitpromote.model.wave import InWave

__all__ = ["AnyOf", "Delivery", "Environment", "any_of"]

Delivery: TypeAlias = Literal["push", "pull_request"]
_LABEL = re.compile(r"(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LATER = frozenset({"wave", "moved", "policies"})
_SELECT = re.compile(r"newest|match-upstream|sequential\([1-9]\d{0,5}\)")


class AnyOf(Definition):
    """Environments of which one is enough; :func:`any_of` makes it."""

    kind: ClassVar[str] = "any-of"
    means: ClassVar[str] = 'any_of("a", "b")'

    names: Many[str] = Field(kw_only=False)

    def _faults(self) -> Iterable[Fault]:
        if not self.names:
            yield Fault("missing-argument", "no name is given", 'write any_of("a", "b")', "names")

    def _line(self) -> str:
        return f"any_of({', '.join(quoted(name) for name in self.names or ())})"


def any_of(*names: str) -> AnyOf:
    """``after=any_of("a", "b")``: what is verified in one of them may come. ``after=["a", "b"]`` asks for all."""
    return AnyOf(names)


def _as_after(value: object) -> object:
    if value is None or isinstance(value, AnyOf):
        return value
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Environment) and value.name:
        raise UnfitError(
            Fault("wrong-type", "takes the name of an Environment, not the Environment", f'write "{value.name}"')
        )
    names = tuple(value) if isinstance(value, list | tuple) else None
    if names is None or not all(isinstance(name, str) for name in names):
        odd = next((name for name in names or () if not isinstance(name, str)), value)
        hint = f"write after=[{quoted(odd.name)}, …]" if isinstance(odd, Environment) else ""
        raise UnfitError(Fault("wrong-type", f"takes names of Environments, not {kind_of(odd)}", hint))
    return names


def after_data(after: Any) -> dict[str, list[str]] | None:
    """How ``after`` stands in saved data."""
    if after is None:
        return None
    return {"any": list(after.names)} if isinstance(after, AnyOf) else {"all": list(after)}


def _show_after(value: Any) -> str:
    """One name alone as text."""
    return quoted(value[0]) if isinstance(value, tuple) and len(value) == 1 else as_python(value)


def _read_after(data: Any) -> Any:
    names = data.get("any") if isinstance(data, dict) else None
    return any_of(*names) if names is not None else data.get("all", data) if isinstance(data, dict) else data


if TYPE_CHECKING:
    After: TypeAlias = str | Sequence[str] | AnyOf | None
else:
    After = Annotated[Any, BeforeValidator(_as_after), Takes("names of Environments", _show_after, _read_after)]


class Environment(Definition):
    """A promotion target. What it does not say, the Pipeline says.

    :param name: an RFC 1123 label
    :param after: the Environments that come before it, all of them; ``any_of(…)`` where one is enough; ``[]`` for none;
        default: the one before it in the list
    :param target: where it is written
    :param delivery: ``push`` or ``pull_request``
    :param agent: what runs it
    :param gates: what must hold before something enters; ``[]`` for nothing
    :param policies: what must be true of what would be written, beside the Pipeline's own
    :param apps: the Apps that it carries; ``[]`` makes it a control-flow point
    :param auto: whether ``run`` promotes by itself; a CEL expression decides by the change. Default: a person does.
        Of a control-flow point behind others the default is that what has come through there and passes its gates goes
        on by itself; ``auto=False``, or ``production=True`` where others come after it, leaves that to a person
    :param select: which Freight: ``newest``; ``match-upstream``, what the one before it holds; ``sequential(n)``, one
        after the other as they arrived, at most ``n`` at a time
    :param direct: take Freight without an Environment before it: from all Warehouses, or from these
    :param production: by default, Environments that nothing comes after
    :param labels: free words, for ``$label.NAME`` and for organisation policies
    :param wave: the number of its wave, which comes after all of the wave before it; ``Wave(1, …)`` with a budget
    :param moved: what it was called before, one name or several: it keeps its history, what was verified there and for
        how long
    """

    kind: ClassVar[str] = "environment"
    means: ClassVar[str] = 'an Environment such as Environment("test")'

    name: str = Field(kw_only=False)
    after: After = None
    target: Written = None
    delivery: Delivery | None = None
    agent: InstanceOf[Agent] | None = None
    gates: Many[InstanceOf[Gate]] | None = None
    apps: Many[str] | None = None
    auto: Annotated[bool | str | None, Takes("True, False or a CEL expression")] = None
    select: str = "newest"
    direct: Annotated[bool | OneOrMany, Takes("True, False or names of Warehouses", _show_after)] = False
    production: bool | None = None
    labels: Texts = Field(default_factory=dict)
    wave: InWave = None
    moved: OneOrMany = ()
    policies: Many[InstanceOf[Policy]] = ()

    def model_post_init(self, context: Any, /) -> None:
        """What was not said of ``auto`` is ``False``, but for control-flow points: there both are to be told apart."""
        if self.auto is None:
            self.__dict__["auto"] = self._auto_unsaid()

    def _auto_unsaid(self) -> bool | None:
        return None if self.apps == () else False

    def _shown(self) -> list[str]:
        said = super()._shown()
        return said if self.auto is not self._auto_unsaid() else [one for one in said if one != "auto=False"]

    def to_data(self) -> dict[str, Any]:
        """Plain data; ``after`` is ``{"all": […]}``, ``{"any": […]}``, or null where the list's order says it.

        Members that came later stand there only where they say something: saved definitions keep their digest.
        """
        data = super().to_data()
        data = {name: value for name, value in data.items() if value or name not in _LATER}
        data["after"] = after_data(self.after)
        return data

    def _faults(self) -> Iterable[Fault]:
        if self.auto.__class__ is bool and self.select == "newest" and not self.labels and not self.moved:
            return name_faults("name", self.name)  # nearly all of them; there may be thousands
        faults = list(name_faults("name", self.name))
        if isinstance(self.auto, str):
            faults += _expression_faults(self.auto)
        if self.select != "newest" and not _SELECT.fullmatch(self.select):
            hint = 'write "newest", "match-upstream" or "sequential(2)"'
            faults.append(Fault("unknown-word", f"select takes no {shown(self.select)}", hint, "select"))
        for key in self.labels:
            if not _LABEL.fullmatch(key):
                faults.append(Fault("label-invalid", f"{shown(key)} is not the name of a label", "", "labels"))
        for name in self.moved:
            faults += [fault._replace(field="moved") for fault in name_faults("moved", name)]
        return faults


def _expression_faults(auto: str) -> Iterable[Fault]:
    hint = "write auto=True, auto=False or auto=\"change.semver != 'major'\""
    if auto.strip().lower() in ("", "true", "false", "yes", "no", "on", "off", "always", "never"):
        yield Fault("wrong-type", f"auto takes True, False or a CEL expression, not {shown(auto)}", hint, "auto")
