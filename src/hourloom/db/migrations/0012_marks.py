"""Create marks: what somebody says about a stretch of time, whatever was recorded then."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0012"
down_revision = "0011"

# Of two that overlap the one made later wins, by `at` and then by number: what is left of one that a deletion
# cut keeps its place among the others.
TABLES = """
CREATE TABLE marks (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    started_at {integer} NOT NULL,
    ended_at {integer} NOT NULL,
    presence TEXT,
    outcome TEXT NOT NULL,
    note TEXT NOT NULL,
    at {integer} NOT NULL
);

CREATE INDEX marks_by_time ON marks (workspace_id, user_id, started_at);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["marks"])
