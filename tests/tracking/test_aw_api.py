"""`/api/0` as ActivityWatch's clients know it: statuses, bodies and rules of `docs/activitywatch.md`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from hourloom.testing import Client, ServerInMemory

BUCKET = "/api/0/buckets/aw-watcher-window_desk"
WINDOW = {"client": "aw-watcher-window", "type": "currentwindow", "hostname": "desk"}
NINE = "2026-03-02T09:00:00+00:00"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    server.client.post(BUCKET, WINDOW)
    return server.client


def at(second: float) -> str:
    return f"2026-03-02T09:{int(second // 60):02}:{second % 60:09.6f}+00:00"


def an_event(second: float = 0, duration: float = 0, app: str = "Code", **more: Any) -> dict[str, Any]:
    return {"timestamp": at(second), "duration": duration, "data": {"app": app}, **more}


def beat(
    client: Client, second: float, app: str = "Code", *, pulsetime: float = 5, duration: float = 0
) -> dict[str, Any]:
    event = an_event(second, duration, app, id=None)
    answer = client.post(f"{BUCKET}/heartbeat?pulsetime={pulsetime}", event)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def spans(client: Client, query: str = "", bucket: str = BUCKET) -> list[tuple[float, float, str]]:
    """Return start second, duration and app of a bucket's events, the newest first."""
    answer = client.get(f"{bucket}/events{query}")
    assert answer.status == 200, answer.body
    return [(second_of(e["timestamp"]), e["duration"], e["data"]["app"]) for e in answer.json()]


def second_of(timestamp: str) -> float:
    minute, second = timestamp[14:].removesuffix("+00:00").split(":")
    return int(minute) * 60 + float(second)


def test_info_says_who_the_server_is(client: Client) -> None:
    info = client.get("/api/0/info").json()
    assert set(info) == {"hostname", "version", "testing", "device_id"}
    assert info["testing"] is False
    assert info == client.get("/api/0/info").json()


def test_a_bucket_is_made_once_and_then_answered_with_304(client: Client) -> None:
    assert (client.post("/api/0/buckets/new", WINDOW).status, client.get("/api/0/buckets/new").status) == (
        200,
        200,
    )
    again = client.post("/api/0/buckets/new", WINDOW | {"type": "other"})
    assert (again.status, again.body) == (304, b"")
    assert client.get("/api/0/buckets/new").json()["type"] == "currentwindow"


def test_a_bucket_has_the_shape_of_both_servers(client: Client) -> None:
    shown = client.get(BUCKET).json()
    created = shown.pop("created")
    assert created == NINE
    assert shown == WINDOW | {
        "id": "aw-watcher-window_desk",
        "name": None,
        "data": {},
        "metadata": {"start": None, "end": None},
    }
    client.post(f"{BUCKET}/events", [an_event(1, 2), an_event(5, 3)])
    shown = client.get(BUCKET).json()
    assert shown["last_updated"] == "2026-03-02T09:00:08+00:00"
    assert shown["metadata"] == {"start": "2026-03-02T09:00:01+00:00", "end": "2026-03-02T09:00:08+00:00"}


def test_created_and_data_of_a_new_bucket_are_kept(client: Client) -> None:
    body = WINDOW | {"created": "2020-01-01T00:00:00+01:00", "data": {"a": [1]}, "id": "x", "name": "y"}
    assert client.post("/api/0/buckets/kept", body).json() == {}
    shown = client.get("/api/0/buckets/kept").json()
    assert (shown["created"], shown["data"]) == ("2019-12-31T23:00:00+00:00", {"a": [1]})


def test_the_local_host_is_named_by_the_server(client: Client) -> None:
    info = client.get("/api/0/info").json()
    client.post("/api/0/buckets/browser", WINDOW | {"hostname": "!local"})
    shown = client.get("/api/0/buckets/browser").json()
    assert (shown["hostname"], shown["data"]) == (info["hostname"], {"device_id": info["device_id"]})


@pytest.mark.parametrize("path", ["/api/0/buckets", "/api/0/export", "/api/0/settings"])
def test_lists_answer_with_and_without_a_slash(client: Client, path: str) -> None:
    with_slash, without = client.get(path + "/"), client.get(path)
    assert (with_slash.status, with_slash.body) == (200, without.body)


