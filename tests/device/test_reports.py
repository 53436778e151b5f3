"""What a device tells of itself, at the server: kept in memory and shown with the devices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hourloom.core.device_health import DeviceHealth
from hourloom.testing import ServerInMemory

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def dialect() -> str:
    """Say which database these run on: nothing here is kept in one."""
    return "sqlite"


def a_health(device: str = "heron") -> Any:
    health = DeviceHealth(device, "1.0", 42, AT, AT, None, [], None, [])
    return msgspec.to_builtins(health)


def test_a_report_is_shown_with_the_device(server: ServerInMemory) -> None:
    client = server.client_with("heartbeats:write", "tracking:read")
    bucket = {"name": "w", "type": "currentwindow", "client": "c", "hostname": "heron"}
    assert client.post("/api/v1/buckets", bucket).status == 201
    (before,) = client.get("/api/v1/devices").json()
    assert before["health"] is None
    assert client.put("/api/v1/devices/heron/health", a_health()).status == 200
    (after,) = client.get("/api/v1/devices").json()
    assert after["health"]["pid"] == 42
    assert after["reported_at"] == "2026-03-02T09:00:00Z"


def test_a_report_out_of_bounds_is_refused(server: ServerInMemory) -> None:
    client = server.client_with("heartbeats:write")
    large = a_health() | {"device": "x" * 201}
    assert client.put("/api/v1/devices/heron/health", large).status == 422
    many = a_health() | {"watchers": [{}] * 21}
    assert client.put("/api/v1/devices/heron/health", many).status == 422


def test_who_may_only_read_cannot_report(server: ServerInMemory) -> None:
    reader = server.client_with("tracking:read")
    assert reader.put("/api/v1/devices/heron/health", a_health()).status == 403


def test_a_token_of_one_bucket_speaks_for_no_device(server: ServerInMemory) -> None:
    one_bucket = server.client_with("heartbeats:write:w")
    answer = one_bucket.put("/api/v1/devices/heron/health", a_health())
    assert (answer.status, answer.json()["code"]) == (403, "may_not_report")


def test_a_report_that_fills_the_memory_is_refused(server: ServerInMemory) -> None:
    obstacle = {"mechanism": "m", "reason": "x" * 500, "next_step": "x" * 500}
    watcher: dict[str, object] = {
        "watcher": "w",
        "mechanism": None,
        "polls": False,
        "since": None,
        "observed_at": None,
    }
    watcher |= {"error": None, "obstacles": [obstacle] * 20}
    large = a_health() | {"watchers": [watcher] * 20}
    client = server.client_with("heartbeats:write")
    assert client.put("/api/v1/devices/heron/health", large).status == 413
