"""Buckets in memory, and events that show only what matters to a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hypothesis import settings
from hypothesis import strategies as st

from hourloom.core.clock import SECOND
from hourloom.tracking.query.deadline import Deadline
from hourloom.tracking.query.events import Event, Events, Json, Payload
from hourloom.tracking.query.interpreter import run
from hourloom.tracking.query.parser import parse_query
from hourloom.tracking.query.ports import BucketSummary
from hourloom.tracking.query.timeperiod import parse_period
from hourloom.tracking.query.values import Value

steady = settings(derandomize=True, deadline=None, database=None)
"""For properties: the same examples on every run, however slow the machine."""

NOON = 1_709_553_600 * SECOND
"""2024-03-04T12:00:00Z."""

PERIOD = "2024-03-04T12:00:00+00:00/2024-03-04T13:00:00+00:00"


def an_event(start: float, end: float, id: int | None = None, **data: Json) -> Event:
    """Make an event that begins and ends so many seconds after noon."""
    return (id, NOON + round(start * SECOND), NOON + round(end * SECOND), Payload.of(data))


def shown(events: Events) -> list[tuple[float, float, Mapping[str, Json]]]:
    """Return events as seconds after noon and data."""
    return [
        ((start - NOON) / SECOND, (end - NOON) / SECOND, payload.data) for _, start, end, payload in events
    ]


def spans(events: Events) -> list[tuple[float, float]]:
    """Return when events begin and end, in seconds after noon."""
    return [(start, end) for start, end, _ in shown(events)]


def total(events: Iterable[Event]) -> int:
    """Return how long events last together."""
    return sum(end - start for _, start, end, _ in events)


def covered(events: Events) -> int:
    """Return how much time events cover, counting overlaps once."""
    time, until = 0, 0
    for _, start, end, _ in sorted(events, key=lambda event: event[1]):
        time += max(end - max(start, until), 0)
        until = max(until, end)
    return time


class MemoryBuckets:
    """A source of events that holds them in memory, the oldest first."""

    def __init__(self, buckets: Mapping[str, Events], hostname: str = "host") -> None:
        self._buckets = buckets
        self._hostname = hostname

    def buckets(self) -> list[BucketSummary]:
        return [BucketSummary(name, self._hostname) for name in self._buckets]

    def events(self, bucket: str, start: int, end: int) -> Events:
        return [
            (id_, max(began, start), min(ended, end), payload)
            for id_, began, ended, payload in reversed(self._buckets[bucket])
            if ended >= start and began <= end
        ]

    def count(self, bucket: str, start: int, end: int) -> int:
        return len(self.events(bucket, start, end))


def answer(*lines: str, **buckets: Events) -> Value:
    """Run a query over some buckets."""
    return answer_over(buckets, *lines)


def answer_over(buckets: Mapping[str, Events], *lines: str, period: str = PERIOD) -> Value:
    """Run a query over some buckets, of any name, for a period."""
    program, asked = parse_query(lines), parse_period(period)
    return run(program, asked, MemoryBuckets(buckets), name="a name", deadline=Deadline(60))


def payloads() -> st.SearchStrategy[dict[str, Json]]:
    """Make small payloads, often equal."""
    return st.fixed_dictionaries(
        {"app": st.sampled_from(["vim", "web"])}, optional={"title": st.sampled_from("xy")}
    )


@st.composite
def event_lists(draw: st.DrawFn, *, overlapping: bool = True) -> Events:
    """Make lists of events in order of time, on whole seconds so that they often meet."""
    events: Events = []
    clock = 0
    for number in range(draw(st.integers(0, 8))):
        clock += draw(st.integers(0, 9))
        length = draw(st.integers(0, 9))
        events.append(an_event(clock, clock + length, number, **draw(payloads())))
        clock += 0 if overlapping else length
    return events
