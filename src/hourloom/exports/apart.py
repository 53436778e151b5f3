"""Formats whose libraries are large, written in a process of their own that can do nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import msgspec

from hourloom.core.errors import Invalid
from hourloom.exports.document import Document
from hourloom.exports.model import Column, Row
from hourloom.workers.model import MIB, Limits, WorkerFailed
from hourloom.workers.worker import Worker

PDF = "hourloom.exports.as_pdf.worker:begin"
PARQUET = "hourloom.exports.as_parquet:begin"
LONGEST = 32_767
"""So many letters of a text are kept; a spreadsheet keeps no more either."""
_MOST_ASKED = 512 * 1024

_encode = msgspec.msgpack.Encoder().encode


class WritingFailed(Invalid):
    """It cannot be written: the process that writes it {how}."""


def document_apart(document: Document) -> Iterator[bytes]:
    """Yield a document as PDF."""
    whole = _encode(document)
    with _telling():
        worker = Worker(PDF, limits=Limits(memory=512 * MIB, cpu_seconds=120, silent_seconds=120.0))
        try:
            for at in range(0, len(whole), _MOST_ASKED):
                yield from worker.ask(whole[at : at + _MOST_ASKED])
            yield from worker.ask(b"")
        finally:
            worker.close()


class ParquetApart:
    """Has a worker write rows; to be closed."""

    def __init__(self, columns: Sequence[Column]) -> None:
        limits = Limits(memory=2048 * MIB, cpu_seconds=900, silent_seconds=120.0)
        with _telling():
            self._worker = Worker(PARQUET, _encode(columns), limits=limits)

    def begin(self) -> Iterator[bytes]:
        yield from ()

    def take(self, rows: Sequence[Row]) -> Iterator[bytes]:
        with _telling():
            for part in _parts([_cut(row) for row in rows]):
                yield from self._worker.ask(part)

    def end(self) -> Iterator[bytes]:
        with _telling():
            yield from self._worker.ask(b"")
        self.close()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    """Say of a worker that failed what it was to do."""
    try:
        yield
    except WorkerFailed as error:
        raise WritingFailed(how=error.fields.get("how", "")) from None


def _cut(row: Row) -> Row:
    return [cell[:LONGEST] if isinstance(cell, str) and len(cell) > LONGEST else cell for cell in row]


def _parts(rows: Sequence[Row]) -> Iterator[bytes]:
    """Yield rows as requests, each of which a worker takes."""
    whole = _encode(rows)
    if len(whole) <= _MOST_ASKED or len(rows) == 1:
        yield whole
        return
    half = len(rows) // 2
    yield from _parts(rows[:half])
    yield from _parts(rows[half:])
