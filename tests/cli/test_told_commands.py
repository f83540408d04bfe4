"""Every command that a message tells somebody to type can be typed: with options that exist, and all it needs."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import gitpromote
from gitpromote.cli.main import cli

ROOT = Path(__file__).parents[2]
SOURCES = Path(gitpromote.__file__).parent
COMMAND = re.compile(r"(?<![\w./-])gitpromote ([a-z]+\b[^\n`]*)")
#: Where a command ends and what is said of it begins.
END = re.compile(r"""; |, |\. |: | \(|\)|  +|\.$|["'],?$| \| | > | && | with | and | or | to | is | has """)


def commands(text: str) -> Iterator[str]:
    """The commands of a text, without ``gitpromote``."""
    for found in COMMAND.finditer(text):
        yield END.split(found[1], maxsplit=1)[0].strip()


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module that are no documentation of it; what is filled in later is an ``X``."""
    tree = ast.parse(file.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | inner:
            yield node.lineno, node.value


def amiss(text: str) -> str:
    """What is wrong with a command; empty where it may be typed."""
    command: click.Command = cli
    words = shlex.split(text + '"' * (text.count('"') % 2))  # a reason may have been cut off
    with click.Context(cli) as context:
        while isinstance(command, click.Group):
            if not words or "--help" in words:
                return ""
            found = command.get_command(context, words[0])
            if found is None:
                return f"there is no {words[0]}"
            command, words = found, words[1:]
        try:
            options, rest, _ = command.make_parser(click.Context(command)).parse_args(list(words))
        except click.UsageError as error:
            return error.format_message().partition(" (")[0]
        lacking = [one.name for one in command.params if one.required and not options.get(one.name or "")]
        return f"lacks {lacking}" if lacking else f"too many words: {rest}" if rest not in ([], ["…"], ["X"]) else ""


def verb_of(text: str) -> bool:
    """Whether a sentence goes on with a verb of ours: ``gitpromote reads`` is no command."""
    return text.partition(" ")[0] in cli.list_commands(click.Context(cli))


def test_what_the_messages_of_the_program_say_can_be_typed() -> None:
    files = sorted(SOURCES.rglob("*.py"))
    told = {
        f"{file.relative_to(ROOT)}:{line}: {command}": reason
        for file in files
        for line, text in strings(file)
        for command in commands(text)
        if verb_of(command) and (reason := amiss(command))
    }
    assert told == {}


def test_what_views_show_can_be_typed() -> None:
    shown = sorted((ROOT / "tests").rglob("*.ambr"))
    told = {
        f"{file.name}: {command}": reason
        for file in shown
        for command in commands(file.read_text())
        if verb_of(command) and (reason := amiss(command))
    }
    assert told == {}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("freight reject shop X", "lacks ['reason']"),
        ("freight reject shop X --reason …", ""),
        ("plan --freight-locked X", "No such option '--freight-locked'."),
        ("freight rejct", "there is no rejct"),
    ],
)
def test_a_command_that_cannot_be_typed_is_seen(command: str, reason: str) -> None:
    assert amiss(command) == reason
