"""Create projects and tags."""

from __future__ import annotations

from alembic import op

from hourloom.db.alembic.words import down, up

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE projects (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    color TEXT,
    created_at {integer} NOT NULL,
    archived_at {integer},
    deleted_at {integer}
);

CREATE UNIQUE INDEX projects_by_name ON projects (workspace_id, name) WHERE deleted_at IS NULL;

CREATE TABLE tags (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    created_at {integer} NOT NULL,
    deleted_at {integer}
);

CREATE UNIQUE INDEX tags_by_name ON tags (workspace_id, name) WHERE deleted_at IS NULL;
"""


def upgrade() -> None:
    up(TABLES)
    # More programs are known by one word now: the traits of payloads are noted anew, by the daily clean-up.
    op.execute("UPDATE payloads SET app = NULL")


def downgrade() -> None:
    down(["tags", "projects"])
