"""Create the days of the derived lane of activities, and the versions they were derived from."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0008"
down_revision = "0007"

# All of it can be derived again from events. `version` counts the changes of what had settled on a day (UTC,
# counted from 1970; day -1 stands for all days at once); such a change takes the body away with it. `shape`
# is a digest of the settings that the body was derived with, and no body was made after `made_at`.
TABLES = """
CREATE TABLE lane_days (
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    day {integer} NOT NULL,
    version {integer} NOT NULL,
    shape {integer},
    made_at {integer},
    body {bytes},
    PRIMARY KEY (workspace_id, user_id, day)
);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["lane_days"])
