"""What is left of deleted rows in the free space of a database file, read from under its encryption.

`secure_delete` overwrites what is deleted, but where pages were merged before, copies of rows may lie in
their free space: the engine moves rows without wiping the place that they come from.

    leaf page   | header | places of cells ->        free space        <- cells |
                                             ^^^^ a row moved away long ago
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.core.errors import Unavailable
from hourloom.db.sqlcipher import TAG
from hourloom.db.sqlite import connect
from hourloom.db.transaction import SpoiltPage, Traces

if TYPE_CHECKING:
    from sqlite3 import Connection

TRIES, SECONDS_BETWEEN_TRIES = 200, 0.05
MILLISECONDS_TO_WAIT = 10
"""While the log is cut off nobody can write, so whoever waits for readers gives up soon and comes again."""

Between = Callable[[Callable[["Connection"], bool]], bool]
"""Runs something between two commits of the writer."""

IV = 16
RESERVED = IV + hashlib.new(TAG).digest_size
"""The end of an encrypted page: what its first block was mixed with, and the tag over it."""
SALT = 16
_MAGIC = b"SQLite format 3\0"

_INTERIOR, _LEAF = 5, 13
_NOT_FOR_ROWS = 35
"""A row that comes closer to the size of its page than this goes on elsewhere."""
_TRACE = re.compile(rb"[^\0]{4,}")
"""Shorter ones are too short to say anything."""


class FileBusy(Unavailable):
    """The database file is being read all the time, so its log cannot be cut off; try again later."""


def traces_in(path: Path, key: bytes | None, tables: Sequence[str], between: Between) -> Traces:
    """Cut the log off, then look through the free pages and the free space of some tables."""
    with (
        _held_still(path, key, between) as connection,
        closing(_Pages(path, key, int(connection.execute("PRAGMA page_size").fetchone()[0]))) as pages,
    ):
        roots = [(table, _root(connection, table)) for table in tables]
        (free_pages,) = connection.execute("PRAGMA freelist_count").fetchone()
        first_free = int.from_bytes(pages[1][32:36], "big")
        left = sum(_left(page) for page in _free_pages(pages, first_free))
        spoilt = []
        for table, root in roots:
            for number in _leaves(pages, root):
                page = pages[number]
                found, room = _spoilt(page)
                left += found
                if found:
                    spoilt.append(SpoiltPage(table, _rows(page), room, len(page) - _NOT_FOR_ROWS))
        return Traces(len(pages), free_pages, spoilt, left)


@contextmanager
def _held_still(path: Path, key: bytes | None, between: Between) -> Iterator[Connection]:
    """Move the log into the file and keep anybody from changing the file; writes go to the log meanwhile."""
    with closing(connect(path, key)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {MILLISECONDS_TO_WAIT}")
        for _ in range(TRIES):
            # Most of it goes while others write, so that the writer stands still only for the rest.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            if between(lambda _: _cut_and_begin(connection)):
                yield connection
                return
            time.sleep(SECONDS_BETWEEN_TRIES)
        raise FileBusy


def _cut_and_begin(connection: Connection) -> bool:
    """Empty the log, and begin to read while it is empty: such a reader keeps the file as it is."""
    ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if busy:
        return False
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return True


class _Pages:
    """The pages of a file, decrypted as they are asked for."""

    def __init__(self, path: Path, key: bytes | None, size: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._key, self._size = key, size

    def __len__(self) -> int:
        return os.fstat(self._file).st_size // self._size

    def __getitem__(self, number: int) -> bytes:
        raw = os.pread(self._file, self._size, (number - 1) * self._size)
        return raw if self._key is None else _decrypted(raw, self._key, is_first=number == 1)

    def close(self) -> None:
        os.close(self._file)


def _decrypted(raw: bytes, key: bytes, *, is_first: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415 - only where something was erased
        Cipher,
        algorithms,
        modes,
    )

    end = len(raw) - RESERVED
    start = SALT if is_first else 0
    decryptor = Cipher(algorithms.AES(key), modes.CBC(raw[end : end + IV])).decryptor()
    text = decryptor.update(raw[start:end]) + decryptor.finalize()
    # The salt lies where the engine has its mark.
    return (_MAGIC if is_first else b"") + text


def _root(connection: Connection, table: str) -> int:
    found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return int(found[0])


def _free_pages(pages: _Pages, trunk: int) -> Iterator[bytes]:
    """Go through the pages that are free; those that list others have nothing but numbers in front."""
    while trunk:
        page = pages[trunk]
        count = int.from_bytes(page[4:8], "big")
        yield page[8 + 4 * count :]
        for place in range(8, 8 + 4 * count, 4):
            yield pages[int.from_bytes(page[place : place + 4], "big")]
        trunk = int.from_bytes(page[:4], "big")


def _leaves(pages: _Pages, number: int) -> Iterator[int]:
    """Go through the leaf pages of a table."""
    page = pages[number]
    if page[0] == _LEAF:
        yield number
        return
    if page[0] != _INTERIOR:
        return
    for place in _cells(page):
        yield from _leaves(pages, int.from_bytes(page[place : place + 4], "big"))
    yield from _leaves(pages, int.from_bytes(page[8:12], "big"))


def _cells(page: bytes) -> Iterator[int]:
    """Return where the cells of a page begin."""
    first = 12 if page[0] == _INTERIOR else 8
    count = int.from_bytes(page[3:5], "big")
    for place in range(first, first + 2 * count, 2):
        yield int.from_bytes(page[place : place + 2], "big")


def _spoilt(page: bytes) -> tuple[int, int]:
    """Return how many bytes of deleted rows a leaf page holds, and how many bytes of it are free."""
    free_from = 8 + 2 * int.from_bytes(page[3:5], "big")
    content = int.from_bytes(page[5:7], "big") or 65536
    left, room = _left(page[free_from:content]), content - free_from + page[7]
    block = int.from_bytes(page[1:3], "big")
    while block:
        size = int.from_bytes(page[block + 2 : block + 4], "big")
        left += _left(page[block + 4 : block + size])
        room += size
        block = int.from_bytes(page[block : block + 2], "big")
    return left, room


def _left(space: bytes) -> int:
    if not any(space):
        return 0
    return sum(len(trace) for trace in _TRACE.findall(space))


def _rows(page: bytes) -> list[int]:
    """Return the numbers of the rows on a leaf page: each cell is a length, then its number."""
    return [_varint(page, _varint(page, place)[1])[0] for place in _cells(page)]


def _varint(page: bytes, place: int) -> tuple[int, int]:
    """Read a number of one to nine bytes; return it and where it ends."""
    value = 0
    for length in range(8):
        byte = page[place + length]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + length + 1
    return value << 8 | page[place + 8], place + 9
