"""Pages of the database that went bad: said plainly, and everything else still answers."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.sqlite import connect
from tests.rigs.faults.pages import PAGE, leaves
from tests.rigs.serving.a_home import PROGRAM, Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.watchers import Watchers

DAYS = 40


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home with many events of one bucket, to be copied."""
    running = Home(tmp_path_factory.mktemp("whole"))
    running.server.start()
    assert running.status("/api/0/buckets/full", "POST", '{"client":"c","type":"t","hostname":"h"}') == 200
    for day in range(DAYS):
        date = f"2026-{1 + day // 28:02}-{1 + day % 28:02}"
        events = [
            {
                "timestamp": f"{date}T{minute // 60:02}:{minute % 60:02}:00Z",
                "duration": 30,
                "data": {"title": f"{day}-{minute}" + "x" * 40},
            }
            for minute in range(0, 1440, 10)
        ]
        assert running.status("/api/0/buckets/full/events", "POST", json.dumps(events)) == 200
    running.server.stop()
    return running.root


@pytest.fixture
def filled(whole: Path, tmp_path: Path) -> Iterator[Home]:
    """Return a copy of that home, its server stopped."""
    shutil.copytree(whole, tmp_path / "filled")
    made = Home(tmp_path / "filled")
    yield made
    made.server.kill()


def pages_of_events(home: Home) -> list[int]:
    """Return the pages of the index from which events are read, in the order of their time."""
    key = unlock(Means(Places(home.data_dir, home.config_dir)), "file").data_key
    assert key is not None
    connection = connect(home.database, key)
    find = "SELECT rootpage FROM sqlite_master WHERE name = 'events_by_time'"
    (root,) = connection.execute(find).fetchone()
    connection.close()
    return leaves(home.database, key, root)


def spoil(home: Home, page: int) -> None:
    """Overwrite a page by chance."""
    with home.database.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(random.Random(page).randbytes(PAGE))


def day(home: Home, number: int) -> tuple[int, bytes]:
    starts = f"2026-{1 + number // 28:02}-{1 + number % 28:02}"
    path = f"/api/0/buckets/full/events?limit=-1&start={starts}T00:00:00Z&end={starts}T23:59:59Z"
    return ask(home.port, "GET", path)


def test_a_damaged_page_is_said_and_the_others_are_read(filled: Home) -> None:
    pages = pages_of_events(filled)
    assert len(pages) > 8
    spoil(filled, pages[len(pages) // 2])
    filled.server.start()
    answers = [day(filled, number) for number in range(DAYS)]
    damaged = [content for status, content in answers if status != 200]
    assert {status for status, _ in answers} == {200, 503}
    assert 0 < len(damaged) < DAYS / 2
    assert all(b"hourloom doctor" in content for content in damaged)
    with Watchers(filled.port, 2) as watchers:
        watchers.get_through(40)
        assert [day(filled, number)[0] for number in range(DAYS)].count(503) == len(damaged)
        watchers.get_through(40)
    assert set(watchers.answers) == {"200"}, "what is new goes elsewhere"
    assert watchers.lost() == []
    assert "could not be read" in filled.log


def test_the_doctor_finds_the_damage(filled: Home) -> None:
    spoil(filled, pages_of_events(filled)[0])
    done = subprocess.run(
        [PROGRAM, "doctor", "--json", "--data-dir", filled.data_dir],
        env=filled.environment | {"HOURLOOM_TESTING": "true"},
        capture_output=True,
        check=False,
    )
    bad = [check for check in json.loads(done.stdout) if check["verdict"] == "bad"]
    assert any("damage" in json.dumps(check) for check in bad), done.stdout
    assert done.returncode == 1


def test_a_start_after_a_kill_notices_the_damage(filled: Home) -> None:
    page = pages_of_events(filled)[0]
    filled.server.start()
    filled.server.kill()
    spoil(filled, page)
    filled.server.start()
    assert filled.status("/api/0/info") == 200
    wait_for_log(filled, "the database is damaged")


def wait_for_log(home: Home, words: str) -> None:
    """Wait until the server has logged these words."""
    with Watchers(home.port, 1, name="pace") as pace:
        for _ in range(2_000):
            if words in home.log:
                return
            pace.get_through(1)
    raise AssertionError(home.log[-2000:])


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_any_damaged_page_leaves_a_server_that_answers_or_says_why_not(filled: Home, tmp_path: Path) -> None:
    whole = filled.database.read_bytes()
    rng = random.Random(1)
    for _ in range(60):
        filled.database.write_bytes(whole)
        page = rng.randrange(1, len(whole) // PAGE + 1)
        spoil(filled, page)
        for left in ("hourloom.db-wal", "hourloom.db-shm"):
            (filled.data_dir / left).unlink(missing_ok=True)
        if said := filled.start_or_say():
            assert "hourloom.db" in said, (page, said)
            continue
        statuses = {day(filled, number)[0] for number in range(DAYS)}
        statuses |= {ask(filled.port, "GET", path)[0] for path in ("/health", "/api/0/buckets", "/metrics")}
        assert statuses <= {200, 503}, (page, statuses)
        filled.server.stop()
