"""The cipher of an encrypted file's pages, applied to one page at a time."""

from __future__ import annotations

import hashlib
import hmac

from hourloom.db.sqlcipher import TAG

SALT_SIZE = 16
_IV, _TAG = 16, 32
RESERVED = _IV + _TAG
"""Bytes at the end of each page: where its encryption began, and a tag over the page and its number."""

_TAG_MASK = 0x3A
_TAG_ROUNDS = 2


class Cipher:
    """AES-256 in CBC mode with a SHA-256 tag, as our SQLCipher writes it."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        masked = bytes(byte ^ _TAG_MASK for byte in salt)
        self._key = key
        self._tag_key = hashlib.pbkdf2_hmac("sha512", key, masked, _TAG_ROUNDS, len(key))

    def is_authentic(self, page: bytes, number: int) -> bool:
        """Tell whether a page is as it was written, at this very place."""
        said = page[_beginning(number) : -_TAG] + number.to_bytes(4, "little")
        return hmac.compare_digest(hmac.digest(self._tag_key, said, TAG), page[-_TAG:])

    def decrypted(self, page: bytes, number: int) -> bytes:
        """Return what a page holds after its beginning, authentic or not."""
        from cryptography.hazmat.primitives.ciphers import Cipher as Symmetric  # noqa: PLC0415 - 16 ms, 7 MiB
        from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415 - as above

        usable = len(page) - RESERVED
        decryptor = Symmetric(AES(self._key), CBC(page[usable : usable + _IV])).decryptor()
        return decryptor.update(page[_beginning(number) : usable])


def _beginning(number: int) -> int:
    """Return where a page's encrypted part begins: the first one begins with the salt."""
    return SALT_SIZE if number == 1 else 0
