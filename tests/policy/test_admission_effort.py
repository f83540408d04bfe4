"""Admission policies take no more work than what they ask takes: shared texts are compiled once, and when needed."""

from __future__ import annotations

import pytest

from gitpromote.cel import expression, library
from gitpromote.policy import admission_program, admission_request
from tests.policy.admission import BINDING, policy, verdicts

OBJECT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: shop}\nspec: {replicas: %d}\n"
VARIABLES = '[{name: spec, expression: object.spec}, {name: runs, expression: "variables.spec.replicas + 0"}]'


@pytest.fixture
def compiled(monkeypatch):
    """Every text that the library compiled."""
    texts: list[str] = []
    real = library.compiled
    monkeypatch.setattr(
        expression, "compiled", lambda text, *rest, **more: texts.append(text) or real(text, *rest, **more)
    )
    for cache in (expression._known, admission_program._program, admission_program._with_variables):
        cache.cache_clear()
    return texts


def named(text, name):
    return text.replace("{name: p}", f"{{name: {name}}}").replace("policyName: p", f"policyName: {name}").replace(
        "{name: b}", f"{{name: b{name}}}"
    )  # fmt: skip


def test_policies_that_say_the_same_are_compiled_once(compiled):
    rules = ("variables.runs > 0", "variables.runs < 9")
    one = [policy(*rules, variables=VARIABLES), BINDING]
    assert verdicts(tuple(one), OBJECT % ("a", 2)) == ["pass: holds for 1"]
    assert compiled
    texts = tuple(named(text, name) for name in ("p", "q", "r") for text in one)
    compiled.clear()
    admission_program._program.cache_clear()
    verdicts(texts, OBJECT % ("a", 2))
    assert compiled == []


def test_a_rule_is_compiled_alone_only_where_somebody_breaks_one(compiled):
    texts = (policy("object.spec.replicas > 0", "object.spec.replicas < 9"), BINDING)
    verdicts(texts, OBJECT % ("a", 2))
    assert all("&&" in text for text in compiled)
    found = verdicts(texts, OBJECT % ("b", 12))
    assert found == ['fail: failed expression: "object.spec.replicas < 9"']
    assert any("&&" not in text for text in compiled)


def test_what_was_there_before_is_looked_at_where_somebody_asks(monkeypatch):
    made = []
    real = admission_request.as_stored
    monkeypatch.setattr(admission_request, "as_stored", lambda one: made.append(one.ref.name) or real(one))
    document = OBJECT % ("a", 2)
    verdicts((policy("object.spec.replicas > 0"), BINDING), document, before=(OBJECT % ("a", 3),))
    assert made == ["a"]
    verdicts((policy("oldObject.spec.replicas > 0"), BINDING), document, before=(OBJECT % ("a", 3),))
    assert len(made) == 2
