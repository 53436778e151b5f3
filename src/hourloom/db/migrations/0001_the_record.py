"""Create the record: people, settings, devices, buckets, events, operations, changes and jobs."""

from __future__ import annotations

from hourloom.db.alembic.words import down, on_postgres, up

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE users (
    id {serial},
    name TEXT NOT NULL,
    created_at {integer} NOT NULL
);

CREATE TABLE workspaces (
    id {serial},
    name TEXT NOT NULL,
    payload_key {bytes} NOT NULL,
    created_at {integer} NOT NULL
);

CREATE TABLE members (
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    created_at {integer} NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);

CREATE TABLE tokens (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    scopes TEXT NOT NULL,
    created_at {integer} NOT NULL,
    expires_at {integer},
    last_used_at {integer},
    revoked_at {integer}
);

CREATE UNIQUE INDEX tokens_by_secret ON tokens (secret_hash);

CREATE TABLE tickets (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    subject TEXT NOT NULL,
    created_at {integer} NOT NULL,
    expires_at {integer} NOT NULL,
    used_at {integer},
    failures {integer} NOT NULL
);

CREATE UNIQUE INDEX tickets_by_secret ON tickets (purpose, secret_hash);

CREATE TABLE settings (
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at {integer} NOT NULL,
    PRIMARY KEY (workspace_id, user_id, name)
);

CREATE TABLE devices (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    created_at {integer} NOT NULL
);

CREATE UNIQUE INDEX devices_by_name ON devices (workspace_id, name);

CREATE TABLE buckets (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    device_id {integer} NOT NULL REFERENCES devices (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    client TEXT NOT NULL,
    hostname TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at {integer} NOT NULL,
    history_version {integer} NOT NULL,
    deleted_at {integer}
);

CREATE UNIQUE INDEX buckets_by_name ON buckets (workspace_id, name) WHERE deleted_at IS NULL;

CREATE TABLE payloads (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    digest {bytes} NOT NULL,
    body TEXT NOT NULL
);

CREATE UNIQUE INDEX payloads_by_digest ON payloads (workspace_id, digest);

CREATE TABLE events (
    id {serial},
    workspace_id {integer} NOT NULL,
    bucket_id {integer} NOT NULL REFERENCES buckets (id),
    started_at {integer} NOT NULL,
    ended_at {integer} NOT NULL,
    payload_id {integer} NOT NULL
);

CREATE INDEX events_by_time ON events (workspace_id, bucket_id, started_at, ended_at, payload_id);

CREATE INDEX events_that_last ON events (workspace_id, bucket_id, ended_at, started_at, payload_id)
WHERE ended_at - started_at >= 3600000000;

CREATE TABLE operations (
    id {serial},
    workspace_id {integer} NOT NULL REFERENCES workspaces (id),
    user_id {integer} NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at {integer} NOT NULL,
    undone_at {integer},
    purged_at {integer}
);

CREATE INDEX operations_by_time ON operations (workspace_id, at);

CREATE TABLE operation_events (
    operation_id {integer} NOT NULL REFERENCES operations (id),
    event_id {integer} NOT NULL,
    side {integer} NOT NULL,
    workspace_id {integer} NOT NULL,
    bucket_id {integer} NOT NULL,
    started_at {integer} NOT NULL,
    ended_at {integer} NOT NULL,
    payload_id {integer} NOT NULL,
    PRIMARY KEY (operation_id, event_id, side)
);

CREATE INDEX operation_events_by_payload ON operation_events (payload_id);

CREATE TABLE changes (
    workspace_id {integer} NOT NULL,
    sequence {integer} NOT NULL,
    at {integer} NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace_id, sequence)
);

CREATE TABLE jobs (
    id {serial},
    workspace_id {integer} NOT NULL,
    kind TEXT NOT NULL,
    slot TEXT NOT NULL,
    subject TEXT NOT NULL,
    run_at {integer} NOT NULL,
    leased_until {integer},
    attempts {integer} NOT NULL,
    done {integer} NOT NULL,
    total {integer} NOT NULL,
    error TEXT,
    created_at {integer} NOT NULL,
    finished_at {integer}
);

CREATE UNIQUE INDEX jobs_by_slot ON jobs (kind, slot);

CREATE INDEX jobs_that_wait ON jobs (run_at) WHERE finished_at IS NULL;

