"""Overwrite the free space of a page of a table by letting a text on it grow into it and shrink again.

page         |  header  |     free, with traces     | row | row |
row grows    |  header  |0000000000000000000000000000 row | row |
row shrinks  |  header  |000000000000000000000000000| row | row |    deleted bytes are zeroed
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hourloom.db.transaction import Rows, SpoiltPage, Transaction, whole

_ONE_BYTE_TELLS = 127
_NOT_FOR_ROWS = 35
"""What of a page no row can take; how the rest is shared out is told in the engine's file format."""


class TextRow(NamedTuple):
    """A row as it is stored, and which of its columns is a text that may grow."""

    number: int
    columns: tuple[object, ...]
    grows: int

    def sizes(self, growth: int) -> tuple[int, int]:
        """Return the size of the row, its text grown, and of the cell that it lies in."""
        head = body = 0
        for place, column in enumerate(self.columns):
            kind, length = _stored(column, growth if place == self.grows else 0)
            head, body = head + _length_of_varint(kind), body + length
        size = head + (1 if head < _ONE_BYTE_TELLS else 2) + body
        return size, _length_of_varint(size) + _length_of_varint(self.number) + size

    def emptied(self) -> TextRow:
        """Return the row without its text."""
        columns = ["" if place == self.grows else column for place, column in enumerate(self.columns)]
        return self._replace(columns=tuple(columns))

    def on_page(self, most: int) -> int:
        """Return how much a row takes of its page that is too long for it and goes on elsewhere."""
        size, cell = self.sizes(0)
        least = (most + _NOT_FOR_ROWS - 12) * 32 // 255 - 23
        here = least + (size - least) % (most + _NOT_FOR_ROWS - 4)
        return cell - size + (here if here <= most else least) + 4

    def growth_into(self, room: int, most: int) -> int:
        """Return by how many bytes the text grows so that the row takes up to `room` more; 0 if it cannot."""
        size, cell = self.sizes(0)
        # What goes on elsewhere would change other pages.
        growth = 0 if size > most else min(room, most - size)
        while growth > 0:
            grown, taken = self.sizes(growth)
            if grown <= most and taken - cell <= room:
                return growth
            growth -= 1
        return 0


def refill(tx: Transaction, page: SpoiltPage, column: str) -> None:
    """Let rows of a page grow into all that is free there, and give them their texts back.

    The one page of a table without any row stays as it is until there is one.
    """
    rows, room, grown = list(_rows(tx, page, column)), page.room, list[TextRow]()
    rows.sort(key=lambda row: row.growth_into(page.room, page.most), reverse=True)
    for row in rows:
        growth = row.growth_into(room, page.most)
        if growth > 0:
            _set(tx, page.table, column, row, growth)
            grown.append(row)
            room -= row.sizes(growth)[1] - row.sizes(0)[1]
    long = next((row for row in rows if row.sizes(0)[0] > page.most), None)
    if room > 0 and long is not None:
        # It cannot grow on this page, but for a moment be short enough to.
        short = long.emptied()
        room += long.on_page(page.most) - short.sizes(0)[1]
        _set(tx, page.table, column, short, 0)
        _set(tx, page.table, column, short, short.growth_into(room, page.most))
        grown.append(long)
    for row in grown:
        _set(tx, page.table, column, row, 0)


def rewrite(tx: Transaction, page: SpoiltPage, _column: str) -> None:
    """Delete the rows of a page, which frees and zeroes it, and add them again."""
    names, rows = _names(tx, page.table), _found(tx, page)
    numbered = names if "id" in names else ["rowid", *names]
    values = ", ".join(f":c{place}" for place in range(len(numbered)))
    for number, *_ in rows:
        tx.execute(f"DELETE FROM {page.table} WHERE rowid = :number", number=whole(number))  # noqa: S608
    for number, *columns in rows:
        given = columns if numbered is names else [number, *columns]
        tx.execute(
            f"INSERT INTO {page.table} ({', '.join(numbered)}) VALUES ({values})",  # noqa: S608
            **{f"c{place}": value for place, value in enumerate(given)},
        )


def _rows(tx: Transaction, page: SpoiltPage, column: str) -> Iterator[TextRow]:
    names = _names(tx, page.table)
    for number, *columns in _found(tx, page):
        # The number of a row is in its cell, not in its columns.
        stored = (None if name == "id" else value for name, value in zip(names, columns, strict=True))
        yield TextRow(whole(number), tuple(stored), names.index(column))


def _found(tx: Transaction, page: SpoiltPage) -> Rows:
    numbers = msgspec.json.encode(page.rows).decode()
    sql = f"SELECT rowid, t.* FROM {page.table} t WHERE rowid IN (SELECT value FROM json_each(:numbers))"  # noqa: S608
    return tx.rows(sql, numbers=numbers)


def _names(tx: Transaction, table: str) -> list[str]:
    return [str(row[0]) for row in tx.rows("SELECT name FROM pragma_table_info(:table)", table=table)]


def _set(tx: Transaction, table: str, column: str, row: TextRow, growth: int) -> None:
    text = str(row.columns[row.grows]) + "\0" * growth
    tx.execute(f"UPDATE {table} SET {column} = :text WHERE rowid = :number", text=text, number=row.number)  # noqa: S608


def _stored(value: object, growth: int) -> tuple[int, int]:
    """Return the number that tells the type of a value in a row, and how many bytes it takes."""
    if isinstance(value, str):
        length = len(value.encode()) + growth
        return 2 * length + 13, length
    if isinstance(value, bytes):
        return 2 * len(value) + 12, len(value)
    if not isinstance(value, int) or value in (0, 1):
        return 0, 0
    bits = value.bit_length() + 1
    return 1, next(length for length in (1, 2, 3, 4, 6, 8) if bits <= 8 * length)


def _length_of_varint(number: int) -> int:
    return max(1, -(-number.bit_length() // 7))
