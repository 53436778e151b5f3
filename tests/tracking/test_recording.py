"""Heartbeats become events by one rule, on both databases, whatever their order and their batches.

Timelines are drawn in seconds: `aa` is an event or heartbeat from 0 to 2, `.` is empty, `|` an instant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.core.errors import HourloomError
from hourloom.core.ids import WorkspaceId
from hourloom.testing import ServerInMemory
from hourloom.tracking.model import BucketDraft, BucketOutOfReach, EventDraft, NoSuchBucket
from hourloom.tracking.recorder import Heartbeat, Recorded
from hourloom.tracking.service import Buckets, Editing, Events


class Span(NamedTuple):
    """An event as a test sees it, in seconds after the clock's start."""

    start: int
    end: int
    data: str


class Recording:
    """A bucket to record in and to look at."""

    def __init__(self, server: ServerInMemory, bucket: str = "window") -> None:
        self.server, self.bucket = server, bucket
        self.zero = server.clock.now()
        self.events = server.service(Events)
        draft = BucketDraft(bucket, "currentwindow", "test", "here")
        server.write(lambda: server.service(Buckets).create(server.owner, draft))

    def beat(self, start: float, end: float, data: str, pulsetime: float = 5, **changes: object) -> Heartbeat:
        fields: dict[str, object] = {
            "workspace_id": self.server.owner.workspace_id,
            "bucket": self.bucket,
            "started_at": self.at(start),
            "ended_at": self.at(end),
            "pulsetime": Duration(round(pulsetime * SECOND)),
            "data": data.encode(),
        }
        return Heartbeat(**(fields | changes))  # type: ignore[arg-type]

    def at(self, seconds: float) -> Instant:
        return Instant(self.zero + round(seconds * SECOND))

    def send(self, *beats: Heartbeat) -> list[Recorded | HourloomError]:
        return self.server.run(self.sent(beats))

    async def sent(self, beats: Sequence[Heartbeat]) -> list[Recorded | HourloomError]:
        outcomes = await self.server.server.database.run_item(self.events.recorder, beats)
        return cast("list[Recorded | HourloomError]", outcomes)

    def stored(self) -> list[Span]:
        found = self.server.server.database
        with found.read():
            rows = self.events.page(self.server.owner, self.bucket, None, 10_000)
        return sorted(Span(self._seconds(e[1]), self._seconds(e[2]), self._text(e[3])) for e in rows)

    def add(self, start: float, end: float, data: str) -> int:
        draft = EventDraft(self.at(start), self.at(end), data.encode())
        return self.server.write(lambda: self.events.append(self.server.owner, self.bucket, [draft]))[0]

    def _seconds(self, instant: int) -> int:
        return round((instant - self.zero) / SECOND)

    def _text(self, payload: object) -> str:
        return str(getattr(payload, "text", payload))


@pytest.fixture
def recording(server: ServerInMemory) -> Recording:
    return Recording(server)


A, B = '{"a":1}', '{"b":2}'


def test_the_first_heartbeat_begins_an_event(recording: Recording) -> None:
    (outcome,) = recording.send(recording.beat(0, 2, A))
    assert isinstance(outcome, Recorded)
    assert (outcome.started_at, outcome.ended_at) == (recording.at(0), recording.at(2))
    assert recording.stored() == [(0, 2, A)]


MERGES = {
    "within the pulsetime it extends": ([(0, 1, A), (4, 5, A)], [(0, 5, A)]),
    "at exactly the pulsetime it extends": ([(0, 1, A), (6, 6, A)], [(0, 6, A)]),
    "after the pulsetime it begins": ([(0, 1, A), (7, 8, A)], [(0, 1, A), (7, 8, A)]),
    "other data begins": ([(0, 3, A), (3, 4, B)], [(0, 3, A), (3, 4, B)]),
    "one inside shortens nothing": ([(0, 9, A), (2, 3, A)], [(0, 9, A)]),
    "the same start extends": ([(0, 0, A), (0, 4, A)], [(0, 4, A)]),
    "the same start with other data begins": ([(0, 2, A), (0, 1, B)], [(0, 1, B), (0, 2, A)]),
    "what comes between separates": ([(0, 1, A), (1, 2, B), (2, 3, A)], [(0, 1, A), (1, 2, B), (2, 3, A)]),
    "a late one before everything begins": ([(9, 10, A), (0, 1, A)], [(0, 1, A), (9, 10, A)]),
    "a late one extends what was then": ([(0, 1, A), (9, 10, B), (3, 4, A)], [(0, 4, A), (9, 10, B)]),
    "a late one leaves the newest open": (
        [(0, 1, A), (9, 10, B), (3, 4, A), (11, 12, B)],
        [(0, 4, A), (9, 12, B)],
    ),
    "a late one of other data begins": (
        [(0, 5, A), (19, 19, A), (2, 3, B)],
        [(0, 5, A), (2, 3, B), (19, 19, A)],
    ),
    "of two at one start the later arrival counts": (
        [(0, 1, A), (0, 1, B), (2, 3, B), (2, 3, A)],
        [(0, 1, A), (0, 3, B), (2, 3, A)],
    ),
}


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
def test_the_rule_in_pictures(recording: Recording, *, together: bool) -> None:
    for number, (name, (beats, expected)) in enumerate(MERGES.items()):
        each = Recording(recording.server, f"bucket-{number}")
        sent = [each.beat(*beat) for beat in beats]
        if together:
            each.send(*sent)
        else:
            for beat in sent:
                each.send(beat)
        assert each.stored() == sorted(expected), name


