"""Paths: prefixes, globs and regular expressions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.discovery.paths import PathFilter, glob_pattern


def counts(selection: str, path: str) -> bool:
    return PathFilter.of(include=[selection]).counts(path)


@pytest.mark.parametrize(
    ("selection", "inside", "outside"),
    [
        ("deploy", ["deploy", "deploy/a", "deploy/a/b"], ["deployment", "a/deploy", "deploy.yaml"]),
        ("./deploy/", ["deploy/a"], ["deploy2/a"]),
        ("", ["a", "a/b"], []),
        (".", ["a", "a/b"], []),
        ("a.b", ["a.b", "a.b/c"], ["axb"]),
        ("glob:*.yaml", ["a.yaml", ".yaml"], ["d/a.yaml", "a.yaml2", "a.yml"]),
        ("glob:**/*.yaml", ["a.yaml", "d/a.yaml", "d/e/a.yaml"], ["a.yml"]),
        ("glob:deploy/**", ["deploy/a", "deploy/a/b"], ["deploy", "deployment/a"]),
        ("glob:**", ["a", "a/b"], []),
        ("glob:deploy/**/values.yaml", ["deploy/values.yaml", "deploy/a/b/values.yaml"], ["deploy/xvalues.yaml"]),
        ("glob:a/**/**/b", ["a/b", "a/c/d/b"], ["a/cb"]),
        ("glob:a**b", ["ab", "axxb"], ["a/b"]),
        ("glob:deploy/*/x", ["deploy/a/x"], ["deploy/x", "deploy/a/b/x"]),
        ("glob:env-?", ["env-a"], ["env-", "env-ab", "env-/"]),
        ("glob:env-[a-c]", ["env-a", "env-c"], ["env-d", "env-A"]),
        ("glob:env-[!a-c]", ["env-d", "env-!"], ["env-a", "env-/"]),
        ("glob:env-[^a]", ["env-b"], ["env-a"]),
        ("glob:[+-0]", ["+", "0", "-"], ["/"]),
        ("glob:[a--z&&~~||[]", ["z", "&", "~", "|", "["], ["b"]),
        ("glob:[z-a]", [], ["z", "a", "m"]),
        ("glob:{eu,us}/*.yaml", ["eu/a.yaml", "us/a.yaml"], ["de/a.yaml", "eu,us/a.yaml"]),
        ("glob:{a,{b,c}d}", ["a", "bd", "cd"], ["ad", "b"]),
        ("glob:{a/**,b}", ["a/x/y", "b"], ["a", "b/x"]),
        ("glob:a,b", ["a,b"], ["a", "b"]),
        ("glob:{a", ["{a"], ["a"]),
        ("glob:a}", ["a}"], ["a"]),
        ("glob:[a", ["[a"], ["a"]),
        (r"glob:\*", ["*"], ["a"]),
        ("glob:a.b", ["a.b"], ["axb"]),
        ("glob:a\nb", ["a\nb"], ["a"]),
        ("glob:a", ["a"], ["a\n"]),
        (r"regex:\.ya?ml$", ["a.yml", "d/a.yaml"], ["a.json"]),
        ("regex:^deploy/(eu|us)/", ["deploy/eu/a"], ["x/deploy/eu/a", "deploy/de/a"]),
        ("regexp", ["regexp/a"], ["regex"]),
    ],
)
def test_a_selection_takes_the_paths_it_speaks_of(selection: str, inside: list[str], outside: list[str]) -> None:
    assert [path for path in [*inside, *outside] if counts(selection, path)] == inside


def test_without_include_everything_counts_and_exclude_wins() -> None:
    everything = PathFilter.of(exclude=["docs", "glob:**/*.md"])
    assert [path for path in ("a", "docs/a", "x/README.md") if everything.counts(path)] == ["a"]
    both = PathFilter.of(include=["docs"], exclude=["docs/drafts"])
    assert [path for path in ("a", "docs/a", "docs/drafts/a") if both.counts(path)] == ["docs/a"]


@given(st.text("ab*?[]{}!^-,\\/.", max_size=12), st.text("ab/-.", max_size=8))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_glob(glob: str, path: str) -> None:
    re.compile(glob_pattern(glob))
    counts(f"glob:{glob}", path)


@given(st.text("ab/.-_é", min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_a_path_without_signs_is_a_glob_for_itself(path: str) -> None:
    assert re.fullmatch(glob_pattern(path), path)
