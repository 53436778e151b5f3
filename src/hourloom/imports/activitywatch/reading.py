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
)
from hourloom.imports.activitywatch.database import DatabaseFile
from hourloom.imports.activitywatch.detect import detect
from hourloom.imports.activitywatch.export import ExportFile
from hourloom.imports.ports import Source
from hourloom.workers import spool
from hourloom.workers.child import Means, Session, give_up_opening

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
        return Kind.EXPORT, ExportFile(path, _reopened(descriptors[0], file.key))
    kind = detect(path)
    if kind is not Kind.EXPORT:
        return kind, DatabaseFile(path)
    export = ExportFile(path, _reopened(os.open(path, os.O_RDONLY), None))
    give_up_opening()
    return kind, export


def _reopened(descriptor: int, key: bytes | None) -> Callable[[], BinaryIO]:
    return lambda: spool.unspooled(descriptor, key)
