"""Retention: titles go, events go, totals stay; to the microsecond, in small steps, off peak."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, Instant
from hourloom.core.ids import BucketId, EventId, PayloadId
from hourloom.testing import Client, ServerInMemory
from hourloom.tracking import store
from hourloom.tracking.model import Event
from hourloom.tracking.reduction import KEPT, reduced, site_of
from hourloom.tracking.retention import QUARTER, is_off_peak, quarters, totals_of
from hourloom.tracking.service.retaining import QUARTERS_AT_ONCE, portion
from tests.tracking.recorded import WEB, WINDOW, a_minute_each, add, make_buckets, rows, until_jobs_end

instants = st.integers(0, 40 * QUARTER)
intervals = st.tuples(instants, instants).map(sorted)


@given(intervals)
def test_quarters_are_the_whole_and_lie_within_theirs(interval: list[int]) -> None:
    start, end = interval
    parts = list(quarters(start, end))
    assert sum(lasted for _, lasted in parts) == end - start
    assert all(quarter % QUARTER == 0 and 0 < lasted <= QUARTER for quarter, lasted in parts)
    assert [quarter for quarter, _ in parts] == list(range(start - start % QUARTER, end, QUARTER))[
        : len(parts)
    ]


@given(st.lists(st.tuples(st.integers(1, 3), intervals, st.integers(1, 3))))
def test_totals_last_as_long_as_their_events(events: list[tuple[int, list[int], int]]) -> None:
    totals = totals_of((bucket, start, end, payload) for bucket, (start, end), payload in events)
    for bucket, payload in {(bucket, payload) for bucket, _, payload in events}:
        lasted = sum(end - start for b, (start, end), p in events if (b, p) == (bucket, payload))
        assert sum(t for (b, _, p), t in totals.items() if (b, p) == (bucket, payload)) == lasted


@given(st.lists(st.tuples(intervals, st.integers(0, 3 * QUARTERS_AT_ONCE))))
def test_a_portion_and_what_is_left_are_the_whole(given: list[tuple[list[int], int]]) -> None:
    events = [
        Event(EventId(number), BucketId(1), Instant(start), Instant(end + more * QUARTER), PayloadId(1))
        for number, ((start, end), more) in enumerate(given)
    ]
    counted, left = portion(events)
    lasted = sum(event.ended_at - event.started_at for event in events)
    assert sum(e.ended_at - e.started_at for e in (*counted, *left)) == lasted
    assert sum(1 for e in counted for _ in quarters(e.started_at, e.ended_at)) <= QUARTERS_AT_ONCE
    assert not events or counted


texts = st.text(max_size=20)
values = st.recursive(texts | st.integers() | st.booleans(), lambda v: st.lists(v, max_size=3), max_leaves=5)
keys = texts | st.sampled_from(
    ["app", "title", "url", "status", "file", "language", "editor", "running", "package"]
)


@given(st.sampled_from([*KEPT, "something.else"]), st.dictionaries(keys, values, max_size=6))
def test_what_is_reduced_stays_as_it_is(kind: str, data: dict[str, Any]) -> None:
    once = reduced(kind, data)
    assert reduced(kind, once) == once
    assert set(once) <= set(data)
    assert not {"title", "file"} & set(once)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.example.org/a/b?c=d#e", "https://www.example.org/"),
        ("https://me:secret@Example.ORG:8080/x", "https://example.org:8080/"),
        ("file:///home/me/diary.odt", "file:"),
        ("about:blank", "about:"),
        ("data:text/plain,secret", "data:"),
        ("view-source:https://example.org/secret", "view-source:"),
        ("chrome-extension://abcdef/page.html", "chrome-extension://abcdef/"),
        ("/home/me/secret", None),
        ("https://[bad/secret", None),
        ("", None),
    ],
)
def test_of_a_url_the_site_stays(url: str, site: str | None) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(
    ("hour", "silent", "since", "waits", "off_peak"),
    [
        (12, 0, 30 * HOUR, False, False),
        (3, 0, 30 * HOUR, False, True),
        (12, 10 * MINUTE, 30 * HOUR, False, True),
        (12, 0, 48 * HOUR, False, True),
        (3, HOUR, 19 * HOUR, False, False),
        (3, HOUR, 30 * HOUR, True, False),
        (12, 0, -HOUR, False, True),
    ],
    ids=["work", "night", "nobody there", "overdue", "done today", "busy", "clock set back"],
)
def test_old_records_wait_for_a_quiet_hour(
    hour: int, silent: int, since: int, *, waits: bool, off_peak: bool
) -> None:
    assert is_off_peak(hour, silent, since, writer_waits=waits) is off_peak


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    make_buckets(server)
    return server.client_with("tracking:write", "settings:write", "jobs:read")


def keep(client: Client, **rules: object) -> None:
    for name, value in rules.items():
        path = f"/api/v1/settings/retention_{name}"
        assert client.request("PUT", path, json={"value": value}).status == 200


def run(client: Client) -> dict[str, int]:
    """See to old records to the end; return what was done."""
    place, done = None, {"deleted": 0, "reduced": 0, "totals": 0}
    while True:
        answer = client.post("/api/v1/retention/run", {"place": place})
        assert answer.status == 200, answer.body
        for name in done:
            done[name] += answer.json()[name]
        place = answer.json()["place"]
        if place is None:
            return done


def totals(server: ServerInMemory, bucket: str) -> dict[tuple[int, str], int]:
    """Return the kept totals of a bucket by quarter and what they count."""
    with server.database.read() as tx:
        found = store.bucket_by_name(tx, 1, bucket)
        assert found is not None
        kept = store.totals_between(tx, 1, found.id, 0, 2**62)
        found_bodies = store.payload_bodies(tx, [int(str(row[1])) for row in kept])
        bodies = {number: str(body) for number, body in found_bodies}
    return {(int(str(at)), str(bodies[payload])): int(str(lasted)) for at, payload, lasted in kept}


def test_nothing_goes_unless_somebody_says_so(server: ServerInMemory, client: Client) -> None:
    add(server, WINDOW, (0, HOUR, {"app": "a", "title": "old"}))
    assert run(client) == {"deleted": 0, "reduced": 0, "totals": 0}
    assert client.get("/api/v1/retention").json() == {
        "titles_days": None,
        "events_days": None,
        "everything_days": None,
        "totals": True,
        "last_run_at": client.get("/api/v1/retention").json()["last_run_at"],
    }
    assert len(rows(server, WINDOW)) == 1


def test_old_titles_go_and_apps_and_sites_stay(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    old, young = now - 40 * DAY, now - 20 * DAY
    add(server, WINDOW, *a_minute_each(old, "secret", "other"), *a_minute_each(young, "young"))
    add(
        server,
        WEB,
        (old, old + HOUR, {"url": "https://bank.example/me?id=7", "title": "secret", "audible": True}),
    )
    keep(client, titles_days=30)
    (count,) = client.get("/api/v1/retention/preview").json()
    assert (count["kind"], count["count"], count["seconds"]) == ("titles", 3, 3720)
    assert run(client) == {"deleted": 0, "reduced": 3, "totals": 0}
    assert [(begun, data) for begun, _, data in rows(server, WINDOW)] == [
        (old, '{"app":"firefox"}'),
        (old + MINUTE, '{"app":"firefox"}'),
        (young, '{"app":"firefox","title":"young"}'),
    ]
    assert rows(server, WEB) == [(old, old + HOUR, '{"url":"https://bank.example/"}')]
    assert run(client)["reduced"] == 0


def test_what_is_stored_late_loses_its_title_too(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    keep(client, titles_days=30)
    add(server, WINDOW, *a_minute_each(now - 40 * DAY, "one"))
    add(server, WINDOW, (now - 35 * DAY, now - 29 * DAY, {"app": "a", "title": "lasts"}))
    run(client)
    server.clock.advance(2 * DAY / SECOND)
    assert run(client)["reduced"] == 1
    add(server, WINDOW, *a_minute_each(now - 50 * DAY, "late"))
    assert run(client)["reduced"] == 1
    assert "title" not in str(rows(server, WINDOW))


def test_old_events_become_totals(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    old = now - 400 * DAY - (now - 400 * DAY) % HOUR
    add(server, WINDOW, (old + 10 * MINUTE, old + 20 * MINUTE + 1, {"app": "a", "title": "x"}))
    add(server, WINDOW, (old + 20 * MINUTE + 1, old + 25 * MINUTE, {"app": "a", "title": "y"}))
    add(server, WINDOW, (old + 25 * MINUTE, old + 26 * MINUTE, {"app": "b"}))
    keep(client, events_days=365)
    (count,) = client.get("/api/v1/retention/preview").json()
    assert (count["kind"], count["count"]) == ("events", 3)
    assert run(client)["deleted"] == 3
    assert rows(server, WINDOW) == []
    assert totals(server, WINDOW) == {
        (old, '{"app":"a"}'): 5 * MINUTE,
        (old + QUARTER, '{"app":"a"}'): 10 * MINUTE,
        (old + QUARTER, '{"app":"b"}'): MINUTE,
    }


def test_totals_are_not_kept_where_nobody_wants_them(server: ServerInMemory, client: Client) -> None:
    add(server, WINDOW, (0, HOUR, {"app": "a"}))
    keep(client, events_days=365, totals=False)
    assert run(client)["deleted"] == 1
    assert totals(server, WINDOW) == {}


def test_everything_means_totals_too(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    add(server, WINDOW, (now - 400 * DAY, now - 400 * DAY + HOUR, {"app": "a"}))
    keep(client, events_days=365)
    run(client)
    assert totals(server, WINDOW)
    keep(client, everything_days=399)
    assert {each["kind"] for each in client.get("/api/v1/retention/preview").json()} >= {
        "everything",
        "totals",
    }
    assert run(client)["totals"] >= 4
    assert totals(server, WINDOW) == {}


def test_an_event_of_months_is_counted_piece_by_piece(server: ServerInMemory, client: Client) -> None:
    start = QUARTER * 3 + 7
    end = start + 100 * DAY
    add(server, WINDOW, (start, end, {"app": "a"}), *a_minute_each(end, "x"))
    keep(client, events_days=365)
    run(client)
    kept = totals(server, WINDOW)
    assert sum(kept.values()) == end - start + MINUTE
    assert max(kept.values()) == QUARTER


def test_what_reaches_beyond_the_bound_waits_until_it_is_old_as_a_whole(
    server: ServerInMemory, client: Client
) -> None:
    bound = server.clock.now() - 30 * DAY
    add(server, WINDOW, (bound - HOUR, bound + 1, {"app": "a"}), (bound - HOUR, bound, {"app": "b"}))
    keep(client, events_days=30)
    assert run(client)["deleted"] == 1
    assert [data for _, _, data in rows(server, WINDOW)] == ['{"app":"a"}']


def test_the_next_heartbeat_begins_anew_where_the_newest_event_went(
    server: ServerInMemory, client: Client
) -> None:
    now = server.clock.now()
    admin = server.client_with("admin")

    def beat(at: int) -> float:
        from hourloom.core.clock import format_instant

        body = {"timestamp": format_instant(at), "duration": 0, "data": {"app": "a"}}
        path = f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime=3e8"
        return float(admin.post(path, body).json()["duration"])

    beat(now - 40 * DAY)
    assert beat(now - 39 * DAY) == DAY / SECOND
    keep(client, events_days=30)
    run(client)
    assert beat(now) == 0
    assert sum(totals(server, WINDOW).values()) == DAY


def test_nobody_makes_records_old_by_naming_a_later_time(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    add(server, WINDOW, *a_minute_each(now - DAY, "young"))
    keep(client, events_days=30)
    place = {"workspace_id": 1, "at": now + 365 * DAY, "buckets": [1]}
    while place is not None:
        place = client.post("/api/v1/retention/run", {"place": place}).json()["place"]
    assert len(rows(server, WINDOW)) == 1
    foreign = {"workspace_id": 2, "at": 0, "buckets": []}
    assert client.post("/api/v1/retention/run", {"place": foreign}).json()["code"] == "not_your_place"


def test_it_happens_by_itself_and_leaves_no_unused_payload(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    add(server, WINDOW, *a_minute_each(now - 40 * DAY, *(f"secret {i}" for i in range(1_200))))
    keep(client, titles_days=30)
    server.clock.advance(DAY / SECOND)
    for _ in range(50):
        until_jobs_end(server)
        if len({data for _, _, data in rows(server, WINDOW)}) == 1:
            break
        # It gives way to any other write that waits at that moment, and looks again ten minutes later.
        server.clock.advance(11 * 60)
    assert {data for _, _, data in rows(server, WINDOW)} == {'{"app":"firefox"}'}
    with server.database.read() as tx:
        assert [row[1] for row in store.payloads_after(tx, 1, 0, 10)] == ['{"app":"firefox"}']


def test_live_state_follows_retention(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    add(server, WINDOW, *a_minute_each(now - 40 * DAY, "a", "b"), *a_minute_each(now, "c"))
    keep(client, events_days=30)

    def apply(before: list[Any], change: Any) -> list[Any]:
        if change.kind != "EventsChanged":
            return before
        told = msgspec.json.decode(change.body)
        assert told["bucket"] == WINDOW
        return [row for row in before if not now - 41 * DAY < row[0] < now - 39 * DAY]

    server.verify_changes(lambda: run(client), lambda: rows(server, WINDOW), apply)
