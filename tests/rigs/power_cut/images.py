"""Rebuild what a disk could hold after a power cut, from a recording.

What was synced before the cut is there. Of the rest, each write may be there, be missing, or be torn between
sectors, independently of the others, so later writes may survive earlier ones. Creations, renames and
deletions reach the disk in their order (as in a file system's journal), but surely only with a sync of their
directory. Directories themselves are taken to be there. After a sync that failed, what it should have written
is in doubt for ever, also when a later sync succeeds: Linux takes such pages for written.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.rigs.power_cut.recording import Record, Recording, is_kept

SECTOR = 512


class Fate(Enum):
    """What becomes of a write that was not synced."""

    KEPT = "kept"
    DROPPED = "dropped"
    TORN = "torn"


@dataclass
class File:
    """The durable bytes of a file, and in their order the operations on it that may not be durable."""

    durable: bytearray
    pending: deque[Record] = field(default_factory=deque)
    unsynced: deque[Record] = field(default_factory=deque)
    settled: set[int] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Take up an operation."""
        self.pending.append(record)
        self.unsynced.append(record)

    def settle(self, before: int) -> None:
        """Make durable what was logged before a point of the log."""
        while self.unsynced and self.unsynced[0].end <= before:
            self.settled.add(self.unsynced.popleft().end)
        while self.pending and self.pending[0].end in self.settled:
            apply(self.durable, self.pending.popleft())

    def forsake(self, before: int) -> None:
        """Leave to chance for ever what was logged before a point: its sync failed, and none tries again."""
        while self.unsynced and self.unsynced[0].end <= before:
            self.unsynced.popleft()

    def after_cut(self, fate: Callable[[], Fate], rng: random.Random) -> bytearray:
        content = bytearray(self.durable)
        for record in self.pending:
            match Fate.KEPT if record.end in self.settled else fate():
                case Fate.KEPT:
                    apply(content, record)
                case Fate.TORN:
                    for sector in torn(record, rng):
                        apply(content, sector)
                case Fate.DROPPED:
                    pass
        return content


@dataclass(frozen=True)
class Naming:
    """A change of a directory: this path now leads to this file, or to none."""

    path: Path
    file: File | None
    end: int


def apply(content: bytearray, record: Record) -> None:
    """Carry out a write or a change of length."""
    if record.kind == "T":
        del content[record.offset :]
    content.extend(bytes(max(0, record.offset - len(content))))
    content[record.offset : record.offset + len(record.content)] = record.content


def torn(record: Record, rng: random.Random) -> Iterable[Record]:
    """Cut a write at the borders of sectors and keep about half of them."""
    start, stop = record.offset, record.offset + len(record.content)
    while start < stop:
        border = min(stop, (start // SECTOR + 1) * SECTOR)
        if rng.random() < 0.5:
            piece = record.content[start - record.offset : border - record.offset]
            yield Record("W", record.inode, start, piece, record.end)
        start = border


class Disk:
    """The files below the root as a recording is replayed into them."""

    def __init__(self, recording: Recording) -> None:
        self.names = {path: File(bytearray(content)) for path, content in recording.before.items()}
        self.durable_names: dict[Path, File] = dict(self.names)
        self.namings: list[Naming] = []
        self.by_inode: dict[int, File] = {}
        self.directories: dict[int, Path] = {}
        self.marks: list[str] = []

    def replay(self, record: Record) -> None:
        """Take up the next record of the log."""
        match record.kind:
            case "W" | "T":
                self.by_inode[record.inode].take(record)
            case "S":
                self._sync(record)
            case "F":
                self._failed_to_sync(record)
            case "O":
                self._open(record)
            case "C":
                file = self.by_inode[record.inode] = File(bytearray())
                self._name(path_of(record.content), file, record.end)
            case "U":
                self._name(path_of(record.content), None, record.end)
            case "R":
                old, new = (path_of(part) for part in record.content.split(b"\0"))
                self._name(new, self.names[old], record.end)
                self._name(old, None, record.end)
            case "L":
                old, new = (path_of(part) for part in record.content.split(b"\0"))
                self._name(new, self.names[old], record.end)
            case "M":
                self.marks.append(record.content.decode())
            case _:
                raise AssertionError(record.kind)

    def after_cut(self, rng: random.Random) -> dict[Path, bytes]:
        """Return the files that a cut at this moment could leave."""
        kept = rng.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        tearing = rng.choice([0.0, 0.5])
        names = dict(self.durable_names)
        for naming in self.namings[: round(len(self.namings) * rng.random())]:
            rename(names, naming)

        def fate() -> Fate:
            if rng.random() < tearing:
                return Fate.TORN
            return Fate.KEPT if rng.random() < kept else Fate.DROPPED

        return {path: bytes(file.after_cut(fate, rng)) for path, file in names.items()}

    def now(self) -> dict[Path, bytes]:
        """Return the files as programs saw them."""
        rng = random.Random(0)
        return {path: bytes(file.after_cut(lambda: Fate.KEPT, rng)) for path, file in self.names.items()}

    def _open(self, record: Record) -> None:
        path, is_directory = path_of(record.content), record.offset == 1
        if is_directory:
            self.directories[record.inode] = path
        elif path in self.names:
            self.by_inode[record.inode] = self.names[path]

    def _sync(self, record: Record) -> None:
        if record.inode in self.directories:
            self._settle_names(self.directories[record.inode], record.offset)
        else:
            self.by_inode[record.inode].settle(record.offset)

    def _failed_to_sync(self, record: Record) -> None:
        # What a directory holds stays in the balance: a later sync of it may still succeed.
        if record.inode not in self.directories:
            self.by_inode[record.inode].forsake(record.offset)

    def _settle_names(self, directory: Path, before: int) -> None:
        kept = []
        for naming in self.namings:
            if naming.path.parent == directory and naming.end <= before:
                rename(self.durable_names, naming)
            else:
                kept.append(naming)
        self.namings = kept

    def _name(self, path: Path, file: File | None, end: int) -> None:
        naming = Naming(path, file, end)
        self.namings.append(naming)
        rename(self.names, naming)


def rename(names: dict[Path, File], naming: Naming) -> None:
    """Carry out a change of a directory."""
    if naming.file is None:
        names.pop(naming.path, None)
    else:
        names[naming.path] = naming.file


def path_of(content: bytes) -> Path:
    """Read a path from a record."""
    return Path(content.decode())


def unrecorded(recording: Recording) -> list[str]:
    """Name the files that differ from what the log says: something wrote past the recorder."""
    disk = Disk(recording)
    for record in recording.records():
        disk.replay(record)
    seen, actual = (
        disk.now(),
        {path: path.read_bytes() for path in recording.root.rglob("*") if is_kept(path)},
    )
    return sorted(str(path) for path in seen.keys() | actual.keys() if seen.get(path) != actual.get(path))


def write_image(files: dict[Path, bytes], root: Path, into: Path) -> None:
    """Write the files of an image into a directory, as they lay below the root, for their owner only."""
    for path, content in files.items():
        target = into / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o600)
