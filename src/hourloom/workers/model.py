"""What a worker is told, what it may use, what keeps it in, and how it can end."""

from __future__ import annotations

import signal

import msgspec

from hourloom.core.errors import Invalid, Unavailable

MIB = 1 << 20
OURS = "hourloom."
"""Only functions of this program are run."""


class WorkerFailed(Invalid):
    """It cannot be read: the process that reads it {how}."""


class WorkersBusy(Unavailable):
    """Too many files are being read at once; try again in a moment."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker may use before it is ended."""

    memory: int = 256 * MIB
    """Bytes of address space, its program included."""
    cpu_seconds: int = 60
    silent_seconds: float = 60.0
    """How long one answer may take."""
    file_bytes: int = 0
    """How large a file it may write, in its scratch directory alone."""
    descriptors: int = 24
    answer_bytes: int = 32 * MIB


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told first, before it sees anything foreign."""

    function: str
    argument: bytes
    limits: Limits
    readable: tuple[str, ...] = ()
    descriptors: tuple[int, ...] = ()
    opens_files: bool = False
    lifeline: int | None = None


class Protections(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the things that keep a worker in hold on this computer."""

    limits: bool = False
    """Memory, computing time, files and descriptors are bounded by the kernel."""
    system_calls: bool = False
    """Seccomp refuses sockets, programs, processes and whatever else a reader never needs."""
    files: int = 0
    """The version of Landlock that holds it to the named files; 0 means there is none."""
    dies_with_parent: bool = False

    @property
    def missing(self) -> list[str]:
        """Return the names of those that do not hold."""
        return [name for name in self.__struct_fields__ if not getattr(self, name)]


class RaisedByWorker(msgspec.Struct, frozen=True):
    """An error of ours that the function raised."""

    module: str
    name: str
    fields: dict[str, str | int | float | None]


def ending(returncode: int, limits: Limits, *, was_silent: bool) -> str:
    """Say how a worker ended that did not answer, to go on with "the process that reads it …"."""
    if was_silent:
        return f"gave no answer for {limits.silent_seconds:g} s"
    if returncode >= 0:
        return f"ended early ({returncode})"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    if name == "SIGXCPU":
        return f"needed over {limits.cpu_seconds} s of computing time"
    if name == "SIGKILL":
        return "was killed"
    return f"crashed ({name})"
