"""``Chart.lock``: which version of each dependency a chart was built with, and whether it still asks for that."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gitpromote.render.knowledge import Dependency

#: The file that declares dependencies, and the one that locks them.
LOCKS: Mapping[str, str] = {"Chart.yaml": "Chart.lock", "requirements.yaml": "requirements.lock"}

_ALIASES = ("@", "alias:")
_FETCHED = ("oci://", "https://", "http://")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,249}")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}")
# What helm's digest is made of, in its order; the first and the third are there even where they are empty.
_FIELDS = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
_ALWAYS = ("name", "repository")
_OTHERS = ("enabled", "import-values")


def may_be_fetched(repository: str) -> bool:
    """Whether charts can be had from there, or from where a lock says that this name leads."""
    return repository.startswith((*_FETCHED, *_ALIASES))


class Locked(NamedTuple):
    """A dependency with the version that a lock says.

    :ivar address: where the chart is, its name included
    """

    address: str
    version: str


class Lock(NamedTuple):
    """A lock that was read: what it lists, as it stands there, and the digest of what it was made for."""

    listed: tuple[Mapping[str, Any], ...]
    digest: str

    @classmethod
    def of(cls, data: Any) -> Lock:
        """What a file holds; what is no lock lists nothing and fits nothing."""
        fields = data if isinstance(data, dict) else {}
        listed = fields.get("dependencies")
        items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        return cls(tuple(items), str(fields.get("digest") or ""))

    def fits(self, declared: Sequence[Mapping[str, Any]]) -> bool:
        """Whether it was made for these dependencies, as helm itself finds out.

        :param declared: what the chart asks for, as it stands there
        """
        if len(self.listed) != len(declared):
            return False
        known = [self._placed(*pair) for pair in zip(declared, self.listed, strict=True)]
        both = [list(map(_plain, known)), list(map(_plain, self.listed))]
        return self.digest in (_digest(both), _digest({"dependencies": both[0]}))

    def locked(self, at: int, dependency: Dependency) -> Locked | None:
        """What it says of a dependency; ``None``: nothing that can be fetched.

        :param at: its place among the dependencies
        """
        entry = self.listed[at]
        name, version, repository = (str(entry.get(part) or "") for part in ("name", "version", "repository"))
        is_sound = name == dependency.name and _NAME.fullmatch(name) and _VERSION.fullmatch(version)
        if not is_sound or not repository.startswith(_FETCHED):
            return None
        return Locked(f"{repository.rstrip('/')}/{name}", version)

    def _placed(self, declared: Mapping[str, Any], listed: Mapping[str, Any]) -> Mapping[str, Any]:
        """A dependency with its repository's address, where it has a name that only one machine knows."""
        if str(declared.get("repository") or "").startswith(_ALIASES) and listed.get("name") == declared.get("name"):
            return {**declared, "repository": listed.get("repository")}
        return declared


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """A dependency as Go writes it: what is empty is left out, and a text may be written without quotes."""
    known = {field: item[field] if field in _OTHERS else _text(item[field]) for field in _FIELDS if field in item}
    return {field: known.get(field) or "" for field in _FIELDS if known.get(field) or field in _ALWAYS}


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _digest(data: Any) -> str:
    text = json.dumps(_sorted_inside(data), separators=(",", ":"), ensure_ascii=False, default=str)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _sorted_inside(data: Any) -> Any:
    """Mappings in ``import-values`` have no order of their own; the fields of a dependency have one."""
    if isinstance(data, dict):
        inside = {name: _sorted_inside(value) for name, value in data.items()}
        return inside if "name" in inside or "dependencies" in inside else dict(sorted(inside.items()))
    return [_sorted_inside(item) for item in data] if isinstance(data, list) else data
