"""Definitions are frozen values that show themselves as one evaluable line and say at once what is wrong."""

from __future__ import annotations

import copy
import inspect
import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import gitpromote
from gitpromote import (
    CEL,
    HTTP,
    AdmissionPolicies,
    App,
    Approvals,
    ArgoCD,
    Bake,
    Boundary,
    Branch,
    ChangeBudget,
    Chart,
    Checks,
    CommitSignature,
    Directory,
    Environment,
    ExecPolicy,
    Exemption,
    Flux,
    FluxSetters,
    Freeze,
    Git,
    Helm,
    Image,
    ImageSignature,
    InPlace,
    Job,
    Kustomize,
    Limits,
    Match,
    Message,
    NoAgent,
    OrgGate,
    OrgMatch,
    OrgPolicies,
    OrgPolicy,
    Pack,
    Pipeline,
    Plain,
    Prometheus,
    PythonGate,
    PythonPolicy,
    PythonRenderer,
    Ramp,
    Rego,
    RiskRule,
    Rule,
    SecretCommand,
    SecretEnv,
    SecretFile,
    SetValue,
    SkipPermission,
    Soak,
    Warehouse,
    Wave,
    Window,
    any_of,
    app_version,
    errors,
    same_commit,
    same_version,
)
from gitpromote.errors import ConfigurationError
from gitpromote.model.definition import Definition
from gitpromote.model.kinds import KINDS, class_of, definition_of
from gitpromote.model.problems import collecting


def module_level(context: object) -> object:
    return context


NAMES: dict[str, Any] = {
    name: getattr(gitpromote, name)
    for name in gitpromote.__all__
    if name not in ("Change", "History", "Plan", "Project", "Status", "errors")
}
REFERENCE = f"{module_level.__module__}:module_level"

