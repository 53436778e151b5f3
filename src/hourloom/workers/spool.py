"""A temporary file that tells nothing: its key is in memory alone, and on most systems it has no name."""

from __future__ import annotations

import errno
import io
import os
import secrets
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from hourloom.core.errors import StorageFull

KEY_BYTES = 32
HEAD = 16
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_BLOCK = 16


class _Stream(Protocol):
    def update(self, data: bytes) -> bytes: ...


class SpoolFile:
    """What arrives is written encrypted, with a key that nobody keeps; a worker reads it by descriptor."""

    def __init__(self, directory: Path) -> None:
        import tempfile  # noqa: PLC0415 - a start has no use for it

        self._file = tempfile.TemporaryFile(dir=directory, prefix="import-", buffering=0)  # noqa: SIM115 - closed below
        self.key = secrets.token_bytes(KEY_BYTES)
        self._stream = _cipher(self.key, 0)
        self.size = 0
        self.head = b""
        """How it begins, by which one knows what it is."""

    @property
    def descriptor(self) -> int:
        """Return the open file, to be handed to a worker."""
        return self._file.fileno()

    def write(self, content: bytes) -> None:
        """Append."""
        self.head += content[: HEAD - len(self.head)]
        sealed = memoryview(self._stream.update(content))
        try:
            while sealed:
                sealed = sealed[self._file.write(sealed) :]
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull from None
            raise
        self.size += len(content)

    def close(self) -> None:
        """Let go of the file, which is then gone."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Unspooled(io.RawIOBase):
    """Reads an open file at any place, one that a SpoolFile wrote with its key."""

    def __init__(self, descriptor: int, key: bytes | None) -> None:
        self._descriptor, self._key = descriptor, key
        self._at = 0
        self._stream: _Stream | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        end = os.fstat(self._descriptor).st_size
        self._at = offset + (self._at if whence == os.SEEK_CUR else end if whence == os.SEEK_END else 0)
        self._stream = None
        return self._at

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        clear = os.pread(self._descriptor, len(view), self._at)
        if self._key is not None:
            clear = self._stream_here(self._key).update(clear)
        view[: len(clear)] = clear
        self._at += len(clear)
        return len(clear)

    def _stream_here(self, key: bytes) -> _Stream:
        if self._stream is None:
            self._stream = _cipher(key, self._at)
        return self._stream


def unspooled(descriptor: int, key: bytes | None) -> BinaryIO:
    """Read an open file from its beginning, independently of who else reads it."""
    return io.BufferedReader(Unspooled(descriptor, key))


def load() -> None:
    """Load what reading a SpoolFile needs; a worker can load nothing once it is shut in."""
    _cipher(bytes(KEY_BYTES), 0)


def _cipher(key: bytes, at: int) -> _Stream:
    """Return the key stream from a place on: the counter counts blocks of the file."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - when used

    counter = (at // _BLOCK).to_bytes(_BLOCK, "big")
    stream = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor()
    stream.update(bytes(at % _BLOCK))
    return stream
