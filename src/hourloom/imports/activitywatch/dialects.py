"""The database layouts of ActivityWatch's servers: how each names things and writes times."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from hourloom.core.clock import NotAnInstant, parse_instant
from hourloom.imports.activitywatch.events import checked, nanoseconds
from hourloom.imports.model import FaultyData, SourceEvent

Cells = tuple[object, object, bytes | None]
"""Two columns about time and the data, which is None when it is too large to hold."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One layout. Statements for buckets give key, id, type, client, hostname, created, data, name."""

    title: str
    buckets: str
    counts: str
    events: str
    read: Callable[[Cells], SourceEvent]


def _read_peewee(cells: Cells) -> SourceEvent:
    moment, seconds, data = cells
    if not isinstance(moment, bytes) or not isinstance(seconds, int | float):
        raise FaultyData(reason="its times have an unexpected type")
    try:
        start = parse_instant(moment.decode("ascii", "replace"))
    except NotAnInstant:
        raise FaultyData(reason="its timestamp is no time from 1970 on") from None
    return checked(start, start + nanoseconds(seconds) // 1000, _held(data))


def _read_nanoseconds(cells: Cells) -> SourceEvent:
    start, end, data = cells
    if not isinstance(start, int) or not isinstance(end, int):
        raise FaultyData(reason="its times have an unexpected type")
    return checked(start // 1000, end // 1000, _held(data))


def _read_microseconds(cells: Cells) -> SourceEvent:
    start, end, data = cells
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        raise FaultyData(reason="its times have an unexpected type")
    return checked(round(start), round(end), _held(data))


def _held(data: bytes | None) -> bytes:
    if not isinstance(data, bytes):
        raise FaultyData(reason="its data is missing or larger than 1 MiB")
    return data


# `+` keeps SQLite from using the bucket's index: walking the primary key from the last id on is
# one pass over the table per bucket, while the index would be sorted anew for every batch.
_PEEWEE_EVENTS = """
    SELECT id, timestamp, duration,
           CASE WHEN length(CAST(datastr AS BLOB)) <= 1048576 THEN datastr END
    FROM eventmodel WHERE +bucket_id = :key AND id > :after ORDER BY id LIMIT :count"""
_PEEWEE_COUNTS = "SELECT bucket_id, COUNT(*) FROM eventmodel GROUP BY bucket_id"

PEEWEE = Dialect(
    "aw-server's database",
    "SELECT key, id, type, client, hostname, created, datastr, name FROM bucketmodel ORDER BY key",
    _PEEWEE_COUNTS,
    _PEEWEE_EVENTS,
    _read_peewee,
)
PEEWEE_WITHOUT_DATA = Dialect(
    "an old aw-server's database",
    "SELECT key, id, type, client, hostname, created, '{}', name FROM bucketmodel ORDER BY key",
    _PEEWEE_COUNTS,
    _PEEWEE_EVENTS,
    _read_peewee,
)

_RUST_EVENTS = """
    SELECT id, starttime, endtime, CASE WHEN length(CAST(data AS BLOB)) <= 1048576 THEN data END
    FROM events WHERE +bucketrow = :key AND id > :after ORDER BY id LIMIT :count"""
_ROW_COUNTS = "SELECT bucketrow, COUNT(*) FROM events GROUP BY bucketrow"

RUST = Dialect(
    "aw-server-rust's database",
    "SELECT id, name, type, client, hostname, created, data, NULL FROM buckets ORDER BY id",
    _ROW_COUNTS,
    _RUST_EVENTS,
    _read_nanoseconds,
)
RUST_WITHOUT_DATA = Dialect(
    "an old aw-server-rust's database",
    "SELECT id, name, type, client, hostname, created, '{}', NULL FROM buckets ORDER BY id",
    _ROW_COUNTS,
    _RUST_EVENTS,
    _read_nanoseconds,
)
CORE = Dialect(
    "a database of aw-core's sqlite storage",
    "SELECT rowid, id, type, client, hostname, created, datastr, name FROM buckets ORDER BY rowid",
    _ROW_COUNTS,
    """
    SELECT id, starttime, endtime,
           CASE WHEN length(CAST(datastr AS BLOB)) <= 1048576 THEN datastr END
    FROM events WHERE +bucketrow = :key AND id > :after ORDER BY id LIMIT :count""",
    _read_microseconds,
)

_RUST_DATA_SINCE = 3
"""Version 2 had the column, but wrote it wrongly; version 3 began anew."""


def dialect_of(connection: sqlite3.Connection) -> Dialect | None:
    """Recognise the layout by its tables and columns; None if it is none of ActivityWatch's."""
    if {"id", "timestamp", "duration", "datastr"} <= _columns(connection, "eventmodel"):
        return PEEWEE if "datastr" in _columns(connection, "bucketmodel") else PEEWEE_WITHOUT_DATA
    events = _columns(connection, "events")
    if not {"id", "bucketrow", "starttime", "endtime"} <= events:
        return None
    if "datastr" in events:
        return CORE
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return RUST if version >= _RUST_DATA_SINCE else RUST_WITHOUT_DATA


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    rows = connection.execute("SELECT name FROM pragma_table_info(:table)", {"table": table})
    return {name.decode() for (name,) in rows}
