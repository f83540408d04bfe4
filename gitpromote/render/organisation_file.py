"""``organisation.yaml`` and files of exemptions -> what an organisation asks for. No code of anybody runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gitpromote.errors import Problem
from gitpromote.model.boundary import Boundary, OrgMatch
from gitpromote.model.definition import Definition
from gitpromote.model.exemption import Exemption
from gitpromote.model.kinds import KINDS, class_of
from gitpromote.model.names import did_you_mean, kind_of, shown
from gitpromote.model.organisation import GATES, OrgGate, OrgPolicies, OrgPolicy
from gitpromote.model.policy import AdmissionPolicies, Pack, Rego, Rule
from gitpromote.model.policy_base import Policy
from gitpromote.model.problems import collecting, configuration_error
from gitpromote.model.ramp import Ramp
from gitpromote.render.origin import field_line
from gitpromote.render.parse import parse_yaml

__all__ = ["OrganisationFile", "read_exemptions", "read_organisation"]

D = TypeVar("D", bound=Definition)
Where = tuple[str | int, ...]

SUMMARY = "What the organisation asks for is not valid"
_SECTIONS = ("policies", "gates", "boundaries")
_MEMBERS = (*_SECTIONS, "groups", "signers")
#: What a policy is made of, by the member that says so: the class, and what that member is called there.
_POLICIES: Mapping[str, tuple[type[Policy], str]] = {
    "pack": (Pack, "name"),
    "rule": (Rule, "expression"),
    "admission": (AdmissionPolicies, "path"),
    "rego": (Rego, "path"),
}
_SECRETS = ("secret-env", "secret-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFile:
    """What a file says.

    :ivar lines: the name of a policy, gate or boundary to the line where it stands, from 1
    """

    path: str
    rules: OrgPolicies
    lines: Mapping[str, int] = field(default_factory=dict)


def read_organisation(data: bytes, *, path: str) -> OrganisationFile:
    """What an organisation asks for, exemptions aside.

    :param path: how messages call the file
    :raises ConfigurationError: everything that is wrong, with file and line
    :raises SourceInvalid: it is no YAML
    """
    reader = _Reader(path, data)
    document = reader.mapping(reader.document(), (), "the file", known=_MEMBERS)
    found: dict[str, list[Any]] = {section: [] for section in _SECTIONS}
    makers: dict[str, Callable[[dict[str, Any], Where], Definition | None]] = {
        "policies": reader.policy,
        "gates": reader.gate,
        "boundaries": reader.boundary,
    }
    lines: dict[str, int] = {}
    for section in _SECTIONS:
        for place, item in reader.items(document.get(section), (section,)):
            made = makers[section](item, place)
            if made is not None:
                found[section].append(made)
                lines.setdefault(str(getattr(made, "name", "")), reader.line(place))
    files = {name: document[name] for name in ("groups", "signers") if document.get(name) is not None}
    rules = reader.made(OrgPolicies, {**{name: tuple(many) for name, many in found.items()}, **files}, ())
    if reader.problems or rules is None:
        raise configuration_error(reader.problems, summary=SUMMARY)
    return OrganisationFile(path=path, rules=rules, lines=lines)


def read_exemptions(data: bytes, *, path: str) -> tuple[tuple[tuple[Exemption, int], ...], tuple[Problem, ...]]:
    """The exemptions of a file, each with its line: one, or a list of them; and what is wrong with the others.

    One that is not valid takes nothing from those beside it.

    :raises SourceInvalid: it is no YAML
    """
    reader = _Reader(path, data)
    document = reader.document()
    several = isinstance(document, list)
    items = reader.items(document, ()) if several else [((), reader.mapping(document, (), "an exemption"))]
    if reader.problems and not several:
        return (), tuple(reader.problems)  # it is nothing that an exemption could be made of
    made = [(reader.made(Exemption, item, place), reader.line(place)) for place, item in items]
    problems = sorted(reader.problems, key=lambda one: one.line)
    return tuple((one, line) for one, line in made if one is not None), tuple(problems)


class _Reader:
    """One file; what is wrong in it is collected."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.problems = path, list[Problem]()
        self._documents = parse_yaml(data, file=path, strict=True)
        self._text = data.decode("utf-8-sig")

    def document(self) -> Any:
        if len(self._documents) > 1:
            self.wrong((), "holds more than one document", "keep one, without ---")
        return self._documents[0] if self._documents and self._documents[0] is not None else {}

    def line(self, place: Where) -> int:
        """The line of a place, from 1."""
        return (field_line(self._text, place) or 0) + 1

    def wrong(self, place: Where, message: str, hint: str = "") -> None:
        self.problems.append(Problem("organisation-invalid", message, path=self.path, line=self.line(place), hint=hint))

    def mapping(self, value: Any, place: Where, what: str, *, known: Iterable[str] | None = None) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(place, f"{what} is {kind_of(value)}, not a mapping")
            return {}
        for name in value if known is not None else ():
            if name not in tuple(known or ()):
                hint = did_you_mean(name, known or ()) or f"there are {', '.join(known or ())}"
                self.wrong((*place, name), f"{what} has no member {shown(name)}", hint)
        return value

    def items(self, value: Any, place: Where) -> list[tuple[Where, dict[str, Any]]]:
        """Each of a list of mappings, with its place."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(place, f"{'.'.join(map(str, place))} is {kind_of(value)}, not a list")
            return []
        whats = [((*place, number), f"{place[0] if place else 'item'}[{number}]") for number in range(len(value))]
        mappings = [self.mapping(item, *where) for where, item in zip(whats, value, strict=True)]
        pairs = zip(whats, mappings, value, strict=True)
        return [(where, item) for (where, _), item, given in pairs if isinstance(given, dict)]

    def made(self, cls: type[D], members: Mapping[str, Any], place: Where) -> D | None:
        """A definition; ``None`` where it could not be made, and why is told."""
        with collecting() as found:
            made = cls(**members)
        for one in found.problems:
            self.problems.append(Problem(one.code, one.message, path=self.path, line=self.line(place), hint=one.hint))
        return None if found.problems else made

    # -- parts

    def matched(self, item: dict[str, Any], place: Where) -> dict[str, Any]:
        """``match`` and ``ramp``, taken out of an item."""
        found: dict[str, Any] = {}
        for name, cls in (("match", OrgMatch), ("ramp", Ramp)):
            if name in item:
                where = (*place, name)
                found[name] = self.made(cls, self.mapping(item.pop(name), where, name), where)
        return {name: one for name, one in found.items() if one is not None}

    def policy(self, item: dict[str, Any], place: Where) -> Definition | None:
        # YAML 1.1 reads the bare word ``on`` as true.
        item = {"on" if name in ("true", True) and "on" not in item else name: one for name, one in item.items()}
        beside = self.matched(item, place)
        named = [name for name in _POLICIES if name in item]
        if len(named) != 1:
            told = f"has {', '.join(named)}" if named else f"has none of {', '.join(_POLICIES)}"
            self.wrong(place, f"a policy {told}", f"give exactly one of {', '.join(_POLICIES)}")
            return None
        cls, member = _POLICIES[named[0]]
        value, name = item.pop(named[0]), item.pop("name", None)
        if member in item:
            self.wrong((*place, member), f"a policy has no member {shown(member)}", f"write {named[0]}: …")
            return None
        if name is None and cls is Rule:
            self.wrong(place, "a rule has no name", "write name: …")
            return None
        if name is not None:
            beside["name"] = name
            # A pack is known by its own name.
            item |= {} if cls is Pack else {"name": name}
        policy = self.made(cls, {**item, member: value}, place)
        return self.made(OrgPolicy, {"policy": policy, **beside}, place) if policy is not None else None

    def gate(self, item: dict[str, Any], place: Where) -> Definition | None:
        item = dict(item)
        beside = self.matched(item, place)
        kind = item.pop("kind", None)
        if kind not in GATES:
            told = f"there is no kind of gate {shown(kind)} here" if isinstance(kind, str) else "a gate has no kind"
            hint = did_you_mean(kind, GATES) if isinstance(kind, str) else ""
            self.wrong(place, told, hint or f"there are {', '.join(GATES)}")
            return None
        members = {name: self._nested(value, (*place, name)) for name, value in item.items()}
        gate = self.made(class_of(kind), members, place)
        return self.made(OrgGate, {"gate": gate, **beside}, place) if gate is not None else None

    def _nested(self, value: Any, place: Where) -> Any:
        """References to secrets in what a gate takes."""
        if not isinstance(value, dict):
            return value
        kind = value.get("kind")
        if kind in _SECRETS and kind in KINDS:
            return self.made(class_of(kind), {name: one for name, one in value.items() if name != "kind"}, place)
        return {name: self._nested(one, (*place, name)) for name, one in value.items()}

    def boundary(self, item: dict[str, Any], place: Where) -> Definition | None:
        item = dict(item)
        beside = self.matched(item, place)
        return self.made(Boundary, {**item, **beside}, place)
