"""SARIF 2.1.0, which many scanners print -> what they said.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from gitpromote.policy.program_answer import Said, Unreadable, Weight

__all__ = ["read_sarif"]

_WEIGHTS: Mapping[str, Weight | None] = {"error": "error", "warning": "warning", "note": "warning", "none": None}
#: Results of these kinds are no complaints (§3.27.9).
_QUIET = frozenset({"pass", "notApplicable", "informational"})


def read_sarif(text: str) -> list[Said]:
    """Every result of every run. What the scanner itself suppressed is left out.

    :raises Unreadable: it is no SARIF, or the scanner says that it failed
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("runs"), list):
        raise Unreadable('it is no SARIF: there are no "runs"')
    return [one for run in data["runs"] if isinstance(run, dict) for one in _run(run)]


def _run(run: Mapping[str, Any]) -> Iterator[Said]:
    for invocation in _list(run, "invocations"):
        if invocation.get("executionSuccessful") is False:
            raise Unreadable("it says of itself that it failed")
    rules = _rules(run)
    for result in _list(run, "results"):
        said = _result(result, rules)
        if said is not None:
            yield said


def _rules(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _list(_map(_map(run, "tool"), "driver"), "rules")


def _result(result: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> Said | None:
    index = result.get("ruleIndex", _map(result, "rule").get("index"))
    rule = _rule_of(result, rules, index)
    level = result.get("level") or _map(rule, "defaultConfiguration").get("level") or "warning"
    weight = _WEIGHTS.get(str(level), "error")
    if weight is None or result.get("kind") in _QUIET or _list(result, "suppressions"):
        return None
    place = _map(next(iter(_list(result, "locations")), {}), "physicalLocation")
    line = _map(place, "region").get("startLine")
    return Said(
        message=_message(result, rule),
        weight=weight,
        rule=str(result.get("ruleId") or rule.get("id") or ""),
        file=unquote(urlsplit(str(_map(place, "artifactLocation").get("uri") or "")).path),
        line=line if isinstance(line, int) and line > 0 else 0,
        hint=str(_map(rule, "help").get("text") or ""),
    )


def _rule_of(result: Mapping[str, Any], rules: list[Mapping[str, Any]], index: Any) -> Mapping[str, Any]:
    if isinstance(index, int) and 0 <= index < len(rules):
        return rules[index]
    named = result.get("ruleId")
    return next((rule for rule in rules if rule.get("id") == named and named), {})


def _message(result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Its own text, or the one that its rule has for it, with the arguments put in (§3.11)."""
    message = _map(result, "message")
    text = message.get("text")
    if not isinstance(text, str):
        strings = _map(rule, "messageStrings")
        text = _map(strings, str(message.get("id", ""))).get("text") or _map(rule, "shortDescription").get("text")
    if not isinstance(text, str):
        return str(result.get("ruleId") or "")
    arguments = message.get("arguments")
    for number, argument in enumerate(arguments if isinstance(arguments, list) else ()):
        text = text.replace(f"{{{number}}}", str(argument))
    return text


def _map(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _list(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = holder.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
