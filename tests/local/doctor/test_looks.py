"""Each look finds what it is for, and each repair puts it right; looking alone changes nothing."""

from __future__ import annotations

import json
import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from hourloom.backups.memory import Memory
from hourloom.backups.model import BackupMemory
from hourloom.configuration import Configuration
from hourloom.core.clock import DAY, Instant, SystemClock, format_instant
from hourloom.core.log import ERRORS
from hourloom.db.keys.edit import add_passphrase, list_wraps, remove_wrap
from hourloom.db.lock import take
from hourloom.db.migrate import migrate_sqlite
from hourloom.db.sqlite import connect
from hourloom.local.doctor.examining import LocalDoctor, found_by
from hourloom.local.doctor.findings import Finding, Look
from hourloom.local.doctor.patient import Patient
from hourloom.local.doctor.registry import LOOKS, table
from hourloom.local.keys import means_of
from hourloom.testing import PostgresServer
from tests.local.doctor.patients import EVENTS, NOW, PAGE, Hurt, fill

DOCS = Path(__file__).parents[3] / "docs" / "doctor.md"


@pytest.fixture(params=["file", "off"])
def hurt(request: pytest.FixtureRequest, tmp_path: Path) -> Hurt:
    return Hurt(tmp_path, encryption=request.param)


@pytest.fixture
def encrypted(tmp_path: Path) -> Hurt:
    return Hurt(tmp_path)


def test_a_sound_database_is_found_sound_and_left_as_it_is(hurt: Hurt) -> None:
    before = hurt.files()
    found = hurt.looked(deep=True)
    assert {check.what for check in found.values() if check.verdict == "bad"} == set()
    sound = ("data directory", "database", "schema", "references", "payloads", "digests", "times")
    assert [found[what].verdict for what in sound] == ["good"] * len(sound)
    assert {check.repair for check in found.values()} == {""}
    assert hurt.files() == before


def test_where_nothing_is_nothing_is_made(tmp_path: Path) -> None:
    configuration = Configuration(data_dir=tmp_path / "data", config_dir=tmp_path / "config", port=1)
    checks = list(LocalDoctor(configuration, None).look(lambda _what, _share: None, deep=True))
    assert [check.what for check in checks if check.verdict == "bad"] == []
    assert list(tmp_path.iterdir()) == []


def test_files_open_to_others_are_closed(hurt: Hurt) -> None:
    (hurt.data_dir / "log").mkdir(mode=0o755)
    (hurt.data_dir / "log" / "hourloom.log").write_text("")
    hurt.data_dir.chmod(0o755)
    hurt.database.chmod(0o644)
    # A link is not followed: what is elsewhere is not ours to change.
    outside = hurt.root / "outside"
    outside.write_text("")
    outside.chmod(0o644)
    (hurt.data_dir / "link").symlink_to(outside)
    assert hurt.looked()["links"].verdict == "note"
    hurt.mended("permissions")
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in hurt.data_dir.rglob("*")}
    assert (modes["log"], modes["hourloom.log"], modes["hourloom.db"]) == (0o700, 0o600, 0o600)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_a_key_file_that_others_may_read_locks_nobody_out_for_long(encrypted: Hurt) -> None:
    (key,) = (encrypted.root / "config" / "keys").glob("*.key")
    key.chmod(0o644)
    assert encrypted.looked()["encryption"].verdict == "bad"
    encrypted.mended("permissions")
    assert encrypted.looked()["encryption"].verdict == "good"


def test_a_key_that_is_gone_is_said_for_each_way(encrypted: Hurt) -> None:
    for key in (encrypted.root / "config" / "keys").glob("*.key"):
        key.unlink()
    found = encrypted.looked()
    assert found["encryption"].verdict == "bad"
    assert "recovery" in found["encryption"].finding
    assert [check.verdict for what, check in found.items() if what.startswith("key ")] == ["bad"]
    assert "database" not in found


