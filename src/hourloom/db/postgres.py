"""The team database: the same calls on pooled PostgreSQL connections in threads."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar, cast

import psycopg
from psycopg import sql as words
from psycopg_pool import ConnectionPool

from hourloom.core.actors import Actor
from hourloom.core.changes import RecordedChange
from hourloom.core.errors import StorageFull, Unavailable
from hourloom.db.lane_thread import LaneThread
from hourloom.db.statements import WRITE_LOCK, Dialect, Sql, Value, for_psycopg
from hourloom.db.stored import Stored, TableSize
from hourloom.db.transaction import (
    Cursor,
    Lane,
    OpenTransactions,
    Publish,
    ReadTookTooLong,
    Record,
    RolledBack,
    Running,
    Take,
    Traces,
    Transaction,
    Vitals,
    Work,
    answerable,
    answering,
    follow_up,
    joined,
    reading,
    whole,
)

Answer = TypeVar("Answer")

CONNECTIONS = 8
SECONDS_TO_WAIT_FOR_A_CONNECTION = 25.0
TRIES = 3
"""How often a write is tried that met another one in a deadlock."""


class DatabaseUnreachable(Unavailable):
    """The PostgreSQL server does not answer: {reason}."""


class PostgresTransaction(Running):
    """Statements on one PostgreSQL connection."""

    dialect: Dialect = "postgresql"

    def __init__(
        self, connection: psycopg.Connection[Any], *, writes: bool, seconds: float = math.inf
    ) -> None:
        super().__init__(writes=writes, seconds=seconds)
        self.connection = connection

    def run(self, sql: Sql, parameters: Mapping[str, Value]) -> Cursor:
        text = for_psycopg(sql if isinstance(sql, str) else sql.postgresql)
        return self.connection.execute(cast("Any", text), parameters)

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Value]]) -> None:
        text = for_psycopg(sql if isinstance(sql, str) else sql.postgresql)
        with self.connection.cursor() as cursor:
            cursor.executemany(cast("Any", text), rows)


class TeamDatabase:
    """PostgreSQL; the writes of a workspace take its lock, so both databases put them in one order."""

    dialect: Dialect = "postgresql"

    def __init__(
        self, url: str, *, record: Record, publish: Publish, seconds_to_connect: float = 10.0
    ) -> None:
        self._record, self._publish = record, publish
        self._open = OpenTransactions()
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=SECONDS_TO_WAIT_FOR_A_CONNECTION,
            open=False,
            check=ConnectionPool.check_connection,
            kwargs={"autocommit": True},
        )
        with _plainly():
            self._pool.open(wait=True, timeout=seconds_to_connect)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="hourloom-db")
        self._lanes: dict[Lane, LaneThread] = {}
        self._counting = threading.Lock()
        self._commits, self._commit_seconds = 0, 0.0
        self._last_commit: float | None = None
        self._in_order = threading.Lock()
        """Held from a commit until its Changes are published, so that they are told in their order."""

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        with joined(self._open) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with reading(self._open, lambda: self._snapshot(30.0, None)) as tx:
            yield tx

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[Transaction]:
        with self._snapshot(seconds, None) as tx:
            yield tx

    def write(self, work: Work[Answer], *, who: Actor | None = None) -> Answer:
        if self._open.writing is not None:
            with self.begin():
                return work()
        with answering():
            return self._written(lambda tx: work(), lambda connection: _lock(connection, who))

    async def run_write(self, work: Work[Answer], *, who: Actor | None = None) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: self.write(work, who=who))

    async def run_read(
        self, work: Work[Answer], *, seconds: float = 30.0, who: Actor | None = None
    ) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read_now, work, seconds, who)

    async def run_item(self, lane: Lane, item: object) -> object:
        return await self._thread_of(lane).put(item)

    def queue_item(self, lane: Lane, item: object, take: Take) -> None:
        self._thread_of(lane).queue(item, take)

    def _thread_of(self, lane: Lane) -> LaneThread:
        if lane not in self._lanes:
            self._lanes[lane] = LaneThread(lambda items: self._apply(lane, items))
        return self._lanes[lane]

    def vitals(self) -> Vitals:
        lanes = list(self._lanes.values())
        waiting = sum(lane.waiting for lane in lanes)
        size, answers = 0, True
        try:
            with self.read() as tx:
                size = tx.number("SELECT pg_database_size(current_database())")
        except Unavailable:
            answers = False
        moving = answers and all(lane.alive for lane in lanes)
        last = None if self._last_commit is None else time.monotonic() - self._last_commit
        trouble = None if answers else "PostgreSQL does not answer"
        return Vitals(
            moving, waiting, self._commits, self._commit_seconds, size, last_commit=last, trouble=trouble
        )

    def is_sound(self) -> bool:
        # The server's own affair: pages are checked as it reads them.
        return True

    def stored(self) -> Stored:
        with self.read() as tx:
            rows = tx.rows(
                """
                SELECT relname, n_live_tup, pg_total_relation_size(relid), n_dead_tup
                FROM pg_stat_user_tables ORDER BY relname
                """
            )
            size = tx.number("SELECT pg_database_size(current_database())")
        tables = [
            TableSize(str(name), whole(live), whole(total), whole(dead)) for name, live, total, dead in rows
        ]
        return Stored(tables, estimated=False, size=size, free=0, gives_back=True)

    def optimise(self) -> None:
        with _plainly(), self._pool.connection() as connection:
            connection.execute("ANALYZE")

    def give_back(self, pages: int) -> int:  # noqa: ARG002 - PostgreSQL's autovacuum does it
        return 0

    def traces(self, tables: Sequence[str]) -> Traces:
        pages = 0
        with _plainly(), self._pool.connection() as connection:
            for table in tables:
                name = words.Identifier(table)
                # What a plain VACUUM frees keeps its bytes until something else is written over them.
                connection.execute(words.SQL("VACUUM (FULL) {}").format(name))
                found = connection.execute(
                    "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint", (table,)
                ).fetchone()
                pages += found[0] if found else 0
        return Traces(pages, 0, [], 0)

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.close()
        self._threads.shutdown()
        self._pool.close()

    def _apply(self, lane: Lane, items: Sequence[object]) -> Sequence[object]:
        """Apply a lane's items in one transaction; what fails is halved until the bad ones fail alone."""
        try:
            return self._written(lambda tx: lane.apply(tx, items), lambda connection: None)
        except (DatabaseUnreachable, StorageFull) as error:
            return [type(error)(**error.fields) for _ in items]
        except BaseException as error:  # noqa: BLE001 - it is answered to whoever sent the item
            if len(items) == 1:
                return [answerable(error)]
            half = len(items) // 2
            return [*self._apply(lane, items[:half]), *self._apply(lane, items[half:])]

    def _written(self, work: Callable[[PostgresTransaction], Answer], prepare: Prepare) -> Answer:
        for _ in range(TRIES - 1):
            with suppress(psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                return self._written_once(work, prepare)
        return self._written_once(work, prepare)

    def _written_once(self, work: Callable[[PostgresTransaction], Answer], prepare: Prepare) -> Answer:
        # The names are entered from the outside in: a commit happens before its Changes are published.
        with _plainly(), self._pool.connection() as connection, ExitStack() as until_published:
            tx = PostgresTransaction(connection, writes=True)
            try:
                with connection.transaction():
                    prepare(connection)
                    answer = self._worked(tx, work)
                    recorded = self._recorded(tx)
                    if recorded:
                        until_published.enter_context(self._in_order)
                    begun = time.monotonic()
                self._count_commit(time.monotonic() - begun)
            except BaseException:
                for lane in self._lanes:
                    lane.forget()
                raise
            follow_up(tx.actions, self._publish, recorded)
            return answer

    def _count_commit(self, seconds: float) -> None:
        with self._counting:
            self._commits, self._commit_seconds = self._commits + 1, self._commit_seconds + seconds
            self._last_commit = time.monotonic()

    def _worked(self, tx: PostgresTransaction, work: Callable[[PostgresTransaction], Answer]) -> Answer:
        self._open.writing, self._open.doomed = tx, False
        try:
            answer = work(tx)
        finally:
            self._open.writing = None
        if self._open.doomed:
            raise RolledBack
        return answer

    def _recorded(self, tx: PostgresTransaction) -> list[RecordedChange]:
        """Store the Changes; the lock of each feed makes their numbers follow the order of the commits."""
        if not tx.collected:
            return []
        for workspace in sorted({workspace for workspace, _ in tx.collected}):
            tx.connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK + workspace,))
        return self._record(tx, tx.collected)

    def _read_now(self, work: Work[Answer], seconds: float, who: Actor | None) -> Answer:
        with answering(), self._snapshot(seconds, who):
            return work()

    @contextmanager
    def _snapshot(self, seconds: float, who: Actor | None) -> Iterator[Transaction]:
        with _plainly(seconds), self._pool.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute(
                "SELECT set_config('statement_timeout', %s, true), "
                "set_config('hourloom.workspace', %s, true), set_config('hourloom.user', %s, true)",
                (str(max(1, int(seconds * 1000))), *_names(who)),
            )
            self._open.reading = PostgresTransaction(connection, writes=False, seconds=seconds)
            try:
                yield self._open.reading
            finally:
                self._open.reading = None


Prepare = Callable[["psycopg.Connection[Any]"], None]  # rows of any shape


def _lock(connection: psycopg.Connection[Any], who: Actor | None) -> None:
    """Say who writes, and wait for the turn: of all when nobody is named, else of the workspace."""
    if who is None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))
        return
    connection.execute(
        "SELECT pg_advisory_xact_lock_shared(%s), pg_advisory_xact_lock(%s), "
        "set_config('hourloom.workspace', %s, true), set_config('hourloom.user', %s, true)",
        (WRITE_LOCK, WRITE_LOCK + who.workspace_id, *_names(who)),
    )


def _names(who: Actor | None) -> tuple[str, str]:
    return ("", "") if who is None else (str(who.workspace_id), str(who.user_id))


@contextmanager
def _plainly(seconds: float = 0.0) -> Iterator[None]:
    """Raise our own errors in place of the driver's where its server or its disk is at fault."""
    try:
        yield
    except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
        raise
    except psycopg.errors.QueryCanceled:
        raise ReadTookTooLong(seconds=seconds) from None
    except psycopg.errors.DiskFull:
        raise StorageFull from None
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(reason=str(error).partition("\n")[0]) from None
