"""Seal a stream and read a sealed one: constant memory, and nothing released that is not authentic."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from hourloom.db.keys.ways import DataKey
from hourloom.db.keys.wraps import KeyFile
from hourloom.sealing import model
from hourloom.sealing.header import Header, Keys, exactly, new_header, open_by, require_key, sealed_header
from hourloom.sealing.model import CHUNK_HEAD, FINAL, TAG_BYTES, CutShort, Lengthened, Tampered, TooLongToSeal

__all__ = ["Header", "Unsealed", "open_by", "seal", "sealed_header", "unseal"]

Bytes = bytes | bytearray | memoryview


class _Cipher(Protocol):
    def encrypt(self, nonce: bytes, data: Bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: Bytes, associated_data: bytes | None) -> bytes: ...


@contextmanager
def seal(
    target: BinaryIO,
    kind: str,
    document: KeyFile,
    data_key: DataKey,
    *,
    chunk_bytes: int = model.CHUNK_BYTES,
) -> Iterator[BinaryIO]:
    """Write what is written into the yielded file sealed to `target`, from where that stands to its end.

    Only when the block ends well gets the file its end; one that was left by an error never opens.
    """
    written, header, keys = new_header(kind, document, data_key, chunk_bytes)
    target.write(written)
    sealing = Sealing(target, header, keys)
    yield cast("BinaryIO", sealing)
    sealing.finish()


@contextmanager
def unseal(source: BinaryIO, header: Header, data_key: bytes) -> Iterator[BinaryIO]:
    """Read what was sealed, from behind the header on.

    When the block ends well, what was not read is checked too, up to the end of the file.
    """
    unsealed = Unsealed(source, header, data_key)
    yield cast("BinaryIO", unsealed)
    unsealed.finish()


class Sealing(io.BufferedIOBase):
    """A file that is being sealed."""

    def __init__(self, target: BinaryIO, header: Header, keys: Keys) -> None:
        self._target, self._header, self._size = target, header, header.chunk_bytes
        self._cipher = cipher_of(keys)
        self._index = 0
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Bytes, /) -> int:  # type: ignore[override]  # all bytes we write
        """Take some bytes; whatever fills a chunk, and is not the end, goes out."""
        view = memoryview(content).cast("B")
        start = 0
        if self._held:
            start = min(len(view), self._size - len(self._held))
            self._held += view[:start]
            if start == len(view):
                return len(view)
            self._put(self._held, final=False)
            self._held.clear()
        # At least one byte is held back: only the end knows that it is the end.
        while len(view) - start > self._size:
            self._put(view[start : start + self._size], final=False)
            start += self._size
        self._held += view[start:]
        return len(view)

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(self._held, final=True)
        self._held.clear()

    def _put(self, content: Bytes, *, final: bool) -> None:
        if self._index >= model.MOST_CHUNKS:
            raise TooLongToSeal
        head = CHUNK_HEAD.pack(len(content) | (FINAL if final else 0))
        said = model.bound(self._header.digest, self._index, final=final)
        self._target.write(head + self._cipher.encrypt(model.nonce(self._index), content, said))
        self._index += 1


class Unsealed(io.BufferedIOBase):
    """A sealed file that is being read; whatever is read from it is authentic."""

    def __init__(self, source: BinaryIO, header: Header, data_key: bytes) -> None:
        self._chunks = chunks(source, header, data_key)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return this many bytes, fewer only at the end."""
        wanted = sys.maxsize if size is None or size < 0 else size
        pieces = []
        while wanted and (self._rest or self._next()):
            piece = self._rest[:wanted]
            self._rest = self._rest[len(piece) :]
            wanted -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Check all that was not read, up to the end."""
        self._rest = memoryview(b"")
        while self._next():
            self._rest = memoryview(b"")

    def _next(self) -> bool:
        """Take the next chunk that is not empty; False at the end."""
        for chunk in self._chunks:
            self._rest = memoryview(chunk)
            if chunk:
                return True
        return False


def chunks(source: BinaryIO, header: Header, data_key: bytes) -> Iterator[bytes]:
    """Yield the chunks of a file, each once it is known to be authentic and in its place."""
    cipher = cipher_of(require_key(header, data_key))
    index, final = 0, False
    while not final:
        chunk, final = next_chunk(source, header, cipher, index)
        if final and source.read(1):
            raise Lengthened
        yield chunk
        index += 1


def next_chunk(source: BinaryIO, header: Header, cipher: _Cipher, index: int) -> tuple[bytes, bool]:
    """Read one chunk; return it and whether it is the last one."""
    head = exactly(source, CHUNK_HEAD.size)
    if len(head) < CHUNK_HEAD.size:
        raise CutShort
    (said,) = CHUNK_HEAD.unpack(head)
    length, final = said & ~FINAL, bool(said & FINAL)
    where = f"in its part {index + 1}"
    if length > header.chunk_bytes or (length < header.chunk_bytes and not final):
        raise Tampered(where=where)
    sealed = exactly(source, length + TAG_BYTES)
    if len(sealed) < length + TAG_BYTES:
        # A last part that is whole but for its length was changed, not cut.
        opened = opened_chunk(cipher, header, index, sealed, final=final)
        raise CutShort if opened is None else Tampered(where=where)
    chunk = opened_chunk(cipher, header, index, sealed, final=final)
    if chunk is None:
        raise Tampered(where=where)
    return chunk, final


def opened_chunk(cipher: _Cipher, header: Header, index: int, sealed: bytes, *, final: bool) -> bytes | None:
    """Return the content of a chunk, or nothing when it is not authentic."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - 16 ms, 7 MiB

    try:
        said = model.bound(header.digest, index, final=final)
        return cipher.decrypt(model.nonce(index), sealed, said)
    except InvalidTag:
        return None


def cipher_of(keys: Keys) -> _Cipher:
    """Return what encrypts and decrypts the chunks of a file."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

    return AESGCM(keys.content)
