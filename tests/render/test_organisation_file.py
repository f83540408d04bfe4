"""``organisation.yaml``: read as it is documented, and refused with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitpromote import (
    CEL,
    Boundary,
    Exemption,
    OrgGate,
    OrgMatch,
    OrgPolicies,
    OrgPolicy,
    Pack,
    Prometheus,
    Ramp,
    Rego,
    Rule,
    SecretEnv,
    Soak,
)
from gitpromote.errors import ConfigurationError, SourceInvalid
from gitpromote.render.organisation_file import read_exemptions, read_organisation

TEXT = b"""\
groups: groups.yaml
policies:
  - name: pinned
    level: soft
    pack: images
    settings: {registries: [ghcr.io/acme]}
    leave_out: [latest]
    match: {production: true, pipelines: "pay-*", labels: {tier: gold}}
    ramp: {warn: 2026-10-01, enforce: 2026-12-01}
  - {name: replicas, rule: object.spec.replicas >= 2, kinds: Deployment, applies_to: [promote]}
  - rego: rego
gates:
  - {kind: soak, duration: 24h, match: {production: true}}
  - {kind: cel, name: calm, expression: "!schedule.isWeekend", tz: Europe/Berlin}
  - {kind: prometheus, name: errors, url: "https://x", query: q, below: 0.01, auth: {kind: secret-env, name: T}}
boundaries:
  - {paths: ["builds/*"], match: {pipelines: shop}}
"""


def test_a_file_is_read_as_it_is_documented():
    found = read_organisation(TEXT, path="organisation.yaml")
    assert found.rules == OrgPolicies(
        groups="groups.yaml",
        policies=[
            OrgPolicy(
                Pack("images", level="soft", settings={"registries": ["ghcr.io/acme"]}, leave_out="latest"),
                name="pinned",
                match=OrgMatch(production=True, pipelines="pay-*", labels={"tier": "gold"}),
                ramp=Ramp(warn="2026-10-01", enforce="2026-12-01"),
            ),
            OrgPolicy(Rule("replicas", "object.spec.replicas >= 2", kinds="Deployment", applies_to=["promote"])),
            OrgPolicy(Rego("rego")),
        ],
        gates=[
            OrgGate(Soak("24h"), match=OrgMatch(production=True)),
            OrgGate(CEL("calm", "!schedule.isWeekend", tz="Europe/Berlin")),
            OrgGate(Prometheus("https://x", name="errors", query="q", below="0.01", auth=SecretEnv("T"))),
        ],
        boundaries=[Boundary(paths="builds/*", match=OrgMatch(pipelines="shop"))],
    )
    assert found.lines == {
        "pinned": 3,
        "replicas": 10,
        "rego": 11,
        "soak": 13,
        "calm": 14,
        "errors": 15,
        "boundary": 17,
    }


def test_an_empty_file_asks_for_nothing():
    assert read_organisation(b"", path="o.yaml").rules == OrgPolicies()
    assert read_organisation(b"# nothing yet\npolicies:\n", path="o.yaml").rules == OrgPolicies()


BAD = b"""\
polices: []
policies:
  - {name: a b, rule: x, level: harsh}
  - {name: c}
  - {pack: images, rego: x}
  - pack: images
    ramp: {warn: 2026-12-01, enforce: 2026-10-01}
  - 3
  - {rule: "true"}
  - {name: d, rule: "true", expression: "false"}
gates:
  - {kind: windo}
  - {kind: python-gate, function: "x:y"}
  - {kind: soak, duration: 24, extra: 1}
  - {kind: http, url: "https://x", auth: {kind: secret-command, command: [x]}}
boundaries: {}
"""


def test_everything_that_is_wrong_is_told_at_once_with_its_line():
    with pytest.raises(ConfigurationError) as raised:
        read_organisation(BAD, path="organisation.yaml")
    assert raised.value.summary == "What the organisation asks for is not valid"
    assert [f"{one.line}: {one.message}" for one in raised.value.problems] == [
        '1: the file has no member "polices"',
        '3: Rule: level takes "hard", "soft" or "advisory", not "harsh"',
        '3: Rule: the name "a b" is not made of letters, digits and . _ -',
        "4: a policy has none of pack, rule, admission, rego",
        "5: a policy has pack, rego",
        "7: Ramp: enforce 2026-10-01 is before warn 2026-12-01",
        "8: policies[4] is the number 3, not a mapping",
        "9: a rule has no name",
        '10: a policy has no member "expression"',
        '12: there is no kind of gate "windo" here',
        '13: there is no kind of gate "python-gate" here',
        "14: Soak: duration is 24 without a unit",
        "14: Soak: no keyword extra",
        '15: HTTP("https://x"): auth takes a reference such as SecretEnv("NAME"), not a dictionary',
        "16: boundaries is a dictionary, not a list",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"- a\n", "organisation.yaml:1: the file is a list, not a mapping  [organisation-invalid]"),
        (b"a: 1\n---\nb: 1\n", "organisation.yaml:1: holds more than one document  [organisation-invalid]"),
        (b"gates: [{kind: soak, duration: 1h}, {kind: soak, duration: 2h}]\n", '"soak" is there twice'),
        (b"boundaries: [{match: {names: x}}]\n", "Boundary: limits nothing  [boundary-invalid]"),
        (b"boundaries: [{paths: x, match: {}}]\n", "OrgMatch: selects by nothing  [match-invalid]"),
        (b"policies: [{pack: images, ramp: {}}]\n", "Ramp: has no day  [ramp-invalid]"),
        (b"policies: [{pack: images, ramp: {warn: 2026-02-30}}]\n", 'Ramp: warn "2026-02-30" is not a day'),
        (b"policies: [{pack: images, match: {production: 'yes'}}]\n", "OrgMatch: production takes"),
    ],
)
def test_it_is_refused(text, message):
    with pytest.raises(ConfigurationError) as raised:
        read_organisation(text, path="organisation.yaml")
    assert message in str(raised.value)


def test_what_is_no_yaml_says_where():
    with pytest.raises(SourceInvalid, match=r"organisation\.yaml:2"):
        read_organisation(b"a: 1\na: 2\n", path="organisation.yaml")


def test_exemptions_are_one_or_many():
    one = b"rule: images/latest\nowner: pay\nreason: x\nexpires: 2027-03-01\n"
    found = Exemption(rule="images/latest", owner="pay", reason="x", expires="2027-03-01")
    assert read_exemptions(one, path="e.yaml") == (((found, 1),), ())
    many = b"- {rule: a}\n- {rule: b}\n"
    assert [(one.rule, line) for one, line in read_exemptions(many, path="e.yaml")[0]] == [("a", 1), ("b", 2)]


DOCUMENT = Path(__file__).parents[2] / "docs" / "organisation.md"


def test_what_the_document_shows_is_sound():
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    rules = read_organisation(blocks[0].encode(), path="organisation.yaml").rules
    assert [one.name for one in rules.policies] == ["pinned", "replicas", "vap", "rego"]
    assert [one.gate.kind for one in rules.gates] == ["window", "freeze", "approvals", "cel"]
    [(exemption, _)], _ = read_exemptions(blocks[1].encode(), path="exceptions/pay.yaml")
    assert exemption.void(0) == ""


def test_on_without_quotes_is_what_a_rule_is_about():
    """YAML 1.1 reads the word as true."""
    text = b"policies:\n  - {name: one, rule: change.risk == 'low', on: change}\n"
    assert read_organisation(text, path="organisation.yaml").rules.policies[0].policy.on == "change"
