"""Where another tracker's data is, and its batches as the commands take them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from hourloom.cli.handed import Source as HandedSource
from hourloom.cli.handed import SourceBatch, SourceBucket, SourceEvent
from hourloom.imports.activitywatch.apart import SourceApart
from hourloom.imports.activitywatch.asking import Kind
from hourloom.imports.activitywatch.opening import open_source
from hourloom.imports.model import Cursor
from hourloom.imports.ports import Source


class OpenSource:
    """A source whose faulty events are sentences already."""

    def __init__(self, source: Source, identity: str) -> None:
        self._source = source
        self.identity = identity

    @property
    def title(self) -> str:
        return self._source.title

    def buckets(self) -> list[SourceBucket]:
        return cast("list[SourceBucket]", self._source.buckets())

    def events(self, bucket_id: str, after: str | None) -> Iterator[SourceBatch]:
        for batch in self._source.events(bucket_id, None if after is None else Cursor(after)):
            faulty = [f"{bucket_id}, {one.where}: {one.reason}" for one in batch.faulty]
            yield SourceBatch(cast("list[SourceEvent]", batch.events), faulty, batch.cursor)

    def close(self) -> None:
        self._source.close()


def opened(place: str, token: str | None) -> HandedSource:
    """Open what a person named."""
    source = open_source(place, token)
    return OpenSource(source, _identity(place, source))


def _identity(place: str, source: Source) -> str:
    """Return the address or path, and for an export its state too: a cursor there is a place in the file."""
    if not isinstance(source, SourceApart):
        return place
    path = Path(place).expanduser().resolve()
    if source.kind is not Kind.EXPORT:
        return str(path)
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
