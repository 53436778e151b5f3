"""What one asks a worker that reads a file of ActivityWatch, and what it tells of the file."""

from __future__ import annotations

from enum import Enum

import msgspec

from hourloom.imports.model import Cursor


class Kind(Enum):
    """What a file can be."""

    EXPORT = "export"
    PYTHON_DATABASE = "aw-server database"
    RUST_DATABASE = "aw-server-rust database"
    CORE_DATABASE = "aw-core database"


class FileToRead(msgspec.Struct, frozen=True):
    """A file by its path, or open already and then an export."""

    path: str
    key: bytes | None = None


class Description(msgspec.Struct, frozen=True):
    """What the file turned out to be."""

    kind: Kind
    title: str


class TellKind(msgspec.Struct, frozen=True, tag="kind"):
    """Tell what the file is."""


class ListBuckets(msgspec.Struct, frozen=True, tag="buckets"):
    """List its buckets."""


class ReadEvents(msgspec.Struct, frozen=True, tag="events"):
    """Read the events of one bucket, from a cursor on."""

    bucket: str
    after: Cursor | None


Asked = TellKind | ListBuckets | ReadEvents

FUNCTION = "hourloom.imports.activitywatch.reading:begin"
"""What the worker runs; it alone loads the drivers."""


def is_database(head: bytes) -> bool:
    """Return whether a file that begins so is a database of SQLite's."""
    return head.startswith(b"SQLite format 3\0")
