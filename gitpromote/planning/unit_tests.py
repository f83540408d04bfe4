"""Files of unit tests: read and checked whole, before anything is run.

.. code-block:: yaml

    policies:
      - Rule: {name: replicas, expression: object.spec.replicas >= 2, kinds: Deployment}
    gates:
      - Window: {hours: "Mon-Fri 09:00-16:00", tz: Europe/Berlin, name: hours}
    tests:
      - name: one replica is too few
        objects: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1}}]
        expect: {replicas: fail}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args

from gitpromote.errors import ConfigurationError, Problem
from gitpromote.model.definition import Definition
from gitpromote.model.environment import Delivery
from gitpromote.model.gate import Gate, Occasion
from gitpromote.model.kinds import KINDS, class_of
from gitpromote.model.names import did_you_mean, kind_of, shown
from gitpromote.model.outcome import Status
from gitpromote.model.policy_base import Match, Policy
from gitpromote.planning.unit_cases import Expected, Place, UnitCase, UnitTests
from gitpromote.planning.unit_expressions import wrong_in

__all__ = ["read_unit_tests"]

_FILE = ("pipeline", "policies", "gates", "environment", "tests")
_CASE = (
    *("name", "environment", "occasion", "objects", "before", "freight", "at", "tz", "facts", "promoted"),
    "expect",
)
_ENVIRONMENT = ("name", "production", "labels", "approval")
#: What expressions call how changes arrive.
_DELIVERIES: Mapping[str, Delivery] = {"auto": "push", "pr-review": "pull_request"}
_FREIGHT = ("images", "labels", "commit")
_EXPECT = ("status", "message", "findings")
_FINDING = ("rule", "message", "object", "path", "file", "line", "hint", "count")
_STATUSES = get_args(Status)


def read_unit_tests(data: Any, *, file: str) -> tuple[UnitTests | None, list[Problem]]:
    """A file's document, or everything that is wrong with it.

    :param data: as it was parsed
    :param file: what messages call it
    """
    reader = _Reader(file)
    found = reader.file(data)
    return (found, []) if not reader.problems else (None, reader.problems)


class _Reader:
    """Takes a document apart, and notes what does not fit."""

    def __init__(self, file: str) -> None:
        self.name = file
        self.problems: list[Problem] = []

    # -- the parts

    def file(self, data: Any) -> UnitTests:
        told = self._mapping(data, "the file", _FILE)
        pipeline = told.get("pipeline")
        if not (pipeline is None or pipeline is True or isinstance(pipeline, str)):
            self._tell(f"pipeline takes true or a name, not {kind_of(pipeline)}")
            pipeline = None
        policies = self._definitions(told.get("policies"), "policies", Policy)
        gates = self._definitions(told.get("gates"), "gates", Gate)
        if pipeline is None and not policies and not gates and not self.problems:
            self._tell("it names nothing to test", "write policies:, gates:, or pipeline: true")
        names = [one.name for one in (*policies, *gates)]
        for name in sorted({one for one in names if names.count(one) > 1}):
            self._tell(f"two of its policies and gates are called {shown(name)}")
        place = self._place(told.get("environment"), "environment", Place())
        tests = [self._case(one, number, place) for number, one in enumerate(self._list(told, "tests", "the file"), 1)]
        if not tests and not self.problems:
            self._tell("it has no tests")
        return UnitTests(file=self.name, pipeline=pipeline or None, policies=policies, gates=gates, tests=tuple(tests))

    def _case(self, data: Any, number: int, place: Place) -> UnitCase:
        where = f"test {number}"
        told = self._mapping(data, where, _CASE)
        name = told.get("name")
        if isinstance(name, str) and name.strip():
            where = shown(name)
        else:
            self._tell(f"{where} has no name")
        occasion = told.get("occasion", "promote")
        if occasion not in get_args(Occasion):
            self._tell(f"{where}: occasion is {shown(str(occasion))}", f"there are {', '.join(get_args(Occasion))}")
        return UnitCase(
            name=str(name),
            environment=self._place(told.get("environment"), f"{where}: environment", place),
            occasion=occasion,
            objects=self._objects(told.get("objects"), f"{where}: objects"),
            before=self._objects(told.get("before"), f"{where}: before"),
            freight=self._freight(told.get("freight"), f"{where}: freight"),
            at=self._text(told, "at", where),
            tz=self._text(told, "tz", where) or "UTC",
            facts=self._facts(told.get("facts", {}), f"{where}: facts"),
            promoted=tuple(self._texts(self._list(told, "promoted", where), f"{where}: promoted")),
            expect=self._expect(told, where),
        )

    def _place(self, data: Any, where: str, default: Place) -> Place:
        if data is None:
            return default
        if isinstance(data, str):
            return replace(default, name=data)
        told = self._mapping(data, where, _ENVIRONMENT)
        production = told.get("production", default.production)
        if not isinstance(production, bool):
            self._tell(f"{where}: production takes true or false, not {kind_of(production)}")
        labels = self._mapping(told.get("labels", default.labels), f"{where}: labels", None)
        if not all(isinstance(one, str) for one in labels.values()):
            self._tell(f"{where}: labels takes texts", 'put quotes around them: "true"')
        return Place(
            name=self._text(told, "name", where) or default.name,
            production=bool(production),
            labels=labels,
            delivery=self._delivery(told, where) or default.delivery,
        )

    def _delivery(self, told: Mapping[str, Any], where: str) -> Delivery | None:
        text = self._text(told, "approval", where)
        if text is not None and text not in _DELIVERIES:
            self._tell(f"{where}: approval is {shown(text)}", f"there are {', '.join(_DELIVERIES)}")
        return _DELIVERIES.get(text or "")

    def _facts(self, data: Any, where: str) -> Mapping[str, Any]:
        told = self._mapping(data, where, None)
        if "schedule" in told:
            self._tell(f"{where} has schedule, which the moment of the test decides", "write at: and tz:")
        return told

    def _objects(self, data: Any, where: str) -> tuple[Any, ...]:
        found = () if data is None else tuple(data) if isinstance(data, list) else (data,)
        for one in found:
            if not isinstance(one, str | dict):
                self._tell(f"{where} takes objects, YAML text or paths of files, not {kind_of(one)}")
        return found

    def _freight(self, data: Any, where: str) -> Mapping[str, Any] | None:
        if data is None:
            return None
        told = self._mapping(data, where, _FREIGHT)
        images = self._texts(self._list(told, "images", where), f"{where}: images")
        labels = self._mapping(told.get("labels", {}), f"{where}: labels", None)
        commit = self._text(told, "commit", where)
        if not images and not commit:
            self._tell(f"{where} holds nothing", "name an image or a commit")
        return {"images": images, "labels": {name: str(one) for name, one in labels.items()}, "commit": commit}

    # -- what is expected

    def _expect(self, told: Mapping[str, Any], where: str) -> Mapping[str, Expected] | Status:
        data = told.get("expect")
        if isinstance(data, str):
            return self._status(data, f"{where}: expect") or "pass"
        if not isinstance(data, dict) or not data:
            self._tell(f"{where} expects nothing", "write expect: pass, or expect: {replicas: fail}")
            return {}
        return {name: self._expected(one, f"{where}: expect {shown(name)}") for name, one in data.items()}

    def _expected(self, data: Any, where: str) -> Expected:
        if isinstance(data, str):
            return Expected(status=self._status(data, where))
        told = self._mapping(data, where, _EXPECT)
        status = self._text(told, "status", where)
        findings = None
        if "findings" in told:
            findings = tuple(self._finding(one, where) for one in self._list(told, "findings", where))
        return Expected(
            status=self._status(status, where) if status is not None else None,
            message=self._text(told, "message", where),
            findings=findings,
        )

    def _finding(self, data: Any, where: str) -> Mapping[str, Any]:
        if isinstance(data, str):
            return {"message": data}
        return self._mapping(data, f"{where}: findings", _FINDING)

    def _status(self, text: str, where: str) -> Status | None:
        known = next((one for one in _STATUSES if one == text), None)
        if known is None:
            self._tell(f"{where} is {shown(text)}", f"there are {', '.join(_STATUSES)}")
        return known

    # -- definitions

    def _definitions(self, data: Any, where: str, wanted: type[Any]) -> tuple[Any, ...]:
        found = []
        for number, one in enumerate(self._items(data, where), 1):
            made = self._definition(one, f"{where}[{number}]", wanted)
            found += [made] if made is not None else []
        return tuple(found)

    def _definition(self, data: Any, where: str, wanted: type[Any]) -> Any:
        if not isinstance(data, dict) or len(data) != 1:
            self._tell(f"{where} is not one policy or gate by its name", "write - Pack: images")
            return None
        [(word, arguments)] = data.items()
        kinds = {name: kind for kind, (_, name) in KINDS.items()}
        cls = class_of(kinds[word]) if word in kinds else None
        if cls is None or not issubclass(cls, wanted):
            known = _words(wanted)
            self._tell(f"{where}: there is no {word}", did_you_mean(word, known) or f"there are {', '.join(known)}")
            return None
        return self._made(cls, arguments, f"{where}: {word}")

    def _made(self, cls: type[Definition], arguments: Any, where: str) -> Any:
        try:
            if isinstance(arguments, dict):
                made = cls(**_with_match(arguments))
            else:
                made = cls(*(arguments if isinstance(arguments, list) else [arguments]))
        except ConfigurationError as error:
            for one in error.problems:
                told = one.message.removeprefix(f"{cls.__name__}: ")
                self.problems.append(Problem(one.code, f"{where}: {told}", path=self.name, hint=one.hint))
            if not error.problems:
                self._tell(f"{where}: {error.summary}")
            return None
        for member, wrong in wrong_in(made):
            message = f"{where}: {member}, {wrong.told}"
            self.problems.append(Problem("expression-invalid", message, path=self.name, hint=wrong.hint))
        return made

    # -- members

    def _mapping(self, data: Any, where: str, known: Iterable[str] | None) -> dict[str, Any]:
        if not isinstance(data, dict):
            self._tell(f"{where} is not a mapping, but {kind_of(data)}")
            return {}
        names = list(known) if known is not None else list(data)
        for name in data:
            if name not in names:
                hint = did_you_mean(str(name), names) or f"there are {', '.join(names)}"
                self._tell(f"{where} has {shown(str(name))}, which means nothing there", hint)
        return data

    def _list(self, told: Mapping[str, Any], name: str, where: str) -> list[Any]:
        return self._items(told.get(name), f"{where}: {name}")

    def _items(self, data: Any, where: str) -> list[Any]:
        if data is None:
            return []
        if not isinstance(data, list):
            self._tell(f"{where} is not a list, but {kind_of(data)}")
            return []
        return data

    def _text(self, told: Mapping[str, Any], name: str, where: str) -> str | None:
        value = told.get(name)
        if value is None or isinstance(value, str):
            return value
        self._tell(f"{where}: {name} takes text, not {kind_of(value)}", "put quotes around it")
        return None

    def _texts(self, data: Iterable[Any], where: str) -> list[str]:
        found = list(data)
        for one in found:
            if not isinstance(one, str):
                self._tell(f"{where} takes texts, not {kind_of(one)}", "put quotes around it")
        return [one for one in found if isinstance(one, str)]

    def _tell(self, message: str, hint: str = "") -> None:
        self.problems.append(Problem("policy-test-invalid", message, path=self.name, hint=hint))


def _words(wanted: type[Any]) -> list[str]:
    """How the kinds of policies or of gates are called in Python."""
    return sorted(name for kind, (_, name) in KINDS.items() if issubclass(class_of(kind), wanted))


def _with_match(arguments: Mapping[Any, Any]) -> dict[str, Any]:
    """Arguments by their names, with what is nested made first."""
    # YAML reads the bare word "on" as true.
    told = {"on" if name in ("true", True) else str(name): value for name, value in arguments.items()}
    match = told.get("match")
    return {**told, **({"match": Match(**match)} if isinstance(match, dict) else {})}
