"""What a backup is and says of itself, which are kept, and when the next one is due."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, EARLIEST, LATEST, SECOND, Instant, datetime_of
from hourloom.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, StorageFull, Unavailable

FORMAT = 1
LONGEST_LABEL = 4096
LONGEST_MANIFEST = 1 << 20
ENDING = ".backup"
STATE_ENDING = ".state"
WORK = "backup-work"
"""The folder beside the database where copies lie while they are needed."""
PERIOD = DAY
STALE_AFTER = 2 * PERIOD
PLAIN = ""
"""The key id of a database that is not encrypted."""

Moment = Annotated[Instant, Meta(ge=EARLIEST, le=LATEST)]
"""An instant from a file that anybody may have written."""
Bytes = Annotated[int, Meta(ge=0, le=2**50)]

_NAME = re.compile(r"hourloom-([0-9a-f]{8})-(\d{8}T\d{6}Z)-[0-9a-f]{6}\.backup")


class NoSuchBackup(NotFound):
    """There is no backup {name} in {place}; `hourloom backup list` shows which there are."""


class NotABackup(Refused):
    """{name} is not a backup of Hourloom."""


class BackupByNewer(Refused):
    """{name} was made by a newer Hourloom (format {format}); update Hourloom to open it."""


class BackupDamaged(Refused):
    """{name} is damaged and cannot be used: {reason}."""


class BackupOfOtherKeys(Refused):
    """{name} needs other keys than this database's; `hourloom backup verify FILE` asks for them."""


class CopyFailed(Unavailable):
    """The database could not be copied: {reason}."""


class BackupRunsAlready(Conflict):
    """A backup is being made or read already; wait until it is done."""


class BackupOutOfReach(Unavailable):
    """{place} is not there; plug its disk in, or make the folder."""


class BackupNotWritten(Unavailable):
    """{place} cannot be written: {reason}."""


class BackupNotRead(Unavailable):
    """{place} cannot be read: {reason}."""


class NoRoomForBackup(StorageFull):
    """A backup needs {needed} MiB in {place}, and {free} MiB are free."""


class BackupPlaceRefused(Invalid):
    """A folder for backups is named by its whole path, such as /media/disk/hourloom."""


class BackupPlaceNotYours(Forbidden):
    """Only a program on this computer may name another folder; change the setting backup_folder instead."""


class TeamBackup(Conflict):
    """A team database is backed up with `pg_dump --format=custom --file=hourloom.dump DATABASE_URL`."""


class BackupLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may read at the head of a backup: nothing about its content."""

    format: int = FORMAT
    made_at: Moment
    schema: str
    size: Bytes
    """Bytes of the database in it."""
    sealed: bool
    rewritten_at: Moment | None = None
    """When something was erased from it after it was made."""


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of its database; sealed together with it."""

    format: int = FORMAT
    program: str
    schema: str
    made_at: Moment
    database_id: str
    key_id: str
    """The data key that the database in it is encrypted with."""
    size: Bytes
    digest: str
    """SHA-256 of the database in it."""
    rows: dict[str, Bytes]
    oldest: Moment | None = None
    newest: Moment | None = None
    """Where the events begin and end."""


class BackupState(msgspec.Struct, frozen=True, kw_only=True):
    """What came of examining a backup, kept beside it."""

    name: str
    bytes: Bytes
    checked_at: Moment
    fault: str | None = None
    """Why it does not count."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed copy of the database; it counts once it was opened, examined and counted."""

    name: str
    place: str
    made_at: Moment
    bytes: Bytes
    schema: str
    sealed: bool
    rewritten_at: Moment | None = None
    checked_at: Moment | None = None
    fault: str | None = None

    @property
    def verified(self) -> bool:
        """Return whether it was found to be whole."""
        return self.checked_at is not None and self.fault is None


class BackupPolicy(msgspec.Struct, frozen=True):
    """How many days, weeks and months keep one backup each."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


class BackupMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What this computer remembers of its backups while their disk is away."""

    watching_since: Moment
    made_at: Moment | None = None
    verified_at: Moment | None = None
    """When the newest backup that counts was made, and when it was examined."""
    bytes: Bytes = 0
    tried_at: Moment | None = None
    fault: str | None = None
    """Why the last attempt failed."""
    places: tuple[str, ...] = ()
    """Folders that backups were written to; one that is empty now is an unplugged disk."""


class BackupMade(Change, frozen=True):
    """A backup was made and found to be whole."""

    name: str
    made_at: Instant
    bytes: int


