"""Where a user's function failed, as it is shown: a file of the user's, from the folder that it is imported from."""

from __future__ import annotations

import pytest

from gitpromote.adapters.user_words import last_words, tell_failure


@pytest.fixture
def told(tmp_path, capsys):
    def tell(file, code="raise ValueError('no')\n", *, module=None, at=None):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
        name = module or file.removesuffix(".py").replace("/", ".")
        try:
            exec(compile(path.read_text(), str(path), "exec"), {})
        except (ValueError, ZeroDivisionError) as error:
            tell_failure(error, {"module": name, "file": str(at or path)})
        return last_words(capsys.readouterr().err, 1)

    return tell


@pytest.mark.parametrize(
    ("file", "module", "shown"),
    [
        ("rules.py", "rules", "rules.py:1"),
        ("ops/rules.py", "ops.rules", "ops/rules.py:1"),
        ("ops/__init__.py", "ops", "ops/__init__.py:1"),
        ("pipelines/shop.py", "shop", "pipelines/shop.py:1"),
    ],
)
def test_the_path_is_from_where_its_modules_are_imported(told, file, module, shown):
    assert told(file, module=module) == f"ValueError: no ({shown})"


def test_installed_files_and_those_of_others_are_no_place_of_the_users(told, tmp_path):
    assert told("site-packages/lib.py", module="rules", at=tmp_path / "rules.py") == "ValueError: no"
    assert told("elsewhere/x.py", module="rules", at=tmp_path / "mine" / "rules.py") == "ValueError: no"


def test_a_long_message_keeps_its_place(told):
    found = told("rules.py", "raise ValueError('x' * 900)\n")
    assert (len(found), found[-14:]) == (400, " (rules.py:1)"[-14:].rjust(14, "x"))


def test_notes_are_not_its_own_words(told):
    code = "try:\n    1 / 0\nexcept Exception as e:\n    e.add_note('a note')\n    raise\n"
    assert told("rules.py", code) == "ZeroDivisionError: division by zero (rules.py:2)"


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ("", 3, "exit status 3"),
        ("a\nb\n", 1, "b"),
        ("a", -9, "ended by signal 9"),
        ("gitpromote failure {", 1, "gitpromote failure {"),
        ("gitpromote failure []", 1, "gitpromote failure []"),
    ],
)
def test_other_ends(said, status, words):
    assert last_words(said, status) == words
