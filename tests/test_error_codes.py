"""Every error code stands in docs/errors.md, with its exit code and its summary; nothing else stands there."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import gitpromote
from gitpromote import errors

PACKAGE = Path(gitpromote.__file__).parent
DOCUMENT = Path(__file__).parent.parent / "docs" / "errors.md"
HEAD = """# Error codes

Every error says what was wrong, why it matters and where, and what to do. Its code is stable; the exit code is the one
of the command line and of `error.exit_code` in Python. A code with several summaries is told in several places.

Problems of a definition (exit code 11) and reasons of a plan that is stale (exit code 4) are told in lists; their codes
stand here without a summary.

| code | exit code | what was wrong |
|---|---|---|
"""

EXIT_CODES = {
    name: kind.exit_code
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.GitpromoteError)
}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                yield name, node


def _text(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def collected() -> dict[str, tuple[set[int], set[str]]]:
    """Code to its exit codes and summaries, read from the source."""
    found: dict[str, tuple[set[int], set[str]]] = {}
    for name, call in _calls():
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in EXIT_CODES and "code" in keywords:
            code, exit_code = _text(keywords["code"]), EXIT_CODES[name]
            summary = _text(call.args[0]) if call.args else ""
        elif name == "_Meaning" and isinstance(call.args[0], ast.Name):  # what git's words and the system's mean
            code, exit_code, summary = _text(call.args[1]), EXIT_CODES[call.args[0].id], _text(call.args[2])
        elif name in ("Fault", "Problem", "Invalid") and call.args:
            code, exit_code, summary = _text(call.args[0]), 11, ""
        elif name == "Judgement" and "code" in keywords:
            code, exit_code, summary = _text(keywords["code"]), 4, ""
        elif name == "_refuse" and call.args and _text(call.args[0]).startswith("plan-"):
            code, exit_code, summary = _text(call.args[0]), 5, "This plan file cannot be used"
        else:
            continue
        if code and "…" not in code:
            exits, summaries = found.setdefault(code, (set(), set()))
            exits.add(exit_code)
            if summary:
                summaries.add(summary)
    return found


def document() -> str:
    rows = [
        f"| `{code}` | {', '.join(map(str, sorted(exits)))} | {' · '.join(sorted(summaries))} |"
        for code, (exits, summaries) in sorted(collected().items())
    ]
    return HEAD + "\n".join(rows) + "\n"


def test_every_error_code_is_documented() -> None:
    # GITPROMOTE_WRITE_DOCS=1 writes the page anew.
    if os.environ.get("GITPROMOTE_WRITE_DOCS"):
        DOCUMENT.write_text(document(), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_summaries_are_headings_with_a_capital_letter_and_no_full_stop() -> None:
    summaries = sorted({summary for _, summaries in collected().values() for summary in summaries})
    assert [summary for summary in summaries if summary.endswith((".", "!", ":")) or summary[0].islower()] == []


def test_codes_are_kebab_case() -> None:
    assert [code for code in collected() if not code.replace("-", "").isalnum() or code != code.lower()] == []
