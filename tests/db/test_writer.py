"""The writer: one commit for all that waits, answers after it, and nothing that ends its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from hourloom.core.changes import Change
from hourloom.core.ids import WorkspaceId
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.pending import MOST_WAITING
from hourloom.db.sqlite import SqliteReader, connect
from hourloom.db.transaction import (
    OutsideWriter,
    QueueFull,
    RolledBack,
    Stopping,
    Transaction,
    WorkAborted,
)
from hourloom.testing import Announced, open_sqlite
from tests.db.turns import a_turn

WORKSPACE = WorkspaceId(1)


class NameAdded(Change, frozen=True):
    """A name was added."""

    name: str


class Wrong(Exception):
    """Something that a work may raise."""


class Names:
    """Users' names as a lane: counts its batches, remembers what it wrote, fails on bad ones."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.remembered: list[object] = []
        self.forgotten = 0

    def apply(self, tx: Transaction, items: Sequence[object]) -> Sequence[object]:
        self.batches.append(list(items))
        for item in items:
            add(tx, str(item))
            if item == "bad":
                raise ValueError(item)
            self.remembered.append(item)
        return [f"stored {item}" for item in items]

    def forget(self) -> None:
        self.remembered.clear()
        self.forgotten += 1


def add(tx: Transaction, name: str) -> None:
    tx.execute("INSERT INTO users (name, created_at) VALUES (:name, 0)", name=name)


@pytest.fixture(params=["encrypted", "plain"])
def data_key(request: pytest.FixtureRequest) -> bytes | None:
    """Run this module on both kinds of file."""
    return bytes(range(32)) if request.param == "encrypted" else None


@pytest.fixture
def database(database_file: Path, data_key: bytes | None, announced: Announced) -> Iterator[EmbeddedDatabase]:
    database = open_sqlite(database_file, data_key, announced.record, announced.publish)
    yield database
    database.close()


@pytest.fixture
def stored(database_file: Path, data_key: bytes | None) -> Iterator[Callable[[], list[str]]]:
    """Look at the file through a connection of one's own."""
    reader = SqliteReader(database_file, data_key)

    def names() -> list[str]:
        with reader.snapshot(5) as tx:
            return [str(row[0]) for row in tx.rows("SELECT name FROM users ORDER BY id")]

    yield names
    reader.close()


def adding(database: EmbeddedDatabase, name: str, *, announce: bool = False) -> Callable[[], str]:
    def work() -> str:
        with database.begin() as tx:
            add(tx, name)
            if announce:
                tx.changed(WORKSPACE, NameAdded(name))
        return name

    return work


def failing(database: EmbeddedDatabase, error: BaseException) -> Callable[[], None]:
    def work() -> None:
        with database.begin() as tx:
            add(tx, "never")
            tx.changed(WORKSPACE, NameAdded("never"))
            raise error

    return work


class Gate:
    """Work that keeps the writer busy until it is told to go on."""

    def __init__(self) -> None:
        self._busy, self._go = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self._busy.set()
        assert self._go.wait(30)

    async def reached(self) -> None:
        await asyncio.to_thread(self._busy.wait, 10)

    def open(self) -> None:
        self._go.set()


def while_busy(database: EmbeddedDatabase, *works: Callable[[], object]) -> list[object]:
    """Run works that all wait while the writer is busy, so that they share a commit."""
    gate = Gate()

    async def run() -> list[object]:
        first = asyncio.ensure_future(database.run_write(gate))
        await gate.reached()
        waiting = [asyncio.ensure_future(database.run_write(work)) for work in works]
        await a_turn()
        gate.open()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(run())


