"""Reading beside the writer: stable snapshots, deadlines, and a full disk that nobody loses anything by."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hourloom.core.errors import StorageFull
from hourloom.db.ballast import Ballast
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.sqlite import WrongKey, connect
from hourloom.db.transaction import OutsideWriter, ReadTookTooLong, Stopping, Transaction
from hourloom.db.writer import WriterFailed
from hourloom.testing import Announced, new_sqlite_file, open_sqlite
from tests.db.turns import a_turn

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def dialect() -> str:
    """Run this module on SQLite alone."""
    return "sqlite"


def add(tx: Transaction, name: str) -> None:
    tx.execute("INSERT INTO users (name, created_at) VALUES (:name, 0)", name=name)


def count(database: EmbeddedDatabase) -> object:
    with database.read() as tx:
        return tx.value("SELECT count(*) FROM users")


def adding(database: EmbeddedDatabase, name: str) -> Callable[[], None]:
    def work() -> None:
        with database.begin() as tx:
            add(tx, name)

    return work


def test_a_snapshot_stays_as_it_was_while_writes_go_on(database: EmbeddedDatabase) -> None:
    database.write(adding(database, "first"))
    began, go = threading.Event(), threading.Event()

    def read() -> tuple[object, object]:
        before = count(database)
        began.set()
        assert go.wait(10)
        return before, count(database)

    async def run() -> tuple[object, object]:
        reading = asyncio.ensure_future(database.run_read(read))
        await asyncio.to_thread(began.wait, 10)
        await database.run_write(adding(database, "second"))
        go.set()
        return await reading

    assert asyncio.run(run()) == (1, 1)
    assert count(database) == 2


def test_a_reader_cannot_write(database: EmbeddedDatabase) -> None:
    def read() -> None:
        with database.read() as tx:
            add(tx, "no")

    with pytest.raises(Exception, match="readonly"):
        asyncio.run(database.run_read(read))

    def announce() -> None:
        with database.read() as tx:
            tx.changed(None, None)  # type: ignore[arg-type]

    with pytest.raises(OutsideWriter):
        asyncio.run(database.run_read(announce))


def test_a_read_is_stopped_at_its_deadline(database: EmbeddedDatabase) -> None:
    def endless() -> object:
        with database.read() as tx:
            return tx.value(ENDLESS)

    with pytest.raises(ReadTookTooLong):
        asyncio.run(database.run_read(endless, seconds=0.05))
    assert count(database) == 0


@pytest.mark.parametrize("error", [SystemExit(), StopIteration(), KeyboardInterrupt()], ids=repr)
def test_no_error_of_a_read_ends_its_thread(database: EmbeddedDatabase, error: BaseException) -> None:
    def fail() -> None:
        raise error

    for _ in range(5):
        with pytest.raises(Exception, match="aborted"):
            asyncio.run(database.run_read(fail))
    assert asyncio.run(database.run_read(lambda: count(database))) == 0


def test_many_read_at_once(database: EmbeddedDatabase) -> None:
    async def crowd() -> list[object]:
        return await asyncio.gather(*(database.run_read(lambda: count(database)) for _ in range(50)))

    assert asyncio.run(crowd()) == [0] * 50
    assert len(database._readers._opened) <= 4


def test_closing_interrupts_what_is_being_read(database_file: Path, announced: Announced) -> None:
    database = open_sqlite(database_file, bytes(range(32)), announced.record, announced.publish)
    began = threading.Event()

    def endless() -> object:
        with database.read() as tx:
            began.set()
            return tx.value(ENDLESS)

    async def run() -> float:
        reading = asyncio.ensure_future(database.run_read(endless))
        await asyncio.to_thread(began.wait, 10)
        start = time.monotonic()
        await asyncio.to_thread(database.close)
        with pytest.raises(Stopping):
            await reading
        return time.monotonic() - start

    assert asyncio.run(run()) < 5


def test_a_wrong_key_is_told_in_a_sentence(database_file: Path) -> None:
    before = database_file.read_bytes()
    with pytest.raises(WrongKey, match=r"hourloom\.db does not open"):
        connect(database_file, bytes(32))
    assert database_file.read_bytes() == before


def test_closing_leaves_one_file_alone(database_file: Path, announced: Announced) -> None:
    database = open_sqlite(database_file, bytes(range(32)), announced.record, announced.publish)
    database.write(adding(database, "kept"))
    count(database)
    database.close()
    assert [path.name for path in database_file.parent.iterdir()] == [database_file.name]


class Lane:
    """Adds users with names as large as asked."""

    def apply(self, tx: Transaction, items: Sequence[object]) -> Sequence[object]:
        for item in items:
            add(tx, str(item) * 100_000)
        return list(items)

    def forget(self) -> None:
        pass


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of four mebibytes."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine does not let a small disk be mounted")
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path, announced: Announced) -> Iterator[EmbeddedDatabase]:
    file = new_sqlite_file(small_disk / "hourloom.db", None)
    database = open_sqlite(file, None, announced.record, announced.publish)
    yield database
    database.close()


def fill(disk: Path, *, leave: int = 0) -> Path:
    """Fill a disk but for some bytes."""
    path = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    path.write_bytes(b"x" * max(0, free - leave))
    return path


def test_a_full_disk_uses_up_the_ballast_first(small_disk: Path, announced: Announced) -> None:
    ballast = Ballast(small_disk, 1024 * 1024)
    file = new_sqlite_file(small_disk / "hourloom.db", None)
    database = open_sqlite(file, None, announced.record, announced.publish, ballast.release)
    assert ballast.take()
    fill(small_disk)
    database.write(adding(database, "x" * 200_000))
    assert not ballast.held
    assert count(database) == 1
    database.close()


def test_work_on_a_full_disk_is_refused_and_the_writer_goes_on(
    on_small_disk: EmbeddedDatabase, small_disk: Path
) -> None:
    filler = fill(small_disk)
    with pytest.raises(StorageFull):
        on_small_disk.write(adding(on_small_disk, "x" * 200_000))
    assert count(on_small_disk) == 0
    filler.unlink()
    on_small_disk.write(adding(on_small_disk, "x" * 200_000))
    assert count(on_small_disk) == 1


def test_heartbeats_wait_for_space_and_are_stored_when_it_returns(
    on_small_disk: EmbeddedDatabase, small_disk: Path
) -> None:
    filler = fill(small_disk)

    async def run() -> list[object]:
        waiting = [asyncio.ensure_future(on_small_disk.run_item(lane, name)) for name in "abc"]
        with pytest.raises(StorageFull):
            await on_small_disk.run_write(adding(on_small_disk, "x" * 200_000))
        assert not any(each.done() for each in waiting)
        filler.unlink()
        return await asyncio.gather(*waiting)

    lane = Lane()
    assert asyncio.run(run()) == ["a", "b", "c"]
    assert count(on_small_disk) == 3


def test_heartbeats_are_refused_after_their_time(on_small_disk: EmbeddedDatabase, small_disk: Path) -> None:
    on_small_disk.writer.patience = 0.6
    fill(small_disk)
    start = time.monotonic()
    with pytest.raises(StorageFull):
        asyncio.run(on_small_disk.run_item(Lane(), "a"))
    assert time.monotonic() - start > 0.5
    assert count(on_small_disk) == 0


def test_closing_on_a_full_disk_does_not_wait(on_small_disk: EmbeddedDatabase, small_disk: Path) -> None:
    fill(small_disk)

    async def run() -> None:
        waiting = asyncio.ensure_future(on_small_disk.run_item(Lane(), "a"))
        await a_turn()
        start = time.monotonic()
        await asyncio.to_thread(on_small_disk.writer.close)
        with pytest.raises(StorageFull):
            await waiting
        assert time.monotonic() - start < 20

    asyncio.run(run())


def test_a_disk_that_became_read_only_is_told_and_recovered_from(
    on_small_disk: EmbeddedDatabase, small_disk: Path
) -> None:
    on_small_disk.write(adding(on_small_disk, "before"))
    # Files that are open for writing keep a disk from becoming read-only, so the connection is made so.
    connection = on_small_disk.writer._connection
    on_small_disk.write(lambda: connection.execute("PRAGMA query_only = ON"))
    with pytest.raises(WriterFailed, match="readonly"):
        on_small_disk.write(adding(on_small_disk, "refused"))
    connection.execute("PRAGMA query_only = OFF")
    on_small_disk.write(adding(on_small_disk, "after"))
    assert count(on_small_disk) == 2


def test_a_loop_closed_in_the_middle_of_its_turn_does_not_keep_others_waiting(
    database: EmbeddedDatabase,
) -> None:
    abandoned = asyncio.new_event_loop()
    coroutine = database.run_write(lambda: None)

    async def begin() -> None:
        coroutine.send(None)
        abandoned.stop()

    begun = abandoned.create_task(begin())
    abandoned.run_forever()
    assert begun.done()
    coroutine.close()
    abandoned.close()
    assert asyncio.run(asyncio.wait_for(database.run_write(lambda: "done"), 5)) == "done"
