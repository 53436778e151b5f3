"""The database file of either ActivityWatch server, read by id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hourloom.core.errors import Invalid
from hourloom.imports.activitywatch.dialects import Cells, Dialect, dialect_of
from hourloom.imports.activitywatch.export import UnknownBucket, bucket_data, created_at
from hourloom.imports.activitywatch.readonly import DatabaseInMemory, ReadOnlyDatabase
from hourloom.imports.model import (
    BATCH,
    Batch,
    Cursor,
    FaultyData,
    FaultyEvent,
    SourceBucket,
    SourceEvent,
    batch_of,
)


class ForeignDatabase(Invalid):
    """{name} is a database, but not one of ActivityWatch's servers."""


class DatabaseFile:
    """A database of aw-server, aw-server-rust or aw-core; its server may be running."""

    def __init__(self, path: Path, file: ReadOnlyDatabase | DatabaseInMemory | None = None) -> None:
        self._path = path
        self._file = file or ReadOnlyDatabase(path)
        self._dialect = self._recognised()
        self._keys: dict[str, object] | None = None

    @property
    def title(self) -> str:
        """Say whose database this is."""
        return f"{self._dialect.title} {self._path.name}"

    def buckets(self) -> list[SourceBucket]:
        """Return all buckets in the order of their making."""
        counts = {row[0]: row[1] for row in self._file.rows(self._dialect.counts, {})}
        rows = self._file.rows(self._dialect.buckets, {})
        self._keys = {_text(row[1]): row[0] for row in rows}
        return [_bucket(row, counts.get(row[0], 0)) for row in rows]

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        """Yield events in the order of their ids; the cursor is the last id."""
        values = {"key": self._key(bucket_id), "after": int(after or 0), "count": BATCH}
        while rows := self._file.rows(self._dialect.events, values):
            values["after"] = rows[-1][0]
            events = [self._read(row) for row in rows]
            yield batch_of(events, Cursor(str(values["after"])))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _recognised(self) -> Dialect:
        dialect = dialect_of(self._file.connection)
        if dialect is None:
            self._file.close()
            raise ForeignDatabase(name=self._path.name)
        return dialect

    def _key(self, bucket_id: str) -> object:
        if self._keys is None:
            self.buckets()
        if self._keys is None or bucket_id not in self._keys:
            raise UnknownBucket(name=self._path.name, bucket=bucket_id)
        return self._keys[bucket_id]

    def _read(self, row: tuple[object, ...]) -> SourceEvent | FaultyEvent:
        cells: Cells = (row[1], row[2], row[3] if isinstance(row[3], bytes) else None)
        try:
            return self._dialect.read(cells)
        except FaultyData as fault:
            return FaultyEvent(f"row {row[0]}", fault.message)


def _text(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else ""


def _bucket(row: tuple[object, ...], count: object) -> SourceBucket:
    _, id_, type_, client, hostname, created, data, name = (_text(cell) for cell in row)
    return SourceBucket(
        id=id_,
        type=type_ or "unknown",
        client=client or "unknown",
        hostname=hostname or "unknown",
        created=created_at(created),
        data=bucket_data(data.encode()) if data else b"{}",
        name=name or None,
        event_count=count if isinstance(count, int) else None,
    )
