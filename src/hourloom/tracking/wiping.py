"""Overwrite the free space of pages by letting rows on them grow into it and shrink again.

page         |  header  |     free, with traces     | row | row |
row grows    |  header  |0000000000000000000000000000 row | row |
row shrinks  |  header  |000000000000000000000000000| row | row |    deleted bytes are zeroed
"""

from __future__ import annotations

from typing import NamedTuple

from hourloom.db.transaction import SpoiltPage, Transaction, whole
from hourloom.tracking import store

PLACE_OF_CELL = 2
"""Bytes in which a page notes where a row lies."""


class PayloadRow(NamedTuple):
    """A payload with all that takes space on its page."""

    id: int
    workspace_id: int
    digest: bytes
    body: str
    app: str | None = ""
    domain: str | None = ""
    private: int | None = 0


def fill_page(tx: Transaction, page: SpoiltPage) -> None:
    """Let rows of a page fill all that is free there, and give them their bodies back."""
    rows, room, grown = _rows(tx, page), page.room, []
    rows.sort(key=lambda row: growth_into(row, page.room, page.most), reverse=True)
    for row in rows:
        growth = growth_into(row, room, page.most)
        if growth > 0:
            store.set_body(tx, row.id, row.body + "\0" * growth)
            grown.append(row)
            room -= _sizes(row, growth)[1] - _sizes(row, 0)[1]
    if store.last_payload(tx) <= max(page.rows, default=0):
        _fill_last(tx, page, room)
    for row in grown:
        store.set_body(tx, row.id, row.body)


def _fill_last(tx: Transaction, page: SpoiltPage, room: int) -> None:
    """Fill the last page of the table, on which new rows would lie, by rows that are deleted at once."""
    first, workspace, added = store.last_payload(tx) + 1, store.first_workspace(tx), []
    for number in (first, first + 1):
        row = PayloadRow(number, workspace, number.to_bytes(6, "big"), "")
        cell = PLACE_OF_CELL + _sizes(row, 0)[1]
        growth = growth_into(row, room - cell, page.most) if room > cell else 0
        if room >= cell:
            store.put_payload(tx, *row._replace(body="\0" * growth))
            added.append(number)
            room -= PLACE_OF_CELL + _sizes(row, growth)[1]
    store.delete_payloads(tx, added)


def write_anew(tx: Transaction, page: SpoiltPage) -> None:
    """Delete the rows of a page, which frees and zeroes it, and add them again."""
    rows = _rows(tx, page)
    store.delete_payloads(tx, [row.id for row in rows])
    for row in rows:
        store.put_payload(tx, *row)


def _rows(tx: Transaction, page: SpoiltPage) -> list[PayloadRow]:
    return [
        PayloadRow(
            whole(number),
            whole(workspace),
            digest if isinstance(digest, bytes) else b"",
            str(body),
            app if isinstance(app, str) else None,
            domain if isinstance(domain, str) else None,
            private if isinstance(private, int) else None,
        )
        for number, workspace, digest, body, app, domain, private in store.payload_rows(tx, page.rows)
    ]


def growth_into(row: PayloadRow, room: int, most: int) -> int:
    """Return by how many bytes a body grows so that its row takes up to `room` more; 0 if it does not fit."""
    size, cell = _sizes(row, 0)
    if size > most:
        # It goes on elsewhere, so growing would change other pages.
        return 0
    growth = min(room, most - size)
    while growth > 0:
        grown, taken = _sizes(row, growth)
        if grown <= most and taken - cell <= room:
            return growth
        growth -= 1
    return 0


def _sizes(row: PayloadRow, growth: int) -> tuple[int, int]:
    """Return the size of a row, its body grown, and of the cell that it lies in.

    A row is the length of its head, a type for each column, and the columns; the number is in the cell.
    """
    body = len(row.body.encode()) + growth
    digest, workspace = len(row.digest), _length_of_whole(row.workspace_id)
    head = 1 + 1 + 1 + _length_of_varint(2 * digest + 12) + _length_of_varint(2 * body + 13)
    traits = [len(text.encode()) for text in (row.app, row.domain) if text is not None]
    # Rows written before there were traits lack their types until they are written again.
    if row.app is not None or growth:
        head += 1 + (2 - len(traits)) + sum(_length_of_varint(2 * length + 13) for length in traits)
    size = head + workspace + digest + body + sum(traits)
    return size, _length_of_varint(size) + _length_of_varint(row.id) + size


def _length_of_varint(number: int) -> int:
    return max(1, -(-number.bit_length() // 7))


def _length_of_whole(number: int) -> int:
    """Return how many bytes a whole number takes in a row; 0 and 1 are types of their own."""
    if number in (0, 1):
        return 0
    bits = number.bit_length() + 1
    return next(length for length in (1, 2, 3, 4, 6, 8) if bits <= 8 * length)
