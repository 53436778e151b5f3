"""Whatever page goes bad, everything that can be read comes back, and the damaged file stays as it was."""

from __future__ import annotations

import random
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hourloom.db.ballast import free_space
from hourloom.db.keys.ways import DataKey
from hourloom.db.lock import take
from hourloom.db.migrate import SchemaIsNewer, migrate_sqlite
from hourloom.db.salvage.cipher import Cipher
from hourloom.db.salvage.errors import NoRoomToSalvage, NothingReadable
from hourloom.db.salvage.making import Salvage, is_readable
from hourloom.db.salvage.pages import SIZE, Pages
from hourloom.db.salvage.schema import schema_of
from hourloom.db.salvage.survey import Survey, surveyed
from hourloom.db.sqlite import connect
from hourloom.tracking.model import digest_of
from tests.db.salvage.damage import (
    EVENTS,
    KEY,
    NOW,
    PAYLOADS,
    Damaged,
    Rows,
    copied,
    kept_of,
    make,
    rows_of,
)

KEYS = [pytest.param(KEY, id="encrypted"), pytest.param(None, id="plain")]
ALMOST_ALL = 0.99
BODY = 3
"""The place of a payload's text among its columns."""


class Made:
    """A sound database, its rows and where its pages are."""

    def __init__(self, directory: Path, key: DataKey | None) -> None:
        self.key = key
        self.path = make(directory / f"{'plain' if key is None else 'encrypted'}.db", key)
        self.rows: Rows = rows_of(self.path, key)
        connection = connect(self.path, key.key if key else None, readonly=True)
        with closing(connection), self.pages() as pages:
            self.survey: Survey = surveyed(pages, schema_of(connection))
            self.count = pages.count
            self.roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall())

    def pages(self) -> Pages:
        return Pages(self.path, Cipher(self.key.key, bytes.fromhex(self.key.id)) if self.key else None)

    def leaf(self, name: str, place: int = -1) -> int:
        return [number for number, _ in self.survey.trees[name].leaves][place]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[DataKey | None, Made]:
    directory = tmp_path_factory.mktemp("made")
    return {key: Made(directory, key) for key in (KEY, None)}


@pytest.fixture(params=KEYS)
def made(request: pytest.FixtureRequest, both: dict[DataKey | None, Made]) -> Made:
    return both[request.param]


@pytest.fixture
def damaged(made: Made, tmp_path: Path) -> Damaged:
    return copied(made.path, tmp_path / "data", made.key)


PAGES: dict[str, Callable[[Made], int]] = {
    "the first page": lambda made: 1,
    "a leaf of events": lambda made: made.leaf("events", 15),
    "the last leaf of events": lambda made: made.leaf("events"),
    "the root of events": lambda made: int(made.roots["events"]),
    "a leaf of the index of events": lambda made: made.leaf("events_by_time", 15),
    "the root of the index of events": lambda made: int(made.roots["events_by_time"]),
    "the root of payloads": lambda made: int(made.roots["payloads"]),
    "a leaf of the index of payloads": lambda made: made.leaf("payloads_by_digest", 3),
    "a leaf of the catalogue": lambda made: made.survey.catalogue.leaves[1][0],
    "the only page of buckets": lambda made: int(made.roots["buckets"]),
    "the only page of devices": lambda made: int(made.roots["devices"]),
    "the only page of users": lambda made: int(made.roots["users"]),
    "the only page of members": lambda made: int(made.roots["members"]),
    "the only page of workspaces": lambda made: int(made.roots["workspaces"]),
    "the version of the schema": lambda made: int(made.roots["alembic_version"]),
    "the numbers given last": lambda made: int(made.roots["sqlite_sequence"]),
}


@pytest.mark.parametrize("where", PAGES)
def test_one_bad_page_takes_no_event(made: Made, damaged: Damaged, where: str) -> None:
    page = PAGES[where](made)
    damaged.spoil(page, random.Random(page).randbytes(SIZE))
    body = damaged.path.read_bytes()
    report = damaged.salvage()
    after = damaged.rows()
    assert report.kept is not None
    assert report.kept.read_bytes() == body
    assert after["events"] == made.rows["events"]
    # Rows of an only page come back as stand-ins, so they are the same but for what they said.
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) for name, rows in made.rows.items()
    }
    assert kept_of(made.rows, after) > 0.999


