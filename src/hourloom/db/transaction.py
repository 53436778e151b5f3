"""Transactions as services see them: statements in, rows out, Changes collected until the commit."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol, TypeVar

from hourloom.core.actors import Actor
from hourloom.core.changes import Change, RecordedChange
from hourloom.core.errors import HourloomError, TimedOut, Unavailable
from hourloom.core.histogram import Histogram
from hourloom.core.ids import WorkspaceId
from hourloom.db.statements import Dialect, Sql, Value
from hourloom.db.stored import Stored

log = logging.getLogger(__name__)

Row = TypeVar("Row")
Answer = TypeVar("Answer")
Work = Callable[[], Answer]
Rows = list[tuple[Value, ...]]

Collected = list[tuple[WorkspaceId, Change]]


class OutsideWriter(HourloomError):
    """A write was begun outside the writer; declare the route as a write route."""


class RolledBack(HourloomError):
    """An earlier error inside this write undid it, so nothing was stored."""


class WorkAborted(HourloomError):
    """The work was aborted by {name}."""


class ReadTookTooLong(TimedOut):
    """The answer took longer than {seconds:g} s; ask for a shorter period."""


class QueueFull(Unavailable):
    """Too many writes are waiting; try again in a moment."""


class Stopping(Unavailable):
    """The server is stopping; try again in a moment."""


class Transaction(Protocol):
    """An open transaction on one connection."""

    @property
    def dialect(self) -> Dialect:
        """Return which database this runs on."""
        ...

    @property
    def writes(self) -> bool:
        """Return whether this can write; what another one reads stays the same to its end."""
        ...

    def check_time(self) -> None:
        """Raise where the time that a read may take is over, for loops between statements."""
        ...

    def rows(self, sql: Sql, **parameters: Value) -> Rows:
        """Return all rows as tuples."""
        ...

    def execute(self, sql: Sql, **parameters: Value) -> int:
        """Run a statement and return how many rows it changed."""
        ...

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Value]]) -> None:
        """Run a statement once for each set of parameters."""
        ...

    def all(self, model: Callable[..., Row], sql: Sql, **parameters: Value) -> list[Row]:
        """Return all rows as models: the columns are the model's fields in order."""
        ...

    def one(self, model: Callable[..., Row], sql: Sql, **parameters: Value) -> Row | None:
        """Return the first row as a model, or None."""
        ...

    def value(self, sql: Sql, **parameters: Value) -> Value:
        """Return the first column of the first row, or None."""
        ...

    def number(self, sql: Sql, **parameters: Value) -> int:
        """Return the first column of the first row, which is sure to be a whole number."""
        ...

    def changed(self, workspace_id: WorkspaceId, change: Change) -> None:
        """Announce a Change; it is stored with this transaction and published after its commit."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run an action once this transaction is on disk."""
        ...


class Vitals(NamedTuple):
    """How a database is doing."""

    moving: bool
    """Whether it takes writes: nothing that was begun is stuck."""
    waiting: int
    commits: int
    commit_seconds: float
    size: int
    """Bytes on disk."""
    log_size: int = 0
    """Bytes of these in the log that goes before the file."""
    last_commit: float | None = None
    """Seconds since the last commit; None before the first."""
    trouble: str | None = None
    """Why nothing can be written at the moment, in a word or two; None while all is well."""
    waits: Histogram | None = None
    """How long the oldest write of each commit waited until it was on disk."""


class Lane(Protocol):
    """A fast path of the writer: all its waiting items are applied in one go."""

    def apply(self, tx: Transaction, items: Sequence[object]) -> Sequence[object]:
        """Apply items in order; return an answer, or the error, for each. Raising undoes them all."""
        ...

    def forget(self) -> None:
        """Drop whatever was cached from the database: something was rolled back."""
        ...


Take = Callable[[object, Exception | None], None]
"""Takes the answer to a lane's item, or the error that came instead."""


class SpoiltPage(NamedTuple):
    """A page with traces, by what is needed to overwrite them."""

    table: str
    rows: list[int]
    """The numbers of the rows on it."""
    room: int
    """How many bytes of it are free."""
    most: int
    """The longest row that lies on such a page whole."""


class Traces(NamedTuple):
    """What deleted rows left in a database file."""

    pages: int
    free_pages: int
    spoilt: list[SpoiltPage]
    left: int
    """Bytes of deleted rows."""


