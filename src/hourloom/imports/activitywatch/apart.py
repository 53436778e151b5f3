"""Files of ActivityWatch, of unknown origin, read in a process of their own that can do nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from hourloom.core.errors import HourloomError, TooLarge
from hourloom.imports.activitywatch.asking import (
    FUNCTION,
    Asked,
    Description,
    FileToRead,
    Kind,
    ListBuckets,
    ReadEvents,
    TellKind,
    is_database,
)
from hourloom.imports.model import Batch, Cursor, SourceBucket
from hourloom.workers.model import MIB, Limits, Protections, WorkerFailed
from hourloom.workers.spool import SpoolFile
from hourloom.workers.worker import RULES, Worker

Answer = TypeVar("Answer")

_COMPANIONS = ("-wal", "-shm", "-journal")
"""Files that belong to a database while a program has it open."""
_MOST_AWAKENINGS = 5
LARGEST_DATABASE = 256 * MIB
"""Of one that is handed in, which is held in memory while it is read; exports are read in pieces."""


class DatabaseTooLarge(TooLarge):
    """{name} is a database of over {most} MiB; `hourloom import activitywatch FILE` reads it where it is."""


class SourceApart:
    """A source that a worker reads; the worker is started again when the file needs it."""

    def __init__(self, start: Callable[[], Worker], companions: list[Path]) -> None:
        self._start, self._companions = start, companions
        self._there = self._present()
        self._worker = start()
        (described,) = self._asked(TellKind(), Description)
        self.kind, self.title = described.kind, described.title

    @property
    def protections(self) -> Protections:
        """Return what keeps the worker in."""
        return self._worker.protections

    def buckets(self) -> list[SourceBucket]:
        """Return all buckets, in an order that stays the same."""
        return list(self._awake(lambda: self._asked(ListBuckets(), SourceBucket)))

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        """Yield a bucket's events in bounded batches, from a batch's cursor on if one is given."""
        at = after

        def rest() -> Iterator[Batch]:
            return self._asked(ReadEvents(bucket_id, at), Batch)

        for batch in self._awake(rest):
            at = batch.cursor
            yield batch

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _awake(self, ask: Callable[[], Iterator[Answer]]) -> Iterator[Answer]:
        """Ask on with a new worker when a program opened the database: ours may not open the new files."""
        for _ in range(_MOST_AWAKENINGS):
            try:
                yield from ask()
            except WorkerFailed:
                raise
            except HourloomError:
                if self._present() == self._there:
                    raise
                self._restart()
            else:
                return
        yield from ask()

    def _restart(self) -> None:
        self._worker.close()
        self._there = self._present()
        self._worker = self._start()

    def _present(self) -> list[bool]:
        return [file.exists() for file in self._companions]

    def _asked(self, asked: Asked, shape: type[Answer]) -> Iterator[Answer]:
        if self._worker.closed:
            self._restart()
        decode = msgspec.msgpack.Decoder(shape).decode
        for answer in self._worker.ask(msgspec.msgpack.encode(asked)):
            try:
                decoded = decode(answer)
            except msgspec.MsgspecError:
                raise WorkerFailed(how=RULES) from None
            yield decoded


def open_file(path: Path) -> SourceApart:
    """Open an export or a database by its path."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        path = path.resolve()
    companions = [path.with_name(path.name + end) for end in _COMPANIONS]
    argument = msgspec.msgpack.encode(FileToRead(str(path)))

    def start() -> Worker:
        files = [path, *companions]
        size = sum(map(_size, files))
        limits = _limits(size, writes=size + MIB)
        return Worker(FUNCTION, argument, limits=limits, readable=files)

    return SourceApart(start, companions)


def open_spooled(file: SpoolFile, name: str) -> SourceApart:
    """Open an export that was spooled, and is called by a name in what is said of it."""
    argument = msgspec.msgpack.encode(FileToRead(name, file.key))
    limits = _limits(file.size, writes=0)
    if is_database(file.head):
        if file.size > LARGEST_DATABASE:
            raise DatabaseTooLarge(name=name, most=LARGEST_DATABASE // MIB)
        # Its content, as it is read and as SQLite holds it.
        limits = msgspec.structs.replace(limits, memory=limits.memory + 3 * file.size)
    return SourceApart(
        lambda: Worker(FUNCTION, argument, limits=limits, descriptors=[file.descriptor]), companions=[]
    )


def kind_of(path: Path) -> Kind:
    """Return what a file is, or raise the sentence that says what it looks like instead."""
    source = open_file(path)
    source.close()
    return source.kind


def _limits(size: int, *, writes: int) -> Limits:
    """Return what reading a file may take: it is read twice, in the worst case a MiB in a second."""
    return Limits(cpu_seconds=60 + size // MIB, silent_seconds=60.0 + size // (4 * MIB), file_bytes=writes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0
