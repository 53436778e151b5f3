"""A wall clock that jumps under a running program, while its monotonic clock goes on (see clock.c)."""

from __future__ import annotations

import mmap
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
_SECONDS = struct.Struct("=q")


def build(into: Path) -> Path:
    """Compile the library that is preloaded."""
    library = into / "clock.so"
    flags = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run(["gcc", *flags, str(SOURCE), "-ldl"], check=True)
    return library


class JumpingClock:
    """The wall clock of programs that are started with its environment."""

    def __init__(self, library: Path, control: Path) -> None:
        control.write_bytes(bytes(_SECONDS.size))
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_CONTROL": str(control)}
        with control.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), _SECONDS.size)

    def jump(self, seconds: int) -> None:
        """Let the wall clock differ from the real one by so many seconds from now on."""
        _SECONDS.pack_into(self._control, 0, seconds)
