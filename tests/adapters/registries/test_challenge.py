"""The header WWW-Authenticate, as registries write it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.adapters.registries.challenge import Challenge, challenges


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        ("Basic", [("basic", {})]),
        ('Basic realm="a, b"', [("basic", {"realm": "a, b"})]),
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
            [
                (
                    "bearer",
                    {
                        "realm": "https://auth.docker.io/token",
                        "service": "registry.docker.io",
                        "scope": "repository:a/b:pull,push",
                    },
                )
            ],
        ),
        ('BEARER Realm = "x" , SERVICE=y', [("bearer", {"realm": "x", "service": "y"})]),
        (r'Basic realm="say \"hi\""', [("basic", {"realm": 'say "hi"'})]),
        (
            'Basic realm="x", Bearer realm="y",service="z"',
            [("basic", {"realm": "x"}), ("bearer", {"realm": "y", "service": "z"})],
        ),
        ('Negotiate, Basic realm="x"', [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('Negotiate abc==, Basic realm="x"', [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('Bearer realm="x",realm="y"', [("bearer", {"realm": "x"})]),
        ('"nonsense" Basic', []),
    ],
)
def test_every_way_is_found(header, found):
    assert challenges(header) == tuple(Challenge(*one) for one in found)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='Basicerlm="\\, ~\x00ü', max_size=60))
def test_whatever_is_written_is_read_without_an_error(header):
    for challenge in challenges(header):
        assert challenge.scheme == challenge.scheme.lower()


TOKEN = st.text(alphabet="abcxyz-_", min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TOKEN, st.dictionaries(TOKEN, st.text(max_size=9), min_size=1, max_size=3)), max_size=3))
def test_what_was_quoted_is_read_back(ways):
    def quoted(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    header = ", ".join(
        f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())
        for scheme, parameters in ways
    )
    if "\n" not in header:
        assert challenges(header) == tuple(Challenge(*way) for way in ways)
