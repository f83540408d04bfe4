"""How a process of ours that runs code of a user begins: it ends by itself, and gives up what is not for it.

Files by Landlock of Linux, the sockets of this machine's programs (an agent for keys, an engine of containers) by a
filter of system calls: a process gives up for good, for itself and for all that it starts. Kernels before 5.13 keep no
files away, other systems nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import faulthandler
import json
import os
import platform
import struct
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitpromote.adapters.code_digest import files_of_code, is_installed, roots_of

__all__ = ["begin", "is_confined"]

# Numbers of the kernel's interface: system calls (the same on all processors), and rights.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
_SEEN = _EXECUTE | _READ | _LIST
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # rights by version of the interface

_OURS = Path(__file__).parents[1]
_FIRST = 1  # the number of a namespace's first process
_SIGNALLED = 128  # an exit status above it: ended by the signal of the number that it is above

# A filter of system calls: what its steps do, where they look, and what they answer.
_SET_FILTER, _BY_PROGRAM = 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _ANSWER = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FAMILY = 0, 4, 16
_LET, _REFUSE = 0x7FFF0000, 0x00050000
_OTHER_NUMBERS = 0x40000000  # from here on, those of 32-bit programs on a 64-bit x86
_RINGS, _FAMILY_UNIX = 425, 1
_SOCKET_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # the architecture's number, and socket's

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/proc", "/sys")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def begin(arguments: Sequence[str], *, installed: Sequence[str]) -> dict[str, Any]:
    """The request of this process, whose search path has been set by then.

    After its time the process ends, whatever it is doing: only one whose parent was killed lives for so long. From here
    on it sees the system's files, what is installed, its own modules as far as their digest goes, and its throw-away
    folder; only there it writes.

    :param arguments: the path of the request, and the seconds that the process may live
    :param installed: the search path that Python itself began with: neither a working folder nor a variable adds to it
    """
    request_file, seconds = arguments
    if os.getpid() != _FIRST:
        _watch(seconds)
    elif second := os.fork():
        _watch(seconds)
        os._exit(_end_of(second))
    request: dict[str, Any] = json.loads(Path(request_file).read_text())
    if sys.platform == "linux":
        _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _without_sockets_of_programs()
    if is_confined():
        _confine(seen=_seen(request, installed), own=(str(Path(request_file).parent), *_DEVICES))
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


def _seen(request: Mapping[str, Any], began_with: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The places that are for it, and what it may do there."""
    roots = set()
    if request.get("file"):
        file, module = Path(request["file"]), request["module"]
        roots = {root for root in roots_of(file, module) if not is_installed(root)}
        yield from ((str(root), _LIST) for root in roots)
        # What lies beside them is in no digest, so a change there would go unnoticed; and there may be credentials.
        yield from ((str(one), _SEEN) for one in files_of_code(file, module))
    places = [*_SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, str(_OURS)]
    places += [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute()]
    for finder in sys.meta_path:  # packages that are installed as a link to where they are developed
        mapping = getattr(sys.modules.get(finder.__module__ or ""), "MAPPING", {})
        places += [place for place in mapping.values() if isinstance(place, str)]
    installed = {*began_with, *(entry for entry in sys.path if is_installed(Path(entry)))}
    for place in dict.fromkeys([*places, *installed]):
        yield from _but(roots, Path(place))
    yield from ((entry, _LIST) for entry in sys.path if entry not in installed)


def _but(roots: Collection[Path], place: Path) -> Iterator[tuple[str, int]]:
    """A place whole, or, where code of the user lies in it, what lies beside the way to that."""
    if place in roots:
        return
    if not any(root.is_relative_to(place) for root in roots):
        yield str(place), _SEEN
        return
    yield str(place), _LIST
    with contextlib.suppress(OSError):
        for one in place.iterdir():
            yield from _but(roots, one)


def _confine(*, seen: Iterable[tuple[str, int]], own: Iterable[str]) -> None:
    all_rights = _KNOWN[min(_version(), max(_KNOWN))]
    rules = _LIBC.syscall(_CREATE_RULESET, ctypes.byref(ctypes.c_uint64(all_rights)), 8, 0)
    if rules < 0:
        return
    for path, rights in dict.fromkeys(seen):
        _allow(rules, path, rights)
    for path in own:
        _allow(rules, path, all_rights)
    _LIBC.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _without_sockets_of_programs() -> None:
    """From here on no socket of the family UNIX is made but in pairs, by no way that the kernel has for it.

    A file's rights are not asked when such a socket is connected to a path, and no namespace of networks keeps it away.
    """
    known = _SOCKET_CALLS.get(platform.machine())
    if known is None:
        return
    architecture, socket = known
    program = (
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_IF_EQUAL, 0, 7, architecture),  # calls of another architecture have other numbers
        (_LOAD, 0, 0, _AT_NUMBER),
        (_IF_AT_LEAST, 5, 0, _OTHER_NUMBERS),
        (_IF_EQUAL, 4, 0, _RINGS),  # they make sockets without a call
        (_IF_EQUAL, 0, 2, socket),
        (_LOAD, 0, 0, _AT_FAMILY),
        (_IF_EQUAL, 1, 0, _FAMILY_UNIX),
        (_ANSWER, 0, 0, _LET),
        (_ANSWER, 0, 0, _REFUSE | errno.EACCES),
    )
    code = b"".join(struct.pack("=HBBI", *one) for one in program)
    held = ctypes.create_string_buffer(code, len(code))
    filtered = _Filter(len(program), ctypes.addressof(held))
    _LIBC.prctl(_SET_FILTER, _BY_PROGRAM, ctypes.byref(filtered), 0, 0)


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


class _Filter(ctypes.Structure):
    """A program for the kernel: how many steps, and where they are."""

    _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))


class _Beneath(ctypes.Structure):
    """What may be done with a folder and all that lies in it, or with a file."""

    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("place", ctypes.c_int32))


_LIBC = ctypes.CDLL(None, use_errno=True)
