"""Uploads written to a file as they arrive: the body itself, or the first file of a multipart form."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Protocol

from hourloom.core.errors import Invalid
from hourloom.web.problems import NotThatType
from hourloom.web.routes import Upload

MOST_HEADERS = 16 * 1024
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)


class NoFileInUpload(Invalid):
    """The upload holds no file."""


class Target(Protocol):
    """What an upload is written to."""

    def write(self, content: bytes, /) -> object:
        """Append."""
        ...


async def receive(upload: Upload, file: Target) -> None:
    """Write an upload to a file."""
    kind = upload.content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        async for piece in upload.pieces:
            file.write(piece)
    elif kind == "multipart/form-data":
        await _Form(upload.pieces, b"\r\n--" + _boundary(upload.content_type)).write_first_file(file)
    else:
        raise NotThatType(wanted="application/json or multipart/form-data", found=upload.content_type[:60])


def _boundary(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise NoFileInUpload
    return (found[1] or found[2]).encode("latin-1")


class _Form:
    """A multipart form whose parts are read one after the other."""

    def __init__(self, pieces: AsyncIterator[bytes], mark: bytes) -> None:
        self._pieces, self._mark = pieces, mark
        self._held = b"\r\n"

    async def write_first_file(self, file: Target) -> None:
        """Write the first part that has the name of a file; what follows is not read."""
        await self._copy_part(None)
        while True:
            heads = await self._heads()
            is_file = b"filename" in heads.lower()
            await self._copy_part(file if is_file else None)
            if is_file:
                return

    async def _heads(self) -> bytes:
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            if len(self._held) > MOST_HEADERS or self._held.startswith(b"--"):
                raise NoFileInUpload
            await self._more()
        heads, self._held = self._held[:end], self._held[end + 4 :]
        return heads

    async def _copy_part(self, file: Target | None) -> None:
        """Copy up to the next mark and go behind it."""
        while (at := self._held.find(self._mark)) < 0:
            # The end of what is there may be the beginning of the mark.
            sure = max(0, len(self._held) - len(self._mark))
            _write(file, self._held[:sure])
            self._held = self._held[sure:]
            await self._more()
        _write(file, self._held[:at])
        self._held = self._held[at + len(self._mark) :]

    async def _more(self) -> None:
        piece = await anext(self._pieces, None)
        if piece is None:
            raise NoFileInUpload
        self._held += piece


def _write(file: Target | None, content: bytes) -> None:
    if file is not None:
        file.write(content)
