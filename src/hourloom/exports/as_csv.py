"""Comma-separated values as RFC 4180 has them, harmless to spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hourloom.exports.cells import InWords, harmless, in_words, printable, zone_named
from hourloom.exports.model import Column, ExportOptions, Row, wire_name

MARK = b"\xef\xbb\xbf"
_NEEDS_QUOTES = frozenset('",\r\n')


class CsvWriting:
    """Writes rows as lines."""

    def __init__(self, columns: Sequence[Column], options: ExportOptions) -> None:
        zone = zone_named(options.zone)
        self._options, self._columns = options, columns
        self._words = [_field_of(column, in_words(column, zone, options.durations)) for column in columns]

    def begin(self) -> Iterator[bytes]:
        heads = (quoted(harmless(wire_name(column, self._options.durations))) for column in self._columns)
        yield (MARK if self._options.mark else b"") + (",".join(heads) + "\r\n").encode()

    def take(self, rows: Sequence[Row]) -> Iterator[bytes]:
        lines = [
            ",".join([words(cell) for words, cell in zip(self._words, row, strict=True)]) for row in rows
        ]
        # A line of one empty field would be no line to most readers.
        lines = [line or '""' for line in lines]
        yield ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")

    def end(self) -> Iterator[bytes]:
        yield from ()


def quoted(field: str) -> str:
    """Quote a field that needs it."""
    if _NEEDS_QUOTES.isdisjoint(field) and field == field.strip():
        return field
    return '"' + field.replace('"', '""') + '"'


def _field_of(column: Column, words: InWords) -> InWords:
    if column.kind != "text":
        return words
    return lambda cell: quoted(harmless(printable(words(cell))))
