"""`/api/v1`: cursors, batches, edits that can be undone, idempotency keys, days, figures."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from hourloom.db.writer import SECONDS_TO_BE_STUCK
from hourloom.testing import Answer, Client, ServerInMemory, a_peer

WINDOW = {"client": "c", "type": "currentwindow", "hostname": "desk"}
EVENTS = "/api/v1/buckets/desk/events"
NINE = "2026-03-02T09:00:00Z"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    client = server.client_with("admin")
    assert client.post("/api/v1/buckets", WINDOW | {"name": "desk"}).status == 201
    return client


def at(second: float, minute: int = 0) -> str:
    return f"2026-03-02T09:{minute:02}:{second:09.6f}Z"


def an_event(second: float = 0, duration: float = 1, **data: Any) -> dict[str, Any]:
    return {"started_at": at(second), "duration": duration, "data": data or {"app": "Code"}}


def add(client: Client, *events: dict[str, Any]) -> list[int]:
    answer = client.post(EVENTS, list(events))
    assert answer.status == 201, answer.body
    ids: list[int] = answer.json()["ids"]
    return ids


def stored(client: Client) -> list[tuple[int, str, float, Any]]:
    found = client.get(EVENTS).json()["events"]
    return [(e["id"], e["started_at"], e["duration"], e["data"]) for e in found]


def done(answer: Any) -> int:
    assert answer.status == 200, answer.body
    operation: int = answer.json()["operation_id"]
    return operation


def undo(client: Client, operation: int) -> int:
    status: int = client.post(f"/api/v1/operations/{operation}/undo").status
    return status


def test_a_bucket_is_shown_as_it_was_made(client: Client) -> None:
    again = client.post("/api/v1/buckets", WINDOW | {"name": "desk", "type": "other", "data": {"a": 1}})
    assert (again.status, again.json()["type"]) == (201, "currentwindow")
    add(client, an_event(1, 2))
    shown = client.get("/api/v1/buckets/desk").json()
    assert shown == WINDOW | {
        "name": "desk",
        "data": {},
        "created_at": NINE,
        "started_at": "2026-03-02T09:00:01Z",
        "ended_at": "2026-03-02T09:00:03Z",
    }
    assert client.get("/api/v1/buckets").json() == [shown]
    assert [device["name"] for device in client.get("/api/v1/devices").json()] == ["desk"]


def test_pages_go_on_where_they_stopped_whatever_was_added_or_deleted(client: Client) -> None:
    ids = add(client, *(an_event(second % 50, 0) for second in range(100)))
    seen, cursor = [], ""
    for turn in range(40):
        page = client.get(f"{EVENTS}?limit=7&cursor={cursor}").json()
        seen += [event["id"] for event in page["events"]]
        add(client, an_event(59, turn))
        if turn == 3:
            client.delete(f"/api/v1/events/{seen[-1]}")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(ids, key=lambda id: ((id - ids[0]) % 50, id), reverse=True)


def test_a_page_holds_at_most_ten_thousand(client: Client) -> None:
    assert client.get(f"{EVENTS}?limit=10000").status == 200
    assert client.get(f"{EVENTS}?limit=10001").status == 400
    assert client.get(f"{EVENTS}?limit=1").json() == {"events": [], "next_cursor": None}


def test_a_batch_of_heartbeats_is_applied_in_order_each_with_its_result(client: Client) -> None:
    beats: list[dict[str, Any]] = [{"timestamp": at(n * 0.1), "data": {"n": n // 50}} for n in range(150)]
    beats[30] = {"timestamp": at(3), "data": [1]}
    beats[70] = {"timestamp": "1969-01-01T00:00:00Z", "data": {}}
    answer = client.post("/api/v1/heartbeats", {"bucket": "desk", "pulsetime": 1, "heartbeats": beats})
    assert answer.status == 200, answer.body
    results = answer.json()["results"]
    assert len(results) == 150
    problems = {n: result["problem"]["code"] for n, result in enumerate(results) if "problem" in result}
    assert problems == {30: "data_not_an_object", 70: "out_of_range"}
    assert results[49] == {"id": results[0]["id"], "started_at": NINE, "duration": pytest.approx(4.9)}
    assert results[50]["id"] != results[49]["id"]
    assert len({result["id"] for result in results if "id" in result}) == len(stored(client)) == 3


def test_a_batch_for_no_bucket_says_so_for_each(client: Client) -> None:
    body = {"bucket": "none", "pulsetime": 1, "heartbeats": [{"timestamp": NINE, "data": {}}] * 3}
    results = client.post("/api/v1/heartbeats", body).json()["results"]
    assert [result["problem"]["code"] for result in results] == ["no_such_bucket"] * 3


def test_events_of_one_request_are_stored_together_or_not_at_all(client: Client) -> None:
    refused = client.post(EVENTS, [an_event(), {"started_at": NINE, "data": [1]}])
    assert (refused.status, refused.json()["code"]) == (400, "data_not_an_object")
    assert stored(client) == []


def test_an_event_is_edited_and_the_edit_undone(client: Client) -> None:
    (number,) = add(client, an_event(1, 2))
    before = stored(client)
    path = f"/api/v1/events/{number}"
    operation = done(client.patch(path, {"ended_at": at(9), "data": {"app": "Mail"}}))
    assert stored(client) == [(number, at(1).replace(".000000", ""), 8, {"app": "Mail"})]
    assert client.get(path).json()["bucket"] == "desk"
    assert undo(client, operation) == 200
    assert stored(client) == before
    assert undo(client, operation) == 409


@pytest.mark.parametrize(
    "edit",
    [
        {"ended_at": at(0)},
        {"started_at": at(9)},
        {"started_at": "0001-01-01T00:00:00Z"},
        {"ended_at": "9999-12-31T23:59:59Z"},
        {"started_at": "2026-03-02T09:00:00"},
        {"data": [1]},
        {"data": None},
        {"title": "x"},
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(client: Client, edit: dict[str, Any]) -> None:
    (number,) = add(client, an_event(1, 2))
    before = stored(client)
    assert client.patch(f"/api/v1/events/{number}", edit).status in (400, 422)
    assert stored(client) == before


def test_a_split_loses_nothing_and_is_undone_whole(client: Client) -> None:
    (number,) = add(client, an_event(1, 4))
    before = stored(client)
    operation = done(client.post(f"/api/v1/events/{number}/split", {"at": at(2.5)}))
    assert [(start, length) for _, start, length, _ in stored(client)] == [
        ("2026-03-02T09:00:02.500000Z", 2.5),
        ("2026-03-02T09:00:01Z", 1.5),
    ]
    assert undo(client, operation) == 200
    assert stored(client) == before
    for second in (1, 5, 0):
        refused = client.post(f"/api/v1/events/{number}/split", {"at": at(second)})
        assert (refused.status, refused.json()["code"]) == (400, "not_within")


def test_deleted_events_come_back_by_undo_or_one_by_one(client: Client) -> None:
    ids = add(client, an_event(1), an_event(2), an_event(3))
    before = stored(client)
    operation = done(client.post("/api/v1/events/delete", {"ids": [ids[0], ids[1], ids[0]]}))
    assert [event[0] for event in stored(client)] == [ids[2]]
    assert client.get(f"/api/v1/events/{ids[0]}").status == 404
    restored = done(client.post(f"/api/v1/events/{ids[0]}/restore"))
    assert client.post(f"/api/v1/events/{ids[0]}/restore").status == 404
    refused = client.post(f"/api/v1/operations/{operation}/undo")
    assert (refused.status, refused.json()["code"]) == (409, "changed_since")
    assert refused.json()["fields"]["ids"] == [ids[0]]
    assert (undo(client, restored), undo(client, operation)) == (200, 200)
    assert stored(client) == before


def test_deleting_one_that_is_not_there_deletes_none(client: Client) -> None:
    ids = add(client, an_event(1))
    assert client.post("/api/v1/events/delete", {"ids": [*ids, 999]}).status == 404
    assert len(stored(client)) == 1


def test_an_undo_over_a_later_edit_names_what_was_edited(client: Client) -> None:
    ids = add(client, an_event(1), an_event(2))
    first = done(client.patch(f"/api/v1/events/{ids[0]}", {"data": {"a": 1}}))
    second = done(client.patch(f"/api/v1/events/{ids[0]}", {"data": {"a": 2}}))
    refused = client.post(f"/api/v1/operations/{first}/undo").json()
    assert (refused["status"], refused["code"], refused["fields"]["ids"]) == (409, "changed_since", ids[:1])
    assert (undo(client, second), undo(client, first)) == (200, 200)
    assert stored(client)[1][3] == {"app": "Code"}


def test_a_deleted_bucket_comes_back_with_its_events(server: ServerInMemory, client: Client) -> None:
    number = add(client, an_event(1))[0]
    before = stored(client)
    operation = done(client.delete("/api/v1/buckets/desk"))
    assert client.get("/api/v1/buckets").json() == []
    for answer in (
        client.get(f"/api/v1/events/{number}"),
        client.delete(f"/api/v1/events/{number}"),
        client.patch(f"/api/v1/events/{number}", {"data": {}}),
    ):
        assert answer.status == 404
    assert undo(client, operation) == 200
    assert stored(client) == before
    again = done(client.delete("/api/v1/buckets/desk"))
    client.post("/api/v1/buckets", WINDOW | {"name": "desk"})
    assert undo(client, again) == 409
    server.clock.advance(8 * 86_400)
    assert undo(client, again) == 410


def test_an_event_is_not_restored_into_a_deleted_bucket(client: Client) -> None:
    number = add(client, an_event(1))[0]
    client.delete(f"/api/v1/events/{number}")
    client.delete("/api/v1/buckets/desk")
    assert client.post(f"/api/v1/events/{number}/restore").status == 404


def test_operations_are_listed_from_the_newest_on(client: Client) -> None:
    ids = add(client, *(an_event(second) for second in range(5)))
    made = [done(client.delete(f"/api/v1/events/{id}")) for id in ids]
    page = client.get("/api/v1/operations?limit=3").json()
    rest = client.get(f"/api/v1/operations?limit=3&cursor={page['next_cursor']}").json()
    listed = [o["id"] for o in page["operations"] + rest["operations"]]
    assert (listed, rest["next_cursor"]) == (made[::-1], None)


def test_a_key_makes_a_repeated_write_one(client: Client) -> None:
    key = {"idempotency-key": "k1"}
    first = client.post(EVENTS, [an_event(1)], headers=key)
    again = client.post(EVENTS, [an_event(1)], headers=key)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(stored(client)) == 1
    other = client.post(EVENTS, [an_event(2)], headers=key)
    assert (other.status, other.json()["code"]) == (409, "key_used_otherwise")


def test_a_key_holds_for_one_address(client: Client) -> None:
    ids, key = add(client, an_event(1, 9), an_event(2, 9)), {"idempotency-key": "k2"}
    cut = {"at": at(5)}
    assert client.post(f"/api/v1/events/{ids[0]}/split", cut, headers=key).status == 200
    assert client.post(f"/api/v1/events/{ids[1]}/split", cut, headers=key).status == 409
    assert len(stored(client)) == 3


def test_what_failed_may_be_tried_again_with_the_same_key(client: Client) -> None:
    key, path = {"idempotency-key": "k3"}, "/api/v1/buckets/later/events"
    assert client.post(path, [an_event(1)], headers=key).status == 404
    client.post("/api/v1/buckets", WINDOW | {"name": "later"})
    assert client.post(path, [an_event(1)], headers=key).status == 201


def test_a_secret_is_never_kept_for_a_second_answer(server: ServerInMemory, client: Client) -> None:
    body, key = {"name": "n", "scopes": ["tracking:read"]}, {"idempotency-key": "k4"}
    first, second = (client.post("/api/v1/tokens", body, headers=key).json() for _ in range(2))
    assert first["secret"] != second["secret"]
    with server.database.read() as tx:
        assert tx.rows("SELECT answer FROM idempotency_keys") == []


@pytest.mark.parametrize("key", ["x" * 129])
def test_a_key_has_a_length(client: Client, key: str) -> None:
    refused = client.post(EVENTS, [an_event(1)], headers={"idempotency-key": key})
    assert (refused.status, refused.json()["code"]) == (400, "key_too_long")


def test_info_tells_the_servers_time(client: Client) -> None:
    info = client.get("/api/v1/info").json()
    assert (info["name"], info["now"]) == ("Hourloom", NINE)


# Days


def a_day(client: Client, date: str = "2026-03-02", query: str = "", **headers: str) -> Any:
    return client.get(f"/api/v1/days/{date}{query}", headers=headers)


def unpacked(body: bytes) -> list[tuple[int, int, int, Any]]:
    """Return id, start, end and payload of the events of a columnar answer's first bucket."""
    day = msgspec.json.decode(body)
    columns, id_, start = day["buckets"][0], 0, day["started_at"]
    events = []
    for step, move, duration, payload in zip(
        columns["ids"], columns["starts"], columns["durations"], columns["payloads"], strict=True
    ):
        id_, start = id_ + step, start + move
        events.append((id_, start, start + duration, day["payloads"][payload]))
    return events


