"""Converting a database, stopped at every step."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hourloom.db.keys import convert, copying, header, unlock
from hourloom.db.keys.errors import (
    AlreadyEncrypted,
    ConversionFailed,
    DatabaseInUse,
    DatabaseMissing,
    NoRoomToConvert,
    NotUnlocked,
)
from hourloom.db.keys.keychain import SystemKeychain
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.keys.ways import DataKey, Means
from tests.db.keys.a_database import connect, count, everything, fill
from tests.db.keys.a_keychain import SECRETS, named

STEPS_ON = ["keys", "copy", "verify", "sync", "swap", "record"]
STEPS_OFF = STEPS_ON[1:]


def a_database(means: Means, *, encrypted: bool) -> Unlocked:
    unlocked = unlock.unlock(means, "file" if encrypted else "off")
    fill(means.places.database, unlocked)
    return unlocked


def convert_it(means: Means, unlocked: Unlocked, progress: convert.Progress = convert.silent) -> Unlocked:
    if unlocked.data_key is None:
        return convert.turn_on(means, progress)
    return convert.turn_off(means, unlocked, progress)


def files_beside(places: Places) -> set[str]:
    return {path.name for path in places.directory.iterdir()} - {"hourloom.db-shm", "hourloom.db-wal"}


def test_on_and_off_keep_everything(means: Means) -> None:
    plain = a_database(means, encrypted=False)
    on = convert_it(means, plain)
    assert header.state_of(means.places.database) == on.key_id
    assert all(b"secret title" not in body for body in everything(means.places).values())
    assert count(means.places.database, unlock.unlock(means, "file")) == 2_000
    assert on.new_recovery_code
    assert unlock.recover(means, on.new_recovery_code).data_key == on.data_key
    off = convert_it(means, on)
    assert off.database_id == plain.database_id
    assert not header.is_encrypted(means.places.database)
    assert count(means.places.database, unlock.unlock(means, "file")) == 2_000
    assert files_beside(means.places) == {"hourloom.db", "keys.json"}
    assert not list(means.places.copies.glob("*.key"))


def test_off_takes_the_key_out_of_the_keychain(places: Places) -> None:
    SECRETS.clear()
    means = Means(places, SystemKeychain(named("Working")))
    convert_it(means, a_database(means, encrypted=True))
    assert not SECRETS


def test_the_copy_has_the_same_rows_indexes_and_search(means: Means) -> None:
    on = convert_it(means, a_database(means, encrypted=False))
    connection = connect(means.places.database, on)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert {"payloads_by_body", "v_payloads", "words", 'odd "name', "settings"} <= names
    assert connection.execute("SELECT body FROM words WHERE words MATCH 'hello'").fetchall() == [
        ("hello world",)
    ]
    assert connection.execute("SELECT id, body FROM payloads WHERE id = 77").fetchall() == [
        (77, "a very secret title 76")
    ]
    connection.close()


def test_a_key_is_exchanged_for_another(means: Means) -> None:
    old = a_database(means, encrypted=True)
    assert old.data_key is not None
    new = DataKey.new()
    convert.rewrite(means.places.database, DataKey(old.key_id, old.data_key), new)
    assert header.state_of(means.places.database) == new.id
    assert header.opens(means.places.database, new.key)
    assert not header.opens(means.places.database, old.data_key)


@pytest.mark.parametrize("encrypted", [False, True])
def test_progress_only_grows(means: Means, *, encrypted: bool) -> None:
    unlocked = a_database(means, encrypted=encrypted)
    told: list[tuple[str, float]] = []
    convert_it(means, unlocked, lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert max(shares) < 1
    assert list(dict.fromkeys(step for step, _ in told)) == (STEPS_OFF if encrypted else STEPS_ON)


class Stop(Exception):
    pass


@pytest.mark.parametrize(
    ("encrypted", "step"), [(False, step) for step in STEPS_ON] + [(True, step) for step in STEPS_OFF]
)
def test_an_error_at_any_step_leaves_a_database_that_opens(
    means: Means, *, encrypted: bool, step: str
) -> None:
    unlocked = a_database(means, encrypted=encrypted)

    def stop(name: str, _share: float) -> None:
        if name == step:
            raise Stop

    with pytest.raises(Stop):
        convert_it(means, unlocked, stop)
    assert count(means.places.database, unlock.unlock(means, "file")) == 2_000
    assert files_beside(means.places) == {"hourloom.db", "keys.json"}
    now = unlock.unlock(means, "file")
    assert count(means.places.database, convert_it(means, now)) == 2_000


KILLED = """
import os, pathlib, signal, sys
from hourloom.db.keys import convert, unlock
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import Means
means = Means(Places(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
unlocked = unlock.unlock(means, "file")
progress = lambda name, share: os.kill(os.getpid(), signal.SIGKILL) if name == sys.argv[3] else None
convert.turn_on(means, progress) if unlocked.data_key is None else convert.turn_off(means, unlocked, progress)
"""


@pytest.mark.parametrize(
    ("encrypted", "step"), [(False, step) for step in STEPS_ON] + [(True, step) for step in STEPS_OFF]
)
def test_a_kill_at_any_step_leaves_a_database_that_opens(means: Means, *, encrypted: bool, step: str) -> None:
    a_database(means, encrypted=encrypted)
    places = means.places
    arguments = [str(places.directory), str(places.config_dir), step]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    now = unlock.unlock(means, "file")
    assert count(places.database, now) == 2_000
    assert count(places.database, convert_it(means, now)) == 2_000
    assert files_beside(places) == {"hourloom.db", "keys.json"}


def test_a_database_in_use_is_not_converted(means: Means) -> None:
    unlocked = a_database(means, encrypted=False)
    other = connect(means.places.database, unlocked)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM payloads").fetchone()
    with pytest.raises(DatabaseInUse, match="is in use by another program; stop it first"):
        convert_it(means, unlocked)
    other.close()
    assert count(means.places.database, unlock.unlock(means, "file")) == 2_000


def test_too_little_room_is_said_before_anything_is_written(means: Means) -> None:
    unlocked = a_database(means, encrypted=False)
    with pytest.raises(NoRoomToConvert, match=r"needs \d+ MiB free beside it, and 1 MiB are free"):
        convert.turn_on(means, space=lambda _: copying.MIB)
    assert unlock.unlock(means, "file").database_id == unlocked.database_id
    assert files_beside(means.places) == {"hourloom.db", "keys.json"}
    assert not list(means.places.copies.glob("*.key"))


def test_a_damaged_database_is_not_converted(means: Means) -> None:
    unlocked = a_database(means, encrypted=True)
    size = means.places.database.stat().st_size
    with means.places.database.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"damage" * 10)
    before = everything(means.places)
    with pytest.raises(ConversionFailed, match="the database is unchanged"):
        convert_it(means, unlocked)
    after = everything(means.places)
    # Folding in the log may write the first page anew.
    name = str(means.places.database)
    assert before.pop(name)[4096:] == after.pop(name)[4096:]
    assert before == after


def test_what_is_already_so_is_said(means: Means) -> None:
    with pytest.raises(DatabaseMissing):
        convert.turn_on(means)
    unlocked = a_database(means, encrypted=True)
    with pytest.raises(AlreadyEncrypted):
        convert.turn_on(means)
    off = convert_it(means, unlocked)
    with pytest.raises(NotUnlocked):
        convert.turn_off(means, off)


def test_the_converted_file_is_for_its_owner_alone(means: Means) -> None:
    convert_it(means, a_database(means, encrypted=False))
    assert means.places.database.stat().st_mode & 0o777 == 0o600


def test_the_leftover_of_a_stopped_conversion_is_discarded(means: Means) -> None:
    leftover = Path(f"{means.places.database}.converting")
    leftover.write_bytes(b"half")
    copying.discard_leftovers(means.places.database)
    assert not leftover.exists()
    assert list(means.places.directory.iterdir()) == []