def test_a_bucket_is_changed_by_put(client: Client) -> None:
    changed = WINDOW | {"hostname": "other", "data": {"b": 1}}
    assert client.put(BUCKET, changed).json() == {}
    shown = client.get(BUCKET).json()
    assert (shown["hostname"], shown["data"]) == ("other", {"b": 1})
    assert client.put("/api/0/buckets/none", WINDOW).status == 404


def test_a_bucket_is_deleted_only_by_force(client: Client) -> None:
    beat(client, 0)
    for query in ("", "?force=true", "?force=0"):
        refused = client.delete(BUCKET + query)
        assert (refused.status, refused.json()["code"]) == (403, "bucket_needs_force")
    assert client.delete(f"{BUCKET}?force=1").json() == {}
    assert client.get(BUCKET).status == 404
    assert client.delete(f"{BUCKET}?force=1").status == 404


def test_after_a_deletion_the_next_heartbeat_needs_a_new_bucket_and_begins_there(client: Client) -> None:
    first = beat(client, 0)
    client.delete(f"{BUCKET}?force=1")
    lost = client.post(f"{BUCKET}/heartbeat?pulsetime=5", an_event(1))
    assert (lost.status, lost.json()["code"]) == (404, "no_such_bucket")
    client.post(BUCKET, WINDOW)
    assert beat(client, 2)["id"] > first["id"]
    assert spans(client) == [(2, 0, "Code")]


@pytest.mark.parametrize(
    "name", ["with 'quotes' \"both\"", "a b", "ü😀", "100%", "a%2Fb"[:3] + "x", "?#&=+;", "x" * 200]
)
def test_any_printable_name_without_a_slash_is_a_bucket(client: Client, name: str) -> None:
    path = f"/api/0/buckets/{quote(name, safe='')}"
    assert client.post(path, WINDOW).status == 200
    assert client.post(f"{path}/heartbeat?pulsetime=1", an_event()).status == 200
    assert client.get(path).json()["id"] == name
    assert name in client.get("/api/0/buckets/").json()
    assert spans(client, bucket=path) == [(0, 0, "Code")]


def test_a_heartbeat_extends_begins_and_never_shortens(client: Client) -> None:
    first = beat(client, 0)
    assert first == {"id": first["id"], "timestamp": NINE, "duration": 0.0, "data": {"app": "Code"}}
    assert beat(client, 5) == first | {"duration": 5.0}
    assert beat(client, 2) == first | {"duration": 5.0}
    assert beat(client, 10.5)["id"] != first["id"]
    assert beat(client, 11, "Mail")["duration"] == 0.0
    assert spans(client) == [(11, 0, "Mail"), (10.5, 0, "Code"), (0, 5, "Code")]


def test_a_negative_pulsetime_narrows_the_window(client: Client) -> None:
    beat(client, 0, duration=10)
    assert beat(client, 7, pulsetime=-3)["duration"] == 10.0
    assert beat(client, 8, pulsetime=-3)["timestamp"] == "2026-03-02T09:00:08+00:00"


def test_equal_data_is_equal_json_whatever_the_order_of_keys(client: Client) -> None:
    one = {"timestamp": at(0), "data": {"a": 1, "b": {"c": [1, 2], "d": None}}}
    other = {"timestamp": at(1), "data": {"b": {"d": None, "c": [1, 2]}, "a": 1}}
    first = client.post(f"{BUCKET}/heartbeat?pulsetime=5", one).json()
    assert client.post(f"{BUCKET}/heartbeat?pulsetime=5", other).json()["id"] == first["id"]
    unlike = {"timestamp": at(2), "data": {"a": 1.0, "b": {"c": [1, 2], "d": None}}}
    assert client.post(f"{BUCKET}/heartbeat?pulsetime=5", unlike).json()["id"] != first["id"]


def test_an_older_heartbeat_overwrites_nothing(client: Client) -> None:
    beat(client, 100, "Mail")
    beat(client, 10)
    beat(client, 12)
    beat(client, 102, "Mail")
    assert spans(client) == [(100, 2, "Mail"), (10, 2, "Code")]


def test_an_event_between_two_heartbeats_is_not_overwritten(client: Client) -> None:
    beat(client, 0)
    client.post(f"{BUCKET}/events", an_event(1, 1, "Mail"))
    beat(client, 4)
    assert spans(client) == [(4, 0, "Code"), (1, 1, "Mail"), (0, 0, "Code")]


