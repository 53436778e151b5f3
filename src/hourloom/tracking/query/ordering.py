"""Sort, cut, join and sum lists of events."""

from __future__ import annotations

from itertools import chain
from operator import itemgetter

from hourloom.core.clock import SECOND
from hourloom.tracking.query.events import Event, Events

by_start = itemgetter(1)


def sort_by_timestamp(events: Events) -> Events:
    """Return the events by start, the oldest first; events that start together keep their order.

    events  |  3  1  2 |
    result  |  1  2  3 |
    """
    return sorted(events, key=by_start)


def sort_by_duration(events: Events) -> Events:
    """Return the events by duration, the longest first; equally long ones keep their order.

    events  |  --  ----  - |
    result  |  ----  --  - |
    """
    return sorted(events, key=duration_of, reverse=True)


def limit_events(events: Events, count: int) -> Events:
    """Return the first few events; a negative count leaves out as many at the end.

    events  |  a b c d |     count: 2
    result  |  a b     |
    """
    return events[:count]


def concat(*lists: Events) -> Events:
    """Return the events of all lists, one list after the other.

    first   |  a b     |
    second  |      c d |
    result  |  a b c d |
    """
    return [*chain.from_iterable(lists)]


def sum_durations(events: Events) -> float:
    """Return how long the events last together, in seconds.

    events  |  ---  --  |
    result     5
    """
    return sum([end - start for _, start, end, _ in events]) / SECOND


def duration_of(event: Event) -> int:
    """Return how long an event lasts, in microseconds."""
    return event[2] - event[1]
