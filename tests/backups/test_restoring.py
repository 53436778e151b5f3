"""A backup becomes the database, on this computer or a new one; killed at any step, one of the two opens."""

from __future__ import annotations

import shutil
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hourloom.backups import making, restoring
from hourloom.backups.model import BackupDamaged, NoSuchBackup
from hourloom.core.clock import SystemClock
from hourloom.db.keys import convert, edit, header, recovery
from hourloom.db.keys.errors import RecoveryCodeMistyped
from hourloom.db.keys.keychain import Keychain
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.lock import SWAP, take
from hourloom.db.migrate import SchemaIsNewer
from hourloom.db.sqlite import connect
from hourloom.db.swap import SwapDamaged, finish, is_promised
from hourloom.sealing.model import WrongPassphrase, WrongRecoveryCode
from tests.backups.builders import Home, a_home, events_in
from tests.rigs.killing import killed_at_each_step

WORDS = "correct horse battery staple"
NOW = SystemClock().now()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path / "here")


def a_backup_of(home: Home) -> Path:
    made = home.back_up()
    return Path(made.place) / made.name


def a_new_computer(top: Path, keychain: Keychain | None = None) -> Means:
    (top / "data").mkdir(parents=True)
    return Means(Places(top / "data", top / "config"), keychain)


def restore(path: Path, means: Means, key: bytes | None) -> Path:
    """Restore as the command does where no server runs."""
    directory = means.places.directory
    backup = restoring.look_at(path)
    manifest = restoring.take_out(backup, key, directory)
    restoring.put_keys_beside(backup, manifest, key, means)
    kept = restoring.exchange(directory, NOW)
    finish(directory)
    return kept


def events_of(means: Means) -> int:
    return events_in(means.places.database, unlock(means, "file").data_key)


def test_a_backup_opens_on_a_new_computer_with_the_recovery_code_alone(home: Home, tmp_path: Path) -> None:
    path = shutil.copy(a_backup_of(home), tmp_path / "carried over.backup")
    code = home.recovery_code
    shutil.rmtree(tmp_path / "here")
    means = a_new_computer(tmp_path / "there")
    backup = restoring.look_at(Path(path))
    assert restoring.key_here(backup, means) is None
    restore(Path(path), means, restoring.key_by_words(backup, code.lower().replace("-", " ")))
    assert events_of(means) == 50
    assert [wrap.method for wrap in edit.list_wraps(means)] == ["recovery", "key_file"]


def test_a_backup_opens_on_a_new_computer_with_the_passphrase_alone(home: Home, tmp_path: Path) -> None:
    edit.add_passphrase(home.means, home.unlocked, WORDS)
    path = a_backup_of(home)
    means = a_new_computer(tmp_path / "there")
    backup = restoring.look_at(path)
    assert backup.ways == {"key_file", "recovery", "passphrase"}
    restore(path, means, restoring.key_by_words(backup, WORDS))
    assert events_of(means) == 50


def test_words_that_open_nothing_are_told_apart(home: Home) -> None:
    backup = restoring.look_at(a_backup_of(home))
    another = "Y" if home.recovery_code.startswith("X") else "X"
    with pytest.raises(RecoveryCodeMistyped):
        restoring.key_by_words(backup, another + home.recovery_code[1:])
    with pytest.raises(WrongRecoveryCode):
        restoring.key_by_words(backup, recovery.code_of(bytes(20)))
    edit.add_passphrase(home.means, home.unlocked, WORDS)
    with pytest.raises(WrongPassphrase):
        restoring.key_by_words(restoring.look_at(a_backup_of(home)), "a wrong horse battery")


def test_this_computers_own_key_opens_its_backup_even_without_keys_json(home: Home) -> None:
    path = a_backup_of(home)
    home.means.places.keys.unlink()
    assert restoring.key_here(restoring.look_at(path), home.means) == home.unlocked.data_key


def test_the_database_before_is_kept_and_opens_with_its_own_keys(home: Home, tmp_path: Path) -> None:
    path = a_backup_of(home)
    home.add_events(25)
    kept = restore(path, home.means, home.unlocked.data_key)
    assert events_of(home.means) == 50
    moved = Means(Places(kept, home.means.places.config_dir))
    assert events_of(moved) == 75


