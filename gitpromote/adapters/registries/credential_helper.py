"""Docker's credential helpers: programs ``docker-credential-<name>`` that keep logins elsewhere.

They are asked on standard input and answer on standard output, so that nothing stands on a command line. What they say
is not quoted in errors, since nobody knows what is in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_NOT_THERE = b"credentials not found"
_SECONDS = 30.0
_PATIENCE = 5.0  # seconds of silence after which it is told what is waited for


class HelperFailed(Exception):
    """Why a helper gave nothing, for people."""


def ask_helper(
    name: str,
    server: str,
    *,
    env: Mapping[str, str],
    seconds: float = _SECONDS,
    slow: Callable[[str], None] = lambda _: None,
    patience: float = _PATIENCE,
) -> tuple[str, str] | None:
    """User and secret that a helper keeps for a server; ``None``: it has none.

    :param slow: told what is waited for once ``patience`` seconds are over
    :raises HelperFailed: it is not there, fails, or answers with something else
    """
    program = f"docker-credential-{name}"
    found = shutil.which(program, path=env.get("PATH")) if _NAME.fullmatch(name) else None
    if found is None:
        raise HelperFailed(f"Docker's configuration names {program}, which is not on the PATH")
    process = _started(found, program, env)
    told = f"for {program}, which knows the login for {server}; {seconds:g} s at most"
    status, output = _output(process, program, server, seconds, patience=patience, slow=lambda: slow(told))
    if status != 0:
        if _NOT_THERE in output:
            return None
        raise HelperFailed(f"{program} failed with status {status}; try: echo {server} | {program} get")
    try:
        answer = json.loads(output)
        user, secret = answer["Username"], answer["Secret"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise HelperFailed(f"{program} answered with something that is not a login") from None
    if not isinstance(user, str) or not isinstance(secret, str):
        raise HelperFailed(f"{program} answered with something that is not a login")
    return (user, secret) if user and secret else None


def _started(path: str, program: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [path, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise HelperFailed(f"{program} cannot be started: {os.strerror(error.errno or 0)}") from None


def _output(
    process: subprocess.Popen[bytes],
    program: str,
    server: str,
    seconds: float,
    *,
    patience: float,
    slow: Callable[[], None],
) -> tuple[int, bytes]:
    with process:
        try:
            try:
                output, _ = process.communicate(server.encode(), timeout=min(patience, seconds))
            except subprocess.TimeoutExpired:
                if seconds > patience:
                    slow()
                output, _ = process.communicate(timeout=max(seconds - patience, 0.0))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise HelperFailed(f"{program} did not answer in {seconds:g} s") from None
    return process.returncode, output
