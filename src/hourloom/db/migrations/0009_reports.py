"""Create saved reports."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE TABLE saved_reports (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
);

CREATE UNIQUE INDEX saved_reports_by_name ON saved_reports (workspace_id, user_id, name);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["saved_reports"])
