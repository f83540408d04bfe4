"""Policies: what rendered manifests, and changes of them, must be like."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from gitpromote.model.fields import Function, Many, OneOrMany, Seconds, Takes
from gitpromote.model.members import as_python
from gitpromote.model.names import kind_of, path_problem, shown
from gitpromote.model.policy_base import Match, Policy
from gitpromote.model.problems import Fault, UnfitError

__all__ = ["AdmissionPolicies", "ExecPolicy", "Match", "Pack", "Policy", "PythonPolicy", "Rego", "Rule", "Subject"]

_KIND = re.compile(r"(?:[A-Za-z0-9.*?-]+/)?[A-Za-z0-9*?]+")
# A default is not converted: it stands here as it is kept.
_ONE_MINUTE: Any = 60

#: What a Rule looks at, one after the other.
Subject: TypeAlias = Literal["object", "change", "plan"]


class Rule(Policy):
    """A CEL expression that must be true of every object, of every change, or of the plan as a whole.

    :param name: how it is called
    :param expression: what must hold, such as ``"object.spec.replicas >= 2"``
    :param on: what it is about: each ``object`` that would be there, each ``change``, or the ``plan``
    :param kinds: the kinds of objects that it judges, as shell patterns: ``"Deployment"``, ``"apps/*"``
    :param message: what is told where it does not hold
    :param hint: what to do then
    """

    kind: ClassVar[str] = "rule"

    name: str = Field(kw_only=False)
    expression: str = Field(kw_only=False)
    on: Subject = "object"
    kinds: OneOrMany = ()
    message: str = ""
    hint: str = ""

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        if not self.expression.strip():
            yield Fault("expression-empty", "the expression is empty", 'write Rule("name", "expression")', "expression")
        for kind in self.kinds:
            if not _KIND.fullmatch(kind):
                hint = 'write "Deployment", "apps/*" or "networking.k8s.io/Ingress"'
                yield Fault("policy-invalid", f"kinds holds {shown(kind)}, which is no kind of object", hint, "kinds")
        if self.kinds and self.on == "plan":
            yield Fault("policy-invalid", 'kinds goes with on="object" and on="change"', "leave kinds= out", "kinds")


def _as_settings(value: object) -> object:
    if not isinstance(value, dict):
        raise UnfitError(Fault("wrong-type", f"takes a mapping of settings, not {kind_of(value)}"))
    return {key: _as_setting(key, item) for key, item in value.items()}


def _as_setting(key: object, value: object) -> object:
    """Lists as tuples, one level of mapping: what saved data can hold."""
    if not isinstance(key, str):
        raise UnfitError(Fault("wrong-type", f"takes names of settings, not {kind_of(key)}"))
    if isinstance(value, dict):
        return {name: _as_setting(name, item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_as_setting(key, item) for item in value)
    if value is None or isinstance(value, str | bool | int):
        return value
    raise UnfitError(
        Fault(
            "wrong-type", f"holds {kind_of(value)} for {shown(key)}, not text, a whole number, True, a list or a dict"
        )
    )


if TYPE_CHECKING:
    Settings: TypeAlias = Mapping[str, Any]
else:
    Settings = Annotated[
        dict[str, Any], BeforeValidator(_as_settings), Takes("a mapping of settings", as_python, lambda data: data)
    ]


class Pack(Policy):
    """Ready-made rules that come with gitpromote: ``gitpromote policy list`` shows them all.

    :param name: which, such as ``"images"``
    :param settings: what the pack asks for, such as ``{"registries": ["ghcr.io/acme"]}``
    :param leave_out: names of rules in it that are not wanted
    """

    kind: ClassVar[str] = "pack"

    name: str = Field(kw_only=False)
    settings: Settings = Field(default_factory=dict)
    leave_out: OneOrMany = ()


class _FromFiles(Policy):
    """A policy that stands in files of the home repository, as its default branch has them."""

    path: str = Field(kw_only=False)
    name: str = ""

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            if not self.name and self.path:
                self.__dict__["name"] = _name_of(self.path)

    def _faults(self) -> Iterable[Fault]:
        reason = path_problem(self.path)
        if reason:
            yield Fault("path-invalid", f"the path {shown(self.path)} {reason}", "", "path")
        elif not self.name and not _name_of(self.path):
            yield Fault("missing-argument", "name is missing, and the path gives none", 'write name="rules"', "name")
        if self.name:
            yield from super()._faults()


def _name_of(path: str) -> str:
    """The last part of a path, without what names its format."""
    last = posixpath.basename(path.rstrip("/"))
    return re.sub(r"[^A-Za-z0-9._-]+", "-", posixpath.splitext(last)[0]).strip("-._")[:63]


class AdmissionPolicies(_FromFiles):
    """Kubernetes ``ValidatingAdmissionPolicy`` objects with their bindings and parameters.

    :param path: a file, or a folder with ``.yaml`` and ``.json`` files, in the home repository
    :param name: default: the last part of the path
    """

    kind: ClassVar[str] = "admission-policies"


class Rego(_FromFiles):
    """Rego in the style of conftest: ``deny``, ``warn`` and ``violation`` in ``package main`` and below it.

    :param path: a file, or a folder with ``.rego`` files and data, in the home repository
    :param name: default: the last part of the path
    """

    kind: ClassVar[str] = "rego"


class PythonPolicy(Policy):
    """A module-level function ``policy(scene) -> findings`` of the user.

    :param function: the function, or ``module:name``
    :param name: default: the function's name
    """

    kind: ClassVar[str] = "python-policy"

    function: Function = Field(kw_only=False)
    name: str = ""

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            if not self.name and self.function:
                self.__dict__["name"] = self.function.rpartition(":")[2]

    def _faults(self) -> Iterable[Fault]:
        return super()._faults() if self.name else ()


class ExecPolicy(Policy):
    """Any program: it reads manifests and prints what is wrong with them.

    :param name: how it is called
    :param command: program and arguments; no shell reads them
    :param output: what it prints: findings as ``json``, or ``sarif``
    :param timeout: how long it may take
    """

    kind: ClassVar[str] = "exec-policy"

    name: str = Field(kw_only=False)
    command: Many[str] = Field(kw_only=False)
    output: Literal["json", "sarif"] = "json"
    timeout: Seconds = _ONE_MINUTE

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        if not self.command or not self.command[0].strip():
            hint = 'write ExecPolicy("schema", ["kubeconform", "-output", "json"])'
            yield Fault("policy-invalid", "the command is empty", hint, "command")
