"""Where the memory of threads comes from."""

from __future__ import annotations

import contextlib
import sys

_MOST_HEAPS = -8
"""M_ARENA_MAX of the C library's `mallopt`."""


def share_one_heap() -> None:
    """Let all threads take memory from one heap, where the system is one that gives each its own.

    What a thread freed stays in its heap for that thread alone; with a handful of threads that read a year
    each, that is 15 MiB which nobody uses. To be called before there are threads.
    """
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - other systems do not need it

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MOST_HEAPS, 1)
