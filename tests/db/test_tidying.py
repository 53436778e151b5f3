"""The embedded database is kept quick and small: its log moved, space given back, statistics renewed."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hourloom.db.check import SqlitePlanner, faults_of, source_files, sqlite_planner
from hourloom.db.checkpoints import Checkpoints
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.keys import header
from hourloom.db.sqlcipher import driver as sqlcipher3
from hourloom.db.sqlite import connect
from hourloom.db.stored import Stored
from hourloom.db.tidying import KEPT_FREE, compact, gives_back
from hourloom.testing import Announced, open_sqlite

KEY = bytes(range(32))


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def database(database_file: Path, data_key: bytes | None, announced: Announced) -> Iterator[EmbeddedDatabase]:
    opened = open_sqlite(database_file, data_key, announced.record, announced.publish)
    yield opened
    opened.close()


def in_write(database: EmbeddedDatabase, work: Callable[[EmbeddedDatabase], object]) -> None:
    database.write(lambda: work(database))


def make_bucket(database: EmbeddedDatabase) -> None:
    with database.begin() as tx:
        tx.execute("INSERT INTO users (name, created_at) VALUES ('u', 0)")
        tx.execute("INSERT INTO workspaces (name, payload_key, created_at) VALUES ('w', :key, 0)", key=b"k")
        tx.execute("INSERT INTO devices (workspace_id, user_id, name, created_at) VALUES (1, 1, 'd', 0)")
        tx.execute(
            """
            INSERT INTO buckets (workspace_id, device_id, name, type, client, hostname, data, created_at,
                history_version) VALUES (1, 1, 'b', 'currentwindow', 'c', 'h', '{}', 0, 0)
            """
        )


def add_events(database: EmbeddedDatabase, first: int, count: int) -> None:
    rows = range(first, first + count)
    with database.begin() as tx:
        tx.many(
            """
            INSERT INTO payloads (workspace_id, digest, body) VALUES (1, :digest, :body)
            """,
            [{"digest": os.urandom(16), "body": "x" * 100} for _ in rows],
        )
        tx.many(
            """
            INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)
            VALUES (1, 1, :start, :end, :payload)
            """,
            [{"start": n * 1_000_000, "end": n * 1_000_000 + 5, "payload": n + 1} for n in rows],
        )


def filled(database: EmbeddedDatabase, count: int = 20_000) -> None:
    in_write(database, make_bucket)
    for first in range(0, count, 5_000):
        in_write(database, lambda opened, first=first: add_events(opened, first, 5_000))  # type: ignore[misc]


def delete_most(database: EmbeddedDatabase) -> None:
    def work(opened: EmbeddedDatabase) -> None:
        with opened.begin() as tx:
            tx.execute("DELETE FROM events WHERE id > 100")
            tx.execute("DELETE FROM payloads WHERE id > 100")

    in_write(database, work)


def log_pages(database: EmbeddedDatabase) -> int:
    """Return how many pages the log holds that were not moved."""
    _, pages, moved = database.between(lambda c: c.execute("PRAGMA wal_checkpoint(NOOP)").fetchone())
    return int(pages) - int(moved)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


# The log


def test_the_writer_leaves_its_log_to_another_thread(database: EmbeddedDatabase) -> None:
    assert database.between(lambda c: c.execute("PRAGMA wal_autocheckpoint").fetchone()) == (0,)
    assert any(thread.name == "hourloom-checkpoints" for thread in threading.enumerate())


def test_the_log_is_moved_while_writes_go_on_and_begins_anew(database: EmbeddedDatabase) -> None:
    filled(database, 5_000)
    for number in range(300):
        in_write(database, lambda opened, n=number: add_events(opened, 10_000 + n * 20, 20))  # type: ignore[misc]
    database._checkpoints._due.set()
    wait_until(lambda: log_pages(database) < 1_000)
    database._checkpoints._move()
    in_write(database, _one_more)
    _, pages, _ = database.between(lambda c: c.execute("PRAGMA wal_checkpoint(NOOP)").fetchone())
    assert pages < 100
    with database.read() as tx:
        assert tx.number("SELECT count(*) FROM events") == 5_000 + 300 * 20 + 10


def test_somebody_who_reads_for_long_holds_the_log_and_nobody_up(database: EmbeddedDatabase) -> None:
    filled(database, 5_000)
    with database.read() as tx:
        before = tx.number("SELECT count(*) FROM events")
        writing = threading.Thread(target=lambda: _many_more(database))
        writing.start()
        writing.join(20)
        assert not writing.is_alive()
        assert tx.number("SELECT count(*) FROM events") == before
    with database.read() as tx:
        assert tx.number("SELECT count(*) FROM events") == before + 300 * 10


def _many_more(database: EmbeddedDatabase) -> None:
    for _ in range(300):
        in_write(database, _one_more)


def _one_more(database: EmbeddedDatabase) -> None:
    with database.begin() as tx:
        first = tx.number("SELECT max(id) FROM events")
    add_events(database, first, 10)


class FakeLog:
    """Counts what a thread for checkpoints does, on a real file of its own."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "log.db"
        self.connections = 0
        self.between_calls = 0
        self.writer = connect(self.path, None)
        self.writer.execute("PRAGMA wal_autocheckpoint = 0")
        self.writer.execute("CREATE TABLE t (a)")
        self.checkpoints = Checkpoints(self.path, self.connected, self.between)

    def connected(self) -> sqlcipher3.Connection:
        self.connections += 1
        return connect(self.path, None)

    def between(self, act: Callable[[sqlcipher3.Connection], object]) -> object:
        self.between_calls += 1
        return act(self.writer)

    def write(self, rows: int = 1) -> None:
        with self.writer:
            self.writer.executemany("INSERT INTO t VALUES (?)", [("x" * 1_000,)] * rows)
        self.checkpoints.note(rows)

    def pages(self) -> tuple[int, int]:
        _, pages, moved = self.writer.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
        return pages, moved


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeLog]:
    made = FakeLog(tmp_path)
    yield made
    made.writer.close()


