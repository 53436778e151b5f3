"""A disk that fails when it is told to, under a program that runs (see failing.c)."""

from __future__ import annotations

import errno
import mmap
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).with_name("failing.c")
KINDS = ("read", "write", "sync", "truncate")
FOR_EVER = -1
_RULE = struct.Struct("=iiii")
_PLACE_AT, _SIZE = _RULE.size * len(KINDS), _RULE.size * len(KINDS) + 64


def build(into: Path) -> Path:
    """Compile the library that is preloaded."""
    library = into / "failing.so"
    flags = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run(["gcc", *flags, str(SOURCE), "-ldl"], check=True)
    return library


class FailingDisk:
    """Says which operations on which files fail, at once and until it is told otherwise."""

    def __init__(self, library: Path, control: Path) -> None:
        control.write_bytes(bytes(_SIZE))
        self.environment = {"LD_PRELOAD": str(library), "FAILING_CONTROL": str(control)}
        with control.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), _SIZE)

    @contextmanager
    def failing(
        self, kind: str, place: str, error: int = errno.EIO, *, skip: int = 0, times: int = FOR_EVER
    ) -> Iterator[None]:
        """Let operations of a kind fail on files with this text in their path, for as long as the context."""
        self._control[_PLACE_AT:_SIZE] = place.encode().ljust(_SIZE - _PLACE_AT, b"\0")
        self._set(kind, error, skip, times)
        try:
            yield
        finally:
            self._set(kind, 0, 0, 0)

    def failed(self, kind: str) -> int:
        """Return how often operations of a kind have failed so far."""
        return int(_RULE.unpack_from(self._control, KINDS.index(kind) * _RULE.size)[3])

    def _set(self, kind: str, error: int, skip: int, times: int) -> None:
        at = KINDS.index(kind) * _RULE.size
        _RULE.pack_into(self._control, at, error, skip, times, self.failed(kind))
