"""How a process of ours that runs code of a user begins: it ends by itself, and gives up files that are not for it.

Files by Landlock of Linux: a process gives up for good, for itself and for all that it starts, what it may do with
files. Elsewhere, and with kernels before 5.13, nothing is given up.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitpromote.adapters.code_digest import roots_of

__all__ = ["begin", "is_confined"]

# Numbers of the kernel's interface: system calls (the same on all processors), and rights.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
_SEEN = _EXECUTE | _READ | _LIST
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # rights by version of the interface

_FIRST = 1  # the number of a namespace's first process
_SIGNALLED = 128  # an exit status above it: ended by the signal of the number that it is above

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/proc", "/sys")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def begin(arguments: Sequence[str]) -> dict[str, Any]:
    """The request of this process, whose search path has been set by then.

    After its time the process ends, whatever it is doing: only one whose parent was killed lives for so long. From here
    on it sees the system's files, those of Python and of its search path, and its own throw-away folder; only there it
    writes.

    :param arguments: the path of the request, and the seconds that the process may live
    """
    request_file, seconds = arguments
    if os.getpid() == _FIRST and (second := os.fork()):
        _watch(seconds)
        os._exit(_end_of(second))
    if os.getppid() != _FIRST:
        _watch(seconds)
    request: dict[str, Any] = json.loads(Path(request_file).read_text())
    if is_confined():
        _confine(seen=_seen(request), own=(str(Path(request_file).parent), *_DEVICES))
    return request


def _watch(seconds: str) -> None:
    """End this process after its time: by a thread that needs no interpreter, whatever that is busy with."""
    faulthandler.dump_traceback_later(float(seconds), exit=True, file=Path(os.devnull).open("w"))  # noqa: SIM115


def _end_of(second: int) -> int:
    """The exit status of a second process, in which signals do what they do anywhere: the first hears none.

    Of a signal that ended it the first tells as shells do.
    """
    ended, status = os.wait()
    while ended != second:
        ended, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALLED - code


def is_confined() -> bool:
    """Whether this system lets a process give up files."""
    return sys.platform == "linux" and _version() > 0


def _version() -> int:
    return int(_LIBC.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION))


def _seen(request: Mapping[str, Any]) -> Iterator[str]:
    yield from _SYSTEM
    yield from (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    yield from (entry for entry in os.environ.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute())
    yield from sys.path
    if request.get("file"):
        yield from (str(root) for root in roots_of(Path(request["file"]), request["module"]))
    for finder in sys.meta_path:  # packages that are installed as a link to where they are developed
        mapping = getattr(sys.modules.get(finder.__module__ or ""), "MAPPING", {})
        yield from (str(place) for place in mapping.values() if isinstance(place, str))


def _confine(*, seen: Iterable[str], own: Iterable[str]) -> None:
    all_rights = _KNOWN[min(_version(), max(_KNOWN))]
    rules = _LIBC.syscall(_CREATE_RULESET, ctypes.byref(ctypes.c_uint64(all_rights)), 8, 0)
    if rules < 0:
        return
    for path in dict.fromkeys(seen):
        _allow(rules, path, _SEEN)
    for path in own:
        _allow(rules, path, all_rights)
    _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _LIBC.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there: nothing to allow
    try:
        _LIBC.syscall(_ADD_RULE, rules, _BENEATH, ctypes.byref(_Beneath(_fitting(rights, path), place)), 0)
    finally:
        os.close(place)


def _fitting(rights: int, path: str) -> int:
    return rights if Path(path).is_dir() else rights & _OF_FILES


class _Beneath(ctypes.Structure):
    """What may be done with a folder and all that lies in it, or with a file."""

    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("place", ctypes.c_int32))


_LIBC = ctypes.CDLL(None, use_errno=True)