@pytest.mark.parametrize("body", [None, b"{", b'{"format": 1}'], ids=["missing", "cut", "foreign"])
def test_keys_come_back_from_their_copy(encrypted: Hurt, body: bytes | None) -> None:
    keys = encrypted.data_dir / "keys.json"
    before = keys.read_bytes()
    keys.unlink()
    if body is not None:
        keys.write_bytes(body)
        keys.chmod(0o600)
    encrypted.mended("keys.json")
    assert keys.read_bytes() == before
    kept = encrypted.data_dir / "keys.json.damaged"
    assert (kept.read_bytes() if kept.exists() else None) == body
    assert encrypted.looked()["encryption"].verdict == "good"


def test_the_copy_of_the_keys_is_written_anew(hurt: Hurt) -> None:
    (copy,) = (hurt.root / "config" / "keys").glob("*.json")
    before = copy.read_bytes()
    copy.write_bytes(before[:-5])
    hurt.mended("keys.json")
    assert copy.read_bytes() == before
    copy.unlink()
    hurt.mended("keys.json")
    assert copy.read_bytes() == before


def test_where_only_a_passphrase_opens_the_database_it_is_asked_for_once(encrypted: Hurt) -> None:
    means = means_of(encrypted.configuration, None)
    add_passphrase(means, encrypted.unlocked, "correct horse battery staple")
    (key_file,) = [wrap for wrap in list_wraps(means) if wrap.method == "key_file"]
    remove_wrap(means, key_file.id)
    assert "nobody could be asked" in encrypted.looked()["database"].finding
    asked = []

    def ask() -> str:
        asked.append(1)
        return "correct horse battery staple"

    doctor = LocalDoctor(encrypted.configuration, ask)
    found = {check.what: check for check in doctor.look(lambda _what, _share: None, deep=False)}
    assert (found["database"].verdict, len(asked)) == ("good", 1)


def test_a_damaged_page_is_salvaged(hurt: Hurt) -> None:
    hurt.spoil(hurt.root_of("events"))
    body = hurt.database.read_bytes()
    assert "rows came back" in hurt.mended("database").said
    assert hurt.value("SELECT count(*) FROM events") == EVENTS
    (kept,) = hurt.data_dir.glob("damaged-*/hourloom.db")
    assert kept.read_bytes() == body
    assert hurt.looked()["kept files"].verdict == "note"


def test_a_damaged_beginning_is_salvaged(hurt: Hurt) -> None:
    hurt.spoil(1)
    assert hurt.looked()["encryption"].verdict == "bad"
    found = hurt.looked()["database"]
    assert "its beginning" in found.finding
    assert hurt.doctor.mend(found.repair).done
    assert hurt.value("SELECT count(*) FROM events") == EVENTS
    assert hurt.looked(deep=True)["database"].verdict == "good"


def test_a_database_of_a_lost_key_is_not_touched(encrypted: Hurt) -> None:
    """Nothing tells it from a damaged one, and salvaging it would leave an empty one."""
    for path in (encrypted.root / "config" / "keys").iterdir():
        path.unlink()
    encrypted.spoil(1)
    assert encrypted.looked().get("database") is None


def test_indexes_that_do_not_fit_are_built_anew(hurt: Hurt) -> None:
    hurt.change(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '3600000000', '36') WHERE name = 'events_that_last'",
    )
    found = hurt.looked(deep=True)["database"]
    assert "index" in found.finding
    assert found.repair == "build all indexes anew"
    assert hurt.looked()["database"].verdict == "good"
    hurt.mended("database", deep=True)


def test_rows_that_refer_to_nothing_are_set_aside(hurt: Hurt) -> None:
    hurt.change(
        "INSERT INTO settings VALUES (77, 1, 'zone', 'x', 1)",
        "INSERT INTO operation_events VALUES (99, 1, 0, 1, 1, 1, 2, 3)",
    )
    assert hurt.looked()["references"].finding.startswith("2 rows of operation_events, settings")
    said = hurt.mended("references").said
    (aside,) = hurt.data_dir.glob("set-aside-*.db")
    assert aside.name in said
    with closing(connect(aside, hurt.unlocked.data_key, readonly=True)) as connection:
        rows = connection.execute("SELECT name, row FROM rows_set_aside ORDER BY name").fetchall()
    assert [name for name, _ in rows] == ["operation_events", "settings"]
    assert json.loads(rows[1][1])["name"] == "zone"