def test_a_day_is_its_events_in_columns(client: Client) -> None:
    ids = add(client, an_event(5, 2, app="a"), an_event(1, 2, app="b"), an_event(3, 1.5, app="a"))
    nine = 1_772_442_000_000_000
    answer = a_day(client, query="?zone=UTC")
    assert unpacked(answer.body) == [
        (ids[1], nine + 1_000_000, nine + 3_000_000, {"app": "b"}),
        (ids[2], nine + 3_000_000, nine + 4_500_000, {"app": "a"}),
        (ids[0], nine + 5_000_000, nine + 7_000_000, {"app": "a"}),
    ]
    day = answer.json()
    assert (day["date"], len(day["payloads"]), day["buckets"][0]["bucket"]) == ("2026-03-02", 2, "desk")


@pytest.mark.parametrize(
    ("date", "zone", "hours"),
    [
        ("2026-03-28", "Europe/Berlin", 24),
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2011-12-30", "Pacific/Apia", 0),
        ("1970-01-02", "Pacific/Kiritimati", 24),
    ],
)
def test_a_day_has_the_hours_of_its_zone(client: Client, date: str, zone: str, hours: float) -> None:
    day = a_day(client, date, f"?zone={zone}").json()
    assert (day["ended_at"] - day["started_at"]) / 3.6e9 == hours


