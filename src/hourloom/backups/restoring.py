"""Take the database out of a backup file, beside the present one, with keys that open it on this computer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from hourloom.backups import copying, layout, making
from hourloom.backups.copying import Contents, Source
from hourloom.backups.model import (
    BackupLabel,
    BackupManifest,
    BackupNotRead,
    NoSuchBackup,
    Progress,
    part,
    silent,
)
from hourloom.core.clock import Instant, datetime_of
from hourloom.core.errors import HourloomError
from hourloom.db.keys import header as database_header
from hourloom.db.keys import ways, wraps
from hourloom.db.keys.errors import RecoveryCodeIncomplete, RecoveryCodeMistyped, reason_of
from hourloom.db.keys.places import read_keys, write_atomically
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.migrate import HEAD, SchemaIsNewer
from hourloom.db.sqlite import connect
from hourloom.db.swap import DATABASE, KEYS, Swap, is_promised, promise
from hourloom.sealing.model import WrongKey
from hourloom.sealing.stream import Header, open_by

FRESH = "restoring"
KEPT = "before-restore-"


class BackupOnDisk(msgspec.Struct, frozen=True):
    """A backup file, as far as it can be read without a key."""

    path: Path
    label: BackupLabel
    header: Header | None

    @property
    def name(self) -> str:
        """Return its name."""
        return self.path.name

    @property
    def ways(self) -> set[str]:
        """Return the ways in which it opens; none where it is not sealed."""
        if self.header is None:
            return set()
        return {str(wrap.method) for wrap in self.header.document.wraps_of(self.header.key_id)}


def look_at(path: Path) -> BackupOnDisk:
    """Read what a backup file says of itself; raise when it is none, or from a newer program."""
    with _opened(path) as file:
        label = layout.read_label(file, path.name)
        if label.schema > HEAD:
            raise SchemaIsNewer(found=label.schema, head=HEAD)
        with making.in_its_words(path.name):
            return BackupOnDisk(path, label, layout.read_header(file, path.name, label))


def key_by_words(backup: BackupOnDisk, words: str) -> bytes:
    """Open a backup by what a person typed: its recovery code or its passphrase."""
    assert backup.header is not None  # nobody is asked for a key of what is not sealed
    try:
        return open_by(backup.header, recovery_code=words)
    except (RecoveryCodeIncomplete, RecoveryCodeMistyped, WrongKey):
        if "passphrase" not in backup.ways:
            raise
    return open_by(backup.header, passphrase=words)


def key_here(backup: BackupOnDisk, means: Means) -> bytes | None:
    """Open a backup by what this computer has, asking nobody; None when it has nothing that does."""
    assert backup.header is not None  # as above
    present = read_keys(means.places)
    documents = [each for each in (present, backup.header.document) if each is not None]
    for document in documents:
        for wrap in document.wraps_of(backup.header.key_id):
            if wrap.method not in ("keychain", "key_file"):
                continue
            try:
                return ways.open_wrap(means, document, wrap).key
            except HourloomError:
                continue
    return None


def manifest_of(backup: BackupOnDisk, data_key: bytes | None) -> BackupManifest:
    """Read what a backup says of its database, without reading the database itself."""
    with _opened(backup.path) as file, making.in_its_words(backup.name):
        label = layout.read_label(file, backup.name)
        header = layout.read_header(file, backup.name, label)
        return layout.peek(file, backup.name, label, header, data_key)


def take_out(
    backup: BackupOnDisk, data_key: bytes | None, directory: Path, progress: Progress = silent
) -> BackupManifest:
    """Write the database of a backup into a folder of the data directory, and examine it there.

    The caller holds `one_at_a_time`; `discard` removes what is not wanted after all.
    """
    discard(directory)
    fresh = directory / FRESH
    fresh.mkdir(mode=0o700)
    try:
        manifest = check(backup, data_key, fresh / DATABASE, progress)
        _end_its_jobs(Source(fresh / DATABASE, data_key))
        return manifest
    except BaseException:
        discard(directory)
        raise


def check(
    backup: BackupOnDisk, data_key: bytes | None, path: Path, progress: Progress = silent
) -> BackupManifest:
    """Write the database of a backup file to a new file and examine it; raise why it does not count."""
    with _opened(backup.path) as file:
        manifest = making.take_out_of(file, backup.name, path, data_key, part(progress, 0, 40))[1]
    with making.named(backup.name):
        found = copying.examine(Source(path, data_key))
    making.require_same(backup.name, manifest, found)
    progress(100, 100)
    return manifest


def put_keys_beside(
    backup: BackupOnDisk, manifest: BackupManifest, data_key: bytes | None, means: Means
) -> KeyFile:
    """Write the keys of the new database beside it: the backup's own, and a way for this computer."""
    document = _keys(backup, manifest, data_key, means)
    write_atomically(means.places.directory / FRESH / KEYS, wraps.encode(document))
    return document


