"""Gates and policies by the command line: explained, listed, asked of another time, and tested."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest

PIPELINE = """\
from gitpromote import CEL, App, Branch, Environment, Freeze, Match, Pack, Pipeline, Plain, Rule, Soak, Window

{extra}
notes = Pipeline(
    "notes",
    apps=[App("notes", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    policies=[
        Rule("replicas", "object.spec.replicas >= 2", kinds="Deployment", message="runs alone", hint="run two",
             match=Match(production=True)),
        Pack("images", leave_out=["digest"], level="advisory"),
    ],
    gates=[Freeze("2031-01-01", until="2031-02-01", reason="holidays")],
    environments=[
        Environment("test"),
        Environment("prod", gates=[
            Soak("24h"),
            Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin", name="hours", level="soft"),
            CEL("small", "plan.adds == 0"),
        ]),
    ],
)
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: notes}
spec:
  replicas: 1
  selector: {matchLabels: {app: notes}}
  template:
    metadata: {labels: {app: notes}}
    spec: {containers: [{name: web, image: "ghcr.io/acme/notes:1.0"}]}
"""
TESTS = """\
policies:
  - Rule: {name: replicas, expression: object.spec.replicas >= 2, kinds: Deployment, message: runs alone}
  - Pack: images
gates:
  - Window: {hours: "Mon-Fri 09:00-16:00", tz: Europe/Berlin, name: hours}
  - CEL: [soaked, upstream.uat.soakMinutes >= 30]
environment: {name: prod, production: true}
tests:
  - name: one replica is too few
    objects: ../deploy/prod/notes.yaml
    expect:
      replicas: {status: fail, findings: [{message: runs alone, object: apps/Deployment notes, path: spec.replicas}]}
  - name: closed on Saturday
    at: Sat 12:00
    tz: Europe/Berlin
    facts: {upstream: {uat: {soakMinutes: 29}}}
    expect: {hours: pending, soaked: pending}
  - name: open on Monday
    at: Mon 12:00
    facts: {upstream: {uat: {soakMinutes: 30}}}
    expect: pass
"""


@pytest.fixture
def shop(empty):
    """A clone with gates and policies, pushed."""
    for name in ("test", "prod"):
        folder = empty.clone / "deploy" / name
        folder.mkdir(parents=True)
        (folder / "notes.yaml").write_text(DEPLOYMENT)
    (empty.clone / "pipeline.py").write_text(PIPELINE.format(extra=""))
    (empty.clone / "policies").mkdir()
    (empty.clone / "policies" / "replicas_test.yaml").write_text(TESTS)
    empty.commit("one")
    return empty


@pytest.fixture
def saved(shop, run):
    """A plan of Thu 20 Nov 2025, 00:54Z."""
    assert run("plan", "--as-of", "2025-11-20T00:54Z", "-out=p.json").code == 0
    return "p.json"


def shown(text):
    """Without names that follow from ids."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "DIGEST", text)
    return re.sub(r"\b[a-z]+-[a-z]+-[0-9a-f]{4}\b", "FREIGHT", text)


# -- explain

EXPLAINED = """\
prod · FREIGHT · blocked: small, replicas
  pending  upstream  test: not verified yet
                     gitpromote apply p.json --env test
  pending  soak      test: not verified yet; needs 24h
                     judges promote
  pending  hours     Mon-Thu 09:00-16:00 Europe/Berlin; closed; opens 08:00Z
                     (soft)
                     reads live facts; judges promote
                     gitpromote override notes prod hours --plan p.json --reason … --expires 4h
  fail     small     plan.adds is 1
                     plan.adds == 0
                     reads the plan alone; judges promote
                     has to change: plan.adds (now 1); then plan again
  fail     replicas  runs alone
                     object.spec.replicas >= 2
                     apps/Deployment notes
                       spec.replicas
                       deploy/prod/notes.yaml:5
                     run two
                     mend deploy/prod/notes.yaml:5
  pass     images    holds for 1   (advisory)
  steps: push -> verify   (+1)
  target: env/prod at nothing   change DIGEST
"""


def test_every_verdict_is_explained_with_what_would_help(run, saved) -> None:
    found = run("explain", "prod", "--plan", saved, env={"COLUMNS": "80"})
    assert (found.code, shown(found.out)) == (0, EXPLAINED)


def test_all_operands_are_told_where_they_are_asked_for(run, saved) -> None:
    lines = run("explain", "prod", "--plan", saved, "--full").out.splitlines()
    at = lines.index("  fail     small     plan.adds is 1")
    assert lines[at + 1 : at + 4] == [
        "                     plan.adds == 0",
        "                     reads the plan alone; judges promote",
        "                     plan.adds = 1",
    ]


def test_the_explanation_is_data_as_well(run, saved) -> None:
    told = json.loads(run("explain", "prod", "--plan", saved, "--json").out)
    assert told["decision"] == "blocked"
    assert told["remedies"] == {
        "upstream": "gitpromote apply p.json --env test",
        "hours": "gitpromote override notes prod hours --plan p.json --reason … --expires 4h",
        "small": "has to change: plan.adds (now 1); then plan again",
        "replicas": "mend deploy/prod/notes.yaml:5",
    }
    assert told["applies_to"] == {"soak": ["promote"], "hours": ["promote"], "small": ["promote"]}
    assert (
        run("explain", "prod", "--plan", saved, "--format", "json").out
        == json.dumps(told, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    )


MARKDOWN = """\
### `prod · FREIGHT · blocked: small, replicas`

| Status | Gate or policy | Why | Condition |
| --- | --- | --- | --- |
| pending | `upstream` | `test: not verified yet` |  |
| pending | `soak` | `test: not verified yet; needs 24h` | `judges promote` |
| pending | `hours` (soft) | `Mon-Thu 09:00-16:00 Europe/Berlin; closed; opens 08:00Z` | \
`reads live facts; judges promote` |
| fail | `small` | `plan.adds is 1` | `plan.adds == 0; reads the plan alone; judges promote` |
| fail | `replicas` | `runs alone` | `object.spec.replicas >= 2; reads the plan alone` |
| pass | `images` (advisory) | `holds for 1` | `reads the plan alone` |

- `replicas`: `runs alone` at `apps/Deployment notes spec.replicas deploy/prod/notes.yaml:5`

What would help:

- `upstream`: `gitpromote apply p.json --env test`
- `hours`: `gitpromote override notes prod hours --plan p.json --reason … --expires 4h`
- `small`: `has to change: plan.adds (now 1); then plan again`
- `replicas`: `mend deploy/prod/notes.yaml:5`
"""


def test_the_explanation_is_a_comment_as_well(run, saved) -> None:
    assert shown(run("explain", "prod", "--plan", saved, "--format", "markdown").out) == MARKDOWN


def test_it_is_explained_as_it_will_be(run, saved) -> None:
    now = run("explain", "prod", "--plan", saved).out
    then = run("explain", "prod", "--plan", saved, "--at", "Thu 10:00", "--tz", "Europe/Berlin").out
    assert "pending  hours" in now
    assert "pass     hours     Mon-Thu 09:00-16:00 Europe/Berlin; open since 08:00Z, until 15:00Z   (soft)" in then
    assert run("explain", "prod", "--plan", saved, "--at", "later").err == (
        'Error: This is no point in time  [bad-time]\n\n"later"\n\n'
        "Write it like 2026-11-20T09:30Z, 2026-11-20 or Sat 15:00; without a zone it is UTC.\n"
    )
    assert run("explain", "prod", "--plan", saved, "--at", "Sat 15:00", "--tz", "Mars").err == (
        "Error: There is no such time zone  [bad-time-zone]\n\nthis machine has no time zone Mars\n\n"
        "Name it as IANA does, such as Europe/Berlin or UTC.\n"
    )


# -- list

LISTED = """\
notes  4 gates, 2 policies

  GATE    KIND    LEVEL  JUDGES   FROM         ENVIRONMENTS
  freeze  freeze  hard   promote  pipeline     test
  soak    soak    hard   promote  environment  prod
  hours   window  soft   promote  environment  prod
  small   cel     hard   promote  environment  prod

  POLICY    KIND  LEVEL     JUDGES  FROM      ENVIRONMENTS
  replicas  rule  hard      all     pipeline  prod
  images    pack  advisory  all     pipeline  all

Packs in the box  (* used here)
"""


def test_gates_and_policies_are_listed_with_where_they_judge(run, shop) -> None:
    found = run("policy", "list")
    assert found.code == 0
    assert found.out.startswith(LISTED)
    assert "  *  images           3 rules   which images run: no `latest`, pinned digests, allowed registries\n" in (
        found.out
    )
    told = json.loads(run("policy", "list", "--json").out)
    assert {row["name"]: row["environments"] for row in told["policies"]}["replicas"] == ["prod"]
    assert told["policies"][4]["definition"] == (
        'Rule("replicas", "object.spec.replicas >= 2", match=Match(production=True), kinds="Deployment", '
        'message="runs alone", hint="run two")'
    )


def test_packs_are_listed_without_a_pipeline(run, empty) -> None:
    found = run("policy", "list", "--packs")
    assert found.code == 0
    assert (
        "images  which images run: no `latest`, pinned digests, allowed registries\n"
        "    latest    An image with the tag `latest`, or with neither tag nor digest; beside a digest no tag counts.\n"
    ) in found.out
    assert {one["name"] for one in json.loads(run("policy", "list", "--packs", "--json").out)} > {"images", "secrets"}


def test_what_of_policies_is_asked_back(run, empty) -> None:
    found = run("policy")
    assert (found.code, found.err) == (
        64,
        (
            "Error: What about policies?  [usage]\n\nOne of list, simulate, test is needed.\n\n"
            "  gitpromote policy list\n  gitpromote policy --help\n"
        ),
    )


# -- simulate

SIMULATED = """\
Now is TIME; then is 15 Jan 2031 12:00Z.

  ENVIRONMENT  NOW    THEN             WHY
  test         ready  waiting: freeze  freeze: frozen 2031-01-01 to 2031-02-01 UTC: holidays; opens Sun 2 Feb 00:00Z

Then: 0 ready, 1 waiting, 0 blocked; 1 other than now.
What is recorded is taken to stay as it is, and nothing is written.
"""


def test_what_may_go_then_stands_beside_what_may_go_now(run, shop) -> None:
    before = shop.refs()
    found = run("policy", "simulate", "--at", "2031-01-15T12:00Z", "--env", "test")
    assert (found.code, found.err) == (0, "")
    assert re.sub(r"Now is [^;]+;", "Now is TIME;", found.out) == SIMULATED
    assert shop.refs() == before and not (shop.clone / "plans").exists()


def test_a_simulation_fails_on_what_it_is_told_to(run, shop) -> None:
    at = ("policy", "simulate", "--at", "2031-01-15T12:00Z")
    assert run(*at, "--env", "test", "--fail-on", "blocked").code == 0
    assert run(*at, "--env", "test", "--fail-on", "waiting").code == 13
    assert run(*at, "--fail-on", "blocked").code == 13  # prod would add an object
    told = json.loads(run(*at, "--env", "test", "--json").out)
    assert [(one["name"], one["now"]["decision"], one["then"]["decision"]) for one in told["environments"]] == [
        ("test", "ready", "waiting")
    ]


FORECAST = """\
From 30 Dec 2030 00:00Z until 10 Feb 2031 00:00Z

  FROM                ENVIRONMENT  DECISION
  30 Dec 2030 00:00Z  test         ready
  1 Jan 2031 00:00Z   test         waiting: freeze
  2 Feb 2031 00:00Z   test         ready

What is recorded is taken to stay as it is, and nothing is written.
"""


def test_a_range_tells_when_decisions_change(run, shop) -> None:
    words = ("policy", "simulate", "--from", "2030-12-30", "--until", "2031-02-10", "--env", "test")
    found = run(*words)
    assert (found.code, found.out) == (0, FORECAST)
    turns = json.loads(run(*words, "--json").out)["turns"]
    assert [one["at"] for one in turns] == [1924819200, 1924992000, 1927756800]


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        ((), "--at names a moment; --until, with --from or from now on, a range."),
        (("--at", "now", "--until", "now"), "--at names a moment; --until, with --from or from now on, a range."),
        (("--from", "now"), "--at names a moment; --until, with --from or from now on, a range."),
        (("--at", "now", "--from", "now"), "--at names a moment; --until, with --from or from now on, a range."),
    ],
)
def test_a_moment_or_a_range_is_named(run, shop, words, detail) -> None:
    found = run("policy", "simulate", *words)
    assert (found.code, found.err) == (
        64,
        (
            f"Error: A moment is to be named, or a range  [usage]\n\n{detail}\n\n"
            '  gitpromote policy simulate --at "Sat 15:00"\n  gitpromote policy simulate --until 2027-01-05\n'
        ),
    )


