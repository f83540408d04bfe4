"""JSON that says one thing, or is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.strict_json import strict_json

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_what_json_writes_is_read_as_it_was(value):
    assert strict_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"findings": ["x"], "findings": []}', "the key 'findings' is there twice"),
        ("[NaN]", "NaN is no number"),
        ("-1e400", "-1e400 is beyond what numbers can be"),
    ],
)
def test_what_says_two_things_or_no_number_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        strict_json(text)