def test_a_bad_page_of_payloads_costs_titles_and_no_time(made: Made, damaged: Damaged) -> None:
    page = made.leaf("payloads", 10)
    damaged.spoil(page, bytes(SIZE))
    report = damaged.salvage()
    after = damaged.rows()
    assert after["events"] == made.rows["events"]
    lost = {row for row in after["payloads"] if after["payloads"][row] != made.rows["payloads"][row]}
    assert report.stand_ins == {"payloads": len(lost)}
    assert 0 < len(lost) < 100
    assert after["payloads"].keys() == made.rows["payloads"].keys()
    assert {str(after["payloads"][row][BODY]) for row in lost} == {f'{{"lost":{row}}}' for row in lost}


def test_a_turned_bit_of_a_tag_costs_nothing(both: dict[DataKey | None, Made], tmp_path: Path) -> None:
    """The page cannot be trusted any more, but each payload proves itself by its digest."""
    made = both[KEY]
    damaged = copied(made.path, tmp_path / "data", KEY)
    damaged.flip(made.leaf("payloads", 10) * SIZE - 10)
    assert damaged.salvage().stand_ins == {}
    assert damaged.rows()["payloads"] == made.rows["payloads"]


def test_events_come_back_from_their_index_and_their_table(made: Made, damaged: Damaged) -> None:
    leaf = made.leaf("events", 15)
    damaged.spoil(leaf, bytes(SIZE))
    damaged.spoil(made.leaf("events_by_time", -2), bytes(SIZE))
    report = damaged.salvage()
    assert damaged.rows()["events"] == made.rows["events"]
    assert 100 < report.from_indexes["events"] < 200


def test_what_both_have_lost_is_reported_exactly(made: Made, damaged: Damaged) -> None:
    with made.pages() as pages:
        events = sorted(made.rows["events"])
        for number, _ in made.survey.trees["events"].leaves[15:17]:
            damaged.spoil(number, bytes(SIZE))
        for name in ("events_by_time", "events_that_last"):
            for number, _ in made.survey.trees[name].leaves:
                damaged.spoil(number, bytes(SIZE))
        first, last = (made.survey.trees["events"].leaves[place][1] for place in (15, 16))
        assert pages.count
    report = damaged.salvage()
    lost = [row for row in events if row in first or row in last]
    (loss,) = report.losses
    assert (loss.table, loss.ids[0][0], loss.ids[-1][1]) == ("events", lost[0], lost[-1])
    after = damaged.rows()["events"]
    assert sorted(after) == [row for row in events if row not in lost]
    assert loss.began_at == made.rows["events"][lost[0] - 1][3]
    assert loss.ended_at == made.rows["events"][lost[-1] + 1][3]


def test_rows_that_make_no_sense_any_more_are_set_aside(made: Made, damaged: Damaged) -> None:
    damaged.spoil(made.roots["operations"], bytes(SIZE))
    report = damaged.salvage()
    assert report.set_aside == len(made.rows["operation_events"])
    assert report.aside is not None
    assert stat.S_IMODE(report.aside.stat().st_mode) == 0o600
    connection = connect(report.aside, made.key.key if made.key else None, readonly=True)
    with closing(connection):
        names = connection.execute("SELECT DISTINCT name, reason FROM rows_set_aside").fetchall()
    assert names == [("operation_events", "refers to a lost row of operations")]
    assert (b'"event_id"' in report.aside.read_bytes()) == (made.key is None)


