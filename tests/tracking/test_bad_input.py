"""What is malformed, too large or out of range: a clear 4xx with a stable code, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from hourloom.testing import Answer, Client, ServerInMemory
from tests.dialects import POSTGRESQL_LATER

WINDOW = {"client": "c", "type": "t", "hostname": "h"}
BUCKET = "/api/0/buckets/desk"
BEAT = f"{BUCKET}/heartbeat?pulsetime=1"
NOW = "2026-03-02T09:00:00Z"
JSON = {"content-type": "application/json"}

WRITES = [
    ("POST", BEAT),
    ("POST", f"{BUCKET}/events"),
    ("POST", "/api/0/buckets/new"),
    ("PUT", BUCKET),
    ("POST", "/api/0/query"),
    ("POST", "/api/0/settings/key"),
    ("POST", "/api/0/import"),
    ("POST", "/api/v1/buckets"),
    ("POST", "/api/v1/heartbeats"),
    ("POST", "/api/v1/buckets/desk/events"),
    ("PATCH", "/api/v1/events/1"),
    ("POST", "/api/v1/events/1/split"),
    ("POST", "/api/v1/events/delete"),
    ("POST", "/api/v1/query"),
    ("POST", "/api/v1/imports"),
    ("POST", "/api/v1/imports/1/buckets"),
    ("POST", "/api/v1/imports/1/events"),
    ("POST", "/api/v1/tokens"),
    ("PUT", "/api/v1/settings/theme"),
]
DEEP = b"[" * 10_000 + b"]" * 10_000
NOT_JSON = {
    "empty": b"",
    "cut off": b'{"a":',
    "two": b"{} {}",
    "NaN": b'{"data":{"a":NaN}}',
    "Infinity": b'{"data":{"a":-Infinity}}',
    "duplicate keys": b'{"a":1,"a":1}',
    "duplicate keys below": b'{"data":{"b":{"x":1,"x":2}}}',
    "duplicate keys of half a character": b'{"\\ud800":1,"\\ud800":2}',
    "duplicate keys once mended": b'{"data":{"\\ud800":1,"\\udfff":2}}',
    "10,000 levels": DEEP,
    "10,000 levels below": b'{"data":' + DEEP + b"}",
    "invalid UTF-8": b'{"data":{"a":"\xff"}}',
    "beyond 64 bits": b'{"data":{"a":18446744073709551616}}',
    "beyond 64 bits by far": b'{"data":{"a":' + b"9" * 5_000 + b"}}",
    "beyond a float": b'{"data":{"a":1e400}}',
}


@pytest.fixture(params=POSTGRESQL_LATER)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def admin(server: ServerInMemory) -> Client:
    client = server.client_with("admin")
    client.post(BUCKET, WINDOW)
    client.post(BEAT, {"timestamp": NOW, "data": {"a": 1}})
    return client


@pytest.fixture
def unchanged(server: ServerInMemory, admin: Client) -> Iterator[None]:
    """Compare the content of all tables before and after."""
    # What was recorded to begin with is told now and not meanwhile.
    server.write(server.server._announce)
    before = tables(server)
    yield
    assert tables(server) == before


def tables(server: ServerInMemory) -> dict[str, Any]:
    names = ["buckets", "devices", "events", "payloads", "settings", "operations", "tokens", "changes"]
    columns = {"tokens": "id, name", "changes": "sequence, kind"}
    with server.database.read() as tx:
        return {n: tx.rows(f"SELECT {columns.get(n, '*')} FROM {n} ORDER BY 1") for n in names}


def refused(answer: Answer) -> str:
    assert 400 <= answer.status < 500, (answer.status, answer.body)
    code = answer.json()["code"]
    assert isinstance(code, str)
    assert answer.json().get("message") or answer.json()["detail"]
    return code


@pytest.mark.usefixtures("unchanged")
def test_what_is_not_json_is_refused_everywhere(admin: Client) -> None:
    for method, path in WRITES:
        for name, body in NOT_JSON.items():
            answer = admin.request(method, path, content=body, headers=JSON)
            assert refused(answer), (method, path, name)


@pytest.mark.usefixtures("unchanged")
def test_what_is_not_called_json_is_refused_everywhere(admin: Client) -> None:
    for method, path in WRITES:
        for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "\xff"):
            answer = admin.request(method, path, content=b"{}", headers={"content-type": kind})
            assert (answer.status, refused(answer)) == (415, "not_that_type"), (method, path, kind)


@pytest.mark.usefixtures("unchanged")
def test_bodies_beyond_the_limits_are_refused(admin: Client) -> None:
    large = b'{"timestamp":"%s","data":{"a":"%s"}}' % (NOW.encode(), b"x" * 1024 * 1024)
    for method, path in WRITES:
        if not path.endswith(("/events", "/heartbeats", "/import")):
            answer = admin.request(method, path, content=large, headers=JSON)
            assert (answer.status, refused(answer)) == (413, "body_too_large")
    larger = b" " * (16 * 1024 * 1024 + 1)
    for path in (f"{BUCKET}/events", "/api/v1/heartbeats", "/api/v1/buckets/desk/events"):
        answer = admin.request("POST", path, content=larger, headers=JSON)
        assert (answer.status, refused(answer)) == (413, "body_too_large")
    told = admin.request("POST", BEAT, content=b"{}", headers={**JSON, "content-length": "9" * 30})
    assert told.status == 413


@pytest.mark.usefixtures("unchanged")
def test_data_of_one_event_beyond_its_limit_is_refused(admin: Client) -> None:
    data = {"a": "x" * 300_000}
    assert admin.post(BEAT, {"timestamp": NOW, "data": data}).status == 400
    assert admin.post(f"{BUCKET}/events", [{"timestamp": NOW, "data": data}]).status == 400


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp": "1969-12-31T23:59:59Z"},
        {"timestamp": "9999-01-02T00:00:00Z"},
        {"timestamp": "0001-01-01T00:00:00+14:00"},
        {"timestamp": "10000-01-01T00:00:00Z"},
        {"timestamp": "2026-02-30T00:00:00Z"},
        {"timestamp": "now"},
        {"timestamp": ""},
        {"timestamp": 5},
        {"timestamp": "2026-03-02T09:00:00Z" + " " * 100},
        {"duration": -0.1},
        {"duration": 1e30},
        {"duration": "1"},
        {"duration": True},
        {"timestamp": "9998-12-31T00:00:00Z", "duration": 315_000_000},
        {"data": [1]},
        {"data": "text"},
        {"data": None},
        {"id": 2**63},
        {"id": -1},
    ],
)
def test_events_out_of_range_are_refused(admin: Client, wrong: dict[str, Any]) -> None:
    event = {"timestamp": NOW, "duration": 1, "data": {}} | wrong
    if "id" not in wrong:
        refused(admin.post(BEAT, event))
    refused(admin.post(f"{BUCKET}/events", event))
    refused(admin.post(f"{BUCKET}/events", [{"timestamp": NOW, "data": {}}, event]))
    ours = {"started_at" if key == "timestamp" else key: value for key, value in event.items()}
    refused(admin.post("/api/v1/buckets/desk/events", [{"started_at": NOW, "data": {}}, ours]))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "name",
    ["x" * 201, "a%2Fb", "%2F", "a%00b", "%0A", "a%0A", "%7F", "%FF", "a%ED%A0%80", "%1B%5B2J", "%EF%BF%BD"],
)
def test_names_that_cannot_be_are_refused(admin: Client, name: str) -> None:
    path = f"/api/0/buckets/{name}"
    for method, body in [("POST", WINDOW), ("PUT", WINDOW), ("GET", {}), ("DELETE", {})]:
        refused(admin.request(method, path, json=body))
    refused(admin.post(f"{path}/heartbeat?pulsetime=1", {"timestamp": NOW, "data": {}}))
    refused(admin.get(f"/api/v1/buckets/{name}/events"))
    refused(admin.post(f"/api/0/settings/{name}", 1))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", ["", "a/b", "x" * 201, "a\0b", "a\n", "\x7f", "\ufffd", 5, None])
def test_names_in_bodies_are_held_to_the_same(admin: Client, name: object) -> None:
    refused(admin.post("/api/v1/buckets", WINDOW | {"name": name}))
    refused(admin.post("/api/v1/heartbeats", {"bucket": name, "pulsetime": 1, "heartbeats": [{}]}))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("word", ["a\0b", "a\nb", "b\n", "x" * 201, 5, None])
def test_words_of_a_bucket_have_no_control_characters(admin: Client, word: object) -> None:
    for field in WINDOW:
        refused(admin.post("/api/0/buckets/new", WINDOW | {field: word}))
        refused(admin.put(BUCKET, WINDOW | {field: word}))
        refused(admin.post("/api/v1/buckets", WINDOW | {"name": "new", field: word}))


@pytest.mark.usefixtures("unchanged")
def test_half_a_character_is_refused_by_our_own_api(admin: Client) -> None:
    body = b'[{"started_at":"%s","data":{"a":"\\ud800"}}]' % NOW.encode()
    answer = admin.request("POST", "/api/v1/buckets/desk/events", content=body, headers=JSON)
    assert (answer.status, refused(answer)) == (400, "lone_surrogate")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "path",
    [
        "/api/0/buckets/none",
        "/api/0/buckets/none/events",
        "/api/0/buckets/none/events/count",
        "/api/0/buckets/none/export",
        "/api/0/buckets//events",
        "/api/0/buckets/desk/events/-1",
        "/api/0/buckets/desk/events/9223372036854775808",
        "/api/0/buckets/desk/events/1.5",
        "/api/v1/buckets/none",
        "/api/v1/buckets/none/events",
        "/api/v1/buckets/desk/events?limit=0",
        "/api/v1/buckets/desk/events?limit=10001",
        "/api/v1/buckets/desk/events?limit=x",
        "/api/v1/buckets/desk/events?cursor=%C3%BC",
        "/api/v1/buckets/desk/events?cursor=MQ",
        "/api/v1/buckets/desk/events?cursor=LTEuLTE",
        "/api/v1/buckets/desk/events?limit=%FF",
        "/api/v1/events/0",
        "/api/v1/events/99999",
        "/api/v1/imports/1",
        "/api/v1/days/today",
        "/api/v1/days/2026-02-30",
        "/api/v1/days/0001-01-01",
        "/api/v1/days/9999-12-31",
        "/api/v1/days/2026-03-02?zone=Mars/Olympus",
        "/api/v1/days/2026-03-02?zone=../../etc/passwd",
        "/api/v1/days/2026-03-02?zone=Europe",
        "/api/v1/days/2026-03-02?zone=%00",
        "/api/v1/days/2026-03-02?bucket=none",
        "/api/v1/days/2026-03-02?bucket=a%00b",
        "/api/v1/operations?limit=0",
        "//api/0/buckets/desk",
        "/%61pi/0/nothing",
    ],
)
def test_addresses_of_nothing_are_refused(admin: Client, path: str) -> None:
    refused(admin.get(path))


@pytest.mark.usefixtures("unchanged")
def test_queries_that_cannot_be_are_refused(admin: Client) -> None:
    day = "2026-03-02/2026-03-03"
    for body in (
        {"query": ["RETURN = 1;"]},
        {"query": "RETURN = 1;", "timeperiods": [day]},
        {"query": ["RETURN = 1;"], "timeperiods": ["today"]},
        {"query": ["RETURN = 1;"], "timeperiods": ["x" * 300]},
        {"query": ["RETURN = 1;"], "timeperiods": [day] * 1_001},
        {"query": ["RETURN = ;"], "timeperiods": [day]},
        {"query": ["RETURN = query_bucket('none');"], "timeperiods": [day]},
        {"query": ["RETURN = query_bucket('a\0b');"], "timeperiods": [day]},
        {"query": ["RETURN = " + "[" * 10_000], "timeperiods": [day]},
    ):
        assert refused(admin.post("/api/0/query/", body))


def test_an_error_says_its_code_in_both_apis(admin: Client) -> None:
    ours = admin.get("/api/v1/buckets/none")
    assert ours.headers["content-type"] == "application/problem+json"
    assert ours.json() == {
        "title": "NotFound",
        "status": 404,
        "detail": "There is no bucket named 'none'.",
        "code": "no_such_bucket",
        "fields": {"name": "none"},
    }
    theirs = admin.get("/api/0/buckets/none")
    assert msgspec.json.decode(theirs.body) == {
        "message": "There is no bucket named 'none'.",
        "code": "no_such_bucket",
    }
