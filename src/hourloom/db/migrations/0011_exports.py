"""Create the history of exports."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0011"
down_revision = "0010"

TABLES = """
CREATE TABLE exports (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL,
    file_name TEXT NOT NULL,
    folder TEXT NOT NULL,
    rows {integer} NOT NULL,
    bytes {integer} NOT NULL,
    error TEXT,
    job_id {integer} NOT NULL,
    created_at {integer} NOT NULL,
    finished_at {integer}
);

CREATE INDEX exports_by_time ON exports (workspace_id, created_at);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["exports"])
