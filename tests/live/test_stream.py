"""The feed as server-sent events, as a script reads it."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping

import msgspec
import pytest

from hourloom.core.ids import UserId
from hourloom.live import stream
from tests.live.facts import LampLit, LetterReceived, announce
from tests.live.serving import PATIENCE, Serving, told

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

Event = Mapping[str, str]


def event(of: http.client.HTTPResponse) -> Event:
    """Read one event: its lines up to a blank one, by their names; a comment has the empty name."""
    fields: dict[str, str] = {}
    while line := of.readline().decode().rstrip("\n"):
        name, _, value = line.partition(":")
        fields[name] = value.strip()
    return fields


def bucket_in(found: Event) -> str:
    return str(msgspec.json.decode(found["data"])["body"]["bucket"])


def test_a_script_is_told_what_is_committed(serving: Serving) -> None:
    token = serving.token()
    connection, events = serving.stream(token)
    assert events.getheader("content-type") == "text/event-stream; charset=utf-8"
    assert event(events) == {"event": "hello", "data": '{"type":"hello","sequence":1}'}
    serving.make_bucket(token, "window")
    change = event(events)
    assert (change["id"], change["event"], bucket_in(change)) == ("2", "change", "window")
    connection.close()


@pytest.mark.parametrize(("query", "header"), [("?since=1", None), ("", "1"), ("?since=3", "1")])
def test_a_place_given_in_the_query_or_by_a_browser_that_comes_back_resumes(
    serving: Serving, query: str, header: str | None
) -> None:
    token = serving.token()
    serving.make_bucket(token, "one")
    serving.make_bucket(token, "two")
    headers = {} if header is None else {"Last-Event-ID": header}
    connection, events = serving.stream(token, query, **headers)
    assert event(events)["event"] == "hello"
    assert [bucket_in(event(events)) for _ in range(2)] == ["one", "two"]
    connection.close()


def test_a_place_that_is_gone_starts_afresh(serving: Serving) -> None:
    connection, events = serving.stream(serving.token(), "?since=99")
    event(events)
    assert event(events) == {"id": "1", "event": "resync", "data": '{"type":"resync","sequence":1}'}
    connection.close()


def test_a_script_hears_of_what_its_token_may_read(serving: Serving) -> None:
    token, admin = serving.token("tracking:read"), serving.token()
    connection, events = serving.stream(token)
    event(events)
    serving.token()
    serving.make_bucket(admin, "window")
    assert event(events)["id"] == "4"
    connection.close()


def test_what_is_personal_is_told_to_its_user_alone(serving: Serving) -> None:
    server = serving.server
    token, me = serving.token(), server.owner.user_id
    connection, events = serving.stream(token)
    event(events)
    letters = [LetterReceived(UserId(me + 1), "theirs"), LetterReceived(me, "mine"), LampLit(1)]
    announce(server.database, letters, server.owner.workspace_id)
    found = [event(events) for _ in range(2)]
    assert [(each["id"], msgspec.json.decode(each["data"])["kind"]) for each in found] == [
        ("3", "LetterReceived"),
        ("4", "LampLit"),
    ]
    connection.close()
    with serving.program(token, "?since=1") as program:
        assert [told(program).get("body") for _ in range(3)] == [
            None,
            {"user_id": me, "text": "mine"},
            {"lamp": 1},
        ]


def test_silence_is_broken_by_comments(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SECONDS_BETWEEN_SIGNS_OF_LIFE", 0.02)
    connection, events = serving.stream(serving.token())
    event(events)
    assert [event(events), event(events)] == [{"": "still here"}] * 2
    connection.close()


@pytest.mark.parametrize(
    ("query", "method", "headers", "status"),
    [
        ("?since=x", "GET", {}, 400),
        ("", "POST", {}, 405),
        ("", "HEAD", {}, 405),
        ("", "GET", {"Last-Event-ID": "x"}, 400),
        ("", "GET", {"Origin": "http://evil.example"}, 403),
        ("", "GET", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("", "GET", {"Host": "evil.example"}, 400),
        ("", "GET", {"Authorization": "Bearer nonsense"}, 401),
    ],
)
def test_everything_else_is_refused(
    serving: Serving, query: str, method: str, headers: dict[str, str], status: int
) -> None:
    token = None if "Authorization" in headers else serving.token()
    connection, answer = serving.stream(token, query, method, **headers)
    assert answer.status == status
    assert answer.getheader("content-type") == "application/problem+json"
    connection.close()


def test_without_a_token_there_is_nothing(serving: Serving) -> None:
    connection, answer = serving.stream(None)
    assert answer.status == 401
    connection.close()


def test_a_revoked_token_ends_the_stream(serving: Serving) -> None:
    token = serving.token()
    connection, events = serving.stream(token)
    event(events)
    serving.revoke(token.id)
    assert events.read() == b""
    connection.close()


def test_a_server_that_stops_ends_the_stream(serving: Serving) -> None:
    connection, events = serving.stream(serving.token())
    event(events)
    serving.running.stop()
    assert events.read() == b""
    connection.close()


def test_a_script_that_leaves_is_forgotten(serving: Serving) -> None:
    hub = serving.server.live.hub
    connection, events = serving.stream(serving.token())
    event(events)
    assert hub.listeners == 1
    events.close()
    connection.close()
    deadline = time.monotonic() + PATIENCE
    while hub.listeners and time.monotonic() < deadline:
        time.sleep(0.01)
    assert hub.listeners == 0
