"""A file that crashes or hangs its reader is refused with one sentence, and the server lives."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from hourloom.imports.activitywatch import apart
from hourloom.testing import ServerInMemory
from hourloom.workers import attempts
from hourloom.workers.model import Limits
from tests.cli.program import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals are those of POSIX")

EXPORT = b'{"buckets": {"b": {"id": "b", "type": "t", "client": "c", "hostname": "h", "events": []}}}'


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("begin_crashing", "crashed (SIGSEGV)"),
        ("begin_hanging", "gave no answer for 0.3 s"),
        ("no_such_function", "ended early (1)"),
    ],
)
def test_an_upload_that_takes_its_reader_over_gets_nothing(
    server: ServerInMemory, monkeypatch: pytest.MonkeyPatch, function: str, says: str
) -> None:
    # Only one hangs; a machine that is busy takes its time to end the others.
    silent = 0.3 if "0.3 s" in says else 60
    with monkeypatch.context() as patch:
        patch.setattr(apart, "FUNCTION", f"{attempts.__name__}:{function}")
        patch.setattr(apart, "_limits", lambda size, writes: Limits(silent_seconds=silent))
        refused = server.client.request("POST", "/api/0/import", content=EXPORT, headers=JSON)
    assert refused.status == 400
    assert refused.json()["message"] == f"It cannot be read: the process that reads it {says}."
    assert server.client.get("/api/0/buckets/").json() == {}
    assert server.client.request("POST", "/api/0/import", content=EXPORT, headers=JSON).status == 200
    assert list(server.client.get("/api/0/buckets/").json()) == ["b"]


JSON = {"content-type": "application/json"}


def test_a_database_that_computes_without_end_ends_the_worker_and_not_the_command(
    hourloom: Program, tmp_path: Path
) -> None:
    bomb = a_bomb(tmp_path / "bomb.db")
    with hourloom.running():
        said = hourloom.refused("import", "activitywatch", str(bomb))
        assert "the process that reads it needed over 256 MiB of memory" in said
        assert hourloom("status").returncode == 0


@pytest.fixture
def hourloom(tmp_path: Path) -> Program:
    return Program(tmp_path)


def a_bomb(path: Path) -> Path:
    """Make a database whose table of events is a view that makes ever larger rows."""
    connection = sqlite3.connect(path)
    connection.executescript("""
        CREATE TABLE buckets (id INTEGER PRIMARY KEY, name, type, client, hostname, created, data);
        CREATE VIEW events AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT i AS id, zeroblob(900000000) AS bucketrow, 1 AS starttime, 2 AS endtime, '{}' AS data
            FROM n;
        INSERT INTO buckets(name) VALUES ('b');
        PRAGMA user_version = 5;
    """)
    connection.close()
    return path