def test_a_negative_pulsetime_narrows_the_window(recording: Recording) -> None:
    recording.send(recording.beat(0, 9, A), recording.beat(8, 12, A, pulsetime=-3))
    assert recording.stored() == [(0, 9, A), (8, 12, A)]


def test_an_endless_pulsetime_is_no_overflow(recording: Recording) -> None:
    recording.send(recording.beat(0, 1, A, pulsetime=1e12), recording.beat(5_000, 5_001, A, pulsetime=1e13))
    assert recording.stored() == [(0, 5_001, A)]


def test_equal_data_in_another_order_and_spacing_is_equal(recording: Recording) -> None:
    recording.send(
        recording.beat(0, 1, '{"app": "x", "title": "é"}'),
        recording.beat(1, 2, '{"title":"\\u00e9","app":"x"}'),
    )
    assert recording.stored() == [(0, 2, '{"app":"x","title":"é"}')]


def test_each_heartbeat_fails_alone(recording: Recording) -> None:
    outcomes = recording.send(
        recording.beat(0, 1, A),
        recording.beat(1, 2, A, bucket="nowhere"),
        recording.beat(1, 2, "[1]"),
        recording.beat(1, 2, '{"a":1,"a":2}'),
        recording.beat(1, 2, A, only_bucket_type="web.tab.current"),
        recording.beat(1, 2, A, only_bucket_type="currentwindow"),
    )
    assert [type(o).__name__ for o in outcomes] == [
        "Recorded",
        "NoSuchBucket",
        "DataNotAnObject",
        "DuplicateKey",
        "BucketOutOfReach",
        "Recorded",
    ]
    assert isinstance(outcomes[1], NoSuchBucket)
    assert isinstance(outcomes[4], BucketOutOfReach)
    assert recording.stored() == [(0, 2, A)]


def test_an_older_heartbeat_never_overwrites_the_newer_event(recording: Recording) -> None:
    # ActivityWatch inserted the older one and then merged the next one into the newer row, which was lost.
    for beat in [(100, 110, A), (10, 20, A), (21, 22, A)]:
        recording.send(recording.beat(*beat))
    assert recording.stored() == [(10, 22, A), (100, 110, A)]


def test_an_event_posted_between_two_heartbeats_is_kept(recording: Recording) -> None:
    recording.send(recording.beat(0, 1, A))
    recording.add(2, 3, B)
    recording.send(recording.beat(4, 5, A))
    assert recording.stored() == [(0, 1, A), (2, 3, B), (4, 5, A)]


def test_after_the_last_event_was_deleted_a_heartbeat_begins_anew(recording: Recording) -> None:
    (outcome,) = recording.send(recording.beat(0, 1, A))
    assert isinstance(outcome, Recorded)
    server, event = recording.server, outcome.id
    server.write(lambda: server.service(Editing).delete(server.owner, [event]))
    (again,) = recording.send(recording.beat(2, 3, A))
    assert isinstance(again, Recorded)
    assert again.id > event
    assert recording.stored() == [(2, 3, A)]


def test_a_bucket_deleted_and_made_again_starts_empty(recording: Recording) -> None:
    recording.send(recording.beat(0, 1, A))
    server, buckets = recording.server, recording.server.service(Buckets)
    server.write(lambda: buckets.delete(server.owner, recording.bucket))
    (refused,) = recording.send(recording.beat(1, 2, A))
    assert isinstance(refused, NoSuchBucket)
    again = Recording(server)
    again.send(recording.beat(2, 3, A))
    assert again.stored() == [(2, 3, A)]


