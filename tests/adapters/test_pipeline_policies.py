"""Policies of a pipeline file are checked when it is loaded: expressions and their types, packs and their settings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gitpromote import Rule
from gitpromote.adapters.pipeline_file import load_pipelines
from gitpromote.cel.contexts import when
from gitpromote.cel.expression import problems_in
from gitpromote.cel.policy_contexts import risk, rule
from gitpromote.errors import ConfigurationError

HEAD = """\
from gitpromote import App, Branch, Environment, Pack, Pipeline, Plain, Rule

def made(*policies, own=()):
    environments = [Environment("test", policies=list(own)), Environment("prod")]
    app = App("shop", Plain("deploy/$env"))
    return Pipeline("shop", [app], environments=environments, target=Branch("env/$env"), policies=list(policies))
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(*lines: str) -> list[str]:
    """The problems of a file; its first line of these is called 1."""
    head = HEAD.replace('"shop", [app]', '"shop", apps=[app]')
    Path("pipeline.py").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    try:
        load_pipelines(Path("pipeline.py"))
    except ConfigurationError as error:
        offset = head.count("\n")
        return [str(one).replace(f"pipeline.py:{one.line}:", f"{one.line - offset}:", 1) for one in error.problems]
    return []


def test_sound_policies_load() -> None:
    assert (
        told(
            "a = made(",
            "    Rule('two', 'object.spec.replicas >= 2 && environment.production'),",
            "    Rule('same', 'oldObject == null || object.kind == oldObject.kind'),",
            "    Rule('tags', 'change.fields.all(f, f.op != \"add\" || has(f.after))', on='change'),",
            "    Rule('few', 'plan.deletes < 5 && objects.exists(o, o.kind == \"NetworkPolicy\")', on='plan'),",
            "    Rule('hurry', 'occasion == \"rollback\" || change.risk != \"high\"', on='change'),",
            "    Pack('images'), own=[Rule('own', 'app == \"shop\"')])",
        )
        == []
    )


def test_names_types_and_words_are_told_with_the_line_of_the_rule() -> None:
    assert told(
        "a = made(",
        "    Rule('a', 'objct.spec.replicas >= 2'),",
        "    Rule('b', 'object.spec.replicas >='),",
        "    Rule('c', 'change.risk == \"high\"'),",
        "    Rule('d', 'change.rsk == \"high\"', on='change'),",
        "    Rule('e', 'change.risk == \"huge\"', on='change'),",
        "    Rule('f', 'plan.adds', on='plan'),",
        "    Rule('g', 'environment.name == 3'),",
        "    Rule('h', 'object.metadata.name.startswith(\"a\")'),",
        "    own=[Rule('i', 'occasion == \"rolback\"')])",
    ) == [
        (
            '2: Rule("a"): expression, column 1 of "objct.spec.replicas >= 2": there is no variable objct'
            "  [expression-invalid]  (did you mean object?)"
        ),
        (
            '3: Rule("b"): expression, column 24 of "object.spec.replicas >=": it ends where a value should stand'
            "  [expression-invalid]"
        ),
        (
            '4: Rule("c"): expression, column 1 of \'change.risk == "high"\': there is no variable change'
            "  [expression-invalid]  (there is app, bundle, environment, freight, object, occasion or oldObject)"
        ),
        (
            '5: Rule("d"): expression, column 8 of \'change.rsk == "high"\': change has no field rsk'
            "  [expression-invalid]  (did you mean risk?)"
        ),
        (
            '6: Rule("e"): expression, column 16 of \'change.risk == "huge"\': it is never "huge"'
            '  [expression-invalid]  (there is "low", "medium" or "high")'
        ),
        (
            '7: Rule("f"): expression, column 1 of "plan.adds": it gives a whole number, not true or false'
            "  [expression-invalid]"
        ),
        (
            '8: Rule("g"): expression, column 18 of "environment.name == 3": == does not go with text and '
            "a whole number  [expression-invalid]"
        ),
        (
            '9: Rule("h"): expression, column 22 of \'object.metadata.name.startswith("a")\': there is no method '
            "startswith  [expression-invalid]  (did you mean startsWith?)"
        ),
        (
            '10: Rule("i"): expression, column 13 of \'occasion == "rolback"\': it is never "rolback"'
            '  [expression-invalid]  (did you mean "rollback"?)'
        ),
    ]