class BackupFailed(Change, frozen=True):
    """A backup could not be made, or was found not to count."""

    error: str


class BackupVerified(Change, frozen=True):
    """A backup was examined."""

    name: str
    whole: bool


class BackupDropped(Change, frozen=True):
    """A backup was deleted, for newer ones stand for its time."""

    name: str


def name_of(database_id: str, made_at: Instant, chance: bytes) -> str:
    """Return the file name of a backup: sortable by time, unlike any other, and telling nothing else."""
    return f"hourloom-{database_id[:8]}-{datetime_of(made_at):%Y%m%dT%H%M%SZ}-{chance.hex()[:6]}{ENDING}"


def is_name(name: str) -> bool:
    """Return whether a file is named as backups are."""
    return _NAME.fullmatch(name) is not None


def is_of(name: str, database_id: str) -> bool:
    """Return whether a backup's name says that it is of this database."""
    found = _NAME.fullmatch(name)
    return found is not None and found[1] == database_id[:8]


def to_drop(backups: Iterable[Backup], now: Instant, zone: tzinfo, policy: BackupPolicy) -> list[Backup]:
    """Return the backups that others stand for, the oldest first.

    Each of the last days, weeks and months that have a verified backup keeps its newest one. Everything
    younger than a day stays, and so does all that is there while nothing is verified.

        month   |------------------ o ------------------ o
        week                     |--------- o -------- o
        day                                |-- o - o - o |
        kept    ....................o......o........o.o.o.ooo  now
    """
    ordered = sorted(backups, key=lambda backup: (backup.made_at, backup.name))
    counting = [backup for backup in ordered if backup.verified]
    if not counting:
        return []
    kept = {backup.name for backup in ordered if backup.made_at > now - DAY} | {counting[-1].name}
    for period, most in ((_day, policy.daily), (_week, policy.weekly), (_month, policy.monthly)):
        newest = {period(backup.made_at, zone): backup.name for backup in counting}
        kept |= {newest[each] for each in sorted(newest, reverse=True)[:most]}
    return [backup for backup in ordered if backup.name not in kept]


def _day(at: Instant, zone: tzinfo) -> date:
    return datetime_of(at).astimezone(zone).date()


def _week(at: Instant, zone: tzinfo) -> date:
    day = _day(at, zone)
    return day - timedelta(days=day.weekday())


def _month(at: Instant, zone: tzinfo) -> date:
    return _day(at, zone).replace(day=1)


def is_due(made_at: Instant | None, now: Instant, zone: tzinfo, hour: int) -> bool:
    """Return whether the last time of day for backups has passed without one.

    A computer that was off at that hour makes its backup when it is on again; a backup that seems to be of
    the future was made under a wrong clock and does not keep the next one away.
    """
    return made_at is None or made_at > now or made_at < _last_turn(now, zone, hour)


def _last_turn(now: Instant, zone: tzinfo, hour: int) -> Instant:
    local = datetime_of(now).astimezone(zone)
    today = datetime(local.year, local.month, local.day, hour, tzinfo=zone)
    turn = today if today.timestamp() <= local.timestamp() else _a_day_before(today)
    return Instant(int(turn.timestamp()) * SECOND)


def _a_day_before(turn: datetime) -> datetime:
    """Return the same hour of the day before, however long that day is."""
    day = turn.date() - timedelta(days=1)
    return datetime(day.year, day.month, day.day, turn.hour, tzinfo=turn.tzinfo)


def is_stale(memory: BackupMemory, now: Instant) -> bool:
    """Return whether no backup that counts was made for two periods."""
    newest = memory.watching_since if memory.made_at is None else memory.made_at
    return now - newest > STALE_AFTER


def made_while(backups: Iterable[Backup], came_at: Instant, gone_at: Instant) -> list[Backup]:
    """Return the backups that hold what was in the database from its coming to its erasure.

        in the database      came |==============| gone
        backups          .    .   ^  hold  ^   ^   .   .

    One that was rewritten after the erasure holds it no longer.
    """
    return [
        backup
        for backup in backups
        if came_at <= backup.made_at < gone_at and (backup.rewritten_at or EARLIEST) < gone_at
    ]


Progress = Callable[[int, int], None]
"""Hear how much is done, and of how much; raising stops the work."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


def part(progress: Progress, first: int, last: int) -> Progress:
    """Return the progress of one part of a work, as percents of the whole."""

    def tell(done: int, total: int) -> None:
        progress(first + (last - first) * min(done, total) // max(total, 1), 100)

    return tell
