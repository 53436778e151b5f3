"""What is in the database, over HTTP."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hourloom.care.service import Care, StorageStatistics
from hourloom.core.actors import Actor
from hourloom.core.clock import Instant, datetime_of
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


@routes.on("GET", "/server/statistics", scope="server:read")
def show_statistics(care: Care, who: Actor) -> StatisticsView:
    """Show what is in the database: tables, rows, sizes, what is deleted and what is free."""
    return _view(care.statistics(who))


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
