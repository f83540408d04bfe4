"""Commands that a run tells somebody to type: with its pipeline file, and the Pipeline's name where one is needed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gitpromote.views.lines import Line, Span

if TYPE_CHECKING:
    from gitpromote.cli.session import Session
    from gitpromote.errors import GitpromoteError

#: A command that stands alone on its line, with the blanks before it and what is remarked behind it.
_ALONE = re.compile(r"(?P<blanks>\s*)(?P<command>gitpromote [a-z].*?)(?P<remark>\s{2,}#.*)?")
#: A command that ends a sentence.
_LAST = re.compile(r"(?P<blanks>.*: )(?P<command>gitpromote [a-z].*?)(?P<remark>\s*)")
_SAVED = re.compile(r"(?P<name>.+)-[0-9a-f]{12}\.plan\.json")
#: Options by which a command is about a saved plan, which knows its Pipeline, or about all Pipelines.
_SETTLED = frozenset({"every", "verify", "saved"})
#: Verbs that do the same for every Pipeline of the file with ``--all``.
_OF_ALL = frozenset({"plan", "run"})


class Address(NamedTuple):
    """What a command has to say so that it reaches the Pipeline that a run is about.

    :ivar file: what ``--pipeline`` said, if anything
    :ivar name: the Pipeline's name where its file has several, otherwise empty
    :ivar several: whether the file has several, and nobody knows which one is meant
    """

    file: str = ""
    name: str = ""
    several: bool = False

    def of_text(self, text: str) -> str:
        """The text; each command that stands alone on its line is completed."""
        return "\n".join(map(self._of_line, text.split("\n"))) if any(self) else text

    def of_view(self, lines: Iterable[Line]) -> Iterable[Line]:
        """The lines; each command in them is completed."""
        return [tuple(map(self._of_span, every)) for every in lines] if any(self) else lines

    def _of_span(self, span: Span) -> Span:
        form = _ALONE if span.style == "command" else _LAST
        return Span(self._of_line(span.text, form), span.style) if "gitpromote " in span.text else span

    def _of_line(self, text: str, form: re.Pattern[str] = _ALONE) -> str:
        found = form.fullmatch(text)
        return f"{found['blanks']}{self._of_command(found['command'])}{found['remark'] or ''}" if found else text

    def _of_command(self, text: str) -> str:
        found = _read(text)
        if found is None:
            return text
        named = found.names
        if found.could_name and not _chooses(self.file) and (name := self._name(found)):
            text, named = f"{found.verb} {name}{text.removeprefix(found.verb)}", True
        if not self.file or not (found.is_of_plan or _file_of(self.file).exists()):
            return text
        # FILE:NAME says which one is meant, and is refused beside a name.
        file = str(_file_of(self.file)) if named else self.file
        return f"{text} --pipeline {shlex.quote(file)}"

    def _name(self, command: _Command) -> str:
        if self.name or not self.several:
            return self.name
        return "--all" if command.could_be_of_all else "PIPELINE"


class _Command(NamedTuple):
    """What was read of a command.

    :ivar verb: the program and its verb, as written
    :ivar names: whether it names a Pipeline
    :ivar could_name: whether it does not, and could
    :ivar could_be_of_all: whether ``--all`` could be said instead
    :ivar is_of_plan: whether it is about a saved plan
    """

    verb: str
    names: bool
    could_name: bool
    could_be_of_all: bool
    is_of_plan: bool


def address(session: Session) -> Address:
    """What the commands of a run have to say, as far as it is known without running anything of the user."""
    file, subject = session.pipeline or "", session.subject
    return Address(file, subject if subject and _is_one_of_several(session) else "")


def _is_one_of_several(session: Session) -> bool:
    """Where no pipeline file was run, its own text says which Pipelines it defines."""
    if session.is_one_of_several is not None:
        return session.is_one_of_several
    known = _written(session.pipeline)
    return known is None or (len(known) > 1 and session.subject in known)


def _address_of_error(session: Session) -> Address:
    """The same where a run may have failed before it knew its Pipeline."""
    found = address(session)
    if found.name or session.is_one_of_several is not None:
        return found
    return found._replace(several=len(_written(session.pipeline) or ()) > 1)


def completed(error: GitpromoteError, session: Session) -> GitpromoteError:
    """The same error, whose hint has commands that can be typed here."""
    error.hint = _address_of_error(session).of_text(error.hint) if "gitpromote " in error.hint else error.hint
    return error


def pipeline_of_file(path: str) -> str:
    """The Pipeline whose plan is saved under such a name, as far as the name says it."""
    found = _SAVED.fullmatch(Path(path).name)
    return found["name"] if found else ""


def _written(file: str | None) -> frozenset[str] | None:
    """The Pipelines of the file; ``None`` where its text alone does not say it, nothing where there is no file."""
    from gitpromote.adapters.pipeline_names import written_names
    from gitpromote.adapters.pipeline_search import find_pipeline_file
    from gitpromote.errors import GitpromoteError

    try:
        path = _file_of(file) if file else find_pipeline_file(Path.cwd())
        return written_names(path) if path.exists() else frozenset()
    except (GitpromoteError, OSError):
        return frozenset()


def _read(text: str) -> _Command | None:
    """A command that takes ``--pipeline`` and has none; ``None`` for any other."""
    try:
        words = shlex.split(text)[1:]
    except ValueError:
        return None
    command, verb = _verb(words)
    if command is None or {"--help", "[PIPELINE]"} & {*words}:
        return None
    try:
        given, rest, _ = command.make_parser(click.Context(command)).parse_args(words[len(verb) :])
    except click.UsageError:
        return None
    if rest or "pipeline" in given or not any("--pipeline" in one.opts for one in command.params):
        return None
    return _told(" ".join(["gitpromote", *verb]), command, given)


def _told(verb: str, command: click.Command, given: Mapping[str, Any]) -> _Command | None:
    argument = next((one for one in command.params if isinstance(one, click.Argument)), None)
    form = (argument.metavar or "PLAN").split() if argument else []
    value = given.get(argument.name or "") if argument else None
    words = list(value) if isinstance(value, tuple) else [value] if isinstance(value, str) else []
    if len(words) > len(form):
        return None
    options = {name for name, one in given.items() if one and isinstance(one, str | tuple | list | bool | int)}
    settled = bool(options & _SETTLED) and not (argument and verb.endswith(("history", "list")))
    return _Command(
        verb=verb,
        names=form[:1] == ["[PIPELINE]"] and len(words) == len(form),
        could_name=bool(form) and "PIPELINE" in form[0] and len(words) == len(form) - 1 and not settled,
        could_be_of_all=verb.removeprefix("gitpromote ") in _OF_ALL and not options,
        is_of_plan=bool(form) and "PLAN" in form[0] and bool(words),
    )


def _verb(words: Sequence[str]) -> tuple[click.Command | None, list[str]]:
    """The verb that the first words name, and these words."""
    from gitpromote.cli.main import cli

    command: click.Command | None = cli
    verb: list[str] = []
    while isinstance(command, click.Group):
        if len(words) == len(verb):
            return None, verb
        verb.append(words[len(verb)])
        command = command.get_command(click.Context(command), verb[-1])
    return command, verb


def _chooses(file: str) -> bool:
    """Whether ``--pipeline`` says which Pipeline of its file is meant."""
    return ":" in file.rpartition("/")[2]


def _file_of(file: str) -> Path:
    from gitpromote.adapters.pipeline_search import parse_pipeline_option

    return parse_pipeline_option(file)[0]
