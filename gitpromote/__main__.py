"""``python -m gitpromote``, and what the installed program calls."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import NoReturn


def program() -> NoReturn:
    """Run the command line of this process and end it with its code; Ctrl-C is 130 from the first moment on."""
    code = 130
    with contextlib.suppress(KeyboardInterrupt):
        from gitpromote.cli.main import main

        code = main()
    # What is to be told was told: a Ctrl-C while Python takes itself apart changes nothing any more.
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An interrupted exec(), such as dataclasses use, is remembered, and Python would end itself by the signal instead:
    # https://docs.python.org/3/using/cmdline.html says nothing of it; Modules/main.c does. Another exec() forgets it.
    exec("")
    sys.exit(code)


if __name__ == "__main__":
    program()