def test_a_moved_log_is_written_from_its_start(fake: FakeLog) -> None:
    for _ in range(30):
        fake.write()
    fake.checkpoints._move()
    pages, moved = fake.pages()
    assert pages == moved > 30
    assert fake.between_calls == 0
    fake.write()
    assert fake.pages()[0] < 10


def test_what_was_written_meanwhile_is_moved_by_the_writer(fake: FakeLog) -> None:
    for _ in range(30):
        fake.write()
    learn = fake.checkpoints._learn

    def while_it_moves(written: float, pages: int) -> None:
        learn(written, pages)
        fake.write()

    fake.checkpoints._learn = while_it_moves  # type: ignore[method-assign]
    fake.checkpoints._move()
    assert fake.between_calls == 1


def test_it_learns_how_much_is_a_thousand_pages(fake: FakeLog) -> None:
    for _ in range(50):
        fake.write(1)
    pages = fake.pages()[0]
    fake.checkpoints._move()
    commits = fake.checkpoints._enough / 4
    assert 900 < commits * pages / 50 < 1_100
    fake.checkpoints.note(int(fake.checkpoints._enough))
    assert fake.checkpoints._due.is_set()


def test_a_log_that_is_not_used_is_cut_off(fake: FakeLog) -> None:
    for _ in range(5):
        fake.write(1_000)
    log = fake.path.with_name("log.db-wal")
    assert log.stat().st_size > 1 << 20
    fake.checkpoints._cut_off()
    assert log.stat().st_size == 0


def test_nobody_has_the_file_open_while_it_is_held_off(fake: FakeLog) -> None:
    fake.write(100)
    with fake.checkpoints.held_off():
        moving = threading.Thread(target=fake.checkpoints._move)
        moving.start()
        moving.join(0.05)
        assert fake.connections == 0
    moving.join(20)
    assert fake.connections == 1


