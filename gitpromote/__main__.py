"""``python -m gitpromote``, and what the installed program calls."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from typing import NoReturn


def program() -> NoReturn:
    """Run the command line of this process and end it with its code; Ctrl-C is 130 from the first moment on."""
    code = 130
    atexit.register(lambda: _leave(code))  # the first that is registered is the last that runs
    with contextlib.suppress(KeyboardInterrupt):
        from gitpromote.cli.main import main

        code = main()
    # What is to be told was told: a Ctrl-C from here on changes nothing any more.
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End the process without taking a plan's many values apart one by one: the system takes them back at once."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, gone, or never there
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    program()
