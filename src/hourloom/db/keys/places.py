"""Where keys are kept on disk, written so that a crash never leaves half a file."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

import msgspec

from hourloom.db.keys import wraps
from hourloom.db.keys.errors import (
    KeyFileDamaged,
    KeyFileExposed,
    KeyFileMissing,
    KeysDamaged,
    KeysNotRead,
    KeysNotWritten,
    reason_of,
)
from hourloom.db.keys.wraps import KeyFile

_KEY = re.compile(rb"hourloom-key-1:([0-9a-f]{64})")
_MOST_KEYS = 2
"""The old and the new one, while one takes the other's place."""


class Places(msgspec.Struct, frozen=True):
    """The files of one data directory and its configuration directory."""

    directory: Path
    config_dir: Path
    own_key_file: Path | None = None
    """Where the operator wants the key file instead of the usual place."""

    @property
    def database(self) -> Path:
        return self.directory / "hourloom.db"

    @property
    def keys(self) -> Path:
        return self.directory / "keys.json"

    @property
    def copies(self) -> Path:
        return self.config_dir / "keys"

    def copy(self, database_id: str) -> Path:
        return self.copies / f"{database_id}.json"

    def key_file(self, database_id: str) -> Path:
        return self.own_key_file or self.copies / f"{database_id}.key"


def read_keys(places: Places, key_id: str | None = None) -> KeyFile | None:
    """Return the database's keys.json, or nothing when there is none."""
    body = _read(places.keys)
    return None if body is None else wraps.decode(body, places.keys, hint_of(places, key_id))


def write_keys(places: Places, document: KeyFile) -> None:
    """Write keys.json and then its copy in the configuration directory."""
    body = wraps.encode(document)
    write_atomically(places.keys, body)
    write_atomically(places.copy(document.database_id), body)


def hint_of(places: Places, key_id: str | None) -> str:
    """Return the words that name the copy belonging to an encrypted file, if the computer still has one."""
    copy = copy_for(places, key_id) if key_id else None
    return f" (there is a copy: {copy})" if copy else ""


def copy_for(places: Places, key_id: str) -> Path | None:
    """Return the sound copy of a keys.json that has a wrap for this key."""
    for path in sorted(places.copies.glob("*.json")):
        # A damaged copy is only a copy: there may be a better one.
        with contextlib.suppress(KeysDamaged, KeysNotRead):
            body = _read(path)
            if body and len(body) <= wraps.LARGEST and wraps.decode(body, path).wraps_of(key_id):
                return path
    return None


def read_key_file(path: Path) -> tuple[bytes, ...]:
    """Return the key in a key file that only its owner may read, or both while a new one takes its place."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            body = file.read(4096)
    except FileNotFoundError:
        raise KeyFileMissing(path=path) from None
    except OSError as error:
        raise KeysNotRead(path=path, reason=reason_of(error)) from None
    if os.name == "posix" and mode & 0o077:
        raise KeyFileExposed(path=path)
    found = [_KEY.fullmatch(line) for line in body.split()]
    if not 1 <= len(found) <= _MOST_KEYS:
        raise KeyFileDamaged(path=path)
    return tuple(_key_in(line, path) for line in found)


def write_key_file(path: Path, *keys: bytes) -> None:
    """Write a new key file."""
    write_atomically(path, b"".join(b"hourloom-key-1:" + key.hex().encode() + b"\n" for key in keys))


def write_atomically(path: Path, body: bytes) -> None:
    """Replace a file by a new one that is on disk, readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        _make_directories(path.parent)
        fresh.unlink(missing_ok=True)
        try:
            _write(fresh, body)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise KeysNotWritten(path=path, reason=reason_of(error)) from None


def _make_directories(directory: Path) -> None:
    """Make a directory and those above it that are missing, all for their user alone."""
    for each in [*reversed(directory.parents), directory]:
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def remove(path: Path) -> None:
    """Remove a file for good."""
    try:
        path.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise KeysNotWritten(path=path, reason=reason_of(error)) from None


def sync_file(path: Path) -> None:
    """Wait until a file's content is on disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Wait until the names in a directory are on disk."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _key_in(line: re.Match[bytes] | None, path: Path) -> bytes:
    if line is None:
        raise KeyFileDamaged(path=path)
    return bytes.fromhex(line[1].decode())


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(wraps.LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeysNotRead(path=path, reason=reason_of(error)) from None


def _write(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