def test_a_restore_is_taken_back(home: Home) -> None:
    path = a_backup_of(home)
    home.add_events(25)
    restore(path, home.means, home.unlocked.data_key)
    assert restoring.exchange_back(home.directory, NOW) is not None
    finish(home.directory)
    assert events_of(home.means) == 75
    assert len(restoring.kept_in(home.directory)) == 1
    assert restoring.exchange_back(home.directory, NOW) is not None
    finish(home.directory)
    assert events_of(home.means) == 50


def test_what_a_killed_server_left_in_its_log_is_kept_with_its_database(home: Home) -> None:
    """A log beside another database than its own would be played back into it."""
    path = a_backup_of(home)
    connection = connect(home.database, home.unlocked.data_key)
    connection.execute("INSERT INTO users (name, created_at) VALUES ('in the log', 0)")
    log = home.database.with_name("hourloom.db-wal")
    assert log.stat().st_size > 0
    shutil.copytree(home.directory, home.directory.with_name("killed"))
    connection.close()
    shutil.rmtree(home.directory)
    home.directory.with_name("killed").rename(home.directory)
    path = home.directory / "backups" / path.name
    kept = restore(path, home.means, home.unlocked.data_key)
    assert not log.exists()
    with closing(connect(home.database, home.unlocked.data_key)) as restored:
        assert restored.execute("SELECT count(*) FROM users").fetchone() == (1,)
    with closing(connect(kept / "hourloom.db", home.unlocked.data_key)) as before:
        assert before.execute("SELECT count(*) FROM users").fetchone() == (2,)


def test_another_databases_backup_brings_its_keys_along(home: Home, tmp_path: Path) -> None:
    other = a_home(tmp_path / "other", events=7)
    path = a_backup_of(other)
    kept = restore(path, home.means, restoring.key_by_words(restoring.look_at(path), other.recovery_code))
    assert events_of(home.means) == 7
    assert events_of(Means(Places(kept, home.means.places.config_dir))) == 50


def test_a_backup_from_before_the_key_was_exchanged_opens_and_the_kept_one_too(home: Home) -> None:
    path, code = a_backup_of(home), home.recovery_code
    convert.exchange_key(home.means, unlock(home.means, "file"), None, lambda _: None)
    fresh = unlock(home.means, "file")
    assert fresh.key_id != home.unlocked.key_id
    home.unlocked = fresh
    home.add_events(5)
    kept = restore(path, home.means, restoring.key_by_words(restoring.look_at(path), code))
    assert events_of(home.means) == 50
    assert events_of(Means(Places(kept, home.means.places.config_dir))) == 55


@pytest.mark.parametrize("encryption", ["file", "off"])
def test_a_plain_backup_restores_to_a_plain_database(tmp_path: Path, encryption: str) -> None:
    plain = a_home(tmp_path / "plain", "off", events=9)
    path = a_backup_of(plain)
    means = a_new_computer(tmp_path / "there")
    if encryption == "file":
        unlock(means, "file")
    restore(path, means, None)
    assert header.state_of(means.places.database) == header.PLAIN
    assert events_of(means) == 9


def test_a_damaged_backup_leaves_everything_as_it_was(home: Home) -> None:
    path = a_backup_of(home)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    with pytest.raises(BackupDamaged):
        restore(path, home.means, home.unlocked.data_key)
    assert events_of(home.means) == 50
    assert not (home.directory / restoring.FRESH).exists()
    assert not is_promised(home.directory)


def test_a_backup_of_a_newer_program_is_refused(home: Home) -> None:
    path = a_backup_of(home)
    path.write_bytes(path.read_bytes().replace(b'"schema":"0', b'"schema":"9', 1))
    with pytest.raises(SchemaIsNewer):
        restoring.look_at(path)


def test_a_file_that_is_not_there_or_a_folder_is_said_to_be_none(tmp_path: Path) -> None:
    for path in (tmp_path / "none.backup", tmp_path):
        with pytest.raises(NoSuchBackup):
            restoring.look_at(path)


