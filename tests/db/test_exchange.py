"""Another file in the place of the database, while everybody goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.db.between import OpenElsewhere
from hourloom.db.embedded import EmbeddedDatabase, ReadersBusy
from hourloom.db.sqlite import connect
from hourloom.db.transaction import Stopping
from hourloom.testing import Announced, new_sqlite_file, open_sqlite

OTHER_KEY = bytes(range(1, 33))


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def embedded(database_file: Path, data_key: bytes | None, announced: Announced) -> Iterator[EmbeddedDatabase]:
    database = open_sqlite(database_file, data_key, announced.record, announced.publish)
    yield database
    database.close()


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A database that already has the user "other"."""
    path = new_sqlite_file(tmp_path / "other.db", OTHER_KEY)
    connection = connect(path, OTHER_KEY)
    connection.execute("INSERT INTO users (name, created_at) VALUES ('other', 1)")
    connection.close()
    return path


def add(database: EmbeddedDatabase, name: str) -> None:
    def work() -> None:
        with database.begin() as tx:
            tx.execute("INSERT INTO users (name, created_at) VALUES (:name, 1)", name=name)

    database.write(work)


def names(database: EmbeddedDatabase) -> list[object]:
    with database.read() as tx:
        return [name for (name,) in tx.rows("SELECT name FROM users ORDER BY id")]


def exchange(database: EmbeddedDatabase, other: Path, patience: float = 5.0) -> float:
    def place() -> bytes:
        other.replace(database.path)
        return OTHER_KEY

    return database.exchange(lambda _: None, place, patience=patience)


def test_everybody_goes_on_with_the_other_file(embedded: EmbeddedDatabase, other: Path) -> None:
    add(embedded, "before")
    assert names(embedded) == ["before"]
    exchange(embedded, other)
    add(embedded, "after")
    assert names(embedded) == ["other", "after"]
    assert embedded.key == OTHER_KEY
    assert embedded.is_sound()


def test_the_old_file_is_whole_when_it_is_put_aside(
    embedded: EmbeddedDatabase, other: Path, data_key: bytes, tmp_path: Path
) -> None:
    aside = tmp_path / "aside.db"

    def place() -> bytes:
        assert not embedded.path.with_name("hourloom.db-wal").exists()
        embedded.path.replace(aside)
        other.replace(embedded.path)
        return OTHER_KEY

    add(embedded, "before")
    embedded.exchange(lambda _: add_on(_, "last"), place)
    connection = connect(aside, data_key)
    assert connection.execute("SELECT name FROM users").fetchall() == [("before",), ("last",)]
    connection.close()


def add_on(connection: object, name: str) -> None:
    connection.execute("INSERT INTO users (name, created_at) VALUES (?, 1)", (name,))  # type: ignore[attr-defined]


def test_what_is_written_meanwhile_waits_and_is_not_lost(embedded: EmbeddedDatabase, other: Path) -> None:
    waiting = [threading.Thread(target=add, args=(embedded, f"w{number}")) for number in range(5)]

    def place() -> bytes:
        for each in waiting:
            each.start()
        other.replace(embedded.path)
        return OTHER_KEY

    embedded.exchange(lambda _: None, place)
    for each in waiting:
        each.join()
    assert sorted(map(str, names(embedded))) == ["other", "w0", "w1", "w2", "w3", "w4"]


def test_a_long_question_is_not_cut_off(embedded: EmbeddedDatabase, other: Path) -> None:
    asked, answered = threading.Event(), threading.Event()

    def ask() -> None:
        with embedded.read():
            asked.set()
            answered.wait()

    reader = threading.Thread(target=ask)
    reader.start()
    asked.wait()
    with pytest.raises(ReadersBusy):
        exchange(embedded, other, patience=0.01)
    add(embedded, "meanwhile")
    assert names(embedded) == ["meanwhile"]
    answered.set()
    reader.join()
    exchange(embedded, other)
    assert names(embedded) == ["other"]


def test_readers_that_come_meanwhile_wait_for_the_new_file(embedded: EmbeddedDatabase, other: Path) -> None:
    names(embedded)
    found: list[list[object]] = []
    readers = [threading.Thread(target=lambda: found.append(names(embedded))) for _ in range(8)]

    def place() -> bytes:
        for each in readers:
            each.start()
        other.replace(embedded.path)
        return OTHER_KEY

    embedded.exchange(lambda _: None, place)
    for each in readers:
        each.join()
    assert found == [["other"]] * 8


def test_nothing_happens_while_somebody_else_has_the_file_open(
    embedded: EmbeddedDatabase, other: Path, data_key: bytes
) -> None:
    elsewhere = connect(embedded.path, data_key, readonly=True)
    with pytest.raises(OpenElsewhere):
        exchange(embedded, other)
    add(embedded, "still")
    assert names(embedded) == ["still"]
    elsewhere.close()
    exchange(embedded, other)
    assert names(embedded) == ["other"]


def test_when_the_other_file_cannot_be_put_there_this_one_stays(embedded: EmbeddedDatabase) -> None:
    add(embedded, "before")

    def place() -> bytes:
        raise PermissionError

    with pytest.raises(PermissionError):
        embedded.exchange(lambda _: None, place)
    add(embedded, "after")
    assert names(embedded) == ["before", "after"]


def test_a_database_that_closes_does_nothing_more(embedded: EmbeddedDatabase) -> None:
    embedded.close()
    with pytest.raises(Stopping):
        embedded.between(lambda _: None)
