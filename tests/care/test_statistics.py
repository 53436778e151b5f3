"""What is in the database is told without a look at it each time; what keeps it small runs by itself."""

from __future__ import annotations

from typing import Any

import pytest

from hourloom.care import service
from hourloom.care.model import by_well_known_type
from hourloom.care.service import Care
from hourloom.testing import ServerInMemory

NINE = "2026-03-02T09:00:00Z"


def record(server: ServerInMemory, bucket: str, count: int) -> None:
    client = server.client
    client.post(f"/api/0/buckets/{bucket}", {"client": "c", "type": "currentwindow", "hostname": "h"})
    events = [
        {
            "timestamp": f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z",
            "duration": 1,
            "data": {"title": f"{bucket} {n}"},
        }
        for n in range(count)
    ]
    assert client.post(f"/api/0/buckets/{bucket}/events", events).status == 200


def statistics(server: ServerInMemory) -> dict[str, Any]:
    answer = server.client_with("server:read").get("/api/v1/server/statistics")
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def test_statistics_tell_what_is_in_the_database(server: ServerInMemory) -> None:
    record(server, "kept", 50)
    record(server, "gone", 30)
    assert server.client_with("admin").delete("/api/v1/buckets/gone").status < 300
    if server.database.dialect == "postgresql":
        # Its counters are published by a process of their own.
        server.database.optimise()
    found = statistics(server)
    tables = {table["name"]: table for table in found["tables"]}
    assert {"events", "payloads", "buckets", "notices", "jobs"} <= set(tables)
    assert tables["events"]["bytes"] > 0
    assert found["database"] == server.database.dialect
    assert found["bytes"] > 50_000
    assert (found["payloads"], found["unused_payloads"]) == (80, 0)
    assert found["deleted_buckets"] == 1
    assert found["undoable_operations"] == 1
    assert (found["oldest_event"], found["newest_event"]) == ("2026-03-02T08:00:00Z", "2026-03-02T08:00:49Z")
    assert found["at"] == NINE


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_embedded_database_counts_rows_and_tells_of_its_space(server: ServerInMemory) -> None:
    record(server, "kept", 50)
    found = statistics(server)
    assert next(table["rows"] for table in found["tables"] if table["name"] == "events") == 50
    assert found["sizes_are_estimates"]
    assert found["gives_space_back"]
    assert found["log_bytes"] > 0


def test_an_empty_database_has_no_oldest_event(server: ServerInMemory) -> None:
    found = statistics(server)
    assert (found["oldest_event"], found["newest_event"], found["payloads"]) == (None, None, 0)


def test_statistics_are_gathered_once_in_a_while(
    server: ServerInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statistics(server)["payloads"] == 0
    record(server, "kept", 5)
    assert statistics(server)["payloads"] == 0
    monkeypatch.setattr(service, "SECONDS_KEPT", -1.0)
    assert statistics(server)["payloads"] == 5
    care = server.service(Care)
    assert care.events_by_type() == {"currentwindow": 5}


def test_statistics_need_a_scope(server: ServerInMemory) -> None:
    assert server.client_with("tracking:read").get("/api/v1/server/statistics").status == 403
    assert server.client.get("/api/v1/server/statistics").status == 401


def test_the_daily_work_is_registered_and_harmless(server: ServerInMemory) -> None:
    record(server, "kept", 50)
    told: list[tuple[int, int]] = []
    care = server.service(Care)
    care.optimise()
    assert care.give_back(lambda done, total: told.append((done, total))) == 0
    assert told == [(0, 0)]
    kinds = {job["kind"] for job in server.client_with("jobs:read").get("/api/v1/jobs").json()["jobs"]}
    assert {"care.optimise", "care.give_back", "notices.prune", "tracking.listen"} <= kinds


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_space_goes_back_step_by_step(server: ServerInMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([300, 172, 44, 0])
    monkeypatch.setattr(server.database, "give_back", lambda pages: next(left))
    monkeypatch.setattr(service, "SECONDS_BETWEEN", 0.0)
    told: list[tuple[int, int]] = []
    assert server.service(Care).give_back(lambda done, total: told.append((done, total))) == 384
    assert told == [(128, 428), (256, 428), (384, 428), (384, 384)]


def test_types_that_somebody_made_up_are_counted_together() -> None:
    counts = {"afkstatus": 2, "com.example.secret": 3, "another": 4}
    assert by_well_known_type(counts) == {"afkstatus": 2, "other": 7}
    assert by_well_known_type({"currentwindow": 1}) == {"currentwindow": 1}


def test_the_log_is_for_whoever_may_do_everything(server: ServerInMemory) -> None:
    answer = server.client_with("admin").get("/api/v1/server/log?level=warning&limit=20")
    assert answer.status == 200
    assert isinstance(answer.json()["lines"], list)
    assert server.client_with("admin").get("/api/v1/server/log?limit=501").status == 400
    assert server.client_with("admin").get("/api/v1/server/log?level=all").status == 400
    assert server.client_with("server:read").get("/api/v1/server/log").status == 403
    assert server.client.get("/api/v1/server/log").status == 401
