"""`hourloom restore`, on this computer and on a new one, with a server that runs and without; `downgrade`."""

import shutil
from pathlib import Path

from hourloom.db.keys import edit
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.migrate import HEAD, sqlite_revision
from hourloom.db.sqlite import connect
from tests.backups.builders import Home, events_in
from tests.cli.program import Program, ask, stop
from tests.cli.test_backup import a_record, piped

WORDS = "correct horse battery staple"


def events_of(hourloom: Program) -> int:
    means = Means(Places(hourloom.data_dir, hourloom.home / "config"))
    return events_in(means.places.database, unlock(means, "file").data_key)


def a_backup(home: Home) -> str:
    return str(home.folder.path / home.back_up().name)


def test_a_backup_takes_the_place_of_the_database_and_back(tmp_path: Path) -> None:
    hourloom, home = a_record(tmp_path)
    path = a_backup(home)
    home.add_events(20)
    found = hourloom.json("restore", path, "--preview")
    rows = {each["table"]: (each["then"], each["now"]) for each in found["rows"]}
    assert rows["events"] == (40, 60)
    assert (found["schema"], found["schema_now"], found["same_database"]) == (HEAD, HEAD, True)
    assert found["newest"] < found["newest_now"]
    assert events_of(hourloom) == 60

    done = hourloom("restore", path, "--yes")
    assert "only in the present database" in done.stdout
    assert "before-restore-" in done.stderr
    assert events_of(hourloom) == 40
    hourloom("restore", "--undo", "--yes")
    assert events_of(hourloom) == 60


def test_without_a_yes_nothing_is_changed(tmp_path: Path) -> None:
    hourloom, home = a_record(tmp_path, "off")
    path = a_backup(home)
    home.add_events(20)
    assert "--yes" in hourloom("restore", path, code=1).stderr
    assert "nothing was changed" in hourloom.in_terminal("restore", path, answers=("n",))
    assert "--yes" in hourloom.refused("downgrade")
    assert events_of(hourloom) == 60


def test_which_backup_has_to_be_said(hourloom: Program) -> None:
    assert "Name the backup" in hourloom.refused("restore", "--yes")
    assert "kept" in hourloom.refused("restore", "--undo", "--yes")
    assert not (hourloom.data_dir / "hourloom.db").exists()


def test_a_new_computer_needs_the_file_and_the_recovery_code_alone(tmp_path: Path) -> None:
    """The steps of docs/backups.md, with nothing of the old computer left."""
    _, old = a_record(tmp_path / "old")
    code = old.recovery_code
    file = shutil.copy(a_backup(old), tmp_path / "stick.backup")
    shutil.rmtree(tmp_path / "old")

    new = Program(tmp_path / "new", encryption="file")
    seen = new.in_terminal("restore", str(file), answers=(code, "y"))
    assert code not in seen
    assert events_of(new) == 40
    with new.running():
        assert "stop it" in new("restore", str(file), "--yes", code=1).stderr
        assert ask(new.port, "GET", "/api/0/buckets/window/events/count") == 40


def test_a_new_computer_needs_the_file_and_the_passphrase_alone(tmp_path: Path) -> None:
    _, old = a_record(tmp_path / "old", events=7)
    edit.add_passphrase(old.means, old.unlocked, WORDS)
    file = shutil.copy(a_backup(old), tmp_path / "stick.backup")
    new = Program(tmp_path / "new", encryption="file")
    assert "not the passphrase" in piped(new, "a wrong horse\n", "restore", str(file), "--yes").stderr
    assert not (new.data_dir / "hourloom.db").exists()
    assert piped(new, f"{WORDS}\n", "restore", str(file), "--yes").returncode == 0
    assert events_of(new) == 7


def test_under_the_supervisor_the_server_starts_again_and_no_watcher_is_refused(tmp_path: Path) -> None:
    hourloom, home = a_record(tmp_path)
    path = a_backup(home)
    home.add_events(20)
    up = hourloom.started("up", "--no-browser")
    try:
        assert "runs again" in hourloom("restore", path, "--yes").stderr
        assert ask(hourloom.port, "GET", "/api/0/buckets/window/events/count") == 40
        assert up.poll() is None
    finally:
        stop(up)


def test_a_downgrade_goes_down_after_a_backup(tmp_path: Path) -> None:
    hourloom, home = a_record(tmp_path, "off")
    done = hourloom("downgrade", "0001", "--yes")
    assert "schema 0001" in done.stderr
    connection = connect(home.database, None)
    assert sqlite_revision(connection) == "0001"
    connection.close()
    assert "no schema 0001" in hourloom.refused("downgrade", "0001", "--yes")
    assert events_of(hourloom) == 40