def test_events_keep_their_time_where_the_payload_is_lost(hurt: Hurt) -> None:
    hurt.change("DELETE FROM payloads WHERE id IN (3, 4)")
    assert "20 events" in hurt.looked()["payloads"].finding
    hurt.mended("payloads")
    assert hurt.value("SELECT count(*) FROM events") == EVENTS
    assert hurt.value("SELECT body FROM payloads WHERE id = 3") == '{"lost":3}'
    assert hurt.looked(deep=True)["digests"].verdict == "good"


def test_digests_are_worked_out_again_and_twins_joined(hurt: Hurt) -> None:
    hurt.change(
        "UPDATE payloads SET digest = x'01' WHERE id = 5",
        """
        INSERT INTO payloads (workspace_id, digest, body)
        SELECT 1, x'02', body FROM payloads WHERE id = 6
        """,
        "UPDATE events SET payload_id = 61 WHERE payload_id = 6 AND id < 300",
        "INSERT INTO kept_totals VALUES (1, 1, 0, 6, 5), (1, 1, 0, 61, 7), (1, 1, 900000000, 61, 1)",
    )
    assert "2 payloads" in hurt.looked(deep=True)["digests"].finding
    assert "digests" not in hurt.looked()
    assert "1 were there twice" in hurt.mended("digests", deep=True).said
    assert hurt.value("SELECT count(*) FROM events WHERE payload_id = 6") == EVENTS // 60
    assert hurt.value("SELECT count(*) FROM payloads WHERE id = 61") == 0
    assert hurt.value("SELECT sum(lasted) FROM kept_totals WHERE payload_id = 6") == 13
    assert hurt.looked()["payloads"].verdict == "good"


def test_events_that_cannot_be_are_set_aside(hurt: Hurt) -> None:
    hurt.change("UPDATE events SET ended_at = started_at - 1 WHERE id = 7")
    assert "1 events are in" in hurt.mended("times", deep=True).said
    assert hurt.value("SELECT count(*) FROM events") == EVENTS - 1


def test_totals_off_their_quarter_are_said(hurt: Hurt) -> None:
    hurt.change("INSERT INTO kept_totals VALUES (1, 1, 17, 6, 5)")
    assert hurt.looked(deep=True)["kept totals"].verdict == "bad"


def test_events_in_the_future_are_said(hurt: Hurt) -> None:
    at = NOW + DAY
    hurt.change(f"INSERT INTO events VALUES (9999, 1, 1, {at}, {at + 1}, 1)")
    assert "future" in hurt.looked()["b-heron"].finding


def test_a_bucket_is_silent_only_while_others_report(hurt: Hurt) -> None:
    assert hurt.looked()["watchers"].verdict == "good"
    hurt.change(
        """
        INSERT INTO buckets
            (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
        VALUES (1, 1, 'quiet', 'afkstatus', 'w', 'd-heron', '{}', 1, 1)
        """,
        f"INSERT INTO events VALUES (9999, 1, 2, {NOW - DAY}, {NOW - DAY + 1}, 1)",
    )
    assert "while others report" in hurt.looked()["quiet"].finding
    hurt.change(f"UPDATE events SET started_at = {NOW - DAY}, ended_at = {NOW - DAY + 2}")
    assert hurt.looked()["watchers"].verdict == "good"


def test_an_older_schema_is_brought_up_to_date_after_a_backup(hurt: Hurt) -> None:
    with closing(hurt.connect()) as connection:
        migrate_sqlite(connection, "0001")
    assert hurt.looked()["schema"].verdict == "note"
    said = hurt.mended("schema").said
    (backup,) = (hurt.data_dir / "backups").glob("*.backup")
    assert backup.name in said
    assert hurt.value("SELECT count(*) FROM events") == EVENTS


