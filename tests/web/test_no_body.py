"""Requests that take no body: what says something there is a slip, and is told so."""

from __future__ import annotations

import pytest

from hourloom.assembly import all_routes
from hourloom.testing import ServerInMemory
from hourloom.testing.client import a_peer
from hourloom.web.routes import Route
from tests.web.asking import target_of

TAKE_NONE = [route for route in all_routes() if route.refuses_body]


@pytest.fixture
def dialect() -> str:
    return "sqlite"


def test_only_our_own_routes_refuse_bodies() -> None:
    assert ("POST", "/api/v1/demo") in {(route.method, route.path) for route in TAKE_NONE}
    for route in TAKE_NONE:
        assert route.decoder is None
        assert not route.is_activitywatch
        assert not route.is_for_editors


def test_what_nobody_reads_is_refused_and_does_nothing(server: ServerInMemory) -> None:
    owner = server.client
    for route in TAKE_NONE:
        if route.step_up:
            continue
        for content in (b"garbage", b'{"name": 1}', b"{}" + b" " * 100_000):
            answer = owner.request(route.method, target_of(route), content=content, peer=a_peer("unix"))
            assert (answer.status, answer.json()["code"]) == (400, "no_body_taken"), _named(route)
    assert owner.get("/api/v1/demo", peer=a_peer("unix")).json()["state"] == "none"


def test_what_says_nothing_is_no_body(server: ServerInMemory) -> None:
    owner = server.client
    for content in (b"", b"{}", b" {}\n", b"null"):
        answer = owner.request("POST", "/api/v1/operations/999/undo", content=content, peer=a_peer("unix"))
        assert answer.status == 404


def _named(route: Route) -> str:
    return f"{route.method} {route.path}"
