"""What differs first between two documents, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gitpromote.project.difference import first_difference

TEST = {"name": "test", "decision": "ready", "writes": [{"path": "a.yaml"}]}
OLD: dict[str, Any] = {
    "as_of": 1,
    "environments": [TEST, {"name": "prod"}],
    "blobs": {"1": {"text": "x"}},
}


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (OLD, ""),
        ({**OLD, "as_of": 2}, "as_of: 1 -> 2"),
        ({**OLD, "as_of": "1"}, 'as_of: 1 -> "1"'),
        ({**OLD, "more": {"a": 1}}, 'more: nothing -> {"a": 1}'),
        ({"as_of": 1, "blobs": OLD["blobs"]}, "environments: [" + '{"name": "test", "decision": "ready", '),
        ({**OLD, "blobs": {}, "as_of": 3}, "as_of: 1 -> 3"),
        ({**OLD, "blobs": {}}, 'blobs.1: {"text": "x"} -> nothing'),
        (
            {**OLD, "environments": [{**TEST, "decision": "blocked"}, {"name": "prod"}]},
            'environments.test.decision: "ready" -> "blocked"',
        ),
        ({**OLD, "environments": OLD["environments"][:1]}, 'environments.prod: {"name": "prod"} -> nothing'),
        (
            {**OLD, "environments": [{**TEST, "writes": [{"path": "a.yaml", "mode": "1"}]}, {"name": "prod"}]},
            'environments.test.writes.a.yaml.mode: nothing -> "1"',
        ),
    ],
)  # fmt: skip
def test_where_it_is_and_what_stood_there(new: dict[str, Any], told: str) -> None:
    found = first_difference(OLD, new)
    assert found.startswith(told) if told else found == ""


def test_a_long_value_is_cut() -> None:
    assert first_difference({"a": "x" * 999}, {"a": 1}) == f'a: "{"x" * 159}… -> 1'
