"""The one writer of the embedded database: everything that waits goes into one commit.

    arrive   a b c d      e f g h i
    commit   |--a--|--b c d--|--e f g h i--|
    answer         a       b c d         e f g h i

While one commit is being synced the next batch collects, so a lone write costs one commit and a
crowd shares one. An answer means that the write is on disk. Each piece of work runs in a savepoint
of its own: a bad one fails alone, and nothing that it raises can end the thread.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar, cast

from hourloom.core.changes import RecordedChange
from hourloom.core.errors import HourloomError, StorageFull, Unavailable
from hourloom.core.histogram import Histogram
from hourloom.db.between import Between
from hourloom.db.pending import Line, Pending, PendingOnThread, give_answers, refuse
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import SqliteTransaction, in_plain_words, is_broken_by
from hourloom.db.transaction import (
    Lane,
    OpenTransactions,
    Publish,
    QueueFull,
    Record,
    RolledBack,
    Work,
    answerable,
    follow_up,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["QueueFull", "Writer", "WriterFailed"]

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)

SECONDS_TO_WAIT_FOR_SPACE = 25.0
SECONDS_BETWEEN_TRIES = 0.25
SECONDS_TO_BE_STUCK = 30.0

_FULL = driver.SQLITE_FULL
_DISK = frozenset({_FULL, driver.SQLITE_IOERR, driver.SQLITE_READONLY, driver.SQLITE_BUSY})
"""What is wrong with the disk and not with one piece of work."""


class WriterFailed(Unavailable):
    """The database could not be written: {reason}."""


class TransactionLost(HourloomError):
    """The transaction was ended from within a write."""


class Writer:
    """Owns the writing connection and the thread that uses it."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        open_: OpenTransactions,
        *,
        record: Record,
        publish: Publish,
        free_space: Callable[[], bool],
    ) -> None:
        self._connect, self._connection, self._open = connect, connect(), open_
        self._record, self._publish, self._free_space = record, publish, free_space
        self._line = Line()
        self._held: list[Pending] = []
        self._between: deque[Between] = deque()
        self._lanes: set[Lane] = set()
        self._busy_since: float | None = None
        self.commits, self.commit_seconds = 0, 0.0
        self.last_commit: float | None = None
        self.trouble: str | None = None
        self.waits = Histogram()
        self.on_commit: Callable[[int], None] = lambda writes: None
        self.patience = SECONDS_TO_WAIT_FOR_SPACE
        self._thread = threading.Thread(target=self._run, name="hourloom-writer", daemon=True)

    def start(self) -> None:
        """Start the thread; until then work only queues."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return how many pieces of work wait."""
        return len(self._line) + len(self._held)

    @property
    def alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread.is_alive()

    @property
    def moving(self) -> bool:
        """Return whether the thread runs and is not stuck in a batch."""
        busy_since = self._busy_since
        stuck = busy_since is not None and time.monotonic() - busy_since > SECONDS_TO_BE_STUCK
        return self.alive and not stuck

    def put(self, pending: Pending) -> None:
        """Queue work; whoever put it waits until it is settled."""
        if pending.lane is not None:
            self._lanes.add(pending.lane)
        self._line.put(pending)

    def between(self, act: Callable[[Connection], Answer]) -> Answer:
        """Do something alone on the connection, outside any transaction, while all writes wait."""
        between = Between(act)
        self._between.append(between)
        wakes = PendingOnThread(lambda: None)
        try:
            self.put(wakes)
            wakes.wait()
        except Unavailable:
            if between in self._between:
                self._between.remove(between)
                raise
        return cast("Answer", between.answer())

    def use(self, connection: Connection) -> None:
        """Go on with another connection; what was cached of the one before is dropped."""
        self._connection = connection
        self._forget()

    def close(self) -> None:
        """Finish what waits, stop the thread and close the connection."""
        self._line.close(self._thread)
        self._connection.close()

    def _run(self) -> None:
        while batch := self._take():
            self._busy_since = time.monotonic()
            try:
                self._store(batch)
            except BaseException:
                log.exception("the writer survived an unexpected error")
                refuse(batch, lambda: WriterFailed(reason="see the log"))
            while self._between:
                self._between.popleft().run(self._connection)
            self._busy_since = None

    def _take(self) -> list[Pending]:
        """Wait for work and take all that is there, after what is held; nothing means stop."""
        batch, self._held = self._held, []
        if batch:
            time.sleep(SECONDS_BETWEEN_TRIES)
        return self._line.take(batch)

    def _store(self, batch: list[Pending]) -> None:
        """Commit a batch and answer it; one that fails is halved until what is bad fails alone."""
        error = self._failure_of_commit(batch)
        if error is None:
            give_answers(batch)
        elif _is_trouble_of_the_disk(error):
            self._wait_for_the_disk(batch, error)
        elif len(batch) == 1:
            log.error("a write failed at its commit: %s", type(error).__name__)
            refuse(batch, lambda: answerable(in_plain_words(error)))
        else:
            half = len(batch) // 2
            self._store(batch[:half])
            self._store(batch[half:])

    def _failure_of_commit(self, batch: Sequence[Pending]) -> BaseException | None:
        try:
            actions, recorded = self._commit(batch)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is undone and answered
            self._undo(error)
            return error
        follow_up(actions, self._publish, recorded)
        return None

    def _undo(self, error: BaseException) -> None:
        """Roll back; a connection that met damage or a failing disk may answer nothing more, so it goes."""
        self._forget()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except driver.Error as worse:
            error = worse
        if is_broken_by(error):
            self._replace_connection()

    def _replace_connection(self) -> None:
        # As long as the disk fails none may open; then the old one is tried again.
        with contextlib.suppress(driver.Error, HourloomError):
            old, self._connection = self._connection, self._connect()
            old.close()

    def _wait_for_the_disk(self, batch: list[Pending], error: BaseException) -> None:
        """Hold heartbeats back for a while, since their senders would drop them; refuse the rest."""
        full = _code_of(error) == _FULL
        self.trouble = "the disk is full" if full else "the disk fails"
        if full and self._free_space():
            log.warning("the disk is full: its reserve is used up now")
            self._store(batch)
            return
        works = [pending for pending in batch if pending.lane is None]
        if works and len(works) < len(batch):
            # A deletion may fit where heartbeats do not.
            self._store(works)
            batch = [pending for pending in batch if pending.lane is not None]
        oldest = time.monotonic() - self.patience
        held = [p for p in batch if p.lane is not None and p.since > oldest and not self._line.closing]
        self._held += held
        if len(held) < len(batch):
            log.error("the database could not be written: %s", error)
            kept = set(map(id, held))
            refused = [pending for pending in batch if id(pending) not in kept]
            refuse(refused, StorageFull if full else lambda: WriterFailed(reason=str(error)))

    def _commit(self, batch: Sequence[Pending]) -> tuple[list[Callable[[], None]], list[RecordedChange]]:
        tx = SqliteTransaction(self._connection, writes=True)
        self._connection.execute("BEGIN IMMEDIATE")
        groups = [(lane, list(group)) for lane, group in groupby(batch, key=lambda pending: pending.lane)]
        for lane, group in groups:
            if lane is None:
                for pending in group:
                    self._run_one(tx, pending)
            elif len(groups) == 1:
                # Alone in its transaction it needs no savepoint: a failure undoes all, and halves the batch.
                self._run_alone(tx, lane, group)
            else:
                self._run_lane(tx, lane, group)
        recorded = self._record(tx, tx.collected) if tx.collected else []
        begun = time.monotonic()
        self._connection.execute("COMMIT")
        self._count(time.monotonic(), begun, batch[0])
        self.on_commit(len(batch))
        return tx.actions, recorded

    def _count(self, now: float, begun: float, oldest: Pending) -> None:
        self.commits, self.commit_seconds = self.commits + 1, self.commit_seconds + now - begun
        self.last_commit, self.trouble = now, None
        self.waits.add(now - oldest.since)

    def _run_one(self, tx: SqliteTransaction, pending: Pending) -> None:
        assert pending.work is not None  # only a lane's items have none
        try:
            pending.value, pending.error = self._in_savepoint(tx, pending.work), None
        except BaseException as error:  # noqa: BLE001 - as above
            self._raise_if_all_is_lost(error)
            pending.error = answerable(in_plain_words(error))

    def _run_lane(self, tx: SqliteTransaction, lane: Lane, group: Sequence[Pending]) -> None:
        """Apply a lane's items at once; when that fails one by one, so that only the bad ones fail."""
        try:
            answers = self._in_savepoint(tx, lambda: lane.apply(tx, [p.item for p in group]))
        except BaseException as error:  # noqa: BLE001 - as above
            self._raise_if_all_is_lost(error)
            if len(group) == 1:
                group[0].error = answerable(in_plain_words(error))
                return
            for pending in group:
                self._run_lane(tx, lane, [pending])
            return
        _take_answers(group, answers)

    def _run_alone(self, tx: SqliteTransaction, lane: Lane, group: Sequence[Pending]) -> None:
        self._open.writing, self._open.doomed = tx, False
        try:
            answers = lane.apply(tx, [pending.item for pending in group])
        finally:
            self._open.writing = None
        _take_answers(group, answers)

    def _in_savepoint(self, tx: SqliteTransaction, work: Work[Answer]) -> Answer:
        collected, actions = len(tx.collected), len(tx.actions)
        self._connection.execute("SAVEPOINT work")
        self._open.writing, self._open.doomed = tx, False
        try:
            answer = work()
            if self._open.doomed:
                raise RolledBack
        except BaseException:
            del tx.collected[collected:], tx.actions[actions:]
            self._forget()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO work")
                self._connection.execute("RELEASE work")
            raise
        finally:
            self._open.writing = None
        self._connection.execute("RELEASE work")
        return answer

    def _raise_if_all_is_lost(self, error: BaseException) -> None:
        """End the whole commit on trouble with the disk, or when SQLite undid the transaction by itself."""
        if _is_trouble_of_the_disk(error) or is_broken_by(error):
            raise error
        if not self._connection.in_transaction:
            raise TransactionLost from error

    def _forget(self) -> None:
        for lane in self._lanes:
            lane.forget()


def _take_answers(group: Sequence[Pending], answers: Sequence[object]) -> None:
    for pending, answer in zip(group, answers, strict=True):
        pending.value, pending.error = answer, answer if isinstance(answer, Exception) else None


def _is_trouble_of_the_disk(error: BaseException) -> bool:
    return _code_of(error) in _DISK


def _code_of(error: BaseException) -> int:
    """Return SQLite's primary code of an error, or 0."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF if isinstance(error, driver.Error) else 0
