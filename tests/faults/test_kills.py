"""Programs that are killed while they write: imports, migrations, and the server under load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hourloom.db import migrate
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.sqlite import connect
from tests.cli.program import an_export
from tests.plugins.figures import Figure
from tests.rigs import made_up_migration
from tests.rigs.killing import REPOSITORY, Process, kill_loop, killed_at_each_step
from tests.rigs.serving.a_home import PROGRAM, Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.integrity import damage
from tests.rigs.serving.watchers import Watchers

BUCKET = "aw-watcher-window_heron"


def a_program(home: Home, *words: str | Path) -> Process:
    """Start a program in a group of its own, so that all of it dies at once."""
    output = (home.root / "program-output").open("ab")
    with output:
        return subprocess.Popen(
            words, env=home.environment, stdout=output, stderr=output, start_new_session=True
        )


def an_import(home: Home, source: Path) -> Process:
    home.environment["HOURLOOM_TESTING"] = "true"
    return a_program(home, PROGRAM, "import", "activitywatch", source, "--data-dir", home.data_dir, "--json")


def rows_of(home: Home) -> tuple[int, int, int]:
    """Return number, sum of lengths and sum of starts of all events, below the server."""
    key = unlock(Means(Places(home.data_dir, home.config_dir)), "file").data_key
    connection = connect(home.database, key)
    wanted = "count(*), coalesce(sum(ended_at - started_at), 0), coalesce(sum(started_at / 1000000), 0)"
    try:
        made = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'events'").fetchone()[0]
        found = connection.execute(f"SELECT {wanted} FROM events").fetchone() if made else (0, 0, 0)
    finally:
        connection.close()
    return int(found[0]), int(found[1]), int(found[2])


few_and_many = pytest.mark.parametrize(
    ("events", "kills"),
    [(6_000, 2), pytest.param(1_000_000, 13, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])],
    ids=["some", "a million events and 13 kills"],
)


@few_and_many
def test_an_import_that_is_killed_again_and_again_ends_with_each_event_once(
    home: Home, tmp_path: Path, events: int, kills: int, figure: Figure
) -> None:
    source = an_export(tmp_path / "export.json", events=events)
    counts: list[int] = []

    def look(_: int) -> None:
        if home.database.exists() and (home.data_dir / "keys.json").exists():
            counts.append(rows_of(home)[0])
            assert counts == sorted(counts), "an import goes on where it was"

    loop = kill_loop(
        lambda: an_import(home, source), lambda _: None, kills, look, longest=1.5 * max(1, events / 100_000)
    )
    assert an_import(home, source).wait(1800) == 0, (home.root / "program-output").read_text()[-2000:]
    first = 1_790_000_000
    assert rows_of(home) == (events, events * 1_000_000, events * first + events * (events - 1)), str(loop)
    figure(f"an import of {events:,} events", f"{loop}, each event once")
    assert damage(home.data_dir, home.config_dir) == []
    assert not list((home.data_dir / "run").glob("import*")), "nothing is left of it"


def test_an_upload_that_is_killed_leaves_no_file_and_can_be_repeated(running: Home, tmp_path: Path) -> None:
    body = an_export(tmp_path / "export.json", events=4_000).read_text()
    head = (
        f"POST /api/0/import HTTP/1.1\r\nHost: localhost:{running.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    import socket

    with socket.create_connection(("127.0.0.1", running.port)) as half:
        half.sendall(head.encode() + body[: len(body) // 2].encode())
        with Watchers(running.port, 1) as watchers:
            watchers.get_through(5)
            running.server.kill()
    running.server.start()
    assert [path.name for path in (running.data_dir / "run").iterdir()] == ["server.sock"]
    assert ask(running.port, "POST", "/api/0/import", body)[0] == 200
    assert ask(running.port, "POST", "/api/0/import", body)[0] == 200
    assert ask(running.port, "GET", f"/api/0/buckets/{BUCKET}/events/count")[1] == b"4000"
    assert watchers.lost() == []


@pytest.fixture
def filled(running: Home) -> Home:
    """Return a home with some events, its server stopped."""
    with Watchers(running.port, 2) as watchers:
        watchers.get_through(200)
    running.server.stop()
    running.environment["HOURLOOM_TESTING"] = "true"
    return running


def migrated(home: Home) -> str:
    """Return the schema of a database after looking at its soundness."""
    assert damage(home.data_dir, home.config_dir) == []
    key = unlock(Means(Places(home.data_dir, home.config_dir)), "file").data_key
    connection = connect(home.database, key)
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        found = str(migrate.sqlite_revision(connection))
        assert ("made_up" in tables, "made_up_by_length" in tables) == (found == "9999",) * 2
        if found == "9999":
            events = connection.execute("SELECT id, ended_at - started_at FROM events ORDER BY id").fetchall()
            assert connection.execute("SELECT id, length FROM made_up ORDER BY id").fetchall() == events
    finally:
        connection.close()
    return found


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_migration_killed_at_any_step_happened_as_a_whole_or_not_at_all(
    filled: Home, tmp_path: Path
) -> None:
    made_up_migration.make_up(tmp_path / "program")
    before = rows_of(filled)
    command = [sys.executable, "-m", "tests.rigs.made_up_migration", tmp_path / "program", filled.data_dir]
    found = {}
    for killed in killed_at_each_step(list(map(str, command)), filled.environment):
        found[killed.step] = migrated(filled)
        assert rows_of(filled) == before
    assert len(found) >= 6, found
    assert {name for name, revision in found.items() if revision == "9999"} == {"served"}
    assert migrated(filled) == "9999"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_migration_killed_at_any_moment_happened_as_a_whole_or_not_at_all(
    filled: Home, tmp_path: Path, figure: Figure
) -> None:
    made_up_migration.make_up(tmp_path / "program")
    before, whole = rows_of(filled), filled.database.read_bytes()
    command = [sys.executable, "-m", "tests.rigs.made_up_migration", tmp_path / "program", filled.data_dir]
    seen = {migrate.HEAD: 0, "9999": 0}

    def look(_: int) -> None:
        found = migrated(filled)
        seen[found] += 1
        assert rows_of(filled) == before
        if found == "9999":
            for left in filled.data_dir.glob("hourloom.db-*"):
                left.unlink()
            filled.database.write_bytes(whole)

    kill_loop(lambda: a_program(filled, *map(str, command)), lambda _: None, 60, look, longest=2.0)
    figure("a migration killed at any moment", f"60 kills, by schema afterwards {seen}")
    assert min(seen.values()) > 0, seen


@pytest.mark.soak
def test_an_old_program_leaves_a_newer_database_alone(filled: Home, tmp_path: Path) -> None:
    made_up_migration.make_up(tmp_path / "program")
    command = [sys.executable, "-m", "tests.rigs.made_up_migration", tmp_path / "program", filled.data_dir]
    subprocess.run(list(map(str, command)), env=filled.environment, cwd=REPOSITORY, check=True)
    before = filled.database.read_bytes()
    assert "newer" in filled.refusal()
    assert filled.database.read_bytes() == before
    assert json.loads((filled.data_dir / "keys.json").read_text())
