"""Paths find their application: literal segments win, parameters are one whole segment."""

from __future__ import annotations

from typing import Any

import pytest

from hourloom.web.router import Mount, Router


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, _scope: Any, _receive: Any, _send: Any) -> None:
        """Stand for an application."""


NOTHING = Named("nothing")
ROUTER = Router(
    [
        Mount("/events/{event}", Named("event")),
        Mount("/events/delete", Named("delete")),
        Mount("/events/{event}/split", Named("split")),
        Mount("/{one}/{two}/{three}", Named("three")),
        Mount("/buckets/", Named("buckets")),
        Mount("/live", Named("socket"), "websocket"),
    ],
    NOTHING,
)


@pytest.mark.parametrize(
    ("path", "name", "parameters"),
    [
        ("/events/7", "event", {"event": "7"}),
        ("/events/delete", "delete", {}),
        ("/events/delete/split", "split", {"event": "delete"}),
        ("/a/b/c", "three", {"one": "a", "two": "b", "three": "c"}),
        ("/buckets/", "buckets", {}),
        ("/buckets", "nothing", {}),
        ("/events/", "nothing", {}),
        ("//b/c", "nothing", {}),
        ("/live", "nothing", {}),
        ("", "nothing", {}),
        ("/événement/ü/☕", "three", {"one": "événement", "two": "ü", "three": "☕"}),
    ],
)
def test_a_path_finds_its_application(path: str, name: str, parameters: dict[str, str]) -> None:
    scope: dict[str, Any] = {"type": "http", "path": path}
    found = ROUTER.found(scope)
    assert isinstance(found, Named)
    assert (found.name, scope["path_params"]) == (name, parameters)


def test_a_socket_and_a_page_may_share_a_path() -> None:
    found = ROUTER.found({"type": "websocket", "path": "/live"})
    assert isinstance(found, Named)
    assert found.name == "socket"
