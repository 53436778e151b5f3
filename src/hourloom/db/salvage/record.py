"""From a record's bytes to its values; how is worked out once for each kind of record."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from hourloom.db.salvage.tree import Malformed, varint

Value = int | float | str | bytes | None
Values = tuple[Value, ...]
Kind = type[int] | type[float] | type[str] | type[bytes] | None

_NUMBERS = {1: "b", 2: "h", 3: "3s", 4: "i", 5: "6s", 6: "q", 7: "d"}
_ODD = (3, 5)
_FLOAT = 7
_CONSTANTS: dict[int, int | None] = {0: None, 8: 0, 9: 1}


def header_of(record: bytes) -> bytes:
    """Return the part of a record that says what its values are."""
    size = record[0] if record and record[0] < 0x80 else _long_header(record)
    if not 0 < size <= len(record):
        raise Malformed
    return record[:size]


def kinds_of(header: bytes) -> tuple[Kind, ...]:
    """Return the kinds of a record's values."""
    return tuple(_kind(code) for code in _codes(header))


def reader_of(header: bytes) -> Callable[[bytes], Values]:
    """Return what reads the values of all records with this header."""
    codes = _codes(header)
    layout = struct.Struct(">" + "".join(_layout(code) for code in codes))
    size = len(header) + layout.size
    # SQLite's constants have no bytes, so they are put between those that have.
    steps = [(place, _reading(code)) for place, code in enumerate(codes)]
    mended = [(place, read) for place, read in steps if read is not None]
    constants = [(place, _CONSTANTS[code]) for place, code in enumerate(codes) if code in _CONSTANTS]

    def read(record: bytes) -> Values:
        if len(record) != size:
            raise Malformed
        values: list[Value] = list(layout.unpack_from(record, len(header)))
        for place, constant in constants:
            values.insert(place, constant)
        for place, mend in mended:
            values[place] = mend(values[place])
        return tuple(values)

    return read


class Decoder:
    """Reads the records of one table or index, and refuses what never stands there."""

    def __init__(self, kinds: Sequence[Sequence[Kind]], *, may_be_short: bool) -> None:
        self._kinds, self._least = kinds, 1 if may_be_short else len(kinds)
        self._readers: dict[bytes, Callable[[bytes], Values] | None] = {}

    def values(self, record: bytes) -> Values | None:
        """Return a record's values, or nothing when they are not what stands there."""
        try:
            header = header_of(record)
            if header not in self._readers:
                self._readers[header] = reader_of(header) if self._fits(kinds_of(header)) else None
            reader = self._readers[header]
            return None if reader is None else reader(record)
        except Malformed:
            return None

    def _fits(self, kinds: Sequence[Kind]) -> bool:
        if not self._least <= len(kinds) <= len(self._kinds):
            return False
        return all(kind in allowed for kind, allowed in zip(kinds, self._kinds, strict=False))


def _codes(header: bytes) -> list[int]:
    try:
        size, at = varint(header, 0)
        codes = []
        while at < len(header):
            code, at = varint(header, at)
            codes.append(code)
    except IndexError:
        raise Malformed from None
    if size != len(header) or at != size or any(code in (10, 11) or code > 1 << 31 for code in codes):
        raise Malformed
    return codes


def _long_header(record: bytes) -> int:
    try:
        return varint(record, 0)[0]
    except IndexError:
        raise Malformed from None


def _kind(code: int) -> Kind:
    if code == 0:
        return None
    if code == _FLOAT:
        return float
    if code < 12:
        return int
    return str if code % 2 else bytes


def _layout(code: int) -> str:
    if code in _CONSTANTS:
        return ""
    return _NUMBERS.get(code) or f"{(code - 12) // 2}s"


def _reading(code: int) -> Callable[[Value], Value] | None:
    if code in _ODD:
        return _number
    return _text if code > 12 and code % 2 else None


def _number(value: Value) -> int:
    assert isinstance(value, bytes)
    return int.from_bytes(value, "big", signed=True)


def _text(value: Value) -> str:
    assert isinstance(value, bytes)
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Malformed from None
