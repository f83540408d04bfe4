"""The options that several verbs share, declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from gitpromote.cli.parsing import Decorator, Function, option
from gitpromote.cli.session import session_of


def _into_session(name: str) -> Callable[..., None]:
    """A callback that keeps an option's value in the run instead of handing it to the verb."""

    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value and context.resilient_parsing:
            context.meta[name] = value  # completion reads the file that was named
        elif value:
            setattr(session_of(context), name, value)

    return keep


def _open_events(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value and not context.resilient_parsing:
        session = session_of(context)
        session.verb = context.info_name or ""
        session.open_events(value)


def _duration(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value and not context.resilient_parsing:
        from gitpromote.views.time import parse_duration

        parse_duration(value)


def _shared(*names: str, into: str, **settings: Any) -> Decorator:
    return option(*names, callback=_into_session(into), expose_value=False, **settings)


no_color = _shared("--no-color", into="no_color", is_flag=True, help="Plain text, even on a terminal.")
verbose = _shared("-v", "--verbose", into="verbose", count=True, help="Print the command line of each renderer.")
pipeline_file = _shared(
    "--pipeline",
    into="pipeline",
    metavar="FILE[:NAME]",
    help="The pipeline file; without it pipeline.py or pipelines/*.py is looked for, upwards from here.",
)
cache_dir = _shared("--cache-dir", into="cache_dir", metavar="DIR", help="Where clones and renders are kept.")
keep = _shared("--keep", into="keep", metavar="DIR", help="Leave each renderer's inputs and output there.")
json_object = _shared("--json", into="json", is_flag=True, help="Print the object as JSON.")
json_into = option(
    "--json-into",
    metavar="FILE",
    callback=_open_events,
    expose_value=False,
    is_eager=True,
    help="Write what happens into a file, one JSON event per line; the last is the summary.",
)


def together(*decorators: Decorator) -> Decorator:
    """Several declarations as one; the help shows them in this order."""

    def decorate(function: Function, /) -> Function:
        for each in reversed(decorators):
            function = each(function)
        return function

    return decorate


common = together(json_object, json_into, no_color, verbose)
project = together(pipeline_file, cache_dir, common)

full = option("--full", is_flag=True, help="Every environment, every object, every field.")
reason = option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
environments = option(
    "--env", "env", multiple=True, metavar="ENV[,ENV…]", help="Exactly these environments; may be repeated."
)
approve_automatically = option(
    "--auto-approve", is_flag=True, help="Do not ask. It is not enough for production environments."
)
expect_digest = option(
    "--expect-digest", metavar="DIGEST", help="Refuse to apply any other plan; opens production without a question."
)
lock_timeout = option(
    "--lock-timeout", default="0s", metavar="TIME", help="How long to wait for a lock or a lost race, as 30s or 5m."
)
waits_for_nothing = option(
    "--lock-timeout",
    metavar="TIME",
    callback=_duration,
    expose_value=False,
    help="Taken as by apply; a plan waits for no lock.",
)


def comma_list(values: Iterable[str]) -> list[str]:
    """The words of a repeatable option that also takes commas, once each, in order.

    :raises UsageError: it is given and names nothing, as a variable that is not set gives it (``selection-empty``)
    """
    found: dict[str, None] = {}
    for value in values:
        words = [word for part in value.split(",") if (word := part.strip())]
        if not words:
            from gitpromote.project.selection import nothing_selected

            raise nothing_selected(value)
        found |= dict.fromkeys(words)
    return list(found)
