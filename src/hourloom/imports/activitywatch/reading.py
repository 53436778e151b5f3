"""What a worker does with a file of ActivityWatch: tells what it is, and reads its buckets and events."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from hourloom.imports.activitywatch.asking import (
    Asked,
    Description,
    FileToRead,
    Kind,
    ListBuckets,
    ReadEvents,
    TellKind,
    is_database,
)
from hourloom.imports.activitywatch.database import DatabaseFile
from hourloom.imports.activitywatch.detect import detect, kind_of_database, require_export
from hourloom.imports.activitywatch.export import ExportFile
from hourloom.imports.activitywatch.readonly import DatabaseInMemory
from hourloom.imports.ports import Source
from hourloom.workers import spool
from hourloom.workers.child import Means, Session, give_up_opening

LOOKED_AT = 4096

spool.load()


def begin(means: Means) -> Session:
    """Open the file; it is looked at by this process alone."""
    file = msgspec.msgpack.decode(means.argument, type=FileToRead)
    kind, source = _opened(file, means.descriptors)
    decode = msgspec.msgpack.Decoder(Asked).decode

    def answer(request: bytes) -> Iterable[bytes]:
        return map(msgspec.msgpack.encode, _answers(kind, source, decode(request)))

    return answer


def _answers(kind: Kind, source: Source, asked: Asked) -> Iterator[object]:
    match asked:
        case TellKind():
            yield Description(kind, source.title)
        case ListBuckets():
            yield from source.buckets()
        case ReadEvents():
            yield from source.events(asked.bucket, asked.after)


def _opened(file: FileToRead, descriptors: tuple[int, ...]) -> tuple[Kind, Source]:
    path = Path(file.path)
    if descriptors:
        return _spooled(path, _reopened(descriptors[0], file.key))
    kind = detect(path)
    if kind is not Kind.EXPORT:
        return kind, DatabaseFile(path)
    export = ExportFile(path, _reopened(os.open(path, os.O_RDONLY), None))
    give_up_opening()
    return kind, export


def _spooled(path: Path, reopened: Callable[[], BinaryIO]) -> tuple[Kind, Source]:
    """Open what was handed in: a database is held in memory, as SQLite can read nothing that is sealed."""
    with reopened() as spooled:
        head = spooled.read(LOOKED_AT)
        if is_database(head):
            content = DatabaseInMemory(path, bytearray(head) + spooled.read())
            return kind_of_database(content.connection, path.name), DatabaseFile(path, content)
    require_export(head, path.name, is_empty=not head)
    return Kind.EXPORT, ExportFile(path, reopened)


def _reopened(descriptor: int, key: bytes | None) -> Callable[[], BinaryIO]:
    return lambda: spool.unspooled(descriptor, key)
