"""Sealed files on disk: made whole or not at all, readable by their owner alone."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from hourloom.db.keys.errors import reason_of
from hourloom.db.keys.places import sync_directory
from hourloom.sealing.model import NoRoom, NotRead, NotWritten, SourceMissing, TargetExists

_PIECE = 1 << 20
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK, errno.EINVAL}


@contextmanager
def new_file(path: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """Write a new file beside its place; it gets its name when it is whole and on disk, and not otherwise."""
    if not replace and path.exists():
        raise TargetExists(name=path.name)
    fresh = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.new")
    try:
        with _written(path):
            descriptor = os.open(fresh, _NEW, 0o600)
        with io.BufferedRandom(_File(descriptor, path, "r+b"), _PIECE) as file:
            yield cast("BinaryIO", file)
            file.flush()
            with _written(path):
                os.fsync(descriptor)
        with _written(path):
            _give_name(fresh, path, replace=replace)
            sync_directory(path.parent)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read."""
    with _read(path):
        raw = _File(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), path, "rb")
    with io.BufferedReader(raw, _PIECE) as file:
        yield cast("BinaryIO", file)


class _File(io.FileIO):
    """A file whose faults are sentences that name it: the other file of a copy may be well."""

    def __init__(self, descriptor: int, path: Path, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._path = path

    def readinto(self, buffer: Any, /) -> int:
        with _read(self._path):
            return super().readinto(buffer)

    def write(self, content: Any, /) -> int:
        with _written(self._path):
            return super().write(content)


def _give_name(fresh: Path, path: Path, *, replace: bool) -> None:
    """Give a file its name, at once; one that came there meanwhile stays unless it may be replaced."""
    if replace:
        fresh.replace(path)
        return
    try:
        os.link(fresh, path, follow_symlinks=False)
    except FileExistsError:
        raise TargetExists(name=path.name) from None
    except (OSError, NotImplementedError) as error:
        # Some file systems have no links; there it is enough to look once more.
        if isinstance(error, OSError) and error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise TargetExists(name=path.name) from None
        fresh.replace(path)


@contextmanager
def _read(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise SourceMissing(name=path.name) from None
    except OSError as error:
        raise NotRead(name=path.name, reason=reason_of(error)) from None


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(name=path.name) from None
        raise NotWritten(name=path.name, reason=reason_of(error)) from None
