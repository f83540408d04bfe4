"""Running git: one process per call, bytes in, bytes out, ended as a group."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from gitpromote.adapters.git.environment import FLAGS, git_environment
from gitpromote.adapters.git.login_programs import asked_program
from gitpromote.adapters.git.url import masked
from gitpromote.errors import ConfigurationError

OLDEST = (2, 31)
"""What is needed: 2.31 takes settings from its environment, so that no URL with a password stands on a command line."""

TRANSPORT_TIMEOUT = 900.0
"""Seconds after which a process that talks to a remote is ended."""

LOGIN_TIMEOUT = 120.0
"""Seconds after which a program that git asks for a login is given up: it may have asked somebody who is not there."""

_PATIENCE = 5.0  # seconds of silence after which it is told what is waited for
_GRACE = 2.0  # seconds in which git removes its temporary files


class Completed(NamedTuple):
    """How a git process ended.

    :param status: its exit status; negative: the signal that ended it
    :param words: what it said on standard error, credentials masked
    :param silent: the program that git asked for a login and that did not answer in time
    """

    status: int
    output: bytes
    words: str
    timed_out: bool = False
    silent: str = ""


def call_git(
    args: Sequence[str],
    *,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    data: bytes = b"",
    env: Mapping[str, str] | None = None,
    config: Iterable[tuple[str, str]] = (),
    extra: Mapping[str, str] | None = None,
    timeout: float | None = None,
    slow: Callable[[str], None] | None = None,
) -> Completed:
    """Run git and say how it ended, whatever that was.

    :param git_dir: the repository; without it and ``cwd`` git runs outside of any
    :param data: what it reads on standard input
    :param env: the environment to start from, default this process's
    :param config: settings for this run alone, kept off the command line
    :param extra: variables for this run, whatever ``env`` says
    :param timeout: seconds; afterwards the process and its children are ended
    :param slow: told which program git waits for where it asks one for a login and that takes long
    :raises ConfigurationError: there is no git, or it cannot be started
    """
    environment = git_environment(env, config=config) | dict(extra or {})
    if git_dir is None and cwd is None:
        environment["GIT_DIR"] = os.devnull  # nothing is discovered from wherever we happen to be
    process = _start(command(args, git_dir=git_dir), cwd=cwd, environment=environment)
    return _collect(process, data, timeout) if slow is None else _watched(process, data, timeout, slow)


def feed_git(
    args: Sequence[str],
    pieces: Iterable[bytes],
    last: Callable[[], bytes],
    *,
    git_dir: Path,
    env: Mapping[str, str] | None = None,
) -> Completed:
    """Run git on what is still being made: it works on one piece while the next one comes about.

    :param pieces: what it reads; it must not answer any of them, since nobody listens yet. An error in making them ends
        the process
    :param last: asked for when all of them are written: what it reads last, and answers
    """
    process = _start(command(args, git_dir=git_dir), cwd=None, environment=git_environment(env))
    assert process.stdin is not None
    try:
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.flush()
        end = last()
    except BrokenPipeError:  # it has ended, and says why
        _let_go(process)
        return _collect(process, b"", None)
    except BaseException:
        end_group(process)
        _let_go(process)
        _collect(process, b"", None)
        raise
    return _collect(process, end, None)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close what nobody reads any more, whatever has not been written yet."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None


def call_side_by_side(
    questions: Sequence[Sequence[str]], *, cwd: Path, env: Mapping[str, str] | None
) -> list[Completed]:
    """Run several short git commands at once, in the time of the longest. Their output must be small."""
    environment = git_environment(env)
    running = [_start(command(args), cwd=cwd, environment=environment) for args in questions]
    return [_collect(process, b"", None) for process in running]


def command(args: Sequence[str], *, git_dir: Path | None = None) -> list[str]:
    """The full command line of a git process of ours."""
    where = () if git_dir is None else (f"--git-dir={git_dir}",)
    return ["git", *FLAGS, *where, *args]


def _start(words: list[str], *, cwd: Path | None, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with _interrupts_held_back() as held_back:
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd or os.sep,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise _not_started(error) from error
    try:
        for again in held_back:
            again()
    except BaseException:
        end_group(process)
        process.communicate()
        raise
    return process


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[list[Callable[[], object]]]:
    """What interrupts mean to whoever asked for them, once this is over: a process that nobody knows yet is lost."""
    held_back: list[Callable[[], object]] = []
    if threading.current_thread() is not threading.main_thread():
        yield held_back
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number, handler in ours.items():
            signal.signal(number, partial(_hold_back, held_back, handler))
        yield held_back
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def _hold_back(held_back: list[Callable[[], object]], handler: Callable[..., object], *given: object) -> None:
    held_back.append(partial(handler, *given))


def _not_started(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        "Git cannot be started",
        code="git-missing",
        detail=f"{error.strerror}: {error.filename}",
        hint="Install git 2.31 or newer, and have it on PATH.",
    )


def _collect(process: subprocess.Popen[bytes], data: bytes | None, timeout: float | None) -> Completed:
    timed_out = False
    with process:
        try:
            output, words = process.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            end_group(process)
            output, words = process.communicate()
        except BaseException:
            end_group(process)
            raise
    return Completed(process.returncode, output, masked(words.decode("utf-8", "replace")), timed_out)


def _watched(
    process: subprocess.Popen[bytes], data: bytes, timeout: float | None, slow: Callable[[str], None]
) -> Completed:
    """The same, with an eye on programs that git asks for a login."""
    end = time.monotonic() + timeout if timeout is not None else math.inf
    asked, since = None, 0.0
    given: bytes | None = data
    while (left := end - time.monotonic()) > _PATIENCE:
        try:
            output, words = process.communicate(given, _PATIENCE)
            process.wait()
            return Completed(process.returncode, output, masked(words.decode("utf-8", "replace")))
        except subprocess.TimeoutExpired:
            given = None  # it is on its way
            known, asked = asked, asked_program(process.pid)
        except BaseException:
            end_group(process)
            process.communicate()
            raise
        if asked is not None and asked != known:
            since = time.monotonic()
            slow(f"for {asked}, which git asks for a login; {LOGIN_TIMEOUT:g} s at most")
        if asked is not None and time.monotonic() - since > LOGIN_TIMEOUT - _PATIENCE:
            end_group(process)
            return _collect(process, None, None)._replace(timed_out=True, silent=asked)
    return _collect(process, given, max(left, 0.0))


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a session, and its children: asked first, so that it cleans up, then killed."""
    for sign, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        if sign == signal.SIGTERM:
            _kill_left_over(process.pid)
        return


def _kill_left_over(group: int) -> None:
    """Children that outlived their leader: nothing cleans up after it, so they need not be asked."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@cache
def git_version() -> tuple[int, ...]:
    """The version of the git on PATH, e.g. ``(2, 39, 5)``. Asked once per process."""
    words = call_git(["version"]).output.decode("ascii", "replace").split()
    numbers = words[2].split(".") if len(words) > 2 else []
    return tuple(int(number) for number in numbers if number.isdecimal())


def require_version(found: tuple[int, ...]) -> None:
    """:raises ConfigurationError: git is too old (``git-too-old``)"""
    if found < OLDEST:
        raise ConfigurationError(
            "Git is too old",
            code="git-too-old",
            detail=f"found {'.'.join(map(str, found)) or 'an unknown version'}; 2.31 or newer is needed",
            hint="Install a newer git, and have it first on PATH.",
        )
