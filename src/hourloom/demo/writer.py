"""Writing the demonstration through the public API, over whatever can post."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import quote

from hourloom.core.clock import LATEST, format_instant, seconds_of
from hourloom.demo.scenes import DemoBucket, DemoEvent
from hourloom.demo.weeks import buckets, weeks

BATCH = 1000

Post = Callable[[str, bytes], bytes]
"""Post a JSON body to a path of the server, return the answer, and raise if it is refused."""

Progress = Callable[[int, int], None]
"""Hear how many events are written, and of how many."""


def fill(
    post: Post, until: date, zone: str, seed: int, progress: Progress | None = None, before: int = LATEST
) -> int:
    """Create the buckets and write all events that end by `before`; return how many those are."""
    by_bucket: dict[str, list[DemoEvent]] = defaultdict(list)
    for event in weeks(until, zone, seed):
        if event.ended_at <= before:
            by_bucket[event.bucket_id].append(event)
    total, done = sum(len(events) for events in by_bucket.values()), 0
    for bucket in buckets():
        _create(post, bucket)
        for some in _batches(by_bucket[bucket.id]):
            post(f"/api/0/buckets/{quote(bucket.id, safe='')}/events", _body(some))
            done += len(some)
            if progress:
                progress(done, total)
    return total


def _create(post: Post, bucket: DemoBucket) -> None:
    body = {"client": bucket.client, "type": bucket.type, "hostname": bucket.hostname}
    post(f"/api/0/buckets/{quote(bucket.id, safe='')}", json.dumps(body).encode())


def _batches(events: list[DemoEvent]) -> Iterator[list[DemoEvent]]:
    for at in range(0, len(events), BATCH):
        yield events[at : at + BATCH]


def _body(events: list[DemoEvent]) -> bytes:
    wire = [
        {
            "timestamp": format_instant(event.started_at),
            "duration": seconds_of(event.ended_at - event.started_at),
            "data": event.data,
        }
        for event in events
    ]
    return json.dumps(wire).encode()
