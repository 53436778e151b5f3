"""A real server looks after itself from its start on, and tells how the one before it ended."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.web.asking import RealServer


def standing(server: RealServer, *wanted: str) -> dict[str, dict[str, Any]]:
    """Return the notices that stand by kind, once all that are wanted do."""
    deadline = time.monotonic() + 20
    while True:
        with server.connect(unix=True) as connection:
            answer = connection.ask("GET", "/api/v1/notices")
        found = {each["kind"]: each for each in answer.json().get("notices", [])}
        if answer.status == 200 and set(wanted) <= set(found):
            return found
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)


def test_a_server_after_a_loop_of_crashes_says_so_and_looks_around(tmp_path: Path) -> None:
    server = RealServer(tmp_path, HOURLOOM_ENDED="6 -11", HOURLOOM_LOG_LEVEL="info")
    try:
        server.wait()
        found = standing(server, "server_crashed", "recovery_code_pending")
        assert (
            found["server_crashed"]["sentence"]
            == "The server ended unexpectedly 6 times before it stayed up."
        )
        health = server.owner("GET", "/api/v1/health")
        assert health["disk"]["free_bytes"] > 1 << 20
        assert health["disk"]["ballast_held"] is True
        assert health["clock"]["jumped_at"] is None
        assert health["notices"] == dict.fromkeys(found, 1)
        server.owner("POST", "/api/v1/notices/read")
        assert "server_crashed" not in standing(server, "recovery_code_pending")
    finally:
        server.stop()
    log = (server.data_dir / "log" / "hourloom.log").read_text()
    assert "the server before this one ended by signal 11; 6 crashed in a row" in log


def test_a_first_start_and_one_that_follows_a_single_crash_tell_nothing(tmp_path: Path) -> None:
    server = RealServer(tmp_path, HOURLOOM_ENDED="1 -9")
    try:
        server.wait()
        assert set(standing(server, "recovery_code_pending")) == {"recovery_code_pending"}
    finally:
        server.stop()


def test_a_damaged_database_is_told_of_after_a_kill(tmp_path: Path) -> None:
    server = RealServer(tmp_path)
    server.wait()
    # So that its own tables have their pages before the record fills the rest.
    standing(server, "recovery_code_pending")
    event = {"timestamp": "2026-03-02T08:00:00Z", "duration": 1}
    server.owner("POST", "/api/0/buckets/b", {"client": "c", "type": "t", "hostname": "h"})
    events = [event | {"data": {"title": f"{number} {'x' * 900}"}} for number in range(2_000)]
    server.owner("POST", "/api/0/buckets/b/events", events)
    server.stop()
    file = server.data_dir / "hourloom.db"
    with file.open("r+b") as opened:
        # In the midst of what was recorded.
        opened.seek(file.stat().st_size // 8192 * 4096 + 1000)
        opened.write(b"damage")
    (server.data_dir / "in-use").touch()
    again = RealServer(tmp_path)
    try:
        again.wait()
        found = standing(again, "database_damaged")
        assert "hourloom doctor" in found["database_damaged"]["advice"]
    finally:
        again.stop()
