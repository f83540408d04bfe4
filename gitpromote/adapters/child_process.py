"""How a process of ours that runs code of a user begins: it ends by itself, and gives up what is not for it.

Files by Landlock of Linux, what else programs share by a filter of system calls: a process gives up for good, for
itself and for all that it starts. Kernels before 5.13 keep no files away, other systems nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitpromote.adapters.code_copy import copied
from gitpromote.adapters.code_digest import is_installed
from gitpromote.adapters.patterns import checkout_of
from gitpromote.adapters.system_calls import give_up_calls

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

# What programs need of a system: not what people and services keep there besides.
_TOPS = ("/usr", "/usr/local")
_PARTS = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "libx32", "share", "include")
_ELSEWHERE = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys", "/nix/store", "/gnu/store")
_SETTINGS = (
    "alternatives",
    "ca-certificates",
    "fonts",
    "group",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "ld-musl-x86_64.path",
    "locale.alias",
    "locale.conf",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "python3",
    "resolv.conf",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
_BINARIES = frozenset({"bin", "sbin"})
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def begin(arguments: Sequence[str]) -> dict[str, Any]:
    """The request of this process, whose search path has been set by then.

    After its time the process ends, whatever it is doing: only one whose parent was killed lives for so long. From here
    on it sees the system's files, what is installed, a copy of its own modules as far as their digest goes, and its
    throw-away folder; only there it writes.

    :param arguments: the path of the request, and the seconds that the process may live
    """
    request_file, seconds = arguments
    if os.getpid() != _FIRST:
        _watch(seconds)
    elif second := os.fork():
        _watch(seconds)
        os._exit(_end_of(second))
    request: dict[str, Any] = json.loads(Path(request_file).read_text())
    own = Path(request_file).parent
    seen = list(_seen(request))
    request = copied(request, own / "code")
    if sys.platform == "linux":
        _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        give_up_calls()
    if is_confined():
        _confine(seen=seen, own=(str(own), *_DEVICES))
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


def _seen(request: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The places that are for it, and what it may do there; of the user's checkout what is installed there alone."""
    file = Path(request.get("file") or "")
    checkout = checkout_of(file) if request.get("file") and not is_installed(file) else None
    prefixes = dict.fromkeys((sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix))
    places = [Path(top, part) for top in (*_TOPS, *prefixes) for part in _PARTS]
    places += [Path(top, "pyvenv.cfg") for top in prefixes]
    places += [Path(one) for one in _ELSEWHERE] + [Path("/etc", one) for one in _SETTINGS]
    places += [Path(entry) for entry in sys.path if is_installed(Path(entry))]
    for place in dict.fromkeys([*places, *_programs(checkout), _OURS]):
        yield from _but(checkout, place)


def _programs(checkout: Path | None) -> Iterator[Path]:
    """Folders of programs, and what belongs to these; not those of the checkout: they change with it, unnoticed."""
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        place = Path(entry)
        if not place.is_absolute() or (checkout and place.resolve().is_relative_to(checkout.resolve())):
            continue
        yield from _with_libraries(place)
        for link in _links(place):  # to where a manager of packages keeps the program itself
            yield link
            yield from _with_libraries(link.parent) if link.parent.name in _BINARIES else ()


def _with_libraries(place: Path) -> Iterator[Path]:
    yield place
    if place.name in _BINARIES:
        yield from (place.with_name(part) for part in ("lib", "lib64", "libexec"))


def _links(place: Path) -> list[Path]:
    """The files that links in a folder of programs lead to, where that is another place."""
    if str(place) in ("/bin", "/sbin", "/usr/bin", "/usr/sbin"):
        return []
    try:
        found = {one.resolve() for one in place.iterdir() if one.is_symlink()}
    except (OSError, RuntimeError):
        return []
    return sorted(one for one in found if one.is_file() and not one.is_relative_to("/usr"))


def _but(checkout: Path | None, place: Path) -> Iterator[tuple[str, int]]:
    """A place whole, or, where the user's checkout lies in it, what lies beside the way to that."""
    if place == checkout:
        return
    if checkout is None or not checkout.is_relative_to(place):
        yield str(place), _SEEN
        return
    yield str(place), _LIST
    with contextlib.suppress(OSError):
        for one in place.iterdir():
            yield from _but(checkout, one)


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
