"""The live socket of a real server: who gets in, what is told, how it ends."""

from __future__ import annotations

import json
import threading
import time

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from hourloom.core.clock import MINUTE, Duration
from hourloom.live import socket as live_socket
from hourloom.live.hub import MOST_WAITING
from tests.live.facts import light, recite
from tests.live.serving import PATIENCE, Serving, a_bucket, perform, send, told

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def kinds_told(to: ClientConnection, count: int) -> list[str]:
    return [told(to)["kind"] for _ in range(count)]


def ending(of: ClientConnection) -> int:
    """Return the code with which the server closes."""
    try:
        while True:
            of.recv(timeout=PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


def refusal(serving: Serving, **headers: str) -> int:
    """Return the status with which an upgrade is refused."""
    with pytest.raises(InvalidStatus) as refused, serving.program(None, "", "localhost", **headers):
        pass
    return refused.value.response.status_code


def test_a_program_is_told_what_is_committed(serving: Serving) -> None:
    token = serving.token()
    with serving.program(token) as program:
        assert told(program) == {"type": "hello", "sequence": 1}
        serving.make_bucket(token, "window")
        change = told(program)
    assert change == {
        "type": "change",
        "sequence": 2,
        "at": "2026-03-02T09:00:00Z",
        "kind": "BucketCreated",
        "body": change["body"],
    }
    assert change["body"]["bucket"] == "window"


def test_a_place_given_resumes_the_feed(serving: Serving) -> None:
    token = serving.token()
    serving.make_bucket(token, "one")
    serving.make_bucket(token, "two")
    with serving.program(token, "?since=1") as program:
        assert told(program)["sequence"] == 3
        serving.make_bucket(token, "three")
        assert [told(program)["body"]["bucket"] for _ in range(3)] == ["one", "two", "three"]


@pytest.mark.parametrize("place", ["-1", "x", "1.5", "", "9" * 30])
def test_a_place_that_is_no_number_is_refused(serving: Serving, place: str) -> None:
    with pytest.raises(InvalidStatus) as refused, serving.program(serving.token(), f"?since={place}"):
        pass
    assert refused.value.response.status_code == 400


def test_a_place_ahead_of_the_feed_starts_afresh(serving: Serving) -> None:
    token = serving.token()
    with serving.program(token, "?since=1000") as program:
        assert told(program)["type"] == "hello"
        assert told(program) == {"type": "resync", "sequence": 1}
        serving.make_bucket(token, "window")
        assert told(program)["sequence"] == 2


def test_a_page_comes_in_with_its_ticket(serving: Serving) -> None:
    token = serving.token("tracking:write")
    with serving.page({"ticket": serving.ticket(token), "since": 1}) as page:
        assert told(page)["type"] == "hello"
        serving.make_bucket(token, "window")
        assert told(page)["kind"] == "BucketCreated"


def test_a_ticket_works_once(serving: Serving) -> None:
    ticket = serving.ticket(serving.token())
    with serving.page({"ticket": ticket}) as first, serving.page({"ticket": ticket}) as second:
        assert told(first)["type"] == "hello"
        assert ending(second) == live_socket.NOT_LET_IN


def test_a_ticket_works_for_a_minute(serving: Serving) -> None:
    ticket = serving.ticket(serving.token())
    serving.clock.advance(61)
    with serving.page({"ticket": ticket}) as page:
        assert ending(page) == live_socket.NOT_LET_IN


def test_a_ticket_ends_with_the_token_that_it_was_made_with(serving: Serving) -> None:
    token = serving.token()
    ticket = serving.ticket(token)
    serving.revoke(token.id)
    with serving.page({"ticket": ticket}) as page:
        assert ending(page) == live_socket.NOT_LET_IN


@pytest.mark.parametrize(
    "first", [{}, {"ticket": 5}, {"ticket": "x", "since": -1}, {"ticket": "x", "also": 1}, [], "x"]
)
def test_a_first_message_that_is_no_ticket_ends_the_socket(serving: Serving, first: object) -> None:
    with serving.page(first) as page:
        assert ending(page) == live_socket.NOT_UNDERSTOOD


def test_a_page_that_says_nothing_is_not_waited_for(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "SECONDS_FOR_THE_TICKET", 0.05)
    with serving.page() as page:
        assert ending(page) == live_socket.NO_TICKET


def test_a_page_shows_its_ticket_even_with_a_token(serving: Serving) -> None:
    token = serving.token()
    with serving.program(token, Origin=serving.origin) as page:
        send(page, {"type": "command", "id": "1", "name": "list_buckets"})
        assert ending(page) == live_socket.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost",
        "http://localhost:{port}.evil.example",
        "http://127.0.0.1:{port}",
        "null",
        "moz-extension://0c7bd2b6",
        "file://",
    ],
)
def test_every_other_origin_is_refused(serving: Serving, origin: str) -> None:
    assert refusal(serving, Origin=origin.format(port=serving.port)) == 403


