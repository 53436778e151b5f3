"""The Demo workspace: made by a job, looked at with a token of its own, and gone without a trace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, tzinfo
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hourloom.care.store import newest_event
from hourloom.core.clock import datetime_of
from hourloom.core.ids import WorkspaceId
from hourloom.db.belongings import belongings
from hourloom.demo.scenes import DemoEvent
from hourloom.demo.service import Demo
from hourloom.demo.weeks import weeks
from hourloom.local.doctor.store import last_heard
from hourloom.testing import Client, ServerInMemory
from hourloom.tracking.model import BucketDraft
from hourloom.tracking.service import Retention
from tests.polling import until

DEMO = "/api/v1/demo"


@lru_cache(maxsize=1)  # the clock of these tests stands still
def some_events(until: date) -> list[DemoEvent]:
    """Return a day in forty of those that are made, which is enough to see where they go."""
    return list(weeks(until, ZoneInfo("UTC"), 1, newest=True))[::40]


def few(until: date, _zone: tzinfo) -> Iterator[DemoEvent]:
    yield from some_events(until)


@pytest.fixture
def mine(server: ServerInMemory) -> Client:
    server.service(Demo).invent = few
    client = server.client_with("admin")
    client.put("/api/v1/settings/time_zone", {"value": "UTC"})
    bucket = {"name": "mine", "type": "currentwindow", "client": "aw", "hostname": "real"}
    assert client.post("/api/v1/buckets", bucket).status == 201
    event = {"started_at": "2026-02-27T09:00:00Z", "duration": 600, "data": {"app": "Real", "title": "day"}}
    assert client.post("/api/v1/buckets/mine/events", [event]).status == 201
    return client


def standing(client: Client, wanted: str) -> dict[str, Any]:
    found = until(lambda: client.get(DEMO).json(), lambda found: found["state"] == wanted)
    assert found["state"] == wanted
    return found  # type: ignore[no-any-return]


def looking(client: Client) -> Client:
    """Make the workspace and return who looks at it."""
    assert client.post(DEMO).status == 202
    standing(client, "ready")
    made = client.post(f"{DEMO}/tokens")
    assert made.status == 201
    return client.with_token(made.json()["secret"])


def total(client: Client) -> float:
    report = client.get("/api/v1/reports/summary?range=2026-01-01..2026-03-10&by=category")
    return float(report.json()["total_seconds"])


def rows_by_workspace(server: ServerInMemory) -> dict[str, int]:
    """Return how many rows there are of workspaces other than the owner's, by table."""
    home = server.owner.workspace_id
    found = {}
    with server.database.read() as tx:
        for table, condition, _ in belongings(tx):
            own = tx.number(f"SELECT count(*) FROM {table} WHERE {condition}", workspace=home)
            server_wide = (
                tx.number("SELECT count(*) FROM jobs WHERE workspace_id = 0") if table == "jobs" else 0
            )
            found[table] = tx.number(f"SELECT count(*) FROM {table}") - own - server_wide
    return {table: count for table, count in found.items() if count}


def test_it_is_made_looked_at_left_and_removed_without_a_trace(server: ServerInMemory, mine: Client) -> None:
    before = total(mine)
    demo = looking(mine)
    there = standing(demo, "ready")
    assert (there["here"], there["look_at"]) == (True, "2026-02-27")
    assert {bucket["hostname"] for bucket in demo.get("/api/v1/buckets").json()} == {"heron", "otter"}
    assert len(demo.get("/api/v1/goals").json()["goals"]) == 3
    assert len(demo.get("/api/v1/categories").json()["categories"]) > 30
    assert total(demo) > before == total(mine) == 600
    wanted = {"kind": "events", "format": "csv", "range": "2026-02-01..2026-03-01"}
    assert demo.post("/api/v1/exports", wanted).status in (201, 202), "an export of its own"

    assert demo.delete(DEMO).status == 202
    assert demo.get(DEMO).status == 401
    standing(mine, "none")
    assert until(lambda: rows_by_workspace(server), lambda found: not found) == {}
    assert total(mine) == before
    assert [bucket["name"] for bucket in mine.get("/api/v1/buckets").json()] == ["mine"]