class Database(Protocol):
    """What features need of either database."""

    @property
    def dialect(self) -> Dialect:
        """Return which database this is."""
        ...

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Join the write that is running on this thread; an exception inside undoes all of it."""
        ...

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Join the transaction of this thread, or open a snapshot."""
        ...

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[Transaction]:
        """Open one snapshot for as long as reading all of it takes; on a thread of its own, and not often."""
        ...

    def write(self, work: Work[Answer], *, who: Actor | None = None) -> Answer:
        """Run a write and wait until it is on disk; for threads other than the server's loop."""
        ...

    async def run_write(self, work: Work[Answer], *, who: Actor | None = None) -> Answer:
        """Run a write on the writer; return once it is on disk.

        The work may run again after a rollback, so what it does outside the database belongs into
        `after_commit`. Saying who writes lets a team database serve other workspaces meanwhile.
        """
        ...

    async def run_read(
        self, work: Work[Answer], *, seconds: float = 30.0, who: Actor | None = None
    ) -> Answer:
        """Run reads in one snapshot on a reading thread, stopped after the given time."""
        ...

    async def run_item(self, lane: Lane, item: object) -> object:
        """Put an item on a lane; return its answer once it is on disk."""
        ...

    def queue_item(self, lane: Lane, item: object, take: Take) -> None:
        """Put an item on a lane; a function is given its answer on the server's loop, once it is on disk."""
        ...

    def vitals(self) -> Vitals:
        """Return how it is doing; may take a moment, so not on the server's loop."""
        ...

    def is_sound(self) -> bool:
        """Look through the whole database for damage, in a snapshot; slow, so not for the writer."""
        ...

    def traces(self, tables: Sequence[str]) -> Traces:
        """Look for deleted rows in the free space of the file; slow, for a thread of its own.

        A team database writes the tables anew instead, so that nothing is left in their files.
        """
        ...

    def stored(self) -> Stored:
        """Count and size all tables; reads much, so for a reading thread and not often."""
        ...

    def optimise(self) -> None:
        """Renew what the engine knows of the tables for planning; for a thread of its own."""
        ...

    def give_back(self, pages: int) -> int:
        """Give some pages that nothing uses back to the disk; return how many more can be given.

        Writes wait meanwhile, so the pages are few. A team database sees to this by itself.
        """
        ...

    def close(self) -> None:
        """Finish what waits and close."""
        ...


Record = Callable[[Transaction, Collected], list[RecordedChange]]
"""Stores collected Changes in the feed, inside the transaction that made them."""

Publish = Callable[[Iterable[RecordedChange]], None]
"""Hands committed Changes to whoever listens; called from the writer's thread."""


def answerable(error: BaseException) -> Exception:
    """Return an error in a form that can be handed to whoever waits: some would end a loop or a thread."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    return WorkAborted(name=type(error).__name__)


@contextmanager
def answering() -> Iterator[None]:
    """Let out only errors that can be handed to whoever waits."""
    try:
        yield
    except BaseException as error:
        safe = answerable(error)
        if safe is error:
            raise
        raise safe from None


def follow_up(
    actions: Sequence[Callable[[], None]], publish: Publish, recorded: list[RecordedChange]
) -> None:
    """Do what follows a commit; a failure there cannot take the commit back."""
    for action in actions:
        _guarded(action)
    if recorded:
        _guarded(lambda: publish(recorded))


def _guarded(action: Callable[[], None]) -> None:
    try:
        action()
    except Exception:
        log.exception("what follows a commit failed")


def whole(value: Value) -> int:
    """Return a value that the database is sure to give as a whole number."""
    if not isinstance(value, int):
        raise TypeError(f"expected a whole number, not {type(value).__name__}")
    return value


class Cursor(Protocol):
    """What both drivers give back for a statement."""

    @property
    def rowcount(self) -> int:
        """Return how many rows were changed."""
        ...

    def fetchone(self) -> tuple[Value, ...] | None:
        """Return the next row."""
        ...

    def fetchall(self) -> Rows:
        """Return all rows that are left."""
        ...


class Running:
    """What transactions of both databases have in common: each says how it runs one statement."""

    def __init__(self, *, writes: bool, seconds: float = math.inf) -> None:
        self._seconds, self._ends = seconds, time.monotonic() + seconds
        self.collected: Collected = []
        self.actions: list[Callable[[], None]] = []
        self.writes = writes

    def run(self, sql: Sql, parameters: Mapping[str, Value]) -> Cursor:
        """Run a statement in the dialect of this database."""
        raise NotImplementedError

    def check_time(self) -> None:
        if time.monotonic() > self._ends:
            raise ReadTookTooLong(seconds=self._seconds)

    def rows(self, sql: Sql, **parameters: Value) -> Rows:
        return self.run(sql, parameters).fetchall()

    def execute(self, sql: Sql, **parameters: Value) -> int:
        return self.run(sql, parameters).rowcount

    def all(self, model: Callable[..., Row], sql: Sql, **parameters: Value) -> list[Row]:
        return [model(*row) for row in self.run(sql, parameters).fetchall()]

    def one(self, model: Callable[..., Row], sql: Sql, **parameters: Value) -> Row | None:
        row = self.run(sql, parameters).fetchone()
        return None if row is None else model(*row)

    def value(self, sql: Sql, **parameters: Value) -> Value:
        row = self.run(sql, parameters).fetchone()
        return None if row is None else row[0]

    def number(self, sql: Sql, **parameters: Value) -> int:
        return whole(self.value(sql, **parameters))

    def changed(self, workspace_id: WorkspaceId, change: Change) -> None:
        if not self.writes:
            raise OutsideWriter
        self.collected.append((workspace_id, change))

    def after_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)


class OpenTransactions(threading.local):
    """The transaction that is open on each thread."""

    writing: Transaction | None = None
    reading: Transaction | None = None
    doomed: bool = False
    """An exception passed through a joined `begin()`, so the write must be undone."""


@contextmanager
def joined(open_: OpenTransactions) -> Iterator[Transaction]:
    """Join this thread's write; an exception inside dooms it even when somebody catches it."""
    if open_.writing is None:
        raise OutsideWriter
    try:
        yield open_.writing
    except BaseException:
        open_.doomed = True
        raise


@contextmanager
def reading(
    open_: OpenTransactions, snapshot: Callable[[], AbstractContextManager[Transaction]]
) -> Iterator[Transaction]:
    """Join this thread's transaction, or open a snapshot for as long as the context lasts."""
    tx = open_.writing or open_.reading
    if tx is not None:
        yield tx
        return
    with snapshot() as opened:
        yield opened