def test_another_hosts_name_is_refused(serving: Serving) -> None:
    with pytest.raises(InvalidStatus) as refused, serving.program(serving.token(), host="evil.example"):
        pass
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body or b"")["code"] == "host_not_allowed"


def test_cross_site_fetch_metadata_is_refused(serving: Serving) -> None:
    assert refusal(serving, **{"Sec-Fetch-Site": "cross-site"}) == 403


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer nonsense", "Basic bWU6bWU="])
def test_a_program_without_a_valid_token_is_refused(serving: Serving, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    assert refusal(serving, **headers) == 401


def test_a_revoked_token_is_refused(serving: Serving) -> None:
    token = serving.token()
    serving.revoke(token.id)
    assert refusal(serving, Authorization=f"Bearer {token.secret}") == 401


def test_the_owner_needs_no_token_on_the_socket_file(serving: Serving) -> None:
    with serving.owner() as owner:
        assert told(owner)["type"] == "hello"
        assert perform(owner, "list_buckets")["status"] == 200


def test_revoking_a_token_ends_its_sockets_at_once(serving: Serving) -> None:
    token, other = serving.token(), serving.token()
    ticket = serving.ticket(token)
    with (
        serving.program(token) as program,
        serving.page({"ticket": ticket}) as page,
        serving.program(other) as stays,
    ):
        assert {told(program)["type"], told(page)["type"], told(stays)["type"]} == {"hello"}
        serving.revoke(token.id)
        assert (ending(program), ending(page)) == (live_socket.NOT_LET_IN, live_socket.NOT_LET_IN)
        assert told(stays)["kind"] == "TokenRevoked"


def test_an_expired_token_hears_nothing_more_and_commands_nothing(serving: Serving) -> None:
    token, other = serving.token("tracking:read", lives=Duration(MINUTE)), serving.token()
    with serving.program(token) as program:
        assert told(program)["type"] == "hello"
        serving.clock.advance(61)
        assert perform(program, "list_buckets")["status"] == 401
        serving.make_bucket(other, "window")
        assert ending(program) == live_socket.NOT_LET_IN


@pytest.mark.parametrize(
    ("scope", "heard"),
    [
        ("admin", ["TokenCreated", "BucketCreated"]),
        ("accounts:read", ["TokenCreated"]),
        ("tracking:read", ["BucketCreated"]),
        ("tracking:write", ["BucketCreated"]),
        ("operations:read", []),
        ("heartbeats:write", []),
    ],
)
def test_a_token_hears_of_what_it_may_read(serving: Serving, scope: str, heard: list[str]) -> None:
    token, admin = serving.token(scope), serving.token()
    with serving.program(token) as program:
        assert told(program)["type"] == "hello"
        serving.token("tracking:read")
        serving.make_bucket(admin, "window")
        assert kinds_told(program, len(heard)) == heard
        with pytest.raises(TimeoutError):
            program.recv(timeout=0.1)


def test_a_listener_who_is_too_slow_is_told_to_load_afresh(serving: Serving) -> None:
    token = serving.token()
    workspace = serving.server.owner.workspace_id
    with serving.program(token) as program:
        assert told(program)["type"] == "hello"
        # Who was told of a Change has read the past; what comes next waits in the queue.
        light(serving.server.database, 0, workspace=workspace)
        assert told(program)["sequence"] == 2
        # More in one commit than may wait for anyone.
        light(serving.server.database, *range(MOST_WAITING + 1), workspace=workspace)
        assert told(program) == {"type": "resync", "sequence": MOST_WAITING + 3}
        serving.make_bucket(token, "window")
        assert told(program)["sequence"] == MOST_WAITING + 4
    assert serving.server.live.hub.overflowed == 1


def test_a_listener_who_stops_reading_costs_no_memory(serving: Serving) -> None:
    hub, server = serving.server.live.hub, serving.server
    with serving.program(serving.token()) as program:
        told(program)
        for _ in range(40):
            recite(server.database, 100, workspace=server.owner.workspace_id)
        assert hub.overflowed >= 1
        sequences: list[tuple[str, int]] = []
        while not sequences or sequences[-1][1] != 4_001:
            message = told(program)
            sequences.append((message["type"], message["sequence"]))
    kinds = [kind for kind, _ in sequences]
    assert kinds.count("resync") >= 1
    assert [n for _, n in sequences] == sorted({n for _, n in sequences})


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "not_json"),
        ('{"type":"command","id":"1","id":"2","name":"x"}', "duplicate_key"),
        ("[" * 65 + "]" * 65, "too_deep"),
        ('{"type":"command","id":"1","name":"x","parameters":{"a":NaN}}', "not_json"),
        (
            '{"type":"command","id":"1","name":"x","parameters":{"a":1000000000000000000000}}',
            "number_too_large",
        ),
        ('{"type":"subscribe","id":"1"}', "not_a_message"),
        ('{"type":"command","name":"list_buckets"}', "not_a_message"),
        ('{"type":"command","id":"1","name":5}', "not_a_message"),
        ("[]", "not_a_message"),
    ],
)
def test_a_message_that_is_wrong_is_answered_and_the_socket_lives_on(
    serving: Serving, message: str, code: str
) -> None:
    with serving.program(serving.token()) as program:
        told(program)
        program.send(message)
        answer = told(program)
        assert (answer["type"], answer["status"], answer["problem"]["code"]) == ("answer", 400, code)
        assert perform(program, "list_buckets")["status"] == 200


