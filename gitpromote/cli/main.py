"""Where the command line begins and ends: the parser, the dispatch, the one catch, the exit codes."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from gitpromote.cli.options import cache_dir, no_color, pipeline_file, verbose
from gitpromote.cli.parsing import Verbs, option
from gitpromote.cli.session import Session
from gitpromote.cli.verbs import SECTIONS
from gitpromote.errors import ConfigurationError, GitpromoteError, Interrupted, UsageError

PROGRAM = "gitpromote"
_COMPLETE = "_GITPROMOTE_COMPLETE"
_VERBS = frozenset(name for rows in SECTIONS.values() for name in rows)


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from gitpromote import __version__

        click.echo(f"{PROGRAM} {__version__}")
        context.exit()


@click.group(
    cls=Verbs,
    sections=SECTIONS,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help", "-help"], "max_content_width": 100},
)
@pipeline_file
@cache_dir
@no_color
@verbose
@option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Say which it is.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Terraform's plan and apply for GitOps promotion.

    A plan shows what every environment's manifests would become and what stands in the way; apply does exactly that.
    """
    if context.invoked_subcommand is None:
        raise UsageError(
            "There is no verb",
            code="usage",
            hint="A first look, in a folder of its own:\n  gitpromote demo\nAll verbs:\n  gitpromote --help",
        )


def main(arguments: Sequence[str] | None = None, *, session: Session | None = None) -> int:
    """Run one command line and give its exit code.

    :param arguments: the words after the program's name; those of the process by default
    """
    # A run is short and holds few cycles; collecting among a plan's many values costs more than the rest of the CLI.
    gc.disable()
    atexit.register(gc.freeze)  # nor are they searched through once more when the process ends
    # Pydantic looks through every installed distribution for plug-ins of its own; no verb has a use for any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    run = session or Session()
    _end_gently(run)
    words = list(sys.argv[1:] if arguments is None else arguments)
    return run.close(_dispatch(words, run))


def _dispatch(words: list[str], run: Session) -> int:
    """The one try/except of the command line."""
    try:
        return _code(_run(words, run))
    except click.exceptions.Exit as error:
        return error.exit_code
    except GitpromoteError as error:
        if run.interrupted and not isinstance(error, Interrupted):
            return _fail(_interrupted(), run)
        return _fail(_in_own_words(error, words) if error.more else error, run)
    except click.ClickException as error:
        _begin_events(words, run)
        return _fail(_usage(error), run)
    except (KeyboardInterrupt, click.Abort):
        return _fail(_interrupted(), run)
    except OSError as error:
        return _fail_by_system(error, run) if run.verb or error.filename else _help_unread(error, run)
    except Exception as error:  # noqa: BLE001 (the one place where our own bugs end)
        interrupted = run.interrupted or _comes_of_interrupt(error)
        return _fail(_interrupted(), run) if interrupted else _fail_by_bug(error, run)


def _interrupted() -> Interrupted:
    return Interrupted("Interrupted", code="interrupted", hint="Nothing more was started.")


def _comes_of_interrupt(error: BaseException | None) -> bool:
    """Whether a library made another error of Ctrl-C on its way out."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _run(words: list[str], run: Session) -> object:
    """Parse and call the verb. ``click``'s own ``main`` would take any broken pipe for a reader who has left."""
    asked = run.environ.get(_COMPLETE)
    if asked:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, PROGRAM, _COMPLETE, asked)
    with cli.make_context(PROGRAM, words, obj=run) as context:
        return cli.invoke(context)


def _help_unread(error: OSError, run: Session) -> int:
    """Whoever asked for help has read enough, or there is no room for it, which the session tells."""
    run.out.give_up()
    if not isinstance(error, BrokenPipeError):
        run.out.failure = error
    return 0


def _code(result: object) -> int:
    return result if isinstance(result, int) else 0


def _fail(error: GitpromoteError, run: Session) -> int:
    from gitpromote.cli.addressing import completed
    from gitpromote.cli.failure import error_data, error_lines

    run.tell(error_lines(completed(error, run)))
    if not run.out.written:
        run.give({"error": error_data(error)})
    if run.events is not None:
        run.events.event("error", **error_data(error))
    return error.exit_code


def _in_own_words(error: GitpromoteError, words: list[str]) -> GitpromoteError:
    from gitpromote.cli.failure import in_own_words

    return in_own_words(error, words)


def _begin_events(words: list[str], run: Session) -> None:
    """Whoever asked for events gets them, although the words could not be read any further."""
    from gitpromote.cli.events import named_stream

    path = named_stream(words)
    if run.events is None and path:
        run.verb = run.verb or next((word for word in words if word in _VERBS), "")
        with suppress(UsageError):  # the words are told to be wrong in any case
            run.open_events(path)


def _fail_by_bug(error: Exception, run: Session) -> int:
    from gitpromote.cli.failure import bug

    return _fail(bug(error, verb=run.verb, environ=run.environ), run)


def _fail_by_system(error: OSError, run: Session) -> int:
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or type(error).__name__
    told = GitpromoteError("The system refused something", code="system-error", detail=f"{where}{reason}")
    return _fail(told if _stands_somewhere() else _folder_gone(), run)


def _stands_somewhere() -> bool:
    try:
        return Path.cwd().is_dir()
    except FileNotFoundError:
        return False


def _folder_gone() -> ConfigurationError:
    return ConfigurationError(
        "The working folder is gone",
        code="folder-gone",
        detail="It was deleted or moved since the shell went there, so no pipeline file can be looked for.",
        hint='If there is one of this name again:\n  cd "$PWD"',
    )


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    return UsageError(error.format_message().removesuffix("."), code="usage", hint=f"  {path} --help")


def _end_gently(run: Session) -> None:
    """A termination signal ends a run as Ctrl-C does: locks are released, children are ended.

    Ctrl-C is noted too: compiled libraries make other errors of it that no longer say where they come from.
    """
    try:
        signal.signal(signal.SIGTERM, run.interrupt)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, or somebody else's
            signal.signal(signal.SIGINT, run.interrupt)
    except ValueError:
        return  # not in the main thread: somebody else owns the signals
