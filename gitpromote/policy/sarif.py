"""SARIF 2.1.0, which many scanners print -> what they said.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from gitpromote.model.strict_json import strict_json
from gitpromote.policy.program_answer import Said, Unreadable, Weight
from gitpromote.policy.sarif_rules import Rule, Rules, filled, listed, mapped

__all__ = ["read_sarif"]

_WEIGHTS: Mapping[str, Weight | None] = {"error": "error", "warning": "warning", "note": "warning", "none": None}
#: What a result is that is no failure has no level (§3.27.9, §3.27.10): a person has to look, or nobody could tell.
_KINDS: Mapping[str, Weight | None] = {
    "pass": None,
    "notApplicable": None,
    "informational": None,
    "review": "warning",
    "open": "unknown",
}


def read_sarif(text: str) -> list[Said]:
    """Every result of every run. What was suppressed, and what is no longer there, is left out.

    :raises Unreadable: it is no SARIF, or the scanner did not scan, or says that it failed
    """
    try:
        data = strict_json(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("runs"), list):
        raise Unreadable('it is no SARIF: there are no "runs"')
    runs = listed(data, "runs")
    if not runs:
        raise Unreadable("it holds no run of a scanner")
    return [one for run in runs for one in _run(run)]


def _run(run: Mapping[str, Any]) -> Iterator[Said]:
    if not isinstance(run.get("results"), list):
        raise Unreadable('a run holds no "results": nothing was scanned')  # §3.14.23: an empty list says that it was
    for invocation in listed(run, "invocations"):
        if invocation.get("executionSuccessful") is False:
            raise Unreadable("it says of itself that it failed")
        yield from _failures(invocation)
    rules = Rules(run)
    for result in listed(run, "results"):
        said = _result(run, result, rules)
        if said is not None:
            yield said


def _failures(invocation: Mapping[str, Any]) -> Iterator[Said]:
    """What the scanner could not do although it ended well: a file that it could not read, say (§3.20.21)."""
    for one in listed(invocation, "toolExecutionNotifications"):
        if one.get("level") == "error":
            place = mapped(next(iter(listed(one, "locations")), {}), "physicalLocation")
            message = str(mapped(one, "message").get("text") or "it could not be done")
            yield Said(message, "unknown", file=_file(str(mapped(place, "artifactLocation").get("uri") or "")))


def _result(run: Mapping[str, Any], result: Mapping[str, Any], rules: Rules) -> Said | None:
    rule = rules.of(result)
    weight = _weight(result, rule)
    if weight is None or result.get("baselineState") == "absent" or _is_suppressed(result):
        return None
    place = mapped(next(iter(listed(result, "locations")), {}), "physicalLocation")
    line = mapped(place, "region").get("startLine")
    return Said(
        message=_message(result, rule),
        weight=weight,
        rule=rule.id,
        file=_file(_uri(run, mapped(place, "artifactLocation"))),
        line=line if isinstance(line, int) and not isinstance(line, bool) and line > 0 else 0,
        hint=str(mapped(rule.data, "help").get("text") or ""),
    )


def _weight(result: Mapping[str, Any], rule: Rule) -> Weight | None:
    kind = str(result.get("kind") or "fail")
    if kind in _KINDS:
        return _KINDS[kind]
    # What nobody knows counts in full.
    return _WEIGHTS.get(str(result.get("level") or rule.level), "error")


def _is_suppressed(result: Mapping[str, Any]) -> bool:
    """Whether somebody accepted that it is suppressed; a wish that is under review or rejected is none (§3.35.3)."""
    return any(one.get("status") in (None, "accepted") for one in listed(result, "suppressions"))


def _uri(run: Mapping[str, Any], location: Mapping[str, Any]) -> str:
    """Its own, or that of the artifact by its number (§3.4.5)."""
    index = location.get("index")
    artifacts = listed(run, "artifacts")
    if "uri" not in location and isinstance(index, int) and 0 <= index < len(artifacts):
        location = mapped(artifacts[index], "location")
    return str(location.get("uri") or "")


def _file(uri: str) -> str:
    return unquote(urlsplit(uri).path)


def _message(result: Mapping[str, Any], rule: Rule) -> str:
    """Its own text, or the one that its rule has for it, with the arguments put in (§3.11)."""
    message = mapped(result, "message")
    text = message.get("text") or rule.message(str(message.get("id", "")))
    if not isinstance(text, str):
        return rule.id
    return filled(text, message.get("arguments"))
