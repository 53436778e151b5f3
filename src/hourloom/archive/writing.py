"""Write an archive: a zip of JSON lines, a file for each table, and the manifest at its end.

The same rows always give the same bytes: the order is fixed, and no file says when it was written.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple, cast

import msgspec

from hourloom import __version__
from hourloom.archive.model import (
    FORMAT,
    MANIFEST,
    WRITTEN_RATIO,
    ArchiveFile,
    ArchiveManifest,
    Progress,
    file_of,
    is_too_dense,
)
from hourloom.archive.ports import AnyTable
from hourloom.core.archiving import Outgoing
from hourloom.db.transaction import Transaction

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first day that zips know."""
LEVEL = 6
_REGULAR_AND_PRIVATE = 0o100600 << 16
_UNIX = 3


class Written(NamedTuple):
    """What was written."""

    manifest: ArchiveManifest
    bytes: int
    sha256: str
    too_dense: bool
    """Whether compression made so little of it that reading would refuse it as a bomb."""


class _Counted:
    """A file that is written from its beginning to its end, and what went into it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size, self.digest = 0, hashlib.sha256()

    def write(self, content: bytes) -> int:
        self._file.write(content)
        self.digest.update(content)
        self.size += len(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing: what it writes to is flushed in the end."""


def write_archive(
    file: BinaryIO,
    tx: Transaction,
    tables: Sequence[AnyTable],
    out: Outgoing,
    schema: str,
    progress: Progress,
    *,
    packed: bool = True,
) -> Written:
    """Write all rows of a workspace, as they are in this transaction."""
    counted = _Counted(file)
    total, done = sum(table.count(tx, out) for table in tables), 0
    facts: list[ArchiveFile] = []
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(cast("BinaryIO", counted), "w") as archive:
        for table in tables:
            written = _Table(archive, file_of(table.name), method)
            for rows in table.going_out(tx, out):
                written.put(rows)
                done += len(rows)
                progress(done, max(total, done))
            facts.append(written.close(table.name))
        manifest = ArchiveManifest(FORMAT, __version__, schema, tuple(facts))
        body = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
        with archive.open(_entry(MANIFEST, method), "w", force_zip64=True) as entry:
            entry.write(body)
        too_dense = _too_dense(archive.infolist())
    return Written(manifest, counted.size, counted.digest.hexdigest(), too_dense)


class _Table:
    """One file that is being written."""

    def __init__(self, archive: zipfile.ZipFile, name: str, method: int) -> None:
        self._entry = archive.open(_entry(name, method), "w", force_zip64=True)
        self._encode = msgspec.json.Encoder().encode_lines
        self._digest = hashlib.sha256()
        self._rows = self._size = self._last = 0

    def put(self, rows: Sequence[msgspec.Struct]) -> None:
        lines = self._encode(rows)
        self._entry.write(lines)
        self._digest.update(lines)
        self._rows += len(rows)
        self._size += len(lines)
        if rows:
            self._last = getattr(rows[-1], "id", 0)

    def close(self, name: str) -> ArchiveFile:
        self._entry.close()
        return ArchiveFile(name, self._rows, self._size, self._digest.hexdigest(), self._last)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type, entry.create_system, entry.external_attr = method, _UNIX, _REGULAR_AND_PRIVATE
    entry._compresslevel = LEVEL  # type: ignore[attr-defined]  # noqa: SLF001 - public from Python 3.13 on
    return entry


def _too_dense(entries: Iterable[zipfile.ZipInfo]) -> bool:
    return any(is_too_dense(entry.file_size, entry.compress_size, WRITTEN_RATIO) for entry in entries)
