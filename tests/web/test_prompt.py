"""Heartbeats are answered without a task each, and nobody can tell: the two ways answer alike."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hourloom.db.pending import MOST_WAITING, PendingOnThread
from hourloom.testing import FixedClock, OpenDatabase, open_sqlite
from hourloom.web.prompt import LARGEST_BODY, LONGEST_ADDRESS, MOST_ADDRESSES
from tests.dialects import POSTGRESQL_LATER
from tests.live.serving import PATIENCE, Serving, a_running_server

HEARTBEATS = "/api/0/buckets/desk/heartbeat?pulsetime=5"
BEAT = {"timestamp": "2026-11-02T09:00:00Z", "duration": 0, "data": {"app": "editor", "title": "a"}}
KEPT, CLOSED = "keep-alive", "close"
"""A connection that is to be closed goes the ordinary way."""


@pytest.fixture(params=POSTGRESQL_LATER)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serving(open_database: OpenDatabase, tmp_path: Path, clock: FixedClock) -> Iterator[Serving]:
    with a_running_server(open_database, tmp_path, clock) as serving:
        serving.make_bucket(serving.token(), "desk")
        yield serving


@pytest.fixture
def embedded(
    database_file: Path, data_key: bytes | None, tmp_path: Path, clock: FixedClock
) -> Iterator[Serving]:
    """Run a server on SQLite, whatever else the tests run on."""
    with a_running_server(
        lambda record, publish: open_sqlite(database_file, data_key, record, publish), tmp_path, clock
    ) as serving:
        serving.make_bucket(serving.token(), "desk")
        yield serving


class Program:
    """A connection that is held open."""

    def __init__(self, serving: Serving) -> None:
        self.port = serving.port
        self.socket = socket.create_connection(("127.0.0.1", serving.port), timeout=PATIENCE)
        self._left = b""

    def post(self, path: str, body: bytes, headers: Mapping[str, str] = {}) -> bytes:
        """Return the bytes of a request; a header given as "" is left out."""
        fields: dict[str, str] = {
            "host": f"localhost:{self.port}",
            "content-type": "application/json",
            "content-length": str(len(body)),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the next answer."""
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._left) < length:
            self._more()
        body, self._left = self._left[:length], self._left[length:]
        return int(first.split(" ")[1]), headers, body

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        assert piece, "the server closed the connection"
        self._left += piece


