"""One run of the command line: its streams, its options that every verb has, and the project that it works on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

from gitpromote.cli.output import Output, in_automation, wants_colour, width_of
from gitpromote.errors import UsageError

if TYPE_CHECKING:
    from types import FrameType

    from gitpromote.cli.events import EventStream, StatusLine
    from gitpromote.ports import Reporter
    from gitpromote.project import Project
    from gitpromote.views.lines import Line


def _nothing(mode: str) -> TextIO:
    """In place of a stream that was closed before we started."""
    return cast("TextIO", open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123 (it lives as long as the run)


@dataclass(eq=False)
class Session:
    """What a verb works with.

    :ivar pipeline: ``FILE``, ``FILE:NAME`` or ``None`` to look for one
    :ivar keep: the folder in which renderers' inputs and output are left, if any
    :ivar subject: the Pipeline that it works on, as far as that is known
    :ivar is_one_of_several: whether its file has others; ``None`` where no pipeline file was run
    :ivar interrupted: whether a signal asked it to end
    """

    stdin: TextIO = field(default_factory=lambda: sys.stdin or _nothing("r"))
    stdout: TextIO = field(default_factory=lambda: sys.stdout or _nothing("w"))
    stderr: TextIO = field(default_factory=lambda: sys.stderr or _nothing("w"))
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    verb: str = ""
    json: bool = False
    no_color: bool = False
    verbose: int = 0
    pipeline: str | None = None
    cache_dir: str | None = None
    keep: str | None = None
    events: EventStream | None = None
    status_line: StatusLine | None = None
    subject: str = ""
    is_one_of_several: bool | None = None
    interrupted: bool = False
    _out: Output | None = None

    def interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        """A signal asks the run to end."""
        self.interrupted = True
        raise KeyboardInterrupt

    @property
    def out(self) -> Output:
        """The standard output."""
        if self._out is None:
            colour = wants_colour(self.stdout, self.environ, refused=self.no_color or self.json)
            self._out = Output(self.stdout, colour=colour, width=width_of(self.stdout, self.environ))
        return self._out

    def show(self, lines: Iterable[Line]) -> None:
        """Draw a view on the standard output, unless JSON was asked for."""
        self.clear()
        if not self.json:
            self.out.lines(self._completed(lines))

    def give(self, data: Any) -> None:
        """Print the object as JSON, if that was asked for."""
        self.clear()
        if self.json:
            self.out.json(data)

    def document(self, data: bytes) -> None:
        """Print a saved document, byte for byte; on a terminal without what one would obey."""
        self.clear()
        if not self.stdout.isatty():
            self.out.bytes(data)
            return
        from gitpromote.views.text import visible_json

        self.out.text(visible_json(data.decode()))

    def tell(self, lines: Iterable[Line]) -> None:
        """Draw a view on the standard error: what is not the result."""
        self.clear()
        colour = wants_colour(self.stderr, self.environ, refused=self.no_color)
        Output(self.stderr, colour=colour, width=width_of(self.stderr, self.environ)).lines(self._completed(lines))

    def clear(self) -> None:
        """Take the progress line away before something is written."""
        if self.status_line is not None:
            self.status_line.clear()

    @property
    def unattended(self) -> bool:
        """Whether nobody can be asked: no terminal to read from, or a CI system."""
        return in_automation(self.environ) or not (self.stdin.isatty() and self._asks_on is not None)

    @property
    def asks_on(self) -> TextIO:
        """The stream that a question is put on: what the person sees and a program does not read."""
        return self._asks_on or self.stderr

    @property
    def _asks_on(self) -> TextIO | None:
        streams = [self.stderr] if self.json else [self.stdout, self.stderr]
        return next((stream for stream in streams if stream.isatty()), None)

    @property
    def names_its_pipeline(self) -> bool:
        """Whether ``--pipeline`` says which Pipeline of its file is meant."""
        return ":" in (self.pipeline or "").rpartition("/")[2]

    def load(self, name: str | None = None, *, progress: bool = True) -> Project:
        """The project of the pipeline file, with the Pipeline of that name where there are several."""
        from gitpromote.project import Project

        if name and self.names_its_pipeline:
            raise UsageError(
                "The pipeline is named twice",
                code="pipeline-named-twice",
                detail=f'by --pipeline {self.pipeline} and by "{name}"',
                hint="Leave one of them out.",
            )
        found = Project.load(
            self.pipeline,
            pipeline=name,
            cache_dir=self.cache_dir,
            reporter=self.reporter(progress=progress),
            keep=self.keep,
        )
        self.subject, self.is_one_of_several = found.name, found.is_one_of_several
        return found

    def command(self, *words: str) -> str:
        """A command that works as typed here: with the pipeline file, where it had to be named."""
        import shlex

        from gitpromote.cli.addressing import address

        return address(self).of_text(shlex.join(["gitpromote", *words]))

    def _completed(self, lines: Iterable[Line]) -> Iterable[Line]:
        """The lines, whose commands work as typed here."""
        if not self.pipeline and not (self.subject and self.is_one_of_several is not False):
            return lines
        from gitpromote.cli.addressing import address

        every = list(lines)
        commanding = any("gitpromote " in span.text for each in every for span in each)
        return address(self).of_view(every) if commanding else every

    def reporter(self, *, progress: bool = True, lasting: bool = False) -> Reporter:
        """Who is told what goes on.

        :param lasting: whether each environment's fate is printed as it is known, where there is no terminal
        """
        from gitpromote.cli.events import CommandEcho, Everyone, PlainProgress, StatusLine

        reporters: list[Reporter] = []
        if self.events is not None:
            reporters.append(self.events)
        if self.verbose:
            reporters += [CommandEcho(self.stderr), PlainProgress(self.stderr, fates=False)]
        elif progress and self._draws_progress():
            if self.status_line is None:
                self.status_line = StatusLine(self.stderr, width=width_of(self.stderr, self.environ) or 80)
            reporters.append(self.status_line)
        else:
            reporters.append(PlainProgress(self.stderr, fates=lasting))
        return Everyone(reporters)

    def _draws_progress(self) -> bool:
        terminal = self.environ.get("TERM") != "dumb" and not in_automation(self.environ)
        return terminal and self.stderr.isatty()

    def open_events(self, path: str) -> None:
        """Begin the stream of events."""
        from gitpromote.cli.events import EventStream

        self.events = EventStream(path, verb=self.verb)

    def close(self, exit_code: int) -> int:
        """End the run's outputs, and give the exit code: another one where the result could not be written."""
        self.clear()
        if self._out is not None:
            self._out.close()
        failure = self._out.failure if self._out is not None else None
        if self.events is not None:
            self.events.close(_worse(exit_code, failure or self.events.failure))
            failure = failure or self.events.failure
        if failure is not None:
            self._tell_failure(failure)
        return _worse(exit_code, failure)

    def _tell_failure(self, failure: OSError) -> None:
        from gitpromote.views.lines import line

        where = f" ({failure.filename})" if failure.filename else ""
        reason = failure.strerror or type(failure).__name__
        self.tell([line(f"Error: The output could not be written: {reason}{where}  [output-failed]")])


def _worse(exit_code: int, failure: OSError | None) -> int:
    """A result that nobody can read is no success."""
    return 1 if failure is not None and exit_code in (0, 2, 3) else exit_code


def session_of(context: Any) -> Session:
    """The run that a click context belongs to."""
    found: Session = context.find_object(Session)
    return found
