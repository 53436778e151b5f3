"""The recovery code: 160 random bits in eight groups of letters and digits, each with its own check."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hourloom.db.keys.errors import RecoveryCodeIncomplete, RecoveryCodeMistyped

SECRET_BYTES = 20

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")
_SEPARATORS = str.maketrans("", "", " \t\r\n\u00a0-\u2010\u2011\u2012\u2013\u2014\u2212_.")
_GROUPS = 8
_SYMBOLS = 4
_PERSON = b"hourloom-recover"


def code_of(secret: bytes) -> str:
    """Write 160 random bits as a recovery code, four symbols and their check symbol in each group."""
    number = int.from_bytes(secret, "big")
    return "-".join(_group(number >> 20 * (_GROUPS - 1 - index), index) for index in range(_GROUPS))


def secret_of(code: str) -> bytes:
    """Read a recovery code as people type it: any case, O for 0, I and L for 1, any blanks and hyphens."""
    symbols = code.translate(_SEPARATORS).upper().translate(_ALIKE)
    size = _SYMBOLS + 1
    if len(symbols) != _GROUPS * size:
        raise RecoveryCodeIncomplete(expected=_GROUPS * size, found=len(symbols))
    groups = [symbols[start : start + size] for start in range(0, len(symbols), size)]
    number = 0
    for index, text in enumerate(groups):
        number = number << 20 | _value(text, index)
    return number.to_bytes(SECRET_BYTES, "big")


def key_encryption_key(secret: bytes, salt: bytes) -> bytes:
    """Derive the key that seals the data key; 160 random bits need no slow derivation."""
    return hashlib.blake2b(secret, digest_size=32, salt=salt, person=_PERSON).digest()


def _group(number: int, index: int) -> str:
    values = [number >> 5 * (_SYMBOLS - 1 - place) & 31 for place in range(_SYMBOLS)]
    return "".join(_ALPHABET[value] for value in [*values, _check(values, index)])


def _value(text: str, index: int) -> int:
    values = [_ALPHABET.find(symbol) for symbol in text]
    if -1 in values or values[-1] != _check(values[:-1], index):
        raise RecoveryCodeMistyped(group=index + 1, text=text)
    number = 0
    for value in values[:-1]:
        number = number << 5 | value
    return number


def _check(values: Sequence[int], index: int) -> int:
    # A weighted sum over GF(32) finds every wrong symbol, swapped neighbours and a group in another's place.
    check = index + 1
    for value in values:
        check = _times_two(check ^ value)
    return check


def _times_two(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled
