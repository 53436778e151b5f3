"""Start a program with its file operations recorded, and read the record."""

import os
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEAD = struct.Struct("=IIQQ")
SOURCE = Path(__file__).with_name("recorder.c")


@dataclass(frozen=True)
class Record:
    """One operation: its kind is a letter of recorder.c, or M for a mark of the driver's own."""

    kind: str
    inode: int
    offset: int
    content: bytes
    end: int


@dataclass(frozen=True)
class Recording:
    """A directory as it was before, and the log of what was done to it since."""

    root: Path
    log: Path
    before: dict[Path, bytes]

    def environment(self, recorder: Path, sync_delay_us: int = 0, failing_sync: int = 0) -> dict[str, str]:
        """Return what the environment of a program must have for it to be recorded.

        With `failing_sync` each of its syncs whose number that divides fails, from `let_syncs_fail` on.
        """
        return {
            "LD_PRELOAD": str(recorder),
            "RECORDER_ROOT": str(self.root),
            "RECORDER_LOG": str(self.log),
            "RECORDER_SYNC_DELAY_US": str(sync_delay_us),
            "RECORDER_FAILING_SYNC": str(failing_sync),
        }

    def let_syncs_fail(self) -> None:
        """Begin with the failing of syncs, in a program that was started for it."""
        self.log.with_name(f"{self.log.name}.failing").touch()

    def records(self) -> Iterator[Record]:
        """Read the log from its beginning."""
        log, at = self.log.read_bytes(), 0
        while at < len(log):
            kind, length, inode, offset = HEAD.unpack_from(log, at)
            start, at = at + HEAD.size, at + HEAD.size + length
            yield Record(chr(kind), inode, offset, log[start:at], at)


def build(into: Path) -> Path:
    """Compile the recorder."""
    library = into / "recorder.so"
    flags = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run(["gcc", *flags, str(SOURCE), "-ldl", "-lpthread"], check=True)
    return library


def prepare(root: Path, log: Path) -> Recording:
    """Remember the directory as it is now; all of it counts as durable."""
    root = root.resolve()
    before = {path: path.read_bytes() for path in root.rglob("*") if is_kept(path)}
    log.write_bytes(b"")
    return Recording(root, log, before)


def is_kept(path: Path) -> bool:
    """Leave out what no power cut preserves: directories, sockets and the WAL's shared memory."""
    return path.is_file() and not path.name.endswith("-shm")


class Marker:
    """Append acknowledgements to the log, ordered with the operations of the program that is recorded."""

    def __init__(self, log: Path) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND)

    def mark(self, text: str) -> None:
        content = text.encode()
        os.write(self._log, HEAD.pack(ord("M"), len(content), 0, 0) + content)

    def close(self) -> None:
        os.close(self._log)
