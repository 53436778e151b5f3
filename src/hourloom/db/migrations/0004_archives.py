"""Create what is kept to take a large operation back step by step."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE operation_steps (
    operation_id {integer} NOT NULL REFERENCES operations (id),
    number {integer} NOT NULL,
    name TEXT NOT NULL,
    was TEXT NOT NULL,
    PRIMARY KEY (operation_id, number)
);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["operation_steps"])