def test_packs_and_their_settings_are_told() -> None:
    assert told(
        "a = made(",
        "    Pack('imags'),",
        "    Pack('images', settings={'registry': 'ghcr.io'}, leave_out='lates'),",
        ")",
    ) == [
        '2: Pack("imags"): there is no pack of this name  [unknown-pack]  (did you mean "images"?)',
        (
            '3: Pack("images"): there is no setting "registry" in it'
            '  [unknown-pack-setting]  (did you mean "registries"?)'
        ),
        '3: Pack("images"): there is no rule "lates" in it  [unknown-pack-rule]  (did you mean "latest"?)',
    ]


def test_rules_of_risk_and_conditions_of_gates_are_checked_too() -> None:
    lines = (
        "from gitpromote import Approvals, RiskRule, Soak",
        "gates = [",
        '    Approvals(2, when=\'plan.risk == "high" && environment.production && change.semver == "major"\'),',
        "    Approvals(1, name='b', when='plan.rsk == \"high\"'),",
        "    Soak('1h', when='schedule.isWeekend'),",
        "]",
        "risks = [",
        "    RiskRule('a', 'change.risk == \"low\" && oldObject == null && environment.production', risk='high'),",
        "    RiskRule('b', 'change.rsk == \"low\"', risk='high'),",
        "    RiskRule('c', 'occasion == \"promote\"', risk='high'),",
        "]",
        "apps = [App('shop', Plain('deploy/$env'))]",
        "shop = Pipeline('shop', apps=apps, environments=[Environment('prod', gates=gates)],",
        "                target=Branch('env/$env'), risks=risks)",
    )
    assert told(*lines) == [
        (
            "4: Approvals: when, column 6 of 'plan.rsk == \"high\"': plan has no field rsk"
            "  [expression-invalid]  (did you mean risk?)"
        ),
        (
            '5: Soak: when, column 1 of "schedule.isWeekend": there is no variable schedule'
            "  [expression-invalid]  (there is bundle, change, environment, freight, plan, previousBundle or "
            "previousFreight)"
        ),
        (
            '9: RiskRule("b"): expression, column 8 of \'change.rsk == "low"\': change has no field rsk'
            "  [expression-invalid]  (did you mean risk?)"
        ),
        (
            '10: RiskRule("c"): expression, column 1 of \'occasion == "promote"\': there is no variable occasion'
            "  [expression-invalid]  (there is change, environment, object or oldObject)"
        ),
    ]


def test_one_name_is_one_rule_of_risk() -> None:
    assert told(
        "from gitpromote import RiskRule",
        "twice = [RiskRule('a', 'true', risk='high'), RiskRule('a', 'false', risk='medium')]",
        "Pipeline('shop', apps=[App('shop', Plain('d'))], environments=[Environment('prod')], risks=twice,",
        "         target=Branch('x'))",
    ) == ['3: Pipeline("shop"): 2 rules of risk are called "a"  [name-taken]  (give each a name of its own)']


def test_the_rules_of_risk_and_the_conditions_that_the_documentation_shows_are_sound() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    calls = [node for block in text.split("```python\n")[1:] for node in ast.walk(ast.parse(block.partition("```")[0]))]
    rules = [node for node in calls if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RiskRule"]
    conditions = [node.value for node in calls if isinstance(node, ast.keyword) and node.arg == "when"]
    assert (len(rules), len(conditions)) == (3, 3)
    assert [problems_in(ast.literal_eval(node.args[1]), risk()) for node in rules] == [[], [], []]
    assert [problems_in(ast.literal_eval(one), when()) for one in conditions] == [[], [], []]


def test_the_rules_that_the_documentation_shows_are_sound() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    calls = [node for block in text.split("```python\n")[1:] for node in ast.walk(ast.parse(block.partition("```")[0]))]
    shown = [node for node in calls if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rule"]
    assert len(shown) == 8
    for node in shown:
        kept = [word for word in node.keywords if word.arg == "on"]
        one = Rule(*map(ast.literal_eval, node.args), **{word.arg or "": ast.literal_eval(word.value) for word in kept})
        assert problems_in(one.expression, rule(one.on)) == [], one
