"""The rules of a run in SARIF: found by number, by name or by the beginning of a name, in the tool or an extension."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Rule", "Rules", "filled", "listed", "mapped"]

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a run says of one rule; ``data`` is empty where it says nothing.

    :ivar level: of results that have none of their own
    """

    id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    level: str = "warning"
    strings: Mapping[str, Any] = field(default_factory=dict)

    def message(self, identifier: str) -> Any:
        """The text that results name by an id, or what the rule is about."""
        for strings in (mapped(self.data, "messageStrings"), self.strings):
            if text := mapped(strings, identifier).get("text"):
                return text
        return mapped(self.data, "shortDescription").get("text")


class Rules:
    """The rules of one run."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        tool = mapped(run, "tool")
        self._driver = mapped(tool, "driver")
        self._extensions = listed(tool, "extensions")
        self._invocations = listed(run, "invocations")

    def of(self, result: Mapping[str, Any]) -> Rule:
        """The rule of a result (§3.27.5 to §3.27.7)."""
        named = mapped(result, "rule")
        component = self._component(mapped(named, "toolComponent"))
        identifier = str(result.get("ruleId") or named.get("id") or "")
        index = result.get("ruleIndex", named.get("index"))
        data = _found(listed(component, "rules"), index, identifier)
        level = self._overridden(result, index, identifier) or mapped(data, "defaultConfiguration").get("level")
        return Rule(
            id=identifier or str(data.get("id") or ""),
            data=data,
            level=str(level or "warning"),
            strings=mapped(component, "globalMessageStrings"),
        )

    def _component(self, reference: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tool itself, unless an extension is named."""
        index = reference.get("index")
        if isinstance(index, int) and 0 <= index < len(self._extensions):
            return self._extensions[index]
        wanted = {key: reference[key] for key in ("guid", "name") if key in reference}
        named = (one for one in self._extensions if wanted and all(one.get(key) == wanted[key] for key in wanted))
        return next(named, self._driver)

    def _overridden(self, result: Mapping[str, Any], index: Any, identifier: str) -> Any:
        """The level that the invocation gave the rule (§3.20.5)."""
        number = mapped(result, "provenance").get("invocationIndex")
        one = self._invocations[0] if len(self._invocations) == 1 else {}
        if isinstance(number, int) and 0 <= number < len(self._invocations):
            one = self._invocations[number]
        for override in listed(one, "ruleConfigurationOverrides"):
            of = mapped(override, "descriptor")
            if (of.get("id") or "") == identifier or (isinstance(index, int) and of.get("index") == index >= 0):
                return mapped(override, "configuration").get("level")
        return None


def _found(rules: list[Mapping[str, Any]], index: Any, identifier: str) -> Mapping[str, Any]:
    if isinstance(index, int) and 0 <= index < len(rules):
        return rules[index]
    for name in _beginnings(identifier):
        for rule in rules:
            if rule.get("id") == name:
                return rule
    return {}


def _beginnings(identifier: str) -> Iterator[str]:
    """``CA1000/1``, and then ``CA1000``."""
    parts = identifier.split("/") if identifier else []
    yield from ("/".join(parts[:end]) for end in range(len(parts), 0, -1))


def filled(text: str, arguments: Any) -> str:
    """A text with arguments in their places; without any, braces are just braces."""
    if not isinstance(arguments, list) or not arguments:
        return text

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return str(arguments[int(match[1])]) if int(match[1]) < len(arguments) else match[0]

    return _PLACEHOLDER.sub(put, text)


def mapped(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object, or an empty one."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def listed(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a member that is a list."""
    value = holder.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
