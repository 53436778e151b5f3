"""The check of all SQL finds each kind of fault, and none in the source as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.db.check import (
    MAY_SCAN,
    SOURCE,
    Planner,
    PostgresPlanner,
    faults_of,
    source_files,
    sqlite_planner,
)
from hourloom.testing import PostgresServer

HEADER = """
import msgspec
from hourloom.db.statements import ByDialect


class User(msgspec.Struct):
    id: int
    name: str
    created_at: int


def in_order(id, name): ...

"""


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Planner]:
    with sqlite_planner() as planner:
        yield planner


@pytest.fixture
def postgres(postgres_server: PostgresServer, postgres_name: str) -> Iterator[Planner]:
    with postgres_server.connect(postgres_name) as connection:
        yield PostgresPlanner(connection)


def faults(directory: Path, body: str, *planners: Planner) -> str:
    path = directory / "store.py"
    path.write_text(f"{HEADER}def some(tx, name, rows):\n    {body}\n", "utf-8")
    return "\n".join(faults_of([path], planners, directory))


GOOD = [
    'tx.rows("SELECT id FROM users WHERE name = :name", name=name)',
    'tx.many("INSERT INTO users (name, created_at) VALUES (:name, 0)", [{"name": n} for n in rows])',
    'tx.one(User, "SELECT id, name, created_at FROM users")',
    "tx.all(User, \"INSERT INTO users (name, created_at) VALUES ('a;b', 0) RETURNING id, name, created_at\")",
    'tx.one(in_order, "SELECT id, name FROM users")',
    'tx.value(ByDialect(sqlite="SELECT :name", postgresql="SELECT :name::text"), name=name)',
    'other.rows(f"not {name}")',
]


@pytest.mark.parametrize("body", GOOD)
@pytest.mark.postgres
def test_what_is_right_passes(tmp_path: Path, sqlite: Planner, postgres: Planner, body: str) -> None:
    assert faults(tmp_path, body, sqlite, postgres) == ""


BAD = {
    'tx.rows(f"SELECT {name}")': "literal",
    'tx.rows("SELECT %s" % name)': "literal",
    'tx.rows("SELECT " + name)': "literal",
    'tx.rows("SELECT {}".format(name))': "literal",
    "tx.rows(name)": "literal",
    'tx.rows(ByDialect(sqlite=name, postgresql="SELECT 1"))': "literal",
    'tx.rows(ByDialect("SELECT 1", "SELECT 1"))': "literal",
    'tx.rows(sql="SELECT 1")': "by position",
    'tx.rows("SELECT :name")': "parameter :name is not passed",
    'tx.rows("SELECT 1", name=name)': "parameter name is passed and not used",
    'tx.rows("SELECT :name", **name)': "**",
    'tx.many("DELETE FROM users WHERE id = :id", rows)': "list comprehension",
    'tx.many("DELETE FROM users WHERE id = :id", [{"name": n} for n in rows])': ":id is not passed",
    'tx.one(User, "SELECT id, created_at, name FROM users")': "are not the fields",
    'tx.one(User, "SELECT id, name FROM users")': "are not the fields",
    'tx.one(in_order, "SELECT id FROM users")': "1 columns for a function of 2",
    'tx.one(Unknown, "SELECT id FROM users")': "name of this module",
    'tx.rows("SELECT nothing FROM users")': "nothing",
    'tx.rows("SELECT id FROM nowhere")': "nowhere",
    'tx.execute("DROP TABLE users")': "must be one of",
    'tx.execute("ROLLBACK")': "must be one of",
    'tx.execute("DELETE FROM users; DELETE FROM users")': "a single one",
    'tx.rows("SELECT id FROM events WHERE ended_at > 5")': "from end to end",
    'tx.rows("SELECT e.id FROM events AS e WHERE e.ended_at > 5")': "from end to end",
    'tx.rows("SELECT p.id FROM users u JOIN payloads p ON p.body = u.name")': "from end to end",
    'tx.rows(ByDialect(sqlite="SELECT 1", postgresql="SELECT json(1)"))': "json",
    'tx.rows(ByDialect(sqlite="SELECT now()", postgresql="SELECT now()"))': "sqlite: no such function",
    'self._tx.rows(f"SELECT {name}")': "literal",
}


@pytest.mark.parametrize("body", BAD)
@pytest.mark.postgres
def test_each_fault_is_found(tmp_path: Path, sqlite: Planner, postgres: Planner, body: str) -> None:
    assert BAD[body] in faults(tmp_path, body, sqlite, postgres)


@pytest.mark.postgres
def test_the_source_has_no_fault(sqlite: Planner, postgres: Planner) -> None:
    assert faults_of(source_files(), [sqlite, postgres]) == []


def test_the_stores_are_among_the_files() -> None:
    names = {path.relative_to(SOURCE).as_posix() for path in source_files()}
    assert {"tracking/store/events.py", "web/idempotency.py", "live/store.py"} <= names
    assert not any(name.startswith("db/") for name in names)


def test_each_reason_for_a_walk_names_a_function_that_there_is() -> None:
    for place in MAY_SCAN:
        path, function = place.split(" ")
        assert f"def {function}(" in (SOURCE / path).read_text("utf-8")
