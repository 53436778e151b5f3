"""Raise a notice where a watcher has fallen silent."""

from __future__ import annotations

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import MINUTE, Clock, Duration
from hourloom.core.decoding import decode
from hourloom.db.transaction import Database, Transaction
from hourloom.notices.service import Notices
from hourloom.settings.definitions import WATCHER_SILENCE_MINUTES
from hourloom.settings.service import Settings
from hourloom.tracking import store
from hourloom.tracking.model import Bucket, Event
from hourloom.tracking.silence import STEADY_TYPES, Heard, Stream, listened, silent

KIND = "watcher_silent"
MOST_BUCKETS = 500


class _Afk(msgspec.Struct):
    status: str = ""


class WatcherSilence:
    """Listens whether the watchers of a user still report."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, notices: Notices, owner: Actor
    ) -> None:
        self._database, self._clock = database, clock
        self._settings, self._notices, self._owner = settings, notices, owner

    def look(self, remembered: str) -> str:
        """Look once, within a write, and tell of what changed; return what is to be remembered."""
        workspace = self._owner.workspace_id
        with self._database.begin() as tx:
            streams = self._streams(tx)
            heard = listened(_heard_in(remembered), streams, self._clock.now())
            minutes = self._settings.value(self._owner, WATCHER_SILENCE_MINUTES)
            found = silent(streams, heard, Duration(minutes * MINUTE))
            for bucket, missed in found.items():
                self._notices.raised(workspace, KIND, bucket, bucket=bucket, minutes=missed)
            for bucket in self._notices.slots(workspace, KIND):
                if bucket not in found:
                    self._notices.cleared(workspace, KIND, bucket)
        return msgspec.json.encode(heard).decode()

    def _streams(self, tx: Transaction) -> list[Stream]:
        found = []
        for bucket in store.buckets_of(tx, self._owner.workspace_id)[-MOST_BUCKETS:]:
            newest = store.newest_event(tx, bucket.workspace_id, bucket.id)
            if newest is not None:
                found.append(_stream(tx, bucket, newest))
        return found


def _stream(tx: Transaction, bucket: Bucket, newest: Event) -> Stream:
    return Stream(
        bucket_id=bucket.id,
        device_id=bucket.device_id,
        name=bucket.name,
        steady=bucket.type in STEADY_TYPES,
        heard=newest.ended_at,
        tells_presence=bucket.type != "afkstatus" or _is_present(tx, newest),
    )


def _is_present(tx: Transaction, newest: Event) -> bool:
    """Return whether the newest event of a watcher for absence says that somebody is there."""
    for _, body in store.payload_bodies(tx, [newest.payload_id]):
        try:
            return decode(str(body), _Afk).status == "not-afk"
        except msgspec.DecodeError:
            return False
    return False


def _heard_in(remembered: str) -> Heard:
    """Read what was remembered; of another version nothing is."""
    try:
        return decode(remembered, Heard | None) or {}
    except msgspec.DecodeError:
        return {}
