"""Each way in: what a rule drops or redacts is stored nowhere, whichever way it came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
import pytest

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import DAY, MINUTE, SECOND, Instant, format_instant
from hourloom.imports.model import Batch, Cursor, SourceBucket, SourceEvent
from hourloom.operations.service import Operations
from hourloom.testing import Client, ServerInMemory
from hourloom.tracking.service import MovingIn
from tests.tracking.recorded import WEB, WINDOW, make_buckets, rows

SECRET = "canary-7f3a"
BANK = {"url": f"https://www.bank.example/{SECRET}?id=1", "title": f"My {SECRET}", "incognito": False}
NEWS = {"url": "https://news.example/a", "title": "News", "incognito": False}


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    make_buckets(server)
    return server.client_with("tracking:write", "settings:write", "jobs:read", "operations:read")


def add_rule(client: Client, **rule: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/privacy/rules", rule)
    assert answer.status == 201, answer.body
    return dict(answer.json()["rule"])


def beat(
    client: Client, bucket: str, at: int, data: Mapping[str, Any], pulsetime: float = 60, duration: float = 0
) -> dict[str, Any]:
    body = {"timestamp": format_instant(at), "duration": duration, "data": data}
    answer = client.post(f"/api/0/buckets/{bucket}/heartbeat?pulsetime={pulsetime}", body)
    assert answer.status == 200, answer.body
    return dict(answer.json())


def stored_texts(server: ServerInMemory) -> str:
    """Return all that the database holds, as text: every row of every table."""
    with server.database.read() as tx:
        tables = (
            ("payloads", "SELECT body FROM payloads"),
            ("changes", "SELECT body FROM changes"),
            ("operations", "SELECT subject FROM operations"),
            ("idempotency_keys", "SELECT answer FROM idempotency_keys"),
            ("jobs", "SELECT subject FROM jobs"),
        )
        return "\n".join(str(row) for _, sql in tables for row in tx.rows(sql))


def test_a_dropped_heartbeat_is_answered_as_clients_expect_and_stored_nowhere(
    server: ServerInMemory, client: Client
) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    answer = beat(client, WEB, now, BANK)
    assert answer == {
        "id": None,
        "timestamp": format_instant(now).replace("Z", "+00:00"),
        "duration": 0.0,
        "data": {},
    }
    assert rows(server, WEB) == []
    assert SECRET not in stored_texts(server)


def test_a_redacted_heartbeat_is_stored_and_answered_redacted(server: ServerInMemory, client: Client) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example", action="redact")
    now = server.clock.now()
    answer = [beat(client, WEB, now + n * SECOND, BANK) for n in range(3)][-1]
    left = {"url": "https://www.bank.example/", "title": "hidden", "incognito": False}
    assert answer["data"] == left
    assert [(start, end, json.loads(data)) for start, end, data in rows(server, WEB)] == [
        (now, now + 2 * SECOND, left)
    ]
    assert SECRET not in stored_texts(server)


def test_what_is_hidden_ends_the_event_before_it(server: ServerInMemory, client: Client) -> None:
    """A later equal heartbeat, however long its pulsetime, does not reach back over hidden time."""
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    for n, data in enumerate([NEWS, NEWS, BANK, BANK, NEWS, NEWS]):
        beat(client, WEB, now + 10 * n * SECOND, data, pulsetime=3600)
    assert [(start - now, end - now) for start, end, _ in rows(server, WEB)] == [
        (0, 10 * SECOND),
        (40 * SECOND, 50 * SECOND),
    ]


def test_hidden_time_is_not_bridged_after_a_restart(server: ServerInMemory, client: Client) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    beat(client, WEB, now, NEWS)
    beat(client, WEB, now + 10 * SECOND, BANK)
    server.write(server.server.recorder.forget)
    beat(client, WEB, now + 20 * SECOND, NEWS, pulsetime=3600)
    assert len(rows(server, WEB)) == 2


def test_a_queue_that_is_sent_late_keeps_hidden_time_apart_too(
    server: ServerInMemory, client: Client
) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    beat(client, WEB, now + 3600 * SECOND, BANK)
    for n, data in enumerate([NEWS, BANK, NEWS]):
        beat(client, WEB, now + n * SECOND, data, pulsetime=3600)
    assert [(start - now, end - now) for start, end, _ in rows(server, WEB)] == [
        (0, 0),
        (2 * SECOND, 2 * SECOND),
    ]


def test_what_is_hidden_late_forgets_nothing_that_was_hidden_after_it(
    server: ServerInMemory, client: Client
) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    for seconds, data in ((100, NEWS), (110, BANK), (1, BANK)):
        beat(client, WEB, now + seconds * SECOND, data)
    server.write(server.server.recorder.forget)
    beat(client, WEB, now + 120 * SECOND, NEWS, pulsetime=3600)
    assert [start - now for start, _, _ in rows(server, WEB)] == [100 * SECOND, 120 * SECOND]


def test_what_begins_where_hidden_time_ends_is_stored_once_however_often_it_is_sent(
    server: ServerInMemory, client: Client
) -> None:
    """Watchers whose spans touch tell the next page at the very instant at which the hidden one ended."""
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    beat(client, WEB, now, NEWS, duration=20)
    beat(client, WEB, now + 20 * SECOND, BANK)
    beat(client, WEB, now + 20 * SECOND, BANK, duration=10)
    for duration in (0, 15, 15):  # it begins, it goes on, and the answer to that was lost
        beat(client, WEB, now + 30 * SECOND, NEWS, pulsetime=1, duration=duration)
    assert [round((end - start) / SECOND, 3) for start, end, _ in rows(server, WEB)] == [20, 15]


def test_events_are_dropped_and_redacted_when_they_are_inserted(
    server: ServerInMemory, client: Client
) -> None:
    add_rule(client, where="title", pattern=SECRET.upper())
    add_rule(client, where="app", form="is", pattern="KeePassXC", action="redact", fields={"title": "remove"})
    now = server.clock.now()
    events = [
        {"started_at": format_instant(now + n * MINUTE), "duration": 30, "data": data}
        for n, data in enumerate(
            [
                {"app": "a", "title": f"one {SECRET}"},
                {"app": "org.keepassxc.KeePassXC", "title": "My vault"},
                {"app": "b", "title": "two"},
            ]
        )
    ]
    answer = client.post(f"/api/v1/buckets/{WINDOW}/events", events)
    assert answer.status == 201
    assert [number > 0 for number in answer.json()["ids"]] == [False, True, True]
    assert [data for _, _, data in rows(server, WINDOW)] == [
        '{"app":"org.keepassxc.KeePassXC"}',
        '{"app":"b","title":"two"}',
    ]
    shape = {"timestamp": format_instant(now), "duration": 1, "data": {"app": "c", "title": SECRET}}
    assert client.post(f"/api/0/buckets/{WINDOW}/events", shape).status == 200
    assert len(rows(server, WINDOW)) == 2
    assert SECRET not in stored_texts(server)


def test_an_edit_cannot_bring_in_what_is_hidden(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    start = {"started_at": format_instant(now), "duration": 30, "data": {"app": "a", "title": "x"}}
    (number,) = client.post(f"/api/v1/buckets/{WINDOW}/events", [start]).json()["ids"]
    add_rule(client, where="title", pattern="drop-me")
    add_rule(client, where="title", pattern="hide-me", action="redact")
    path = f"/api/v1/events/{number}"
    refused = client.request("PATCH", path, json={"data": {"app": "a", "title": f"drop-me {SECRET}"}})
    assert (refused.status, refused.json()["code"]) == (409, "hidden_by_privacy_rule")
    hidden = client.request("PATCH", path, json={"data": {"app": "a", "title": f"hide-me {SECRET}"}})
    assert hidden.status == 200
    assert [data for _, _, data in rows(server, WINDOW)] == ['{"app":"a","title":"hidden"}']
    replaced = {
        "id": number,
        "timestamp": format_instant(now),
        "duration": 60,
        "data": {"app": "a", "title": f"drop-me {SECRET}"},
    }
    assert client.post(f"/api/0/buckets/{WINDOW}/events", replaced).status == 200
    assert [data for _, _, data in rows(server, WINDOW)] == ['{"app":"a","title":"hidden"}']
    assert SECRET not in stored_texts(server)


class OneBucket:
    """A source with a single bucket."""

    def __init__(self, *events: tuple[int, int, Mapping[str, Any]]) -> None:
        self._events = [
            SourceEvent(started_at=start, ended_at=end, data_json=msgspec.json.encode(data))
            for start, end, data in events
        ]

    title = "test"

    def close(self) -> None:
        pass

    def buckets(self) -> list[SourceBucket]:
        return [SourceBucket(id="old-web", type="web.tab.current", client="c", hostname="h", data=b"{}")]

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        assert (bucket_id, after) == ("old-web", None)
        yield Batch(self._events, [], Cursor("end"))


def test_imports_come_through_the_door(server: ServerInMemory, client: Client) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    source = OneBucket((now, now + MINUTE, BANK), (now + MINUTE, now + 2 * MINUTE, NEWS))
    take = partial(server.service(MovingIn).take_all, server.owner, source, "test")
    _, done, _ = server.run(take())
    assert (done.created, done.skipped) == (1, 1)
    assert len(rows(server, "old-web")) == 1
    assert SECRET not in stored_texts(server)


def test_a_file_of_activitywatch_comes_through_the_door(server: ServerInMemory, client: Client) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    bucket = {
        "id": "imported",
        "type": "web.tab.current",
        "client": "c",
        "hostname": "h",
        "created": format_instant(now),
        "events": [
            {"timestamp": format_instant(now + n * MINUTE), "duration": 9, "data": data}
            for n, data in enumerate([BANK, NEWS])
        ],
    }
    answer = client.post("/api/0/import", {"buckets": {"imported": bucket}})
    assert answer.status == 200, answer.body
    assert len(rows(server, "imported")) == 1
    assert SECRET not in stored_texts(server)


def test_rules_of_a_time_of_day_hold_in_the_users_zone(server: ServerInMemory, client: Client) -> None:
    assert client.request("PUT", "/api/v1/settings/time_zone", json={"value": "Asia/Tokyo"}).status == 200
    add_rule(client, times={"starts": "18:00", "ends": "08:00", "weekdays": [1, 2, 3, 4, 5]})
    monday = Instant(server.clock.now() - server.clock.now() % DAY)
    # 09:00 in UTC is 18:00 in Tokyo.
    for hours, is_stored in ((8.99, True), (9, False), (15, False), (22.99, False), (23, True)):
        before = len(rows(server, WINDOW))
        beat(client, WINDOW, int(monday + hours * 3600 * SECOND), {"app": f"at {hours}"})
        assert (len(rows(server, WINDOW)) > before) is is_stored, hours


def test_private_windows_are_told_by_watchers_and_by_titles(server: ServerInMemory, client: Client) -> None:
    add_rule(client, private=True)
    now = server.clock.now()
    beat(client, WEB, now, {**NEWS, "incognito": True})
    beat(client, WINDOW, now, {"app": "firefox", "title": "x — Mozilla Firefox Private Browsing"})
    beat(client, WINDOW, now, {"app": "gedit", "title": "notes on private browsing"})
    assert rows(server, WEB) == []
    assert len(rows(server, WINDOW)) == 1


def test_an_answer_kept_for_a_repeated_request_holds_nothing_hidden(
    server: ServerInMemory, client: Client
) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    events = [{"started_at": format_instant(server.clock.now()), "data": BANK}]
    for _ in range(2):
        answer = client.request(
            "POST",
            f"/api/v1/buckets/{WEB}/events",
            json=events,
            headers={"idempotency-key": "once"},
        )
        assert answer.json()["ids"] == [0]
    assert SECRET not in stored_texts(server)


def test_faulty_data_are_refused_as_without_rules(server: ServerInMemory, client: Client) -> None:
    add_rule(client, pattern="x")
    for body in (b'{"timestamp":"2026-01-05T09:00:00Z","data":[1]}', b'{"timestamp":"2026-01-05","data":1}'):
        path = f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime=1"
        answer = client.request("POST", path, content=body, headers={"content-type": "application/json"})
        assert answer.status == 400, answer.body


def test_in_a_batch_each_heartbeat_that_is_dropped_says_so(server: ServerInMemory, client: Client) -> None:
    add_rule(client, where="domain", form="domain", pattern="bank.example")
    now = server.clock.now()
    beats = [
        {"timestamp": format_instant(now + n * SECOND), "data": data}
        for n, data in enumerate([NEWS, BANK, NEWS])
    ]
    answer = client.post("/api/v1/heartbeats", {"bucket": WEB, "pulsetime": 3600, "heartbeats": beats})
    results = answer.json()["results"]
    assert [result.get("hidden", False) for result in results] == [False, True, False]
    assert results[1] == {"hidden": True}
    assert results[0]["id"] != results[2]["id"]
    assert len(rows(server, WEB)) == 2


def test_rules_changed_hold_for_the_very_next_heartbeat(server: ServerInMemory, client: Client) -> None:
    now = server.clock.now()
    beat(client, WEB, now, BANK)
    rule = add_rule(client, where="domain", form="domain", pattern="bank.example")
    beat(client, WEB, now + SECOND, BANK)
    assert rows(server, WEB)[0][:2] == (now, now)
    assert client.delete(f"/api/v1/privacy/rules/{rule['id']}").status == 200
    beat(client, WEB, now + 2 * SECOND, BANK)
    assert len(rows(server, WEB)) == 2


def test_live_state_follows_rules(server: ServerInMemory, client: Client) -> None:
    """A screen that shows how many rules there are needs nothing but the Changes."""

    def count() -> int:
        return len(client.get("/api/v1/privacy/rules").json()["rules"])

    def applied(state: int, change: RecordedChange) -> int:
        return int(json.loads(change.body)["count"]) if change.kind == "PrivacyRulesChanged" else state

    def act() -> None:
        rule = add_rule(client, pattern="x")
        add_rule(client, pattern="y")
        made = client.delete(f"/api/v1/privacy/rules/{rule['id']}").json()
        server.write(partial(server.service(Operations).undo, server.owner, made["operation_id"]))

    server.verify_changes(act, count, applied)