def test_no_number_is_given_twice(made: Made, damaged: Damaged) -> None:
    for name in ("sqlite_sequence", "events"):
        damaged.spoil(made.roots[name], bytes(SIZE))
    damaged.salvage()
    connection = connect(damaged.path, made.key.key if made.key else None)
    with closing(connection):
        (most,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    # A deleted event with a higher number can still be brought back.
    assert most == max(row[1] for row in made.rows["operation_events"].values())  # type: ignore[type-var]


def test_the_log_is_read_too(made: Made, tmp_path: Path) -> None:
    damaged, added = with_a_log(made, tmp_path)
    body = damaged.path.with_name("hourloom.db-wal").read_bytes()
    damaged.spoil(made.leaf("events", 3), bytes(SIZE))
    report = damaged.salvage()
    assert set(damaged.rows()["events"]) == set(made.rows["events"]) | added
    assert report.kept is not None
    assert report.kept.with_name("hourloom.db-wal").read_bytes() == body
    assert not damaged.path.with_name("hourloom.db-wal").exists()


@pytest.mark.parametrize("place", [0, 20, 33, 41, 50])
def test_a_bad_frame_takes_no_later_ones(made: Made, tmp_path: Path, place: int) -> None:
    """SQLite forgets whatever was committed after the first damaged frame; here it counts again."""
    damaged, added = with_a_log(made, tmp_path)
    log = damaged.path.with_name("hourloom.db-wal")
    with log.open("r+b") as file:
        file.seek(place if place < 40 else 32 + (SIZE + 24) * 4 + place)
        file.write(b"\xff" * 3)
    damaged.spoil(made.leaf("events", 3), bytes(SIZE))
    damaged.salvage()
    assert len(set(damaged.rows()["events"]) & added) >= len(added) - 20


def with_a_log(made: Made, directory: Path) -> tuple[Damaged, set[int]]:
    """Return a copy with some commits in its log, and the numbers of the events that they added."""
    damaged = copied(made.path, directory / "source", made.key)
    connection = connect(damaged.path, made.key.key if made.key else None)
    with closing(connection):
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(20):
            connection.execute("BEGIN")
            connection.executemany(
                """
                INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)
                VALUES (1, 1, ?, ?, 1)
                """,
                [(NOW + number * 100 + each, NOW + number * 100 + each) for each in range(10)],
            )
            connection.execute("COMMIT")
        after = {row for (row,) in connection.execute("SELECT id FROM events")}
        copy = copied(damaged.path, directory / "data", made.key)
    return copy, after - set(made.rows["events"])


def test_a_file_cut_short_keeps_what_is_left(made: Made, damaged: Damaged) -> None:
    with damaged.path.open("r+b") as file:
        file.truncate(made.count * SIZE * 9 // 10 + 100)
    damaged.salvage()
    after = damaged.rows()
    assert set(after["events"]) <= set(made.rows["events"])
    assert len(after["events"]) > EVENTS * 0.7


def test_an_older_schema_stays_the_older_schema(tmp_path: Path) -> None:
    made = make(tmp_path / "old.db", KEY)
    connection = connect(made, KEY.key)
    with closing(connection):
        migrate_sqlite(connection, "0001")
    damaged = copied(made, tmp_path / "data", KEY)
    damaged.spoil(100, bytes(SIZE))
    damaged.salvage()
    rows = damaged.rows()
    assert rows["alembic_version"] == {1: ("0001",)}
    assert "notices" not in rows
    assert len(rows["events"]) == EVENTS


def test_a_newer_schema_is_left_alone(made: Made, damaged: Damaged) -> None:
    connection = connect(damaged.path, made.key.key if made.key else None)
    with closing(connection):
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaIsNewer):
        damaged.salvage()
    assert not list(damaged.path.parent.glob("*damaged*"))


def test_the_wrong_key_reads_nothing_and_changes_nothing(
    both: dict[DataKey | None, Made], tmp_path: Path
) -> None:
    damaged = copied(both[KEY].path, tmp_path / "data", DataKey(KEY.id, bytes(32)))
    body = damaged.path.read_bytes()
    with pytest.raises(NothingReadable):
        damaged.salvage()
    assert not is_readable(damaged.path, DataKey(KEY.id, bytes(32)))
    assert is_readable(damaged.path, KEY)
    assert [path.name for path in damaged.path.parent.iterdir()] == ["hourloom.db"]
    assert damaged.path.read_bytes() == body


def test_a_full_disk_is_said_before_anything_is_written(damaged: Damaged) -> None:
    salvage = Salvage(digest_of, lambda: bytes(32), NOW, space=lambda _: 1000)
    with pytest.raises(NoRoomToSalvage):
        salvage.run(damaged.path, damaged.key)
    assert free_space(damaged.path.parent) > 1000
    assert [path.name for path in damaged.path.parent.iterdir()] == ["hourloom.db"]


@pytest.mark.parametrize("at", ["look", "copy", "index", "verify", "sync", "swap"])
def test_stopped_at_any_step_one_of_both_is_there(
    both: dict[DataKey | None, Made], tmp_path: Path, at: str
) -> None:
    """The last step was promised before, so whoever takes the directory next does it."""
    made = both[KEY]
    damaged = copied(made.path, tmp_path / "data", KEY)
    damaged.spoil(made.roots["events"], bytes(SIZE))
    body = damaged.path.read_bytes()

    def stop(step: str, _share: float) -> None:
        if step == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Salvage(digest_of, lambda: bytes(32), NOW, stop).run(damaged.path, KEY)
    assert damaged.path.read_bytes() == body
    take(damaged.path.parent, NOW).release()
    left = {path.name for path in damaged.path.parent.iterdir()} - {"lock"}
    if at == "swap":
        assert left == {"hourloom.db", "damaged-20260922-180000"}
        assert damaged.rows()["events"] == made.rows["events"]
    else:
        assert left == {"hourloom.db"}
        assert damaged.path.read_bytes() == body


def test_nothing_readable_lies_in_any_file(both: dict[DataKey | None, Made], tmp_path: Path) -> None:
    made = both[KEY]
    damaged = copied(made.path, tmp_path / "data", KEY)
    damaged.spoil(made.roots["operations"], bytes(SIZE))
    damaged.salvage()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert [
        path.name for path in files if b"Code" in path.read_bytes() or b"xxxxxxxx" in path.read_bytes()
    ] == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


DRAWN = settings(max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@given(data=st.data())
@DRAWN
@pytest.mark.parametrize("key", KEYS)
def test_any_damage_is_survived(
    both: dict[DataKey | None, Made], work: Path, key: DataKey | None, data: st.DataObject
) -> None:
    survive(both[key], work, data)


@pytest.mark.soak
@given(data=st.data())
@settings(DRAWN, max_examples=300)
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("key", KEYS)
def test_any_damage_is_survived_for_long(
    both: dict[DataKey | None, Made], work: Path, key: DataKey | None, data: st.DataObject
) -> None:
    survive(both[key], work, data)


def survive(made: Made, work: Path, data: st.DataObject) -> None:
    """Damage pages and bits anywhere: no row of a page that is still good is lost, nothing is invented."""
    shutil.rmtree(work / "data", ignore_errors=True)
    damaged = copied(made.path, work / "data", made.key)
    bad = data.draw(st.lists(st.integers(1, made.count), min_size=1, max_size=5, unique=True), label="pages")
    for page in bad:
        damage(damaged, page, data)
    body = damaged.path.read_bytes()
    report = damaged.salvage()
    assert report.kept is not None
    assert report.kept.read_bytes() == body
    after = damaged.rows()
    for name in ("events", "payloads", "operation_events", "changes"):
        good = rows_of_good_pages(made, name, set(bad))
        lacking = good - after[name].keys()
        # Images go aside with their operation.
        assert lacking == set() or (name, report.set_aside) == ("operation_events", len(lacking)), bad
    assert made.key is None or after["events"].keys() <= made.rows["events"].keys()
    assert len(after["payloads"]) <= PAYLOADS + (made.key is None) * 200


def damage(damaged: Damaged, page: int, data: st.DataObject) -> None:
    how: Any = data.draw(st.sampled_from(["zeros", "noise", "bit", "part"]), label="how")
    if how == "bit":
        damaged.flip((page - 1) * SIZE + data.draw(st.integers(0, SIZE - 1), label="bit"))
    elif how == "part":
        damaged.spoil(page)
    else:
        damaged.spoil(page, bytes(SIZE) if how == "zeros" else random.Random(page).randbytes(SIZE))


def rows_of_good_pages(made: Made, name: str, bad: set[int]) -> set[int]:
    """Return the rows whose page was not touched, nor an overflow page of theirs."""
    bounds = [rows for number, rows in made.survey.trees[name].leaves if number not in bad]
    long = {row for row, values in made.rows[name].items() if any(len(str(v)) > 400 for v in values)}
    return {row for row in made.rows[name] if any(row in rows for rows in bounds)} - long