CREATE TABLE idempotency_keys (
    workspace_id {integer} NOT NULL,
    token_id {integer} NOT NULL,
    name TEXT NOT NULL,
    request_digest {bytes} NOT NULL,
    status {integer} NOT NULL,
    answer TEXT NOT NULL,
    at {integer} NOT NULL,
    PRIMARY KEY (workspace_id, token_id, name)
);
"""

# One call records a batch. The caller's beats of a bucket are applied in their order; between two of
# them the event at hand stays in variables, so that a run of heartbeats becomes one UPDATE.
RECORD_HEARTBEATS = """
CREATE FUNCTION record_heartbeats(
    workspaces BIGINT[], buckets TEXT[], starts BIGINT[], ends BIGINT[], pulsetimes BIGINT[],
    digests BYTEA[], types TEXT[], payload_workspaces BIGINT[], payload_digests BYTEA[],
    payload_bodies TEXT[], settled BIGINT, write_lock BIGINT
) RETURNS TABLE (place BIGINT, problem TEXT, event BIGINT, began BIGINT, ended BIGINT)
LANGUAGE plpgsql AS $$
DECLARE
    beat RECORD;
    at_hand BIGINT;
    last_id BIGINT;
    last_start BIGINT;
    last_end BIGINT;
    last_payload BIGINT;
    newest_start BIGINT;
    grown BOOLEAN := FALSE;
    rewritten BIGINT[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock_shared(write_lock);
    PERFORM pg_advisory_xact_lock_shared(write_lock + named.w)
    FROM (SELECT DISTINCT unnest(workspaces) AS w ORDER BY 1) AS named;
    INSERT INTO payloads (workspace_id, digest, body)
    SELECT DISTINCT n.w, n.d, n.b
    FROM unnest(payload_workspaces, payload_digests, payload_bodies) AS n (w, d, b)
    JOIN unnest(workspaces, buckets, digests) AS a (w, name, d) ON a.w = n.w AND a.d = n.d
    JOIN buckets b ON b.workspace_id = a.w AND b.name = a.name AND b.deleted_at IS NULL
    WHERE NOT EXISTS (SELECT 1 FROM payloads p WHERE p.workspace_id = n.w AND p.digest = n.d)
    ORDER BY n.w, n.d
    ON CONFLICT (workspace_id, digest) DO NOTHING;
    PERFORM 1 FROM buckets b
    WHERE b.deleted_at IS NULL
      AND (b.workspace_id, b.name) IN (SELECT a.w, a.n FROM unnest(workspaces, buckets) AS a (w, n))
    ORDER BY b.id FOR NO KEY UPDATE;
    FOR beat IN
        SELECT a.ordinal, a.started_at, a.ended_at, a.pulsetime, a.only_type,
               b.id AS bucket_id, b.workspace_id, b.type, p.id AS payload_id
        FROM unnest(workspaces, buckets, starts, ends, pulsetimes, digests, types) WITH ORDINALITY
            AS a (workspace_id, name, started_at, ended_at, pulsetime, digest, only_type, ordinal)
        LEFT JOIN payloads p ON p.workspace_id = a.workspace_id AND p.digest = a.digest
        LEFT JOIN buckets b
            ON b.workspace_id = a.workspace_id AND b.name = a.name AND b.deleted_at IS NULL
        ORDER BY b.id, a.ordinal
    LOOP
        place := beat.ordinal;
        problem := CASE
            WHEN beat.bucket_id IS NULL THEN 'bucket' WHEN beat.only_type <> beat.type THEN 'type'
        END;
        event := NULL; began := NULL; ended := NULL;
        IF problem IS NOT NULL THEN
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF beat.bucket_id IS DISTINCT FROM at_hand
            OR beat.started_at < last_start OR last_start < newest_start
        THEN
            IF grown THEN
                UPDATE events e SET ended_at = last_end WHERE e.id = last_id;
                grown := FALSE;
            END IF;
            IF beat.bucket_id IS DISTINCT FROM at_hand THEN
                at_hand := beat.bucket_id;
                SELECT max(e.started_at) INTO newest_start FROM events e
                WHERE e.workspace_id = beat.workspace_id AND e.bucket_id = at_hand;
            END IF;
            SELECT e.id, e.started_at, e.ended_at, e.payload_id
            INTO last_id, last_start, last_end, last_payload
            FROM events e
            WHERE e.workspace_id = beat.workspace_id AND e.bucket_id = at_hand
              AND e.started_at <= beat.started_at
            ORDER BY e.started_at DESC, e.id DESC LIMIT 1;
        END IF;
        IF last_payload = beat.payload_id AND beat.started_at <= last_end + beat.pulsetime THEN
            IF beat.ended_at > last_end THEN
                IF last_end < settled THEN
                    rewritten := rewritten || at_hand;
                END IF;
                last_end := beat.ended_at;
                grown := TRUE;
            END IF;
        ELSE
            IF grown THEN
                UPDATE events e SET ended_at = last_end WHERE e.id = last_id;
                grown := FALSE;
            END IF;
            INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)
            VALUES (beat.workspace_id, at_hand, beat.started_at, beat.ended_at, beat.payload_id)
            RETURNING id INTO last_id;
            last_start := beat.started_at;
            last_end := beat.ended_at;
            last_payload := beat.payload_id;
            newest_start := greatest(newest_start, last_start);
            IF last_start < settled THEN
                rewritten := rewritten || at_hand;
            END IF;
        END IF;
        event := last_id;
        began := last_start;
        ended := last_end;
        RETURN NEXT;
    END LOOP;
    IF grown THEN
        UPDATE events e SET ended_at = last_end WHERE e.id = last_id;
    END IF;
    UPDATE buckets b SET history_version = b.history_version + 1 WHERE b.id = ANY (rewritten);
END
$$
"""

NAMES = (
    "idempotency_keys jobs changes operation_events operations events payloads buckets devices "
    "settings tickets tokens members workspaces users"
)


def upgrade() -> None:
    up(TABLES)
    on_postgres(RECORD_HEARTBEATS)


def downgrade() -> None:
    on_postgres("DROP FUNCTION record_heartbeats")
    down(NAMES.split())