def test_a_newer_schema_and_a_strangers_database_are_said(hurt: Hurt) -> None:
    hurt.change("UPDATE alembic_version SET version_num = '9999'")
    assert "update Hourloom" in hurt.looked()["schema"].advice
    hurt.change("PRAGMA application_id = 7")
    assert "another program's" in hurt.looked()["schema"].finding


def test_a_file_that_keeps_its_free_space_is_written_anew(tmp_path: Path) -> None:
    hurt = Hurt(tmp_path, encryption="off")
    with closing(connect(hurt.database, None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
    hurt.mended("free space inside")
    assert hurt.value("PRAGMA auto_vacuum") == 2
    assert hurt.value("SELECT count(*) FROM events") == EVENTS


def test_leftovers_go_and_what_was_kept_stays(hurt: Hurt) -> None:
    for name in ("hourloom.db.converting", ".keys.json.new", "set-aside-1.db"):
        (hurt.data_dir / name).write_bytes(b"x")
    (hurt.data_dir / "salvaging").mkdir()
    (hurt.data_dir / "salvaging" / "hourloom.db").write_bytes(b"x")
    (hurt.data_dir / "in-use").touch()
    hurt.mended("leftovers")
    hurt.mended("last stop")
    left = {path.name for path in hurt.data_dir.iterdir()}
    assert "set-aside-1.db" in left
    assert left & {"hourloom.db.converting", ".keys.json.new", "salvaging", "in-use"} == set()


def test_the_reserve_is_taken_again(hurt: Hurt) -> None:
    (hurt.data_dir / "ballast").unlink()
    hurt.mended("reserve")
    assert (hurt.data_dir / "ballast").stat().st_size == 64 * 1024


def test_what_needs_the_directory_waits_for_the_server_to_stop(hurt: Hurt) -> None:
    hurt.spoil(hurt.root_of("operations"))
    lock = take(hurt.data_dir, SystemClock().now())
    try:
        found = hurt.looked()
        assert found["server"].verdict == "good"
        mended = hurt.doctor.mend(found["database"].repair)
    finally:
        lock.release()
    assert not mended.done
    assert "in use" in mended.said
    assert not list(hurt.data_dir.glob("damaged-*"))


def test_backups_are_looked_at_by_their_age(hurt: Hurt) -> None:
    assert "none" in hurt.looked()["backup"].finding
    memory, now = Memory(hurt.data_dir), SystemClock().now()
    memory.write(BackupMemory(watching_since=now, made_at=now))
    assert hurt.looked()["backup"].verdict == "good"
    memory.write(BackupMemory(watching_since=now, made_at=Instant(now - 5 * DAY)))
    assert hurt.looked()["backup"].verdict == "note"
    memory.write(BackupMemory(watching_since=now, made_at=now, fault="the disk is away"))
    assert "the disk is away" in hurt.looked()["backup"].finding


def test_errors_and_notices_of_late_are_told(hurt: Hurt) -> None:
    log = hurt.data_dir / ERRORS
    log.parent.mkdir(mode=0o700)
    records = [
        {"at": format_instant(at), "level": "error", "logger": "hourloom.jobs", "message": "m"}
        for at in (Instant(NOW - 3 * DAY), NOW)
    ]
    log.write_text("\n".join([*map(json.dumps, records), "no json", "[1]"]), "utf-8")
    log.chmod(0o600)
    assert "1 errors since yesterday" in hurt.looked()["log"].finding
    hurt.change(
        f"""
        INSERT INTO notices (workspace_id, kind, slot, subject, raised_at)
        VALUES (1, 'disk_low', '', '{{"mebibytes":7}}', {NOW}), (1, 'of_later', '', '{{}}', {NOW})
        """
    )
    assert "7 MiB" in hurt.looked()["notice"].finding


def test_a_strangers_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        hurt = Hurt(tmp_path, port=listener.getsockname()[1])
        assert hurt.looked()["port"].verdict == "note"


@pytest.mark.parametrize("name", ["users", "workspaces", "buckets", "payloads", "events", "notices", "jobs"])
def test_every_look_gets_to_its_end_on_a_damaged_database(hurt: Hurt, name: str) -> None:
    hurt.spoil(hurt.root_of(name))
    found = hurt.looked(deep=True)
    assert found["database"].verdict == "bad"
    assert found["database"].repair
    hurt.mended("database", deep=True)


def test_noise_and_nothing_in_place_of_a_database_are_findings(tmp_path: Path) -> None:
    hurt = Hurt(tmp_path)
    for body in (os.urandom(9 * PAGE), b"SQLite format 3\0" + bytes(2 * PAGE), b"", b"x"):
        hurt.database.write_bytes(body)
        before = hurt.files()
        found = hurt.looked(deep=True)
        assert not body or any(check.verdict == "bad" for check in found.values()), body[:10]
        if repair := found.get("database") and found["database"].repair:
            assert not hurt.doctor.mend(repair).done
        assert hurt.database.read_bytes() == before["data/hourloom.db"]
        hurt.database.write_bytes(b"")


@pytest.mark.postgres
def test_postgresql_is_examined_as_far_as_that_makes_sense(
    postgres_server: PostgresServer, postgres_name: str, tmp_path: Path
) -> None:
    url = postgres_server.url(postgres_name)
    with postgres_server.connect(postgres_name) as connection:
        fill_team(connection)
    configuration = Configuration(
        data_dir=tmp_path / "data", config_dir=tmp_path / "config", database_url=url, port=1
    )
    doctor = LocalDoctor(configuration, None)
    found = {check.what: check for check in doctor.look(lambda _what, _share: None, deep=True)}
    sound = ("schema", "payloads", "digests", "times", "watchers")
    assert [found[what].verdict for what in sound] == ["good"] * len(sound), found
    with postgres_server.connect(postgres_name) as connection:
        connection.execute("DELETE FROM payloads WHERE id = 3")
    found = {check.what: check for check in doctor.look(lambda _what, _share: None, deep=True)}
    assert (found["payloads"].verdict, found["payloads"].repair) == ("bad", "")


def fill_team(connection: object) -> None:
    class Adapted:
        """Takes the statements of the embedded database."""

        def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> object:
            return connection.execute(sql.replace("?", "%s"), parameters or None)  # type: ignore[attr-defined]

        def executemany(self, sql: str, rows: list[tuple[object, ...]]) -> None:
            with connection.cursor() as cursor:  # type: ignore[attr-defined]
                cursor.executemany(sql.replace("?", "%s"), rows)

    fill(Adapted())  # type: ignore[arg-type]


def test_an_unreachable_postgresql_is_a_finding(tmp_path: Path) -> None:
    configuration = Configuration(
        data_dir=tmp_path / "data",
        config_dir=tmp_path / "config",
        database_url="postgresql://127.0.0.1:1/x",
        port=1,
    )
    found = list(LocalDoctor(configuration, None).look(lambda _what, _share: None, deep=False))
    assert any("does not answer" in check.finding for check in found)


def test_what_a_look_raises_is_a_finding(tmp_path: Path) -> None:
    def broken(_patient: Patient):  # type: ignore[no-untyped-def]  # noqa: ANN202 - it never yields
        raise PermissionError(13, "Permission denied", str(tmp_path))
        yield

    patient = Patient(Configuration(data_dir=tmp_path, config_dir=tmp_path))
    assert list(found_by(Look("broken", "nothing", broken), patient)) == [
        Finding("bad", "broken", f"{tmp_path}: Permission denied")
    ]


def test_the_page_has_every_look() -> None:
    page = DOCS.read_text("utf-8")
    assert "\n".join(table()) in page
    assert len({look.name for look in LOOKS}) == len(LOOKS)