EXAMPLES: list[tuple[Definition, str]] = [
    (Image("ghcr.io/acme/shop"), 'Image("ghcr.io/acme/shop")'),
    (Image("ghcr.io/acme/shop", "^1.4"), 'Image("ghcr.io/acme/shop", "^1.4")'),
    (
        Image("nginx", strategy="lexical", allow=["^v"], limit=5),
        'Image("nginx", strategy="lexical", allow=["^v"], limit=5)',
    ),
    (Image("nginx", strict=False), 'Image("nginx", strict=False)'),
    (Limits(), "Limits()"),
    (Limits(seconds=300, megabytes=256), "Limits(seconds=300, megabytes=256)"),
    (Git(), "Git()"),
    (Git(include=["deploy/"], trigger=False), 'Git(include=["deploy/"], trigger=False)'),
    (Git(include=None), "Git(include=None)"),
    (Chart("oci://ghcr.io/acme/charts/shop", "^1"), 'Chart("oci://ghcr.io/acme/charts/shop", "^1")'),
    (Chart("https://charts.acme.example", name="shop"), 'Chart("https://charts.acme.example", name="shop")'),
    (Warehouse(), "Warehouse()"),
    (Warehouse(Image("nginx"), name="w"), 'Warehouse(Image("nginx"), name="w")'),
    (
        Warehouse(Image("a/b"), Git(), where=same_commit(), policy="manual", cut="Tue 10:00", quiet="30m"),
        'Warehouse(Image("a/b"), Git(), where=same_commit(), policy="manual", cut="Tue 10:00", quiet="30m")',
    ),
    (same_commit(), "same_commit()"),
    (same_version(), "same_version()"),
    (app_version(), "app_version()"),
    (Wave(1, max_parallel=2, max_failed=0, jitter="10m"), 'Wave(1, max_parallel=2, max_failed=0, jitter="10m")'),
    (
        SkipPermission("oncall", "freight.labels.hotfix == 'true'"),
        'SkipPermission("oncall", "freight.labels.hotfix == \'true\'")',
    ),
    (Environment("eu", wave=2, moved="europe"), 'Environment("eu", wave=2, moved="europe")'),
    (Environment("eu", wave=Wave(2, max_failed=1)), 'Environment("eu", wave=Wave(2, max_failed=1))'),
    (Plain("deploy"), 'Plain("deploy")'),
    (Kustomize("deploy/overlays/$env", version="5.8"), 'Kustomize("deploy/overlays/$env", version="5.8")'),
    (
        Helm("charts/shop", values=["a.yaml"], set={"a.b": 1, "c": 0.5, "d": True, "e": None, "f": "x"}, namespace="n"),
        (
            'Helm("charts/shop", values=["a.yaml"], set={"a.b": 1, "c": 0.5, "d": True, "e": None, "f": "x"}, '
            'namespace="n")'
        ),
    ),
    (
        Helm("c", release="r", api_versions=["v1"], kube_version="1.34", version="3.17"),
        'Helm("c", release="r", api_versions=["v1"], kube_version="1.34", version="3.17")',
    ),
    (PythonRenderer(module_level), f'PythonRenderer("{REFERENCE}")'),
    (PythonRenderer("render:shop", reads=["a"]), 'PythonRenderer("render:shop", reads=["a"])'),
    (Helm("c") | Kustomize("k"), 'Helm("c") | Kustomize("k")'),
    (Helm("c") | Kustomize("k") | Kustomize("l"), 'Helm("c") | Kustomize("k") | Kustomize("l")'),
    (SetValue("v.yaml", "image.tag", image="nginx"), 'SetValue("v.yaml", "image.tag", image="nginx")'),
    (SetValue("v.yaml", "a", value=0), 'SetValue("v.yaml", "a", value=0)'),
    (SetValue("v.yaml", "a", value=0.5), 'SetValue("v.yaml", "a", value=0.5)'),
    (SetValue("v.yaml", "a", value=False), 'SetValue("v.yaml", "a", value=False)'),
    (
        SetValue("v.yaml", "a", image="nginx", part="digest"),
        'SetValue("v.yaml", "a", image="nginx", part="digest")',
    ),
    (FluxSetters(), "FluxSetters()"),
    (Branch("env/$env"), 'Branch("env/$env")'),
    (Branch("b", path="p", keep=[], files="per-app"), 'Branch("b", path="p", keep=[], files="per-app")'),
    (Directory("builds/$env", branch="out"), 'Directory("builds/$env", branch="out")'),
    (InPlace("main", repo="https://git.example/a/b"), 'InPlace("main", repo="https://git.example/a/b")'),
    (ArgoCD(context="$env"), 'ArgoCD(context="$env")'),
    (Flux(namespace="flux"), 'Flux(namespace="flux")'),
    (NoAgent(), "NoAgent()"),
    (SecretEnv("TOKEN"), 'SecretEnv("TOKEN")'),
    (SecretFile("/run/token"), 'SecretFile("/run/token")'),
    (SecretCommand(["vault", "read", "it's"]), 'SecretCommand(["vault", "read", "it\'s"])'),
    (Soak("24h"), 'Soak("24h")'),
    (Soak("7d", name="s", level="soft", applies_to=["promote", "hotfix"]), None),  # type: ignore[list-item]
    (Bake("90s"), 'Bake("90s")'),
    (Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin"), 'Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin")'),
    (
        Window(rrule="FREQ=MONTHLY;BYDAY=2TU", start="2026-01-13T09:00", duration="4h"),
        'Window(rrule="FREQ=MONTHLY;BYDAY=2TU", start="2026-01-13T09:00", duration="4h")',
    ),
    (
        Freeze("2026-12-20", until="2027-01-03", reason='"x"'),
        'Freeze("2026-12-20", until="2027-01-03", reason=\'"x"\')',
    ),
    (Approvals(2, of="@acme/payments"), 'Approvals(2, of="@acme/payments")'),
    (Approvals(1, of=["a@b.example", "c@d.example"]), 'Approvals(1, of=["a@b.example", "c@d.example"])'),
    (ChangeBudget(5, per="7d"), 'ChangeBudget(5, per="7d")'),
    (
        CEL("weekend", "!schedule.isWeekend", level="advisory"),
        'CEL("weekend", "!schedule.isWeekend", level="advisory")',
    ),
    (PythonGate(module_level), f'PythonGate("{REFERENCE}", name="module_level")'),
    (
        Prometheus("https://prom.example", query="up", over="15m", below=0.01, auth=SecretEnv("T")),
        'Prometheus("https://prom.example", query="up", over="15m", below="0.01", auth=SecretEnv("T"))',
    ),
    (
        HTTP("https://x.example/$env", headers={"X-Team": "a", "Authorization": SecretEnv("T")}, timeout="5s"),
        'HTTP("https://x.example/$env", headers={"X-Team": "a", "Authorization": SecretEnv("T")}, timeout="5s")',
    ),
    (Checks(), "Checks()"),
    (Checks("ci"), 'Checks("ci")'),
    (Checks(["ci", "e2e"]), 'Checks(["ci", "e2e"])'),
    (Job("jobs/smoke.yaml", timeout="1h"), 'Job("jobs/smoke.yaml", timeout="1h")'),
    (Job("jobs/smoke.yaml", context="$upstream"), 'Job("jobs/smoke.yaml", context="$upstream")'),
    (CommitSignature(signers="s"), 'CommitSignature(signers="s")'),
    (ImageSignature(key="cosign.pub"), 'ImageSignature(key="cosign.pub")'),
    (Match(names="prod-*", labels={"tier": "gold"}), 'Match(labels={"tier": "gold"}, names="prod-*")'),
    (
        RiskRule("ledger", "change.name == 'ledger'", risk="high", kinds="apps/*", match=Match(production=True)),
        'RiskRule("ledger", "change.name == \'ledger\'", risk="high", kinds="apps/*", match=Match(production=True))',
    ),
    (
        RiskRule("dashboards", "true", risk="low", lower=True, message="nothing runs there"),
        'RiskRule("dashboards", "true", risk="low", lower=True, message="nothing runs there")',
    ),
    (
        Approvals(2, when="plan.risk == 'high'"),
        "Approvals(2, when=\"plan.risk == 'high'\")",
    ),
    (Rule("two", "object.spec.replicas >= 2"), 'Rule("two", "object.spec.replicas >= 2")'),
    (
        Rule("risk", "plan.risk != 'high'", on="plan", level="soft", match=Match(production=True), hint="split it"),
        (
            'Rule("risk", "plan.risk != \'high\'", level="soft", match=Match(production=True), on="plan", '
            'hint="split it")'
        ),
    ),
    (
        Pack("images", settings={"registries": ["ghcr.io/acme"], "limits": {"a": 1}}, leave_out="digest"),
        'Pack("images", settings={"registries": ["ghcr.io/acme"], "limits": {"a": 1}}, leave_out="digest")',
    ),
    (AdmissionPolicies("policy/vap.yaml"), 'AdmissionPolicies("policy/vap.yaml", name="vap")'),
    (Rego("policy/rego/", name="opa"), 'Rego("policy/rego/", name="opa")'),
    (OrgMatch(pipelines=["pay-*", "shop"], production=True), 'OrgMatch(production=True, pipelines=["pay-*", "shop"])'),
    (Ramp(warn="2026-10-01", enforce="2026-12-01"), 'Ramp(warn="2026-10-01", enforce="2026-12-01")'),
    (Boundary(paths="builds/*", kinds=["apps/*"]), 'Boundary(paths="builds/*", kinds="apps/*")'),
    (Exemption(rule="a/b", owner="pay", expires="2027-03-01"), None),  # type: ignore[list-item]
    (OrgPolicy(Pack("images"), name="pinned"), 'OrgPolicy(Pack("images"), name="pinned")'),
    (OrgGate(Soak("1h")), 'OrgGate(Soak("1h", applies_to=["promote", "hotfix"]))'),
    (OrgGate(Soak("1h", applies_to=["promote"])), 'OrgGate(Soak("1h", applies_to=["promote"]))'),
    (
        OrgPolicies(gates=[OrgGate(Soak("1h"), match=OrgMatch(names="prod-*"))], signers="signers"),
        (
            'OrgPolicies(gates=[OrgGate(Soak("1h", applies_to=["promote", "hotfix"]), match=OrgMatch(names="prod-*"))]'
            ', signers="signers")'
        ),
    ),
    (PythonPolicy(module_level), f'PythonPolicy("{REFERENCE}", name="module_level")'),
    (
        ExecPolicy("kubeconform", ["kubeconform", "-output", "json"], output="sarif", timeout="5s"),
        'ExecPolicy("kubeconform", ["kubeconform", "-output", "json"], output="sarif", timeout="5s")',
    ),
    (
        Environment("a", policies=[Rule("two", "object.spec.replicas >= 2", kinds="Deployment")]),
        'Environment("a", policies=[Rule("two", "object.spec.replicas >= 2", kinds="Deployment")])',
    ),
    (Message("promote($env): $freight"), 'Message("promote($env): $freight")'),
    (any_of("a", "b"), 'any_of("a", "b")'),
    (App("shop", Plain("deploy"), after="db", pin="digest"), 'App("shop", Plain("deploy"), after="db", pin="digest")'),
    (Environment("test"), 'Environment("test")'),
    (Environment("a", after=[]), 'Environment("a", after=[])'),
    (Environment("a", after="b", auto="change.semver != 'major'"), None),  # type: ignore[list-item]
    (Environment("a", after=["b", "c"], direct="w"), 'Environment("a", after=["b", "c"], direct="w")'),
    (Environment("a", after=any_of("b"), direct=True), 'Environment("a", after=any_of("b"), direct=True)'),
    (
        Environment("a", gates=[Soak("1h")], apps=[], production=False, labels={"tier": "gold"}),
        'Environment("a", gates=[Soak("1h")], apps=[], production=False, labels={"tier": "gold"})',
    ),
    (Environment("a", apps=[]), 'Environment("a", apps=[])'),
    (Environment("a", apps=[], auto=False), 'Environment("a", apps=[], auto=False)'),
    (Environment("a", auto=False), 'Environment("a")'),
    (Environment("a", select="sequential(2)", agent=NoAgent(), target=Branch("x")), None),  # type: ignore[list-item]
    (
        Pipeline("p", apps=[App("a", Plain("d"))], target=Branch("$env"), environments=[Environment("e")]),
        'Pipeline("p", apps=[App("a", Plain("d"))], environments=[Environment("e")], target=Branch("$env"))',
    ),
]


