"""Shut this process in, as far as this computer can; what it then reads may be hostile."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import resource
import signal
import sys

from hourloom.workers import landlock, seccomp
from hourloom.workers.model import Limits, Order, Protections

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38


def confine(order: Order, scratch: str | None) -> Protections:
    """Give up for good whatever the order does not name; return what holds."""
    dies = order.lifeline is not None and _die_without(order.lifeline)
    bounded = _bound(order.limits)
    if not sys.platform.startswith("linux"):
        return Protections(limits=bounded, dies_with_parent=dies)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    # Nothing may look into it, nor may it gain rights by starting a program that has more.
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    files = landlock.restrict(order.readable, scratch)
    steps = seccomp.program(platform.machine(), os.getpid(), opens_files=order.opens_files)
    filtered = steps is not None and seccomp.load(steps)
    return Protections(limits=bounded, system_calls=filtered, files=files, dies_with_parent=dies)


def open_no_more_files() -> None:
    """Give up opening files as well, once all that is to be read is open."""
    if sys.platform.startswith("linux"):
        steps = seccomp.program(platform.machine(), os.getpid(), opens_files=False)
        if steps is not None:
            seccomp.load(steps)


def _bound(limits: Limits) -> bool:
    bounds = {
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_FSIZE": (limits.file_bytes, limits.file_bytes),
        "RLIMIT_NOFILE": (limits.descriptors, limits.descriptors),
        "RLIMIT_NPROC": (0, 0),
        # The first limit ends it with a signal of its own, so that the reason is known.
        "RLIMIT_CPU": (limits.cpu_seconds, limits.cpu_seconds + 5),
        "RLIMIT_AS": (limits.memory, limits.memory),
    }
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Each is set, whether or not the one before could be.
    return all([_limited(name, bound) for name, bound in bounds.items()])  # noqa: C419


def _limited(name: str, bound: tuple[int, int]) -> bool:
    kind: int | None = getattr(resource, name, None)
    if kind is None:
        return False
    _, hard = resource.getrlimit(kind)
    most = [value if hard == resource.RLIM_INFINITY else min(value, hard) for value in bound]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (most[0], most[1]))
        return True
    return False


def _die_without(lifeline: int) -> bool:
    """Let the kernel end this process when the other end of a pipe is closed, as it is when the parent dies.

    Linux could send a signal at the parent's death as well, but means the thread that started us by that.
    """
    if not hasattr(os, "O_ASYNC"):
        return False
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        return True
    return False