def test_a_wrong_message_is_answered_by_its_id(serving: Serving) -> None:
    with serving.program(serving.token()) as program:
        told(program)
        send(program, {"type": "command", "id": "mine", "name": "x", "also": 1})
        assert told(program)["id"] == "mine"


def test_bytes_and_giants_end_the_socket(serving: Serving) -> None:
    token = serving.token()
    with serving.program(token) as program:
        program.send(b"{}")
        assert ending(program) == live_socket.NOT_TEXT
    with serving.program(token) as program:
        program.send('"' + "x" * (1024 * 1024) + '"')
        assert ending(program) == live_socket.TOO_LARGE


def test_many_commands_at_once_are_all_answered(serving: Serving) -> None:
    with serving.program(serving.token()) as program:
        told(program)
        for number in range(100):
            send(program, {"type": "command", "id": str(number), "name": "list_buckets"})
        assert {told(program)["id"] for _ in range(100)} == {str(n) for n in range(100)}


def test_a_flood_is_slowed_down(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "BURST", 5)
    monkeypatch.setattr(live_socket, "MESSAGES_PER_SECOND", 50.0)
    with serving.program(serving.token()) as program:
        told(program)
        began = time.monotonic()
        for _ in range(15):
            perform(program, "no_such_command")
        assert time.monotonic() - began >= 0.18


def test_leaving_leaves_nothing_behind(serving: Serving) -> None:
    hub = serving.server.live.hub
    with serving.program(serving.token()) as program:
        told(program)
        assert hub.listeners == 1
    deadline = time.monotonic() + PATIENCE
    while hub.listeners and time.monotonic() < deadline:
        time.sleep(0.01)
    assert hub.listeners == 0


def test_a_server_that_stops_says_so(serving: Serving) -> None:
    with serving.program(serving.token()) as program:
        told(program)
        serving.running.stop()
        assert ending(program) == live_socket.STOPPING


def test_pages_write_while_others_listen(serving: Serving) -> None:
    token = serving.token()
    with serving.program(token) as writer, serving.program(token) as reader:
        told(writer), told(reader)
        writing = threading.Thread(
            target=lambda: [perform(writer, "create_bucket", body=a_bucket(f"b{n}")) for n in range(20)]
        )
        writing.start()
        assert [told(reader)["sequence"] for _ in range(20)] == list(range(2, 22))
        writing.join()


def test_answers_are_json_of_the_same_shape_as_over_http(serving: Serving) -> None:
    token = serving.token()
    serving.make_bucket(token, "window")
    with serving.program(token) as program:
        told(program)
        answer = perform(program, "show_bucket", bucket="window")
    assert answer == {
        "type": "answer",
        "id": "1",
        "status": 200,
        "body": serving.ask("GET", "/api/v1/buckets/window", token.secret)[1],
    }
    assert msgspec.json.encode(answer)
