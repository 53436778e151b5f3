"""What is in the database, and what keeps it quick and small."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

import msgspec

from hourloom.care import store
from hourloom.care.model import by_well_known_type
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.log import recent_of
from hourloom.db.stored import Stored
from hourloom.db.transaction import Database

Figures = TypeVar("Figures")
LogLevel = Literal["debug", "info", "warning", "error"]

SECONDS_KEPT = 600.0
"""How long figures that cost a pass over all events are given out again."""
PAGES_AT_ONCE = 128
SECONDS_BETWEEN = 0.05


class StorageStatistics(msgspec.Struct, frozen=True):
    """What is in the database."""

    at: Instant
    dialect: str
    stored: Stored
    log_size: int
    payloads: int
    unused_payloads: int
    """Payloads that no event has: the daily clean-up deletes them."""
    deleted_buckets: int
    undoable_operations: int
    kept_events: int
    """Events as they were before an operation, kept so that it can be undone."""
    oldest_event: Instant | None
    newest_event: Instant | None


class Care:
    """Looks after the database."""

    is_service = True

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._statistics = _Kept(self._gathered)
        self._events = _Kept(self._counted)

    def statistics(self, who: Actor) -> StorageStatistics:
        """Return what is in the database, at most ten minutes old."""
        who.require("server:read")
        return self._statistics.get()

    def log(self, who: Actor, level: LogLevel, most: int) -> list[dict[str, str]]:
        """Return the last records of the log of a level and graver ones, the newest first."""
        who.require("admin")
        return recent_of(level, most)[::-1]

    def events_by_type(self) -> dict[str, int]:
        """Return how many events each well-known type of bucket has, at most ten minutes old, for anyone.

        Other types are names that somebody chose, and count together.
        """
        return self._events.get()

    def optimise(self) -> None:
        """Renew what the engine plans statements by."""
        self._database.optimise()

    def give_back(self, report: Callable[[int, int], object]) -> int:
        """Give free space back to the disk, a few milliseconds of the writer at a time; return the pages."""
        given, left = 0, 1
        while left:
            left = self._database.give_back(PAGES_AT_ONCE)
            given += PAGES_AT_ONCE if left else 0
            report(given, given + left)
            if left:
                # Whoever records goes first.
                time.sleep(SECONDS_BETWEEN)
        return given

    def _gathered(self) -> StorageStatistics:
        stored = self._database.stored()
        with self._database.read() as tx:
            payloads = store.all_payloads(tx)
            operations, kept = store.kept_for_undo(tx)
            return StorageStatistics(
                at=self._clock.now(),
                dialect=self._database.dialect,
                stored=stored,
                log_size=self._database.vitals().log_size,
                payloads=payloads,
                unused_payloads=max(0, payloads - store.used_payloads(tx)),
                deleted_buckets=store.deleted_buckets(tx),
                undoable_operations=operations,
                kept_events=kept,
                oldest_event=store.oldest_event(tx),
                newest_event=store.newest_event(tx),
            )

    def _counted(self) -> dict[str, int]:
        with self._database.read() as tx:
            return by_well_known_type(store.events_by_type(tx))


class _Kept(Generic[Figures]):
    """Figures that are gathered once in a while, by one thread for all."""

    def __init__(self, gather: Callable[[], Figures]) -> None:
        self._gather, self._gathering = gather, threading.Lock()
        self._found: Figures | None = None
        self._at = 0.0

    def get(self) -> Figures:
        with self._gathering:
            if self._found is None or time.monotonic() - self._at > SECONDS_KEPT:
                self._found, self._at = self._gather(), time.monotonic()
            return self._found
