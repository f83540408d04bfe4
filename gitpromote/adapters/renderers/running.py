"""One job while it runs: its tools, its command lines, and what its renderers say."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gitpromote.adapters.renderers.apart import apart, without_network
from gitpromote.adapters.renderers.process import Ended, run
from gitpromote.adapters.renderers.sandbox import Inputs, Sandbox, write_files
from gitpromote.errors import CacheFailed, GitpromoteError, InternalError, RenderFailed
from gitpromote.model.render import Command, RendererTool, RenderJob
from gitpromote.model.sensitive import assigned_spans, without_secrets
from gitpromote.render.blame import places

_LONGEST_WORDS = 8000  # characters of a renderer's words in an error
_LONGEST_WARNING = 500
_MOST_WARNINGS = 50
_WARNING = re.compile(r"^#? ?warning\b", re.IGNORECASE)
# How Go's loggers begin a line: with the time, and whatever else differs from run to run.
_LOGGED = re.compile(r"^(time=\S+ |\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |[IWEF]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] )")
_FAILED = re.compile(r'^"command failed" err=(".*")$')  # some kubectls log their last words


# Nowhere is another day and another hour for so long: what asks for the local time gets another answer.
_TOMORROW = "GITPROMOTE-24:59:59"


class Output(NamedTuple):
    """What a renderer gave: YAML streams, each with the name to call it by, and what it complained about."""

    documents: tuple[tuple[str, bytes], ...]
    warnings: tuple[str, ...] = ()


class Running:
    """A job, with the commands that it has run so far.

    :param parallel: others run at the same time, so each process does with one processor
    :param again: it is rendered a second time, to see whether something else comes out
    """

    def __init__(self, job: RenderJob, *, parallel: bool, again: bool = False) -> None:
        self.job = job
        self.copies = job.copies
        self.commands: list[Command] = []
        self._parallel = parallel
        self._again = again

    def has_tool(self, name: str) -> bool:
        return any(tool.name == name for tool in self.job.tools)

    def tool(self, name: str) -> RendererTool:
        """The tool of the job.

        :raises InternalError: the job came without it
        """
        for tool in self.job.tools:
            if tool.name == name:
                return tool
        raise InternalError("A render job came without its tool", code="job-without-tool", detail=name)

    def call(
        self, words: Sequence[str], sandbox: Sandbox, *, step: str, source: str, is_users_code: bool = False
    ) -> Output:
        """Run a renderer in a sandbox.

        :param step: what to call it in a folder that is kept
        :param source: what to call its output: the path that it was made of
        :param is_users_code: it is kept apart as far as the system lets us
        :raises RenderFailed: it failed, took too long, or said too much
        """
        env = sandbox.environment(parallel=self._parallel)
        if is_users_code and self._again:
            env["TZ"] = _TOMORROW
        before = apart() if is_users_code else without_network()
        ended = run([*before, *words], cwd=sandbox.source, env=env, limits=self.job.limits)
        ended = ended.as_of_a_second() if is_users_code else ended
        self.commands.append(Command(tuple(words), ended.seconds, ended.status))
        said = sandbox.plain(_unlogged(ended.words.decode("utf-8", "replace")))
        self._keep(step, words, sandbox, ended, said)
        said = without_secrets(said, known=_secrets_in(sandbox.inputs) if said.strip() else ())
        if ended.excess or ended.status:
            command = f"the function {source}" if is_users_code else shown(words)
            raise self._failure(command, ended, said, sandbox.inputs)
        return Output(((source, ended.output),), _warnings(said))

    def _failure(self, what: str, ended: Ended, said: str, inputs: Inputs) -> GitpromoteError:
        command = f"{self.job.label}: {what}"
        if ended.excess == "time":
            return RenderFailed(
                "A renderer took too long",
                code="render-timeout",
                detail=f"{command}\nended after {self.job.limits.timeout:g} s",
                hint=_hint(f"seconds={2 * self.job.limits.timeout:g}"),
            )
        if ended.excess == "words":
            return RenderFailed(
                "A renderer prints too much",
                code="render-too-large",
                detail=f"{command}\nended after more than {self.job.limits.words:,} bytes beside its output",
                hint="What it prints is shown to people. A function returns its manifests, it does not print them.",
            )
        if ended.excess == "output":
            return RenderFailed(
                "A renderer's output is too large",
                code="render-too-large",
                detail=f"{command}\nended after more than {self.job.limits.output:,} bytes",
                hint=_hint(f"megabytes={self.job.limits.output >> 19}"),
            )
        return RenderFailed(
            "A renderer failed", code="render-failed", detail=_told(command, ended, said, self.job, inputs)
        )

    def _keep(self, step: str, words: Sequence[str], sandbox: Sandbox, ended: Ended, said: str) -> None:
        if not self.job.keep:
            return
        label = re.sub(r"[^\w./-]+", "-", self.job.label).replace("..", "-").strip("/")
        folder = Path(self.job.keep, label, f"{len(self.commands)}-{step}")
        line = f"cd {shlex.quote(str((folder / 'source').absolute()))} && {shlex.join(words)}\n"
        try:
            (folder / "source").mkdir(parents=True, exist_ok=True)
            write_files(sandbox.inputs, str(folder / "source"), replace=True)
            (folder / "command.sh").write_text(line)
            (folder / "output.yaml").write_bytes(ended.output)
            (folder / "words.txt").write_text(said)
        except OSError as error:
            raise CacheFailed(
                "The folder for what a render leaves cannot be written",
                code="keep-not-writable",
                detail=f"{folder}: {error.strerror}",
            ) from error


def _hint(allowed: str) -> str:
    return (
        f"Divide it into several Apps: each is rendered by itself. Or allow it more: App(…, limits=Limits({allowed}))"
    )


def _secrets_in(inputs: Inputs) -> set[str]:
    """The values behind secrets' names in the files that the renderer read: it may repeat them in its messages."""
    texts = (data.decode("utf-8", "replace") for path, (_, data) in inputs.items() if path.endswith((".yaml", ".yml")))
    return {text[span.start : span.end] for text in texts for span in assigned_spans(text)}


def shown(words: Sequence[str]) -> str:
    """A command line for people: the program by its name."""
    return shlex.join([Path(words[0]).name, *words[1:]])


def _told(command: str, ended: Ended, said: str, job: RenderJob, inputs: Inputs) -> str:
    lines = [line for line in said.strip().splitlines() if not _WARNING.match(line)] or said.strip().splitlines()
    text = "\n".join(lines)
    if len(text) > _LONGEST_WORDS:
        text = text[:_LONGEST_WORDS] + " …"
    status = f"exit status {ended.status}" if ended.status > 0 else f"ended by signal {-ended.status}"
    where = places(text, job.spec, inputs)
    return "\n".join([f"{command}  ({status})", *(f"  {line}" for line in text.splitlines()), *where])


def _warnings(said: str) -> tuple[str, ...]:
    told = dict.fromkeys(line.strip()[:_LONGEST_WARNING] for line in said.splitlines() if line.strip())
    return tuple(list(told)[:_MOST_WARNINGS])


def _unlogged(words: str) -> str:
    """The words without what a logger puts around them, so that they are the same each time."""
    return "\n".join(_unlogged_line(_LOGGED.sub("", line)) for line in words.splitlines())


def _unlogged_line(line: str) -> str:
    failed = _FAILED.match(line)
    with contextlib.suppress(ValueError):
        return f"error: {json.loads(failed[1])}" if failed else line
    return line
