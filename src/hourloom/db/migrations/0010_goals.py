"""Create goals."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0010"
down_revision = "0009"

# `told` is what notices have told of the last periods, so that each is told once.
TABLES = """
CREATE TABLE goals (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    terms TEXT NOT NULL,
    created_at {integer} NOT NULL,
    told TEXT NOT NULL
);

CREATE INDEX goals_by_user ON goals (workspace_id, user_id);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["goals"])
