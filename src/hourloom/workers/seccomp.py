"""A filter of system calls, written by hand for Linux on two kinds of processors.

The program is a list of steps that the kernel walks for each call: load a word of what was called, jump
if it equals a number, answer. It holds for good: a process can add filters, and take none away.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterable, Sequence

from hourloom.workers import calls

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""What the kernel calls them."""

_CALL_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_LOAD, _EQUAL, _ABOVE, _ANSWER = 0x20, 0x15, 0x25, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_STEP = struct.Struct("<HBBI")
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

Step = tuple[int, int, int, int]


def program(machine: str, pid: int, *, opens_files: bool) -> list[Step] | None:
    """Return the filter for a worker with this number, or None for a processor whose calls are unknown."""
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    groups = [calls.NETWORK, calls.PROCESSES, calls.KERNEL, calls.OTHER_FILES, calls.RIGHTS]
    if not opens_files:
        groups.append(calls.OPENING)
    return [
        *_if(_ARCHITECTURE_AT, architecture, otherwise=_KILL),
        (_LOAD, 0, 0, _CALL_AT),
        # Also the calls of x32, whose numbers begin far above.
        (_ABOVE, 0, 1, calls.NEWEST),
        _answer(_refuse(errno.ENOSYS)),
        *_refused(number for group in groups for number in group[machine].values()),
        *_only_to_oneself(calls.SIGNALS[machine].values(), (pid,)),
        *_only_to_oneself(calls.LIMITS[machine].values(), (0, pid)),
        _answer(_ALLOW),
    ]


def load(steps: Sequence[Step]) -> bool:
    """Put a filter on this process for good; return whether the kernel took it."""

    class Program(ctypes.Structure):
        _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    packed = ctypes.create_string_buffer(b"".join(_STEP.pack(*step) for step in steps))
    filter_ = Program(len(steps), ctypes.cast(packed, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return bool(prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0)


def _answer(value: int) -> Step:
    return (_ANSWER, 0, 0, value)


def _refuse(number: int) -> int:
    return _REFUSE | number


def _if(at: int, value: int, *, otherwise: int) -> list[Step]:
    return [(_LOAD, 0, 0, at), (_EQUAL, 1, 0, value), _answer(otherwise)]


def _refused(numbers: Iterable[int]) -> list[Step]:
    steps: list[Step] = []
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), _answer(_refuse(errno.EPERM))]
    return steps


def _only_to_oneself(numbers: Iterable[int], selves: Sequence[int]) -> list[Step]:
    """Refuse calls whose first argument is none of these; the call's number stays loaded for what follows."""
    steps: list[Step] = []
    for number in numbers:
        allowed = [(_EQUAL, len(selves) - place, 0, pid) for place, pid in enumerate(selves)]
        inner = [(_LOAD, 0, 0, _FIRST_ARGUMENT_AT), *allowed, _answer(_refuse(errno.EPERM)), _answer(_ALLOW)]
        steps += [(_EQUAL, 0, len(inner), number), *inner]
    return steps