def test_a_range_has_a_length(run, shop) -> None:
    found = run("policy", "simulate", "--from", "2031-01-02", "--until", "2031-01-01")
    assert (found.code, found.err) == (
        64,
        (
            "Error: The range is empty  [bad-range]\n\n"
            "It begins at 2 Jan 2031 00:00Z and ends at 1 Jan 2031 00:00Z.\n\n"
            "Name the end with its date: a day of the week is the next one from now on.\n"
        ),
    )


# -- test

PASSED = """\
policies/replicas_test.yaml
  pass   one replica is too few
  pass   closed on Saturday
  pass   open on Monday

2 of 6 rules seen to hold and not to hold
  replicas         never seen to hold
  images/latest    never seen not to hold
  images/digest    never seen to hold
  images/registry  never seen not to hold

3 tests: 3 passed, 0 failed, 0 with errors.
"""


def test_unit_tests_are_run_and_what_they_have_not_seen_is_told(run, shop) -> None:
    assert run("policy", "test") == (found := run("policy", "test", "policies"))
    assert (found.code, found.out) == (0, PASSED)
    full = run("policy", "test", "--coverage").out
    assert "  hours            held 1, did not 1\n" in full


def test_a_test_that_does_not_pass_says_why_and_fails(run, shop, tmp_path) -> None:
    shop.replace("policies/replicas_test.yaml", "message: runs alone, object", "message: is <alone>, object")
    shop.replace("policies/replicas_test.yaml", "../deploy/prod/notes.yaml", "../deploy/uat/notes.yaml")
    shop.replace("policies/replicas_test.yaml", "soaked: pending", "soaked: pass, nothing: pass")
    report = tmp_path / "report.xml"
    found = run("policy", "test", "--junit", str(report))
    assert (found.code, found.err) == (1, "")
    assert found.out.startswith(
        "policies/replicas_test.yaml\n"
        "  error  one replica is too few\n"
        "         [Errno 2] No such file or directory: 'policies/../deploy/uat/notes.yaml'\n"
        "  fail   closed on Saturday\n"
        "         soaked: expected pass, and it says pending: upstream.uat.soakMinutes is 29\n"
        "         nothing: there is none; there are hours, soaked\n"
        "  pass   open on Monday\n"
    )
    assert found.out.endswith("3 tests: 1 passed, 1 failed, 1 with errors.\n")
    shop.replace("policies/replicas_test.yaml", "../deploy/uat/notes.yaml", "../deploy/prod/notes.yaml")
    assert run("policy", "test", "--junit", str(report)).code == 1
    root = ET.fromstring(report.read_text())
    assert root.attrib == {"name": "gitpromote policy test", "tests": "3", "failures": "2", "errors": "0"}
    [suite] = root
    assert (suite.tag, suite.get("name"), suite.get("tests")) == ("testsuite", "policies/replicas_test.yaml", "3")
    first = suite[0]
    assert (first.get("classname"), first.get("name")) == ("policies/replicas_test.yaml", "one replica is too few")
    assert first[0].tag == "failure"
    assert first[0].text == (
        "replicas: was not found: message 'is <alone>', object apps/Deployment notes, path spec.replicas\n"
        "replicas: was found, and not expected: message 'runs alone', object apps/Deployment notes, "
        "path spec.replicas, rule replicas"
    )


