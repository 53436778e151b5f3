"""The zip of an archive, read more strictly than zips are: only as `writing` writes them.

    local head · content · its sizes │ local head · content · its sizes │ … │ list of entries │ end

Nothing lies before, between or behind these, no two of them overlap, and both heads of an entry agree; so
there is only one way to read such a file, and nothing in it that somebody else would read differently.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from hourloom.archive.model import (
    MOST_BYTES,
    MOST_TABLES,
    ArchiveAltered,
    ArchiveBomb,
    ArchiveCutShort,
    NotAnArchive,
    is_too_dense,
)

PIECE = 64 * 1024
STORED, DEFLATED = 0, 8
ENTRY_MARK = b"PK\x03\x04"

_LOCAL = struct.Struct("<4s5H3I2H")
_LISTED = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_SIZES = struct.Struct("<4sI2Q")
"""Behind the content, for when its head was written nobody knew them."""
_WIDE = struct.Struct("<2HQ")
_LOCAL_MARK, _LISTED_MARK, _END_MARK, _SIZES_MARK = ENTRY_MARK, b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08"
_SIZES_FOLLOW = 0x08
_UNKNOWN = 0xFFFFFFFF
_KIND_OF_FILE, _REGULAR = 0o170000, (0, 0o100000)
_IS_DIRECTORY = 0x10
_LONGEST_LIST = (MOST_TABLES + 1) * 200


class Entry(NamedTuple):
    """One file in a zip."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int
    """Where its head begins."""


def entries_of(file: BinaryIO) -> list[Entry]:
    """Return the entries of a zip in their order, or say why it is none of ours."""
    size = file.seek(0, 2)
    count, list_size, list_start = _end(file, size)
    file.seek(list_start)
    listed = file.read(list_size)
    entries: list[Entry] = []
    at = 0
    while len(entries) < count:
        entry, at = _listed(listed, at)
        entries.append(entry)
    if at != len(listed):
        raise ArchiveAltered(reason="its list of entries is longer than it says")
    _require_order(entries, list_start)
    if sum(entry.size for entry in entries) > MOST_BYTES:
        raise ArchiveBomb(reason=f"over {MOST_BYTES >> 30} GiB")
    return entries


