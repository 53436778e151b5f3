"""Bring a database to the schema of this program; Alembic is imported only when it is behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hourloom.core.errors import HourloomError, Invalid, Refused
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import APPLICATION_ID

if TYPE_CHECKING:
    from sqlite3 import Connection

    import psycopg
    from sqlalchemy import Engine

HERE = Path(__file__).parent

HEAD = "0012"
"""The revision that this program works with; a test holds it against the migrations."""


class SchemaIsNewer(Refused):
    """The database has schema {found}, newer than this program's {head}; run a newer Hourloom."""


class MigrationFailed(Refused):
    """Schema {head} failed: {reason}. The database stays at {found}; start your last Hourloom ({backup})."""


class NoSuchRevision(Invalid):
    """There is no schema {revision} below this database's {found}; there are {known}."""


class NotOurDatabase(Refused):
    """The file {name} is a database of another program; choose another --data-dir."""


def prepare_sqlite(connection: Connection, name: str) -> None:
    """Create the schema in an empty database, or apply the migrations that it lacks."""
    if _is_empty(connection):
        _create_from_snapshot(connection)
        return
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotOurDatabase(name=name)
    found = sqlite_revision(connection) or ""
    if found > HEAD:
        raise SchemaIsNewer(found=found, head=HEAD)
    if found < HEAD:
        migrate_sqlite(connection, HEAD)


def behind(connection: Connection) -> str | None:
    """Return the schema that a database of ours has, where that is older than this program's."""
    if _is_empty(connection) or connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        return None
    found = sqlite_revision(connection) or ""
    return found if found < HEAD else None


def upgrade(connection: Connection, name: str, found: str, backup: object) -> None:
    """Apply the migrations that a database lacks, all of them or none."""
    try:
        prepare_sqlite(connection, name)
    except HourloomError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a migration raises, it is undone
        # What the engine says names tables and columns; what others say may quote a title.
        reason = str(error) if isinstance(error, driver.Error) else type(error).__name__
        raise MigrationFailed(head=HEAD, found=found, reason=reason, backup=backup) from None


def revisions() -> list[str]:
    """Return the schemas that this program knows, the oldest first."""
    return sorted(path.name[:4] for path in (HERE / "migrations").glob("[0-9]*.py"))


def revision_below(found: str, wanted: str | None) -> str:
    """Return the schema to go down to: the one wanted, or the one before."""
    below = [revision for revision in revisions() if revision < found]
    if not below or (wanted is not None and wanted not in below):
        raise NoSuchRevision(revision=(wanted or "")[:20], found=found, known=", ".join(below) or "none")
    return wanted or below[-1]


def prepare_postgres(connection: psycopg.Connection[Any]) -> None:
    """Create the schema or apply the migrations that it lacks, one program at a time."""
    connection.execute("SELECT pg_advisory_lock(%s)", (APPLICATION_ID,))
    try:
        found = postgres_revision(connection)
        if found is not None and found > HEAD:
            raise SchemaIsNewer(found=found, head=HEAD)
        if found != HEAD:
            migrate_postgres(connection, HEAD)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (APPLICATION_ID,))


def migrate_sqlite(connection: Connection, revision: str) -> None:
    """Go up or down to a revision."""
    from sqlalchemy import StaticPool, create_engine, event  # noqa: PLC0415 - 300 ms, only when behind

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    # The driver leaves transactions to us, so that a step's DDL is undone with it.
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    _migrate(engine, sqlite_revision(connection), revision)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def migrate_postgres(connection: psycopg.Connection[Any], revision: str) -> None:
    """Go up or down to a revision."""
    from sqlalchemy import StaticPool, create_engine  # noqa: PLC0415 - 300 ms, only when behind

    found = postgres_revision(connection)
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    connection.autocommit = False
    try:
        _migrate(engine, found, revision)
    finally:
        connection.commit()
        connection.autocommit = True


def _migrate(engine: Engine, found: str | None, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 - 300 ms, only when behind
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(HERE / "alembic"))
    config.set_main_option("version_locations", str(HERE / "migrations"))
    config.set_main_option("path_separator", "newline")
    with engine.connect() as bound:
        config.attributes["connection"] = bound
        down = revision == "base" or (found or "") > revision
        (command.downgrade if down else command.upgrade)(config, revision)


def sqlite_revision(connection: Connection) -> str | None:
    """Return the schema revision of a database, or None where there is no schema."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    found = known and connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else None


def _is_empty(connection: Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables == 0)


def _create_from_snapshot(connection: Connection) -> None:
    text = (HERE / "schema.sqlite.sql").read_text("utf-8")
    connection.executescript(f"BEGIN IMMEDIATE;\n{text}\nPRAGMA application_id = {APPLICATION_ID};\nCOMMIT;")


def postgres_revision(connection: psycopg.Connection[Any]) -> str | None:
    """Return the schema revision of a database, or None where there is no schema."""
    row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])
