"""Backups over HTTP, as jobs, with Changes that tell the whole story."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hourloom.backups.service import Backups
from hourloom.core.changes import RecordedChange
from hourloom.testing import Client, FixedClock, ServerInMemory, a_peer, a_server, open_sqlite
from tests.backups.builders import Home, a_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path)


@pytest.fixture
def kept(home: Home, tmp_path: Path, clock: FixedClock) -> Iterator[ServerInMemory]:
    """Run a server over a database that has its keys beside it."""
    key = home.unlocked.data_key
    with a_server(
        lambda record, publish: open_sqlite(home.database, key, record, publish), tmp_path, clock
    ) as running:
        yield running


def ended(server: ServerInMemory, client: Client, job: int) -> str:
    """Let the server work until a job has ended; return its state."""

    async def wait() -> str:
        async with asyncio.timeout(30):
            while True:
                state = (await client.ask("GET", f"/api/v1/jobs/{job}")).json()["state"]
                if state != "open":
                    return str(state)
                await asyncio.sleep(0.01)

    return str(server.run(wait()))


def test_a_backup_is_made_listed_and_examined_over_http(kept: ServerInMemory) -> None:
    client = kept.client_with("backups:write", "jobs:read")
    queued = client.post("/api/v1/backups")
    assert queued.status == 202
    assert ended(kept, client, queued.json()["job"]) == "finished"
    listed = client.get("/api/v1/backups").json()
    (backup,) = listed["backups"]
    assert (backup["verified"], backup["sealed"], backup["fault"]) == (True, True, None)
    assert listed["made_at"] == backup["made_at"]
    assert (listed["stale"], listed["fault"], listed["out_of_reach"]) == (False, None, [])

    queued = client.post("/api/v1/backups/verify", json={"name": backup["name"]})
    assert ended(kept, client, queued.json()["job"]) == "finished"
    path = Path(backup["place"]) / backup["name"]
    path.write_bytes(path.read_bytes()[:-1])
    queued = client.post("/api/v1/backups/verify")
    assert ended(kept, client, queued.json()["job"]) == "finished"
    assert "its end is missing" in client.get("/api/v1/backups").json()["backups"][0]["fault"]


def test_only_the_local_socket_may_name_a_folder(kept: ServerInMemory, tmp_path: Path) -> None:
    client = kept.client_with("backups:write", "jobs:read")
    body = {"folder": str(tmp_path / "disk")}
    refused = client.post("/api/v1/backups", json=body)
    assert (refused.status, refused.json()["code"]) == (403, "backup_place_not_yours")
    queued = client.request("POST", "/api/v1/backups", json=body, peer=a_peer("unix"))
    assert ended(kept, client, queued.json()["job"]) == "finished"
    assert len(list((tmp_path / "disk").glob("*.backup"))) == 1
    wrong = client.request("POST", "/api/v1/backups", json={"folder": "../disk"}, peer=a_peer("unix"))
    assert (wrong.status, wrong.json()["code"]) == (400, "backup_place_refused")


def test_who_lacks_the_scope_is_refused(kept: ServerInMemory) -> None:
    reader = kept.client_with("backups:read")
    assert reader.get("/api/v1/backups").status == 200
    assert reader.post("/api/v1/backups").status == 403
    assert reader.post("/api/v1/backups/verify").status == 403
    assert kept.client_with("settings:read").get("/api/v1/backups").status == 403


def test_two_requests_are_one_backup(kept: ServerInMemory) -> None:
    client = kept.client_with("backups:write", "jobs:read")
    one, other = client.post("/api/v1/backups").json(), client.post("/api/v1/backups").json()
    assert one == other
    assert ended(kept, client, one["job"]) == "finished"
    assert len(client.get("/api/v1/backups").json()["backups"]) == 1


def test_changes_tell_which_backups_there_are(kept: ServerInMemory) -> None:
    backups = kept.service(Backups)
    kept.client.request("PUT", "/api/v1/settings/backup_keep_daily", json={"value": 1}, peer=a_peer("unix"))
    for name in ("weekly", "monthly"):
        path = f"/api/v1/settings/backup_keep_{name}"
        assert kept.client.request("PUT", path, json={"value": 0}, peer=a_peer("unix")).status == 200

    def names() -> set[str]:
        return {backup.name for backup in backups.overview(kept.owner).backups}

    def apply(before: set[str], change: RecordedChange) -> set[str]:
        told = msgspec.json.decode(change.body)
        match change.kind:
            case "BackupMade":
                return before | {told["name"]}
            case "BackupDropped":
                return before - {told["name"]}
            case _:
                return before

    for _ in range(3):
        kept.verify_changes(backups.now, names, apply)
        kept.clock.advance(2 * 86_400)
    assert len(names()) == 1


@pytest.mark.parametrize("dialect", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_on_postgresql_every_route_says_how_it_is_backed_up(server: ServerInMemory) -> None:
    client = server.client_with("admin")
    for answer in (
        client.get("/api/v1/backups"),
        client.post("/api/v1/backups"),
        client.post("/api/v1/backups/verify"),
    ):
        assert (answer.status, answer.json()["code"]) == (409, "team_backup")
        assert "pg_dump" in answer.json()["detail"]
