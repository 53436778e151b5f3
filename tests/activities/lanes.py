"""A little day at a computer, and what tests of activities ask of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from hourloom.activities.model.filter import Filter
from hourloom.activities.service.activities import Activities
from hourloom.activities.service.keeping import Keeping
from hourloom.core.clock import DAY, HOUR, MINUTE, Instant, parse_instant
from hourloom.testing import ServerInMemory
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import Buckets, Events

MIDNIGHT = parse_instant("2026-02-27T00:00:00Z")
NINE = Instant(MIDNIGHT + 9 * HOUR)
WINDOW, AFK, WEB = "aw-watcher-window_desk", "aw-watcher-afk_desk", "aw-watcher-web-firefox_desk"
TYPES = {WINDOW: "currentwindow", AFK: "afkstatus", WEB: "web.tab.current"}
CODE, FIREFOX = {"app": "Code", "title": "a.py - Code"}, {"app": "Firefox", "title": "Docs"}
PAGE = {"url": "https://docs.python.org/3/", "title": "Docs"}
ORDINARY = [(0, 60, "vscode", ""), (60, 65, "firefox", ""), (65, 80, "firefox", "python.org")]
"""What the day comes to: start and end in minutes after nine, app and domain."""


def a_day(server: ServerInMemory) -> None:
    """Record a day."""
    for name, kind in TYPES.items():
        draft = BucketDraft(name, kind, "test", "desk")
        server.write(partial(server.service(Buckets).create, server.owner, draft))
    add(server, WINDOW, (0, 60, CODE), (60, 90, FIREFOX))
    add(server, WEB, (65, 90, PAGE))
    add(server, AFK, (0, 80, {"status": "not-afk"}), (80, 100, {"status": "afk"}))


def add(server: ServerInMemory, bucket: str, *events: tuple[float, float, dict[str, Any]]) -> list[int]:
    """Store events, given in minutes after nine; return their numbers."""

    def at(minutes: float) -> Instant:
        return Instant(NINE + round(minutes * MINUTE))

    drafts = [EventDraft(at(s), at(e), msgspec.json.encode(data)) for s, e, data in events]
    return list(server.write(lambda: server.service(Events).append(server.owner, bucket, drafts)))


def told(server: ServerInMemory, **where: Any) -> list[tuple[float, float, str, str]]:
    """Return the lane of the day."""
    activities, who = server.service(Activities), server.owner
    with server.database.read():
        lane = activities.between(who, MIDNIGHT, Instant(MIDNIGHT + DAY), Filter(**where))
        words = activities.describe(who, {activity.subject for activity in lane.activities})
    return [
        ((a.start - NINE) / MINUTE, (a.end - NINE) / MINUTE, words[a.subject].app, words[a.subject].domain)
        for a in lane.activities
    ]


def keep(server: ServerInMemory, steps: int = 1) -> None:
    """Keep days that are over, as the job does."""
    keeping = Keeping(server.server.understanding.lanes)
    for _ in range(steps):
        with server.database.read() as tx:
            found = keeping.derive(tx)

        def write(found: Any = found) -> None:
            with server.database.begin() as tx:
                keeping.keep(tx, found)

        server.write(write)
        if not found.more:
            return


def days_kept(server: ServerInMemory) -> list[int]:
    """Return the days that are kept."""
    with server.database.read() as tx:
        rows = tx.rows("SELECT day FROM lane_days WHERE body IS NOT NULL ORDER BY day")
    return [int(str(row[0])) for row in rows]