def exchange(directory: Path, now: Instant) -> Path:
    """Promise that what was taken out becomes the database; return where the old one will be kept."""
    kept = _kept_name(directory, now)
    promise(directory, Swap(FRESH, kept))
    return directory / kept


def exchange_back(directory: Path, now: Instant) -> tuple[Path, Path] | None:
    """Promise that the database kept last comes back; return it and where the present one will be kept."""
    kept = kept_in(directory)
    if not kept:
        return None
    keep = _kept_name(directory, now)
    promise(directory, Swap(kept[-1].name, keep))
    return kept[-1], directory / keep


def kept_in(directory: Path) -> list[Path]:
    """Return the folders of databases that others took the place of, the oldest first."""
    return sorted(path for path in directory.glob(f"{KEPT}*") if (path / DATABASE).exists())


def discard(directory: Path) -> None:
    """Remove what was taken out of a backup and not promised to become the database."""
    if not is_promised(directory):
        shutil.rmtree(directory / FRESH, ignore_errors=True)


def present_contents(means: Means, key: bytes | None) -> Contents | None:
    """Return what is in the present database; None where there is none or it cannot be read."""
    database = means.places.database
    if database_header.state_of(database) == database_header.ABSENT:
        return None
    try:
        return copying.contents_of(Source(database, key))
    except HourloomError:
        return None


def _end_its_jobs(source: Source) -> None:
    """Free what was under way when the backup was made, its own making too: nobody works on it any more."""
    with closing(connect(source.path, source.key)) as connection:
        connection.execute("DELETE FROM jobs WHERE kind = 'backups.make' AND finished_at IS NULL")
        connection.execute("UPDATE jobs SET leased_until = NULL WHERE finished_at IS NULL")


def _keys(backup: BackupOnDisk, manifest: BackupManifest, data_key: bytes | None, means: Means) -> KeyFile:
    if backup.header is None or data_key is None:
        return KeyFile(database_id=manifest.database_id, encryption="off")
    key_id, present = backup.header.key_id, read_keys(means.places)
    if present is not None and present.database_id == manifest.database_id and present.wraps_of(key_id):
        # The present ways to the same key are newer than the backup's.
        return msgspec.structs.replace(present, encryption="file", wraps=present.wraps_of(key_id))
    document = backup.header.document
    carried = tuple(w for w in document.wraps_of(key_id) if w.method in ("passphrase", "recovery"))
    bare = msgspec.structs.replace(document, encryption="file", wraps=carried)
    return wraps.with_wraps(bare, _wrap_here(means, bare, DataKey(key_id, data_key)))


def _wrap_here(means: Means, document: KeyFile, data_key: DataKey) -> wraps.Wrap:
    """Wrap the key for this computer, leaving alone what still opens the database that is kept."""
    if means.keychain is None and means.places.key_file(document.database_id).exists():
        return ways.wrap_by_same_key_file(means, document, data_key)
    return ways.wrap_automatically(means, document, data_key)


def _kept_name(directory: Path, now: Instant) -> str:
    name = f"{KEPT}{datetime_of(now):%Y%m%dT%H%M%SZ}"
    taken = sum(1 for path in directory.glob(f"{name}*"))
    return f"{name}-{taken}" if taken else name


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except (FileNotFoundError, IsADirectoryError):
        raise NoSuchBackup(name=path.name, place=path.parent) from None
    except OSError as error:
        raise BackupNotRead(place=path, reason=reason_of(error)) from None
