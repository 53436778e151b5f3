"""Repairs of the database; whoever calls them holds the directory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from hourloom.core.clock import datetime_of
from hourloom.core.errors import HourloomError, Refused
from hourloom.core.strict_json import canonical
from hourloom.db.migrate import behind, upgrade
from hourloom.db.salvage.aside import SetAside
from hourloom.db.salvage.making import ASIDE, Salvage, move_aside, set_lost_references_aside
from hourloom.db.salvage.report import Loss, Report, in_words
from hourloom.db.salvage.stand_ins import LOST
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import SqliteTransaction
from hourloom.db.tidying import INCREMENTAL
from hourloom.local.doctor import store
from hourloom.local.doctor.patient import Patient, Step
from hourloom.tracking.model import digest_of

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["INCREMENTAL", "digest_anew", "migrate", "reindex", "salvage", "set_aside", "stand_in", "vacuum"]


class RepairFailed(Refused):
    """It could not be repaired: {reason}."""


def salvage(patient: Patient) -> str:
    """Make a new database of all that can be read."""
    try:
        key = patient.data_key
    except HourloomError:
        found = list(patient.keys_of_pages())
        if not found:
            raise
        key = found[0]
    work = Salvage(digest_of, lambda: secrets.token_bytes(32), patient.clock.now(), _told(patient))
    report = work.run(patient.database, key)
    patient.forget()
    return in_sentences(report)


def reindex(patient: Patient) -> str | None:
    """Build all indexes anew; where a page of one cannot be read, salvage everything."""
    try:
        with _mending(patient) as connection:
            patient.watch(connection, "Building indexes")
            connection.execute("REINDEX")
    except RepairFailed:
        return salvage(patient)
    return None


def vacuum(patient: Patient) -> None:
    """Write the file anew."""
    with _mending(patient) as connection:
        patient.watch(connection, "Writing the file anew")
        connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL:d}")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def migrate(patient: Patient) -> str:
    """Bring the schema up to date, after a backup."""
    from hourloom.backups.upgrading import back_up  # noqa: PLC0415 - only for this

    patient.step("Making a backup", 0.0)
    key = patient.unlocked.data_key
    made = back_up(patient.database, key, patient.configuration.config_dir, patient.clock)
    with _mending(patient) as connection:
        found = behind(connection)
        if found is not None:
            upgrade(connection, patient.database.name, found, made.name)
    return f"The backup before is {made.name} in {made.place}."


def set_aside(patient: Patient) -> str:
    """Move rows that refer to nothing into a file of their own."""
    with _mending(patient) as connection, _aside(patient) as aside:
        connection.execute("BEGIN IMMEDIATE")
        moved = set_lost_references_aside(connection, aside)
        connection.execute("COMMIT")
    return f"{moved} rows are in {aside.path.name} now."


def drop_lanes(connection: Connection) -> None:
    """Let the days of activities be derived again; a database of before has none."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lane_days'").fetchone():
        connection.execute("DELETE FROM lane_days")


def set_aside_inside_out(patient: Patient) -> str:
    """Move events that end before they begin, and totals that cannot be, into a file of their own."""
    with _mending(patient) as connection, _aside(patient) as aside:
        connection.execute("BEGIN IMMEDIATE")
        rows = connection.execute("SELECT id FROM events WHERE ended_at < started_at").fetchall()
        for (row,) in rows:
            move_aside(connection, aside, "events", row, "ends before it begins")
        connection.execute("UPDATE buckets SET history_version = history_version + 1")
        drop_lanes(connection)
        connection.execute("COMMIT")
    return f"{len(rows)} events are in {aside.path.name} now."


def stand_in(patient: Patient) -> str:
    """Give what refers to lost payloads stand-ins, so that the time is kept where the title is lost."""
    with _mending(patient) as connection:
        connection.execute("BEGIN IMMEDIATE")
        lost = store.lost_payloads(SqliteTransaction(connection, writes=False))
        (workspace, key) = connection.execute("SELECT id, payload_key FROM workspaces ORDER BY id").fetchone()
        bodies = [(row, canonical({LOST: row})) for (row,) in lost]
        connection.executemany(
            "INSERT INTO payloads (id, workspace_id, digest, body) VALUES (?, ?, ?, ?)",
            [(row, workspace, digest_of(body, key), body) for row, body in bodies],
        )
        connection.execute("UPDATE buckets SET history_version = history_version + 1")
        drop_lanes(connection)
        connection.execute("COMMIT")
    return f"{len(lost)} titles are lost; their events say so now."


