"""A device tells the server that somebody is back, and the server tells everybody who listens."""

from __future__ import annotations

import msgspec
import pytest

from hourloom.core.clock import format_instant
from hourloom.testing import ServerInMemory


@pytest.fixture
def dialect() -> str:
    """Announcing is the same on both databases."""
    return "sqlite"


PATH = "/api/v1/devices/desk/returns"


def said(server: ServerInMemory, away: float, back: float, why: str = "idle") -> dict[str, str]:
    """Return what a device says: seconds before now."""
    now = server.clock.now()
    return {
        "away_from": format_instant(now - round(away * 1e6)),
        "back_at": format_instant(now - round(back * 1e6)),
        "why": why,
    }


def test_a_return_is_announced_once_with_the_whole_absence(server: ServerInMemory) -> None:
    body = said(server, 3600, 1)
    device = server.client_with("heartbeats:write")
    for _ in range(2):
        answer = device.post(PATH, json=body)
        assert answer.status == 200, answer.body
    (change,) = [each for each in server.changes if each.kind == "PersonReturned"]
    assert msgspec.json.decode(change.body) == body | {"device": "desk"}


def test_who_may_not_record_announces_nothing(server: ServerInMemory) -> None:
    for scope in ("tracking:read", "heartbeats:write:web_desk"):
        assert server.client_with(scope).post(PATH, json=said(server, 3600, 1)).status == 403
    assert not [each for each in server.changes if each.kind == "PersonReturned"]


@pytest.mark.parametrize(
    ("away", "back", "why"), [(10, 10, "idle"), (10, 20, "idle"), (10, -3600, "idle"), (10, 1, "bored")]
)
def test_what_is_no_absence_is_refused(server: ServerInMemory, away: float, back: float, why: str) -> None:
    device = server.client_with("heartbeats:write")
    assert device.post(PATH, json=said(server, away, back, why)).status == (422 if why == "bored" else 400)
    assert not [each for each in server.changes if each.kind == "PersonReturned"]
