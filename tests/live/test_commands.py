"""Commands over the live socket: the operations of the API, with its rules and its errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection

from hourloom.assembly import all_routes
from hourloom.live.commands import is_command
from tests.live.serving import Serving, a_bucket, perform, send, told

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
def admin(serving: Serving) -> Iterator[ClientConnection]:
    """Open the socket with all rights."""
    with serving.program(serving.token()) as program:
        told(program)
        yield program


def test_every_operation_of_the_api_that_speaks_json_is_a_command(dialect: str) -> None:
    routes = [route for route in all_routes() if is_command(route)]
    names = [route.name for route in routes]
    assert sorted(names) == sorted(set(names))
    assert {"list_buckets", "create_bucket", "send_heartbeats", "undo_operation", "change_setting"} <= set(
        names
    )
    assert all(route.path.startswith("/api/v1/") for route in routes)


def test_a_write_is_done_and_announced(admin: ClientConnection) -> None:
    send(
        admin, {"type": "command", "id": "a", "name": "create_bucket", "parameters": {"body": a_bucket("w")}}
    )
    first, second = told(admin), told(admin)
    answer, change = (first, second) if first["type"] == "answer" else (second, first)
    assert (answer["id"], answer["status"], answer["body"]["name"]) == ("a", 201, "w")
    assert (change["kind"], change["body"]["bucket"]) == ("BucketCreated", "w")


def test_parameters_of_path_and_query_are_named(admin: ClientConnection) -> None:
    perform(admin, "create_bucket", body=a_bucket("w"))
    events = [{"started_at": "2026-03-02T08:00:00Z", "duration": 1, "data": {"n": n}} for n in range(3)]
    assert perform(admin, "add_events", bucket="w", body=events)["status"] == 201
    page = perform(admin, "list_events", bucket="w", limit=2)["body"]
    assert len(page["events"]) == 2
    assert len(perform(admin, "list_events", bucket="w", limit="1")["body"]["events"]) == 1


def test_a_coroutine_is_awaited(admin: ClientConnection) -> None:
    perform(admin, "create_bucket", body=a_bucket("w"))
    beat = {"timestamp": "2026-03-02T08:00:00Z", "data": {"app": "x"}}
    answer = perform(admin, "send_heartbeats", body={"bucket": "w", "pulsetime": 1, "heartbeats": [beat]})
    assert answer["status"] == 200
    assert answer["body"]["results"][0]["started_at"] == "2026-03-02T08:00:00Z"


def test_a_deed_can_be_undone_by_command(admin: ClientConnection) -> None:
    perform(admin, "create_bucket", body=a_bucket("w"))
    operation = perform(admin, "delete_bucket", bucket="w")["body"]["operation_id"]
    assert perform(admin, "show_bucket", bucket="w")["status"] == 404
    assert perform(admin, "undo_operation", operation=operation)["status"] == 200
    assert perform(admin, "show_bucket", bucket="w")["status"] == 200


@pytest.mark.parametrize(
    ("name", "parameters", "status", "code"),
    [
        ("no_such", {}, 404, "no_such_command"),
        ("__init__", {}, 404, "no_such_command"),
        ("list_aw_buckets", {}, 404, "no_such_command"),
        ("export_all", {}, 404, "no_such_command"),
        ("show_bucket", {}, 400, "missing_parameter"),
        ("show_bucket", {"bucket": "none"}, 404, "no_such_bucket"),
        ("show_bucket", {"bucket": 5}, 400, "invalid_parameter"),
        ("show_bucket", {"bucket": ""}, 400, "invalid_parameter"),
        ("show_bucket", {"bucket": "a/b"}, 400, "invalid_parameter"),
        ("show_bucket", {"bucket": "a\0b"}, 400, "invalid_parameter"),
        ("show_bucket", {"bucket": "100 % \U0001f389 'x'"}, 404, "no_such_bucket"),
        ("show_bucket", {"bucket": "w", "also": 1}, 400, "unknown_parameter"),
        ("show_bucket", {"bucket": "w", "who": {"scopes": ["admin"]}}, 400, "unknown_parameter"),
        ("show_bucket", {"bucket": "w", "buckets": None}, 400, "unknown_parameter"),
        ("list_events", {"bucket": "w", "limit": 0}, 400, "invalid_parameter"),
        ("list_events", {"bucket": "w", "limit": "x"}, 400, "invalid_parameter"),
        ("create_bucket", {}, 400, "missing_parameter"),
        ("create_bucket", {"body": {"name": ""}}, 422, "invalid_shape"),
        ("create_bucket", {"body": {**a_bucket("w"), "also": 1}}, 422, "invalid_shape"),
        ("undo_operation", {"operation": 0}, 400, "invalid_parameter"),
    ],
)
def test_what_is_wrong_has_the_codes_of_the_api(
    admin: ClientConnection, name: str, parameters: dict[str, object], status: int, code: str
) -> None:
    answer = perform(admin, name, **parameters)
    assert (answer["status"], answer["problem"]["code"]) == (status, code)
    assert "body" not in answer


def test_errors_are_the_same_as_over_http(serving: Serving, admin: ClientConnection) -> None:
    token = serving.token()
    over_http = serving.ask("GET", "/api/v1/buckets/none", token.secret)[1]
    assert perform(admin, "show_bucket", bucket="none")["problem"] == over_http


@pytest.mark.parametrize(
    ("scope", "name", "parameters"),
    [
        ("tracking:read", "delete_bucket", {"bucket": "w"}),
        ("tracking:read", "create_bucket", {"body": a_bucket("w")}),
        ("heartbeats:write", "list_buckets", {}),
        ("operations:read", "list_buckets", {}),
        ("tracking:write", "create_token", {"body": {"name": "x", "scopes": ["admin"]}}),
        ("tracking:write", "change_setting", {"name": "x", "body": {"value": 1}}),
        (
            "heartbeats:write:other",
            "send_heartbeats",
            {
                "body": {
                    "bucket": "w",
                    "pulsetime": 1,
                    "heartbeats": [{"timestamp": "2026-03-02T08:00:00Z", "data": {}}],
                }
            },
        ),
    ],
)
def test_each_scope_too_little_is_refused(
    serving: Serving, scope: str, name: str, parameters: dict[str, object]
) -> None:
    with serving.program(serving.token(scope)) as program:
        told(program)
        answer = perform(program, name, **parameters)
    assert (answer["status"], answer["problem"]["code"]) == (403, "scope_missing")


def test_the_scopes_of_a_page_are_those_of_its_token(serving: Serving) -> None:
    token = serving.token("tracking:read")
    with serving.page({"ticket": serving.ticket(token)}) as page:
        told(page)
        assert perform(page, "list_buckets")["status"] == 200
        assert perform(page, "create_bucket", body=a_bucket("w"))["status"] == 403


def test_a_command_sent_twice_with_one_key_is_done_once(admin: ClientConnection) -> None:
    perform(admin, "create_bucket", body=a_bucket("w"))
    events = [{"started_at": "2026-03-02T08:00:00Z", "duration": 1, "data": {}}]
    command = {
        "type": "command",
        "id": "1",
        "name": "add_events",
        "parameters": {"bucket": "w", "body": events},
        "idempotency_key": "once",
    }
    answers: list[object] = []
    while len(answers) < 2:
        send(admin, command)
        while (message := told(admin))["type"] != "answer":
            pass
        answers.append(message["body"])
    assert answers[0] == answers[1]
    assert len(perform(admin, "list_events", bucket="w")["body"]["events"]) == 1
