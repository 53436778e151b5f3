"""The process that writes Parquet: its library takes more memory than the rest of the server."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hourloom.core.clock import SECOND
from hourloom.exports.model import Cell, Column, ParquetMissing, Row, wire_name
from hourloom.workers.child import Means, Session

# Its own ways of getting memory begin threads, which this process may not have.
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"

try:
    import pyarrow  # noqa: ICN001 - the modules are few and named whole
    import pyarrow.parquet
except ImportError:
    pyarrow = None

ROWS_OF_GROUP = 20_000
PIECE = 1 << 20


class ParquetWriting:
    """Writes rows in groups, each of which is told once it is full."""

    def __init__(self, columns: Sequence[Column]) -> None:
        if pyarrow is None:
            raise ParquetMissing
        self._columns = columns
        self._schema = pyarrow.schema([(wire_name(column), _type(column)) for column in columns])
        self._out = _Outgoing()
        self._writer = pyarrow.parquet.ParquetWriter(self._out, self._schema, compression="zstd")
        self._waiting: list[Row] = []

    def begin(self) -> Iterator[bytes]:
        yield from ()

    def take(self, rows: Sequence[Row]) -> Iterator[bytes]:
        self._waiting += rows
        if len(self._waiting) >= ROWS_OF_GROUP:
            self._flush()
        yield from self._out.taken()

    def end(self) -> Iterator[bytes]:
        self._flush()
        self._writer.close()
        yield from self._out.taken()

    def _flush(self) -> None:
        if not self._waiting:
            return
        arrays = [
            pyarrow.array(
                [None if row[place] is None else _value(column, row[place]) for row in self._waiting],
                type=_type(column),
            )
            for place, column in enumerate(self._columns)
        ]
        table = pyarrow.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=ROWS_OF_GROUP)
        self._waiting = []


class _Outgoing(io.RawIOBase):
    """Holds what was written until it is taken."""

    def __init__(self) -> None:
        self._pieces, self._at = bytearray(), 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, piece: Any) -> int:
        self._pieces += piece
        self._at += len(piece)
        return len(piece)

    def taken(self) -> Iterator[bytes]:
        """Yield all that was written since it was taken last."""
        pieces, self._pieces = bytes(self._pieces), bytearray()
        for at in range(0, len(pieces), PIECE):
            yield pieces[at : at + PIECE]


def _type(column: Column) -> Any:
    types = {
        "text": pyarrow.string(),
        "instant": pyarrow.timestamp("us", tz="UTC"),
        "boolean": pyarrow.bool_(),
    }
    return types.get(column.kind, pyarrow.float64())


def _value(column: Column, cell: Cell) -> object:
    if column.kind == "text":
        return str(cell).encode("utf-8", "replace").decode()
    if column.kind == "instant":
        return int(cell or 0)
    if column.kind == "boolean":
        return bool(cell)
    return int(cell or 0) / SECOND if column.kind == "duration" else float(cell or 0)


def begin(means: Means) -> Session:
    """Take rows, some with each request; an empty request ends the file."""
    columns = msgspec.msgpack.Decoder(tuple[Column, ...]).decode(means.argument)
    writing = ParquetWriting(columns)
    decode = msgspec.msgpack.Decoder(list[tuple[str | int | float | bool | None, ...]]).decode

    def answer(request: bytes) -> Iterator[bytes]:
        return writing.take(decode(request)) if request else writing.end()

    return answer


def _warm_up() -> None:
    """Load what writing needs: once it is shut in, this process opens no files."""
    writing = ParquetWriting([Column("a", "A"), Column("b", "B", "instant"), Column("c", "C", "duration")])
    for _ in writing.take([("a", 0, 1)]):
        pass
    for _ in writing.end():
        pass


if pyarrow is not None:
    _warm_up()
