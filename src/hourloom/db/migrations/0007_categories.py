"""Create the tree of categories, the rules that assign them, corrections and answers of categorisers."""

from __future__ import annotations

from hourloom.db.alembic.words import down, up

revision = "0007"
down_revision = "0006"

# `rule_versions` grows with each change of what decides about a category: whatever was derived with an
# older number is derived again.
TABLES = """
CREATE TABLE categories (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    parent_id {integer},
    name TEXT NOT NULL,
    color TEXT,
    icon TEXT,
    score {integer},
    focus {integer},
    interrupts {integer},
    shipped TEXT,
    position {integer} NOT NULL
);

CREATE INDEX categories_by_parent ON categories (workspace_id, parent_id);

CREATE TABLE rules (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    position {integer} NOT NULL,
    enabled {integer} NOT NULL,
    rule TEXT NOT NULL
);

CREATE INDEX rules_by_position ON rules (workspace_id, position);

CREATE TABLE corrections (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload_id {integer},
    outcome TEXT NOT NULL,
    at {integer} NOT NULL
);

CREATE UNIQUE INDEX corrections_by_subject ON corrections (workspace_id, kind, subject);

CREATE INDEX corrections_by_payload ON corrections (payload_id) WHERE payload_id IS NOT NULL;

CREATE TABLE categoriser_answers (
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    window_id {integer} NOT NULL,
    detail_id {integer} NOT NULL,
    source TEXT NOT NULL,
    version TEXT NOT NULL,
    category_id {integer},
    confidence {integer} NOT NULL,
    at {integer} NOT NULL,
    PRIMARY KEY (workspace_id, window_id, detail_id)
);

CREATE TABLE rule_versions (
    workspace_id {integer} PRIMARY KEY REFERENCES workspaces (id),
    version {integer} NOT NULL,
    tree {integer} NOT NULL
);
"""


def upgrade() -> None:
    up(TABLES)


def downgrade() -> None:
    down(["rule_versions", "categoriser_answers", "corrections", "rules", "categories"])
