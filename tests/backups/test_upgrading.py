"""Before the schema changes a backup is made; what fails or is killed leaves the database as it was."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest

from hourloom.app import open_database
from hourloom.backups import making, restoring
from hourloom.backups.memory import Memory
from hourloom.backups.model import BackupRunsAlready, NoRoomForBackup
from hourloom.configuration import Configuration
from hourloom.core.clock import Instant
from hourloom.db.ballast import Ballast
from hourloom.db.migrate import (
    HEAD,
    MigrationFailed,
    NoSuchRevision,
    behind,
    migrate_sqlite,
    revision_below,
    revisions,
    sqlite_revision,
)
from hourloom.db.sqlite import connect
from hourloom.local.downgrading import NotAgreed, downgrade
from hourloom.testing import Announced
from tests.backups.builders import Home, a_home
from tests.rigs.faults.small_disk import mounted
from tests.rigs.killing import killed_at_each_step


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a database as the first program made it."""
    home = a_home(tmp_path)
    take_down(home)
    return home


def take_down(home: Home) -> None:
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        migrate_sqlite(connection, "0001")


def configuration_of(home: Home) -> Configuration:
    return Configuration(
        data_dir=home.directory, config_dir=home.means.places.config_dir, keychain=False, ballast=0
    )


def start(home: Home) -> None:
    """Open the database as a starting server does."""
    announced = Announced()
    open_database(
        configuration_of(home), home.unlocked, announced.record, announced.publish, Ballast(home.directory, 0)
    ).close()


def revision_of(home: Home) -> str | None:
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        return sqlite_revision(connection)


def tables_of(home: Home) -> set[str]:
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_start_brings_the_schema_up_to_date_after_a_backup(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    start(home)
    assert revision_of(home) == HEAD
    assert home.events() == 50
    (made,) = making.listed(home.folder)
    assert made.verified
    assert made.schema == "0001"
    assert "after a backup" in capsys.readouterr().err
    assert Memory(home.directory).read(Instant(0)).made_at == made.made_at
    start(home)
    assert making.listed(home.folder) == [made]


def test_the_backup_before_brings_the_old_schema_back(home: Home) -> None:
    start(home)
    (made,) = making.listed(home.folder)
    backup = restoring.look_at(home.folder.path / made.name)
    restoring.take_out(backup, home.unlocked.data_key, home.directory)
    taken = home.directory / restoring.FRESH / "hourloom.db"
    with closing(connect(taken, home.unlocked.data_key)) as connection:
        assert sqlite_revision(connection) == "0001"


@pytest.mark.parametrize("table", ["notices", "kept_totals"])
def test_a_migration_that_fails_leaves_the_database_as_it_was(home: Home, table: str) -> None:
    """A table in the way stands for whatever a migration may fail by, in its first step or its last."""
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    before = tables_of(home)
    with pytest.raises(MigrationFailed) as raised:
        start(home)
    (made,) = making.listed(home.folder)
    for said in ("stays at 0001", made.name, "already exists", "start your last Hourloom"):
        assert said in raised.value.message
    assert tables_of(home) == before
    assert revision_of(home) == "0001"
    assert home.events() == 50
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        connection.execute(f"DROP TABLE {table}")
    start(home)
    assert revision_of(home) == HEAD


def test_without_room_for_the_backup_nothing_is_changed(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 8):
        home = a_home(tmp_path / "disk")
        take_down(home)
        with pytest.raises(NoRoomForBackup):
            start(home)
        assert revision_of(home) == "0001"


def test_while_another_backup_is_made_nothing_is_changed(home: Home) -> None:
    with making.one_at_a_time(home.directory), pytest.raises(BackupRunsAlready):
        start(home)
    assert revision_of(home) == "0001"


KILLED = """
import sys
from pathlib import Path
from hourloom.db import migrate
from hourloom.db.ballast import Ballast
from hourloom.configuration import Configuration
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.testing import Announced
from tests.rigs.killing import step

EVERY = ("CREATE", "INSERT", "UPDATE", "PRAGMA application_id", "COMMIT")
WORDS = EVERY if sys.argv[2] == "every" else ("COMMIT", "PRAGMA application_id")

def watched(connection, revision, migrate_sqlite=migrate.migrate_sqlite):
    connection.set_trace_callback(lambda sql: step(sql[:40]) if sql.lstrip().startswith(WORDS) else None)
    migrate_sqlite(connection, revision)

migrate.migrate_sqlite = watched
from hourloom.app import open_database

top = Path(sys.argv[1])
announced = Announced()
configuration = Configuration(data_dir=top / "data", config_dir=top / "config", keychain=False, ballast=0)
unlocked = unlock(Means(Places(top / "data", top / "config")), "file")
open_database(configuration, unlocked, announced.record, announced.publish, Ballast(top / "data", 0)).close()
"""


@pytest.mark.parametrize("statements", ["some", pytest.param("every", marks=pytest.mark.soak)])
def test_killed_at_any_statement_the_old_or_the_new_schema_is_whole(home: Home, statements: str) -> None:
    seen = []
    old = tables_of(home)
    for killed in killed_at_each_step([sys.executable, "-c", KILLED, str(home.directory.parent), statements]):
        seen.append(revision_of(home))
        assert seen[-1] in ("0001", HEAD), killed
        assert home.events() == 50, killed
        assert (tables_of(home) == old) is (seen[-1] == "0001"), killed
        with closing(connect(home.database, home.unlocked.data_key)) as connection:
            if seen[-1] == HEAD:
                migrate_sqlite(connection, "0001")
    assert {"0001", HEAD} == set(seen)
    assert revision_of(home) == HEAD


def test_a_downgrade_makes_a_backup_and_goes_down(home: Home) -> None:
    start(home)
    asked = []

    def agree(found: str, wanted: str) -> bool:
        asked.append((found, wanted))
        return True

    reached, backup = downgrade(
        configuration_of(home), "0001", agree, lambda *_: None, lambda _: home.unlocked
    )
    assert (reached, asked) == ("0001", [(HEAD, "0001")])
    assert revision_of(home) == "0001"
    assert home.events() == 50
    newest = making.listed(home.folder)[0]
    assert (newest.name, newest.schema, newest.verified) == (backup.name, HEAD, True)


def test_who_does_not_agree_keeps_everything(home: Home) -> None:
    start(home)
    with pytest.raises(NotAgreed):
        downgrade(configuration_of(home), None, lambda *_: False, lambda *_: None, lambda _: home.unlocked)
    assert revision_of(home) == HEAD
    assert len(making.listed(home.folder)) == 1


def test_only_schemas_below_are_gone_down_to() -> None:
    assert revisions()[-1] == HEAD
    assert revision_below(HEAD, None) == revisions()[-2]
    assert revision_below(HEAD, "0001") == "0001"
    for found, wanted in ((HEAD, HEAD), (HEAD, "base"), (HEAD, "9999"), ("0001", None)):
        with pytest.raises(NoSuchRevision):
            revision_below(found, wanted)


def test_an_empty_file_and_a_foreign_one_are_not_behind(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "empty.db", None)) as empty:
        assert behind(empty) is None
        empty.execute("CREATE TABLE bookmarks (url TEXT)")
        assert behind(empty) is None