def test_a_heartbeat_after_its_event_was_deleted_begins_a_new_one(client: Client) -> None:
    first = beat(client, 0)
    assert client.delete(f"{BUCKET}/events/{first['id']}").json() == {"success": 1}
    second = beat(client, 1)
    assert second["id"] > first["id"], "numbers are never given out twice"
    assert spans(client) == [(1, 0, "Code")]


def test_a_heartbeat_needs_a_bucket_and_a_pulsetime(client: Client) -> None:
    assert client.post("/api/0/buckets/none/heartbeat?pulsetime=1", an_event()).status == 404
    missing = client.post(f"{BUCKET}/heartbeat", an_event())
    assert (missing.status, missing.json()["code"]) == (400, "missing_parameter")
    for wrong in ("", "x", "nan", "inf", "1e999"):
        assert client.post(f"{BUCKET}/heartbeat?pulsetime={wrong}", an_event()).status == 400
    assert spans(client) == []


def test_a_title_with_half_a_character_is_recorded_mended(client: Client) -> None:
    body = b'{"timestamp":"%s","data":{"title":"caf\\ud800","app":"Code"}}' % NINE.encode()
    answer = client.post(
        f"{BUCKET}/heartbeat?pulsetime=1", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status == 200
    (event,) = client.get(f"{BUCKET}/events").json()
    assert event["data"]["title"] == "caf\ufffd"


def test_events_come_newest_first_up_to_a_limit(client: Client) -> None:
    client.post(f"{BUCKET}/events", [an_event(2), an_event(1), an_event(3), an_event(3, 0, "Later")])
    everything = [(3, 0, "Later"), (3, 0, "Code"), (2, 0, "Code"), (1, 0, "Code")]
    assert spans(client) == everything
    assert spans(client, "?limit=-1") == everything
    assert spans(client, "?limit=2") == everything[:2]
    assert spans(client, "?limit=0") == []
    assert spans(client, f"?limit={10**40}") == everything
    assert client.get(f"{BUCKET}/events?limit=many").status == 400
    assert client.get("/api/0/buckets/none/events?limit=0").status == 404


def test_events_are_cut_to_the_period_and_those_at_its_edges_are_there(client: Client) -> None:
    client.post(
        f"{BUCKET}/events",
        [
            an_event(0, 10, "before"),
            an_event(5, 10, "into"),
            an_event(12, 2, "within"),
            an_event(20, 5, "after"),
        ],
    )
    period = f"start={at(10)}&end={at(20)}".replace("+", "%2B")
    assert spans(client, f"?{period}") == [
        (20, 0, "after"),
        (12, 2, "within"),
        (10, 5, "into"),
        (10, 0, "before"),
    ]
    assert client.get(f"{BUCKET}/events/count?{period}").json() == 4
    assert client.get(f"{BUCKET}/events/count").json() == 4
    assert spans(client, f"?{period}&limit=3")[-1] == (10, 5, "into")


def test_an_event_of_days_is_found_from_within(client: Client) -> None:
    client.post(
        f"{BUCKET}/events", {"timestamp": "2026-02-01T00:00:00Z", "duration": 4e6, "data": {"app": "x"}}
    )
    assert spans(client, "?start=2026-03-02T09:00:00Z&end=2026-03-02T09:00:30Z") == [(0, 30, "x")]
    assert client.get(f"{BUCKET}/events/count?start=2026-03-02&end=2026-03-03").json() == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?start=2026-03-02T09:00:30Z&end=2026-03-02T09:00:00Z", 0),
        ("?start=2026-03-02T10:00:00+01:00&end=2026-03-02T10:01:00+01:00", 1),
        ("?start=2026-03-02&end=2026-03-03", 1),
        ("?start=2026-03-02T09:00:00&end=2026-03-02T09:01:00", 1),
        ("?start=2026-03-02%2009:00:00", 1),
        ("?start=1969-12-31T22:00:00Z", 1),
        ("?start=0001-01-01T00:00:00Z&end=9999-12-31T23:59:59Z", 1),
        ("?start=2026-03-02T09:00:00.123456789Z", 0),
        ("?end=2026-03-02T08:59:59.999999Z", 0),
    ],
)
def test_periods_are_read_as_loosely_as_clients_write_them(client: Client, query: str, found: int) -> None:
    client.post(f"{BUCKET}/events", an_event())
    assert len(spans(client, query)) == found
    assert client.get(f"{BUCKET}/events/count{query}").json() == found


