"""What reports are made from: the lane of activities, summed or as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from hourloom.activities.model.activity import Activity
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import Key
from hourloom.core.actors import Actor
from hourloom.core.clock import Instant
from hourloom.reports.model.grouping import Value


class LaneSource(Protocol):
    """A stretch of the lane."""

    @property
    def activities(self) -> Sequence[Activity]:
        """Return the activities in order."""
        ...

    @property
    def away(self) -> Sequence[tuple[Instant, Instant]]:
        """Return when nobody was there."""
        ...


class ToldSource(Protocol):
    """A stretch of the lane, by what it counts."""

    @property
    def stretches(self) -> Sequence[tuple[Instant, Instant, tuple[Value, ...]]]:
        """Return when, and one value for each key, in order."""
        ...

    @property
    def away(self) -> Sequence[tuple[Instant, Instant]]:
        """Return when nobody was there."""
        ...


class SumsSource(Protocol):
    """The sums of a stretch of the lane."""

    @property
    def by(self) -> Mapping[tuple[Value, ...], int]:
        """Return microseconds by one value for each key."""
        ...

    @property
    def away(self) -> int:
        """Return for how many microseconds nobody was there."""
        ...


class ActivitySource(Protocol):
    """Reads the lane of one person within the caller's open transaction."""

    def told(
        self, who: Actor, start: Instant, end: Instant, keys: tuple[Key, ...], where: Filter | None = None
    ) -> ToldSource:
        """Return a stretch of the lane by what it counts, cut to a period."""
        ...

    def sums(
        self,
        who: Actor,
        cuts: Sequence[Instant],
        keys: tuple[Key, ...],
        where: Filter | None = None,
    ) -> Sequence[SumsSource]:
        """Return the sums between each cut and the next."""
        ...

    def spans(
        self, who: Actor, start: Instant, end: Instant, where: Filter | None = None
    ) -> Sequence[tuple[Instant, Instant]]:
        """Return active time, merged where it touches."""
        ...

    def names(self, who: Actor, key: Key, values: Iterable[Value]) -> Mapping[Value, str | None]:
        """Return what values are called; None is unassigned."""
        ...

    def version(self, who: Actor) -> str:
        """Return what changes whenever an answer about settled time could."""
        ...
