"""SARIF as the specification has it: levels, kinds, suppressions, rules; and what real scanners print.

The files in tests/cases/sarif were printed by checkov 3.3 and bandit 1.9 and shortened.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitpromote.policy.program_answer import Said, Unreadable
from gitpromote.policy.sarif import read_sarif

CASES = Path(__file__).parents[1] / "cases" / "sarif"
RULES = [
    {"id": "E", "defaultConfiguration": {"level": "error"}, "messageStrings": {"m": {"text": "{{{0}}} is {1}"}}},
    {"id": "N", "defaultConfiguration": {"level": "note"}, "shortDescription": {"text": "about N"}},
    {"id": "W", "help": {"text": "mend it"}},
    {"id": "X/off", "defaultConfiguration": {"level": "none"}},
]
OTHERS = [{"name": "more", "guid": "g", "rules": [{"id": "E", "defaultConfiguration": {"level": "note"}}]}]


def run(*results: dict[str, Any], **members: Any) -> dict[str, Any]:
    tool = {"driver": {"name": "t", "rules": RULES}, "extensions": OTHERS}
    return {"tool": tool, "results": [{"message": {"text": "m"}, **one} for one in results], **members}


def said(*runs: dict[str, Any]) -> list[Said]:
    return read_sarif(json.dumps({"version": "2.1.0", "runs": runs}))


def weight(result: dict[str, Any], **members: Any) -> str | None:
    found = said(run(result, **members))
    return found[0].weight if found else None


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"ruleId": "E"}, "error"),
        ({"ruleId": "N"}, "warning"),
        ({"ruleId": "W"}, "warning"),
        ({"ruleId": "X/off"}, None),
        ({"ruleId": "unknown"}, "warning"),
        ({}, "warning"),
        ({"ruleIndex": 0}, "error"),
        ({"ruleIndex": -1, "ruleId": "E"}, "error"),
        ({"ruleIndex": 9, "ruleId": "E"}, "error"),
        ({"ruleId": "E/1/2"}, "error"),
        ({"rule": {"id": "E"}}, "error"),
        ({"rule": {"index": 0}}, "error"),
        ({"ruleId": "E", "rule": {"index": 0, "toolComponent": {"index": 0}}}, "warning"),
        ({"ruleId": "E", "rule": {"toolComponent": {"name": "more"}}}, "warning"),
        ({"ruleId": "E", "rule": {"toolComponent": {"guid": "other"}}}, "error"),
        ({"ruleId": "W", "level": "error"}, "error"),
        ({"ruleId": "E", "level": "note"}, "warning"),
        ({"ruleId": "E", "level": "none"}, None),
        ({"ruleId": "W", "level": "grave"}, "error"),
        ({"ruleId": "E", "kind": "fail"}, "error"),
        ({"ruleId": "E", "kind": "pass"}, None),
        ({"ruleId": "E", "kind": "notApplicable"}, None),
        ({"ruleId": "E", "kind": "informational", "level": "none"}, None),
        ({"ruleId": "W", "kind": "review", "level": "none"}, "warning"),
        ({"ruleId": "W", "kind": "open", "level": "none"}, "unknown"),
        ({"ruleId": "E", "baselineState": "absent"}, None),
        ({"ruleId": "E", "baselineState": "unchanged"}, "error"),
    ],
)
def test_how_much_a_result_counts(result: dict[str, Any], expected: str | None) -> None:
    assert weight(result) == expected


@pytest.mark.parametrize(
    ("suppressions", "hidden"),
    [
        ([], False),
        (None, False),
        ([{"kind": "inSource"}], True),
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"kind": "external", "status": "underReview"}], False),
        ([{"kind": "external", "status": "rejected"}], False),
        ([{"kind": "external", "status": "rejected"}, {"kind": "inSource"}], True),
        ([{"kind": "external", "status": "underReview"}, {"kind": "external", "status": "rejected"}], False),
    ],
)
def test_only_what_somebody_accepted_is_suppressed(suppressions: Any, hidden: bool) -> None:
    assert (weight({"ruleId": "E", "suppressions": suppressions}) is None) is hidden


@pytest.mark.parametrize("descriptor", [{"id": "W"}, {"index": 2}])
def test_an_invocation_gives_its_rules_other_levels(descriptor: dict[str, Any]) -> None:
    overrides = [{"descriptor": descriptor, "configuration": {"level": "error"}}]
    one = {"executionSuccessful": True, "ruleConfigurationOverrides": overrides}
    assert weight({"ruleId": "W", "ruleIndex": 2}, invocations=[one]) == "error"
    assert weight({"ruleId": "N", "ruleIndex": 1}, invocations=[one]) == "warning"
    assert weight({"ruleId": "W", "ruleIndex": 2}, invocations=[{}, one]) == "warning"
    second = {"ruleId": "W", "ruleIndex": 2, "provenance": {"invocationIndex": 1}}
    assert weight(second, invocations=[{}, one]) == "error"


def test_the_message_is_its_own_or_its_rules() -> None:
    messages = [
        {"ruleId": "E", "message": {"id": "m", "arguments": ["web", "bad"]}},
        {"ruleId": "E", "message": {"text": "{0} of {{ .Values }}"}},
        {"ruleId": "E", "message": {"text": "{0} {7}", "arguments": ["a"]}},
        {"ruleId": "N", "message": {}},
        {"ruleId": "W", "message": {}},
    ]
    assert [(one.message, one.hint) for one in said(run(*messages))] == [
        ("{web} is bad", ""),
        ("{0} of {{ .Values }}", ""),
        ("a {7}", ""),
        ("about N", ""),
        ("W", "mend it"),
    ]


def test_a_place_is_the_first_one_and_may_be_told_by_number() -> None:
    def at(**location: Any) -> dict[str, Any]:
        place = {"artifactLocation": location, "region": {"startLine": 3}}
        other = {"physicalLocation": {"artifactLocation": {"uri": "no.yaml"}}}
        return {"locations": [{"physicalLocation": place}, other], "relatedLocations": [other]}

    bases = {"ROOT": {"uri": "file:///tmp/objects/"}}
    results = [at(uri="a%20b.yaml", uriBaseId="ROOT"), at(index=1), at(uri="file:///tmp/c.yaml"), at(index=7)]
    artifacts = [{"location": {"uri": "x.yaml"}}, {"location": {"uri": "y.yaml"}}]
    found = said(run(*results, originalUriBaseIds=bases, artifacts=artifacts))
    assert [(one.file, one.line) for one in found] == [("a b.yaml", 3), ("y.yaml", 3), ("/tmp/c.yaml", 3), ("", 3)]


def test_what_the_scanner_could_not_do_is_not_known() -> None:
    notices = [{"level": "error", "message": {"text": "cannot read a.yaml"}}, {"level": "warning", "message": {}}]
    done = {"executionSuccessful": True, "toolExecutionNotifications": notices}
    assert [(one.weight, one.message) for one in said(run(invocations=[done]))] == [("unknown", "cannot read a.yaml")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("[", "it is no JSON"),
        ("[]", 'it is no SARIF: there are no "runs"'),
        ('{"runs": []}', "it holds no run of a scanner"),
        ('{"runs": [{"tool": {}}]}', 'a run holds no "results": nothing was scanned'),
        ('{"runs": [{"results": null}]}', 'a run holds no "results": nothing was scanned'),
        (json.dumps({"runs": [run(invocations=[{"executionSuccessful": False}])]}), "it says of itself that it failed"),
    ],
)  # fmt: skip
def test_what_says_nothing_is_not_taken_for_consent(data: str, why: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_sarif(data)
    assert str(raised.value) == why


@pytest.mark.parametrize(
    ("scanner", "expected"),
    [
        ("checkov", [("error", "CKV_K8S_12")]),
        ("bandit", [("warning", "B301"), ("warning", "B403")]),
    ],
)
def test_real_scanners_are_read(scanner: str, expected: list[tuple[str, str]]) -> None:
    found = read_sarif((CASES / f"{scanner}.sarif").read_text("utf-8"))
    assert [(one.weight, one.rule) for one in found] == expected
    assert {one.file for one in found} == {"objects/0001-deployment-shop-web.yaml"}
