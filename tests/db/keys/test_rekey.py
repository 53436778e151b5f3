"""Another data key for a database that is in use."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.keys import header, successor, unlock
from hourloom.db.keys.copying import copy_of
from hourloom.db.keys.errors import ConversionFailed, NoRoomToConvert, SchemaChanged
from hourloom.db.keys.rekey import Told, rekey
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.sqlite import connect
from tests.db.keys.a_database import everything
from tests.db.keys.a_rekey import add, means_in, numbers, opened, write_on
from tests.rigs.killing import REPOSITORY, Process, kill_loop, killed_at_each_step, said

ROWS = 300


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def means(home: Path) -> Means:
    return means_in(home)


@pytest.fixture
def database(means: Means) -> Iterator[EmbeddedDatabase]:
    with opened(means) as (database, _):
        for number in range(ROWS):
            add(database, number)
        yield database


@pytest.fixture
def new(means: Means, database: EmbeddedDatabase) -> DataKey:
    return successor.make(means, unlock.unlock(means, "file")).key


def untouched(database: EmbeddedDatabase, means: Means) -> None:
    """See that nothing is left of an exchange that did not happen."""
    assert not copy_of(database.path).exists()
    noted = database.between(lambda c: c.execute("SELECT count(*) FROM temp.sqlite_master").fetchone())
    assert noted == (0,)
    add(database, ROWS)
    assert numbers(database) == set(range(ROWS + 1))
    assert unlock.unlock(means, "file").data_key == database.key


def test_the_same_rows_open_by_the_new_key_alone(
    database: EmbeddedDatabase, means: Means, new: DataKey
) -> None:
    old = database.key
    assert old is not None
    rekey(database, new)
    successor.settle(means)
    assert header.state_of(database.path) == new.id
    assert not header.opens(database.path, old)
    add(database, ROWS)
    assert numbers(database) == set(range(ROWS + 1))
    assert database.is_sound()
    assert unlock.unlock(means, "file").data_key == database.key == new.key


def test_nothing_that_writers_are_told_is_lost(database: EmbeddedDatabase, new: DataKey) -> None:
    acknowledged: list[int] = []
    stop = threading.Event()
    writers = write_on(database, acknowledged.append, stop, ROWS)
    for key in (new, DataKey.new(), DataKey.new()):
        rekey(database, key)
    stop.set()
    for writer in writers:
        writer.join()
    assert len(acknowledged) > 20
    assert numbers(database) == {*range(ROWS), *acknowledged}
    with database.read() as tx:
        marks = tx.value("SELECT sum(length(name) - length(replace(name, '+', ''))) FROM users")
    assert marks == ROWS + len(acknowledged)


def test_writes_at_every_moment_are_in_the_copy(database: EmbeddedDatabase, new: DataKey) -> None:
    written: list[int] = []

    def told(_share: float) -> None:
        number = ROWS + len(written)
        written.append(number)
        add(database, number)

    rekey(database, new, told)
    assert len(written) >= 3
    assert numbers(database) == {*range(ROWS), *written}
    assert database.is_sound()


class Cancelled(Exception):
    pass


def raising_at(moment: float) -> Told:
    def told(share: float) -> None:
        if share >= moment:
            raise Cancelled

    return told


@pytest.mark.parametrize("moment", [0.0, 0.65, 0.75, 0.9, 0.95])
def test_it_can_be_cancelled_until_the_swap(
    database: EmbeddedDatabase, means: Means, new: DataKey, moment: float
) -> None:
    with pytest.raises(Cancelled):
        rekey(database, new, raising_at(moment))
    successor.settle(means)
    untouched(database, means)


def test_it_waits_for_others_who_have_the_file_open(
    database: EmbeddedDatabase, means: Means, new: DataKey
) -> None:
    elsewhere = connect(database.path, database.key, readonly=True)
    waited: list[int] = []

    def pause(_seconds: float) -> None:
        waited.append(ROWS + len(waited))
        add(database, waited[-1])
        if len(waited) == 3:
            elsewhere.close()

    rekey(database, new, pause=pause)
    assert len(waited) == 3
    assert numbers(database) == {*range(ROWS), *waited}
    assert database.key == new.key


def test_a_schema_that_changes_meanwhile_begins_it_anew(
    database: EmbeddedDatabase, means: Means, new: DataKey
) -> None:
    def told(share: float) -> None:
        if share == 0.9:
            database.between(lambda connection: connection.execute("CREATE INDEX late ON users (name)"))

    with pytest.raises(SchemaChanged):
        rekey(database, new, told)
    rekey(database, new)
    assert numbers(database) == set(range(ROWS))


def test_a_writer_that_lost_its_notes_ends_it(database: EmbeddedDatabase, means: Means, new: DataKey) -> None:
    def told(share: float) -> None:
        if share == 0.9:
            # As after an error of the disk, when the writer goes on with another connection.
            database.between(lambda _: database.writer.use(connect(database.path, database.key)))
            add(database, ROWS + 1)

    with pytest.raises(ConversionFailed, match="the database is unchanged"):
        rekey(database, new, told)
    assert numbers(database) == {*range(ROWS), ROWS + 1}
    rekey(database, new)
    assert numbers(database) == {*range(ROWS), ROWS + 1}


def test_too_little_room_is_said_before_anything_is_copied(
    database: EmbeddedDatabase, means: Means, new: DataKey
) -> None:
    with pytest.raises(NoRoomToConvert):
        rekey(database, new, space=lambda _: 1)
    successor.settle(means)
    untouched(database, means)


def test_nothing_readable_is_on_the_disk_meanwhile(
    database: EmbeddedDatabase, means: Means, new: DataKey
) -> None:
    looked: list[float] = []

    def told(share: float) -> None:
        looked.append(share)
        files = everything(means.places)
        assert not [name for name, body in files.items() if b"secret name" in body]
        assert not [name for name, body in files.items() if new.key in body or new.key.hex().encode() in body]

    rekey(database, new, told)
    assert looked
    assert copy_of(database.path).name not in {path.name for path in database.path.parent.iterdir()}


def look_at(home: Path) -> Callable[[int], None]:
    """Return what sees that everything acknowledged is there, and that the database opens."""

    def look(_number: int) -> None:
        means = means_in(home)
        with opened(means) as (database, unlocked):
            assert database.is_sound()
            assert not copy_of(database.path).exists()
            there = numbers(database)
            assert there >= acknowledged(home)
            # Whatever was under way, what it had wrapped already still opens.
            assert unlocked.successor is None or unlocked.successor.id != unlocked.key_id

    return look


def acknowledged(home: Path) -> set[int]:
    text = (home / "acknowledged").read_text() if (home / "acknowledged").exists() else ""
    # The last line may be torn by the kill, and was then never told to anybody.
    return {int(line) for line in text.rpartition("\n")[0].splitlines()}


def command(home: Path, times: int) -> list[str]:
    return [sys.executable, "-m", "tests.db.keys.a_rekey", str(home), str(times)]


def test_killed_at_each_step_it_opens_with_everything_and_goes_on(home: Path) -> None:
    steps = []
    for killed in killed_at_each_step(command(home, 1)):
        steps.append(killed.step)
        look_at(home)(killed.number)
    assert steps == ["wrapped", "0.75", "0.95", "swapped", "done"]


def kills(home: Path, loops: int) -> None:
    def start() -> Process:
        return subprocess.Popen(command(home, 1000), cwd=REPOSITORY, stdout=subprocess.PIPE)

    done = kill_loop(start, said(b"writing"), loops, look_at(home), longest=0.8)
    assert done.ended_before == []


def test_killed_at_any_moment_it_opens_with_everything(home: Path) -> None:
    kills(home, 4)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_killed_sixty_times_it_opens_with_everything(home: Path) -> None:
    kills(home, 60)