def test_events_have_numbers_that_never_come_twice(recording: Recording) -> None:
    server = recording.server
    numbers = []
    for second in range(0, 100, 20):
        (outcome,) = recording.send(recording.beat(second, second, A))
        assert isinstance(outcome, Recorded)
        numbers.append(outcome.id)
        event = outcome.id
        server.write(lambda event=event: server.service(Editing).delete(server.owner, [event]))  # type: ignore[misc]
    assert numbers == sorted(set(numbers))


def test_a_batch_over_many_buckets_answers_in_its_own_order(recording: Recording) -> None:
    others = [Recording(recording.server, f"bucket-{n}") for n in range(5)]
    beats = [others[n % 5].beat(n, n + 1, A, pulsetime=10) for n in range(50)]
    outcomes = recording.send(*beats)
    assert [o.ended_at for o in outcomes if isinstance(o, Recorded)] == [b.ended_at for b in beats]
    assert [each.stored() for each in others] == [[(n, 46 + n, A)] for n in range(5)]


def test_another_workspace_has_buckets_of_its_own(recording: Recording) -> None:
    (outcome,) = recording.send(recording.beat(0, 1, A, workspace_id=WorkspaceId(99)))
    assert isinstance(outcome, NoSuchBucket)


def test_recorded_events_are_announced(recording: Recording) -> None:
    server = recording.server
    recording.send(recording.beat(0, 1, A))
    server.clock.advance(5)

    def announce() -> None:
        with server.database.begin() as tx:
            server.server.recorder.announce(tx)

    recording.send(recording.beat(2, 3, A))
    server.write(announce)
    kinds = [change.kind for change in server.changes]
    assert kinds.count("EventsRecorded") in (1, 2)
    assert b'"started_at":"2026-03-02T09:00:00Z"' in server.changes[-1].body
    assert not server.server.recorder.has_news


def test_history_has_a_new_version_only_when_something_settled_changes(recording: Recording) -> None:
    def version() -> int:
        buckets = recording.server.service(Buckets)
        with recording.server.database.read():
            return buckets.get(recording.server.owner, recording.bucket).bucket.history_version

    recording.send(recording.beat(0, 1, A), recording.beat(2, 3, A))
    assert version() == 0
    recording.server.clock.advance(3_600)
    recording.send(recording.beat(3_600, 3_601, A))
    assert version() == 0
    recording.send(recording.beat(10, 11, B))
    assert version() == 1
    recording.send(recording.beat(3, 4, A))
    assert version() == 2


Beat = tuple[int, int, str, int]
beats = st.tuples(st.integers(0, 40), st.integers(0, 6), st.sampled_from([A, B]), st.integers(-2, 6)).map(
    lambda b: (b[0], b[0] + b[1], b[2], b[3])
)


def expected_of(sequence: Sequence[Beat]) -> list[Span]:
    """Apply the rule in its simplest words."""
    events: list[Span] = []
    for start, end, data, pulsetime in sequence:
        before = [number for number, event in enumerate(events) if event.start <= start]
        last = max(before, key=lambda number: (events[number].start, number), default=None)
        if last is None or events[last].data != data or start > events[last].end + pulsetime:
            events.append(Span(start, end, data))
        else:
            events[last] = events[last]._replace(end=max(events[last].end, end))
    return sorted(events)


def buckets_of(recording: Recording) -> Iterator[Recording]:
    number = 0
    while True:
        number += 1
        yield Recording(recording.server, f"drawn-{number}")


def test_any_sequence_gives_what_the_rule_says_alone_or_in_batches(recording: Recording) -> None:
    fresh = buckets_of(recording)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(beats, max_size=14), st.integers(1, 14))
    def check(sequence: list[Beat], size: int) -> None:
        single, batched = next(fresh), next(fresh)
        for beat in sequence:
            single.send(single.beat(*beat))
        for first in range(0, len(sequence), size):
            batched.send(*(batched.beat(*beat) for beat in sequence[first : first + size]))
        assert single.stored() == batched.stored() == expected_of(sequence)

    check()


def test_heartbeats_that_overlap_in_time_share_commits_and_all_count(recording: Recording) -> None:
    async def crowd() -> None:
        await asyncio.gather(
            *(recording.sent([recording.beat(n, n + 1, A, pulsetime=60)]) for n in range(50))
        )

    recording.server.run(crowd())
    assert recording.stored() == [(0, 50, A)]
