"""Boundaries: what the pipelines of a team may touch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from pydantic import InstanceOf

from gitpromote.model.definition import Definition
from gitpromote.model.fields import OneOrMany
from gitpromote.model.names import quoted, shown
from gitpromote.model.policy_base import Match
from gitpromote.model.problems import Fault

__all__ = ["NAME", "Boundary", "OrgMatch", "name_problem", "within"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,58}")
_LIMITS = ("repositories", "paths", "environments", "kinds")


def name_problem(name: str) -> Iterable[Fault]:
    """What is wrong with the name of something that an organisation asks for."""
    if not NAME.fullmatch(name):
        near = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:59]
        told = f"the name {shown(name)} is not made of letters, digits and . _ -"
        yield Fault("name-invalid", told, f"write {quoted(near)}" if near else "", "name")


class OrgMatch(Match):
    """Which Environments of which Pipelines something is about: those that everything given here fits.

    :param pipelines: the Pipeline's name, or several, as shell patterns: ``"pay-*"``
    """

    kind: ClassVar[str] = "org-match"

    pipelines: OneOrMany = ()

    def matched_in(
        self, pipeline: str, *, name: str, labels: Mapping[str, str], production: bool
    ) -> dict[str, Any] | None:
        """What each selector found; ``None`` where one of them does not fit."""
        fitting = next((one for one in self.pipelines if fnmatchcase(pipeline, one)), None)
        if self.pipelines and fitting is None:
            return None
        found = self.matched(name=name, labels=labels, production=production)
        if found is None:
            return None
        return {**({"pipelines": fitting} if fitting is not None else {}), **found}

    def _faults(self) -> Iterable[Fault]:
        for fault in super()._faults():
            if fault.field or not self.pipelines:
                yield fault
        if any(not one.strip() for one in self.pipelines):
            yield Fault("match-invalid", "pipelines holds an empty name", "", "pipelines")


class Boundary(Definition):
    """What may be touched: all that is written has to fit one of the patterns of each limit that is given.

    Patterns are those of a shell, and ``*`` also stands for ``/``. Several boundaries count together: each must hold.

    :param name: how outcomes call it
    :param match: whom it limits; default: everybody
    :param repositories: where may be written, host and path: ``"git.example/pay/*"``
    :param paths: which files, from the root of the repository: ``"builds/pay/*"``
    :param environments: names of Environments
    :param kinds: kinds of objects: ``"Deployment"``, ``"apps/*"``; of the core group ``"/Secret"``
    """

    kind: ClassVar[str] = "boundary"
    means: ClassVar[str] = 'a boundary such as Boundary(paths="builds/pay/*")'

    name: str = "boundary"
    match: InstanceOf[OrgMatch] | None = None
    repositories: OneOrMany = ()
    paths: OneOrMany = ()
    environments: OneOrMany = ()
    kinds: OneOrMany = ()

    def _faults(self) -> Iterable[Fault]:
        yield from name_problem(self.name)
        if not any(self.__dict__[limit] for limit in _LIMITS):
            yield Fault("boundary-invalid", "limits nothing", f"give one of {', '.join(_LIMITS)}")
        for limit in _LIMITS:
            if any(not one.strip() for one in self.__dict__[limit]):
                yield Fault("boundary-invalid", f"{limit} holds an empty pattern", "", limit)


def within(patterns: Iterable[str], *names: str) -> bool:
    """Whether one of the names fits one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
