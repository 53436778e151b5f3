"""Create the rules of privacy and what is known of payloads."""

from __future__ import annotations

from alembic import op

from hourloom.db.alembic.words import down, up

revision = "0005"
down_revision = "0004"

# What is hidden ends the event before it, also when the server is started again in between.
TABLES = """
CREATE TABLE privacy_rules (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    position {integer} NOT NULL,
    rule TEXT NOT NULL
);

CREATE INDEX privacy_rules_by_position ON privacy_rules (workspace_id, position);

ALTER TABLE payloads ADD COLUMN app TEXT;

ALTER TABLE payloads ADD COLUMN domain TEXT;

ALTER TABLE payloads ADD COLUMN private {integer};

CREATE INDEX payloads_without_traits ON payloads (app) WHERE app IS NULL;

ALTER TABLE buckets ADD COLUMN hidden_at {integer};
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    op.execute("ALTER TABLE buckets DROP COLUMN hidden_at")
    op.execute("DROP INDEX payloads_without_traits")
    for column in ("private", "domain", "app"):
        op.execute(f"ALTER TABLE payloads DROP COLUMN {column}")
    down(["privacy_rules"])