def content_of(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield the content of an entry in pieces, each counted as it comes out."""
    file.seek(_start_of_content(file, entry))
    seen = crc = 0
    for piece, taken in _unpacked(file, entry):
        seen += len(piece)
        if seen > entry.size or is_too_dense(seen, taken):
            raise ArchiveBomb(reason=f"{entry.name} grows without end")
        crc = zlib.crc32(piece, crc)
        yield piece
    if (seen, crc) != (entry.size, entry.crc):
        raise ArchiveAltered(reason=f"{entry.name} has another content than it says")
    sizes = file.read(_SIZES.size)
    if len(sizes) < _SIZES.size or _SIZES.unpack(sizes) != (_SIZES_MARK, entry.crc, entry.packed, entry.size):
        raise ArchiveAltered(reason=f"the sizes behind {entry.name} are others than in the list")


def _unpacked(file: BinaryIO, entry: Entry) -> Iterator[tuple[bytes, int]]:
    """Yield pieces, and how many packed bytes were needed so far."""
    left = entry.packed
    if entry.method == STORED:
        while left:
            piece = _some(file, min(PIECE, left))
            left -= len(piece)
            yield piece, entry.packed - left
        return
    inflate = zlib.decompressobj(-15)
    try:
        while left and not inflate.eof:
            packed = _some(file, min(PIECE, left))
            left -= len(packed)
            for piece in _inflated(inflate, packed):
                yield piece, entry.packed - left
    except zlib.error:
        raise ArchiveAltered(reason=f"{entry.name} cannot be unpacked") from None
    if not inflate.eof or left or inflate.unused_data:
        raise ArchiveAltered(reason=f"{entry.name} does not end where it should")


def _inflated(inflate: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """Yield what comes out of some bytes, in pieces however much that is."""
    piece = bytes(PIECE)
    while packed or len(piece) == PIECE:
        piece = inflate.decompress(packed, PIECE)
        packed = inflate.unconsumed_tail
        yield piece
        if inflate.eof:
            return


def _some(file: BinaryIO, count: int) -> bytes:
    piece = file.read(count)
    if not piece:
        raise ArchiveCutShort
    return piece


def _end(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Return how many entries are listed, and where: the very last bytes say it."""
    file.seek(0)
    beginning = file.read(len(ENTRY_MARK))
    if not beginning or not ENTRY_MARK.startswith(beginning):
        raise NotAnArchive(reason="it does not begin as a zip does")
    if size < _END.size:
        raise ArchiveCutShort
    file.seek(size - _END.size)
    end = file.read(_END.size)
    if end[:4] != _END_MARK:
        raise ArchiveCutShort
    _, disk, first_disk, here, count, list_size, list_start, comment = _END.unpack(end)
    if (disk, first_disk, comment) != (0, 0, 0) or here != count:
        raise NotAnArchive(reason="it is a zip in parts, or with a comment")
    if count > MOST_TABLES + 1:
        raise ArchiveBomb(reason=f"{count} entries")
    if list_size > _LONGEST_LIST or list_start + list_size != size - _END.size:
        raise NotAnArchive(reason="its list of entries is not where Hourloom writes it")
    return count, list_size, list_start


def _listed(listed: bytes, at: int) -> tuple[Entry, int]:
    """Read one line of the list."""
    if len(listed) - at < _LISTED.size:
        raise ArchiveAltered(reason="its list of entries is shorter than it says")
    (
        mark,
        _,
        _,
        flags,
        method,
        _,
        _,
        crc,
        packed,
        size,
        name_size,
        more_size,
        comment,
        disk,
        _,
        outside,
        start,
    ) = _LISTED.unpack_from(listed, at)
    at += _LISTED.size
    name, more = listed[at : at + name_size], listed[at + name_size : at + name_size + more_size]
    at += name_size + more_size
    if mark != _LISTED_MARK or len(more) < more_size or comment or disk:
        raise ArchiveAltered(reason="its list of entries is not as Hourloom writes it")
    if flags != _SIZES_FOLLOW or method not in (STORED, DEFLATED):
        raise NotAnArchive(reason="an entry is packed or encrypted in a way that Hourloom does not use")
    if (outside >> 16) & _KIND_OF_FILE not in _REGULAR or outside & _IS_DIRECTORY:
        raise NotAnArchive(reason="an entry is a link or a directory")
    if _UNKNOWN in (packed, start):
        raise NotAnArchive(reason="an entry is larger than what can be handed in")
    if size == _UNKNOWN:
        size, more = _wide(more)
    if more:
        raise NotAnArchive(reason="an entry has properties that Hourloom does not write")
    return Entry(_name(name), method, crc, packed, size, start), at


def _wide(more: bytes) -> tuple[int, bytes]:
    """Return the size of an entry over 4 GiB, the only thing that may be said in addition."""
    if len(more) != _WIDE.size or _WIDE.unpack(more)[:2] != (1, 8):
        raise NotAnArchive(reason="the size of an entry is not as Hourloom writes it")
    return _WIDE.unpack(more)[2], b""


def _name(raw: bytes) -> str:
    name = raw.decode("ascii", "replace")
    plain = name.replace(".", "_")
    if not plain.isidentifier() or not plain.isascii() or len(name) > 60 or name.startswith("."):
        raise NotAnArchive(reason="an entry has a name that no file of Hourloom's has")
    return name


def _require_order(entries: list[Entry], list_start: int) -> None:
    """Raise unless the entries lie one behind the other, from the first byte up to the list."""
    if len({entry.name for entry in entries}) != len(entries):
        raise ArchiveAltered(reason="two entries have the same name")
    at = 0
    for entry in entries:
        if entry.start != at:
            raise ArchiveAltered(reason="its entries overlap, or something lies between them")
        at += _head_size(entry) + entry.packed + _SIZES.size
    if at != list_start:
        raise ArchiveAltered(reason="its entries overlap, or something lies between them")


def _head_size(entry: Entry) -> int:
    return _LOCAL.size + len(entry.name) + 20


def _start_of_content(file: BinaryIO, entry: Entry) -> int:
    """Read the head of an entry, which must say what the list says."""
    file.seek(entry.start)
    head = file.read(_head_size(entry))
    if len(head) < _head_size(entry):
        raise ArchiveCutShort
    mark, _, flags, method, _, _, crc, packed, size, name_size, more_size = _LOCAL.unpack_from(head)
    name = head[_LOCAL.size : _LOCAL.size + name_size]
    said = (mark, flags, method, crc, packed, size, more_size, name)
    if said != (_LOCAL_MARK, _SIZES_FOLLOW, entry.method, 0, _UNKNOWN, _UNKNOWN, 20, entry.name.encode()):
        raise ArchiveAltered(reason=f"{entry.name} has two heads that do not agree")
    return entry.start + _head_size(entry)
