"""JSON whose values keep their types, and whose names tell their units."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec

from hourloom.core.clock import SECOND, format_instant
from hourloom.exports.model import Cell, Column, ExportOptions, Row, wire_name

_encode = msgspec.json.Encoder().encode


class _ColumnFacts(msgspec.Struct):
    name: str
    title: str
    kind: str


class JsonWriting:
    """Writes rows as objects in one list; instants are UTC, durations are seconds."""

    def __init__(self, columns: Sequence[Column], options: ExportOptions, title: str = "") -> None:
        self._title, self._columns, self._zone = title, columns, options.zone
        self._names = [wire_name(column) for column in columns]
        self._values = [_VALUES[column.kind] for column in columns]
        self._first = True

    def begin(self) -> Iterator[bytes]:
        facts = [
            _ColumnFacts(name, column.title, column.kind)
            for name, column in zip(self._names, self._columns, strict=True)
        ]
        head = {"title": _sound(self._title), "zone": self._zone, "columns": facts}
        yield _encode(head)[:-1] + b',"rows":['

    def take(self, rows: Sequence[Row]) -> Iterator[bytes]:
        objects = [
            _encode(
                {
                    name: None if cell is None else value(cell)
                    for name, value, cell in zip(self._names, self._values, row, strict=True)
                }
            )
            for row in rows
        ]
        yield (b"\n" if self._first else b",\n") + b",\n".join(objects)
        self._first = False

    def end(self) -> Iterator[bytes]:
        yield b"\n]}\n"


def _sound(text: str) -> str:
    """Return a text without halves of characters, which no encoding has."""
    return text.encode("utf-8", "replace").decode()


def _number(cell: Cell) -> object:
    return cell if isinstance(cell, int) or (isinstance(cell, float) and math.isfinite(cell)) else None


_VALUES: dict[str, Callable[[Cell], object]] = {
    "text": lambda cell: _sound(str(cell)),
    "instant": lambda cell: format_instant(int(cell or 0)),
    "duration": lambda cell: _seconds(int(cell or 0)),
    "number": _number,
    "share": _number,
    "boolean": bool,
}


def _seconds(duration: int) -> int | float:
    return duration // SECOND if duration % SECOND == 0 else duration / SECOND
