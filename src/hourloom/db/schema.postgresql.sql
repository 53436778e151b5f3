CREATE FUNCTION public.record_heartbeats(workspaces bigint[], buckets text[], starts bigint[], ends bigint[], pulsetimes bigint[], digests bytea[], types text[], payload_workspaces bigint[], payload_digests bytea[], payload_bodies text[], settled bigint, write_lock bigint) RETURNS TABLE(place bigint, problem text, event bigint, began bigint, ended bigint)
    LANGUAGE plpgsql
    AS $$
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
$$;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.buckets (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    device_id bigint NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    client text NOT NULL,
    hostname text NOT NULL,
    data text NOT NULL,
    created_at bigint NOT NULL,
    history_version bigint NOT NULL,
    deleted_at bigint,
    hidden_at bigint
);
ALTER TABLE public.buckets ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.buckets_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.categories (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    parent_id bigint,
    name text NOT NULL,
    color text,
    icon text,
    score bigint,
    focus bigint,
    interrupts bigint,
    shipped text,
    "position" bigint NOT NULL
);
ALTER TABLE public.categories ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.categories_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.categoriser_answers (
    workspace_id bigint NOT NULL,
    window_id bigint NOT NULL,
    detail_id bigint NOT NULL,
    source text NOT NULL,
    version text NOT NULL,
    category_id bigint,
    confidence bigint NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.changes (
    workspace_id bigint NOT NULL,
    sequence bigint NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.corrections (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    payload_id bigint,
    outcome text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE public.corrections ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.corrections_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.devices (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE public.devices ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.devices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.erasure_payloads (
    erasure_id bigint NOT NULL,
    payload_id bigint NOT NULL
);
CREATE TABLE public.erasures (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    operation_id bigint,
    kind text NOT NULL,
    state text NOT NULL,
    requested_at bigint NOT NULL,
    due_at bigint NOT NULL,
    done_at bigint,
    subject text NOT NULL,
    proof text NOT NULL
);
ALTER TABLE public.erasures ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.erasures_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.events (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    bucket_id bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    payload_id bigint NOT NULL
);
ALTER TABLE public.events ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.exports (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    kind text NOT NULL,
    format text NOT NULL,
    definition text NOT NULL,
    state text NOT NULL,
    file_name text NOT NULL,
    folder text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    error text,
    job_id bigint NOT NULL,
    created_at bigint NOT NULL,
    finished_at bigint
);
ALTER TABLE public.exports ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.exports_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.goals (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    terms text NOT NULL,
    created_at bigint NOT NULL,
    told text NOT NULL
);
ALTER TABLE public.goals ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.goals_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.idempotency_keys (
    workspace_id bigint NOT NULL,
    token_id bigint NOT NULL,
    name text NOT NULL,
    request_digest bytea NOT NULL,
    status bigint NOT NULL,
    answer text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.jobs (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    kind text NOT NULL,
    slot text NOT NULL,
    subject text NOT NULL,
    run_at bigint NOT NULL,
    leased_until bigint,
    attempts bigint NOT NULL,
    done bigint NOT NULL,
    total bigint NOT NULL,
    error text,
    created_at bigint NOT NULL,
    finished_at bigint
);
ALTER TABLE public.jobs ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.kept_totals (
    workspace_id bigint NOT NULL,
    bucket_id bigint NOT NULL,
    started_at bigint NOT NULL,
    payload_id bigint NOT NULL,
    lasted bigint NOT NULL
);
CREATE TABLE public.lane_days (
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    day bigint NOT NULL,
    version bigint NOT NULL,
    shape bigint,
    made_at bigint,
    body bytea
);
CREATE TABLE public.marks (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    presence text,
    outcome text NOT NULL,
    note text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE public.marks ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.marks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.members (
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    role text NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.notices (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    kind text NOT NULL,
    slot text NOT NULL,
    subject text NOT NULL,
    raised_at bigint NOT NULL,
    read_at bigint,
    cleared_at bigint
);
ALTER TABLE public.notices ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.notices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.operation_events (
    operation_id bigint NOT NULL,
    event_id bigint NOT NULL,
    side bigint NOT NULL,
    workspace_id bigint NOT NULL,
    bucket_id bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    payload_id bigint NOT NULL
);
CREATE TABLE public.operation_runs (
    operation_id bigint NOT NULL,
    first_event bigint NOT NULL,
    last_event bigint NOT NULL
);
CREATE TABLE public.operation_steps (
    operation_id bigint NOT NULL,
    number bigint NOT NULL,
    name text NOT NULL,
    was text NOT NULL
);
CREATE TABLE public.operations (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    at bigint NOT NULL,
    undone_at bigint,
    purged_at bigint
);
ALTER TABLE public.operations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.operations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payloads (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    digest bytea NOT NULL,
    body text NOT NULL,
    app text,
    domain text,
    private bigint
);
ALTER TABLE public.payloads ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.payloads_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.privacy_rules (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    "position" bigint NOT NULL,
    rule text NOT NULL
);
ALTER TABLE public.privacy_rules ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.privacy_rules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.projects (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    name text NOT NULL,
    color text,
    created_at bigint NOT NULL,
    archived_at bigint,
    deleted_at bigint
);
ALTER TABLE public.projects ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.projects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.retention_marks (
    bucket_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    reached_at bigint NOT NULL,
    history_version bigint NOT NULL,
    ran_at bigint NOT NULL
);
CREATE TABLE public.rule_versions (
    workspace_id bigint NOT NULL,
    version bigint NOT NULL,
    tree bigint NOT NULL
);
CREATE TABLE public.rules (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    "position" bigint NOT NULL,
    enabled bigint NOT NULL,
    rule text NOT NULL
);
ALTER TABLE public.rules ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.rules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.saved_reports (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
ALTER TABLE public.saved_reports ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.saved_reports_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.settings (
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE public.tags (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint
);
ALTER TABLE public.tags ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tags_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.tickets (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    purpose text NOT NULL,
    secret_hash bytea NOT NULL,
    subject text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    failures bigint NOT NULL
);
ALTER TABLE public.tickets ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tickets_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.tokens (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    purpose text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
ALTER TABLE public.tokens ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tokens_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.users (
    id bigint NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE public.users ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.workspaces (
    id bigint NOT NULL,
    name text NOT NULL,
    payload_key bytea NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE public.workspaces ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.workspaces_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.buckets
    ADD CONSTRAINT buckets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.categoriser_answers
    ADD CONSTRAINT categoriser_answers_pkey PRIMARY KEY (workspace_id, window_id, detail_id);
ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (workspace_id, sequence);
ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.erasure_payloads
    ADD CONSTRAINT erasure_payloads_pkey PRIMARY KEY (erasure_id, payload_id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.goals
    ADD CONSTRAINT goals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (workspace_id, token_id, name);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kept_totals
    ADD CONSTRAINT kept_totals_pkey PRIMARY KEY (workspace_id, bucket_id, started_at, payload_id);
ALTER TABLE ONLY public.lane_days
    ADD CONSTRAINT lane_days_pkey PRIMARY KEY (workspace_id, user_id, day);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (workspace_id, user_id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.operation_events
    ADD CONSTRAINT operation_events_pkey PRIMARY KEY (operation_id, event_id, side);
ALTER TABLE ONLY public.operation_runs
    ADD CONSTRAINT operation_runs_pkey PRIMARY KEY (operation_id, first_event);
ALTER TABLE ONLY public.operation_steps
    ADD CONSTRAINT operation_steps_pkey PRIMARY KEY (operation_id, number);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payloads
    ADD CONSTRAINT payloads_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.privacy_rules
    ADD CONSTRAINT privacy_rules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.retention_marks
    ADD CONSTRAINT retention_marks_pkey PRIMARY KEY (bucket_id);
ALTER TABLE ONLY public.rule_versions
    ADD CONSTRAINT rule_versions_pkey PRIMARY KEY (workspace_id);
ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.saved_reports
    ADD CONSTRAINT saved_reports_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (workspace_id, user_id, name);
ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX buckets_by_name ON public.buckets USING btree (workspace_id, name) WHERE (deleted_at IS NULL);
CREATE INDEX categories_by_parent ON public.categories USING btree (workspace_id, parent_id);
CREATE INDEX corrections_by_payload ON public.corrections USING btree (payload_id) WHERE (payload_id IS NOT NULL);
CREATE UNIQUE INDEX corrections_by_subject ON public.corrections USING btree (workspace_id, kind, subject);
CREATE UNIQUE INDEX devices_by_name ON public.devices USING btree (workspace_id, name);
CREATE INDEX erasures_by_operation ON public.erasures USING btree (operation_id);
CREATE INDEX events_by_time ON public.events USING btree (workspace_id, bucket_id, started_at, ended_at, payload_id);
CREATE INDEX events_that_last ON public.events USING btree (workspace_id, bucket_id, ended_at, started_at, payload_id) WHERE ((ended_at - started_at) >= '3600000000'::bigint);
CREATE INDEX exports_by_time ON public.exports USING btree (workspace_id, created_at);
CREATE INDEX goals_by_user ON public.goals USING btree (workspace_id, user_id);
CREATE UNIQUE INDEX jobs_by_slot ON public.jobs USING btree (kind, slot);
CREATE INDEX jobs_that_wait ON public.jobs USING btree (run_at) WHERE (finished_at IS NULL);
CREATE INDEX kept_totals_by_payload ON public.kept_totals USING btree (payload_id);
CREATE INDEX marks_by_time ON public.marks USING btree (workspace_id, user_id, started_at);
CREATE UNIQUE INDEX notices_that_stand ON public.notices USING btree (workspace_id, kind, slot) WHERE (cleared_at IS NULL);
CREATE INDEX operation_events_by_payload ON public.operation_events USING btree (payload_id);
CREATE INDEX operations_by_time ON public.operations USING btree (workspace_id, at);
CREATE UNIQUE INDEX payloads_by_digest ON public.payloads USING btree (workspace_id, digest);
CREATE INDEX payloads_without_traits ON public.payloads USING btree (app) WHERE (app IS NULL);
CREATE INDEX privacy_rules_by_position ON public.privacy_rules USING btree (workspace_id, "position");
CREATE UNIQUE INDEX projects_by_name ON public.projects USING btree (workspace_id, name) WHERE (deleted_at IS NULL);
CREATE INDEX rules_by_position ON public.rules USING btree (workspace_id, "position");
CREATE UNIQUE INDEX saved_reports_by_name ON public.saved_reports USING btree (workspace_id, user_id, name);
CREATE UNIQUE INDEX tags_by_name ON public.tags USING btree (workspace_id, name) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX tickets_by_secret ON public.tickets USING btree (purpose, secret_hash);
CREATE UNIQUE INDEX tokens_by_secret ON public.tokens USING btree (secret_hash);
ALTER TABLE ONLY public.buckets
    ADD CONSTRAINT buckets_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id);
ALTER TABLE ONLY public.buckets
    ADD CONSTRAINT buckets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.categoriser_answers
    ADD CONSTRAINT categoriser_answers_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT corrections_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.erasure_payloads
    ADD CONSTRAINT erasure_payloads_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES public.erasures(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES public.operations(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_bucket_id_fkey FOREIGN KEY (bucket_id) REFERENCES public.buckets(id);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.goals
    ADD CONSTRAINT goals_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.goals
    ADD CONSTRAINT goals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.kept_totals
    ADD CONSTRAINT kept_totals_bucket_id_fkey FOREIGN KEY (bucket_id) REFERENCES public.buckets(id);
ALTER TABLE ONLY public.kept_totals
    ADD CONSTRAINT kept_totals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.lane_days
    ADD CONSTRAINT lane_days_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.lane_days
    ADD CONSTRAINT lane_days_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.operation_events
    ADD CONSTRAINT operation_events_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES public.operations(id);
ALTER TABLE ONLY public.operation_runs
    ADD CONSTRAINT operation_runs_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES public.operations(id);
ALTER TABLE ONLY public.operation_steps
    ADD CONSTRAINT operation_steps_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES public.operations(id);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.payloads
    ADD CONSTRAINT payloads_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.privacy_rules
    ADD CONSTRAINT privacy_rules_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.retention_marks
    ADD CONSTRAINT retention_marks_bucket_id_fkey FOREIGN KEY (bucket_id) REFERENCES public.buckets(id);
ALTER TABLE ONLY public.retention_marks
    ADD CONSTRAINT retention_marks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.rule_versions
    ADD CONSTRAINT rule_versions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.saved_reports
    ADD CONSTRAINT saved_reports_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.saved_reports
    ADD CONSTRAINT saved_reports_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