def test_what_a_pipeline_has_is_tested_where_it_judges(run, shop) -> None:
    (shop.clone / "policies" / "whole_test.yaml").write_text(
        "pipeline: true\n"
        "tests:\n"
        "  - name: production needs two\n"
        "    environment: prod\n"
        "    objects: ../deploy/prod/notes.yaml\n"
        "    at: Mon 12:00\n"
        "    facts: {plan: {adds: 0}}\n"
        "    expect: {replicas: fail, images: pass, hours: pass, small: pass}\n"
        "  - name: test does not\n"
        "    environment: test\n"
        "    objects: ../deploy/test/notes.yaml\n"
        "    expect: {replicas: skip, images: pass}\n"
        "  - name: what follows a journey is no unit\n"
        "    environment: prod\n"
        "    expect: {soak: error}\n"
        "  - name: nowhere\n"
        "    environment: live\n"
        "    expect: {}\n".replace("expect: {}", "expect: pass")
    )
    found = run("policy", "test", "policies/whole_test.yaml")
    assert found.out.startswith(
        "policies/whole_test.yaml\n"
        "  pass   production needs two\n"
        "  pass   test does not\n"
        "  pass   what follows a journey is no unit\n"
        "  error  nowhere\n"
        "         There is no such environment; 'live'; notes has test, prod\n"
    )


