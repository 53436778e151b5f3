CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    payload_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT;

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE UNIQUE INDEX tokens_by_secret ON tokens (secret_hash);

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    subject TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    failures INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX tickets_by_secret ON tickets (purpose, secret_hash);

CREATE TABLE settings (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id, name)
) STRICT;

CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX devices_by_name ON devices (workspace_id, name);

CREATE TABLE buckets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    device_id INTEGER NOT NULL REFERENCES devices (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    client TEXT NOT NULL,
    hostname TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    history_version INTEGER NOT NULL,
    deleted_at INTEGER
, hidden_at INTEGER) STRICT;

CREATE UNIQUE INDEX buckets_by_name ON buckets (workspace_id, name) WHERE deleted_at IS NULL;

CREATE TABLE payloads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    digest BLOB NOT NULL,
    body TEXT NOT NULL
, app TEXT, domain TEXT, private INTEGER) STRICT;

CREATE UNIQUE INDEX payloads_by_digest ON payloads (workspace_id, digest);

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL,
    bucket_id INTEGER NOT NULL REFERENCES buckets (id),
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    payload_id INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_time ON events (workspace_id, bucket_id, started_at, ended_at, payload_id);

CREATE INDEX events_that_last ON events (workspace_id, bucket_id, ended_at, started_at, payload_id)
WHERE ended_at - started_at >= 3600000000;

CREATE TABLE operations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    undone_at INTEGER,
    purged_at INTEGER
) STRICT;

CREATE INDEX operations_by_time ON operations (workspace_id, at);

CREATE TABLE operation_events (
    operation_id INTEGER NOT NULL REFERENCES operations (id),
    event_id INTEGER NOT NULL,
    side INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    bucket_id INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    payload_id INTEGER NOT NULL,
    PRIMARY KEY (operation_id, event_id, side)
) STRICT;

CREATE INDEX operation_events_by_payload ON operation_events (payload_id);

CREATE TABLE changes (
    workspace_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace_id, sequence)
) STRICT;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    slot TEXT NOT NULL,
    subject TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    leased_until INTEGER,
    attempts INTEGER NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE UNIQUE INDEX jobs_by_slot ON jobs (kind, slot);

CREATE INDEX jobs_that_wait ON jobs (run_at) WHERE finished_at IS NULL;

CREATE TABLE idempotency_keys (
    workspace_id INTEGER NOT NULL,
    token_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, token_id, name)
) STRICT;

CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    slot TEXT NOT NULL,
    subject TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    read_at INTEGER,
    cleared_at INTEGER
) STRICT;

CREATE UNIQUE INDEX notices_that_stand ON notices (workspace_id, kind, slot) WHERE cleared_at IS NULL;

CREATE TABLE kept_totals (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    bucket_id INTEGER NOT NULL REFERENCES buckets (id),
    started_at INTEGER NOT NULL,
    payload_id INTEGER NOT NULL,
    lasted INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, bucket_id, started_at, payload_id)
) STRICT;

CREATE INDEX kept_totals_by_payload ON kept_totals (payload_id);

CREATE TABLE operation_runs (
    operation_id INTEGER NOT NULL REFERENCES operations (id),
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    PRIMARY KEY (operation_id, first_event)
) STRICT;

CREATE TABLE erasures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    operation_id INTEGER REFERENCES operations (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    done_at INTEGER,
    subject TEXT NOT NULL,
    proof TEXT NOT NULL
) STRICT;

CREATE INDEX erasures_by_operation ON erasures (operation_id);

CREATE TABLE erasure_payloads (
    erasure_id INTEGER NOT NULL REFERENCES erasures (id),
    payload_id INTEGER NOT NULL,
    PRIMARY KEY (erasure_id, payload_id)
) STRICT;

CREATE TABLE retention_marks (
    bucket_id INTEGER PRIMARY KEY REFERENCES buckets (id),
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    reached_at INTEGER NOT NULL,
    history_version INTEGER NOT NULL,
    ran_at INTEGER NOT NULL
) STRICT;

CREATE TABLE operation_steps (
    operation_id INTEGER NOT NULL REFERENCES operations (id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    was TEXT NOT NULL,
    PRIMARY KEY (operation_id, number)
) STRICT;

CREATE TABLE privacy_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    position INTEGER NOT NULL,
    rule TEXT NOT NULL
) STRICT;

CREATE INDEX privacy_rules_by_position ON privacy_rules (workspace_id, position);

CREATE INDEX payloads_without_traits ON payloads (app) WHERE app IS NULL;

CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    color TEXT,
    created_at INTEGER NOT NULL,
    archived_at INTEGER,
    deleted_at INTEGER
) STRICT;

CREATE UNIQUE INDEX projects_by_name ON projects (workspace_id, name) WHERE deleted_at IS NULL;

CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE UNIQUE INDEX tags_by_name ON tags (workspace_id, name) WHERE deleted_at IS NULL;

CREATE TABLE categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    parent_id INTEGER,
    name TEXT NOT NULL,
    color TEXT,
    icon TEXT,
    score INTEGER,
    focus INTEGER,
    interrupts INTEGER,
    shipped TEXT,
    position INTEGER NOT NULL
) STRICT;

CREATE INDEX categories_by_parent ON categories (workspace_id, parent_id);

CREATE TABLE rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    position INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    rule TEXT NOT NULL
) STRICT;

CREATE INDEX rules_by_position ON rules (workspace_id, position);

CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload_id INTEGER,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX corrections_by_subject ON corrections (workspace_id, kind, subject);

CREATE INDEX corrections_by_payload ON corrections (payload_id) WHERE payload_id IS NOT NULL;

CREATE TABLE categoriser_answers (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    window_id INTEGER NOT NULL,
    detail_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    version TEXT NOT NULL,
    category_id INTEGER,
    confidence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, window_id, detail_id)
) STRICT;

CREATE TABLE rule_versions (
    workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (id),
    version INTEGER NOT NULL,
    tree INTEGER NOT NULL
) STRICT;

CREATE TABLE lane_days (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    day INTEGER NOT NULL,
    version INTEGER NOT NULL,
    shape INTEGER,
    made_at INTEGER,
    body BLOB,
    PRIMARY KEY (workspace_id, user_id, day)
) STRICT;

CREATE TABLE saved_reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX saved_reports_by_name ON saved_reports (workspace_id, user_id, name);

CREATE TABLE goals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    terms TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    told TEXT NOT NULL
) STRICT;

CREATE INDEX goals_by_user ON goals (workspace_id, user_id);

CREATE TABLE exports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL,
    file_name TEXT NOT NULL,
    folder TEXT NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    error TEXT,
    job_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX exports_by_time ON exports (workspace_id, created_at);

CREATE TABLE marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    presence TEXT,
    outcome TEXT NOT NULL,
    note TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX marks_by_time ON marks (workspace_id, user_id, started_at);

INSERT INTO alembic_version (version_num) VALUES ('0012');
