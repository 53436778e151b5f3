from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.testing import PostgresServer, new_sqlite_file, open_postgres, open_sqlite
from tests.archive.a_home import Home, a_home


@pytest.fixture
def data_key() -> None:
    """These databases are plain; that archives are sealed is looked at where the keys are at hand."""


@pytest.fixture
def home(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """A server on either database."""
    yield from _homes(dialect, tmp_path / "home", request)


@pytest.fixture
def other(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """Another server, on the same kind of database, with nothing in it."""
    yield from _homes(dialect, tmp_path / "other", request)


def _homes(dialect: str, top: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    top.mkdir()
    if dialect == "sqlite":
        path = new_sqlite_file(top / "hourloom.db", None)
        with a_home(lambda record, publish: open_sqlite(path, None, record, publish), top) as home:
            yield home
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    name = postgres.new_database()
    url = postgres.url(name)
    with a_home(lambda record, publish: open_postgres(url, record, publish), top) as home:
        yield home
    postgres.drop(name)