def test_a_time_that_is_none_is_refused_and_says_why(client: Client) -> None:
    for path in (f"{BUCKET}/events", f"{BUCKET}/events/count"):
        refused = client.get(f"{path}?start=yesterday")
        assert (refused.status, refused.json()["code"]) == (400, "not_a_time")


def test_inserting_answers_null_for_one_and_for_many(client: Client) -> None:
    for body in (an_event(1), [an_event(2), an_event(3)], []):
        answer = client.post(f"{BUCKET}/events", body)
        assert (answer.status, answer.body) == (200, b"null")
    assert client.post(f"{BUCKET}/events", {}).body == b"null"
    (*_, of_now) = client.get(f"{BUCKET}/events").json()
    assert (of_now["timestamp"], of_now["data"]) == (NINE, {})
    assert client.get(f"{BUCKET}/events/count").json() == 4


def test_an_event_with_the_number_of_one_replaces_it(client: Client) -> None:
    client.post(f"{BUCKET}/events", [an_event(1), an_event(2)])
    number = client.get(f"{BUCKET}/events").json()[0]["id"]
    assert client.post(f"{BUCKET}/events", an_event(5, 1, "Mail", id=number)).body == b"null"
    assert spans(client) == [(5, 1, "Mail"), (1, 0, "Code")]
    assert client.get(f"{BUCKET}/events/{number}").json() == an_event(5, 1.0, "Mail", id=number) | {
        "timestamp": "2026-03-02T09:00:05+00:00"
    }


def test_an_event_with_an_unknown_number_is_refused_and_nothing_of_its_list_stored(client: Client) -> None:
    refused = client.post(f"{BUCKET}/events", [an_event(1), an_event(2, id=999)])
    assert (refused.status, refused.json()["code"]) == (404, "no_such_event")
    assert spans(client) == []


def test_an_event_is_never_moved_out_of_another_bucket(client: Client) -> None:
    client.post("/api/0/buckets/other", WINDOW)
    number = beat(client, 1)["id"]
    assert client.post("/api/0/buckets/other/events", an_event(2, id=number)).status == 404
    assert client.delete(f"/api/0/buckets/other/events/{number}").json() == {"success": 0}
    assert spans(client) == [(1, 0, "Code")]
    shown = client.get(f"/api/0/buckets/other/events/{number}")
    assert (shown.status, shown.body) == (404, b"null")


def test_an_unknown_event_is_null_and_not_deleted(client: Client) -> None:
    shown = client.get(f"{BUCKET}/events/12345")
    assert (shown.status, shown.body) == (404, b"null")
    assert client.delete(f"{BUCKET}/events/12345").json() == {"success": 0}
    assert client.get("/api/0/buckets/none/events/1").json()["code"] == "no_such_bucket"


def test_a_deleted_event_can_be_brought_back(server: ServerInMemory, client: Client) -> None:
    number = beat(client, 1)["id"]
    client.delete(f"{BUCKET}/events/{number}")
    admin = server.client_with("admin")
    assert admin.post(f"/api/v1/events/{number}/restore").status == 200
    assert spans(client) == [(1, 0, "Code")]


def test_settings_keep_values_that_are_false(client: Client) -> None:
    # What is there without being written: the categories, offered as `classes`.
    offered = client.get("/api/0/settings").json()
    assert set(offered) == {"classes"}
    assert client.get("/api/0/settings/none").body == b"null"
    values: list[object] = [False, 0, "", None, [], {}, 1.5, {"a": ["ü"]}]
    for value in values:
        assert client.post("/api/0/settings/key", value).json() == value
        assert client.get("/api/0/settings/key").json() == value
        assert client.get("/api/0/settings").json() == {"key": value, **offered}
    assert client.delete("/api/0/settings/key").status == 200
    assert client.get("/api/0/settings").json() == offered
    assert client.post("/api/0/settings", {"a": 1}).status == 405


def test_the_log_is_a_list(client: Client) -> None:
    answer = client.get("/api/0/log")
    assert answer.status == 200
    assert isinstance(answer.json(), list)


def test_unknown_addresses_and_methods_have_activitywatchs_shape(client: Client) -> None:
    for method, path, status in [
        ("GET", "/api/0/nothing", 404),
        ("PATCH", BUCKET, 405),
        ("GET", f"{BUCKET}/events/x", 400),
        ("POST", "/api/0/query", 415),
    ]:
        answer = client.request(method, path)
        assert answer.status == status
        assert {"message", "code"} <= set(answer.json())
