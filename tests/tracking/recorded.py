"""A little record to delete from, and what tests ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec

from hourloom.core.clock import MINUTE, SECOND, Instant
from hourloom.jobs.model import Job
from hourloom.testing import ServerInMemory
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import Buckets, Events

WINDOW, WEB = "aw-watcher-window_desk", "aw-watcher-web_desk"
TYPES = {WINDOW: "currentwindow", WEB: "web.tab.current"}

Row = tuple[int, int, str]
"""Start, end and data of an event."""


def make_buckets(server: ServerInMemory) -> None:
    for name, kind in TYPES.items():
        draft = BucketDraft(name, kind, "test", "desk")
        server.write(partial(server.service(Buckets).create, server.owner, draft))


def add(server: ServerInMemory, bucket: str, *events: tuple[int, int, Mapping[str, Any]]) -> list[int]:
    """Store events, given by start and end in microseconds and their data; return their numbers."""
    drafts = [
        EventDraft(Instant(start), Instant(end), msgspec.json.encode(data)) for start, end, data in events
    ]
    return list(server.write(lambda: server.service(Events).append(server.owner, bucket, drafts)))


def a_minute_each(
    start: int, *texts: str, app: str = "firefox"
) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Yield events of a minute, one after the other, each with a title."""
    for place, text in enumerate(texts):
        yield start + place * MINUTE, start + (place + 1) * MINUTE, {"app": app, "title": text}


def rows(server: ServerInMemory, bucket: str) -> list[Row]:
    """Return the events of a bucket, the oldest first."""
    found = server.service(Events).between(server.owner, bucket, None, None)
    return sorted((start, end, payload.text) for _, start, end, payload in found)


def seconds(server: ServerInMemory, bucket: str) -> float:
    return sum(end - start for start, end, _ in rows(server, bucket)) / SECOND


def until_jobs_end(server: ServerInMemory) -> None:
    """Let the jobs run that are due; the clock of a test moves while the runner sleeps, so it is woken."""
    jobs = server.server.jobs

    def is_open(job: Job) -> bool:
        return job.state == "open" and job.run_at <= server.clock.now()

    async def wait() -> None:
        async with asyncio.timeout(60):
            jobs._runner.wake()
            while any(  # noqa: ASYNC110 - what ends is a row in a database
                map(is_open, await server.database.run_read(lambda: jobs.newest(server.owner, 2**62, 500)))
            ):
                await asyncio.sleep(0.005)

    server.run(wait())
