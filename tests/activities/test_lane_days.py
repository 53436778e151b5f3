"""Days of the lane that are kept, and what becomes of them when events change."""

from __future__ import annotations

import gc
from array import array

import pytest

from hourloom.activities import store
from hourloom.activities.lane.days import LaneDay
from hourloom.activities.service.activities import Activities
from hourloom.core.clock import DAY, MINUTE, SECOND, Duration, Instant
from hourloom.db.transaction import Database
from hourloom.testing import ServerInMemory
from hourloom.tracking.recorder import Heartbeat
from hourloom.tracking.service import Buckets, Editing
from tests.activities.lanes import (
    AFK,
    CODE,
    MIDNIGHT,
    NINE,
    ORDINARY,
    WINDOW,
    a_day,
    add,
    days_kept,
    keep,
    told,
)
from tests.tracking.recorded import until_jobs_end


@pytest.fixture
def server(server: ServerInMemory) -> ServerInMemory:
    """Have recorded a day."""
    a_day(server)
    return server


def test_what_was_kept_is_told_again_and_goes_when_something_changes(server: ServerInMemory) -> None:
    assert told(server) == ORDINARY
    keep(server)
    day = MIDNIGHT // DAY
    assert day in days_kept(server)
    server.service(Activities).forget()
    assert told(server) == ORDINARY
    beat = Heartbeat(
        server.owner.workspace_id,
        AFK,
        Instant(NINE + 200 * MINUTE),
        Instant(NINE + 210 * MINUTE),
        Duration(SECOND),
        b'{"status":"not-afk"}',
    )
    server.run(server.database.run_item(server.server.recorder, [beat]))
    assert day not in days_kept(server)
    add(server, WINDOW, (205, 220, CODE))
    assert told(server) == [*ORDINARY, (205, 210, "vscode", "")]


def test_editing_deleting_and_undo_are_seen_at_once(server: ServerInMemory) -> None:
    told(server)
    keep(server)
    (number,) = add(server, WINDOW, (70, 75, CODE))
    assert told(server)[3:] == [(70, 75, "vscode", ""), (75, 80, "firefox", "python.org")]
    editing = server.service(Editing)
    server.write(lambda: editing.delete(server.owner, [number]))
    assert told(server) == ORDINARY


def test_a_day_is_kept_only_as_long_as_nothing_changed_it(database: Database) -> None:
    def write() -> list[int]:
        with database.begin() as tx:
            tx.execute(
                "INSERT INTO workspaces (id, name, payload_key, created_at) VALUES (1, 'w', :k, 0)", k=b"k"
            )
            tx.execute("INSERT INTO users (id, name, created_at) VALUES (1, 'u', 0)")

            def put(version: int, of_all: int, day: int = 5) -> int:
                return store.put_day(tx, 1, 1, day, version=version, of_all=of_all, shape=7, now=1, body=b"b")

            found = [put(1, 0), put(0, 1), put(0, 0), put(0, 0)]
            store.note_days_changed(tx, 1, 1, 4, 6)
            assert store.day_body(tx, 1, 1, 5, 7) is None
            found += [put(0, 0), put(1, 0)]
            assert store.day_body(tx, 1, 1, 5, 7) == b"b"
            assert store.day_body(tx, 1, 1, 5, 8) is None
            store.drop_days_of_the_future(tx, 0)
            assert store.day_body(tx, 1, 1, 5, 7) is None
            store.forget_days(tx, 1, 1)
            store.note_days_changed(tx, 1, 1, store.ALL_DAYS, store.ALL_DAYS)
            return [*found, put(0, 0), put(0, 1)]

    assert database.write(write) == [0, 0, 1, 1, 0, 1, 0, 1]


def test_erasing_leaves_nothing_of_the_day(server: ServerInMemory) -> None:
    keep(server)
    server.write(lambda: server.service(Buckets).delete(server.owner, WINDOW))
    assert MIDNIGHT // DAY not in days_kept(server)
    assert told(server) == [(65, 80, "", "python.org")]


def test_days_are_kept_by_themselves(server: ServerInMemory) -> None:
    server.clock.advance(400)
    until_jobs_end(server)
    assert MIDNIGHT // DAY in days_kept(server)
    assert told(server) == ORDINARY


def test_a_day_that_nobody_holds_goes_without_the_collector() -> None:
    nothing = array("q")
    gc.collect()
    gc.disable()
    try:
        before = days_in_memory()
        for _ in range(10):
            LaneDay(0, (nothing, nothing, nothing), nothing, array("q", [0, DAY]), array("H", [0]))
        assert days_in_memory() == before
    finally:
        gc.enable()


def days_in_memory() -> int:
    """Count the days that anything holds, be it only themselves."""
    return sum(isinstance(each, LaneDay) for each in gc.get_objects())
