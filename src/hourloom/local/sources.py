"""Where another tracker's data is, and its batches as the commands take them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from hourloom.cli.handed import Source as HandedSource
from hourloom.cli.handed import SourceBatch, SourceBucket, SourceEvent
from hourloom.core.errors import HourloomError
from hourloom.imports.activitywatch.apart import SourceApart, kind_of
from hourloom.imports.activitywatch.asking import Kind
from hourloom.imports.activitywatch.opening import open_source
from hourloom.imports.model import Cursor
from hourloom.imports.ports import Source
from hourloom.web.server.occupant import who_listens

PORTS = (5600, 5666)
FILES = (
    "aw-server/peewee-sqlite.v2.db",
    "aw-server-rust/sqlite.db",
    "aw-server/sqlite.v1.db",
)
NAMES = {
    Kind.EXPORT: "an export of ActivityWatch",
    Kind.PYTHON_DATABASE: "the database of aw-server",
    Kind.RUST_DATABASE: "the database of aw-server-rust",
    Kind.CORE_DATABASE: "the database of an old aw-server",
}


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


def found(environment: Mapping[str, str] = os.environ) -> Iterator[tuple[str, str]]:
    """Yield the running servers and the databases of ActivityWatch that are in their usual places."""
    for port in PORTS:
        occupant = who_listens("127.0.0.1", port)
        if occupant is not None and occupant.kind == "activitywatch":
            yield f"http://127.0.0.1:{port}", occupant.name
    for directory in _directories(environment):
        for name in FILES:
            path = directory / name
            if path.is_file() and (kind := _kind(path)) is not None:
                yield str(path), kind


def _kind(path: Path) -> str | None:
    try:
        return NAMES[kind_of(path)]
    except HourloomError:
        return None


def _directories(environment: Mapping[str, str]) -> list[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        return [home / "Library/Application Support/activitywatch"]
    if sys.platform == "win32":
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData/Local")
        return [local / "activitywatch/activitywatch", local / "activitywatch"]
    return [Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "activitywatch"]
