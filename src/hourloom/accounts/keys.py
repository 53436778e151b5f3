"""The keys of the embedded database, changed while it is open."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import msgspec

from hourloom.accounts.model import SuccessorLost, WrapsChanged, WrapShown
from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.core.errors import Conflict, Refused
from hourloom.core.ids import JobId
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.keys import apart, edit, header
from hourloom.db.keys.copying import free_space, require_room
from hourloom.db.keys.edit import WrapSummary
from hourloom.db.keys.places import read_keys
from hourloom.db.keys.rekey import rekey
from hourloom.db.keys.successor import Successor
from hourloom.db.keys.tasks import (
    Acknowledge,
    Add,
    AnyTask,
    Check,
    MakeSuccessor,
    Place,
    Remove,
    RenewRecovery,
    Rotate,
    Settle,
    Way,
)
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.keys.ways import DataKey
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.transaction import Database
from hourloom.jobs.model import Job, JobCancelled, Report
from hourloom.jobs.service import Jobs

log = logging.getLogger(__name__)

KIND, SLOT = "keys.rekey", "data key"
SHARES = 1000
"""Into which the progress of an exchange is divided."""
_NEWEST, _LOOKED_AT = 2**63 - 1, 500


class CannotChangeKeys(Conflict):
    """The keys were not changed: {reason}."""


class KeyList(msgspec.Struct, frozen=True):
    """The ways to open the database; none where it is not encrypted."""

    encrypted: bool
    wraps: list[WrapShown]
    recovery_pending: bool
    """Nobody has confirmed yet that the newest recovery code was noted down."""
    exchanging: bool
    """The data key is being exchanged."""


class RecoveryCode(msgspec.Struct, frozen=True):
    """A new recovery code, told only this once."""

    recovery_code: str

    def __repr__(self) -> str:
        return "RecoveryCode(…)"


class KeyRotation(msgspec.Struct, frozen=True):
    """The job that exchanges the data key, and the new recovery code, told only this once."""

    job_id: JobId
    recovery_code: str

    def __repr__(self) -> str:
        return f"KeyRotation(job_id={self.job_id})"


class Keys:
    """The ways in which the database opens; without `place` it is no file of ours to have keys."""

    is_service = True

    def __init__(self, database: Database, place: Place | None, jobs: Jobs, owner: Actor) -> None:
        self._database, self._jobs, self._owner = database, jobs, owner
        self._place = place if isinstance(database, EmbeddedDatabase) else None
        self._changing = threading.Lock()
        self.successor: DataKey | None = None
        """The key of an exchange under way, also one that the last server did not finish."""
        jobs.register_long(KIND, self._exchange)

    def wraps(self, who: Actor) -> KeyList:
        """Return the ways in which the database opens."""
        who.require("accounts:read")
        document = self._document()
        if document is None or self._place is None:
            return KeyList(encrypted=False, wraps=[], recovery_pending=False, exchanging=False)
        return KeyList(
            encrypted=True,
            wraps=self._shown(),
            recovery_pending=document.recovery_pending,
            exchanging=len(document.key_ids) > 1,
        )

    def is_set(self) -> bool:
        """Return whether the database opens with a passphrase."""
        document = self._document()
        return document is not None and any(wrap.method == "passphrase" for wrap in document.wraps)

    def is_right(self, words: str) -> bool:
        """Return whether these are the words of the passphrase."""
        return bool(self._done(Check(passphrase=words), bool))

    async def add(self, who: Actor, way: Way, passphrase: str | None) -> WrapShown:
        """Add a way to open the database."""
        who.require("admin")
        task = Add(opened=await self._opened(), way=way, passphrase=passphrase)
        return _shown(await self._change(task, WrapSummary))

    async def remove(self, who: Actor, wrap: str) -> None:
        """Remove a way to open the database."""
        who.require("admin")
        await self._opened()
        await self._change(Remove(id=wrap), None)

    async def rotate(self, who: Actor, wrap: str, passphrase: str | None) -> WrapShown:
        """Put a new key or new words in the place of one way's."""
        who.require("admin")
        task = Rotate(opened=await self._opened(), id=wrap, passphrase=passphrase)
        return _shown(await self._change(task, WrapSummary))

    async def renew_recovery(self, who: Actor) -> RecoveryCode:
        """Make a new recovery code; the one before works until this one is acknowledged."""
        who.require("admin")
        return RecoveryCode(await self._change(RenewRecovery(opened=await self._opened()), str))

    async def acknowledge(self, who: Actor) -> None:
        """Note that the newest recovery code was written down."""
        who.require("admin")
        await self._opened()
        await self._change(Acknowledge(), None)

    async def rotate_data_key(self, who: Actor, passphrase: str | None) -> KeyRotation:
        """Wrap a new data key, and begin the job that gives it to the database."""
        who.require("admin")
        opened = await self._opened()
        await asyncio.to_thread(self._require_room)
        await asyncio.to_thread(self.tidy)
        made: Successor = await self._change(MakeSuccessor(opened=opened, passphrase=passphrase), Successor)
        self.successor = made.key
        try:
            job = await self._database.run_write(lambda: self._enqueue(made.key))
        except Exception:
            await self._change(Settle(), None)
            raise
        return KeyRotation(job, made.recovery_code)

    def tidy(self) -> None:
        """Drop what is left of an exchange that no job works on; for threads other than the loop."""
        document = self._document()
        if document is not None and len(document.key_ids) > 1 and not self._is_exchanging():
            self.successor = None
            self._done(Settle(), None)

    def _exchange(self, job: Job, report: Report) -> None:
        """Do the job: all its steps can be done again, for it may have been stopped anywhere."""
        database = self._database
        assert isinstance(database, EmbeddedDatabase)  # nobody else has the job enqueued
        wanted: str = decode(job.subject, str)
        if header.state_of(database.path) != wanted:
            self._rekey(job, database, wanted, report)
        self.successor = None
        self._done(Settle(), None)
        self._announce()

    def _rekey(self, job: Job, database: EmbeddedDatabase, wanted: str, report: Report) -> None:
        if self.successor is None or self.successor.id != wanted:
            self._give_up(job)
            raise SuccessorLost
        try:
            seconds = rekey(database, self.successor, lambda share: report(int(share * SHARES), SHARES))
        except JobCancelled:
            if self._jobs.get(self._owner, job.id).state == "cancelled":
                self._give_up(job)
            raise
        log.info("the data key was exchanged; writes waited for %.0f ms", seconds * 1000)

    def _give_up(self, job: Job) -> None:
        """End the exchange for good: the database keeps the key that it has."""
        if self._jobs.get(self._owner, job.id).state == "open":
            self._database.write(lambda: self._jobs.cancel(self._owner, job.id))
        self.successor = None
        self._done(Settle(), None)
        self._announce()

    def _enqueue(self, key: DataKey) -> JobId:
        return self._jobs.enqueue(self._owner.workspace_id, KIND, key.id, slot=SLOT, total=SHARES)

    def _is_exchanging(self) -> bool:
        newest = self._jobs.newest(self._owner, _NEWEST, _LOOKED_AT)
        return any(job.kind == KIND and job.state == "open" for job in newest)

    def _require_room(self) -> None:
        assert isinstance(self._database, EmbeddedDatabase)  # only that one has keys
        path = self._database.path
        require_room(path, path.stat().st_size, free_space(path.parent))

    async def _opened(self) -> Unlocked:
        return await asyncio.to_thread(self._unlocked)

    def _unlocked(self) -> Unlocked:
        """Return the database as it is open."""
        database, document = self._database, self._document()
        if not isinstance(database, EmbeddedDatabase) or document is None:
            raise NotEncrypted
        key_id = header.state_of(database.path)
        return Unlocked(database.key, document.database_id, "none", key_id)

    def _document(self) -> KeyFile | None:
        """Return keys.json where it is this database's."""
        database = self._database
        if self._place is None or not isinstance(database, EmbeddedDatabase) or database.key is None:
            return None
        if database.path != self._place.places.database:
            return None
        return read_keys(self._place.places)

    async def _change(self, task: AnyTask, kind: Any) -> Any:  # whatever the task answers
        answer = await asyncio.to_thread(self._done, task, kind)
        await asyncio.to_thread(self._announce)
        return answer

    def _done(self, task: AnyTask, kind: Any) -> Any:  # as above
        """Do a task in a program of its own; what a person at the computer must mend is a conflict here."""
        if self._place is None:
            raise NotEncrypted
        with self._changing:
            try:
                return apart.begin(self._place, task, kind).result()
            except Refused as error:
                raise CannotChangeKeys(reason=error.message.rstrip(".")) from None

    def _announce(self) -> None:
        change = WrapsChanged(self._shown())
        self._database.write(lambda: self._tell(change))

    def _tell(self, change: WrapsChanged) -> None:
        with self._database.begin() as tx:
            tx.changed(self._owner.workspace_id, change)

    def _shown(self) -> list[WrapShown]:
        return [_shown(wrap) for wrap in edit.list_wraps(self._place.means())] if self._place else []


class NotEncrypted(Conflict):
    """The database is not encrypted, so it has no keys to change."""


def _shown(wrap: WrapSummary) -> WrapShown:
    return WrapShown(wrap.id, wrap.method, wrap.created_at, wrap.place, wrap.pending)
