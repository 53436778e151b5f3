"""Backups over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.backups.model import Backup, BackupPlaceNotYours
from hourloom.backups.service import BackupOverview, Backups
from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.web.caller import Caller
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "backups")


class BackupView(msgspec.Struct):
    """A backup, and whether it counts."""

    name: str
    place: str
    made_at: datetime
    bytes: int
    schema: str
    sealed: bool
    verified: bool
    checked_at: datetime | None
    fault: str | None
    """Why it does not count."""


class BackupList(msgspec.Struct):
    """All backups within reach, the newest first."""

    place: str
    """Where the next one goes."""
    out_of_reach: list[str]
    """Folders with backups whose disk is away."""
    made_at: datetime | None
    """When the newest backup that counts was made."""
    verified_at: datetime | None
    tried_at: datetime | None
    fault: str | None
    """Why the last attempt failed."""
    stale: bool
    backups: list[BackupView]


class NewBackup(msgspec.Struct, forbid_unknown_fields=True):
    """Where a backup goes: a folder on the server's computer, or where the settings say."""

    folder: Annotated[str, Meta(max_length=1000)] | None = None


class BackupToVerify(msgspec.Struct, forbid_unknown_fields=True):
    """Which backup to examine: one, or the newest."""

    name: Annotated[str, Meta(max_length=100)] | None = None


class BackupJob(msgspec.Struct):
    """The job that does it; `/api/v1/jobs/{job}` tells how far it has come."""

    job: int


@routes.on("POST", "/backups", scope="backups:write", mode=Mode.WRITE, status=202)
def make_backup(backups: Backups, who: Actor, caller: Caller, body: NewBackup | None = None) -> BackupJob:
    """Make a backup and verify it, as a job."""
    folder = None if body is None else body.folder
    if folder is not None and (caller.peer is None or caller.peer.kind != "unix"):
        raise BackupPlaceNotYours
    return BackupJob(backups.start(who, folder))


@routes.on("GET", "/backups", scope="backups:read")
def list_backups(backups: Backups, who: Actor) -> BackupList:
    """List the backups, and say how it stands with them."""
    return _list(backups.overview(who))


@routes.on("POST", "/backups/verify", scope="backups:write", mode=Mode.WRITE, status=202)
def verify_backup(backups: Backups, who: Actor, body: BackupToVerify | None = None) -> BackupJob:
    """Examine a backup again, as a job: read back, opened, its structure and its rows compared."""
    return BackupJob(backups.start_verifying(who, None if body is None else body.name))


def _list(found: BackupOverview) -> BackupList:
    memory = found.memory
    return BackupList(
        place=found.place,
        out_of_reach=found.out_of_reach,
        made_at=_moment(memory.made_at),
        verified_at=_moment(memory.verified_at),
        tried_at=_moment(memory.tried_at),
        fault=memory.fault,
        stale=found.stale,
        backups=[_view(backup) for backup in found.backups],
    )


def _view(backup: Backup) -> BackupView:
    return BackupView(
        name=backup.name,
        place=backup.place,
        made_at=datetime_of(backup.made_at),
        bytes=backup.bytes,
        schema=backup.schema,
        sealed=backup.sealed,
        verified=backup.verified,
        checked_at=_moment(backup.checked_at),
        fault=backup.fault,
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime_of(at)