def test_days_follow_one_another_when_they_begin_in_the_hour_that_is_left_out(client: Client) -> None:
    client.put("/api/v1/settings/day_starts_at", {"value": 150})
    days = [a_day(client, f"2026-03-{n}", "?zone=Europe/Berlin").json() for n in (28, 29, 30)]
    assert [day["started_at"] for day in days[1:]] == [day["ended_at"] for day in days[:-1]]
    assert sum(day["ended_at"] - day["started_at"] for day in days) == (72 - 1) * 3_600_000_000


def test_the_users_zone_and_start_of_day_are_the_default(client: Client) -> None:
    client.put("/api/v1/settings/time_zone", {"value": "Asia/Tokyo"})
    client.put("/api/v1/settings/day_starts_at", {"value": 240})
    assert a_day(client).json()["started_at"] == 1_772_391_600_000_000, "19:00 UTC of the day before"


def test_events_are_cut_to_the_day_and_counted_in_one_day_only(client: Client) -> None:
    client.post(
        EVENTS,
        [
            {"started_at": "2026-03-01T23:59:00Z", "duration": 120, "data": {"n": 1}},
            {"started_at": "2026-03-02T00:00:00Z", "duration": 0, "data": {"n": 2}},
            {"started_at": "2026-03-02T23:00:00Z", "duration": 3600, "data": {"n": 3}},
            {"started_at": "2026-03-03T00:00:00Z", "duration": 5, "data": {"n": 4}},
        ],
    )
    lengths = [
        {
            event[3]["n"]: (event[2] - event[1]) / 1e6
            for event in unpacked(a_day(client, date, "?zone=UTC").body)
        }
        for date in ("2026-03-01", "2026-03-02", "2026-03-03")
    ]
    assert lengths == [{1: 60}, {1: 60, 2: 0, 3: 3600}, {4: 5}]