def digest_anew(patient: Patient) -> str:
    """Work out the digests of all payloads again; two that are the same become one."""
    changed = merged = 0
    with _mending(patient) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for row, workspace, fresh in list(_wrong_digests(connection)):
            same = connection.execute(
                "SELECT id FROM payloads WHERE workspace_id = ? AND digest = ? AND id <> ?",
                (workspace, fresh, row),
            ).fetchone()
            if same is None:
                connection.execute("UPDATE payloads SET digest = ? WHERE id = ?", (fresh, row))
            else:
                _merge(connection, row, same[0])
                merged += 1
            changed += 1
        drop_lanes(connection)
        connection.execute("COMMIT")
    return f"{changed} payloads have their digest again, {merged} were there twice."


def in_sentences(report: Report) -> str:
    """Say what a salvage brought back and what it could not."""
    rows = sum(report.rows.values())
    said = [f"{rows:,} rows came back; the damaged file is {_place(report)}."]
    for name, count in report.from_indexes.items():
        said.append(f"{count:,} rows of {name} came back from an index.")
    for name, count in report.stand_ins.items():
        said.append(f"{count:,} rows of {name} are lost; stand-ins keep what belongs to them.")
    said += [_lost(loss) for loss in report.losses]
    if report.set_aside and report.aside is not None:
        said.append(f"{report.set_aside:,} rows that refer to lost ones are in {report.aside.name}.")
    return " ".join(said)


def _place(report: Report) -> str:
    return "gone" if report.kept is None else f"kept as {report.kept.parent.name}/{report.kept.name}"


def _lost(loss: Loss) -> str:
    count = f"{loss.rows:,} rows" if loss.rows is not None else "Rows"
    ids = f" with the numbers {in_words(loss.ids)}" if loss.ids else ""
    if loss.began_at is None or loss.ended_at is None:
        return f"{count} of {loss.table}{ids} could not be read."
    span = f"between {_when(loss.began_at)} and {_when(loss.ended_at)}"
    return f"{count} of {loss.table}{ids}, {span}, could not be read."


def _when(instant: int) -> str:
    moment: datetime = datetime_of(instant)
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _wrong_digests(connection: Connection) -> Iterator[tuple[int, int, bytes]]:
    rows = connection.execute(
        """
        SELECT p.id, p.workspace_id, p.digest, p.body, w.payload_key
        FROM payloads p JOIN workspaces w ON w.id = p.workspace_id
        """
    )
    for row, workspace, digest, body, key in rows:
        fresh = digest_of(body, key)
        if fresh != digest:
            yield row, workspace, fresh


def _merge(connection: Connection, row: int, into: int) -> None:
    for table in ("events", "operation_events"):
        connection.execute(f"UPDATE {table} SET payload_id = ? WHERE payload_id = ?", (into, row))  # noqa: S608 - two of our tables
    connection.execute(
        """
        INSERT INTO kept_totals (workspace_id, bucket_id, started_at, payload_id, lasted)
        SELECT workspace_id, bucket_id, started_at, ?, lasted FROM kept_totals WHERE payload_id = ?
        ON CONFLICT (workspace_id, bucket_id, started_at, payload_id)
        DO UPDATE SET lasted = kept_totals.lasted + excluded.lasted
        """,
        (into, row),
    )
    connection.execute("DELETE FROM kept_totals WHERE payload_id = ?", (row,))
    connection.execute("DELETE FROM payloads WHERE id = ?", (row,))


@contextmanager
def _mending(patient: Patient) -> Iterator[Connection]:
    """Open the database to write; what is half done when it fails is undone."""
    with patient.alone() as connection:
        try:
            yield connection
        except driver.Error as error:
            raise RepairFailed(reason=str(error)) from None


@contextmanager
def _aside(patient: Patient) -> Iterator[SetAside]:
    stamp = f"{datetime_of(patient.clock.now()):%Y%m%d-%H%M%S}"
    aside = SetAside(patient.directory / f"{ASIDE}{stamp}.db", patient.data_key)
    try:
        yield aside
    finally:
        aside.close()


def _told(patient: Patient) -> Step:
    words = {
        "look": "Looking at every page",
        "copy": "Reading what can be read",
        "index": "Building indexes",
        "verify": "Checking the new database",
        "sync": "Waiting for the disk",
        "swap": "Putting it in place",
    }
    return lambda step, share: patient.step(words.get(step, step), share)
