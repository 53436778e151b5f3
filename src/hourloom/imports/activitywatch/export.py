"""An export file of either ActivityWatch server, read with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from hourloom.core.clock import Instant, NotAnInstant, parse_instant
from hourloom.core.decoding import decode
from hourloom.core.errors import Invalid, NotFound
from hourloom.imports.activitywatch.events import decode_many, read, read_text
from hourloom.imports.activitywatch.payload import canonical, replace_surrogates
from hourloom.imports.activitywatch.scanner import Scanner
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

_FIELDS = {"id", "type", "client", "hostname", "created", "data", "name"}
_MAX_BUCKETS = 10_000
_LARGE = 1 << 16
_COUNT = msgspec.json.Decoder(list[msgspec.Raw])


class NotAnExport(Invalid):
    """{name} is JSON, but no ActivityWatch export: {reason}."""


class RepeatedBucket(Invalid):
    """{name} holds the bucket '{bucket}' twice."""


class UnknownBucket(NotFound):
    """There is no bucket '{bucket}' in {name}."""


@dataclass(slots=True)
class _Found:
    """What the first pass learns of one bucket."""

    fields: dict[str, bytes]
    offset: int | None = None
    count: int = 0


class ExportFile:
    """`{"buckets": {...}}` of either server, a bare bucket, or a list of bare buckets."""

    def __init__(self, path: Path, reopened: Callable[[], BinaryIO] | None = None) -> None:
        self._path = path
        self._reopened = reopened or (lambda: path.open("rb"))
        self._index: dict[str, tuple[SourceBucket, int | None]] | None = None

    @property
    def title(self) -> str:
        """Say which file this is."""
        return f"the ActivityWatch export {self._path.name}"

    def buckets(self) -> list[SourceBucket]:
        """Walk the whole file once, so that a damaged one is refused before anything is imported."""
        return [bucket for bucket, _ in self._indexed().values()]

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        """Yield events as they stand in the file; the cursor is their number."""
        if bucket_id not in self._indexed():
            raise UnknownBucket(name=self._path.name, bucket=bucket_id)
        offset = self._indexed()[bucket_id][1]
        if offset is None:
            return
        with self._reopened() as file:
            file.seek(offset)
            yield from _batches(Scanner(file, self._path.name), int(after or 0))

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _indexed(self) -> dict[str, tuple[SourceBucket, int | None]]:
        if self._index is None:
            with self._reopened() as file:
                self._index = self._read_index(file)
        return self._index

    def _read_index(self, file: BinaryIO) -> dict[str, tuple[SourceBucket, int | None]]:
        if file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        scanner = Scanner(file, self._path.name)
        index: dict[str, tuple[SourceBucket, int | None]] = {}
        for key, found in _document(scanner):
            bucket = _bucket(key, found)
            if not bucket.id:
                raise NotAnExport(name=self._path.name, reason="its list holds no buckets with an id")
            if bucket.id in index:
                raise RepeatedBucket(name=self._path.name, bucket=bucket.id)
            if len(index) == _MAX_BUCKETS:
                raise NotAnExport(name=self._path.name, reason=f"it holds over {_MAX_BUCKETS} buckets")
            index[bucket.id] = (bucket, found.offset)
        if scanner.peek():
            scanner.fail("something follows the end")
        return index


def _document(scanner: Scanner) -> Iterator[tuple[str, _Found]]:
    if scanner.peek() == b"[":
        for _ in scanner.elements():
            yield "", _read_bucket(scanner)
        return
    if scanner.peek() != b"{":
        scanner.fail("an object is missing" if scanner.peek() else "the file is empty")
    bare, wrapped = _Found({}), False
    for key in scanner.members():
        if key == "buckets":
            wrapped = True
            yield from _wrapped(scanner)
        else:
            _read_field(scanner, key, bare)
    if not wrapped:
        yield "", bare


def _wrapped(scanner: Scanner) -> Iterator[tuple[str, _Found]]:
    if scanner.peek() == b"[":
        for _ in scanner.elements():
            yield "", _read_bucket(scanner)
    else:
        for key in scanner.members():
            yield key, _read_bucket(scanner)


def _read_bucket(scanner: Scanner) -> _Found:
    found = _Found({})
    for key in scanner.members():
        _read_field(scanner, key, found)
    return found


def _read_field(scanner: Scanner, key: str, found: _Found) -> None:
    if key == "events" and scanner.peek() == b"[":
        found.offset = scanner.offset
        found.count = _count(scanner)
    elif (value := scanner.value()) is not None and key in _FIELDS:
        found.fields[key] = value


def _count(scanner: Scanner) -> int:
    count = 0
    for _ in scanner.elements():
        many = scanner.run(_COUNT.decode)
        if many is None:
            scanner.value()
        count += 1 if many is None else len(many)
    return count


def _bucket(key: str, found: _Found) -> SourceBucket:
    bucket = SourceBucket(
        id=_text(found, "id") or replace_surrogates(key),
        type=_text(found, "type") or "unknown",
        client=_text(found, "client") or "unknown",
        hostname=_text(found, "hostname") or "unknown",
        created=created_at(_text(found, "created")),
        name=_text(found, "name") or None,
        event_count=found.count,
    )
    return msgspec.structs.replace(bucket, data=bucket_data(found.fields.get("data", b"{}")))


def _text(found: _Found, field: str) -> str:
    try:
        return decode(found.fields.get(field, b'""'), str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def created_at(text: str) -> Instant | None:
    """Return when a bucket says it was made; a strange answer is no reason to refuse its events."""
    try:
        return parse_instant(text)
    except NotAnInstant:
        return None


def bucket_data(raw: bytes) -> bytes:
    """Return a bucket's own data, or an empty object where that is unusable."""
    try:
        return canonical(raw)
    except FaultyData:
        return b"{}"


def _batches(scanner: Scanner, skip: int) -> Iterator[Batch]:
    waiting: list[SourceEvent | FaultyEvent] = []
    done = skip
    for some in _events(scanner, skip):
        waiting += some
        # A window of text may hold a few batches, or one event that fills a window by itself.
        while len(waiting) >= BATCH or (waiting and len(some) == 1 and _size(some) > _LARGE):
            ready = waiting[:BATCH]
            del waiting[:BATCH]
            done += len(ready)
            yield batch_of(ready, Cursor(str(done)))
    if waiting:
        yield batch_of(waiting, Cursor(str(done + len(waiting))))


def _size(some: list[SourceEvent | FaultyEvent]) -> int:
    return sum(len(event.data_json) for event in some if isinstance(event, SourceEvent))


def _events(scanner: Scanner, skip: int) -> Iterator[list[SourceEvent | FaultyEvent]]:
    number = 0
    for _ in scanner.elements():
        offset = scanner.offset
        many = scanner.run(decode_many)
        if many is not None:
            first = max(0, skip - number)
            yield [read(wire, number + first + n, offset) for n, wire in enumerate(many[first:])]
            number += len(many)
        else:
            text = scanner.value()
            if number >= skip:
                yield [read_text(text, number, offset)]
            number += 1
