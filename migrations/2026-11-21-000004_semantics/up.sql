-- Everything a job may be told beside its kind and arguments, and what an operator may tell the
-- engine while it runs.

-- Null for almost every job, so a row grows by nothing but a wider bitmap.
ALTER TABLE nexus.jobs
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN unique_key text,
    ADD COLUMN order_key text,
    ADD COLUMN limit_key text,
    ADD COLUMN backoff json,
    ADD COLUMN replay_of bigint,
    ADD COLUMN progress json,
    ADD COLUMN slots text[],
    ADD COLUMN parked_on text;
COMMENT ON COLUMN nexus.jobs.expires_at IS 'Not started by then: discarded. Counts no more once it has started.';
COMMENT ON COLUMN nexus.jobs.unique_key IS 'The reservation that it holds, if that is still its own.';
COMMENT ON COLUMN nexus.jobs.order_key IS 'Of the jobs of a tenant with one key, only the oldest unfinished can be claimed.';
COMMENT ON COLUMN nexus.jobs.limit_key IS 'What limits per key count it under.';
COMMENT ON COLUMN nexus.jobs.backoff IS 'How it waits between attempts, where it was told otherwise than its kind.';
COMMENT ON COLUMN nexus.jobs.replay_of IS 'The dead letter that it runs again.';
COMMENT ON COLUMN nexus.jobs.slots IS 'The gates that count it, from its admission until it runs no more.';
COMMENT ON COLUMN nexus.jobs.parked IS 'Why a waiting job has no dispatch row: unknown_kind (released by a worker that knows it), order (by the end of the job before it), gate (by the releaser).';
COMMENT ON COLUMN nexus.jobs.parked_on IS 'The order key or the gate that it is parked on.';

DROP INDEX nexus.jobs_parked;
CREATE INDEX jobs_parked ON nexus.jobs (parked, coalesce(parked_on, kind), band, id)
    WHERE parked IS NOT NULL;
