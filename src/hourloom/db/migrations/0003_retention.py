"""Create what outlives deleted events: totals that were kept, and what was erased when."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE kept_totals (
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    bucket_id {integer} NOT NULL REFERENCES buckets (id),
    started_at {integer} NOT NULL,
    payload_id {integer} NOT NULL,
    lasted {integer} NOT NULL,
    PRIMARY KEY (workspace_id, bucket_id, started_at, payload_id)
);

CREATE INDEX kept_totals_by_payload ON kept_totals (payload_id);

CREATE TABLE operation_runs (
    operation_id {integer} NOT NULL REFERENCES operations (id),
    first_event {integer} NOT NULL,
    last_event {integer} NOT NULL,
    PRIMARY KEY (operation_id, first_event)
);

CREATE TABLE erasures (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    operation_id {integer} REFERENCES operations (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    requested_at {integer} NOT NULL,
    due_at {integer} NOT NULL,
    done_at {integer},
    subject TEXT NOT NULL,
    proof TEXT NOT NULL
);

CREATE INDEX erasures_by_operation ON erasures (operation_id);

CREATE TABLE erasure_payloads (
    erasure_id {integer} NOT NULL REFERENCES erasures (id),
    payload_id {integer} NOT NULL,
    PRIMARY KEY (erasure_id, payload_id)
);

CREATE TABLE retention_marks (
    bucket_id {integer} PRIMARY KEY REFERENCES buckets (id),
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    reached_at {integer} NOT NULL,
    history_version {integer} NOT NULL,
    ran_at {integer} NOT NULL
);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["retention_marks", "erasure_payloads", "erasures", "operation_runs", "kept_totals"])
