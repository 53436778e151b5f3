"""Retention: what is too old to be kept, which totals outlive it, and when there is time to see to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.clock import DAY, HOUR, MINUTE, Duration, Instant
from hourloom.core.ids import WorkspaceId

QUARTER = Duration(15 * MINUTE)
"""Totals are kept by quarters of an hour: every zone of the world begins its hours at one of them."""

QUIET_FOR = Duration(10 * MINUTE)
"""After so long without a heartbeat nobody is at the computer."""
DUE_AFTER = Duration(20 * HOUR)
OVERDUE_AFTER = Duration(48 * HOUR)
"""Then it is done although somebody works: in small steps all the same."""
NIGHT = range(1, 5)
"""The hours in which hardly anybody works."""

RetentionPhase = Literal["everything", "totals", "marks", "events", "titles", "notes"]
"""The order in which a run sees to what is too old."""

Stretch = tuple[int, int, int, int]
"""Bucket, start, end, and the payload under which it counts."""
Totals = dict[tuple[int, int, int], int]
"""How long it lasted, by bucket, start of the quarter and payload."""


class RetentionRules(msgspec.Struct, frozen=True):
    """How many days each kind of record is kept; None is for ever."""

    titles_days: int | None = None
    events_days: int | None = None
    everything_days: int | None = None
    totals: bool = True
    """Whether totals outlive the events."""

    @property
    def keep_all(self) -> bool:
        """Return whether nothing is ever too old."""
        return self.titles_days is None and self.events_days is None and self.everything_days is None


class RetentionPlace(msgspec.Struct, frozen=True):
    """Where a run goes on."""

    workspace_id: WorkspaceId
    at: Instant
    """When it began: what is too old is counted from there."""
    buckets: Annotated[list[int], Meta(max_length=10_000)]
    phase: RetentionPhase = "everything"
    bucket: Annotated[int, Meta(ge=0)] = 0
    """A place in the list of buckets."""
    after: int = -1
    event: int = -1
    """Up to which event of the bucket all is done."""
    said: bool = False
    """Whether something went that was said about time."""


class RetentionDone(msgspec.Struct, frozen=True):
    """What a run did."""

    deleted: int = 0
    """Events."""
    reduced: int = 0
    """Events that lost their titles."""
    totals: int = 0
    """Totals that were deleted."""
    marks: int = 0
    """Marks that were deleted, cut, or lost their notes."""

    def __add__(self, other: RetentionDone) -> RetentionDone:
        return RetentionDone(
            self.deleted + other.deleted,
            self.reduced + other.reduced,
            self.totals + other.totals,
            self.marks + other.marks,
        )


class RetentionCount(msgspec.Struct, frozen=True):
    """How much is too old in one way."""

    kind: RetentionPhase
    events: int
    """Events, totals or marks."""
    lasted: int
    started_at: int | None = None
    ended_at: int | None = None


def older_than(days: int | None, now: Instant) -> Instant | None:
    """Return what must have ended by when to be too old."""
    return None if days is None else Instant(max(0, now - days * DAY))


def quarters(started_at: int, ended_at: int) -> Iterator[tuple[Instant, Duration]]:
    """Yield the quarters of an hour that something lasted in, each with how long; nothing is lost.

    quarters   |-----|-----|-----|
    event         |---------|
    lasted        |--|-----|-|
    """
    while started_at < ended_at:
        quarter = started_at - started_at % QUARTER
        until = min(quarter + QUARTER, ended_at)
        yield Instant(quarter), Duration(until - started_at)
        started_at = until


def totals_of(stretches: Iterable[Stretch]) -> Totals:
    """Add up how long each payload lasted in each quarter of an hour, in each bucket."""
    totals: Totals = {}
    for bucket, started_at, ended_at, payload in stretches:
        for quarter, lasted in quarters(started_at, ended_at):
            place = (bucket, quarter, payload)
            totals[place] = totals.get(place, 0) + lasted
    return totals


def is_off_peak(local_hour: int, silent_for: int, since_last_run: int, *, writer_waits: bool) -> bool:
    """Return whether there is time for old records: at night, when nobody is there, or when it is overdue."""
    if writer_waits or 0 <= since_last_run < DUE_AFTER:
        return False
    # A clock that was set back must not delete the night for weeks.
    long_ago = since_last_run < 0 or since_last_run >= OVERDUE_AFTER
    return long_ago or local_hour in NIGHT or silent_for >= QUIET_FOR
