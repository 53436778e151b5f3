"""Moving in: progress, dry run, going on after a stop, doing it twice."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from hourloom.imports.activitywatch.usual import PORTS
from tests.cli.program import PROGRAM, Program, an_export, ask

BUCKET = "aw-watcher-window_heron"


def count(program: Program, bucket: str = BUCKET) -> int:
    return int(ask(program.port, "GET", f"/api/0/buckets/{bucket}/events/count"))


def test_an_import_twice_adds_nothing(served: Program, tmp_path: Path) -> None:
    file = an_export(tmp_path / "in.json", 4321, "twice")
    first = served.json("import", "activitywatch", str(file))
    assert (first["created"], first["skipped"], first["faulty"]) == (4321, 0, 0)
    assert first["buckets_created"] == ["twice"]
    again = served.json("import", "activitywatch", str(file))
    assert (again["created"], again["skipped"]) == (0, 4321)
    assert again["buckets_merged"] == ["twice"]
    assert again["operation_id"] != first["operation_id"]
    assert count(served, "twice") == 4321


def test_a_dry_run_stores_nothing(served: Program, tmp_path: Path) -> None:
    report = served.json(
        "import", "activitywatch", str(an_export(tmp_path / "in.json", 10, "dry")), "--dry-run"
    )
    assert (report["created"], report["buckets_created"], report["operation_id"]) == (10, ["dry"], None)
    assert "dry" not in {each["bucket"] for each in served.json("status")["watchers"]}


def test_a_dry_run_needs_neither_server_nor_record(hourloom: Program, tmp_path: Path) -> None:
    hourloom("import", "activitywatch", str(an_export(tmp_path / "in.json")), "--dry-run")
    assert not hourloom.data_dir.exists()


def test_faulty_events_are_counted_and_shown(served: Program, tmp_path: Path) -> None:
    file = an_export(tmp_path / "in.json", 3, "faulty")
    export = json.loads(file.read_bytes())
    export["buckets"]["faulty"]["events"][1]["duration"] = -1
    file.write_text(json.dumps(export), "utf-8")
    said = served("import", "activitywatch", str(file)).stdout
    assert "2 events created" in said
    assert "1 events cannot be imported" in said
    assert "duration" in said
    assert count(served, "faulty") == 2


def test_what_is_no_source_is_refused_in_a_sentence(served: Program, tmp_path: Path) -> None:
    served.refused("import", "activitywatch", str(tmp_path / "missing.json"))
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", "utf-8")
    assert "CSV" in served.refused("import", "activitywatch", str(tmp_path / "a.csv"))
    served.refused("import", "activitywatch", "http://127.0.0.1:1")
    missing = str(tmp_path / "token")
    assert "token file" in served.refused("import", "activitywatch", "http://x", "--token-file", missing)


def test_a_running_server_can_be_the_source(tmp_path: Path) -> None:
    there, here = Program(tmp_path / "there"), Program(tmp_path / "here")
    there.home.mkdir()
    here.home.mkdir()
    with there.running():
        there("import", "activitywatch", str(an_export(tmp_path / "in.json", 50)))
        report = here.json("import", "activitywatch", f"http://127.0.0.1:{there.port}")
    assert (report["created"], report["faulty"]) == (50, 0)


def test_without_a_source_the_usual_places_are_looked_at(hourloom: Program) -> None:
    hourloom.home.mkdir(exist_ok=True)
    done = subprocess.run(
        [*PROGRAM, "import", "activitywatch", "--json"],
        env=hourloom.environment,
        capture_output=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert all(any(str(port) in each["source"] for port in PORTS) for each in found)


def test_a_database_in_its_usual_place_is_found(hourloom: Program) -> None:
    place = hourloom.home / ".local/share/activitywatch/aw-server/peewee-sqlite.v2.db"
    place.parent.mkdir(parents=True)
    with sqlite3.connect(place) as database:
        database.executescript(
            "CREATE TABLE bucketmodel (key INTEGER PRIMARY KEY, id TEXT, created TEXT, name TEXT, type TEXT, "
            "client TEXT, hostname TEXT, datastr TEXT);"
            "CREATE TABLE eventmodel (id INTEGER PRIMARY KEY, bucket_id INTEGER, timestamp TEXT, "
            "duration DECIMAL(10, 5), datastr TEXT);"
        )
    database.close()
    assert str(place) in hourloom("import", "activitywatch").stdout


def test_an_import_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    program = Program(tmp_path)
    file = an_export(tmp_path / "in.json", 60_000)
    with program.running():
        process = subprocess.Popen(
            [*PROGRAM, "import", "activitywatch", str(file)],
            env=program.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for(lambda: BUCKET in ask(program.port, "GET", "/api/0/buckets/"))
        _wait_for(lambda: count(program) > 2000)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        had = count(program)
        assert had < 60_000, "it was too fast for this test; make the export longer"
        report = program.json("import", "activitywatch", str(file))
        assert report["created"] == 60_000
        assert report["skipped"] == 0
        assert count(program) == 60_000
        assert len(program.json("operations")) == 1
        assert not list((program.data_dir / "run").glob("importing-*"))


def test_a_stopped_import_that_was_undone_begins_anew(served: Program, tmp_path: Path) -> None:
    file = an_export(tmp_path / "in.json", 10, "anew")
    first = served.json("import", "activitywatch", str(file))["operation_id"]
    served("undo", str(first))
    again = served.json("import", "activitywatch", str(file))
    assert (again["created"], again["operation_id"] != first) == (10, True)


def test_progress_is_shown_on_a_terminal_and_nowhere_else(served: Program, tmp_path: Path) -> None:
    file = an_export(tmp_path / "in.json", 3000, "progress")
    assert "3,000 events" in served.in_terminal("import", "activitywatch", str(file), "--dry-run")
    assert served("import", "activitywatch", str(file)).stderr == ""


def _wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
