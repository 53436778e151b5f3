"""A file of sealed records, written at its end only: what they say is readable with the key alone.

Each record is its length, its kind, a random nonce and what AES-256-GCM makes of its body. The place of a
record is authenticated with it, so that none can be moved or repeated. A record is there as a whole or not at
all: what a killed program or a power cut left of the last one is cut off when the file is opened.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE, TAG = 12, 16
LARGEST = 1024 * 1024
_HEAD = struct.Struct("<IB")
_PLACE = struct.Struct("<8sQQB")
_ADDED = NONCE + TAG


class Unreadable(ValueError):
    """The record was changed, or belongs elsewhere."""


class Seal:
    """Seals and opens records with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher, self._key = AESGCM(key), key
        self.name = self.digest(b"", "key")
        """Tells which key it is without telling the key."""

    def digest(self, text: bytes, use: str) -> str:
        """Return a name for a text that tells nothing about it."""
        person = use.encode()
        return hashlib.blake2b(text, key=self._key, digest_size=8, person=person).hexdigest()

    def sealed(self, body: bytes, place: bytes) -> bytes:
        """Return a body sealed for its place."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, body, place)

    def opened(self, sealed: bytes, place: bytes) -> bytes:
        """Return the body of what was sealed for a place; raises Unreadable."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], place)
        except (InvalidTag, ValueError):
            raise Unreadable from None


class Record(NamedTuple):
    """One record: where it begins and ends, its kind, and its sealed body."""

    start: int
    end: int
    kind: int
    sealed: bytes


class Segment:
    """One such file."""

    def __init__(self, path: Path, seal: Seal, series: str, number: int) -> None:
        self.path, self.number = path, number
        self._seal, self._series = seal, bytes.fromhex(series)
        # Windows would change line ends otherwise.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o600)
        self.size = os.lseek(self._file, 0, os.SEEK_END)
        self.is_synced = True

    def append(self, kind: int, body: bytes) -> int:
        """Write a record and return where it ends; raises OSError, and then nothing of it is left."""
        sealed = self._seal.sealed(body, self._place(kind, self.size))
        left = memoryview(_HEAD.pack(len(sealed), kind) + sealed)
        size = len(left)
        try:
            os.lseek(self._file, self.size, os.SEEK_SET)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            self._cut(self.size)
            raise
        self.size += size
        self.is_synced = False
        return self.size

    def cut(self, size: int) -> None:
        """Forget what lies behind a place."""
        self._cut(size)
        self.size = size

    def sync(self) -> None:
        """Wait until all of it is on the disk itself."""
        if not self.is_synced:
            getattr(os, "fdatasync", os.fsync)(self._file)
            self.is_synced = True

    def records(self, start: int = 0) -> Iterator[Record]:
        """Yield the records from a place on, up to the first that is not whole."""
        with self.path.open("rb") as file:
            file.seek(start)
            while record := self._next(file, start):
                yield record
                start = record.end

    def body(self, record: Record) -> bytes:
        """Open a record; raises Unreadable."""
        return self._seal.opened(record.sealed, self._place(record.kind, record.start))

    def mend(self) -> None:
        """Cut off what follows the last record that can be read."""
        whole = 0
        for record in self.records():
            try:
                self.body(record)
            except Unreadable:
                continue
            whole = record.end
        if whole < self.size:
            self.cut(whole)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _next(self, file: BinaryIO, start: int) -> Record | None:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        size, kind = _HEAD.unpack(head)
        if not _ADDED <= size <= LARGEST:
            return None
        sealed = file.read(size)
        return Record(start, start + _HEAD.size + size, kind, sealed) if len(sealed) == size else None

    def _place(self, kind: int, start: int) -> bytes:
        return _PLACE.pack(self._series, self.number, start, kind)

    def _cut(self, size: int) -> None:
        try:
            os.ftruncate(self._file, size)
        except OSError:
            # What is left behind is no whole record: the next one is written over it.
            return