@pytest.mark.parametrize(
    ("value", "text"), EXAMPLES, ids=lambda item: repr(item) if isinstance(item, Definition) else ""
)
def test_a_definition_shows_itself_as_a_line_that_makes_an_equal_one(value: Definition, text: str | None) -> None:
    assert text is None or repr(value) == text
    assert str(value) == repr(value)
    assert "\n" not in repr(value)
    again = eval(repr(value), dict(NAMES))
    assert again == value
    assert repr(again) == repr(value)


@pytest.mark.parametrize("value", [value for value, _ in EXAMPLES], ids=repr)
def test_a_definition_goes_through_plain_data(value: Definition) -> None:
    data = value.to_data()
    again = Pipeline.from_data(data) if isinstance(value, Pipeline) else definition_of(data)
    assert again == value
    assert again.to_data() == data


@pytest.mark.parametrize("value", [value for value, _ in EXAMPLES], ids=repr)
def test_a_definition_can_be_copied_and_pickled(value: Definition) -> None:
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value


def test_what_a_point_of_control_says_of_going_by_itself_is_told_apart_from_what_it_does_not_say() -> None:
    points = [Environment("a", apps=[], auto=auto) for auto in (None, False, True)]
    assert [one.to_data()["auto"] for one in points] == [None, False, True]
    assert points[0] == Environment("a", apps=[])
    assert points[0] != points[1]
    assert Environment("a", auto=False) == Environment("a")
    assert Environment("a").to_data()["auto"] is False


