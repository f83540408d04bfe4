"""``python -m gitpromote``, and what the installed program calls.

Nothing is loaded before Ctrl-C and a termination signal have somebody who takes them.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def program() -> NoReturn:
    """Run the command line of this process and end it with its code; an interrupt is 130 from the first moment on."""
    code = 130
    try:
        import atexit
        import signal

        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # until the command line takes it
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        atexit.register(lambda: _leave(code))  # the first that is registered is the last that runs
        from gitpromote.cli.main import main

        code = main()
        # What is to be told was told: an interrupt from here on changes nothing any more.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        pass
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End the process without taking a plan's many values apart one by one: the system takes them back at once."""
    import os

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # closed, gone, or never there
            continue
    os._exit(code)


if __name__ == "__main__":
    program()
