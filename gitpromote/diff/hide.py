"""Walking a document and putting marks in place of what is secret. What is not secret is not copied."""

from __future__ import annotations

from typing import Any

from gitpromote.diff.masked_text import TextMask
from gitpromote.diff.special_kinds import SPECIAL_KINDS, encryption_metadata
from gitpromote.diff.veil import is_free_key
from gitpromote.model.secret_names import field_holds_secret, name_holds_secret
from gitpromote.model.sensitive import says_something

#: Kinds in these groups say where secrets are found: what looks like one by its name is a reference.
REFERENCE_GROUPS = frozenset(
    {
        "external-secrets.io",
        "generators.external-secrets.io",
        "kubernetes-client.io",
        "onepassword.com",
        "ricoberger.de",
        "secrets-store.csi.x-k8s.io",
        "secrets.hashicorp.com",
        "secrets.infisical.com",
    }
)


def hide(data: dict[str, Any], mask: TextMask, *, group: str, kind: str) -> dict[str, Any]:
    """A document without its secrets; the same one if it has none.

    :param group: of its kind
    """
    hider = Hider(mask, prose=kind == "CustomResourceDefinition", references=group in REFERENCE_GROUPS)
    return hider.document(data)


class Hider:
    """Puts marks in place of the secrets of one document.

    :param prose: its texts are written for people
    :param references: it says where secrets are found
    """

    def __init__(self, mask: TextMask, *, prose: bool = False, references: bool = False) -> None:
        self.mask = mask
        self._prose = prose
        self._references = references
        self._clean = mask.clean(prose=prose)

    def document(self, data: dict[str, Any]) -> dict[str, Any]:
        """The document without its secrets; the same one if it has none."""
        return self._map(data, "")

    def whole(self, value: Any) -> Any:
        """Marks for all that is in a value; keys, nulls and switches stay."""
        if isinstance(value, dict):
            return {key: self.whole(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.whole(member) for member in value]
        if isinstance(value, str):
            return self.mask.whole(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.mask.number(value)
        return self.mask.marks.secret(repr(value), form="number") if isinstance(value, float) else value

    def members(self, node: dict[str, Any], under: str = "") -> dict[str, Any]:
        """A map of no special kind. ``under`` is the key that it stands under."""
        hidden: dict[str, Any] = {}
        plain_keys, clean = self.mask.plain_keys, self._clean
        odd_keys = False
        for key, value in node.items():
            kind = value.__class__
            plain = key in plain_keys or self._is_plain(key)
            odd_keys = odd_keys or not plain
            if kind is str:
                new: Any = value if plain and value in clean else self._field(key, value)
            elif kind is dict:
                new = encryption_metadata(self, value) if key == "sops" and "mac" in value else self._map(value, key)
            elif kind is list:
                new = self._list(value)
            else:
                new = self._number(key, value) if kind is int else value
            if new is not value:
                hidden[key] = new
        if "value" in node and "name" in node:
            self._pair(node, hidden)
        return self.with_keys(node, hidden, under) if hidden or odd_keys else node

    def with_keys(self, node: dict[str, Any], hidden: dict[str, Any], under: str) -> dict[str, Any]:
        """The map with some values replaced, and marks in those keys that hold a secret themselves."""
        text = self.mask.text
        keys = {key: new for key in node if is_free_key(key, under) and (new := text(key, prose=True)) is not key}
        if not hidden and not keys:
            return node
        return {keys.get(key, key): hidden.get(key, value) for key, value in node.items()}

    def _is_plain(self, key: str) -> bool:
        """Whether a key neither says that its value is secret, nor holds anything secret itself."""
        if field_holds_secret(key) or self.mask.text(key, prose=True) is not key:
            return False
        self.mask.plain_keys.add(key)
        return True

    def _map(self, node: dict[str, Any], under: str) -> dict[str, Any]:
        kind = node.get("kind")
        if kind.__class__ is str and kind in SPECIAL_KINDS:
            return SPECIAL_KINDS[kind](self, node)
        return self.members(node, under)

    def _field(self, key: str, value: str) -> str:
        if field_holds_secret(key) and not self._references and not self._prose and says_something(value):
            return self.mask.whole(value)
        return self.mask.text(value, prose=self._prose)

    def _number(self, key: str, value: int) -> Any:
        if -1000 < value < 1000:
            return value
        if value > 99_999 and self.mask.is_copy(str(value)):
            return self.mask.number(value)
        secret = field_holds_secret(key) and not self._references and not self._prose
        return self.mask.number(value) if secret else value

    def _pair(self, node: dict[str, Any], hidden: dict[str, Any]) -> None:
        """An environment variable, a parameter, a header."""
        name, value = node["name"], node["value"]
        if isinstance(name, str) and isinstance(value, str) and not self._references:
            new = self.mask.named(name, value)
            if new is not value:
                hidden["value"] = new

    def _list(self, elements: list[Any]) -> list[Any]:
        hidden: dict[int, Any] = {}
        flag = False
        for index, value in enumerate(elements):
            kind = value.__class__
            if kind is str:
                new: Any = self._argument(value, secret=flag)
                flag = value.startswith("-") and "=" not in value and name_holds_secret(value)
            else:
                new = self._map(value, "") if kind is dict else self._list(value) if kind is list else value
            if new is not value:
                hidden[index] = new
        return [hidden.get(index, value) for index, value in enumerate(elements)] if hidden else elements

    def _argument(self, value: str, *, secret: bool) -> str:
        if secret and not value.startswith("-") and says_something(value):
            return self.mask.whole(value)
        return self.mask.text(value, prose=self._prose)
