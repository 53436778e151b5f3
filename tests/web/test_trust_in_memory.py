"""Trust where no real connection can show it: users that nobody can tell, tokens that have expired."""

from __future__ import annotations

import msgspec
import pytest

from hourloom.assembly import all_routes
from hourloom.testing import Client, ServerInMemory
from hourloom.web.peers.peer import Peer
from hourloom.web.routes import Access, Route
from tests.web.asking import target_of

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
UNKNOWN = Peer("tcp", None, loopback=True)
TAB, WINDOW = "web.tab.current", "currentwindow"
EXTENSION = {"Origin": "chrome-extension://nglaklhklh", "Sec-Fetch-Site": "none"}
HEARTBEAT = {"timestamp": "2026-03-02T08:00:00Z", "data": {"url": "https://example.org"}}


def ask(client: Client, route: Route, peer: Peer | None = None) -> int:
    has_body = route.method in ("POST", "PUT", "PATCH")
    body: object = {} if has_body else msgspec.UNSET
    return client.request(route.method, target_of(route), json=body, peer=peer).status


def a_bucket(type_: str) -> dict[str, str]:
    return {"type": type_, "client": "test", "hostname": "here"}


@on_sqlite
def test_a_program_whose_user_cannot_be_told_only_records(server: ServerInMemory) -> None:
    wrong = []
    for route in all_routes():
        status = ask(server.client, route, UNKNOWN)
        let_in = route.access in (Access.INGEST, Access.ANYONE)
        if (status == 401) is let_in or status == 403:
            wrong.append(f"{route.method} {route.path}: {status}")
    assert wrong == []


@on_sqlite
def test_a_program_whose_user_cannot_be_told_records_in_any_bucket(server: ServerInMemory) -> None:
    for name, type_ in (("tabs", TAB), ("windows", WINDOW)):
        assert server.client.post(f"/api/0/buckets/{name}", a_bucket(type_), peer=UNKNOWN).status == 200
        beat = server.client.post(f"/api/0/buckets/{name}/heartbeat?pulsetime=5", HEARTBEAT, peer=UNKNOWN)
        assert beat.status == 200


@pytest.mark.parametrize(
    "headers", [EXTENSION, {"Sec-Fetch-Site": "none"}], ids=["extension", "typed address"]
)
def test_a_browser_without_a_token_records_only_its_tabs(
    server: ServerInMemory, headers: dict[str, str]
) -> None:
    server.client.post("/api/0/buckets/windows", a_bucket(WINDOW))
    beat = "/api/0/buckets/{}/heartbeat?pulsetime=5"
    made = server.client.post("/api/0/buckets/mine", a_bucket(WINDOW), headers=headers)
    assert (made.status, made.json()["code"]) == (403, "bucket_out_of_reach")
    assert server.client.post("/api/0/buckets/tabs", a_bucket(TAB), headers=headers).status == 200
    assert server.client.post(beat.format("tabs"), HEARTBEAT, headers=headers).status == 200
    assert server.client.post(beat.format("windows"), HEARTBEAT, headers=headers).status == 403
    assert server.client.get("/api/0/buckets/windows/events/count").json() == 0
    assert server.client.get("/api/0/buckets/tabs/events/count").json() == 1
    assert list(server.client.get("/api/0/buckets").json()) == ["windows", "tabs"]


def test_a_browser_cannot_pass_a_window_bucket_off_as_its_own(server: ServerInMemory) -> None:
    server.client.post("/api/0/buckets/windows", a_bucket(WINDOW))
    server.client.post("/api/0/buckets/windows", a_bucket(TAB), headers=EXTENSION)
    beat = "/api/0/buckets/windows/heartbeat?pulsetime=5"
    assert server.client.post(beat, HEARTBEAT, headers=EXTENSION).status == 403
    assert server.client.get("/api/0/buckets/windows").json()["type"] == WINDOW


@on_sqlite
@pytest.mark.parametrize("how", ["wrong", pytest.param("expired", marks=pytest.mark.soak), "revoked"])
def test_a_token_that_does_not_hold_opens_nothing(server: ServerInMemory, how: str) -> None:
    accounts = server.server.accounts
    code = server.write(lambda: accounts.issue_ticket(server.owner, "sign_in"))
    issued = server.write(lambda: accounts.sign_in(code))
    if how == "expired":
        server.clock.advance(31 * 86_400)
    if how == "revoked":
        server.write(lambda: accounts.revoke_token(server.owner, issued.id))
    holder = server.client.with_token("wrong" if how == "wrong" else issued.secret)
    open_to_it = [
        f"{route.method} {route.path}"
        for route in all_routes()
        if route.access is not Access.ANYONE and ask(holder, route) != 401
    ]
    assert open_to_it == []


def test_a_token_lets_an_extension_do_no_more_than_record(server: ServerInMemory) -> None:
    extension = server.client_with("admin")
    assert extension.get("/api/0/buckets", headers=EXTENSION).status == 403
    assert extension.get("/api/v1/buckets", headers=EXTENSION).status == 403
    assert extension.get("/api/0/info", headers=EXTENSION).status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/0/nothing", "/nothing", "/api/v1/events/delete/more"]
)
def test_there_is_nothing_where_there_is_no_route(server: ServerInMemory, method: str, path: str) -> None:
    answer = server.client_with("admin").request(method, path)
    assert answer.status == 404
    assert answer.json()["code"] == "no_such_page"


def test_a_literal_path_is_not_taken_for_a_parameter(server: ServerInMemory) -> None:
    refused = server.client_with("admin").post("/api/v1/events/delete", {"ids": [1]})
    assert (refused.status, refused.json()["code"]) == (404, "no_such_event")
