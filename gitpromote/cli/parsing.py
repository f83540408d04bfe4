"""How words on the command line are read: verbs that are loaded when used, and Terraform's single dashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, Protocol, TypeVar

import click

from gitpromote.cli.session import Session
from gitpromote.errors import UsageError

#: What the help calls the values that a pipeline file names.
_NAMED = frozenset({"ENV", "ENV[,ENV…]", "FILE[:NAME]"})

Function = TypeVar("Function", bound=Callable[..., Any])


class Option(click.Option):
    """An option that may be written with one dash as well: ``-out=F`` beside ``--out F``."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Tell the parser every spelling; the help shows those that were declared."""
        declared = self.opts
        self.opts = [*declared, *(name[1:] for name in declared if name.startswith("--") and len(name) > 3)]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = declared


def completes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names that a shell offers for a parameter, looked for only when it asks."""
    from gitpromote.cli.completing import offered

    return offered(ctx, param, incomplete)


class Decorator(Protocol):
    """What is put above a verb's function, and gives it back."""

    def __call__(self, function: Function, /) -> Function:
        """The same function, with something said about it."""
        ...


def option(*names: str, **settings: Any) -> Decorator:
    """Like ``click.option``, with both spellings, and with completion of what the pipeline file names."""
    if settings.get("metavar") in _NAMED:
        settings.setdefault("shell_complete", completes)
    return click.option(*names, cls=Option, **settings)


class Verb(click.Command):
    """One verb: it knows examples, and what a word with one dash was meant to be."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words. ``-auto-aprove`` is answered with the option that it resembles, not with ``-a``."""
        given = list(args)
        if not ctx.resilient_parsing:
            _refuse_empty(given)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _no_such_option(error.option_name, given, self.params, ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; the run knows its verb from here on."""
        session = ctx.find_object(Session)
        if session is not None:
            session.verb = ctx.command_path.partition(" ")[2] or self.name or ""
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each on its line."""
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"{'':{formatter.current_indent}}{each}\n" for each in self.examples))


def _refuse_empty(given: Sequence[str]) -> None:
    """A word that is empty, as a variable that is not set gives it, must not be taken for one that was not given."""
    for before, word in zip(["", *given], given, strict=False):
        name, equals, value = word.partition("=")
        said = word.strip()
        if not said or (said.startswith("-") and equals and not value.strip()):
            named = name if said else before
            raise UsageError(
                "A word is empty",
                code="word-empty",
                detail=f"{named} is given and says nothing." if named.startswith("-") else "",
                hint="Leave it out, or say something. In a shell: is the variable set?",
            )


def _no_such_option(
    found: str, given: Sequence[str], known: Sequence[click.Parameter], ctx: click.Context
) -> click.UsageError:
    from gitpromote.views.text import nearest

    typed = _whole_word(found, given)
    close = nearest(f"--{typed.lstrip('-')}", (name for each in known for name in each.opts if name.startswith("--")))
    return click.UsageError(f"There is no option {typed}." + (f" Did you mean {close}?" if close else ""), ctx=ctx)


def _whole_word(found: str, given: Sequence[str]) -> str:
    """What was typed, where the parser took a word with one dash for single letters."""
    words = (word.partition("=")[0] for word in given if word.startswith("-") and not word.startswith("--"))
    return next((word for word in words if len(found) == 2 and len(word) > 2 and found[1] in word), found)


def verb(name: str, **settings: Any) -> Callable[[Callable[..., Any]], Verb]:
    """Declare a verb; its help is the function's docstring."""

    def declare(function: Callable[..., Any]) -> Verb:
        command: Verb = click.command(name, cls=Verb, **settings)(function)
        return command

    return declare


class Entry(NamedTuple):
    """A row of the table of verbs: what the first page of help says without loading the verb."""

    module: str
    summary: str


class Verbs(click.Group):
    """The verbs, in sections. A verb's module is imported when somebody uses it."""

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, Entry]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.sections = sections
        self.entries = {name: entry for rows in sections.values() for name, entry in rows.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the help."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name, its module loaded now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = import_module(entry.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the first word names; another word is answered with the one that it resembles."""
        name = args[0]
        if name not in self.entries and not name.startswith("-") and not ctx.resilient_parsing:
            from gitpromote.views.text import did_you_mean

            raise click.UsageError(f'There is no verb "{name}". {did_you_mean(name, self.entries)}', ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of verbs by section, without loading any of them."""
        width = max(map(len, self.entries))
        for title, rows in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{width}}", entry.summary) for name, entry in rows.items()])
