"""What is in the database, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.care.service import Care, LogLevel, StorageStatistics
from hourloom.core.actors import Actor
from hourloom.core.clock import Instant, datetime_of, parse_instant
from hourloom.web.routes import Routes

routes = Routes("/api/v1", "server")


class TableView(msgspec.Struct):
    """One table with its indexes."""

    name: str
    rows: int
    bytes: int
    dead_rows: int
    """Rows that were deleted or replaced and still take space; PostgreSQL alone keeps such."""


class StatisticsView(msgspec.Struct):
    """What is in the database; gathered at most every ten minutes."""

    at: datetime
    database: str
    """`sqlite` or `postgresql`."""
    tables: list[TableView]
    sizes_are_estimates: bool
    """Worked out from some rows of each table, where the engine does not tell sizes."""
    bytes: int
    free_bytes: int
    """Space within the file that nothing uses."""
    gives_space_back: bool
    """Whether such space goes back to the disk by and by; not so in files of early versions."""
    log_bytes: int
    payloads: int
    unused_payloads: int
    """Payloads that no event has: the daily clean-up deletes them."""
    deleted_buckets: int
    undoable_operations: int
    events_kept_for_undo: int
    oldest_event: datetime | None
    newest_event: datetime | None


class LogLine(msgspec.Struct):
    """One record of the server's log."""

    at: datetime
    level: str
    logger: str
    message: str


class LogView(msgspec.Struct):
    """The last records of the server's log, the newest first."""

    lines: list[LogLine]


LogLines = Annotated[int, Meta(ge=1, le=500)]


@routes.on("GET", "/server/log", scope="admin")
def show_log_lines(care: Care, who: Actor, level: LogLevel = "info", limit: LogLines = 200) -> LogView:
    """Show the last records of the server's log of a level and graver ones; no titles are in it."""
    return LogView([_line(each) for each in care.log(who, level, limit)])


@routes.on("GET", "/server/statistics", scope="server:read")
def show_statistics(care: Care, who: Actor) -> StatisticsView:
    """Show what is in the database: tables, rows, sizes, what is deleted and what is free."""
    return _view(care.statistics(who))


def _line(of: Mapping[str, str]) -> LogLine:
    return LogLine(datetime_of(parse_instant(of["timestamp"])), of["level"], of["logger"], of["message"])


def _view(found: StorageStatistics) -> StatisticsView:
    stored = found.stored
    return StatisticsView(
        at=datetime_of(found.at),
        database=found.dialect,
        tables=[TableView(t.name, t.rows, t.size, t.dead_rows) for t in stored.tables],
        sizes_are_estimates=stored.estimated,
        bytes=stored.size,
        free_bytes=stored.free,
        gives_space_back=stored.gives_back,
        log_bytes=found.log_size,
        payloads=found.payloads,
        unused_payloads=found.unused_payloads,
        deleted_buckets=found.deleted_buckets,
        undoable_operations=found.undoable_operations,
        events_kept_for_undo=found.kept_events,
        oldest_event=_moment(found.oldest_event),
        newest_event=_moment(found.newest_event),
    )


def _moment(instant: Instant | None) -> datetime | None:
    return None if instant is None else datetime_of(instant)
