"""What is asked of the lane, and what is answered: stretches, sums, keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from hourloom.activities.model.activity import Activity
from hourloom.core.changes import Change
from hourloom.core.clock import DAY, Instant
from hourloom.core.errors import Invalid

Key = Literal[
    "category", "project", "tags", "app", "app_name", "domain", "title", "device", "score", "source"
]
"""What an activity can be grouped by; hours and days are cuts of the time instead.

The name of an app is how its watcher wrote it.
"""

KeyValue = int | str | tuple[int, ...] | None
"""A category, project or device by its number, tags by theirs, a score, or words; None is unassigned."""

MOST_DAYS = 40 * 366
MOST_CUTS = 40_000


class TooLongToTell(Invalid):
    """The period is longer than {days} days; ask for a shorter one."""


class PeriodNeeded(Invalid):
    """Say from when to when, as start and end, the one not after the other."""


class CutsNotInOrder(Invalid):
    """The instants at which sums are divided must ascend."""


class Lane(msgspec.Struct, frozen=True):
    """What one person was doing within a period: at most one thing at a time."""

    start: Instant
    end: Instant
    activities: Sequence[Activity]
    """In order, none over another, cut to the period."""
    away: Sequence[tuple[Instant, Instant]]
    """When nobody was there although something observed; none over an activity."""

    @property
    def first(self) -> Instant | None:
        """Return when the first activity begins."""
        return self.activities[0].start if self.activities else None

    @property
    def last(self) -> Instant | None:
        """Return when the last activity ends."""
        return self.activities[-1].end if self.activities else None

    @property
    def active(self) -> int:
        """Return how long the activities last together."""
        return sum(activity.end - activity.start for activity in self.activities)


class Sums(msgspec.Struct, frozen=True):
    """How long activities lasted within a period, by what they are grouped by."""

    start: Instant
    end: Instant
    by: Mapping[tuple[KeyValue, ...], int]
    """Microseconds; together they are the active time, however it is grouped."""
    away: int
    """Microseconds; with a filter too, those of all."""

    @property
    def active(self) -> int:
        """Return how long the activities lasted together."""
        return sum(self.by.values())


class Told(msgspec.Struct, frozen=True):
    """What one person was doing within a period, as far as it is grouped."""

    stretches: Sequence[tuple[Instant, Instant, tuple[KeyValue, ...]]]
    """When, and by what it counts, in order; neighbours may be equal."""
    away: Sequence[tuple[Instant, Instant]]
    """When nobody was there; with a filter too, all of it."""


class SourceEvent(msgspec.Struct, frozen=True):
    """An event that an activity came from."""

    bucket: str
    id: int
    start: Instant
    end: Instant


class ActivitiesChanged(Change, frozen=True):
    """What was derived of settled time changed between two instants: ask again."""

    started_at: Instant
    ended_at: Instant


def days_within(start: int, end: int) -> range:
    """Return the UTC days, counted from 1970, that a period meets."""
    return range(start // DAY, -(-end // DAY)) if start < end else range(0)
