"""The embedded database: one writer thread, a small pool of snapshot readers."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from hourloom.core.actors import Actor
from hourloom.core.errors import Unavailable
from hourloom.db.pending import MOST_WAITING, PendingOnLoop, PendingOnThread, refuse
from hourloom.db.sqlite import SqliteReader, SqliteTransaction, connect
from hourloom.db.statements import Dialect
from hourloom.db.transaction import (
    Lane,
    OpenTransactions,
    Publish,
    QueueFull,
    Record,
    Stopping,
    Transaction,
    Vitals,
    Work,
    answering,
    joined,
    reading,
)
from hourloom.db.writer import Writer

Answer = TypeVar("Answer")

READERS = 3
SECONDS_TO_WAIT_FOR_A_READER = 35.0


class ReadersBusy(Unavailable):
    """All readers are busy with long questions; try again in a moment."""


SECONDS_TO_CHECK = 600.0


class EmbeddedDatabase:
    """SQLite in this process, encrypted when a key is given; one writer serves everybody."""

    dialect: Dialect = "sqlite"

    def __init__(
        self,
        path: Path,
        key: bytes | None,
        *,
        record: Record,
        publish: Publish,
        free_space: Callable[[], bool] = lambda: False,
    ) -> None:
        self._open, self._path = OpenTransactions(), path
        self.writer = Writer(
            connect(path, key), self._open, record=record, publish=publish, free_space=free_space
        )
        self.writer.start()
        self._gathered: list[PendingOnLoop] = []
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="hourloom-reader")
        # One reader more than threads, for those who read on a thread of their own.
        self._readers = Readers(lambda: SqliteReader(path, key), READERS + 1)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        with joined(self._open) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with reading(self._open, lambda: self._snapshot(30.0)) as tx:
            yield tx

    def write(self, work: Work[Answer], *, who: Actor | None = None) -> Answer:  # noqa: ARG002
        if self._open.writing is not None:
            with self.begin():
                return work()
        pending = PendingOnThread(work)
        self.writer.put(pending)
        return cast("Answer", pending.wait())

    async def run_write(self, work: Work[Answer], *, who: Actor | None = None) -> Answer:  # noqa: ARG002
        pending = PendingOnLoop(asyncio.get_running_loop(), work=work)
        self._gather(pending)
        return cast("Answer", await pending.future)

    async def run_item(self, lane: Lane, item: object) -> object:
        pending = PendingOnLoop(asyncio.get_running_loop(), lane=lane, item=item)
        self._gather(pending)
        return await pending.future

    def _gather(self, pending: PendingOnLoop) -> None:
        """Queue work at the end of the loop's turn: what arrived in one turn goes into one commit.

        Waking the writer at the first request would make the two threads fight for the interpreter
        while the loop still reads the others.
        """
        if self.writer.waiting + len(self._gathered) >= MOST_WAITING:
            raise QueueFull
        loop = pending.future.get_loop()
        # A loop that was closed in the middle of its turn must not keep others from queueing.
        if not self._gathered or self._gathered[-1].loop is not loop:
            loop.call_soon(self._put_gathered)
        self._gathered.append(pending)

    def _put_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        for pending in gathered:
            try:
                self.writer.put(pending)
            except (QueueFull, Stopping) as error:
                refuse([pending], type(error))

    async def run_read(
        self,
        work: Work[Answer],
        *,
        seconds: float = 30.0,
        who: Actor | None = None,  # noqa: ARG002
    ) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read_now, work, seconds)

    def vitals(self) -> Vitals:
        writer = self.writer
        files = [self._path, self._path.with_name(self._path.name + "-wal")]
        size = sum(file.stat().st_size for file in files if file.exists())
        return Vitals(writer.moving, writer.waiting, writer.commits, writer.commit_seconds, size)

    def is_sound(self) -> bool:
        with self._snapshot(SECONDS_TO_CHECK) as tx:
            return tx.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"  # type: ignore[no-any-return]

    def close(self) -> None:
        self._readers.stop()
        self._threads.shutdown(cancel_futures=True)
        self._readers.close()
        # The last connection to close moves the log into the file.
        self.writer.close()

    def _read_now(self, work: Work[Answer], seconds: float) -> Answer:
        with answering(), self._snapshot(seconds):
            return work()

    @contextmanager
    def _snapshot(self, seconds: float) -> Iterator[SqliteTransaction]:
        with self._readers.borrowed() as reader, reader.snapshot(seconds) as tx:
            self._open.reading = tx
            try:
                yield tx
            finally:
                self._open.reading = None


class Readers:
    """Reading connections, opened when they are needed and then kept."""

    def __init__(self, open_reader: Callable[[], SqliteReader], most: int) -> None:
        self._open_reader, self._most = open_reader, most
        # The one used last comes first: its pages are still cached.
        self._idle: queue.LifoQueue[SqliteReader] = queue.LifoQueue()
        self._opened: list[SqliteReader] = []
        self._guard = threading.Lock()
        self._stopping = False

    @contextmanager
    def borrowed(self) -> Iterator[SqliteReader]:
        """Lend a reader, waiting for one if all are in use."""
        reader = self._idle_or_new()
        try:
            yield reader
        finally:
            self._idle.put(reader)

    def stop(self) -> None:
        """Interrupt what is being read and lend no more."""
        self._stopping = True
        for reader in self._opened:
            reader.interrupt()

    def close(self) -> None:
        """Close the connections."""
        for reader in self._opened:
            reader.close()

    def _idle_or_new(self) -> SqliteReader:
        if self._stopping:
            raise Stopping
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        with self._guard:
            if len(self._opened) < self._most:
                self._opened.append(self._open_reader())
                return self._opened[-1]
        try:
            return self._idle.get(timeout=SECONDS_TO_WAIT_FOR_A_READER)
        except queue.Empty:
            raise ReadersBusy from None