def test_what_waits_together_shares_one_commit(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    before = database.writer.commits
    names = [f"n{number}" for number in range(50)]
    assert while_busy(database, *(adding(database, name, announce=True) for name in names)) == names
    assert database.writer.commits - before == 2
    assert stored() == names


def test_an_answer_comes_after_the_commit(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    for number in range(5):
        database.write(adding(database, f"n{number}"))
        assert stored()[-1] == f"n{number}"


def test_nothing_is_seen_before_the_commit(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    def work() -> list[str]:
        with database.begin() as tx:
            add(tx, "early")
        return stored()

    assert database.write(work) == []
    assert stored() == ["early"]


def test_work_reads_what_it_wrote(database: EmbeddedDatabase) -> None:
    def work() -> object:
        with database.begin() as tx:
            add(tx, "mine")
        with database.read() as tx:
            return tx.value("SELECT name FROM users")

    assert database.write(work) == "mine"


def test_a_bad_work_fails_alone(database: EmbeddedDatabase, stored: Callable[[], list[str]]) -> None:
    error = ValueError("no")
    outcomes = while_busy(
        database, adding(database, "before"), failing(database, error), adding(database, "after")
    )
    assert outcomes == ["before", error, "after"]
    assert stored() == ["before", "after"]


def test_an_error_caught_outside_a_joined_begin_still_undoes_all(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    def work() -> str:
        with database.begin() as tx:
            add(tx, "outer")
            try:
                failing(database, ValueError("inner"))()
            except ValueError:
                return "carried on"
        return "never"

    with pytest.raises(RolledBack):
        database.write(work)
    assert stored() == []
    assert database.write(adding(database, "next")) == "next"


def test_changes_are_published_in_the_order_of_commits_without_those_of_failed_work(
    database: EmbeddedDatabase, announced: Announced
) -> None:
    while_busy(
        database,
        adding(database, "a", announce=True),
        failing(database, Wrong()),
        adding(database, "b", announce=True),
    )
    database.write(adding(database, "c", announce=True))
    assert [msgspec.json.decode(change.body)["name"] for change in announced.changes] == ["a", "b", "c"]
    assert [change.sequence for change in announced.changes] == [1, 2, 3]


def test_what_is_to_follow_the_commit_follows_only_a_commit(database: EmbeddedDatabase) -> None:
    followed: list[str] = []

    def work(name: str, *, fail: bool) -> None:
        with database.begin() as tx:
            tx.after_commit(lambda: followed.append(name))
            if fail:
                raise Wrong

    database.write(lambda: work("good", fail=False))
    with pytest.raises(Wrong):
        database.write(lambda: work("bad", fail=True))
    assert followed == ["good"]


def test_a_listener_that_fails_fails_nobody_else(
    database: EmbeddedDatabase, stored: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_changes: object) -> None:
        raise RuntimeError("listener")

    def work() -> str:
        with database.begin() as tx:
            tx.after_commit(lambda: break_down(None))
        return adding(database, "kept", announce=True)()

    database.writer._publish = break_down
    assert database.write(work) == "kept"
    assert stored() == ["kept"]
    assert caplog.text.count("what follows a commit failed") == 2


def test_begin_outside_the_writer_is_refused(database: EmbeddedDatabase) -> None:
    with pytest.raises(OutsideWriter), database.begin():
        pass

    def read() -> None:
        with database.begin():
            pass

    with pytest.raises(OutsideWriter):
        asyncio.run(database.run_read(read))


def test_a_write_within_a_write_joins_it(database: EmbeddedDatabase, stored: Callable[[], list[str]]) -> None:
    assert database.write(lambda: database.write(adding(database, "joined"))) == "joined"
    assert stored() == ["joined"]


@pytest.mark.parametrize(
    "error",
    [
        Exception("plain"),
        KeyboardInterrupt(),
        SystemExit(1),
        GeneratorExit(),
        asyncio.CancelledError(),
        StopIteration(),
        StopAsyncIteration(),
        RecursionError(),
        MemoryError(),
        BaseException("any"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_error_ends_the_thread(
    database: EmbeddedDatabase, stored: Callable[[], list[str]], error: BaseException
) -> None:
    outcomes = while_busy(
        database, adding(database, "before"), failing(database, error), adding(database, "after")
    )
    assert outcomes[::2] == ["before", "after"]
    assert isinstance(outcomes[1], Exception)
    if not isinstance(error, Exception):
        assert isinstance(outcomes[1], WorkAborted)
    assert stored() == ["before", "after"]
    assert database.writer.alive


@pytest.mark.parametrize(
    "statement",
    [
        "ROLLBACK",
        "COMMIT",
        "RELEASE work",
        "INSERT INTO users (id, name, created_at) VALUES (1, 'x', 0) ON CONFLICT ROLLBACK",
        "SELECT nonsense",
        "PRAGMA journal_mode = DELETE",
        "INSERT OR ROLLBACK INTO users (id, name, created_at) VALUES (1, 'x', 0)",
    ],
)
def test_a_statement_that_ends_the_transaction_harms_nobody_else(
    database: EmbeddedDatabase, stored: Callable[[], list[str]], statement: str
) -> None:
    database.write(adding(database, "first"))

    def work() -> None:
        with database.begin() as tx:
            add(tx, "never")
            tx.execute(statement)

    outcomes = while_busy(database, adding(database, "before"), work, adding(database, "after"))
    assert outcomes[0] == "before"
    assert outcomes[2] == "after"
    assert set(stored()) >= {"first", "before", "after"}
    assert database.write(adding(database, "next")) == "next"


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**70), "\ud800", object(), b"x", float("nan")],
    ids=["large", "small", "surrogate", "object", "bytes", "nan"],
)
def test_values_that_no_column_takes_fail_alone(
    database: EmbeddedDatabase, stored: Callable[[], list[str]], value: object
) -> None:
    def work() -> None:
        with database.begin() as tx:
            tx.execute("INSERT INTO users (name, created_at) VALUES ('x', :at)", at=value)  # type: ignore[arg-type]

    outcomes = while_busy(database, work, adding(database, "after"))
    assert isinstance(outcomes[0], Exception)
    assert outcomes[1] == "after"
    assert stored() == ["after"]


def test_what_cannot_be_recorded_fails_alone(
    database: EmbeddedDatabase, announced: Announced, stored: Callable[[], list[str]]
) -> None:
    record = announced.record

    def refusing(tx: Transaction, collected: list[tuple[WorkspaceId, Change]]) -> list[object]:
        if any(change == NameAdded("b") for _, change in collected):
            raise ValueError("cannot be told")
        return list(record(tx, collected))

    database.writer._record = refusing  # type: ignore[assignment]
    outcomes = while_busy(database, *(adding(database, name, announce=True) for name in "abc"))
    assert outcomes[::2] == ["a", "c"]
    assert isinstance(outcomes[1], ValueError)
    assert stored() == ["a", "c"]


def items_while_busy(database: EmbeddedDatabase, lane: Names, items: Sequence[str]) -> list[object]:
    gate = Gate()

    async def run() -> list[object]:
        first = asyncio.ensure_future(database.run_write(gate))
        await gate.reached()
        waiting = [asyncio.ensure_future(database.run_item(lane, item)) for item in items]
        await a_turn()
        gate.open()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(run())


def test_a_lane_gets_all_its_items_at_once(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    lane = Names()
    assert items_while_busy(database, lane, ["a", "b", "c"]) == ["stored a", "stored b", "stored c"]
    assert lane.batches == [["a", "b", "c"]]
    assert stored() == ["a", "b", "c"]


def test_a_bad_item_fails_alone_and_the_caches_of_lanes_are_dropped(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    lane = Names()
    a, bad, c = items_while_busy(database, lane, ["a", "bad", "c"])
    assert (a, c) == ("stored a", "stored c")
    assert isinstance(bad, ValueError)
    assert stored() == ["a", "c"]
    # The batch failed, then its half, then the bad item.
    assert lane.forgotten == 3
    assert lane.remembered == ["c"]


def test_failed_work_drops_what_lanes_remember(database: EmbeddedDatabase) -> None:
    lane = Names()
    asyncio.run(database.run_item(lane, "a"))
    with pytest.raises(Wrong):
        database.write(failing(database, Wrong()))
    assert lane.remembered == []


def test_a_caller_who_left_does_not_stop_the_work(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    gate = Gate()

    async def leave() -> None:
        first = asyncio.ensure_future(database.run_write(gate))
        await gate.reached()
        left = asyncio.ensure_future(database.run_write(adding(database, "left behind")))
        await a_turn()
        left.cancel()
        gate.open()
        await first
        assert await database.run_write(adding(database, "after")) == "after"

    asyncio.run(leave())
    assert stored() == ["left behind", "after"]


def test_a_loop_that_ended_harms_nobody(database: EmbeddedDatabase, stored: Callable[[], list[str]]) -> None:
    gate = Gate()

    async def leave() -> None:
        asyncio.ensure_future(database.run_write(gate))  # noqa: RUF006
        await gate.reached()

    asyncio.run(leave())
    gate.open()
    assert database.write(adding(database, "after")) == "after"
    assert stored() == ["after"]


def test_the_queue_is_bounded(database: EmbeddedDatabase) -> None:
    gate = Gate()

    async def fill() -> None:
        first = asyncio.ensure_future(database.run_write(gate))
        await gate.reached()
        waiting = [asyncio.ensure_future(database.run_write(lambda: None)) for _ in range(MOST_WAITING)]
        await a_turn()
        assert database.writer.waiting == MOST_WAITING
        with pytest.raises(QueueFull):
            await database.run_write(lambda: None)
        gate.open()
        await asyncio.gather(first, *waiting)
        assert database.writer.waiting == 0

    asyncio.run(fill())


def test_closing_finishes_what_waits_and_refuses_what_comes(
    database_file: Path, data_key: bytes | None, announced: Announced
) -> None:
    database = open_sqlite(database_file, data_key, announced.record, announced.publish)
    gate = Gate()

    async def run() -> list[str]:
        first = asyncio.ensure_future(database.run_write(gate))
        await gate.reached()
        names = [f"n{number}" for number in range(30)]
        waiting = [asyncio.ensure_future(database.run_write(adding(database, name))) for name in names]
        await a_turn()
        closing = asyncio.ensure_future(asyncio.to_thread(database.close))
        gate.open()
        await asyncio.gather(first, closing, *waiting)
        with pytest.raises(Stopping):
            await database.run_write(lambda: None)
        return names

    names = asyncio.run(run())
    connection = connect(database_file, data_key)
    assert [row[0] for row in connection.execute("SELECT name FROM users ORDER BY id")] == names
    connection.close()


def test_a_thousand_writers_at_once_all_get_their_own_answer(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    lane = Names()

    async def crowd() -> list[object]:
        return await asyncio.gather(
            *(
                database.run_item(lane, f"n{number}")
                if number % 2
                else database.run_write(adding(database, f"n{number}"))
                for number in range(1_000)
            )
        )

    answers = asyncio.run(crowd())
    assert answers == [f"stored n{n}" if n % 2 else f"n{n}" for n in range(1_000)]
    assert sorted(stored()) == sorted(f"n{number}" for number in range(1_000))


def test_threads_and_loops_write_side_by_side(
    database: EmbeddedDatabase, stored: Callable[[], list[str]]
) -> None:
    def on_loop(place: int) -> None:
        async def run() -> None:
            for number in range(10):
                await database.run_write(adding(database, f"loop {place} {number}"))

        asyncio.run(run())

    def on_thread(place: int) -> None:
        for number in range(10):
            database.write(adding(database, f"thread {place} {number}"))

    threads = [
        threading.Thread(target=target, args=(n,)) for n in range(4) for target in (on_loop, on_thread)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(stored())) == 80
