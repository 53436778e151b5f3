"""A backup counts once it was read back, opened, examined and counted; what is wrong with one is said."""

from __future__ import annotations

import io
import os
import shutil
import struct
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.backups import copying, layout, making
from hourloom.backups.copying import Source
from hourloom.backups.folder import Folder
from hourloom.backups.model import (
    WORK,
    Backup,
    BackupByNewer,
    BackupDamaged,
    BackupManifest,
    BackupOfOtherKeys,
    BackupRunsAlready,
    CopyFailed,
    NoRoomForBackup,
    NoSuchBackup,
    NotABackup,
)
from hourloom.core.clock import Instant
from hourloom.core.errors import HourloomError
from hourloom.db.keys import header
from hourloom.db.keys.wraps import Encryption
from hourloom.db.sqlite import connect
from hourloom.testing import Announced, FixedClock, open_sqlite
from tests.backups.builders import TITLE, Home, a_home
from tests.rigs.faults.small_disk import mounted
from tests.rigs.killing import killed_at_each_step

NOW = FixedClock().now()


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_home(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def home(tmp_path: Path, pattern: Home) -> Home:
    """Copy one encrypted database, which is faster than making each."""
    top = tmp_path / "home"
    shutil.copytree(pattern.directory.parent, top)
    home = a_home_at(top, pattern)
    assert home.events() == 50
    return home


def a_home_at(top: Path, like: Home) -> Home:
    from hourloom.db.keys.places import Places
    from hourloom.db.keys.ways import Means

    return Home(Means(Places(top / "data", top / "config")), like.unlocked)


def verify(home: Home, backup: Backup, key: bytes | None = None) -> Backup:
    key = key or home.unlocked.data_key
    return making.verify(home.folder, backup.name, home.directory, key, lambda: NOW)


def path_of(backup: Backup) -> Path:
    return Path(backup.place) / backup.name


def everything_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


@pytest.mark.parametrize("encryption", ["file", "off"])
def test_a_backup_is_listed_as_verified_and_nothing_is_left_beside_the_database(
    tmp_path: Path, encryption: Encryption
) -> None:
    home = a_home(tmp_path, encryption)
    made = home.back_up()
    assert made.verified
    assert made.sealed is (encryption == "file")
    assert making.listed(home.folder) == [made]
    assert not (home.directory / WORK).exists()
    assert verify(home, made).verified


def test_nothing_readable_is_in_a_sealed_backup_nor_was_in_the_copies(home: Home) -> None:
    seen = bytearray()

    def look(_done: int, _total: int) -> None:
        seen.extend(everything_in(home.directory))

    making.make(home.source, home.folder, lambda: NOW, b"abc", progress=look)
    assert len(seen) > 1_000_000
    for clear in (TITLE.encode(), b"CREATE TABLE", b"SQLite format 3", b"payloads"):
        assert clear not in seen


def test_a_plain_backup_says_that_it_is_not_sealed_and_tells_when_it_was_damaged(tmp_path: Path) -> None:
    home = a_home(tmp_path, "off")
    made = home.back_up()
    assert TITLE.encode() in path_of(made).read_bytes()
    flip(path_of(made), path_of(made).stat().st_size // 2)
    with pytest.raises(BackupDamaged, match="content has changed"):
        verify(home, made)


def test_what_is_written_while_it_is_copied_is_in_the_next_backup(home: Home) -> None:
    """Rows that are counted are those of the very snapshot that is copied, whatever others write."""
    announced = Announced()
    database = open_sqlite(home.database, home.unlocked.data_key, announced.record, announced.publish)
    stop, written = threading.Event(), 0

    def write() -> None:
        with database.begin() as tx:
            tx.execute("INSERT INTO users (name, created_at) VALUES ('another', 0)")

    def keep_writing() -> None:
        nonlocal written
        while not stop.is_set():
            database.write(write)
            written += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for chance in (b"one", b"two", b"six"):
            made = making.make(home.source, home.folder, lambda: NOW, chance, alone=database.write)
            assert made.verified
    finally:
        stop.set()
        writer.join()
        database.close()
    assert written > 0


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("share", [0.0001, 0.02, 0.3, 0.6, 0.999])
def test_a_changed_byte_is_found_and_the_backup_counts_no_more(home: Home, share: float) -> None:
    made = home.back_up()
    flip(path_of(made), int(made.bytes * share))
    with pytest.raises((BackupDamaged, NotABackup)):
        verify(home, made)
    (listed,) = making.listed(home.folder)
    assert not listed.verified
    assert listed.fault is not None


@pytest.mark.parametrize("left", [0, 5, 200, 10_000, -1])
def test_a_missing_tail_is_found(home: Home, left: int) -> None:
    made = home.back_up()
    os.truncate(path_of(made), left if left >= 0 else made.bytes - 1)
    with pytest.raises((BackupDamaged, NotABackup)):
        verify(home, made)
    assert not making.listed(home.folder)[0].verified


def test_something_behind_the_end_is_found(home: Home) -> None:
    made = home.back_up()
    with path_of(made).open("ab") as file:
        file.write(b"more")
    with pytest.raises(BackupDamaged, match="added"):
        verify(home, made)


def test_a_label_that_somebody_changed_is_not_believed(home: Home) -> None:
    made = home.back_up()
    body = path_of(made).read_bytes()
    path_of(made).write_bytes(body.replace(b'"schema":"0', b'"schema":"1', 1))
    with pytest.raises(BackupDamaged, match="label"):
        verify(home, made)


def test_a_backup_of_other_keys_is_told_from_a_damaged_one(home: Home, tmp_path: Path) -> None:
    other = a_home(tmp_path / "other")
    made = home.back_up()
    with pytest.raises(BackupOfOtherKeys):
        verify(home, made, other.unlocked.data_key)
    assert making.listed(home.folder)[0].verified


def test_what_is_no_backup_is_said_to_be_none(home: Home) -> None:
    made = home.back_up()
    path_of(made).write_bytes(b"something else entirely, and long enough to have a beginning")
    with pytest.raises(NotABackup):
        verify(home, made)
    with pytest.raises(NoSuchBackup):
        making.verify(home.folder, made.name.replace("-", "_", 1), home.directory, None, lambda: NOW)


def test_a_newer_form_is_refused_as_such(home: Home) -> None:
    made = home.back_up()
    path_of(made).write_bytes(path_of(made).read_bytes().replace(b'{"format":1', b'{"format":7', 1))
    with pytest.raises(BackupByNewer, match="format 7"):
        verify(home, made)


def test_lengths_that_ask_for_too_much_are_refused_unread(home: Home) -> None:
    made = home.back_up()
    body = bytearray(path_of(made).read_bytes())
    body[16:20] = b"\xff\xff\xff\xff"
    path_of(made).write_bytes(body)
    with pytest.raises(BackupDamaged, match="too long"):
        verify(home, made)


def test_rows_that_are_missing_are_found(home: Home) -> None:
    """A copy that is sound in itself counts only with the rows that were there."""
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        found = copying.contents_of(home.source.source)
        connection.execute("DELETE FROM events WHERE id = 7")
    again = copying.contents_of(home.source.source)
    assert again.rows["events"] == found.rows["events"] - 1
    made = home.back_up()
    manifest = manifest_of(home, made)
    with pytest.raises(BackupDamaged, match="rows"):
        making.require_same(made.name, manifest, found)


def manifest_of(home: Home, made: Backup) -> BackupManifest:
    with copying.work_in(home.directory) as work:
        return making.take_out(home.folder, made.name, work / "x.db", home.unlocked.data_key)[1]


def test_a_damaged_database_is_not_copied_into_a_backup_that_counts(home: Home) -> None:
    size = home.database.stat().st_size
    with home.database.open("r+b") as file:
        # Some of so many pages are in use.
        file.seek(size // 3 // 4096 * 4096)
        file.write(os.urandom(size // 3 // 4096 * 4096))
    with pytest.raises(HourloomError):
        home.back_up()
    assert home.folder.list() == []
    assert not (home.directory / WORK).exists()


def test_without_room_nothing_is_begun(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 8):
        home = a_home(tmp_path / "disk")
        with pytest.raises(NoRoomForBackup, match="7 MiB are free"):
            home.back_up()
        assert not (home.directory / WORK).exists()
        assert home.folder.list() == []


def test_a_target_without_room_is_told_of_before_and_keeps_nothing(home: Home, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 1) as disk:
        with pytest.raises(NoRoomForBackup, match=r"disk, and 1 MiB are free|disk, and 0 MiB are free"):
            home.back_up(folder=Folder(disk.path))
        assert list(disk.path.iterdir()) == []
    assert not (home.directory / WORK).exists()


def test_a_key_that_was_exchanged_meanwhile_seals_nothing(home: Home, tmp_path: Path) -> None:
    other = a_home(tmp_path / "other")
    mixed = making.BackupSource(home.source.source, other.source.document)
    with pytest.raises(CopyFailed, match="exchanged"):
        making.make(mixed, home.folder, lambda: NOW, b"abc")
    assert home.folder.list() == []


def test_never_two_at_once(home: Home) -> None:
    with making.one_at_a_time(home.directory), pytest.raises(BackupRunsAlready):  # noqa: SIM117
        with making.one_at_a_time(home.directory):
            pass
    with making.one_at_a_time(home.directory):
        pass


def test_whoever_stops_a_backup_leaves_nothing(home: Home) -> None:
    class Enough(Exception):
        pass

    for limit in (0, 34, 60):

        def stop(done: int, _total: int, limit: int = limit) -> None:
            if done > limit:
                raise Enough

        with pytest.raises(Enough):
            making.make(home.source, home.folder, lambda: NOW, b"abc", progress=stop)
        assert home.folder.list() == []
        assert not (home.directory / WORK).exists()


def test_a_database_that_is_not_there_cannot_be_copied(tmp_path: Path) -> None:
    with pytest.raises(CopyFailed):
        copying.copy(Source(tmp_path / "none.db", None), tmp_path / "copy.db")


def test_an_encrypted_copy_begins_with_the_id_of_its_key(home: Home) -> None:
    with copying.work_in(home.directory) as work:
        copying.copy(home.source.source, work / "copy.db")
        assert header.state_of(work / "copy.db") == home.unlocked.key_id
        assert (work / "copy.db").stat().st_mode & 0o777 == 0o600


KILLED = """
import os, sys
from pathlib import Path
from tests.rigs.killing import step

EVENTS = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
EVENTS = EVENTS if sys.argv[2] == "every" else {"os.rename", "shutil.rmtree"}
sys.addaudithook(lambda event, _: step(event) if event in EVENTS and begun else None)
begun = False

from hourloom.backups import making
from hourloom.backups.folder import Folder
from hourloom.backups.copying import Source
from hourloom.backups.folder import Folder
from hourloom.backups.making import BackupSource
from hourloom.core.clock import Instant
from hourloom.db.keys.places import Places, read_keys
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means

top = Path(sys.argv[1])
means = Means(Places(top / "data", top / "config"))
source = BackupSource(Source(means.places.database, unlock(means, "file").data_key), read_keys(means.places))
begun, chance = True, int(os.environ["RIG_STEP_TO_DIE_AT"])
with making.one_at_a_time(top / "data"):
    folder = Folder(top / "data" / "backups", make=True)
    folder.discard_leftovers(source.document.database_id)
    now, told = lambda: Instant(chance), lambda done, _: step(f"{done} %") if sys.argv[2] == "every" else None
    making.make(source, folder, now, chance.to_bytes(3, "big"), progress=told)
"""


@pytest.mark.parametrize("steps", ["some", pytest.param("every", marks=pytest.mark.soak)])
def test_killed_at_any_step_what_is_listed_as_verified_is_whole(home: Home, steps: str) -> None:
    killed = 0
    for each in killed_at_each_step([sys.executable, "-c", KILLED, str(home.directory.parent), steps]):
        killed += 1
        assert home.events() == 50, each
        for backup in making.listed(home.folder):
            assert backup.fault is None, each
            assert making.verify(
                home.folder, backup.name, home.directory, home.unlocked.data_key, lambda: Instant(1)
            ).verified, each
    assert killed > (20 if steps == "every" else 3)
    assert not (home.directory / WORK).exists()
    assert not list(home.folder.path.glob(".*"))


@pytest.mark.parametrize(
    "state",
    [b"", b"{}", b"[" * 10_000, b'{"name":"x","bytes":1,"checked_at":0}', b'{"checked_at":1e400}', b"\xff"],
)
def test_what_somebody_wrote_beside_a_backup_counts_for_nothing(home: Home, state: bytes) -> None:
    made = home.back_up()
    (home.folder.path / f"{made.name}.state").write_bytes(state)
    (listed,) = making.listed(home.folder)
    assert listed.checked_at is None
    assert not listed.verified


@pytest.mark.parametrize("label", [b'{"made_at":-1', b'{"made_at":99999999999999999999', b"[[[[[[[[[["])
def test_a_label_that_cannot_be_true_is_a_fault_and_no_crash(home: Home, label: bytes) -> None:
    made = home.back_up()
    body = path_of(made).read_bytes()
    (length,) = struct.unpack(">I", body[16:20])
    wrong = label + b',"schema":"1","size":1,"sealed":true}'
    path_of(made).write_bytes(body[:16] + struct.pack(">I", len(wrong)) + wrong + body[20 + length :])
    (listed,) = making.listed(home.folder)
    assert listed.fault is not None
    with pytest.raises(BackupDamaged):
        verify(home, made)


@given(body=st.binary(max_size=300), begins=st.sampled_from([b"", layout.MARK, layout.MARK + b"\0\0\0\x20"]))
def test_any_bytes_are_a_backup_or_refused(body: bytes, begins: bytes) -> None:
    with pytest.raises((NotABackup, BackupDamaged, BackupByNewer)):
        layout.read_label(io.BytesIO(begins + body), "x")