def test_trouble_of_the_disk_does_not_end_the_thread(
    fake: FakeLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = 0

    def failing() -> sqlcipher3.Connection:
        nonlocal failures
        failures += 1
        raise sqlcipher3.OperationalError("disk I/O error")

    fake.checkpoints._connect = failing
    fake.checkpoints.start()
    for expected in (1, 2):
        fake.checkpoints._due.set()
        wait_until(lambda: failures >= expected)  # noqa: B023 - waited for at once
    fake.checkpoints.stop()
    assert "the log could not be moved: OperationalError" in caplog.text


# Space


def sizes(database: EmbeddedDatabase) -> Stored:
    return database.stored()


@pytest.mark.parametrize("data_key", [None, KEY], ids=["plain", "encrypted"])
def test_space_is_given_back_in_small_steps(database: EmbeddedDatabase, database_file: Path) -> None:
    filled(database)
    delete_most(database)
    before = sizes(database)
    assert before.gives_back
    assert before.free > before.size // 2
    left, steps = database.give_back(100), 1
    while left:
        assert left == database.give_back(100) + 100 or left <= 100
        left, steps = database.give_back(100), steps + 2
    after = sizes(database)
    assert after.size < before.size // 2
    assert after.free <= KEPT_FREE * 4096
    assert steps > 5
    database.between(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    assert database_file.stat().st_size == after.size
    assert database.is_sound()


def an_old_file(path: Path, key: bytes | None) -> None:
    """Make a database as it was made before space was given back."""
    with contextlib.closing(sqlcipher3.connect(str(path), isolation_level=None)) as connection:
        if key is not None:
            connection.execute(f'PRAGMA key = "{header.key_pragma(key, "ab" * 16)}"')
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES ('kept')")


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
def test_an_old_file_keeps_its_space_until_it_is_compacted(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "old.db"
    an_old_file(path, key)
    begins = header.state_of(path)
    with contextlib.closing(connect(path, key)) as connection:
        assert not gives_back(connection)
    compact(path, key)
    with contextlib.closing(connect(path, key)) as connection:
        assert gives_back(connection)
        assert connection.execute("SELECT a FROM t").fetchall() == [("kept",)]
    assert header.state_of(path) == begins


def test_a_new_encrypted_file_gives_back(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    header.begin(path, KEY, "cd" * 16)
    with contextlib.closing(connect(path, KEY)) as connection:
        connection.execute("CREATE TABLE t (a)")
        assert gives_back(connection)
        connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    with contextlib.closing(connect(tmp_path / "copy.db", KEY)) as connection:
        assert gives_back(connection)


# Statistics


def test_sizes_are_shared_out_over_the_tables(database: EmbeddedDatabase) -> None:
    filled(database, 5_000)
    found = sizes(database)
    tables = {table.name: table for table in found.tables}
    assert (tables["events"].rows, tables["payloads"].rows, tables["buckets"].rows) == (5_000, 5_000, 1)
    assert found.estimated
    assert abs(sum(table.size for table in found.tables) - (found.size - found.free)) < 100
    # Half a kilobyte less than nothing would be wrong, and so would more than what was written.
    assert 100 < tables["payloads"].size / 5_000 < 250
    assert 40 < tables["events"].size / 5_000 < 130


def test_after_statistics_no_statement_walks_through_the_record(
    database: EmbeddedDatabase, database_file: Path, data_key: bytes | None
) -> None:
    filled(database)
    database.optimise()
    with contextlib.closing(connect(database_file, data_key)) as connection:
        analysed = {name for (name,) in connection.execute("SELECT DISTINCT tbl FROM sqlite_stat1")}
        assert {"events", "payloads"} <= analysed
        with_statistics = faults_of(source_files(), [SqlitePlanner(connection)])
    with sqlite_planner() as without:
        assert with_statistics == faults_of(source_files(), [without])
