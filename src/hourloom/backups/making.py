"""Make a backup, and find out whether it counts: read back from where it lies, opened, examined, counted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from hourloom import __version__
from hourloom.backups import copying, layout
from hourloom.backups.copying import Alone, Contents, Source
from hourloom.backups.layout import Keys
from hourloom.backups.model import (
    LONGEST_MANIFEST,
    PLAIN,
    STATE_ENDING,
    Backup,
    BackupDamaged,
    BackupLabel,
    BackupManifest,
    BackupOfOtherKeys,
    BackupRunsAlready,
    BackupState,
    CopyFailed,
    NotABackup,
    Progress,
    is_name,
    name_of,
    part,
    silent,
)
from hourloom.backups.ports import BackupTarget
from hourloom.core.clock import Clock, Instant, SystemClock
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.db.keys.ways import DataKey
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.lock import DirectoryInUse, take
from hourloom.sealing.model import CutShort, Lengthened, NotSealed, Tampered, WrongKey

LOCK = "backup.lock"
LARGEST_STATE = 64 * 1024
_FAULTS: dict[type[HourloomError], str] = {
    NotSealed: "what should be sealed in it is not",
    Tampered: "it was changed after it was sealed",
    CutShort: "its end is missing",
    Lengthened: "something was added behind its end",
}


class BackupSource(msgspec.Struct, frozen=True):
    """The database to back up, as it is known here: its file, its id and the ways to its key."""

    source: Source
    document: KeyFile

    def keys_of(self, copy: Path) -> Keys | None:
        """Return what a copy of it is sealed with; None where it is not encrypted.

        Which key that is the copy tells: the database itself may have another by now.
        """
        if self.source.key is None:
            return None
        key_id = Source(copy, self.source.key).key_id
        if not self.document.wraps_of(key_id):
            raise CopyFailed(reason="its keys were exchanged meanwhile")
        return Keys(self.document, DataKey(key_id, self.source.key))

    @property
    def directory(self) -> Path:
        """Return where its copies may lie."""
        return self.source.path.parent


@contextmanager
def one_at_a_time(directory: Path, clock: Clock | None = None) -> Iterator[None]:
    """Keep every other backup of this data directory away, whichever program makes it."""
    try:
        lock = take(directory, (clock or SystemClock()).now(), LOCK)
    except DirectoryInUse:
        raise BackupRunsAlready from None
    try:
        yield
    finally:
        lock.release()


def make(
    database: BackupSource,
    target: BackupTarget,
    now: Callable[[], Instant],
    chance: bytes,
    *,
    alone: Alone = copying.at_once,
    progress: Progress = silent,
) -> Backup:
    """Make a backup and verify it; one that does not count is removed again.

    The caller holds `one_at_a_time`.

        copy (0-35 %) ─ seal and write (-55 %) ─ read back ─ examine and count (-100 %)
    """
    target.require()
    copying.require_room(database.directory, database.source.size)
    made_at = now()
    name = name_of(database.document.database_id, made_at, chance)
    with copying.work_in(database.directory) as work:
        path = work / "copy.db"
        contents = copying.copy(database.source, path, alone, part(progress, 0, 35))
        _write(database, target, name, made_at, path, contents, part(progress, 35, 55))
    try:
        return verify(target, name, database.directory, database.source.key, now, part(progress, 55, 100))
    except BaseException:
        with contextlib.suppress(HourloomError):
            delete(target, name)
        raise


def verify(
    target: BackupTarget,
    name: str,
    directory: Path,
    data_key: bytes | None,
    now: Callable[[], Instant],
    progress: Progress = silent,
) -> Backup:
    """Read a backup back from where it lies, examine it, keep what was found; raise if it is bad."""
    size = size_of(target, name)
    try:
        with copying.work_in(directory) as work:
            label = check(target, name, work, data_key, progress)
    except (BackupDamaged, NotABackup) as error:
        keep_state(target, BackupState(name=name, bytes=size, checked_at=now(), fault=error.message))
        raise
    state = BackupState(name=name, bytes=size, checked_at=now())
    keep_state(target, state)
    return as_listed(target.place, name, size, label, state)


def check(
    target: BackupTarget, name: str, work: Path, data_key: bytes | None, progress: Progress = silent
) -> BackupLabel:
    """Examine one backup in a folder for copies; return its label, or raise why it does not count."""
    path = work / "checked.db"
    label, manifest = take_out(target, name, path, data_key, part(progress, 0, 40))
    with named(name):
        found = copying.examine(Source(path, data_key))
    progress(90, 100)
    require_same(name, manifest, found)
    copying.remove(path)
    progress(100, 100)
    return label


def take_out(
    target: BackupTarget, name: str, path: Path, data_key: bytes | None, progress: Progress = silent
) -> tuple[BackupLabel, BackupManifest]:
    """Write the database of a backup to a new file, encrypted as it was."""
    with target.open(name) as file:
        return take_out_of(file, name, path, data_key, progress)


def take_out_of(
    file: BinaryIO, name: str, path: Path, data_key: bytes | None, progress: Progress = silent
) -> tuple[BackupLabel, BackupManifest]:
    """Write the database of an opened backup to a new file, encrypted as it was."""
    with in_its_words(name):
        label = layout.read_label(file, name)
        copying.require_room(path.parent, label.size)
        header = layout.read_header(file, name, label)
        if header is not None and data_key is None:
            raise BackupOfOtherKeys(name=name)
        with (
            layout.opened(file, name, label, header, data_key) as backup,
            copying.new_file(path) as copy,
        ):
            backup.copy_to(copy, progress)
            return label, backup.manifest


def require_same(name: str, manifest: BackupManifest, found: Contents) -> None:
    """Raise unless a copy has the rows that the database had when it was made."""
    if found.schema != manifest.schema:
        raise BackupDamaged(name=name, reason="its database has another schema than it says")
    if found.rows != manifest.rows:
        raise BackupDamaged(name=name, reason="its tables do not have the rows that they had")


def listed(target: BackupTarget) -> list[Backup]:
    """Return the backups at a target, the newest first; what cannot be read is one with a fault."""
    files = {file.name: file.bytes for file in target.list()}
    found = [_looked_at(target, name, size, files) for name, size in files.items() if is_name(name)]
    return sorted(found, key=lambda backup: (backup.made_at, backup.name), reverse=True)


def delete(target: BackupTarget, name: str) -> None:
    """Delete a backup, and then what is known of it."""
    target.delete(name)
    target.delete(name + STATE_ENDING)


def keep_state(target: BackupTarget, state: BackupState) -> None:
    """Keep what came of examining a backup beside it."""
    with target.put(state.name + STATE_ENDING) as file:
        file.write(msgspec.json.encode(state))


def size_of(target: BackupTarget, name: str) -> int:
    """Return the bytes of a file at a target, or 0 where it does not have it."""
    return next((file.bytes for file in target.list() if file.name == name), 0)


def _write(
    database: BackupSource,
    target: BackupTarget,
    name: str,
    made_at: Instant,
    path: Path,
    contents: Contents,
    progress: Progress,
) -> None:
    size = path.stat().st_size
    keys = database.keys_of(path)
    label = BackupLabel(made_at=made_at, schema=contents.schema, size=size, sealed=keys is not None)
    manifest = BackupManifest(
        program=__version__,
        schema=contents.schema,
        made_at=made_at,
        database_id=database.document.database_id,
        key_id=PLAIN if keys is None else keys.data_key.id,
        size=size,
        digest=copying.digest_of(path),
        rows=contents.rows,
        oldest=contents.oldest,
        newest=contents.newest,
    )
    require_room_at(target, size)
    with target.put(name) as file:
        layout.write(file, label, manifest, path, keys, progress)


def require_room_at(target: BackupTarget, size: int) -> None:
    """Raise unless a target can take a backup of this size, as far as it can tell."""
    free = target.free_space()
    needed = size + size // 100 + LONGEST_MANIFEST
    if free is not None and free < needed:
        raise copying.no_room(target.place, needed, free)


def _looked_at(target: BackupTarget, name: str, size: int, files: dict[str, int]) -> Backup:
    try:
        with target.open(name) as file:
            label = layout.read_label(file, name)
    except HourloomError as error:
        nothing = BackupLabel(made_at=Instant(0), schema="", size=0, sealed=False)
        broken = BackupState(name=name, bytes=size, checked_at=Instant(0), fault=error.message)
        return as_listed(target.place, name, size, nothing, broken)
    state = _state_of(target, name, size) if name + STATE_ENDING in files else None
    return as_listed(target.place, name, size, label, state)


def _state_of(target: BackupTarget, name: str, size: int) -> BackupState | None:
    """Return what is kept beside a backup, if it is about this very file."""
    try:
        with target.open(name + STATE_ENDING) as file:
            state = decode(file.read(LARGEST_STATE), BackupState)
    except (HourloomError, msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return state if (state.name, state.bytes) == (name, size) else None


def as_listed(place: str, name: str, size: int, label: BackupLabel, state: BackupState | None) -> Backup:
    """Return a backup as lists show it: what it says of itself, and what was found out about it."""
    return Backup(
        name=name,
        place=place,
        made_at=label.made_at,
        bytes=size,
        schema=label.schema,
        sealed=label.sealed,
        rewritten_at=label.rewritten_at,
        checked_at=None if state is None else state.checked_at,
        fault=None if state is None else state.fault,
    )


@contextmanager
def named(name: str) -> Iterator[None]:
    """Let what is wrong with a copy be said of the backup that it came from."""
    try:
        yield
    except BackupDamaged as error:
        raise BackupDamaged(name=name, reason=error.fields["reason"]) from None


@contextmanager
def in_its_words(name: str) -> Iterator[None]:
    """Say of a backup what is wrong with the sealed file in it."""
    try:
        yield
    except WrongKey:
        raise BackupOfOtherKeys(name=name) from None
    except tuple(_FAULTS) as error:
        raise BackupDamaged(name=name, reason=_FAULTS[type(error)]) from None