def test_a_day_may_be_asked_for_one_bucket(client: Client) -> None:
    client.post("/api/v1/buckets", WINDOW | {"name": "other"})
    assert [b["bucket"] for b in a_day(client).json()["buckets"]] == ["desk", "other"]
    assert [b["bucket"] for b in a_day(client, query="?bucket=other").json()["buckets"]] == ["other"]


def test_a_day_is_packed_for_those_who_take_it(client: Client) -> None:
    add(client, *(an_event(n % 60, n) for n in range(500)))
    plain, packed = a_day(client), a_day(client, **{"accept-encoding": "gzip, br"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 3


@pytest.mark.parametrize("date", ["2026-03-02", "2026-02-20"], ids=["today", "settled"])
def test_a_day_is_not_sent_twice_until_it_changes(client: Client, date: str) -> None:
    event = {"started_at": f"{date}T08:00:00Z", "duration": 5, "data": {"a": 1}}
    (number,) = client.post(EVENTS, [event]).json()["ids"]
    tag = a_day(client, date).headers["etag"]
    assert a_day(client, date).headers["cache-control"] == "no-store"
    known = a_day(client, date, **{"if-none-match": f'"x", {tag}'})
    assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
    changes: list[Callable[[], Answer]] = [
        lambda: client.post(EVENTS, [event | {"data": {"b": 1}}]),
        lambda: client.patch(f"/api/v1/events/{number}", {"data": {"c": 1}}),
        lambda: client.delete(f"/api/v1/events/{number}"),
        lambda: client.post("/api/v1/buckets", WINDOW | {"name": "new"}),
        lambda: client.post(
            "/api/0/buckets/new/heartbeat?pulsetime=1", {"timestamp": f"{date}T07:00:00Z", "data": {}}
        ),
        lambda: client.delete("/api/v1/buckets/desk"),
    ]
    for change in changes:
        assert change().status in (200, 201)
        changed = a_day(client, date, **{"if-none-match": tag})
        assert changed.status == 200
        tag = changed.headers["etag"]
        assert a_day(client, date, **{"if-none-match": tag}).status == 304


# Figures


def test_health_says_yes_to_everybody_and_nothing_else(server: ServerInMemory) -> None:
    for peer in (a_peer(), a_peer(uid=12345), a_peer(loopback=False)):
        answer = server.client.get("/health", peer=peer)
        assert (answer.status, answer.json()) == (200, {"ok": True})


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_health_says_no_while_the_writer_is_stuck(server: ServerInMemory) -> None:
    writer = server.database.writer  # type: ignore[attr-defined]
    begun, go_on = threading.Event(), threading.Event()

    async def while_stuck() -> Answer:
        stuck = asyncio.create_task(server.database.run_write(partial(_wait_for, go_on, begun)))
        await asyncio.to_thread(begun.wait, 30)
        writer._busy_since -= SECONDS_TO_BE_STUCK
        answer = await server.client.ask("GET", "/health")
        go_on.set()
        await stuck
        return answer

    answer = server.run(while_stuck())
    assert (answer.status, answer.json()) == (503, {"ok": False})
    # The write is answered before the writer has put it aside.
    ends = time.monotonic() + 30
    while server.client.get("/health").json() != {"ok": True}:
        assert time.monotonic() < ends


def _wait_for(go_on: threading.Event, begun: threading.Event) -> None:
    begun.set()
    go_on.wait(30)


def test_metrics_count_and_name_nobodys_buckets(server: ServerInMemory, client: Client) -> None:
    for second in range(3):
        beat = {"timestamp": at(second), "data": {}}
        client.post("/api/0/buckets/desk/heartbeat?pulsetime=5", beat)
    answer = server.client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.body.decode().splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert figures["hourloom_heartbeats_total"] == "3"
    assert int(figures["hourloom_commits_total"]) > 3
    assert 0 < float(figures["hourloom_commit_seconds_total"]) < 60
    assert (figures["hourloom_queue_length"], figures["hourloom_live_listeners"]) == ("0", "0")
    assert int(figures["hourloom_database_bytes"]) > 4096
    assert int(figures["hourloom_resident_bytes"]) > 1_000_000
    assert "desk" not in answer.body.decode()


def test_metrics_are_for_the_user_alone(server: ServerInMemory, client: Client) -> None:
    for peer in (a_peer(uid=12345), a_peer(loopback=False)):
        assert server.client.get("/metrics", peer=peer).status == 401
        assert client.get("/metrics", peer=peer).status == 200
    assert server.client.get("/metrics", headers={"sec-fetch-site": "same-origin"}).status == 401
    assert server.client.get("/metrics", headers={"x-forwarded-for": "1.1.1.1"}).status == 401
