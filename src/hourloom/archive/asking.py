"""What one asks a worker that reads an archive, and what it answers."""

from __future__ import annotations

import msgspec

FUNCTION = "hourloom.archive.reading:begin"
"""What the worker runs."""


class FileToRead(msgspec.Struct, frozen=True):
    """The key of the open file that the archive lies in."""

    key: bytes | None


class ReadManifest(msgspec.Struct, frozen=True, tag="manifest"):
    """Tell what the archive says of itself."""


class ReadRows(msgspec.Struct, frozen=True, tag="rows"):
    """Read the lines of a table, behind so many."""

    table: str
    rows: int
    """How many one answer may hold."""
    skipped: int = 0


class Chunk(msgspec.Struct, frozen=True):
    """Some lines that follow each other."""

    first: int
    """How many lines are before them."""
    count: int
    lines: bytes


Asked = ReadManifest | ReadRows

decode_request = msgspec.msgpack.Decoder(Asked).decode
