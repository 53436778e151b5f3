"""Exports and databases made up for a test, with sensible defaults."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from hourloom.imports.model import FaultyEvent, SourceEvent
from hourloom.imports.ports import Source

MARCH_4 = 1_709_542_800_000_000
"""2024-03-04T09:00:00Z."""


def an_event(**changes: Any) -> dict[str, Any]:
    event = {"timestamp": "2024-03-04T09:00:00+00:00", "duration": 60, "data": {"app": "Code"}}
    return {**event, **changes}


def a_bucket(*events: Any, id: str = "window_desk", **changes: Any) -> dict[str, Any]:
    bucket: dict[str, Any] = {
        "id": id,
        "created": "2024-03-01T00:00:00+00:00",
        "name": None,
        "type": "currentwindow",
        "client": "aw-watcher-window",
        "hostname": "desk",
        "data": {},
        "events": list(events),
    }
    return {**bucket, **changes}


def an_export(*buckets: dict[str, Any]) -> dict[str, Any]:
    return {"buckets": {bucket["id"]: bucket for bucket in buckets}}


def written(directory: Path, content: object, name: str = "export.json") -> Path:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def all_of(source: Source, bucket_id: str = "window_desk") -> tuple[list[SourceEvent], list[FaultyEvent]]:
    batches = list(source.events(bucket_id))
    return (
        [event for batch in batches for event in batch.events],
        [fault for batch in batches for fault in batch.faulty],
    )


RUST_STEPS = [
    """
    CREATE TABLE buckets (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, type TEXT NOT NULL,
        client TEXT NOT NULL, hostname TEXT NOT NULL, created TEXT NOT NULL);
    CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, bucketrow INTEGER NOT NULL,
        starttime INTEGER NOT NULL, endtime INTEGER NOT NULL, data TEXT NOT NULL,
        FOREIGN KEY (bucketrow) REFERENCES buckets(id));
    CREATE INDEX events_bucketrow_index ON events(bucketrow);
    """,
    "ALTER TABLE buckets ADD COLUMN data TEXT DEFAULT '{}';",
    """
    ALTER TABLE buckets RENAME COLUMN data TO data_deprecated;
    ALTER TABLE buckets ADD COLUMN data TEXT NOT NULL DEFAULT '{}';
    """,
    "CREATE TABLE key_value (key TEXT PRIMARY KEY, value TEXT, last_modified NUMBER NOT NULL);",
    """
    DROP INDEX events_bucketrow_index;
    CREATE INDEX events_bucketrow_starttime_endtime_index ON events(bucketrow, starttime DESC, endtime);
    """,
    "CREATE INDEX events_bucketrow_endtime_starttime_index ON events(bucketrow, endtime, starttime DESC);",
]


def a_rust_database(path: Path, version: int = 5, journal: str = "wal") -> sqlite3.Connection:
    """Make a database as aw-server-rust of this schema version does, with one bucket."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    for step in RUST_STEPS[:version]:
        connection.executescript(step)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute(
        "INSERT INTO buckets(name, type, client, hostname, created)"
        " VALUES ('window_desk', 'currentwindow', 'aw-watcher-window', 'desk', '2024-03-01T00:00:00.123456Z')"
    )
    return connection


def add_rust_event(
    connection: sqlite3.Connection, start: int, end: int, data: object, bucket: int = 1
) -> None:
    """Insert an event whose times are nanoseconds."""
    connection.execute(
        "INSERT INTO events(bucketrow, starttime, endtime, data) VALUES (?, ?, ?, ?)",
        (bucket, start, end, data),
    )


def a_python_database(path: Path, *, current: bool = True, with_data: bool = True) -> sqlite3.Connection:
    """Make a database as aw-server does: current, or as before aw-core 0.5.18."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {'wal' if current else 'delete'}")
    datastr = ", datastr VARCHAR(255)" if with_data else ""
    indexes = (
        "CREATE INDEX eventmodel_bucket_id_timestamp ON eventmodel (bucket_id, timestamp);"
        if current
        else "CREATE INDEX eventmodel_bucket_id ON eventmodel (bucket_id);"
        "CREATE INDEX eventmodel_timestamp ON eventmodel (timestamp);"
    )
    connection.executescript(f"""
        CREATE TABLE bucketmodel (key INTEGER NOT NULL PRIMARY KEY, id VARCHAR(255) NOT NULL UNIQUE,
            created DATETIME NOT NULL, name VARCHAR(255), type VARCHAR(255) NOT NULL,
            client VARCHAR(255) NOT NULL, hostname VARCHAR(255) NOT NULL{datastr});
        CREATE TABLE eventmodel (id INTEGER NOT NULL PRIMARY KEY, bucket_id INTEGER NOT NULL,
            timestamp DATETIME NOT NULL, duration DECIMAL(10, 5) NOT NULL, datastr VARCHAR(255) NOT NULL);
        {indexes}
        INSERT INTO bucketmodel(key, id, created, name, type, client, hostname)
            VALUES (1, 'window_desk', '2024-03-01 00:00:00+00:00', NULL, 'currentwindow', 'aw-watcher-window',
                    'desk');
    """)
    return connection


def add_python_event(connection: sqlite3.Connection, moment: object, duration: object, data: object) -> None:
    connection.execute(
        "INSERT INTO eventmodel(bucket_id, timestamp, duration, datastr) VALUES (1, ?, ?, ?)",
        (moment, duration, data),
    )
