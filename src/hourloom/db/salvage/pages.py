"""The pages of a database file as the disk holds them: each is read by itself and trusts no other.

Neither the file nor its log is opened by SQLite, which would change them and would give up at the first
page that it cannot read.
"""

from __future__ import annotations

import mmap
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from hourloom.db.salvage.cipher import RESERVED, SALT_SIZE, Cipher
from hourloom.db.salvage.log import Log, survey

SIZE = 4096
_BEGINNING = b"SQLite format 3\0"
_TRIED = 200


class Pages:
    """Reads single pages of a database file and its log, and changes neither."""

    def __init__(self, database: Path, cipher: Cipher | None) -> None:
        self._cipher = cipher
        self.usable = SIZE - (RESERVED if cipher else 0)
        self._opened = ExitStack()
        self._log_body = self._mapped(database.with_name(f"{database.name}-wal"))
        self.log: Log = survey(self._log_body, SIZE, cipher.is_authentic if cipher else None)
        self._file = self._opened.enter_context(database.open("rb"))
        self.count = max(database.stat().st_size // SIZE, max(self.log.places, default=0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def page(self, number: int) -> bytes | None:
        """Return the usable part of a page, or nothing when it cannot be trusted."""
        for raw in self._copies(number):
            if self._cipher is None:
                return raw
            if self._cipher.is_authentic(raw, number):
                return self._plain(raw, number)
        return None

    def unsure(self, number: int) -> bytes | None:
        """Return what a page seems to hold although it cannot be trusted: for what has a proof of its own."""
        for raw in self._copies(number):
            return raw if self._cipher is None else self._plain(raw, number)
        return None

    def any_authentic(self) -> bool:
        """Tell whether some page was written with this key."""
        step = max(1, self.count // _TRIED)
        return any(self.page(number) is not None for number in (1, *range(2, self.count + 1, step)))

    def _plain(self, raw: bytes, number: int) -> bytes:
        assert self._cipher is not None
        content = self._cipher.decrypted(raw, number)
        return _BEGINNING + content if number == 1 else content

    def _copies(self, number: int) -> list[bytes]:
        """Return a page as the log has it, then as the file has it."""
        copies = []
        if (at := self.log.places.get(number)) is not None:
            copies.append(self._log_body[at : at + SIZE])
        self._file.seek((number - 1) * SIZE)
        copies.append(self._file.read(SIZE))
        return [copy for copy in copies if len(copy) == SIZE]

    def _mapped(self, path: Path) -> mmap.mmap | bytes:
        """Return a file's bytes without reading them all at once."""
        if not path.exists() or not path.stat().st_size:
            return b""
        file = self._opened.enter_context(path.open("rb"))
        return self._opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def cipher_of(key: bytes, key_id: str) -> Cipher:
    """Return the cipher of a file whose keys name this key: it begins with the same sixteen bytes."""
    salt = bytes.fromhex(key_id)
    assert len(salt) == SALT_SIZE
    return Cipher(key, salt)
