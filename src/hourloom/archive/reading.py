"""Read an archive of unknown origin; runs in a worker, and so loads nothing that it could do harm with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from hourloom.archive.asking import Asked, Chunk, FileToRead, ReadManifest, ReadRows, decode_request
from hourloom.archive.model import (
    FORMAT,
    LARGEST_MANIFEST,
    LONGEST_LINE,
    MANIFEST,
    ArchiveAltered,
    ArchiveBomb,
    ArchiveByNewer,
    ArchiveFile,
    ArchiveManifest,
    NotAnArchive,
    RowRefused,
    file_of,
)
from hourloom.archive.zipped import Entry, content_of, entries_of
from hourloom.core.decoding import decode
from hourloom.workers import spool
from hourloom.workers.child import Means, Session

CHUNK_BYTES = 256 * 1024
DEPTH = 80
"""Levels of nesting in a line: those of a payload, and what is around it."""

# A worker can load nothing once it is shut in.
spool.load()


class _Version(msgspec.Struct):
    format: int


class ArchiveReader:
    """An archive: its manifest, and its tables as lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries = {entry.name: entry for entry in entries_of(file)}
        self.manifest = self._manifest()

    def lines(self, name: str, rows: int, skipped: int = 0) -> Iterator[Chunk]:
        """Yield the lines of a table, so many at a time, behind so many; in the end look at its digest."""
        facts = next(table for table in self.manifest.tables if table.name == name)
        lines = _Lines(facts)
        for piece in content_of(self._file, self._entries[file_of(name)]):
            for line in lines.taken(piece):
                if lines.count > skipped:
                    yield from lines.collected(line, rows)
        yield from lines.rest()
        lines.require_end()

    def _manifest(self) -> ArchiveManifest:
        entry = self._entries.get(MANIFEST)
        if entry is None:
            raise NotAnArchive(reason="it has no manifest")
        if entry.size > LARGEST_MANIFEST:
            raise ArchiveBomb(reason="its manifest has no end")
        manifest = _decoded(b"".join(content_of(self._file, entry)))
        _require_agreement(manifest, self._entries)
        return manifest


class _Lines:
    """Cuts what comes out of a zip into lines and collects these."""

    def __init__(self, facts: ArchiveFile) -> None:
        self._facts = facts
        self._digest = hashlib.sha256()
        self._rest = b""
        self._held: list[bytes] = []
        self._size = 0
        self.count = 0

    def taken(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that a piece completes."""
        self._digest.update(piece)
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise RowRefused(line=self.count + 1, table=self._facts.name, reason="it has no end")
        for line in whole:
            self.count += 1
            if self.count > self._facts.rows:
                raise ArchiveAltered(reason=f"{self._facts.name} has more rows than it says")
            self._require_sound(line)
            yield line

    def collected(self, line: bytes, rows: int) -> Iterator[Chunk]:
        """Add a line; yield what is enough for one answer."""
        self._held.append(line)
        self._size += len(line)
        if len(self._held) >= rows or self._size >= CHUNK_BYTES:
            yield from self.rest()

    def rest(self) -> Iterator[Chunk]:
        """Yield what is left."""
        if self._held:
            yield Chunk(self.count - len(self._held), len(self._held), b"\n".join(self._held))
        self._held, self._size = [], 0

    def require_end(self) -> None:
        """Raise unless all was as the manifest says."""
        name = self._facts.name
        if self._rest:
            raise ArchiveAltered(reason=f"the last line of {name} is not complete")
        if self.count != self._facts.rows:
            raise ArchiveAltered(reason=f"{name} has fewer rows than it says")
        if self._digest.hexdigest() != self._facts.sha256:
            raise ArchiveAltered(reason=f"{name} is not what it was when it was written")

    def _require_sound(self, line: bytes) -> None:
        try:
            if not line or line[:1] != b"{":
                raise ValueError("it is no JSON object")
            if line.count(b"[") + line.count(b"{") > DEPTH:
                _refuse_deep(line)
            decode(line)
        except (ValueError, RecursionError) as error:
            reason = str(error) if type(error) is ValueError else "it is no JSON"
            raise RowRefused(line=self.count, table=self._facts.name, reason=reason) from None


def begin(means: Means) -> Session:
    """Open the archive that a request is about; what is wrong with it as a whole is raised here."""
    key = msgspec.msgpack.decode(means.argument, type=FileToRead).key
    archive = ArchiveReader(spool.unspooled(means.descriptors[0], key))
    encode = msgspec.msgpack.encode

    def answer(request: bytes) -> Iterator[bytes]:
        asked: Asked = decode_request(request)
        match asked:
            case ReadManifest():
                yield encode(archive.manifest)
            case ReadRows(table, rows, skipped):
                for chunk in archive.lines(table, rows, skipped):
                    yield encode(chunk)

    return answer


def _refuse_deep(line: bytes) -> None:
    depth = deepest = 0
    within = escaped = False
    for byte in line:
        if within:
            within = escaped or byte != 0x22
            escaped = not escaped and byte == 0x5C
        elif byte == 0x22:
            within = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > DEPTH:
        raise ValueError("it is nested too deeply")


def _decoded(body: bytes) -> ArchiveManifest:
    try:
        if (version := decode(body, _Version).format) > FORMAT:
            raise ArchiveByNewer(what=f"format {version}")
        return decode(body, ArchiveManifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAnArchive(reason="its manifest cannot be read") from None


def _require_agreement(manifest: ArchiveManifest, entries: dict[str, Entry]) -> None:
    """Raise unless manifest and zip speak of the same files."""
    names = [table.name for table in manifest.tables]
    if len(set(names)) != len(names):
        raise ArchiveAltered(reason="its manifest names a table twice")
    if {*map(file_of, names), MANIFEST} != entries.keys():
        raise ArchiveAltered(reason="its manifest names other files than there are")
    for table in manifest.tables:
        if entries[file_of(table.name)].size != table.bytes:
            raise ArchiveAltered(reason=f"{table.name} has another size than its manifest says")
