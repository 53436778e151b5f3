"""A program with one migration more than ours, which brings a data directory to its schema.

    python -m tests.rigs.made_up_migration PLACE DATA_DIR

PLACE holds the migrations, the made-up one among them, as `make_up(PLACE)` puts them there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from hourloom.db import migrate

REVISION = "9999"
MADE_UP = f'''"""Move every event's length into a table of its own, in steps between which a kill may come."""

from alembic import op

from tests.rigs.killing import step

revision = "{REVISION}"
down_revision = "{migrate.HEAD}"

STEPS = {{
    "table": "CREATE TABLE made_up (id INTEGER PRIMARY KEY, length INTEGER NOT NULL)",
    "rows": "INSERT INTO made_up SELECT id, ended_at - started_at FROM events",
    "column": "ALTER TABLE buckets ADD COLUMN made_up INTEGER",
    "index": "CREATE INDEX made_up_by_length ON made_up (length)",
}}


def upgrade():
    for name, sql in STEPS.items():
        step(name)
        op.execute(sql)
    step("end")


def downgrade():
    op.execute("DROP TABLE made_up")
    op.execute("ALTER TABLE buckets DROP COLUMN made_up")
'''


def make_up(place: Path) -> None:
    """Put the migrations and the made-up one into a directory."""
    for name in ("alembic", "migrations"):
        shutil.copytree(migrate.HERE / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "migrations" / f"{REVISION}_made_up.py").write_text(MADE_UP)


def main(place: str, data_dir: str) -> None:
    """Open the database as a server does whose program knows one schema more."""
    from hourloom.app import assembled
    from hourloom.configuration import of_command_line
    from tests.rigs.killing import step

    migrate.HERE, migrate.HEAD = Path(place), REVISION
    configuration = of_command_line(["--testing", "--data-dir", data_dir])[0]
    with assembled(configuration):
        step("served")


if __name__ == "__main__":
    main(*sys.argv[1:])
