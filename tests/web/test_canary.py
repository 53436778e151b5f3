"""What people do stays in the encrypted database: not in logs, files, figures or others' answers."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.core import log
from tests.web.asking import RealServer

CANARY = "canary-6f1c2a"
URL = f"https://bank.example/{CANARY}?q={CANARY}"
DATA = {"app": CANARY, "title": f"{CANARY} - \u202etitle", "url": URL}
THEN = "2026-03-02T08:00:00Z"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    running = RealServer(tmp_path_factory.mktemp("canary"), HOURLOOM_LOG_LEVEL="debug")
    try:
        running.wait()
        record(running)
        fail(running)
        yield running
    finally:
        running.stop()


def record(server: RealServer) -> None:
    """Record the canary in every way that there is."""
    bucket = {"type": "currentwindow", "client": CANARY, "hostname": CANARY}
    event = {"timestamp": THEN, "duration": 1, "data": DATA}
    name = f"/api/0/buckets/{CANARY}"
    server.owner("POST", name, bucket)
    server.owner("POST", f"{name}/heartbeat?pulsetime=5", event)
    server.owner("POST", f"{name}/events", [event])
    server.owner("POST", "/api/0/import", {"buckets": {CANARY: bucket | {"id": CANARY, "events": [event]}}})
    server.owner("POST", f"/api/0/settings/{CANARY}", {"rule": CANARY})
    query = {"query": [f'RETURN = query_bucket("{CANARY}");'], "timeperiods": ["2026-03-02/2026-03-03"]}
    server.owner("POST", "/api/0/query", query)
    beats = [{"timestamp": THEN, "data": DATA}]
    server.owner("POST", "/api/v1/heartbeats", {"bucket": CANARY, "pulsetime": 1, "heartbeats": beats})
    made = server.owner("POST", f"/api/v1/buckets/{CANARY}/events", [{"started_at": THEN, "data": DATA}])
    server.owner("PATCH", f"/api/v1/events/{made['ids'][0]}", {"data": DATA | {"title": CANARY * 2}})
    gone = server.owner("DELETE", f"/api/v1/events/{made['ids'][0]}")
    server.owner("POST", f"/api/v1/operations/{gone['operation_id']}/undo")
    server.owner("POST", "/api/v1/tokens", {"name": CANARY, "scopes": ["tracking:read"]})
    server.owner("POST", "/api/v1/imports", {"source": CANARY})
    now = time.time()
    beat = {"entity": URL, "type": "url", "time": now, "project": CANARY, "machine": CANARY}
    taken = server.owner("POST", "/users/current/heartbeats.bulk", [beat, beat | {"user_agent": CANARY}])
    assert [code for _, code in taken["responses"]] == [201, 201]
    server.owner("POST", "/plugins/errors", {"message": CANARY})
    server.owner("GET", "/api/0/export")


FAILING: list[tuple[str, str, str | None]] = [
    (
        "POST",
        f"/api/0/buckets/{CANARY}/heartbeat?pulsetime={CANARY}",
        json.dumps({"timestamp": THEN, "data": DATA}),
    ),
    (
        "POST",
        f"/api/0/buckets/{CANARY}/heartbeat?pulsetime=1",
        json.dumps({"timestamp": CANARY, "data": DATA}),
    ),
    ("POST", f"/api/0/buckets/{CANARY}/events", json.dumps([{"timestamp": THEN, "data": CANARY}])),
    ("POST", f"/api/0/buckets/{CANARY}/events", f'{{"data": {{"{CANARY}": 1, "{CANARY}": 2}}}}'),
    ("POST", f"/api/0/buckets/{CANARY}/events", f'{{"data": NaN, "{CANARY}": '),
    ("POST", f"/api/0/buckets/{CANARY}/events", "[" * 100 + json.dumps(CANARY)),
    ("POST", "/api/0/query", json.dumps({"query": [CANARY, f'x = "{CANARY}'], "timeperiods": [CANARY]})),
    ("POST", "/api/0/import", json.dumps({"buckets": {CANARY: {"events": [CANARY]}}})),
    ("POST", "/api/0/import", f'{{"buckets": {{"{CANARY}"'),
    ("GET", f"/api/0/{CANARY}?token={CANARY}", None),
    ("POST", f"/users/current/heartbeats?api_key={CANARY}-{CANARY}", json.dumps([{"entity": CANARY}])),
    ("GET", f"/api/v1/users/{CANARY}/summaries?start={CANARY}&api_key={CANARY}-{CANARY}", None),
    ("POST", f"/?api_key={CANARY}&api_key={CANARY}%ff", f"[{CANARY}"),
    ("GET", f"/{CANARY}", None),
    ("GET", f"/api/v1/buckets/{CANARY}/events?cursor={CANARY}", None),
    ("PUT", f"/api/v1/settings/{CANARY}", json.dumps({"value": CANARY})),
    ("POST", "/api/v1/sign-in", json.dumps({"code": CANARY})),
    ("POST", "/api/v1/pairing", json.dumps({"code": CANARY, "bucket": CANARY})),
    (CANARY.upper(), "/api/0/info", None),
    ("GET", f"/%ff%00{CANARY}", None),
]


def fail(server: RealServer) -> None:
    """Send the canary in requests that fail, of several callers."""
    for method, target, content in FAILING:
        for headers in ([], [("Authorization", f"Bearer {CANARY}")], [("Cookie", CANARY), ("Referer", URL)]):
            with server.connect() as connection:
                connection.ask(method, target, headers, content)
    for raw in (
        f"GET /{CANARY} HTTP/9.9\r\n\r\n",
        f"{CANARY}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {CANARY}\r\n{CANARY}\r\n\r\n",
    ):
        with server.connect() as connection:
            assert connection.sock is not None
            connection.sock.sendall(raw.encode())
            connection.sock.recv(1000)


def test_the_output_and_the_log_do_not_tell(server: RealServer) -> None:
    assert (server.data_dir / "log").exists()
    told = [server.output, *(server.data_dir / "log").rglob("*")]
    assert [str(file) for file in told if CANARY.encode() in file.read_bytes()] == []


def test_no_file_tells(server: RealServer) -> None:
    files = [file for file in server.directory.rglob("*") if file.is_file()]
    assert {"hourloom.db", "hourloom.db-wal"} <= {file.name for file in files}
    tell = [file.name for file in files if CANARY.encode() in file.read_bytes()]
    assert tell == []


def test_uploads_leave_nothing_behind(server: RealServer) -> None:
    assert [file.name for file in (server.data_dir / "run").iterdir()] == ["server.sock"]


@pytest.mark.parametrize("path", ["/metrics", "/health", "/api/0/log", "/api/0/info", "/", "/icon.svg"])
def test_answers_about_the_server_do_not_tell(server: RealServer, path: str) -> None:
    with server.connect() as connection:
        answer = connection.ask("GET", path)
        assert answer.status == 200
        assert CANARY.encode() not in answer.body


def test_problems_of_other_requests_do_not_tell(server: RealServer) -> None:
    for path in (
        "/api/0/buckets/other",
        "/api/v1/buckets",
        "/api/0/nothing",
        "/api/0/buckets/other/events?limit=x",
    ):
        for headers in ([], [("Origin", "http://evil.example")], [("Authorization", "Bearer wrong")]):
            with server.connect() as connection:
                answer = connection.ask("GET", path, headers)
                assert answer.status >= 400
                assert CANARY.encode() not in answer.body


def test_the_command_line_of_the_server_holds_no_secret(server: RealServer) -> None:
    code = server.owner("POST", "/api/v1/sign-in-codes")["code"]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert code.encode() not in process.read_bytes()
        except OSError:
            continue


def test_libraries_log_only_the_first_line_of_what_they_say() -> None:
    record_ = logging.LogRecord("other", logging.ERROR, "f", 1, f"it broke %s\n{CANARY}", (CANARY,), None)
    assert CANARY not in log.OneLine().format(record_)
