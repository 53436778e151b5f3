"""The write-ahead log beside a database: which of its frames hold the newest sound copy of a page."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_HEADER, _FRAME = 32, 24
_MAGIC = 0x377F0682
"""The last bit tells how the numbers of the checksums are stored."""

Sum = tuple[int, int]
Buffer = bytes | mmap.mmap


class _Frame(NamedTuple):
    at: int
    page: int
    pages_after: int
    """How many pages the database has from here on, or 0 where a transaction goes on."""
    sound: bool


@dataclass
class Log:
    """Where the newest copy of each page is in the log."""

    places: dict[int, int] = field(default_factory=dict)
    pages: int | None = None
    """How many pages the database has after the last transaction of the log."""
    damaged: int = 0
    """Frames that belong to the log and cannot be read."""


def survey(body: Buffer, size: int, is_authentic: Callable[[bytes, int], bool] | None) -> Log:
    """Find the newest copy of each page.

    SQLite stops at the first damaged frame and forgets what was committed after it; here each frame is
    checked against the one before it, so that those after a damaged one count again.
    """
    log, pending = Log(), dict[int, int]()
    unsound = 0
    for frame in _frames(body, size, is_authentic):
        if not frame.sound:
            unsound += 1
            continue
        pending[frame.page] = frame.at
        if frame.pages_after:
            log.places |= pending
            log.pages = frame.pages_after
            # What is torn after the last commit was never acknowledged.
            log.damaged += unsound
            pending, unsound = {}, 0
    return log


def _frames(body: Buffer, size: int, is_authentic: Callable[[bytes, int], bool] | None) -> Iterator[_Frame]:
    if len(body) < _HEADER + _FRAME + size:
        return
    big = struct.unpack_from(">I", body)[0] == _MAGIC | 1
    before: Sum | None = struct.unpack_from(">II", body, 24)
    if checksum(body[:24], (0, 0), big=big) != before:
        before = None
    # A damaged header's salts are those of the first frame.
    salts = body[16:24] if before else body[_HEADER + 8 : _HEADER + 16]
    for at in range(_HEADER, len(body) - _FRAME - size + 1, _FRAME + size):
        page, after = struct.unpack_from(">II", body, at)
        if body[at + 8 : at + 16] != salts:
            # Another generation's, or damaged: what follows it cannot be held against it.
            before = None
            yield _Frame(at + _FRAME, 0, 0, sound=False)
            continue
        content = body[at + _FRAME : at + _FRAME + size]
        said: Sum = struct.unpack_from(">II", body, at + 16)
        if before is None:
            sound = is_authentic is not None and page > 0 and is_authentic(content, page)
        else:
            sound = checksum(content, checksum(body[at : at + 8], before, big=big), big=big) == said
        before = said
        yield _Frame(at + _FRAME, page, after, sound and page > 0)


def checksum(data: bytes, begin: Sum, *, big: bool) -> Sum:
    """Return the log's checksum over some data that follows what has another one."""
    first, second = begin
    words = struct.unpack(f"{'>' if big else '<'}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = first + even + second & 0xFFFFFFFF
        second = second + odd + first & 0xFFFFFFFF
    return first, second