-- Each tenant's part of a lane, so that the relay can take from each in turn. Beside dispatch_due,
-- which knows what is due first whoever owns it.
CREATE INDEX dispatch_fair ON nexus.dispatch (queue, band, tenant_id, due_at, id) WHERE epoch IS NULL;
CREATE INDEX jobs_expiring ON nexus.jobs (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE nexus.job_history
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN order_key text,
    ADD COLUMN limit_key text,
    ADD COLUMN backoff json,
    ADD COLUMN replay_of bigint,
    ADD COLUMN progress json,
    ADD COLUMN ended_by text,
    ADD COLUMN replayed_as bigint;
COMMENT ON COLUMN nexus.job_history.ended_by IS 'Who called it off, where somebody did.';
COMMENT ON COLUMN nexus.job_history.replayed_as IS 'The job that ran it again.';

-- Uniqueness: who has a key has the right to be enqueued.
CREATE TABLE nexus.reservations (
    key text PRIMARY KEY,
    tenant_id bigint NOT NULL,
    job_id bigint NOT NULL,
    until timestamptz,
    outlives boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN nexus.reservations.until IS 'Holds no longer than this; null: as long as its job is unfinished.';
COMMENT ON COLUMN nexus.reservations.outlives IS 'Stays behind when its job ends, until it runs out.';
CREATE INDEX reservations_until ON nexus.reservations (until) WHERE until IS NOT NULL;

-- Order: which job of a key may be claimed. Whoever ends that job takes the head
-- away, and the next one is sent on in the same transaction.
CREATE TABLE nexus.order_keys (
    tenant_id bigint NOT NULL,
    key text NOT NULL,
    head bigint,
    PRIMARY KEY (tenant_id, key)
) WITH (fillfactor = 70);

CREATE FUNCTION nexus.order_place(tenant bigint, key text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN tenant || '/' || key;

-- A trigger, so that its statements see what was committed before this transaction got the
-- row's lock: an enqueue that held it before has parked its job where this finds it, and one that
-- comes later finds a head, or none.
CREATE FUNCTION nexus.pass_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place text := nexus.order_place(NEW.tenant_id, NEW.key);
    next record;
BEGIN
    LOOP
        -- One probe a band, since the index has the bands before the ids.
        UPDATE nexus.jobs SET parked = NULL, parked_on = NULL
        WHERE parked = 'order' AND id = (
            SELECT oldest.id FROM generate_series(0, 3) AS b(band) CROSS JOIN LATERAL (
                SELECT j.id FROM nexus.jobs AS j
                WHERE j.parked = 'order' AND coalesce(j.parked_on, j.kind) = place AND j.band = b.band
                ORDER BY j.id LIMIT 1) AS oldest
            ORDER BY oldest.id LIMIT 1)
        RETURNING id, tenant_id, queue, band, due_at INTO next;
        EXIT WHEN FOUND;
        -- Nobody waits, or whoever did was called off just now.
        IF NOT EXISTS (SELECT FROM nexus.jobs
                       WHERE parked = 'order' AND coalesce(parked_on, kind) = place) THEN
            DELETE FROM nexus.order_keys AS o WHERE o.tenant_id = NEW.tenant_id AND o.key = NEW.key;
            RETURN NULL;
        END IF;
    END LOOP;
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, job_ids)
    VALUES (next.tenant_id, next.queue, next.band, next.due_at, ARRAY[next.id]);
    UPDATE nexus.order_keys AS o SET head = next.id WHERE o.tenant_id = NEW.tenant_id AND o.key = NEW.key;
    RETURN NULL;
END $$;
CREATE TRIGGER pass_order AFTER UPDATE OF head ON nexus.order_keys
    FOR EACH ROW WHEN (NEW.head IS NULL) EXECUTE FUNCTION nexus.pass_order();

-- Gates: how many jobs a limit or a breaker has let in. A job let in stands in `slots` of its row,
-- and every statement that ends its running counts it out, in `gate_ends`.
CREATE TABLE nexus.gates (
    gate text PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT 0,
    in_use integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    waiting boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
COMMENT ON COLUMN nexus.gates.in_use IS 'Jobs let in, and those that ended since as far as they stand in gate_ends.';
COMMENT ON COLUMN nexus.gates.next_at IS 'GCRA: the theoretical arrival time.';
COMMENT ON COLUMN nexus.gates.waiting IS 'Whether jobs may be parked on it.';
CREATE INDEX gates_waiting ON nexus.gates (gate) WHERE waiting;

-- Jobs that hold their places no more, until whoever next locks the gate takes them off `in_use`. So
-- ends, which are many, wait for nobody: only those who want in lock the row that all of them share.
CREATE TABLE nexus.gate_ends (
    gate text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id bigint NOT NULL DEFAULT 0,
    jobs integer NOT NULL,
    PRIMARY KEY (gate, id)
);

-- Limits: what jobs they count, and how many they let in. A job passes every limit that counts it.
CREATE TABLE nexus.limits (
    name text PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT 0,
    queue text,
    kind text,
    per text NOT NULL CHECK (per IN ('all', 'tenant', 'key')),
    concurrency integer CHECK (concurrency >= 0),
    rate integer CHECK (rate >= 1),
    rate_per_ms bigint CHECK (rate_per_ms >= 1),
    burst integer CHECK (burst >= 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    CHECK (concurrency IS NOT NULL OR rate IS NOT NULL),
    CHECK ((rate IS NULL) = (rate_per_ms IS NULL) AND (rate IS NULL) = (burst IS NULL))
);
COMMENT ON COLUMN nexus.limits.queue IS 'The jobs of this queue; null: of any.';
COMMENT ON COLUMN nexus.limits.kind IS 'The jobs of this kind; null: of any.';
COMMENT ON COLUMN nexus.limits.per IS 'Counted all together, each tenant by itself, or each limit_key by itself.';
COMMENT ON COLUMN nexus.limits.rate IS 'So many starts in each rate_per_ms, and burst of them at once.';

-- Breakers: kinds that are let be while too many of their attempts fail.
CREATE TABLE nexus.breakers (
    kind text PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT 0,
    failure_share double precision NOT NULL CHECK (failure_share > 0 AND failure_share <= 1),
    attempts_min integer NOT NULL CHECK (attempts_min >= 1),
    window_ms bigint NOT NULL CHECK (window_ms >= 1),
    open_ms bigint NOT NULL CHECK (open_ms >= 1),
    probes integer NOT NULL CHECK (probes >= 1),
    state text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'half_open')),
    since timestamptz NOT NULL DEFAULT now(),
    attempts bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    probing integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL
) WITH (fillfactor = 50);
COMMENT ON COLUMN nexus.breakers.since IS 'Closed: when the window began. Otherwise: when it came to this state.';
COMMENT ON COLUMN nexus.breakers.attempts IS 'Ended since then; failures: those of them that failed.';
COMMENT ON COLUMN nexus.breakers.probing IS 'Half open: jobs let in to see how they fare.';

-- A claim that gates did not take as it hoped ends here, and is undone.
CREATE FUNCTION nexus.gates_took(wanted bigint, counted bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF counted < wanted THEN
        RAISE EXCEPTION 'gates are not open for this claim' USING ERRCODE = 'NX002';
    END IF;
    RETURN true;
END $$;

-- What an operator asked of a queue. No row: nothing.
CREATE TABLE nexus.queues (
    name text PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT 0,
    paused_at timestamptz,
    paused_by text,
    concurrency integer CHECK (concurrency >= 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL
);
COMMENT ON COLUMN nexus.queues.concurrency IS 'Jobs at once in each process that serves it; null: as configured there.';

ALTER TABLE nexus.workers ADD COLUMN asked text CHECK (asked IN ('quiet', 'drain'));
COMMENT ON COLUMN nexus.workers.asked IS 'What an operator asked of this process: quiet (claim nothing), drain (end).';

ALTER TABLE nexus.workers ADD COLUMN asked_by text, ADD COLUMN asked_at timestamptz;

-- Running jobs that are to end. Their workers look here; what has ended is swept.
CREATE TABLE nexus.cancellations (
    job_id bigint PRIMARY KEY,
    tenant_id bigint NOT NULL,
    reason text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now()
);

-- What handlers said of their jobs, by month.
CREATE TABLE nexus.job_logs (
    tenant_id bigint NOT NULL,
    job_id bigint NOT NULL,
    run integer NOT NULL,
    line integer NOT NULL,
    level text NOT NULL,
    message text NOT NULL,
    fields json,
    logged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, run, line, logged_at)
) PARTITION BY RANGE (logged_at);
SELECT nexus.month_leaf('job_logs', (now() AT TIME ZONE 'UTC' + make_interval(months => ahead))::date)
FROM generate_series(0, 2) AS ahead;

-- To history, discarded or cancelled: the one way there but for completion. Takes jobs by their
-- token, or by having none. Reservations and ordering keys are locked in the order of keys, as
-- enqueue does.
CREATE FUNCTION nexus.bury(ids bigint[], tokens uuid[], states text[], reasons text[],
                           by text DEFAULT NULL, lost boolean DEFAULT false)
RETURNS TABLE (id bigint, tenant_id bigint, run integer, attempt integer)
LANGUAGE sql AS $$
    WITH ended AS (
        SELECT * FROM unnest(ids, tokens, states, reasons) AS e(id, token, state, reason)
    ), gone AS (
        DELETE FROM nexus.jobs AS j USING ended AS e
        WHERE j.id = e.id AND j.token IS NOT DISTINCT FROM e.token
        RETURNING j.*, e.state AS final, e.reason
    ), kept AS (
        INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, attempt,
            attempts_max, lost_leases, timeout_ms, tags, args, created_at, created_by, started_at,
            expires_at, order_key, limit_key, backoff, replay_of, progress,
            finished_at, reason, ended_by)
        SELECT id, tenant_id, kind, queue, band, final, due_at, run, attempt, attempts_max,
               lost_leases + lost::integer, timeout_ms, tags, args, created_at, created_by, started_at,
               expires_at, order_key, limit_key, backoff, replay_of, progress, now(), reason, by
        FROM gone
    ), freed AS (
        INSERT INTO nexus.gate_ends (gate, jobs)
        SELECT unnest(slots), count(*) FROM gone WHERE slots IS NOT NULL GROUP BY 1
    ), held AS (
        SELECT r.key FROM gone AS g JOIN nexus.reservations AS r ON r.key = g.unique_key AND r.job_id = g.id
        WHERE g.unique_key IS NOT NULL AND NOT r.outlives ORDER BY r.key FOR UPDATE OF r
    ), released AS (
        DELETE FROM nexus.reservations AS r USING held AS h WHERE r.key = h.key RETURNING 1
    ), turns AS (
        SELECT o.tenant_id, o.key FROM gone AS g
        JOIN nexus.order_keys AS o ON o.tenant_id = g.tenant_id AND o.key = g.order_key AND o.head = g.id
        WHERE g.order_key IS NOT NULL AND (SELECT count(*) FROM released) >= 0
        ORDER BY o.tenant_id, o.key FOR NO KEY UPDATE OF o
    ), passed AS (
        UPDATE nexus.order_keys AS o SET head = NULL FROM turns AS t
        WHERE o.tenant_id = t.tenant_id AND o.key = t.key
    )
    SELECT id, tenant_id, run, attempt FROM gone
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON nexus.reservations, nexus.order_keys, nexus.gates, nexus.gate_ends, nexus.limits,
    nexus.breakers, nexus.queues, nexus.cancellations, nexus.job_logs TO nexus_app;

-- Dead letters are few, and looked for by kind, or by not having been run again: only they pay.
CREATE INDEX job_history_dead ON nexus.job_history (id)
    WHERE state = 'discarded' AND replayed_as IS NULL;
CREATE INDEX job_history_dead_kind ON nexus.job_history (kind, id) WHERE state = 'discarded';
