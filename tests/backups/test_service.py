"""Backups by themselves and on demand, with what their user is told of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest

from hourloom.backups import making
from hourloom.backups.model import (
    Backup,
    BackupDamaged,
    BackupOutOfReach,
    BackupPlaceRefused,
    NoSuchBackup,
    TeamBackup,
)
from hourloom.backups.service import MAKE, Backups
from hourloom.core.actors import EVERYTHING, Actor, ScopeMissing
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.transaction import Database
from hourloom.jobs.service import Jobs
from hourloom.notices.service import Notices
from hourloom.settings.service import Settings
from hourloom.testing import Announced, FixedClock, open_sqlite
from tests.backups.builders import Home, a_home

OWNER = Actor(WorkspaceId(1), UserId(1), EVERYTHING)


class Kept:
    """The service over a database of its own."""

    def __init__(self, home: Home, clock: FixedClock) -> None:
        self.home, self.clock, self.announced = home, clock, Announced()
        self.database: Database = open_sqlite(
            home.database, home.unlocked.data_key, self.announced.record, self.announced.publish
        )
        self.jobs, self.settings = Jobs(self.database, clock), Settings(self.database, clock)
        self.notices = Notices(self.database, clock)
        self.backups = backups_of(self.database, clock, home.means.places.config_dir, self)

    def set(self, name: str, value: str) -> None:
        self.database.write(lambda: self.settings.set(OWNER, name, value.encode()))

    def told(self) -> list[str]:
        return [notice.kind for notice in self.notices.list(OWNER)]

    def queued(self) -> list[str]:
        return [job.kind for job in self.jobs.newest(OWNER, 2**63 - 1, 10) if job.state == "open"]

    def listed(self) -> list[Backup]:
        return self.backups.overview(OWNER).backups


def backups_of(database: Database, clock: FixedClock, config_dir: Path, kept: Kept) -> Backups:
    return Backups(
        database, clock, kept.jobs, kept.settings, kept.notices, owner=OWNER, config_dir=config_dir
    )


@pytest.fixture
def kept(tmp_path: Path, clock: FixedClock) -> Iterator[Kept]:
    found = Kept(a_home(tmp_path / "home"), clock)
    found.set("time_zone", '"Europe/Berlin"')
    yield found
    found.database.close()


def test_a_backup_is_made_verified_listed_and_told_of(kept: Kept) -> None:
    made = kept.backups.now()
    assert made.verified
    assert kept.listed() == [made]
    assert "BackupMade" in kept.announced.kinds
    assert kept.backups.verified_at() == made.checked_at
    assert kept.backups.made_at() == made.made_at
    assert not kept.backups.is_stale()
    measures = {measure.name: measure.value for measure in kept.backups.measures()}
    assert measures["hourloom_backup_made_seconds"] == made.made_at / 1e6
    assert measures["hourloom_backup_bytes"] == made.bytes


def test_the_daily_backup_is_queued_once_it_is_due_and_not_again(kept: Kept) -> None:
    kept.backups.look()
    kept.backups.look()
    assert kept.queued() == [MAKE]
    kept.backups.now()
    kept.clock.advance(3600)
    other = Kept(kept.home, kept.clock)
    try:
        other.database.write(lambda: other.jobs.cancel(OWNER, other.jobs.newest(OWNER, 2**63 - 1, 1)[0].id))
        other.backups.look()
        assert other.queued() == []
        kept.clock.advance(86_400)
        other.backups.look()
        assert other.queued() == [MAKE]
    finally:
        other.database.close()


def test_who_wants_none_gets_none_and_no_alarm(kept: Kept) -> None:
    kept.set("backup_enabled", "false")
    kept.backups.look()
    kept.clock.advance(10 * 86_400)
    kept.backups.look()
    assert kept.queued() == []
    assert kept.told() == []
    assert not kept.backups.is_stale()


def test_an_alarm_is_raised_when_none_succeeds_and_is_over_with_the_next_one(kept: Kept) -> None:
    kept.backups.look()
    kept.clock.advance(2 * 86_400 + 1)
    kept.backups.look()
    assert kept.told() == ["backup_missing"]
    kept.backups.now()
    assert kept.told() == []
    kept.clock.advance(3 * 86_400)
    kept.backups.look()
    assert kept.told() == ["backup_stale"]
    assert kept.backups.is_stale()
    kept.backups.now()
    kept.backups.look()
    assert kept.told() == []


def test_an_unplugged_disk_is_an_alarm_and_not_a_crash(kept: Kept, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    kept.set("backup_folder", f'"{disk}"')
    with pytest.raises(BackupOutOfReach):
        kept.backups.now()
    assert kept.told() == ["backup_failed"]
    assert "BackupFailed" in kept.announced.kinds
    assert kept.backups.overview(OWNER).out_of_reach == [str(disk)]
    assert kept.backups.overview(OWNER).memory.fault is not None
    disk.mkdir()
    made = kept.backups.now()
    assert made.place == str(disk)
    assert kept.told() == []


def test_the_bare_place_of_an_unplugged_disk_is_not_written_to(kept: Kept, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    kept.set("backup_folder", f'"{disk}"')
    kept.backups.now()
    shutil.rmtree(disk)
    disk.mkdir()
    with pytest.raises(BackupOutOfReach):
        kept.backups.now()
    assert list(disk.iterdir()) == []
    assert kept.backups.now(str(disk)).verified


def test_a_folder_is_named_by_its_whole_path(kept: Kept, tmp_path: Path) -> None:
    made = kept.backups.now(str(tmp_path / "once"))
    assert made.place == str(tmp_path / "once")
    assert made in kept.listed()
    with pytest.raises(BackupPlaceRefused):
        kept.backups.now("once")


def test_what_others_stand_for_is_dropped_and_told_of(kept: Kept) -> None:
    kept.set("backup_keep_daily", "2")
    kept.set("backup_keep_weekly", "0")
    kept.set("backup_keep_monthly", "0")
    made = []
    for _ in range(5):
        made.append(kept.backups.now())
        kept.clock.advance(86_400)
    # The last one drops what is older than two days; it is itself one of them.
    assert [backup.name for backup in kept.listed()] == [made[4].name, made[3].name]
    assert kept.announced.kinds.count("BackupDropped") == 3
    assert sorted(path.name for path in kept.home.folder.path.iterdir()) == sorted(
        name for backup in made[3:] for name in (backup.name, f"{backup.name}.state")
    )


def test_another_databases_backups_in_the_folder_are_left_alone(kept: Kept, tmp_path: Path) -> None:
    other = a_home(tmp_path / "other")
    kept.set("backup_keep_weekly", "0")
    kept.set("backup_keep_monthly", "0")
    kept.set("backup_keep_daily", "1")
    theirs = other.back_up(kept.clock, kept.home.folder)
    for _ in range(3):
        kept.clock.advance(10 * 86_400)
        kept.backups.now()
    assert theirs.name in [backup.name for backup in kept.listed()]
    assert kept.backups.verify().name != theirs.name


def test_a_backup_that_went_bad_is_told_of(kept: Kept) -> None:
    made = kept.backups.now()
    path = Path(made.place) / made.name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BackupDamaged):
        kept.backups.verify(made.name)
    assert kept.told() == ["backup_failed"]
    assert {"BackupVerified", "BackupFailed"} <= set(kept.announced.kinds)
    assert [backup.verified for backup in kept.listed()] == [False]


def test_only_what_is_there_can_be_examined(kept: Kept) -> None:
    for name in (None, "hourloom-00000000-20260302T040000Z-0a1b2c.backup", "../x"):
        with pytest.raises(NoSuchBackup):
            kept.backups.verify(name)


def test_backups_ask_for_their_scope(kept: Kept) -> None:
    nobody = Actor(WorkspaceId(1), UserId(1), frozenset({"settings:write"}))
    for action in (
        lambda: kept.backups.overview(nobody),
        lambda: kept.backups.start(nobody),
        lambda: kept.backups.start_verifying(nobody),
    ):
        with pytest.raises(ScopeMissing):
            action()


def test_backups_that_hold_what_was_purged_are_found_and_rewritten(kept: Kept) -> None:
    came = kept.clock.now()
    kept.clock.advance(60)
    made = kept.backups.now()
    gone = kept.clock.advance(60)
    kept.clock.advance(60)
    later = kept.backups.now()
    assert kept.backups.that_hold(came, gone) == [made]

    def erase(connection: Connection) -> None:
        connection.execute("DELETE FROM events WHERE id <= 20")

    rewritten = kept.backups.rewrite(made, erase)
    assert rewritten.verified
    assert rewritten.made_at == made.made_at
    assert kept.backups.that_hold(came, gone) == []
    assert {backup.name for backup in kept.listed()} == {made.name, later.name}
    assert rows_of(kept, made.name) == (30, 50)


def rows_of(kept: Kept, name: str) -> tuple[int, int]:
    from hourloom.backups import restoring

    backup = restoring.look_at(kept.home.folder.path / name)
    rows = restoring.manifest_of(backup, kept.home.unlocked.data_key).rows
    return rows["events"], rows["payloads"]


def test_a_rewriting_that_fails_leaves_the_backup_as_it_was(kept: Kept) -> None:
    made = kept.backups.now()

    def fail(_connection: object) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        kept.backups.rewrite(made, fail)
    assert kept.backups.verify(made.name).verified
    assert rows_of(kept, made.name)[0] == 50


def test_memory_outlives_the_server_and_its_loss_is_no_harm(kept: Kept) -> None:
    made = kept.backups.now()
    again = backups_of(kept.database, kept.clock, kept.home.means.places.config_dir, kept)
    assert again.made_at() == made.made_at
    for body in (b"", b"{", b'{"watching_since":"x"}'):
        (kept.home.directory / "backups.json").write_bytes(body)
        assert again.made_at() is None
        again.look()
    assert (kept.home.directory / "backups.json").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_server_left_is_removed_at_the_next_start(kept: Kept) -> None:
    work = kept.home.directory / "backup-work"
    work.mkdir()
    (work / "copy.db").write_bytes(b"x")
    with making.one_at_a_time(kept.home.directory):
        kept.backups.discard_leftovers()
        assert work.exists()
    kept.backups.discard_leftovers()
    assert not work.exists()


@pytest.mark.parametrize("dialect", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_team_database_is_backed_up_with_its_own_tools(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    assert not isinstance(database, EmbeddedDatabase)
    jobs, settings, notices = Jobs(database, clock), Settings(database, clock), Notices(database, clock)
    backups = Backups(database, clock, jobs, settings, notices, owner=OWNER, config_dir=tmp_path)
    for action in (
        lambda: backups.start(OWNER),
        lambda: backups.start_verifying(OWNER),
        lambda: backups.overview(OWNER),
        backups.now,
        backups.verify,
    ):
        with pytest.raises(TeamBackup, match="pg_dump"):
            action()
    backups.look()
    backups.discard_leftovers()
    assert backups.measures() == []
    assert backups.verified_at() is None
    assert not backups.is_stale()
    assert backups.that_hold(clock.now(), clock.now()) == []
