"""Groups of people: a file of the home repository's default branch that says who is in which.

::

    "@acme/payments": [lea@acme.example, tom@acme.example]
    "@acme/leads": ["@acme/payments", cleo@acme.example]

Who may write that branch decides who may approve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from gitpromote.errors import ConfigurationError, SourceInvalid
from gitpromote.model.names import did_you_mean, one_of, shown

__all__ = ["Groups", "is_group", "read_groups"]

_HINT = 'Write it like:\n  "@acme/payments": [lea@acme.example, tom@acme.example]'


def is_group(name: str) -> bool:
    """Whether a name is a group's, and not a person's."""
    return name.startswith("@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What the file says.

    :ivar file: the file and the commit that has it, for people
    """

    file: str
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def people(self, names: Iterable[str]) -> frozenset[str]:
        """The addresses, in small letters, of all who are in these groups, or are named themselves.

        :raises ConfigurationError: there is no such group (``group-unknown``)
        """
        found: set[str] = set()
        seen: set[str] = set()
        wanted = [one.strip() for one in names]
        while wanted:
            name = wanted.pop()
            if not is_group(name):
                found.add(name.casefold())
            elif name not in seen:
                seen.add(name)
                wanted += self._group(name)
        return frozenset(found)

    def _group(self, name: str) -> tuple[str, ...]:
        if name in self.members:
            return self.members[name]
        raise ConfigurationError(
            "There is no such group",
            code="group-unknown",
            detail=f"{name} is not in {self.file}, which has {one_of(self.members) or 'none'}.",
            hint=did_you_mean(name, self.members) or "Add it there, or name another group in of=.",
        )


def read_groups(data: bytes, *, path: str, commit: str) -> Groups:
    """The groups of a file.

    :raises ConfigurationError: it is no mapping of names to lists of names (``groups-invalid``)
    """
    from gitpromote.render.parse import parse_yaml  # few pipelines have groups

    file = f"{path} at {commit[:7]}"
    try:
        documents = parse_yaml(data, file=path, strict=True)
    except SourceInvalid as error:
        _refuse(error.detail or error.summary)
    found = documents[0] if len(documents) == 1 else documents or None
    if found is None:
        return Groups(file=file)
    if not isinstance(found, Mapping):
        _refuse(f"{file} is not a mapping of groups to their members")
    return Groups(file=file, members=dict(_group(file, name, members) for name, members in found.items()))


def _group(file: str, name: Any, members: Any) -> tuple[str, tuple[str, ...]]:
    if not isinstance(members, list) or not all(isinstance(one, str) and one.strip() for one in members):
        _refuse(f"{file}: {shown(str(name))} is not a list of addresses")
    return f"@{str(name).removeprefix('@')}", tuple(one.strip() for one in members)


def _refuse(detail: str) -> NoReturn:
    raise ConfigurationError("The file of groups cannot be read", code="groups-invalid", detail=detail, hint=_HINT)
