"""A folder keeps backups as every target must, and says what is in the way."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from hourloom.backups.folder import Folder
from hourloom.backups.model import BackupNotRead, BackupNotWritten, BackupOutOfReach, NoRoomForBackup
from hourloom.testing.backups import CONTENT, NAME, BackupTargetContract, put
from tests.rigs.faults.small_disk import mounted


class TestFolder(BackupTargetContract):
    @pytest.fixture
    def target(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)


def names_in(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new", make=True)
    put(folder, NAME, CONTENT)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / NAME).stat().st_mode) == 0o600
    assert names_in(tmp_path / "new") == [NAME]


def test_an_unplugged_disk_is_a_place_that_is_not_there(tmp_path: Path) -> None:
    away = Folder(tmp_path / "media" / "disk")
    for action in (away.require, away.list, lambda: put(away, NAME, b"x"), lambda: away.delete(NAME)):
        with pytest.raises(BackupOutOfReach, match="plug its disk in"):
            action()
    assert away.free_space() is None
    assert not (tmp_path / "media").exists()


def test_a_folder_that_may_be_made_is_made_only_where_its_parent_is(tmp_path: Path) -> None:
    with pytest.raises(BackupOutOfReach):
        Folder(tmp_path / "away" / "backups", make=True).require()
    Folder(tmp_path / "backups", make=True).require()
    assert (tmp_path / "backups").is_dir()


def test_a_read_only_disk_is_said_to_be_one(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 1) as disk:
        folder = Folder(disk.path)
        put(folder, NAME, b"x")
        subprocess.run(["mount", "-o", "remount,ro", str(disk.path)], check=True)
        with pytest.raises(BackupNotWritten, match="read-only"):
            put(folder, NAME, b"y")


def test_a_full_disk_is_said_to_be_full_and_keeps_nothing_unfinished(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 1) as disk:
        with pytest.raises(NoRoomForBackup):
            put(Folder(disk.path), NAME, CONTENT * 2)
        assert list(disk.path.iterdir()) == []


def test_what_a_killed_backup_left_is_removed_and_other_databases_files_stay(tmp_path: Path) -> None:
    ours, others = f".{NAME}.new", f".{NAME.replace('0123abcd', 'ffffffff')}.new"
    for name in (ours, others, "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    Folder(tmp_path).discard_leftovers("0123abcd" + "0" * 24)
    assert names_in(tmp_path) == sorted([others, "notes.txt"])


def test_links_and_folders_are_no_backups(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/etc/hostname")
    (tmp_path / NAME.replace("0a1b2c", "ffffff")).mkdir()
    assert Folder(tmp_path).list() == []


def test_a_file_that_cannot_be_read_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(BackupNotRead), Folder(tmp_path).open(NAME):
        pass
