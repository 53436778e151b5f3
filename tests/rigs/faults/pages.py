"""Where a table or an index lies in an encrypted file: its pages, decrypted one by one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hourloom.db.sqlcipher import TAG

PAGE = 4096
_SALT, _NONCE = 16, 16
_RESERVED = _NONCE + hashlib.new(TAG).digest_size
_INTERIOR = (0x02, 0x05)


def leaves(database: Path, key: bytes, root: int) -> list[int]:
    """Return the numbers of the leaves of a tree, in their order."""
    content = page(database, key, root)
    # The first page begins with the header of the file.
    head = 100 if root == 1 else 0
    if content[head] not in _INTERIOR:
        return [root]
    cells = int.from_bytes(content[head + 3 : head + 5], "big")
    pointers = [
        int.from_bytes(content[at : at + 2], "big") for at in range(head + 12, head + 12 + 2 * cells, 2)
    ]
    children = [*(content[at : at + 4] for at in pointers), content[head + 8 : head + 12]]
    return [leaf for child in children for leaf in leaves(database, key, int.from_bytes(child, "big"))]


def page(database: Path, key: bytes, number: int) -> bytes:
    """Return a page as it is before it is encrypted."""
    with database.open("rb") as file:
        file.seek((number - 1) * PAGE)
        stored = file.read(PAGE)
    clear = _SALT if number == 1 else 0
    encrypted, nonce = stored[clear : PAGE - _RESERVED], stored[PAGE - _RESERVED :][:_NONCE]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(nonce)).decryptor()
    return stored[:clear] + decryptor.update(encrypted) + decryptor.finalize()
