"""System calls that code of a user does without, by a filter of Linux: for good, for itself and for all that it starts.

It makes no sockets but pairs of streams: neither to this machine's programs (an agent for keys, an engine of
containers) nor to a network; it asks for no keys of the kernel, and shares no memory with other programs. And the
modes, times and owners of files stay as they are, since Landlock knows no right for these: to change them seems to
succeed, as programs do that when they copy a file.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

__all__ = ["give_up_calls"]

_SET_FILTER, _BY_PROGRAM = 22, 2
_LOAD, _OF_BITS, _IF_EQUAL, _IF_AT_LEAST, _ANSWER = 0x20, 0x54, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_KIND = 0, 4, 24
_STREAM = 1  # of the kinds of sockets
_LET, _INSTEAD = 0x7FFF0000, 0x00050000
_OTHER_NUMBERS = 0x40000000  # from here on, those of 32-bit programs on a 64-bit x86

# By processor: its number, socketpair, what is refused, and what only seems to be done; from 424 on the same for all.
_RINGS, _EVERYWHERE = 425, (452, 463, 466, 469)  # fchmodat2, setxattrat, removexattrat, file_setattr
_CALLS = {
    "x86_64": (
        0xC000003E,
        53,
        # socket; shm…, sem…, msg…; mq_open; add_key, request_key, keyctl; ptrace, process_vm_…; bpf, userfaultfd
        (41, 29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 248, 249, 250, 101, 310, 311, 321, 323),
        # chmod, fchmod, fchmodat; chown, fchown, lchown, fchownat; utime, utimes, futimesat, utimensat; …xattr
        (90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199),
    ),
    "aarch64": (
        0xC00000B7,
        199,
        (198, 194, 195, 196, 197, 190, 191, 192, 193, 186, 187, 188, 189, 180, 217, 218, 219, 117, 270, 271, 280, 282),
        (52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16),
    ),
}


def give_up_calls() -> None:
    """From here on; nothing where the processor is another one."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return
    architecture, pairs, refused, seeming = known
    steps = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),  # calls of another architecture have other numbers
        (_ANSWER, 0, 0, _INSTEAD | errno.EACCES),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_IF_AT_LEAST, 0, 1, _OTHER_NUMBERS),
        (_ANSWER, 0, 0, _INSTEAD | errno.EACCES),
    ]
    answers = [(number, errno.EACCES) for number in (*refused, _RINGS)]  # rings make sockets without a call
    answers += [(number, 0) for number in (*seeming, *_EVERYWHERE)]
    for number, answer in answers:
        steps += [(_IF_EQUAL, 0, 1, number), (_ANSWER, 0, 0, _INSTEAD | answer)]
    steps += [
        (_IF_EQUAL, 0, 4, pairs),
        (_LOAD, 0, 0, _AT_KIND),
        (_OF_BITS, 0, 0, 0xF),
        (_IF_EQUAL, 1, 0, _STREAM),  # one of datagrams sends to whom it likes
        (_ANSWER, 0, 0, _INSTEAD | errno.EACCES),
        (_ANSWER, 0, 0, _LET),
    ]
    code = b"".join(struct.pack("=HBBI", *one) for one in steps)
    held = ctypes.create_string_buffer(code, len(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_FILTER, _BY_PROGRAM, ctypes.byref(_Filter(len(steps), ctypes.addressof(held))), 0, 0)


class _Filter(ctypes.Structure):
    """A program for the kernel: how many steps, and where they are."""

    _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))
