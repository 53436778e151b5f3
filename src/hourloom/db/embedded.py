"""The embedded database: one writer thread, a small pool of snapshot readers."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from hourloom.core.actors import Actor
from hourloom.core.errors import Unavailable
from hourloom.db.between import fold_in
from hourloom.db.checkpoints import Checkpoints
from hourloom.db.pending import (
    MOST_WAITING,
    Pending,
    PendingAnswer,
    PendingOnLoop,
    PendingOnThread,
    refuse,
)
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import (
    DatabaseDamaged,
    SqliteReader,
    SqliteTransaction,
    WrongKey,
    connect,
    in_plain_words,
)
from hourloom.db.statements import Dialect
from hourloom.db.stored import Stored, sqlite_stored
from hourloom.db.tidying import analyse, due_for_analysis, give_back
from hourloom.db.traces import traces_in
from hourloom.db.transaction import (
    Lane,
    OpenTransactions,
    Publish,
    QueueFull,
    Record,
    Stopping,
    Take,
    Traces,
    Transaction,
    Vitals,
    Work,
    answering,
    joined,
    reading,
)
from hourloom.db.writer import Writer

if TYPE_CHECKING:
    from sqlite3 import Connection

Answer = TypeVar("Answer")

READERS = 3
SECONDS_TO_WAIT_FOR_A_READER = 35.0
SECONDS_BETWEEN_LOOKS = 0.5


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
        self._open, self._path, self._key = OpenTransactions(), path, key
        self.writer = Writer(
            self._connected, self._open, record=record, publish=publish, free_space=free_space
        )
        self._checkpoints = Checkpoints(path, lambda: connect(path, self._key), self.between)
        self.writer.on_commit = self._checkpoints.note
        self.writer.start()
        self._checkpoints.start()
        self._gathered: list[Pending] = []
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="hourloom-reader")
        # One reader more than threads, for those who read on a thread of their own.
        self._readers = Readers(lambda: SqliteReader(path, self._key), READERS + 1)

    @property
    def path(self) -> Path:
        """Return the file."""
        return self._path

    @property
    def key(self) -> bytes | None:
        """Return the data key that opens the file at this moment; a re-key exchanges it."""
        return self._key

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        with joined(self._open) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with reading(self._open, lambda: self._snapshot(30.0)) as tx:
            yield tx

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[Transaction]:
        with self._snapshot(seconds) as tx:
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

    def queue_item(self, lane: Lane, item: object, take: Take) -> None:
        self._gather(PendingAnswer(asyncio.get_running_loop(), lane, item, take))

    def _gather(self, pending: Pending) -> None:
        """Queue work at the end of the loop's turn: what arrived in one turn goes into one commit.

        Waking the writer at the first request would make the two threads fight for the interpreter
        while the loop still reads the others.
        """
        if self.writer.waiting + len(self._gathered) >= MOST_WAITING:
            raise QueueFull
        loop = pending.loop
        assert loop is not None  # only threads wait without one
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

    def _connected(self) -> Connection:
        """Open the file for the writer, whose log another thread moves into the file."""
        connection = connect(self._path, self._key)
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        return connection

    def between(self, act: Callable[[Connection], Answer]) -> Answer:
        """Do something alone on the writing connection, between two commits; keep it to milliseconds.

        For threads other than the server's loop and the writer's own.
        """
        return self.writer.between(act)

    def exchange(
        self,
        finish: Callable[[Connection], None],
        place: Callable[[], bytes | None],
        *,
        patience: float = 0.5,
    ) -> float:
        """Go on with another file in the place of this one; return the seconds for which writes waited.

        readers  ── no new ones ─ none left ──────────────────────────────────────────────── again ──
        writer   ────────────────────────── finish ─ log folded in ─ place ─ opened anew ─ goes on ──

        With nobody else in the way, `finish` brings into the other file what it lacks. Then this one is
        closed, whole, and `place` puts the other one under its name and returns its key. Readers that take
        longer than `patience` raise ReadersBusy, anybody else who has the file open OpenElsewhere: nothing
        has happened then, and it can be tried again. An error of `place` leaves this file in use.
        """
        with self._checkpoints.held_off(), self._readers.sent_away(patience):
            return self.writer.between(lambda connection: self._exchange(connection, finish, place))

    def _exchange(
        self, connection: Connection, finish: Callable[[Connection], None], place: Callable[[], bytes | None]
    ) -> float:
        begun = time.monotonic()
        finish(connection)
        fold_in(connection, self._path)
        try:
            self._key = place()
        finally:
            self.writer.use(self._connected())
        return time.monotonic() - begun

    def vitals(self) -> Vitals:
        writer = self.writer
        log_size = _size(self._path.with_name(self._path.name + "-wal"))
        last = writer.last_commit
        return Vitals(
            writer.moving,
            writer.waiting,
            writer.commits,
            writer.commit_seconds,
            _size(self._path) + log_size,
            log_size,
            None if last is None else time.monotonic() - last,
            writer.trouble,
            writer.waits,
        )

    def is_sound(self) -> bool:
        try:
            with self._snapshot(SECONDS_TO_CHECK) as tx:
                return tx.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"  # type: ignore[no-any-return]
        except DatabaseDamaged:
            # An encrypted page that was changed is not even read.
            return False

    def stored(self) -> Stored:
        with self.read() as tx:
            assert isinstance(tx, SqliteTransaction)  # there is no other here
            return sqlite_stored(tx.connection)

    def optimise(self) -> None:
        for statement in self.between(due_for_analysis):
            self.between(lambda connection, statement=statement: analyse(connection, statement))  # type: ignore[misc]

    def give_back(self, pages: int) -> int:
        return self.between(lambda connection: give_back(connection, pages))

    def traces(self, tables: Sequence[str]) -> Traces:
        return traces_in(self._path, self._key, tables, self.between)

    def close(self) -> None:
        self._checkpoints.stop()
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


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


class Readers:
    """Reading connections, opened when they are needed and then kept."""

    def __init__(self, open_reader: Callable[[], SqliteReader], most: int) -> None:
        self._open_reader, self._most = open_reader, most
        # The one used last comes first: its pages are still cached.
        self._idle: queue.LifoQueue[SqliteReader] = queue.LifoQueue()
        self._opened: list[SqliteReader] = []
        self._guard = threading.Lock()
        self._stopping = False
        self._lends = threading.Event()
        self._lends.set()

    @contextmanager
    def sent_away(self, patience: float) -> Iterator[None]:
        """Close all readers, once nobody reads, and open none until the end of the context."""
        deadline, idle = time.monotonic() + patience, list[SqliteReader]()
        self._lends.clear()
        try:
            while not self._have_all(idle):
                idle.append(self._idle.get(timeout=max(0.0, deadline - time.monotonic())))
            while idle:
                idle.pop().close()
            yield
        except queue.Empty:
            raise ReadersBusy from None
        finally:
            for reader in idle:
                self._idle.put(reader)
            self._lends.set()

    def _have_all(self, idle: list[SqliteReader]) -> bool:
        """Return whether these are all readers; if so, they are no longer lent."""
        with self._guard:
            if len(idle) < len(self._opened):
                return False
            self._opened.clear()
            return True

    @contextmanager
    def borrowed(self) -> Iterator[SqliteReader]:
        """Lend a reader, waiting for one if all are in use."""
        reader = self._idle_or_new()
        try:
            yield reader
        finally:
            if reader.broken:
                self._drop(reader)
            else:
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
        deadline = time.monotonic() + SECONDS_TO_WAIT_FOR_A_READER
        while time.monotonic() < deadline:
            if self._stopping:
                raise Stopping
            if not self._lends.wait(SECONDS_TO_WAIT_FOR_A_READER):
                break
            try:
                return self._idle.get_nowait()
            except queue.Empty:
                pass
            with self._guard:
                if self._lends.is_set() and len(self._opened) < self._most:
                    self._opened.append(self._open_reader())
                    return self._opened[-1]
            try:
                # In pieces, for readers that were sent away come back to nobody.
                return self._idle.get(timeout=SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                continue
        raise ReadersBusy

    def _new(self) -> SqliteReader:
        try:
            return self._open_reader()
        except (driver.Error, WrongKey) as error:
            raise in_plain_words(error) from None

    def _drop(self, reader: SqliteReader) -> None:
        with self._guard:
            self._opened.remove(reader)
        reader.close()
