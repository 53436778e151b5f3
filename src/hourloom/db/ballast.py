"""A reserve of disk space to let go when the disk is full, because deleting rows needs space too."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

NAME = "ballast"
SIZE = 8 * 1024 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PIECE = 1024 * 1024


class Ballast:
    """A file of real disk blocks in the data directory."""

    def __init__(self, directory: Path, size: int = SIZE) -> None:
        self.path = directory / NAME
        self.size = size

    @property
    def held(self) -> bool:
        """Tell whether the reserve is there, in blocks and not only in length."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        return status.st_size >= self.size and getattr(status, "st_blocks", sys.maxsize) * 512 >= self.size

    def take(self) -> bool:
        """Reserve the space; False when the disk has too little, and then nothing is kept."""
        if self.held:
            return True
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                _allocate(fd, self.size)
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            self.release()
            if is_full(error):
                return False
            raise
        return True

    def release(self) -> bool:
        """Give the space back to the disk; False when there was none to give."""
        had = self.held
        # On a full copy-on-write disk removing a file may fail where shortening it does not.
        with contextlib.suppress(OSError):
            os.truncate(self.path, 0)
        with contextlib.suppress(OSError):
            self.path.unlink()
        return had

    def refill(self) -> bool:
        """Reserve the space again once as much again would stay free; tell whether the reserve is there."""
        if self.held:
            return True
        return free_space(self.path.parent) >= 2 * self.size and self.take()


def free_space(directory: Path) -> int:
    """Return the bytes that this user may still write on the directory's disk."""
    if sys.platform != "win32":
        found = os.statvfs(directory)
        return found.f_bavail * found.f_frsize
    import shutil  # noqa: PLC0415 - it brings what packs files, which no server needs

    return shutil.disk_usage(directory).free


def is_full(error: OSError) -> bool:
    """Tell whether an error means that the disk, or the user's share of it, is full."""
    return error.errno in _FULL


def _allocate(fd: int, size: int) -> None:
    """Reserve blocks for a file, by writing where the file system knows no other way."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
    status = os.fstat(fd)
    if status.st_size >= size and status.st_blocks * 512 >= size:
        return
    # Bytes that do not compress, for disks that would store zeros as nothing.
    for at in range(0, size, _PIECE):
        os.lseek(fd, at, os.SEEK_SET)
        _write(fd, os.urandom(min(_PIECE, size - at)))


def _write(fd: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(fd, piece) :]
