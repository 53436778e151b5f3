"""A backup as bytes: a mark, what anybody may read, then the manifest and the database, sealed as one.

    mark │ length · label │ seal( length · manifest │ database )

An unencrypted database is not sealed: then the digest in the manifest tells only accidents, not tampering.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec

from hourloom.backups.model import (
    FORMAT,
    LONGEST_LABEL,
    LONGEST_MANIFEST,
    BackupByNewer,
    BackupDamaged,
    BackupLabel,
    BackupManifest,
    NotABackup,
    Progress,
    silent,
)
from hourloom.core.decoding import decode
from hourloom.db.keys.ways import DataKey
from hourloom.db.keys.wraps import KeyFile
from hourloom.sealing.stream import Header, Unsealed, seal, sealed_header, unseal

MARK = b"hourloom backup\n"
KIND = "backup"
PIECE = 1 << 20

_LENGTH = struct.Struct(">I")

Part = TypeVar("Part", BackupLabel, BackupManifest)


class Keys(msgspec.Struct, frozen=True):
    """What a backup is sealed with: all ways to the data key, and the key itself."""

    document: KeyFile
    data_key: DataKey


class _Form(msgspec.Struct):
    format: int


class Opened:
    """A backup that is being read: its manifest, and its database in pieces."""

    def __init__(self, name: str, label: BackupLabel, source: BinaryIO) -> None:
        self._name, self._source = name, source
        self.manifest = _read_part(source, name, BackupManifest, LONGEST_MANIFEST)
        _require_agreement(name, label, self.manifest)

    def copy_to(self, target: BinaryIO, progress: Progress = silent) -> None:
        """Write the database out, and raise unless every byte of it is what it was."""
        manifest, seen, digest = self.manifest, 0, hashlib.sha256()
        while piece := self._source.read(min(PIECE, manifest.size - seen + 1)):
            seen += len(piece)
            if seen > manifest.size:
                raise BackupDamaged(name=self._name, reason="it is longer than it says")
            digest.update(piece)
            target.write(piece)
            progress(seen, manifest.size)
        if seen < manifest.size:
            raise BackupDamaged(name=self._name, reason="its end is missing")
        if digest.hexdigest() != manifest.digest:
            raise BackupDamaged(name=self._name, reason="its content has changed")


def write(
    file: BinaryIO,
    label: BackupLabel,
    manifest: BackupManifest,
    database: Path,
    keys: Keys | None,
    progress: Progress = silent,
) -> None:
    """Write a backup of a copied database."""
    file.write(MARK)
    _write_part(file, label)
    with _sealing(file, keys) as sealed, database.open("rb") as copy:
        _write_part(sealed, manifest)
        done = 0
        while piece := copy.read(PIECE):
            sealed.write(piece)
            done += len(piece)
            progress(done, manifest.size)


def read_label(file: BinaryIO, name: str) -> BackupLabel:
    """Read what anybody may read, and stop before the sealed part."""
    if file.read(len(MARK)) != MARK:
        raise NotABackup(name=name)
    return _read_part(file, name, BackupLabel, LONGEST_LABEL)


def peek(
    file: BinaryIO, name: str, label: BackupLabel, header: Header | None, data_key: bytes | None
) -> BackupManifest:
    """Read the manifest after label and header, and leave the rest unread."""
    if header is None:
        return Opened(name, label, file).manifest
    assert data_key is not None  # a header always names one
    return Opened(name, label, cast("BinaryIO", Unsealed(file, header, data_key))).manifest


def read_header(file: BinaryIO, name: str, label: BackupLabel) -> Header | None:
    """Read which keys the sealed part needs, after the label; None where it is not sealed."""
    if not label.sealed:
        return None
    header = sealed_header(file)
    if header.kind != KIND:
        raise NotABackup(name=name)
    return header


@contextmanager
def opened(
    file: BinaryIO, name: str, label: BackupLabel, header: Header | None, data_key: bytes | None
) -> Iterator[Opened]:
    """Open what follows label and header."""
    if header is None:
        yield Opened(name, label, file)
        return
    assert data_key is not None  # a header always names one
    with unseal(file, header, data_key) as content:
        yield Opened(name, label, content)


@contextmanager
def _sealing(file: BinaryIO, keys: Keys | None) -> Iterator[BinaryIO]:
    if keys is None:
        yield file
        return
    with seal(file, KIND, keys.document, keys.data_key) as sealed:
        yield sealed


def _write_part(file: BinaryIO, part: BackupLabel | BackupManifest) -> None:
    body = msgspec.json.encode(part)
    file.write(_LENGTH.pack(len(body)) + body)


def _read_part(file: BinaryIO, name: str, shape: type[Part], longest: int) -> Part:
    body = _read_exactly(file, name, _LENGTH.size)
    (length,) = _LENGTH.unpack(body)
    if length > longest:
        raise BackupDamaged(name=name, reason="what it says of itself is too long")
    body = _read_exactly(file, name, length)
    try:
        # A newer form may have other fields, so its number is looked at alone.
        if (form := decode(body, _Form).format) > FORMAT:
            raise BackupByNewer(name=name, format=form)
        found = decode(body, shape)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BackupDamaged(name=name, reason="what it says of itself cannot be read") from None
    return found


def _read_exactly(file: BinaryIO, name: str, count: int) -> bytes:
    whole = io.BytesIO()
    while piece := file.read(count - whole.tell()):
        whole.write(piece)
    if whole.tell() < count:
        raise BackupDamaged(name=name, reason="its end is missing")
    return whole.getvalue()


def _require_agreement(name: str, label: BackupLabel, manifest: BackupManifest) -> None:
    """Raise when somebody changed what is written outside the seal."""
    if (label.made_at, label.schema, label.size) != (manifest.made_at, manifest.schema, manifest.size):
        raise BackupDamaged(name=name, reason="its label is not that of its content")