def test_the_manifest_is_read_without_reading_the_rest(home: Home) -> None:
    path = a_backup_of(home)
    manifest = restoring.manifest_of(restoring.look_at(path), home.unlocked.data_key)
    assert manifest.rows["events"] == 50
    assert manifest.newest is not None
    assert manifest.database_id == home.unlocked.database_id
    assert manifest.key_id == home.unlocked.key_id


def test_whoever_takes_the_directory_finishes_what_was_promised(home: Home) -> None:
    path = a_backup_of(home)
    home.add_events(25)
    backup = restoring.look_at(path)
    manifest = restoring.take_out(backup, home.unlocked.data_key, home.directory)
    restoring.put_keys_beside(backup, manifest, home.unlocked.data_key, home.means)
    restoring.exchange(home.directory, NOW)
    assert events_of(home.means) == 75
    take(home.directory, NOW).release()
    assert events_of(home.means) == 50
    assert not is_promised(home.directory)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"take_from":"../x","keep_in":"y"}', b'{"take_from":"x","keep_in":""}']
)
def test_a_promise_that_is_none_moves_nothing(home: Home, body: bytes) -> None:
    (home.directory / SWAP).write_bytes(body)
    with pytest.raises(SwapDamaged):
        take(home.directory, NOW)
    (home.directory / SWAP).unlink()
    take(home.directory, NOW).release()
    assert events_of(home.means) == 50


KILLED = """
import sys
from pathlib import Path
from tests.rigs.killing import step

EVENTS = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
EVENTS = EVENTS if sys.argv[3] == "every" else {"os.rename", "os.link"}
sys.addaudithook(lambda event, _: step(event) if event in EVENTS and begun else None)
begun = False

from hourloom.backups import restoring
from hourloom.core.clock import SystemClock
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import Means
from hourloom.db.lock import SWAP, take
from hourloom.db.swap import finish

top, path, now = Path(sys.argv[1]), Path(sys.argv[2]), SystemClock().now()
means = Means(Places(top / "data", top / "config"))
backup = restoring.look_at(path)
key = restoring.key_here(backup, means)
begun = True
take(top / "data", now)
told = lambda done, _: step(f"{done} %") if sys.argv[3] == "every" else None
manifest = restoring.take_out(backup, key, top / "data", told)
restoring.put_keys_beside(backup, manifest, key, means)
restoring.exchange(top / "data", now)
finish(top / "data")
"""


@pytest.mark.parametrize("steps", ["some", pytest.param("every", marks=pytest.mark.soak)])
def test_killed_at_any_step_either_database_opens_whole(home: Home, tmp_path: Path, steps: str) -> None:
    path = shutil.copy(a_backup_of(home), tmp_path / "kept.backup")
    home.add_events(25)
    pattern = tmp_path / "pattern"
    shutil.copytree(home.directory.parent, pattern)
    seen: list[int] = []
    command = [sys.executable, "-c", KILLED, str(home.directory.parent), str(path), steps]
    for killed in killed_at_each_step(command):
        take(home.directory, NOW).release()
        found = events_of(home.means)
        assert found in (50, 75), killed
        if found == 50:
            (kept,) = restoring.kept_in(home.directory)
            assert events_of(Means(Places(kept, home.means.places.config_dir))) == 75, killed
        seen.append(found)
        shutil.rmtree(home.directory.parent)
        shutil.copytree(pattern, home.directory.parent)
    assert seen == sorted(seen, reverse=True)
    assert {50, 75} == set(seen)
    assert making.listed(home.folder)[0].verified


def test_what_was_under_way_when_the_backup_was_made_waits_for_nobody(home: Home) -> None:
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        for kind in ("backups.make", "other"):
            connection.execute(
                "INSERT INTO jobs (workspace_id, kind, slot, subject, run_at, leased_until, attempts,"
                " done, total, created_at) VALUES (1, ?, 's', 'null', 0, 9999999999999999, 1, 0, 0, 0)",
                (kind,),
            )
    restore(a_backup_of(home), home.means, home.unlocked.data_key)
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        assert connection.execute("SELECT kind, leased_until FROM jobs").fetchall() == [("other", None)]
