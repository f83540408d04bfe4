"""The catalogue names every pattern once, and a pattern is short and says what it is for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from pattern_repository import PATTERNS

FILES = sorted(path.name for path in PATTERNS.glob("*.py"))
LONGEST = 25  # lines of pipeline


def test_the_catalogue_names_every_file_once():
    rows = re.findall(
        r"^\| [^|]+ \| \[(\w+\.py)\]\((\w+\.py)\) \| [^|]+ \|$", (PATTERNS / "README.md").read_text(), re.MULTILINE
    )
    assert all(text == link for text, link in rows)
    assert Counter(link for _, link in rows) == Counter(FILES)


def test_every_pattern_is_driven_by_a_test():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in FILES if f'"{name}"' not in tests] == []


@pytest.mark.parametrize("name", FILES)
def test_a_pattern_is_short_and_says_what_it_is_for(name):
    text = (PATTERNS / name).read_text()
    module = ast.parse(text)
    said = ast.get_docstring(module) or ""
    assert re.match(r"[A-Z][^\n]*[.:]\n?", said)
    body = [node for node in module.body[1:] if not isinstance(node, ast.ImportFrom)]
    lines = [line for node in body for line in text.splitlines()[node.lineno - 1 : node.end_lineno]]
    assert len(lines) <= LONGEST
