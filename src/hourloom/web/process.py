"""What this process uses of the computer, as figures with the names that Prometheus gives them everywhere."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator

from hourloom.web.exposition import Measure

_BEGUN = time.time()


def process_measures() -> Iterator[Measure]:
    """Yield what the process uses; what a system does not tell is left out."""
    yield Measure("process_cpu_seconds_total", "counter", "CPU time that was used.", time.process_time())
    yield Measure("process_start_time_seconds", "gauge", "Start of the process since 1970.", _BEGUN)
    resident = resident_bytes()
    if resident:
        yield Measure("process_resident_memory_bytes", "gauge", "Memory that is held.", resident)
        # The name that it had before, which our own commands read.
        yield Measure("hourloom_resident_bytes", "gauge", "Memory of the server.", resident)
    yield from _descriptors()
    yield Measure("process_threads", "gauge", "Threads of Python.", threading.active_count())
    names = {"collections": "runs", "collected": "objects freed", "uncollectable": "objects left over"}
    for generation, statistics in enumerate(gc.get_stats()):
        for name, what in names.items():
            yield Measure(
                f"python_gc_{name}_total",
                "counter",
                f"Garbage collection: {what}.",
                statistics[name],
                {"generation": str(generation)},
            )


def _descriptors() -> Iterator[Measure]:
    try:
        opened = len(os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 - only their number counts
    except OSError:
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    yield Measure("process_open_fds", "gauge", "Descriptors that are open.", opened)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit != resource.RLIM_INFINITY:
        yield Measure("process_max_fds", "gauge", "Descriptors that may be open.", limit)


def resident_bytes() -> int:
    """Return the memory that this process holds; where the system tells only the highest so far, that."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - there is none on Windows

    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        # macOS counts in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
