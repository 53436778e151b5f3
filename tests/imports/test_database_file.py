"""Databases of either server, alive and at rest."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hourloom.core.errors import HourloomError
from hourloom.imports.activitywatch.apart import open_file
from hourloom.imports.activitywatch.asking import Kind
from hourloom.imports.activitywatch.database import DatabaseFile, ForeignDatabase
from hourloom.imports.activitywatch.detect import detect
from hourloom.imports.activitywatch.export import UnknownBucket
from hourloom.imports.activitywatch.opening import open_source
from hourloom.imports.activitywatch.readonly import UnreadableDatabase
from hourloom.imports.model import SourceEvent
from hourloom.imports.ports import Source
from tests.imports.builders import (
    MARCH_4,
    a_python_database,
    a_rust_database,
    add_python_event,
    add_rust_event,
    all_of,
)

SECOND = 1_000_000

Opened = Callable[[Path], Source]


@pytest.fixture(params=["here", "in a worker"])
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Open a database in this process, or as the program does, in one that can do nothing else."""
    sources: list[Source] = []

    def open_one(path: Path) -> Source:
        sources.append(DatabaseFile(path) if request.param == "here" else open_file(path))
        return sources[-1]

    yield open_one
    for source in sources:
        source.close()


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_every_schema_version_of_the_rust_server_is_read(tmp_path: Path, version: int) -> None:
    path = tmp_path / "sqlite.db"
    connection = a_rust_database(path, version)
    add_rust_event(connection, MARCH_4 * 1000 + 999, MARCH_4 * 1000 + 2001, '{"b": 1, "a": 2}')
    connection.close()
    assert detect(path) is Kind.RUST_DATABASE
    source = DatabaseFile(path)
    (bucket,) = source.buckets()
    assert (bucket.id, bucket.type, bucket.data, bucket.event_count) == (
        "window_desk",
        "currentwindow",
        b"{}",
        1,
    )
    assert all_of(source) == ([SourceEvent(MARCH_4, MARCH_4 + 2, b'{"a":2,"b":1}')], [])


