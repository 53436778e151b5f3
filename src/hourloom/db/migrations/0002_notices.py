"""Create the notices: what the server has to tell its user until it is over or was read."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE notices (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    slot TEXT NOT NULL,
    subject TEXT NOT NULL,
    raised_at {integer} NOT NULL,
    read_at {integer},
    cleared_at {integer}
);

CREATE UNIQUE INDEX notices_that_stand ON notices (workspace_id, kind, slot) WHERE cleared_at IS NULL;
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["notices"])