def test_what_waits_to_be_told_of_it_goes_with_it(
    server: ServerInMemory, mine: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = server.server.understanding.lanes.news
    with monkeypatch.context() as silenced:
        silenced.setattr(news, "tell", lambda _tx: None)
        looking(mine)
        assert news.waiting
        removing = mine.delete(DEMO).json()["job"]
        asked = partial(mine.get, f"/api/v1/jobs/{removing}")
        assert until(asked, lambda found: found.json()["state"] != "open").json()["state"] == "finished"

    def tell() -> None:
        with server.database.begin() as tx:
            news.tell(tx)

    server.write(tell)
    assert rows_by_workspace(server) == {}


def test_neither_side_reaches_the_other(server: ServerInMemory, mine: Client) -> None:
    demo = looking(mine)
    (event,) = mine.get("/api/v1/buckets/mine/events").json()["events"]
    theirs = demo.get("/api/v1/buckets/aw-watcher-window_heron/events?limit=1").json()["events"][0]["id"]
    assert demo.get(f"/api/v1/events/{event['id']}").status == 404
    assert mine.get(f"/api/v1/events/{theirs}").status == 404
    assert demo.delete(f"/api/v1/events/{event['id']}").status == 404
    assert mine.get("/api/v1/buckets/aw-watcher-window_heron").status == 404
    for method, path in [
        ("POST", "/api/v1/tokens"),
        ("POST", "/api/v1/pairing-codes"),
        ("POST", DEMO),
        ("POST", f"{DEMO}/tokens"),
        ("POST", "/api/v1/archive/exports"),
        ("GET", "/api/v1/imports/sources"),
        ("POST", "/api/v1/backups"),
    ]:
        refused = demo.request(method, path, json={"name": "x", "scopes": ["tracking:read"]})
        assert refused.status in (403, 400), (path, refused)
    for what in ("tokens", "keys", "backups", "health", "server/statistics", "server/log", "archive/exports"):
        told = demo.get(f"/api/v1/{what}")
        assert (told.status, told.json()["code"]) == (403, "scope_missing"), what


def test_no_job_removes_what_is_no_demonstration(server: ServerInMemory, mine: Client) -> None:
    """Whatever a job says, and even while somebody looks at the Demo workspace."""
    home, before = server.owner.workspace_id, total(mine)
    looking(mine)
    for workspace in (home, WorkspaceId(2)):
        enqueue = partial(server.server.jobs.enqueue, home, "demo.remove", workspace, slot=f"x {workspace}")
        asked = partial(mine.get, f"/api/v1/jobs/{server.write(enqueue)}")
        ended = until(asked, lambda found: found.json()["state"] != "open").json()
        assert ended["state"] == "finished"
    assert total(mine) == before
    standing(mine, "ready")


def test_activitywatchs_programs_see_nothing_of_it(server: ServerInMemory, mine: Client) -> None:
    demo = looking(mine)
    assert list(server.client.get("/api/0/buckets").json()) == ["mine"]
    assert list(server.client.get("/api/0/export").json()["buckets"]) == ["mine"]
    beat = {"timestamp": "2026-03-02T08:00:00Z", "data": {"app": "x"}}
    for path in ("/api/0/buckets", "/api/0/info", "/api/0/settings", "/api/0/export"):
        refused = demo.get(path)
        assert (refused.status, refused.json()["code"]) == (403, "not_in_demo"), path
    aimed = "/api/0/buckets/aw-watcher-window_heron/heartbeat?pulsetime=9"
    assert demo.post(aimed, beat).status == 403
    assert server.client.post(aimed, beat).status == 404
    editor = demo.get("/api/v1/users/current/statusbar/today")
    assert editor.status == 403


def test_it_is_removed_while_it_is_being_filled(server: ServerInMemory, mine: Client) -> None:
    def slow(until: date, _zone: tzinfo) -> Iterator[DemoEvent]:
        for event in some_events(until):
            time.sleep(0.0005)
            yield event

    server.service(Demo).invent = slow
    begun = mine.post(DEMO).json()
    assert begun["state"] == "filling"
    assert mine.post(DEMO).json()["job"] == begun["job"], "asked for twice it is one"
    assert mine.post(f"{DEMO}/tokens").status == 404, "nobody looks at half of it"
    assert mine.delete(DEMO).json()["state"] == "leaving"
    standing(mine, "none")
    assert until(lambda: rows_by_workspace(server), lambda found: not found) == {}
    assert mine.get(f"/api/v1/jobs/{begun['job']}").json()["state"] == "cancelled"
    assert mine.delete(DEMO).status == 404


def test_cancelling_its_job_removes_it_and_it_can_be_made_again(server: ServerInMemory, mine: Client) -> None:
    mine.post(f"/api/v1/jobs/{mine.post(DEMO).json()['job']}/cancel")
    until(lambda: mine.get(DEMO).json()["state"], lambda state: state in ("none", "stopped"))
    mine.delete(DEMO)
    standing(mine, "none")
    looking(mine)
    standing(mine, "ready")


def test_filling_goes_on_where_it_stopped(server: ServerInMemory, mine: Client) -> None:
    """A server that was killed finds the job again; what was written already is not written twice."""
    demo = server.service(Demo)

    def begun_before() -> None:
        accounts = server.server.accounts
        made = accounts.add_demo(server.owner)
        first = some_events(date(2026, 3, 3))[0]
        who, buckets = made.actor, server.service(type(demo._buckets))
        buckets.create(who, BucketDraft(first.bucket_id, "afkstatus", "aw", "heron"))

    server.write(begun_before)
    assert standing(mine, "stopped")["job"] is None
    seen = looking(mine)
    events = [event for event in some_events(date(2026, 3, 3)) if event.ended_at <= server.clock.now()]
    assert len(seen.get("/api/v1/buckets").json()) == 8
    with server.database.read() as tx:
        assert tx.number("SELECT count(*) FROM events") == len(events) + 1


def test_a_removal_that_was_given_up_is_taken_up_by_asking_for_it_or_for_a_new_one(
    server: ServerInMemory, mine: Client
) -> None:
    accounts = server.server.accounts
    for ask in (mine.post, mine.delete):
        server.write(lambda: accounts.set_demo(accounts.add_demo(server.owner), "leaving"))
        assert standing(mine, "stopped")["job"] is None
        assert ask(DEMO).json()["state"] == "leaving"
        standing(mine, "none")


def test_what_looks_after_the_record_leaves_it_alone(server: ServerInMemory, mine: Client) -> None:
    looking(mine)
    with server.database.read() as tx:
        roles = {str(role) for (role,) in tx.rows("SELECT role FROM members")}
        heard = {str(name) for _, name, _, _ in last_heard(tx)}
        newest = newest_event(tx)
        # Only what a workspace itself asks for is taken away, and this one asks for nothing.
        assert [row[0] for row in tx.rows("SELECT kind FROM notices")] == []
    assert roles == {"owner", "demo"}
    assert heard == {"mine"}
    assert newest is not None
    assert datetime_of(newest).date() == date(2026, 2, 27)
    assert server.service(Retention).rules_of(WorkspaceId(2)).keep_all