def test_the_examples_have_every_kind() -> None:
    found = {value.kind for value, _ in EXAMPLES}
    assert found == {*KINDS, "pipeline"}
    assert all(class_of(kind).kind == kind for kind in KINDS)


def test_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigurationError) as raised:
        definition_of({"kind": "canary", "name": "x"})
    assert raised.value.code == "unknown-kind"
    assert raised.value.detail == 'kind "canary"'


def test_saved_data_with_another_member_is_refused() -> None:
    with pytest.raises(ConfigurationError) as raised:
        definition_of({**Soak("1h").to_data(), "later": 1})
    assert [str(problem) for problem in raised.value.problems] == [
        _here("Soak: no keyword later  [unknown-keyword]", raised)
    ]


def test_values_of_other_types_are_not_equal() -> None:
    one, other = SetValue("v.yaml", "a", value=1), SetValue("v.yaml", "a", value=True)
    assert repr(one) != repr(other)
    assert Soak("24h") == Soak("1440m")
    assert Soak("24h") != Bake("24h")
    assert Environment("a", after="b") == Environment("a", after=["b"])
    assert Environment("a", after=[]) != Environment("a")


def test_a_definition_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Environment("a").name = "b"


def test_a_notebook_sees_what_may_be_given() -> None:
    assert str(inspect.signature(Image)).startswith("(repo, constraint=None, *, strategy='semver'")
    assert list(inspect.signature(Environment).parameters)[:3] == ["name", "after", "target"]


def _here(text: str, raised: Any) -> str:
    """The problem's text behind the line of this file that made it."""
    path, line = raised.value.problems[0].path, raised.value.problems[0].line
    assert path == __file__
    return f"{path}:{line}: {text}"


