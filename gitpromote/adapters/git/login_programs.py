"""Which program git waits for to say who we are: credential helpers and askpass programs may ask people, or hang."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

__all__ = ["asked_program"]

_PROCESSES = Path("/proc")
_LINE = "a shell line of credential.helper"
_PLAIN = re.compile(r"(?:git )?([\w./-]+) get")
_ASKPASS = ("Username for ", "Password for ", "Enter passphrase for ")


def asked_program(session: int) -> str | None:
    """The program in a session that git asks for a login, for people; ``None``: there is none, or nobody can say.

    Nothing of what a helper's shell line says is quoted: it may hold a password.

    :param session: the id of the session that a git process of ours leads
    """
    found = [name for words in _command_lines(session) if (name := _name(words)) is not None]
    return min(found, key=lambda name: name == _LINE, default=None)


def _command_lines(session: int) -> Iterator[list[str]]:
    try:
        numbers = sorted(int(one.name) for one in _PROCESSES.iterdir() if one.name.isdecimal())
    except OSError:  # not every system tells
        return
    for number in numbers:
        try:
            # The name of a process may hold blanks and brackets; what follows its last bracket does not.
            told = (_PROCESSES / str(number) / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if told[3] == str(session):
                words = (_PROCESSES / str(number) / "cmdline").read_bytes().decode("utf-8", "replace")
                yield words.rstrip("\0").split("\0")
        except (OSError, IndexError):
            continue  # it has ended


def _name(words: list[str]) -> str | None:
    """A program by its name; a line of a shell is :data:`_LINE`, and what it holds stays untold."""
    if len(words) > 1 and words[-1].startswith(_ASKPASS):
        return PurePosixPath(words[-2]).name
    if len(words) > 1 and words[-1] == "get" and "-c" not in words:
        return _of_git(words[-2])
    if not words[-1].endswith(" get"):
        return None
    plain = _PLAIN.fullmatch(words[-1])  # git has a shell start what it could start itself
    return _of_git(plain[1]) if plain is not None else _LINE


def _of_git(word: str) -> str:
    name = PurePosixPath(word).name
    return f"git-{name}" if name.startswith("credential-") else name