@pytest.mark.parametrize("current", [True, False])
@pytest.mark.parametrize("with_data", [True, False])
def test_both_generations_of_the_python_server_are_read(
    tmp_path: Path, *, current: bool, with_data: bool
) -> None:
    path = tmp_path / "peewee-sqlite.v2.db"
    connection = a_python_database(path, current=current, with_data=with_data)
    add_python_event(connection, "2024-03-04 09:00:00+00:00", 1.001, '{"app": "caf\\u00e9"}')
    add_python_event(connection, "2024-03-04 09:00:00.500000+00:00", 2, '{"app": "Code"}')
    connection.close()
    assert detect(path) is Kind.PYTHON_DATABASE
    assert all_of(DatabaseFile(path))[0] == [
        SourceEvent(MARCH_4, MARCH_4 + 1_001_000, '{"app":"café"}'.encode()),
        SourceEvent(MARCH_4 + SECOND // 2, MARCH_4 + SECOND * 5 // 2, b'{"app":"Code"}'),
    ]


def test_aw_cores_own_storage_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sqlite.v1.db"
    connection = sqlite3.connect(path)
    connection.executescript(f"""
        CREATE TABLE buckets (rowid INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, name TEXT,
            type TEXT NOT NULL, client TEXT NOT NULL, hostname TEXT NOT NULL, created TEXT NOT NULL,
            datastr TEXT NOT NULL);
        CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, bucketrow INTEGER NOT NULL,
            starttime INTEGER NOT NULL, endtime INTEGER NOT NULL, datastr TEXT NOT NULL);
        INSERT INTO buckets VALUES (1, 'window_desk', 'n', 't', 'c', 'h', '2024-03-01', '{{"x": 1}}');
        INSERT INTO events VALUES (1, 1, {MARCH_4}.0, {MARCH_4 + 5}.25, '{{}}');
    """)
    connection.close()
    assert detect(path) is Kind.CORE_DATABASE
    source = DatabaseFile(path)
    assert source.buckets()[0].data == b'{"x":1}'
    assert all_of(source)[0] == [SourceEvent(MARCH_4, MARCH_4 + 5, b"{}")]


@pytest.mark.parametrize(
    ("start", "end", "data", "reason"),
    [
        (5000, 4000, "{}", "ends before"),
        (-5000, 4000, "{}", "before 1970"),
        (2**63 - 1, 2**63 - 1, "{}", None),
        ("soon", 5, "{}", "type"),
        (5, 6, "[]", "not an object"),
        (5, 6, "{", "not valid JSON"),
        (5, 6, b"\xff\x00", "not valid JSON"),
        (5, 6, '{"a":"' + "x" * (1 << 20) + '"}', "1 MiB"),
        (5, 6, 17, "not an object"),
    ],
)
def test_a_faulty_row_is_collected_and_its_neighbours_are_kept(
    tmp_path: Path, start: object, end: object, data: object, reason: str | None
) -> None:
    connection = a_rust_database(tmp_path / "sqlite.db")
    for values in ((5000, 6000, "{}"), (start, end, data), (7000, 8000, "{}")):
        add_rust_event(connection, *values)  # type: ignore[arg-type]
    events, faults = all_of(DatabaseFile(tmp_path / "sqlite.db"))
    assert [event.started_at for event in events if event.started_at < 10] == [5, 7]
    assert [fault.where for fault in faults] == (["row 2"] if reason else [])
    assert all(str(reason) in fault.reason for fault in faults)


def test_a_faulty_python_row_is_collected(tmp_path: Path) -> None:
    connection = a_python_database(tmp_path / "p.db")
    for moment, duration in [("never", 1), (b"\xff", 1), ("2024-03-04", "x"), ("2024-03-04", -1), (5, 5)]:
        add_python_event(connection, moment, duration, "{}")
    events, faults = all_of(DatabaseFile(tmp_path / "p.db"))
    assert (len(events), len(faults)) == (0, 5)


def filled(path: Path, count: int) -> sqlite3.Connection:
    connection = a_rust_database(path)
    connection.execute(
        "INSERT INTO buckets(name, type, client, hostname, created) VALUES ('other', 't', 'c', 'h', '')"
    )
    connection.execute("BEGIN")
    for number in range(count):
        add_rust_event(connection, number * 1000, number * 1000 + 1000, "{}", bucket=1 + number % 2)
    connection.execute("COMMIT")
    return connection


def test_reading_goes_on_behind_any_batch(tmp_path: Path, opened: Opened) -> None:
    filled(tmp_path / "sqlite.db", 5000).close()
    source = opened(tmp_path / "sqlite.db")
    assert [bucket.event_count for bucket in source.buckets()] == [2500, 2500]
    batches = list(source.events("other"))
    assert [len(batch.events) for batch in batches] == [1000, 1000, 500]
    assert list(source.events("other", batches[1].cursor)) == batches[2:]


def test_a_database_at_rest_is_read_without_a_trace(tmp_path: Path, opened: Opened) -> None:
    filled(tmp_path / "sqlite.db", 100).close()
    before = (tmp_path / "sqlite.db").read_bytes()
    source = opened(tmp_path / "sqlite.db")
    all_of(source)
    source.close()
    assert list(tmp_path.iterdir()) == [tmp_path / "sqlite.db"]
    assert (tmp_path / "sqlite.db").read_bytes() == before


def test_a_running_servers_database_shows_what_it_committed_last(tmp_path: Path, opened: Opened) -> None:
    server = filled(tmp_path / "sqlite.db", 100)
    source = opened(tmp_path / "sqlite.db")
    assert len(all_of(source)[0]) == 50
    add_rust_event(server, 5, 6, "{}")
    assert len(all_of(source)[0]) == 51
    server.close()


def test_a_server_that_starts_during_the_import_is_noticed(tmp_path: Path, opened: Opened) -> None:
    connection = filled(tmp_path / "sqlite.db", 3000)
    # More than a worker reads ahead.
    connection.execute("UPDATE events SET data = ?", ['{"title": "' + "x" * 2000 + '"}'])
    connection.close()
    source = opened(tmp_path / "sqlite.db")
    batches = source.events("window_desk")
    assert len(next(batches).events) == 1000
    server = sqlite3.connect(tmp_path / "sqlite.db", isolation_level=None)
    add_rust_event(server, 5, 6, "{}")
    assert sum(len(batch.events) for batch in batches) == 501
    server.close()


def test_a_long_import_does_not_hold_up_the_servers_checkpoints(tmp_path: Path, opened: Opened) -> None:
    server = filled(tmp_path / "sqlite.db", 3000)
    next(opened(tmp_path / "sqlite.db").events("window_desk"))
    assert server.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    server.close()


def test_an_unfinished_transaction_is_rolled_back_in_a_copy_only(tmp_path: Path, opened: Opened) -> None:
    alive, dead = tmp_path / "alive.db", tmp_path / "dead" / "peewee.db"
    dead.parent.mkdir()
    connection = a_python_database(alive, current=False)
    add_python_event(connection, "2024-03-04 09:00:00+00:00", 1, "{}")
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE eventmodel SET duration = 99")
    for _ in range(2000):
        add_python_event(connection, "2024-03-04 09:00:00+00:00", 99, '{"a": "' + "x" * 500 + '"}')
    shutil.copy(alive, dead)
    shutil.copy(f"{alive}-journal", f"{dead}-journal")
    connection.close()
    before = {file: file.read_bytes() for file in dead.parent.iterdir()}
    source = opened(dead)
    assert all_of(source)[0] == [SourceEvent(MARCH_4, MARCH_4 + SECOND, b"{}")]
    source.close()
    assert {file: file.read_bytes() for file in dead.parent.iterdir()} == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "x.db").executescript("CREATE TABLE events (id INTEGER, title TEXT)")
    with pytest.raises(ForeignDatabase, match="not one of ActivityWatch's servers"):
        DatabaseFile(tmp_path / "x.db")


def test_an_encrypted_or_damaged_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0" + os.urandom(8192))
    with pytest.raises(HourloomError, match=r"x\.db"):
        open_source(str(tmp_path / "x.db"))
    with pytest.raises(UnreadableDatabase, match=r"encrypted or damaged|malformed|unsupported"):
        DatabaseFile(tmp_path / "x.db")


def test_a_page_damaged_in_the_middle_is_one_clear_error(tmp_path: Path, opened: Opened) -> None:
    filled(tmp_path / "sqlite.db", 5000).close()
    content = bytearray((tmp_path / "sqlite.db").read_bytes())
    content[4096 * 4 :] = os.urandom(len(content) - 4096 * 4)
    (tmp_path / "sqlite.db").write_bytes(content)
    with pytest.raises(UnreadableDatabase, match="cannot be read as a database"):
        all_of(opened(tmp_path / "sqlite.db"))


def test_a_strange_file_name_is_no_part_of_an_address(tmp_path: Path, opened: Opened) -> None:
    path = tmp_path / "50% of #1?mode=rwc.db"
    a_rust_database(path, journal="delete").close()
    assert len(opened(path).buckets()) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_bucket_is_said(tmp_path: Path, opened: Opened) -> None:
    a_rust_database(tmp_path / "sqlite.db").close()
    with pytest.raises(UnknownBucket, match="no bucket 'x'"):
        list(opened(tmp_path / "sqlite.db").events("x"))
