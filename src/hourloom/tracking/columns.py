"""Events in columns: each distinct payload once, whole numbers, each as the step from the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from hourloom.tracking.query.events import Event, Memo, Payload


class BucketColumns(msgspec.Struct, frozen=True):
    """The events of one bucket from the oldest on, one list for each of their parts."""

    bucket: str
    type: str
    ids: list[int]
    """Each as the step from the one before; the first from 0."""
    starts: list[int]
    """Microseconds since 1970, each as the step from the one before; the first from the day's start."""
    durations: list[int]
    """Microseconds."""
    payloads: list[int]
    """Places in the day's list of payloads."""


class DayColumns(msgspec.Struct, frozen=True):
    """The events of a day, cut to it."""

    date: date
    started_at: int
    """Microseconds since 1970."""
    ended_at: int
    payloads: list[msgspec.Raw]
    """Each distinct payload once."""
    buckets: list[BucketColumns]


class Columns:
    """Gathers columns whose payloads share one list."""

    def __init__(self, origin: int) -> None:
        self._origin = origin
        self._places: dict[str, int] = {}

    @property
    def payloads(self) -> list[msgspec.Raw]:
        """Return the payloads in the order of their places."""
        return [msgspec.Raw(text.encode()) for text in self._places]

    def of_bucket(self, name: str, type_: str, events: Sequence[Event]) -> BucketColumns:
        """Return the columns of a bucket's events, which are given from the oldest on."""
        places: Memo[Payload, int] = Memo(lambda p: self._places.setdefault(p.text, len(self._places)))
        return BucketColumns(
            name,
            type_,
            steps((event[0] or 0 for event in events), 0),
            steps((event[1] for event in events), self._origin),
            [event[2] - event[1] for event in events],
            [places[event[3]] for event in events],
        )


def steps(numbers: Iterable[int], origin: int) -> list[int]:
    """Return each number as the step from the one before.

    numbers  7  9  12
    steps    7  2  3
    """
    stepped = []
    for number in numbers:
        stepped.append(number - origin)
        origin = number
    return stepped
