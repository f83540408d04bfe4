"""Pipeline: Apps, Environments and their order, and the defaults of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, cast

from pydantic import BeforeValidator, Field, InstanceOf

from gitpromote.model.agent import Agent
from gitpromote.model.app import App
from gitpromote.model.canonical import digest
from gitpromote.model.definition import Definition, from_data, name_faults
from gitpromote.model.edits import Pin
from gitpromote.model.environment import Delivery, Environment
from gitpromote.model.fields import Many, Takes
from gitpromote.model.gate import Gate
from gitpromote.model.graph import upwards
from gitpromote.model.index import Index
from gitpromote.model.members import as_python
from gitpromote.model.message import Message
from gitpromote.model.names import path_problem, shown
from gitpromote.model.pipeline_checks import examined
from gitpromote.model.pipeline_words import identity_faults, ref_faults, tag_faults
from gitpromote.model.policy_base import Policy
from gitpromote.model.problems import Fault, report
from gitpromote.model.resolution import Resolver
from gitpromote.model.resolved import Join, ResolvedEnvironment
from gitpromote.model.risk import RiskRule
from gitpromote.model.shape import substituted
from gitpromote.model.standing import Standing
from gitpromote.model.subscription import address_faults
from gitpromote.model.target import Written
from gitpromote.model.warehouse import Warehouse

__all__ = ["DEFINITION_DOMAIN", "Pipeline"]

DEFINITION_DOMAIN = "gitpromote-definition-v1"

#: They came later: definitions without them keep their digest.
_LATER = ("groups", "policies", "risks")

_set = object.__setattr__

Asked: TypeAlias = Callable[[ResolvedEnvironment], Standing]
"""An Environment -> what an organisation asks of it."""


def _as_warehouses(value: object) -> object:
    if value is None or isinstance(value, Warehouse):
        return () if value is None else (value,)
    if isinstance(value, list | tuple):
        return tuple(value)
    raise ValueError


def _show_warehouses(value: Any) -> str:
    return repr(value[0]) if len(value) == 1 else as_python(value)


if TYPE_CHECKING:
    Warehouses: TypeAlias = Warehouse | Sequence[Warehouse]
else:
    Warehouses = Annotated[
        tuple[InstanceOf[Warehouse], ...],
        BeforeValidator(_as_warehouses),
        Takes("a Warehouse or a list of Warehouses", _show_warehouses, item=InstanceOf[Warehouse]),
    ]


@dataclass(slots=True)
class _View:
    """What a Pipeline has worked out about itself."""

    index: Index
    resolver: Resolver | None = None
    resolved: dict[str, ResolvedEnvironment] = field(default_factory=dict)
    digest: str = ""


class Pipeline(Definition):
    """What moves, through which Environments, and how.

    Two Pipelines are equal when they come down to the same data, whichever defaults were written out.

    :param name: an RFC 1123 label
    :param apps: what is rendered
    :param environments: where it goes, in order
    :param warehouse: where Freight comes from: one Warehouse or a list; without one, the Apps' sources alone
    :param target: where Environments are written that do not say it themselves
    :param delivery: ``push`` or ``pull_request``, for Environments that do not say it themselves
    :param agent: likewise
    :param gates: likewise; an Environment's own gates take their place
    :param pin: what of an image is written, for Apps that do not say it themselves
    :param repo: the home repository's address; default: the repository that holds the pipeline file
    :param refs: the prefix of ledger and locks: ``refs/heads/gitpromote``, or ``refs/gitpromote`` to hide them
    :param identity: author and committer, ``Name <address>``
    :param commit: the message of commits
    :param tag: a tag for what was verified, such as ``"$env/$freight"``
    :param signers: a file of allowed signers in the home repository; then unsigned Records open no production gate
    :param groups: a file of the home repository that says who is in which group, for ``Approvals(of="@acme/payments")``
    :param sensitive_paths: fields whose values are masked everywhere
    :param policies: what must be true of what would be written, in every Environment
    :param risks: how risky a change is, beside what the rules in the box say
    :raises ConfigurationError: with every problem that was found
    """

    kind: ClassVar[str] = "pipeline"

    __slots__ = ("_asked", "_view")

    name: str = Field(kw_only=False)
    apps: Many[InstanceOf[App]]
    environments: Many[InstanceOf[Environment]]
    warehouse: Warehouses = ()
    target: Written = None
    delivery: Delivery = "push"
    agent: InstanceOf[Agent] | None = None
    gates: Many[InstanceOf[Gate]] = ()
    pin: Pin = "tag@digest"
    repo: str | None = None
    refs: str = "refs/heads/gitpromote"
    identity: str = "gitpromote <gitpromote@localhost>"
    commit: InstanceOf[Message] = Message("promote($env): $freight")
    tag: str | None = None
    signers: str | None = None
    groups: str | None = None
    sensitive_paths: Many[str] = ()
    policies: Many[InstanceOf[Policy]] = ()
    risks: Many[InstanceOf[RiskRule]] = ()

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            index, problems = examined(self)
            if index is not None:
                _set(self, "_view", _View(index))
            if problems:
                _set(self, "_flawed", True)
                report(problems)

    @property
    def _seen(self) -> _View:
        view: _View | None = getattr(self, "_view", None)
        if view is None:  # a copy
            view = _View(Index.of(self))
            _set(self, "_view", view)
        return view

    @property
    def given_warehouses(self) -> tuple[Warehouse, ...]:
        """The Warehouses as they were written; see :attr:`warehouses`."""
        return cast("tuple[Warehouse, ...]", self.warehouse or ())

    @property
    def _index(self) -> Index:
        return self._seen.index

    # --- as data

    def to_data(self) -> dict[str, Any]:
        """The definition as plain data, whole: defaults, order, production and implied sources are written out."""
        data = super().to_data()
        for name in _LATER:
            if not data[name]:
                del data[name]
        data["warehouse"] = [warehouse.to_data() for warehouse in self.warehouses]
        index = self._index
        for environment, said in zip(self.environments, data["environments"], strict=True):
            name = environment.name
            said["after"] = {index.join(name): list(index.before[name])}
            if environment.production is None:
                said["production"] = not index.after[name]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Pipeline:
        """The Pipeline that :meth:`to_data` was asked of; the two are equal.

        :raises ConfigurationError: the data has members or kinds that this version does not know, or are not sound
        """
        pipeline: Pipeline = from_data(cls, data)
        return pipeline

    @property
    def definition_digest(self) -> str:
        """``sha256:…`` over the definition: equal Pipelines have equal digests, and the other way round."""
        seen = self._seen
        if not seen.digest:
            seen.digest = digest(self.to_data(), domain=DEFINITION_DOMAIN)
        return seen.digest

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Pipeline) or self.flawed or other.flawed:
            return self is other
        return self.definition_digest == other.definition_digest

    def __hash__(self) -> int:
        return hash(self.definition_digest)

    # --- the graph

    def order(self) -> tuple[str, ...]:
        """The names of the Environments, each behind all that come before it."""
        return self._index.order

    def upstream(self, name: str) -> tuple[str, ...]:
        """The Environments directly before one; empty for a start."""
        return self._index.before[name]

    def join(self, name: str) -> Join:
        """Whether ``all`` or ``any`` of those before it must have verified what comes."""
        return self._index.join(name)

    def downstream(self, name: str) -> tuple[str, ...]:
        """The Environments directly after one."""
        return self._index.after[name]

    def up_to(self, names: Iterable[str]) -> tuple[str, ...]:
        """These Environments and all that come before them, in order: what ``to=`` means."""
        wanted = upwards(self._index.before, names)
        return tuple(name for name in self._index.order if name in wanted)

    def is_production(self, name: str) -> bool:
        """What the Environment says, otherwise whether nothing comes after it."""
        return self._index.is_production(name)

    # --- what it comes down to

    @property
    def warehouses(self) -> tuple[Warehouse, ...]:
        """The Warehouses, named, the implied ``Git(…)`` included."""
        return self._index.warehouses

    def environment(self, name: str) -> Environment:
        """An Environment as it was written.

        :raises KeyError: there is none of this name
        """
        return self._index.environments[name]

    def resolved(self, name: str) -> ResolvedEnvironment:
        """An Environment with the defaults and every ``$name`` filled in.

        :raises KeyError: there is none of this name
        """
        seen = self._seen
        known = seen.resolved.get(name)
        if known is None:
            seen.resolver = seen.resolver or Resolver(self, seen.index)
            known = seen.resolver.resolve(self.environment(name))
            asked: Asked | None = getattr(self, "_asked", None)
            if asked is not None:
                known = replace(known, organisation=self._filled(seen.resolver, name, asked(known)))
            seen.resolved[name] = known
        return known

    def governed(self, asked: Asked | None) -> Pipeline:
        """The same definition, with what somebody else asks of each Environment; ``None``: nobody asks for anything."""
        copy = self.changed({})
        _set(copy, "_asked", asked)
        return copy

    def _filled(self, resolver: Resolver, name: str, standing: Standing) -> Standing:
        """With ``$names`` filled in, as in the Pipeline's own gates."""
        if not standing.gates:
            return standing
        values = resolver.values(self.environment(name))
        return replace(standing, gates=tuple(substituted(gate, values) for gate in standing.gates))

    def functions(self) -> tuple[str, ...]:
        """``module:name`` of every function that it names, sorted."""
        found: set[str] = set()
        _functions(self, found)
        return tuple(sorted(found))

    def _faults(self) -> Iterable[Fault]:
        yield from name_faults("name", self.name)
        for member, many in (("apps", self.apps), ("environments", self.environments)):
            if not many:
                yield Fault("pipeline-empty", f"{member} is empty", "", member)
        if self.repo is not None:
            yield from address_faults(self.repo)
        yield from identity_faults(self.identity)
        for member in ("signers", "groups"):
            path = self.__dict__[member]
            if path is not None and (reason := path_problem(path)):
                yield Fault("path-invalid", f"the {member} {shown(path)} {reason}", "", member)
        yield from ref_faults(self.refs)
        if self.tag is not None:
            yield from tag_faults(self.tag)


def _functions(value: Any, found: set[str]) -> None:
    if isinstance(value, tuple):
        for item in value:
            _functions(item, found)
    elif isinstance(value, Definition):
        for name, item in value.__dict__.items():
            if name == "function":
                found |= {item} if item else set()  # one that could not be named has been told already
            elif isinstance(item, tuple | Definition):
                _functions(item, found)
