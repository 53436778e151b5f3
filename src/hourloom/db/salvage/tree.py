"""What one page of a B-tree holds: the cells of a leaf, the children of an inner page, each checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from hourloom.db.salvage.pages import Pages

INNER_INDEX, INNER_TABLE, LEAF_INDEX, LEAF_TABLE = 2, 5, 10, 13
_FILE_HEADER = 100
_LEAF_HEADER, _INNER_HEADER = 8, 12
_LEAST_CELL = 4
MOST_ROWID = 2**63 - 1


class Malformed(Exception):
    """A cell that no database writes."""


class Child(NamedTuple):
    """A page below an inner one, with the largest row number that may be in it."""

    page: int
    until: int


def kind_of(page: bytes, number: int) -> int:
    """Return what kind of page this is."""
    return page[_FILE_HEADER if number == 1 else 0]


def children(pages: Pages, page: bytes, number: int) -> list[Child] | None:
    """Return what an inner page points to, or nothing when it contradicts itself."""
    of_table = kind_of(page, number) == INNER_TABLE
    found: list[Child] = []
    try:
        for at in _cells(page, number, _INNER_HEADER):
            (child,) = struct.unpack_from(">I", page, at)
            found.append(Child(child, signed(varint(page, at + 4)[0]) if of_table else MOST_ROWID))
        (last,) = struct.unpack_from(">I", page, _header_of(number) + 8)
    except (struct.error, IndexError, Malformed):
        return None
    found.append(Child(last, MOST_ROWID))
    ordered = all(one.until <= other.until for one, other in pairwise(found))
    apart = len({child.page for child in found}) == len(found)
    return found if ordered and apart and all(1 < child.page <= pages.count for child in found) else None


def table_cells(pages: Pages, page: bytes, number: int) -> Iterator[tuple[int, bytes] | None]:
    """Yield row number and record of each cell in a table's leaf; None for one that cannot be read."""
    most = pages.usable - 35
    for at in _readable(page, number, _LEAF_HEADER):
        try:
            size, after = varint(page, at)
            row, after = varint(page, after)
            yield signed(row), _payload(pages, page, after, size, most)
        except (IndexError, Malformed):
            yield None


def index_cells(pages: Pages, page: bytes, number: int) -> Iterator[bytes | None]:
    """Yield the record of each cell in an index's page, leaf or inner; None for one that cannot be read."""
    inner = kind_of(page, number) == INNER_INDEX
    most = (pages.usable - 12) * 64 // 255 - 23
    for at in _readable(page, number, _INNER_HEADER if inner else _LEAF_HEADER):
        try:
            size, after = varint(page, at + 4 if inner else at)
            yield _payload(pages, page, after, size, most)
        except (IndexError, Malformed):
            yield None


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where it ends."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    number = byte & 0x7F
    for place in range(at + 1, at + 8):
        byte = data[place]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, place + 1
    return number << 8 | data[at + 8], at + 9


def signed(number: int) -> int:
    """Read a number of 64 bits as one with a sign."""
    return number - (1 << 64) if number > MOST_ROWID else number


def _header_of(number: int) -> int:
    return _FILE_HEADER if number == 1 else 0


def _cells(page: bytes, number: int, header: int) -> Iterator[int]:
    """Yield where the cells of a page begin, or raise at the first that lies outside."""
    begin = _header_of(number)
    (count,) = struct.unpack_from(">H", page, begin + 3)
    first = begin + header + 2 * count
    if first > len(page):
        raise Malformed
    for place in range(begin + header, first, 2):
        at = page[place] << 8 | page[place + 1]
        if not first <= at <= len(page) - _LEAST_CELL:
            raise Malformed
        yield at


def _readable(page: bytes, number: int, header: int) -> Iterator[int]:
    """Yield where cells begin that lie within the page."""
    begin = _header_of(number)
    (count,) = struct.unpack_from(">H", page, begin + 3)
    first = begin + header + 2 * count
    for place in range(begin + header, min(first, len(page) - 1), 2):
        at = page[place] << 8 | page[place + 1]
        # One outside fails where it is read.
        yield at if begin + header <= at else len(page)


def _payload(pages: Pages, page: bytes, at: int, size: int, most: int) -> bytes:
    """Return a record, gathered from the overflow pages where it is long."""
    if size <= most:
        record = page[at : at + size]
        if len(record) != size:
            raise Malformed
        return record
    usable = pages.usable
    if size > pages.count * usable:
        raise Malformed
    least = (usable - 12) * 32 // 255 - 23
    here = least + (size - least) % (usable - 4)
    here = here if here <= most else least
    parts, left = [page[at : at + here]], size - here
    (further,) = struct.unpack_from(">I", page[at + here : at + here + 4].ljust(4, b"\0"))
    while left > 0:
        content = pages.page(further) if 1 < further <= pages.count else None
        if content is None:
            raise Malformed
        parts.append(content[4 : 4 + left])
        left -= len(parts[-1])
        (further,) = struct.unpack_from(">I", content)
    return b"".join(parts)
