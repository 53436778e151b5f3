"""What was erased and lies elsewhere: in backups, and in the files of a team database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hourloom.backups import making
from hourloom.backups.folder import Folder
from hourloom.backups.model import Backup
from hourloom.backups.service import Backups
from hourloom.core.clock import HOUR, format_instant
from hourloom.db.sqlite import connect
from hourloom.testing import FixedClock, PostgresServer, ServerInMemory, a_server, open_sqlite
from tests.backups.builders import a_home
from tests.tracking.recorded import WINDOW, a_minute_each, add, make_buckets, rows, until_jobs_end

ERASURES = "/api/v1/erasures"


def test_backups_that_hold_it_still_are_named_and_rewritten(tmp_path: Path, clock: FixedClock) -> None:
    home = a_home(tmp_path, events=3)
    key = home.unlocked.data_key
    with a_server(
        lambda record, publish: open_sqlite(home.database, key, record, publish), tmp_path, clock
    ) as server:
        make_buckets(server)
        client = server.client_with("tracking:write", "backups:write")
        start = clock.now() - HOUR
        add(server, WINDOW, (start, start + HOUR, {"app": "a", "title": "canary-whole"}))
        add(server, WINDOW, *a_minute_each(start, "canary", "other"))
        service = server.service(Backups)
        made = server.run(in_thread(service.now))
        clock.advance(60)
        wanted = {
            "title": "canary",
            "range": f"{format_instant(start)}..{format_instant(start + HOUR // 2)}",
            "now": True,
        }
        erasure = client.post(ERASURES, wanted).json()
        until_jobs_end(server)
        number = erasure["id"]
        assert named(client.get(f"{ERASURES}/{number}").json()) == [made.name]
        assert client.post(f"{ERASURES}/{number}/rewrite-backups", {}).status == 200
        until_jobs_end(server)
        assert named(client.get(f"{ERASURES}/{number}").json()) == []
        left = rows(server, WINDOW)
    taken = tmp_path / "taken.db"
    making.take_out(Folder(Path(made.place), make=False), made.name, taken, key)
    with closing(connect(taken, key)) as connection:
        found = connection.execute(
            "SELECT e.started_at, e.ended_at, p.body FROM events e JOIN payloads p ON p.id = e.payload_id"
            " JOIN buckets b ON b.id = e.bucket_id WHERE b.name = ? ORDER BY e.started_at, e.ended_at",
            (WINDOW,),
        ).fetchall()
        bodies = [body for (body,) in connection.execute("SELECT body FROM payloads ORDER BY body")]
    assert found == left
    assert bodies.count('{"app":"firefox","title":"canary"}') == 0
    assert '{"app":"a","title":"canary-whole"}' in bodies


def named(erasure: dict[str, object]) -> list[str]:
    proofs = erasure["proof"]
    assert isinstance(proofs, list)
    return next(proof["names"] for proof in proofs if proof["place"] == "backups")


async def in_thread(make: Callable[[], Backup]) -> Backup:
    return await asyncio.to_thread(make)


@pytest.mark.postgres
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_no_table_of_a_team_database_holds_it(
    server: ServerInMemory, postgres_server: PostgresServer, postgres_name: str
) -> None:
    make_buckets(server)
    start = server.clock.now() - HOUR
    add(server, WINDOW, *a_minute_each(start, *(f"canary {number}" for number in range(50)), "kept-canary"))
    client = server.client_with("tracking:write")
    assert b"canary 7" in table_files(postgres_server, postgres_name)
    made = client.post(ERASURES, {"pattern": "^canary", "now": True}).json()
    until_jobs_end(server)
    assert client.get(f"{ERASURES}/{made['id']}").json()["state"] == "done"
    found = table_files(postgres_server, postgres_name)
    assert b"kept-canary" in found
    assert b"canary 7" not in found


def table_files(server: PostgresServer, name: str) -> bytes:
    """Return the bytes of all tables of a database, with their indexes and overflow."""
    with server.connect(name) as connection:
        connection.execute("CHECKPOINT")
        (top,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        found = connection.execute(
            "SELECT pg_relation_filepath(oid) FROM pg_class"
            " WHERE relfilenode <> 0 AND relkind IN ('r', 'i', 't')"
        ).fetchall()
    files = [Path(top) / str(path) for (path,) in found]
    return b"".join(file.read_bytes() for file in files if file.exists())
