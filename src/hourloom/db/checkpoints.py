"""Move the write-ahead log into the database file behind the writer's back, so that no write waits for it.

    writer       commit commit commit commit commit commit commit …
    log          ████████████                ███████████                grows by what is committed
    this thread              ── moves it ──             ── moves it ──  about every thousand pages
                                                                        a moved log is written from its start

While writes come without a pause there is always a page more than was moved, and the log could not begin
anew: the writer itself then moves the little that is left. After a while without writes the log is cut off.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hourloom.core.errors import HourloomError
from hourloom.db.sqlcipher import driver

if TYPE_CHECKING:
    from sqlite3 import Connection

log = logging.getLogger(__name__)

PAGES_AT_ONCE = 1_000
FEW_PAGES, MOST_PASSES = 200, 4
"""Passes are made until few pages are left for the writer; each has fewer than the one before."""
PAGES_TOO_MANY = 8_192
"""32 MiB: somebody reads for long, and the log grows meanwhile."""
SMALL_LOG = 1 << 20
"""A log that is not worth cutting off."""
SECONDS_TO_BE_IDLE = 20.0
FIRST_GUESS, LEAST, MOST = 100.0, 4.0, 4_000.0
_PER_COMMIT = 3


class _Between(Protocol):
    def __call__(self, act: Callable[[Connection], object]) -> object: ...


class Checkpoints:
    """A thread that moves the log, and those who keep it from doing so for a while."""

    def __init__(self, path: Path, connect: Callable[[], Connection], between: _Between) -> None:
        self._log = path.with_name(path.name + "-wal")
        self._connect, self._between = connect, between
        self._due, self._quiet = threading.Event(), threading.Lock()
        self._stopping = False
        self._written = self._seen = 0.0
        self._enough = FIRST_GUESS
        self._left = self._held_at = 0
        """Pages of the log before its next write, and when it was found to be held by a reader."""
        self._thread = threading.Thread(target=self._run, name="hourloom-checkpoints", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; whoever closes the database last moves what is left."""
        self._stopping = True
        self._due.set()
        if self._thread.is_alive():
            self._thread.join()

    def note(self, writes: int) -> None:
        """Take note of a commit of so many writes; called by the writer, so it does next to nothing."""
        self._written += _PER_COMMIT + writes
        if self._written >= self._enough and not self._due.is_set():
            self._due.set()

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Keep this thread from having the file open."""
        with self._quiet:
            yield

    def _run(self) -> None:
        while True:
            due = self._due.wait(SECONDS_TO_BE_IDLE)
            self._due.clear()
            if self._stopping:
                return
            try:
                if due:
                    self._move()
                elif self._written == self._seen and self._size() > SMALL_LOG:
                    self._cut_off()
            except (driver.Error, HourloomError, OSError) as error:
                # The disk may be full or failing; the writer finds out by itself.
                log.warning("the log could not be moved: %s", type(error).__name__)
            self._seen = self._written

    def _move(self) -> None:
        pages = moved = 0
        with self._quiet, closing(self._connect()) as connection:
            for _ in range(MOST_PASSES):
                written, self._written = self._written, 0.0
                pages, moved = _moved(connection)
                self._learn(written, pages)
                if moved < pages or self._written * PAGES_AT_ONCE / self._enough <= FEW_PAGES:
                    break
        if moved < pages and pages - self._held_at <= PAGES_TOO_MANY:
            # Somebody reads what is in the log; that is not tried harder before it has grown.
            self._left = pages
            return
        if self._written:
            self._between(_moved)
        # Whoever writes next begins the log anew, unless it is held still.
        self._left = self._held_at = 0 if moved == pages else pages

    def _learn(self, written: float, pages: int) -> None:
        """Work out after how many writes there are a thousand pages."""
        new = max(1, pages - self._left if pages > self._left else pages)
        self._left = pages
        self._enough = min(max(written * PAGES_AT_ONCE / new, LEAST), MOST)

    def _cut_off(self) -> None:
        with self._quiet, closing(self._connect()) as connection:
            # Nobody is made to wait: whoever writes or reads just now goes first.
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._left = self._held_at = 0

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0


def _moved(connection: Connection) -> tuple[int, int]:
    """Move what can be moved while nobody waits; return the pages in the log and how many were moved."""
    _, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages), int(moved)
