"""Every byte of a directory, and the pages of databases in it as they are under their encryption."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hourloom.db.sqlcipher import TAG

PAGE, SALT, IV = 4096, 16, 16
RESERVED = IV + hashlib.new(TAG).digest_size
LOG_HEADER, FRAME_HEADER = 32, 24


def pieces(directory: Path, key: bytes | None) -> Iterator[tuple[str, bytes]]:
    """Yield the content of all files, that of databases and their logs decrypted as well."""
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path.name, content
        if key is None:
            continue
        if path.suffix == ".db":
            yield (
                f"{path.name}, decrypted",
                b"".join(_decrypted(page, key, at == 0) for at, page in _pages(content)),
            )
        elif path.name.endswith("-wal"):
            yield f"{path.name}, decrypted", b"".join(_frames(content, key))


def places_of(needle: str, directory: Path, key: bytes | None) -> list[str]:
    """Return where a text is found."""
    return [name for name, content in pieces(directory, key) if needle.encode() in content]


def _pages(content: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(0, len(content) - PAGE + 1, PAGE):
        yield at, content[at : at + PAGE]


def _frames(content: bytes, key: bytes) -> Iterator[bytes]:
    for at in range(LOG_HEADER, len(content) - PAGE - FRAME_HEADER + 1, FRAME_HEADER + PAGE):
        number = int.from_bytes(content[at : at + 4], "big")
        yield _decrypted(content[at + FRAME_HEADER : at + FRAME_HEADER + PAGE], key, number == 1)


def _decrypted(page: bytes, key: bytes, is_first: bool) -> bytes:  # noqa: FBT001 - as it is
    end = PAGE - RESERVED
    decryptor = Cipher(algorithms.AES(key), modes.CBC(page[end : end + IV])).decryptor()
    return decryptor.update(page[SALT if is_first else 0 : end]) + decryptor.finalize()
