"""One server per data directory: a lock that dies with its process, and a note that says who holds it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from pathlib import Path

from hourloom.core.clock import Instant, datetime_of
from hourloom.core.errors import Refused

NAME = "lock"
SWAP = "swap.json"
"""Says that another database is to take the place of the present one; see `db/swap.py`."""
_PATIENCE = 0.25
"""Seconds to wait for a lock that may only be held by somebody who looks whether it is held."""
_LATER = 1 << 30
"""Windows locks bytes against reading too; this one lies far behind the note."""


class DirectoryInUse(Refused):
    """The data directory {path} is in use by hourloom ({holder}); stop it or choose another --data-dir."""


class DirectoryIsAFile(Refused):
    """The data directory {path} is a file; choose another --data-dir."""


class DirectoryNotWritable(Refused):
    """The data directory {path} cannot be written; change its owner or choose another --data-dir."""


class DirectoryReadOnly(Refused):
    """The data directory {path} is on a read-only disk; choose another --data-dir."""


class DirectoryUnusable(Refused):
    """The data directory {path} cannot be used: {reason}."""


class Holder:
    """Who holds a lock, as that program wrote it; any part may be missing."""

    def __init__(self, pid: int | None = None, since: Instant | None = None, url: str | None = None) -> None:
        self.pid, self.since, self.url = pid, since, url

    @property
    def port(self) -> int | None:
        """Return the port in the url."""
        digits = (self.url or "").rstrip("/").rpartition(":")[2]
        return int(digits) if digits.isdigit() else None

    def __str__(self) -> str:
        process = f"process {self.pid or 'unknown'}"
        since = (
            f"since {datetime_of(self.since).astimezone():%Y-%m-%d %H:%M}" if self.since is not None else ""
        )
        return ", ".join(filter(None, (process, since, self.url or "not listening yet")))


class DirectoryLock:
    """A held lock; let it go with `release` or by ending the process."""

    def __init__(self, fd: int, directory_fd: int | None, pid: int, since: Instant) -> None:
        self.fd = fd
        self._directory_fd = directory_fd
        self._pid, self._since = pid, since

    def publish(self, url: str | None) -> None:
        """Write where the server answers, for commands and for whoever finds the directory in use."""
        note = json.dumps({"pid": self._pid, "since": self._since, "url": url}).encode()
        # On a full disk the lock holds all the same; only the note is lost.
        with contextlib.suppress(OSError):
            os.ftruncate(self.fd, 0)
            os.pwrite(self.fd, note, 0) if hasattr(os, "pwrite") else _write_at_start(self.fd, note)

    def release(self) -> None:
        """Let go; the file stays, because removing it could remove the next holder's."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.fd, 0)
        os.close(self.fd)
        if self._directory_fd is not None:
            os.close(self._directory_fd)


def take(directory: Path, now: Instant, name: str = NAME) -> DirectoryLock:
    """Make the data directory if need be and lock it; raise one clear sentence when that cannot be."""
    prepare(directory)
    fd = _open(directory, name)
    deadline = time.monotonic() + _PATIENCE
    while not _lock(fd):
        if time.monotonic() > deadline:
            holder = _read(directory / name)
            os.close(fd)
            raise DirectoryInUse(path=directory, holder=holder)
        time.sleep(0.02)
    taken = DirectoryLock(fd, _lock_directory(directory, name, fd), os.getpid(), now)
    taken.publish(None)
    if name == NAME and (directory / SWAP).exists():
        _finish_swap(directory, taken)
    return taken


def _finish_swap(directory: Path, taken: DirectoryLock) -> None:
    """Let no one see a directory in which one database has only half taken the place of another."""
    from hourloom.db.swap import finish  # noqa: PLC0415 - only after a restore

    try:
        finish(directory)
    except BaseException:
        taken.release()
        raise


def holder_of(directory: Path, name: str = NAME) -> Holder | None:
    """Return who holds the directory at this moment, or None; what a dead process wrote is nothing."""
    try:
        fd = os.open(directory / name, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _lock(fd) else _read(directory / name)
    finally:
        os.close(fd)


def prepare(directory: Path) -> None:
    """Make the data directory for its user alone; one that exists keeps its mode."""
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise DirectoryIsAFile(path=directory) from None
    except OSError as error:
        raise _refusal(directory, error) from None


def _open(directory: Path, name: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        fd = os.open(directory / name, flags, 0o600)
        # Being able to open an old file does not mean that new ones can be made.
        if not os.access(directory, os.W_OK):
            os.close(fd)
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        raise _refusal(directory, error) from None
    return fd


def _refusal(directory: Path, error: OSError) -> Refused:
    if error.errno == errno.EROFS:
        return DirectoryReadOnly(path=directory)
    if error.errno in (errno.EACCES, errno.EPERM):
        return DirectoryNotWritable(path=directory)
    if error.errno == errno.ENOTDIR:
        return DirectoryIsAFile(path=directory)
    return DirectoryUnusable(path=directory, reason=os.strerror(error.errno or 0))


def _lock_directory(directory: Path, name: str, fd: int) -> int | None:
    """Lock the directory itself too, so that removing the file does not let a second server in.

    Where a directory cannot be locked (Windows, some network disks) the file alone has to do.
    """
    if sys.platform == "win32" or name != NAME:
        return None
    directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    if _lock(directory_fd, unsupported=True):
        return directory_fd
    os.close(directory_fd)
    os.close(fd)
    raise DirectoryInUse(path=directory, holder=Holder())


def _read(path: Path) -> Holder:
    try:
        note = json.loads(path.read_bytes())
        since = Instant(int(note["since"]))
        datetime_of(since)
        return Holder(int(note["pid"]), since, note["url"] and str(note["url"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        # A power cut may leave anything in it.
        return Holder()


def _write_at_start(fd: int, note: bytes) -> None:
    os.lseek(fd, 0, os.SEEK_SET)
    os.write(fd, note)


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int, *, unsupported: bool = False) -> bool:
        os.lseek(fd, _LATER, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return unsupported
        return True

else:
    import fcntl

    def _lock(fd: int, *, unsupported: bool = False) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return unsupported
        return True
