"""What deleted rows leave in a file, found under its encryption; and the rows that overwrite it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.sqlite import connect
from hourloom.testing import OpenDatabase
from hourloom.tracking.wiping import PayloadRow, fill_page, growth_into, write_anew
from tests.conftest import KEY

if TYPE_CHECKING:
    from sqlite3 import Connection

    from hourloom.db.transaction import Rows, SpoiltPage, Transaction


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture(params=[KEY, None], ids=["encrypted", "plain"])
def data_key(request: pytest.FixtureRequest) -> bytes | None:
    key: bytes | None = request.param
    return key


@pytest.fixture
def live(database_file: Path, data_key: bytes | None) -> set[int]:
    """Add and delete payloads until some lie where rows were moved away; return which are left."""
    connection = connect(database_file, data_key)
    connection.execute("INSERT INTO users VALUES (1, 'u', 0)")
    connection.execute("INSERT INTO workspaces VALUES (1, 'w', x'00', 0)")
    chance, numbers = random.Random(3), set[int]()
    for _ in range(8):
        churn(connection, numbers, chance)
    connection.close()
    return numbers


def churn(connection: Connection, numbers: set[int], chance: random.Random) -> None:
    connection.execute("BEGIN")
    for _ in range(900):
        number = max(numbers, default=0) + 1
        body = f"canary {number} " + "x" * chance.randrange(10, 400)
        connection.execute(
            "INSERT INTO payloads VALUES (?, 1, ?, ?, '', '', 0)", (number, chance.randbytes(16), body)
        )
        numbers.add(number)
    gone = chance.sample(sorted(numbers - {max(numbers)}), len(numbers) // 2)
    connection.executemany("DELETE FROM payloads WHERE id = ?", [(number,) for number in gone])
    numbers.difference_update(gone)
    connection.execute("COMMIT")


@pytest.fixture
def database(open_database: OpenDatabase, live: set[int]) -> Iterator[EmbeddedDatabase]:
    database = open_database(lambda tx, collected: [], lambda changes: None)
    assert isinstance(database, EmbeddedDatabase)
    yield database
    database.close()


@pytest.mark.parametrize("fills", [[fill_page], [write_anew, fill_page]], ids=["filled", "written anew"])
def test_traces_are_found_and_overwritten(
    database: EmbeddedDatabase, live: set[int], fills: Sequence[Callable[[Transaction, SpoiltPage], None]]
) -> None:
    bodies = payloads(database)
    assert database.traces(["payloads"]).left > 0
    for fill in fills:
        overwrite(database, fill)
    traces = database.traces(["payloads"])
    assert (traces.left, traces.spoilt) == (0, [])
    assert payloads(database) == bodies
    assert {number for number, _ in bodies} == live
    assert database.is_sound()


def overwrite(database: EmbeddedDatabase, fill: Callable[[Transaction, SpoiltPage], None]) -> None:
    spoilt = database.traces(["payloads"]).spoilt

    def write() -> None:
        with database.begin() as tx:
            for page in spoilt:
                fill(tx, page)

    database.write(write)


def payloads(database: EmbeddedDatabase) -> Rows:
    with database.read() as tx:
        return tx.rows("SELECT id, body FROM payloads ORDER BY id")


def test_looking_empties_the_log_and_lets_others_write(database: EmbeddedDatabase, tmp_path: Path) -> None:
    log = tmp_path / "hourloom.db-wal"
    database.write(lambda: touch(database))
    assert log.stat().st_size > 0
    assert database.traces(["payloads"]).pages > 100
    assert log.stat().st_size == 0
    database.write(lambda: touch(database))


def touch(database: EmbeddedDatabase) -> None:
    with database.begin() as tx:
        tx.execute("UPDATE users SET created_at = created_at + 1")


def test_a_fresh_file_has_no_traces(
    migrated_files: dict[bytes | None, Path], data_key: bytes | None, tmp_path: Path
) -> None:
    file = Path(shutil.copy(migrated_files[data_key], tmp_path / "fresh.db"))
    database = EmbeddedDatabase(file, data_key, record=lambda tx, collected: [], publish=lambda changes: None)
    assert database.traces(["payloads", "idempotency_keys"]).left == 0
    database.close()


@pytest.mark.parametrize("length", [0, 40, 57, 58, 90, 127, 128, 2_000])
def test_a_row_grows_by_what_is_free_and_no_more(length: int) -> None:
    row = PayloadRow(77, 1, bytes(16), "x" * length)
    for room in (1, 2, 3, 60, 500, 1_500):
        assert room - 3 <= growth_into(row, room, 3_981) <= room
    assert growth_into(row, 10_000, 3_981) < 3_981 - length
    assert growth_into(row._replace(body="x" * 5_000), 100, 3_981) == 0


@pytest.mark.parametrize("left", [0, 1, 2, 5])
def test_a_table_of_few_rows_is_overwritten_too(
    database: EmbeddedDatabase, live: set[int], left: int
) -> None:
    def empty() -> None:
        with database.begin() as tx:
            tx.execute("DELETE FROM payloads WHERE id <= :last", last=sorted(live)[-1 - left])

    database.write(empty)
    overwrite(database, fill_page)
    assert database.traces(["payloads"]).left == 0
    assert len(payloads(database)) == left