def asked(
    serving: Serving, way: str, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    program = Program(serving)
    with program.socket:
        program.send(program.post(path, body, {**headers, "connection": way}))
        status, told, content = program.answer()
    told.pop("connection", None)
    # Each answer that is an error names its own request, unless its parser refused it.
    assert ("x-request-id" in told) == (status >= 400 and "json" in told["content-type"])
    told.pop("x-request-id", None)
    return status, told, content


REQUESTS: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "well": (HEARTBEATS, json.dumps(BEAT).encode(), {}),
    "unknown bucket": ("/api/0/buckets/none/heartbeat?pulsetime=5", json.dumps(BEAT).encode(), {}),
    "no pulsetime": ("/api/0/buckets/desk/heartbeat", json.dumps(BEAT).encode(), {}),
    "no number": ("/api/0/buckets/desk/heartbeat?pulsetime=x", json.dumps(BEAT).encode(), {}),
    "escaped": ("/api/0/buckets/d%65sk/heartbeat?pulsetime=5", json.dumps(BEAT).encode(), {}),
    "escaped slash": ("/api/0/buckets/d%2fk/heartbeat?pulsetime=5", json.dumps(BEAT).encode(), {}),
    "control character": ("/api/0/buckets/d%01k/heartbeat?pulsetime=5", json.dumps(BEAT).encode(), {}),
    "not UTF-8": ("/api/0/buckets/d%ffk/heartbeat?pulsetime=5", json.dumps(BEAT).encode(), {}),
    "bytes beyond ASCII": ("/api/0/buckets/d\xe9k/heartbeat?pulsetime=5", json.dumps(BEAT).encode(), {}),
    "fragment": (HEARTBEATS + "#x", json.dumps(BEAT).encode(), {}),
    "long address": (HEARTBEATS + "&x=" + "y" * LONGEST_ADDRESS, json.dumps(BEAT).encode(), {}),
    "no body": (HEARTBEATS, b"", {}),
    "no JSON": (HEARTBEATS, b"{", {}),
    "a key twice": (HEARTBEATS, b'{"timestamp":"2026-11-02","data":{"a":1,"a":2}}', {}),
    "too deep": (HEARTBEATS, b'{"timestamp":"2026-11-02","data":{"a":%s1%s}}' % (b"[" * 99, b"]" * 99), {}),
    "no object": (HEARTBEATS, b'{"timestamp":"2026-11-02","data":[]}', {}),
    "no time": (HEARTBEATS, b'{"timestamp":"yesterday","data":{}}', {}),
    "wrong shape": (HEARTBEATS, b'{"timestamp":1,"data":{}}', {}),
    "half a surrogate": (HEARTBEATS, b'{"timestamp":"2026-11-02","data":{"a":"\\ud83d"}}', {}),
    "longer than is read at once": (
        HEARTBEATS,
        json.dumps(BEAT).encode().ljust(LARGEST_BODY),
        {},
    ),
    "large": (
        HEARTBEATS,
        b'{"timestamp":"2026-11-02","duration":0,   "data":{"a":"%s"}}' % (b"x" * 260_000),
        {},
    ),
    "too large": (HEARTBEATS, b" " * (2 << 20), {}),
    "another type": (HEARTBEATS, json.dumps(BEAT).encode(), {"content-type": "text/plain"}),
    "type with charset": (
        HEARTBEATS,
        json.dumps(BEAT).encode(),
        {"content-type": "Application/JSON; charset=utf-8"},
    ),
    "another host": (HEARTBEATS, json.dumps(BEAT).encode(), {"host": "evil.example"}),
    "another site": (HEARTBEATS, json.dumps(BEAT).encode(), {"origin": "https://evil.example"}),
    "an extension": (HEARTBEATS, json.dumps(BEAT).encode(), {"origin": "moz-extension://abc"}),
    "through a proxy": (HEARTBEATS, json.dumps(BEAT).encode(), {"via": "1.1 proxy"}),
    "a wrong token": (HEARTBEATS, json.dumps(BEAT).encode(), {"authorization": "Bearer wrong"}),
    "no token of ours": (HEARTBEATS, json.dumps(BEAT).encode(), {"authorization": "Basic eDp5"}),
    "own API without token": ("/api/v1/heartbeats", b"{}", {}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_answer_alike(serving: Serving, name: str) -> None:
    path, body, headers = REQUESTS[name]
    prompt = asked(serving, KEPT, path, body, headers)
    assert prompt == asked(serving, CLOSED, path, body, headers)
    assert (prompt[0] == 200) == (
        name
        in (
            "well",
            "escaped",
            "fragment",
            "long address",
            "half a surrogate",
            "longer than is read at once",
            "large",
            "type with charset",
        )
    )


def test_both_ways_answer_a_batch_alike(serving: Serving) -> None:
    token = {"authorization": f"Bearer {serving.token('heartbeats:write:desk').secret}"}
    beats = [{**BEAT, "duration": 9}, {**BEAT, "data": []}, {**BEAT, "timestamp": "2026-11-02T09:00:04Z"}]
    body = json.dumps({"bucket": "desk", "pulsetime": 5, "heartbeats": beats}).encode()
    prompt = asked(serving, KEPT, "/api/v1/heartbeats", body, token)
    assert prompt == asked(serving, CLOSED, "/api/v1/heartbeats", body, token)
    assert [sorted(result) for result in json.loads(prompt[2])["results"]] == [
        ["duration", "id", "started_at"],
        ["problem"],
        ["duration", "id", "started_at"],
    ]


def test_a_token_without_the_scope_is_refused_either_way(serving: Serving) -> None:
    token = {"authorization": f"Bearer {serving.token('heartbeats:write:other').secret}"}
    body = json.dumps(BEAT).encode()
    prompt = asked(serving, KEPT, HEARTBEATS, body, token)
    assert prompt[0] == 403
    assert prompt == asked(serving, CLOSED, HEARTBEATS, body, token)


def test_a_revoked_token_ends_at_once_on_an_open_connection(serving: Serving) -> None:
    token = serving.token("heartbeats:write")
    program = Program(serving)
    request = program.post(HEARTBEATS, json.dumps(BEAT).encode(), {"authorization": f"Bearer {token.secret}"})
    with program.socket:
        program.send(request)
        assert program.answer()[0] == 200
        serving.revoke(token.id)
        program.send(request)
        assert program.answer()[0] == 401


def test_requests_sent_without_waiting_are_answered_in_their_order(serving: Serving) -> None:
    program = Program(serving)
    beats = [{**BEAT, "timestamp": f"2026-11-02T09:{minute:02}:00Z"} for minute in range(30)]
    requests = [program.post(HEARTBEATS, json.dumps(beat).encode()) for beat in beats]
    requests.insert(10, f"GET /api/0/info HTTP/1.1\r\nhost: localhost:{program.port}\r\n\r\n".encode())
    with program.socket:
        program.send(b"".join(requests))
        told = [json.loads(program.answer()[2]) for _ in requests]
    assert "hostname" in told.pop(10)
    assert [answer["timestamp"][14:16] for answer in told] == [f"{minute:02}" for minute in range(30)]


def test_a_body_may_arrive_in_pieces(serving: Serving) -> None:
    program = Program(serving)
    request = program.post(HEARTBEATS, json.dumps(BEAT).encode())
    with program.socket:
        for place in range(0, len(request), 7):
            program.send(request[place : place + 7])
        assert program.answer()[0] == 200


def test_a_chunked_body_and_one_that_waits_for_a_nod_are_taken(serving: Serving) -> None:
    body = json.dumps(BEAT).encode()
    program = Program(serving)
    with program.socket:
        chunked = {"transfer-encoding": "chunked", "content-length": ""}
        program.send(program.post(HEARTBEATS, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), chunked))
        assert program.answer()[0] == 200
        program.send(program.post(HEARTBEATS, body, {"expect": "100-continue"}))
        assert program.answer()[0] == 100
        assert program.answer()[0] == 200


def test_one_who_leaves_before_the_answer_disturbs_nobody(serving: Serving) -> None:
    for left_out in (0, 5, 100):
        program = Program(serving)
        with program.socket:
            request = program.post(HEARTBEATS, json.dumps(BEAT).encode())
            program.send(request[: len(request) - left_out])
    assert asked(serving, KEPT, HEARTBEATS, json.dumps(BEAT).encode(), {})[0] == 200


def test_a_name_given_to_a_write_is_honoured(serving: Serving) -> None:
    token = {"authorization": f"Bearer {serving.token().secret}", "idempotency-key": "once"}
    body = json.dumps(BEAT).encode()
    prompt = asked(serving, KEPT, HEARTBEATS, body, token)
    assert prompt[0] == 200
    assert prompt == asked(serving, CLOSED, HEARTBEATS, body, token)


def test_a_full_queue_makes_heartbeats_wait_and_refuses_none(embedded: Serving) -> None:
    writer = embedded.server.database.writer  # type: ignore[attr-defined]
    begun, released = threading.Event(), threading.Event()

    def stall() -> None:
        begun.set()
        released.wait(PATIENCE)

    writer.put(PendingOnThread(stall))
    assert begun.wait(PATIENCE)
    while writer.waiting < MOST_WAITING:
        writer.put(PendingOnThread(lambda: None))
    program = Program(embedded)
    with program.socket:
        program.send(program.post(HEARTBEATS, json.dumps(BEAT).encode()))
        released.set()
        assert program.answer()[0] == 200


def test_only_addresses_that_queue_are_prompt(serving: Serving) -> None:
    prompts = serving.server.application(serving.port).prompts
    assert prompts.of(HEARTBEATS.encode()) is not None
    assert prompts.of(b"/api/v1/heartbeats") is not None
    for other in (b"/api/0/buckets/desk", b"/api/0/query/", b"/", b"/api/0/buckets/desk/heartbeat/x"):
        assert prompts.of(other) is None


def test_asking_for_ever_new_addresses_is_not_remembered_for_ever(serving: Serving) -> None:
    prompts = serving.server.application(serving.port).prompts
    for number in range(2 * MOST_ADDRESSES):
        prompts.of(b"/api/0/buckets/b%d/heartbeat?pulsetime=1" % number)
    assert prompts.remembered <= MOST_ADDRESSES
