"""A day of the record in columns, small enough to be drawn at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.days import day_of
from hourloom.db.transaction import Database, Transaction
from hourloom.settings.definitions import DAY_STARTS_AT, TIME_ZONE
from hourloom.settings.service import Settings
from hourloom.tracking import store
from hourloom.tracking.columns import BucketColumns, Columns, DayColumns
from hourloom.tracking.model import Bucket, settled_before
from hourloom.tracking.service.buckets import found_bucket
from hourloom.tracking.service.events import read_events
from hourloom.tracking.shelf import PayloadShelf


class DayAnswer(msgspec.Struct, frozen=True):
    """A day as JSON with the tag of its content; without the JSON for whoever has it already."""

    tag: str
    body: bytes | None


class Days:
    """Days of the record."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, settings: Settings, shelf: PayloadShelf) -> None:
        self._database, self._clock, self._settings, self._shelf = database, clock, settings, shelf

    def get(
        self, who: Actor, day: date, zone: str | None, bucket: str | None, known_tags: Sequence[str]
    ) -> DayAnswer:
        """Return the events of a user's day; of a settled day the history versions tell if it is known."""
        who.require("tracking:read")
        settled = settled_before(self._clock.now())
        with self._database.read() as tx:
            bounds = self._bounds(who, day, zone)
            buckets = (
                store.buckets_of(tx, who.workspace_id) if bucket is None else [found_bucket(tx, who, bucket)]
            )
            if bounds[1] < settled:
                tag = _tag(msgspec.json.encode([bounds, [(b.id, b.history_version) for b in buckets]]))
                return DayAnswer(tag, None if tag in known_tags else self._body(tx, day, bounds, buckets))
            body = self._body(tx, day, bounds, buckets)
            return DayAnswer(_tag(body), None if _tag(body) in known_tags else body)

    def _bounds(self, who: Actor, day: date, zone: str | None) -> tuple[Instant, Instant]:
        zone = zone or self._settings.value(who, TIME_ZONE)
        return day_of(day, zone, self._settings.value(who, DAY_STARTS_AT))

    def _body(
        self, tx: Transaction, day: date, bounds: tuple[Instant, Instant], buckets: Sequence[Bucket]
    ) -> bytes:
        columns = Columns(origin=bounds[0])
        shown = [self._columns(tx, columns, bucket, bounds) for bucket in buckets]
        return msgspec.json.encode(DayColumns(day, *bounds, columns.payloads, shown))

    def _columns(
        self, tx: Transaction, columns: Columns, bucket: Bucket, bounds: tuple[Instant, Instant]
    ) -> BucketColumns:
        start, end = bounds
        # A moment more tells what only reaches the day from what begins with it.
        events = read_events(tx, self._shelf, bucket, start - 1, end)
        within = [
            (id, max(began, start), ended, payload)
            for id, began, ended, payload in reversed(events)
            if began < end and (ended > start or began == start)
        ]
        return columns.of_bucket(bucket.name, bucket.type, within)


def _tag(content: bytes) -> str:
    return f'W/"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