def mistyped() -> list[tuple[str, str]]:
    text = (Path(__file__).parents[1] / "cases" / "mistyped-definitions.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return list(zip(lines[::2], (line.strip() for line in lines[1::2]), strict=True))


WRONG = mistyped()


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[text[:60] for text, _ in WRONG])
def test_what_is_mistyped_is_told_with_what_was_meant(text: str, expected: str) -> None:
    def inner(context: object) -> object:
        return context

    with pytest.raises(ConfigurationError) as raised:
        eval(text, {**NAMES, "inner": inner})
    assert [str(problem) for problem in raised.value.problems] == [f"<string>:1: {expected}"]
    assert raised.value.summary == "The definition is not valid"
    assert raised.value.code == raised.value.problems[0].code
    assert raised.value.exit_code == 11
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_everything_that_is_wrong_with_one_definition_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Environment("Prod", gate=[], production="yes", delivery="pr", auto="no")
    assert raised.value.code == "definition-invalid"
    assert len(raised.value.problems) == 5
    assert {problem.message for problem in raised.value.problems} == {
        "Environment: no keyword gate",
        "Environment: production takes True or False, not text",
        'Environment: delivery takes "push" or "pull_request", not "pr"',
        'Environment: the name "Prod" is not made of a-z, 0-9 and -, starting and ending with a letter or digit',
        'Environment: auto takes True, False or a CEL expression, not "no"',
    }


TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: ArgoCD(context=TOKEN), "context"),
        (lambda: SecretEnv(TOKEN), "name"),
        (lambda: Environment(TOKEN), "name"),
        (lambda: SecretCommand(["curl", "-H", f"Authorization: token {TOKEN}"]), "command"),
        (lambda: Helm("c", set={"token": TOKEN}), "set"),
        (lambda: Helm("c", set={TOKEN: 1}), "set"),
        (lambda: Environment("a", labels={"x": TOKEN}), "labels"),
        (lambda: Prometheus("https://p.example", query="up", below=1, auth=TOKEN), "auth"),  # type: ignore[arg-type]
        (lambda: Kustomize(f"/{TOKEN}"), "path"),
        (lambda: SetValue("v.yaml", "token", value=TOKEN), "value"),
        (lambda: Warehouse(where=f'"{TOKEN}" != ""'), "where"),
    ],
)
def test_a_literal_that_looks_like_a_token_is_refused_and_never_repeated(make: Any, field: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make()
    (problem,) = raised.value.problems
    assert problem.code == "literal-secret"
    assert problem.message.endswith(f": {field} holds what looks like a GitHub token")
    assert problem.hint == 'give a reference: SecretEnv("NAME"), SecretFile(path) or SecretCommand([…])'
    assert TOKEN not in str(raised.value) + repr(raised.value)
    assert raised.value.__cause__ is None


def test_a_password_in_an_address_is_refused() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Git(repo="https://bot:hunter2hunter2@git.example/a/b")
    (problem,) = raised.value.problems
    assert problem.code == "literal-secret"
    assert problem.message == "Git: repo holds what looks like a password in a URL"
    assert problem.hint == "leave it out: git asks its own credential helpers"
    assert "hunter2" not in str(raised.value)


def test_while_collecting_a_failure_is_a_placeholder_of_its_class() -> None:
    with collecting() as collection:
        broken = Environment("prod", gate=[])
        holder = Pipeline(
            "p", apps=[App("a", Plain("d"))], target=Branch("$env"), environments=[Environment("test"), broken]
        )
    assert isinstance(broken, Environment)
    assert broken.flawed
    assert broken.name == "prod"
    assert holder.flawed
    assert [problem.code for problem in collection.problems] == ["unknown-keyword"]


def test_outside_of_collecting_it_raises_again() -> None:
    with collecting():
        Environment("Prod")
    with pytest.raises(ConfigurationError):
        Environment("Prod")


def test_the_line_is_the_one_of_the_innermost_call_of_the_user() -> None:
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    with pytest.raises(ConfigurationError) as raised:
        any_of()
    assert raised.value.problems[0].line == line + 2
    assert raised.value.problems[0].path == __file__


def test_errors_are_ours() -> None:
    assert gitpromote.errors is errors


def test_generators_are_lists_too() -> None:
    names: Any = (name for name in ("x", "y"))
    assert Environment("a", apps=names) == Environment("a", apps=["x", "y"])
    with pytest.raises(ConfigurationError):
        Environment("a", apps=(text for text in (TOKEN,)))  # type: ignore[arg-type]