def test_where_there_are_no_tests_that_is_said(run, empty) -> None:
    found = run("policy", "test")
    assert (found.code, found.err) == (
        64,
        (
            "Error: There are no tests of policies  [policy-tests-missing]\n\n"
            "No file below . ends in _test.yaml or _test.yml.\n\n"
            "Tests stand beside policies, in files such as policies/replicas_test.yaml.\n"
        ),
    )


def test_everything_that_is_wrong_in_test_files_is_told_at_once(run, empty) -> None:
    (empty.clone / "a_test.yaml").write_text("policies: [{Pak: images}]\ntests: [{expect: good}]\nmore: 1\n")
    (empty.clone / "b_test.yaml").write_text("a: [1\n")
    found = run("policy", "test")
    assert found.code == 11
    assert found.err == (
        "Error: Tests of policies are not valid  [policy-test-invalid]\n\n"
        "  b_test.yaml:2:1: document 1: while parsing a flow sequence that begins on line 1, did not find expected ',' "
        "or ']'  [policy-test-invalid]\n"
        '  a_test.yaml: the file has "more", which means nothing there  [policy-test-invalid]  '
        "(there are pipeline, policies, gates, environment, tests)\n"
        "  a_test.yaml: policies[1]: there is no Pak  [policy-test-invalid]  (did you mean Pack?)\n"
        "  a_test.yaml: test 1 has no name  [policy-test-invalid]\n"
        '  a_test.yaml: test 1: expect is "good"  [policy-test-invalid]  '
        "(there are pass, warn, fail, pending, error, skip)\n"
    )
