"""Backups in a folder: written beside their name, synced, and put in place when they are whole."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from hourloom.backups.copying import new_file
from hourloom.backups.model import (
    STATE_ENDING,
    BackupNotRead,
    BackupNotWritten,
    BackupOutOfReach,
    NoRoomForBackup,
    NoSuchBackup,
    is_name,
)
from hourloom.backups.ports import BackupFile
from hourloom.db.ballast import is_full
from hourloom.db.keys.errors import reason_of
from hourloom.db.keys.places import sync_directory

MIB = 1 << 20
_BUFFER = 1 * MIB


class Folder:
    """A folder on a disk, its own or another one."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path, self._make = path, make

    @property
    def place(self) -> str:
        return str(self.path)

    def require(self) -> None:
        if self._make:
            with contextlib.suppress(OSError):
                self.path.mkdir(mode=0o700, exist_ok=True)
        if not self.path.is_dir():
            raise BackupOutOfReach(place=self.place)

    def free_space(self) -> int | None:
        try:
            return shutil.disk_usage(self.path).free
        except OSError:
            return None

    @contextmanager
    def put(self, name: str) -> Iterator[BinaryIO]:
        self.require()
        path = self._path(name)
        fresh = path.with_name(f".{name}.new")
        try:
            fresh.unlink(missing_ok=True)
            with new_file(fresh) as file:
                yield file
            fresh.replace(path)
            sync_directory(self.path)
        except OSError as error:
            self._refuse(error)
        finally:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)

    def list(self) -> list[BackupFile]:
        self.require()
        try:
            return [
                BackupFile(entry.name, entry.stat().st_size)
                for entry in os.scandir(self.path)
                if is_name(entry.name.removesuffix(STATE_ENDING)) and entry.is_file(follow_symlinks=False)
            ]
        except OSError as error:
            raise BackupNotRead(place=self.place, reason=reason_of(error)) from None

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        self.require()
        try:
            with self._path(name).open("rb", buffering=_BUFFER) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise NoSuchBackup(name=name, place=self.place)
                yield file
        except FileNotFoundError:
            raise NoSuchBackup(name=name, place=self.place) from None
        except OSError as error:
            raise BackupNotRead(place=self.place, reason=reason_of(error)) from None

    def delete(self, name: str) -> None:
        self.require()
        try:
            self._path(name).unlink(missing_ok=True)
            sync_directory(self.path)
        except OSError as error:
            self._refuse(error)

    def discard_leftovers(self, database_id: str) -> None:
        """Remove what stopped backups of this database left; other databases may share the folder."""
        for path in self.path.glob(f".hourloom-{database_id[:8]}-*.new"):
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, name: str) -> Path:
        # Names come from requests too: nothing else than one of ours is ever joined to the folder.
        if not is_name(name.removesuffix(STATE_ENDING)):
            raise NoSuchBackup(name=name[:60], place=self.place)
        return self.path / name

    def _refuse(self, error: OSError) -> NoReturn:
        if is_full(error):
            free = (self.free_space() or 0) // MIB
            raise NoRoomForBackup(place=self.place, needed="more", free=free) from None
        if error.errno == errno.ENOENT:
            raise BackupOutOfReach(place=self.place) from None
        raise BackupNotWritten(place=self.place, reason=reason_of(error)) from None
